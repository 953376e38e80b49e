import path from "node:path";
import { setImmediate } from "node:timers/promises";

import { Piscina } from "piscina";

import { InvalidParameterError } from "../../errors.ts";
import { createKernel } from "./kernel.ts";
import type { SimulationSpec } from "./kernel.ts";
import { BATCHES, createSummaryBuilder } from "./summary.ts";
import type { StrategySummary, SummaryBuilder } from "./summary.ts";
import type { Chunk } from "./worker.ts";

/** Fixed, so that the sums are added up in the same order however many workers share them. */
const PATHS_PER_CHUNK = 16;

export interface SimulationOptions {
  /** At least 20. */
  readonly paths: number;
  /** Worker threads; 0 runs on this one. The result is the same. */
  readonly workers?: number;
  /** Called with the number of paths finished so far, in order. */
  readonly onProgress?: (finished: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Simulates all strategies of `spec` on all its ranges along the same paths. One summary for each range and strategy, ranges first.
 *
 * The result depends on `spec` and `paths` alone, bit by bit. Throws InvalidParameterError on parameters out of domain, and the
 * signal's reason when it is aborted.
 *
 * @example
 * const rows = await simulateHedges(spec, { paths: 2_000, workers: 2 });
 */
export async function simulateHedges(
  spec: SimulationSpec,
  options: SimulationOptions,
): Promise<readonly StrategySummary[]> {
  const { paths, workers = 0, onProgress, signal } = options;
  // Every batch of the jackknife needs a path, or the errors would not be known.
  if (!(Number.isInteger(paths) && paths >= BATCHES)) {
    throw new InvalidParameterError("paths", paths, `be a whole number of at least ${BATCHES}`);
  }
  if (!(Number.isInteger(workers) && workers >= 0)) {
    throw new InvalidParameterError("workers", workers, "be a whole number of at least 0");
  }
  signal?.throwIfAborted();
  const builder = createSummaryBuilder({
    paths,
    widths: spec.widths,
    strategies: spec.strategies.map(({ name }) => name),
    positionQuote: spec.positionQuote,
    areIndependent: spec.source.kind === "model",
  });
  const chunks = Array.from({ length: Math.ceil(paths / PATHS_PER_CHUNK) }, (_, i) => ({
    first: i * PATHS_PER_CHUNK,
    count: Math.min(PATHS_PER_CHUNK, paths - i * PATHS_PER_CHUNK),
  }));
  const add = (values: Float64Array, { first, count }: Chunk): void => {
    builder.add(values, count);
    onProgress?.(first + count, paths);
  };
  if (workers === 0) await runHere(spec, chunks, add, signal);
  else await runInPool(spec, chunks, add, workers, signal);
  return builder.summarise();
}

type Add = (...chunk: [values: Float64Array, chunk: Chunk]) => ReturnType<SummaryBuilder["add"]>;

async function runHere(
  spec: SimulationSpec,
  chunks: readonly Chunk[],
  add: Add,
  signal: AbortSignal | undefined,
): Promise<void> {
  const kernel = createKernel(spec);
  const values = new Float64Array(PATHS_PER_CHUNK * kernel.valuesPerPath);
  for (const chunk of chunks) {
    kernel.run(chunk.first, chunk.count, values);
    add(values, chunk);
    // Lets Ctrl-C and timers through.
    await setImmediate();
    signal?.throwIfAborted();
  }
}

async function runInPool(
  spec: SimulationSpec,
  chunks: readonly Chunk[],
  add: Add,
  workers: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const pool = new Piscina({
    filename: path.join(import.meta.dirname, "worker.ts"),
    minThreads: Math.min(workers, chunks.length),
    maxThreads: workers,
    workerData: spec,
  });
  // A bounded number under way: what is finished early waits here, and memory stays flat.
  const underWay: Promise<Float64Array>[] = [];
  try {
    let next = 0;
    for (const chunk of chunks) {
      while (next < chunks.length && underWay.length < 2 * workers) {
        const result = pool.run(chunks[next++]!) as Promise<Float64Array>;
        // Looked at in order below; a failure of a later one must not count as unhandled until then.
        result.catch(() => undefined);
        underWay.push(result);
      }
      add(await underWay[0]!, chunk);
      void underWay.shift();
      signal?.throwIfAborted();
    }
  } finally {
    // The pool takes an answer of a worker that it has given up for a fault of its own, so let them finish.
    await Promise.allSettled(underWay);
    await pool.destroy();
  }
}
