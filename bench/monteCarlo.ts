// `node bench/monteCarlo.ts [paths]`: how many strategy steps a second the Monte Carlo kernel does on one core.

import { pathToFileURL } from "node:url";

import { createKernel } from "../sdk/sim/monteCarlo/kernel.ts";
import type { Kernel, SimulationSpec } from "../sdk/sim/monteCarlo/kernel.ts";
import { createSpec } from "../scripts/experiment/plan.ts";
import { EXPERIMENT_MODELS } from "../sdk/sim/models/priceModel.ts";

/** One strategy moved on by one 5-minute step is a strategy step; strategies that do nothing are not counted. */
export interface MonteCarloSpeed {
  /** The published experiment: one stochastic-volatility path shared by 9 hedges on each of 4 ranges, everything included. */
  readonly monteCarloStepsPerSecond: number;
  /** The same on the range 1.27 alone: 9 strategies share what a path costs. */
  readonly oneRangeStepsPerSecond: number;
  /** Best and median of the rounds, of the published experiment. */
  readonly medianStepsPerSecond: number;
  readonly pathsPerSecond: number;
}

const ROUNDS = 7;

/**
 * Measures on this thread, after a warm-up that also builds the tables. Each figure is the best of several rounds: a shared machine only
 * ever takes speed away; the median is given beside it.
 */
export function measureMonteCarlo(paths = 48): MonteCarloSpeed {
  const spec = createSpec({ kind: "model", model: EXPERIMENT_MODELS.logOuJumps }, 1);
  const all = measure(spec, paths);
  const one = measure({ ...spec, widths: [1.27] }, 3 * paths);
  return {
    monteCarloStepsPerSecond: all.best,
    oneRangeStepsPerSecond: one.best,
    medianStepsPerSecond: all.median,
    pathsPerSecond: all.best / all.kernel.strategyStepsPerPath,
  };
}

interface Speed {
  readonly best: number;
  readonly median: number;
  readonly kernel: Kernel;
}

function measure(spec: SimulationSpec, paths: number): Speed {
  const kernel = createKernel(spec);
  const values = new Float64Array(paths * kernel.valuesPerPath);
  kernel.run(0, paths, values);
  const speeds = Array.from({ length: ROUNDS }, (_, round) => {
    const startedAt = performance.now();
    kernel.run(round * paths, paths, values);
    return (paths * kernel.strategyStepsPerPath) / ((performance.now() - startedAt) / 1_000);
  }).sort((left, right) => right - left);
  return { best: speeds[0] ?? 0, median: speeds[Math.floor(ROUNDS / 2)] ?? 0, kernel };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const speed = measureMonteCarlo(Number(process.argv[2] ?? 48));
  const millions = (value: number): string => `${(value / 1e6).toFixed(1)} million`;
  console.log(`four ranges, 36 strategies a path: ${millions(speed.monteCarloStepsPerSecond)} strategy steps a second`);
  console.log(`  median of ${ROUNDS} rounds: ${millions(speed.medianStepsPerSecond)}`);
  console.log(`  paths of a month a second: ${speed.pathsPerSecond.toFixed(0)}`);
  console.log(`one range, 9 strategies a path: ${millions(speed.oneRangeStepsPerSecond)} strategy steps a second`);
}
