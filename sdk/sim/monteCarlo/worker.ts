import { workerData } from "node:worker_threads";

import { move } from "piscina";

import { createKernel } from "./kernel.ts";
import type { Kernel, SimulationSpec } from "./kernel.ts";

/** Paths first … first + count - 1. */
export interface Chunk {
  readonly first: number;
  readonly count: number;
}

let kernel: Kernel | undefined;

/** Runs one chunk of the simulation that the pool was started with, and hands over the buffer instead of copying it. */
export default function runChunk({ first, count }: Chunk): Float64Array {
  kernel ??= createKernel(workerData as SimulationSpec);
  const values = new Float64Array(count * kernel.valuesPerPath);
  kernel.run(first, count, values);
  return move(values) as unknown as Float64Array;
}
