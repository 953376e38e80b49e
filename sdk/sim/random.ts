import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

import { InvalidParameterError } from "../errors.ts";

/** Random numbers that a seed determines, on every machine. */
export interface RandomSource {
  /** Uniform on [0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
}

/**
 * A source seeded with a 32-bit integer. Normals by Box–Muller, which draws two uniforms for two normals, so that the
 * stream depends on nothing but the seed and the number of draws.
 *
 * Throws InvalidParameterError on a seed that is not a whole number from 0 to 2^32 - 1.
 */
export function createRandomSource(seed: number): RandomSource {
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
    throw new InvalidParameterError("seed", seed, "be a whole number from 0 to 4294967295");
  }
  return createRandomSourceFrom(xoroshiro128plus(seed | 0));
}

/** The same from a generator in any state, which it advances. */
export function createRandomSourceFrom(generator: RandomGenerator): RandomSource {
  let spare: number | undefined;
  const uniform = (): number => uniformFloat64(generator);
  return {
    uniform,
    normal: () => {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
  };
}
