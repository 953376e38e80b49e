import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

import { InvalidParameterError } from "../../errors.ts";
import { createRandomSourceFrom } from "../random.ts";

/*
 * One stream of random numbers for every (seed, path, purpose): a path is the same however many others are simulated, in
 * whatever order and by however many workers, and its jumps are the same whether or not its funding is drawn.
 */

/** What a stream is for; streams of one path with different purposes are independent. */
export type StreamPurpose = "diffusion" | "jumps" | "funding" | "premium";

const PURPOSE_NUMBERS: Readonly<Record<StreamPurpose, number>> = { diffusion: 1, jumps: 2, funding: 3, premium: 4 };
const UINT32_END = 2 ** 32;
/** The generator is linear: states that differ in few bits need some steps to drift apart. */
const WARM_UP_DRAWS = 32;

/** Random numbers of one stream. */
export interface RandomStream {
  /** Uniform on [0, 1). */
  uniform(): number;
  /** Fills `target` with independent standard normals, by Box–Muller, two uniforms for two of them. */
  fillNormals(target: Float64Array): void;
}

/**
 * The stream of (seed, path, purpose), xoroshiro128+ of pure-rand. Distinct triples start from distinct states.
 *
 * Throws InvalidParameterError unless seed and path are whole numbers from 0 to 2^32 - 1.
 *
 * @example
 * createRandomStream(7, 0, "diffusion").uniform();
 */
export function createRandomStream(seed: number, path: number, purpose: StreamPurpose): RandomStream {
  requireUint32("seed", seed);
  requireUint32("path", path);
  const number = PURPOSE_NUMBERS[purpose];
  // Each of the first three words is a bijection of its argument, so no two triples share a state.
  const generator = xoroshiro128plusFromState([
    scramble(seed ^ 0x9e3779b9),
    scramble(path ^ 0x7f4a7c15),
    scramble(number ^ 0x2545f491),
    scramble(Math.imul(seed, 0x85ebca6b) ^ Math.imul(path, 0xc2b2ae35) ^ number),
  ]);
  for (let i = 0; i < WARM_UP_DRAWS; i++) generator.next();
  const source = createRandomSourceFrom(generator);
  return {
    uniform: () => source.uniform(),
    fillNormals: (target) => {
      for (let i = 0; i < target.length; i++) target[i] = source.normal();
    },
  };
}

/** The 32-bit finaliser of MurmurHash3, a bijection. */
function scramble(word: number): number {
  let mixed = word | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function requireUint32(parameter: string, value: number): void {
  if (!(Number.isInteger(value) && value >= 0 && value < UINT32_END)) {
    throw new InvalidParameterError(parameter, value, "be a whole number from 0 to 4294967295");
  }
}
