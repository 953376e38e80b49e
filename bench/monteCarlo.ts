// `node bench/monteCarlo.ts [paths]`: how many strategy steps a second the Monte Carlo kernel does on one core.

import { pathToFileURL } from "node:url";

import { computeQuantile } from "../sdk/math/statistics.ts";
import { createKernel } from "../sdk/sim/monteCarlo/kernel.ts";
import type { Kernel, SimulationSpec } from "../sdk/sim/monteCarlo/kernel.ts";
import { createSpec } from "../scripts/experiment/plan.ts";
import { EXPERIMENT_STRATEGIES } from "../sdk/sim/monteCarlo/strategies.ts";
import { EXPERIMENT_MODELS } from "../sdk/sim/models/priceModel.ts";

/**
 * One strategy moved on by one 5-minute step is a strategy step; strategies that do nothing are not counted. Seconds are those of one
 * core that this thread used, which other programs on the machine do not change much; the wall clock is given beside them.
 */
export interface MonteCarloSpeed {
  /** The published experiment: one stochastic-volatility path shared by all hedges on each of 4 ranges, everything included. */
  readonly monteCarloStepsPerSecond: number;
  /** The same on the range 1.27 alone: a quarter as many hedges share what a path costs. */
  readonly oneRangeStepsPerSecond: number;
  /** Of the published experiment, by the wall clock. */
  readonly wallClockStepsPerSecond: number;
  /** Months of the published experiment a second. */
  readonly pathsPerSecond: number;
}

const ROUNDS = 7;

/** Measures on this thread, after a warm-up that also builds the tables. Each figure is the median of several rounds. */
export function measureMonteCarlo(paths = 48): MonteCarloSpeed {
  const spec = createSpec({ kind: "model", model: EXPERIMENT_MODELS.logOuJumps }, 1);
  const all = measure(spec, paths);
  const one = measure({ ...spec, widths: [1.27] }, 2 * paths);
  return {
    monteCarloStepsPerSecond: all.perSecond,
    oneRangeStepsPerSecond: one.perSecond,
    wallClockStepsPerSecond: all.perWallSecond,
    pathsPerSecond: all.perSecond / all.kernel.strategyStepsPerPath,
  };
}

interface Speed {
  readonly perSecond: number;
  readonly perWallSecond: number;
  readonly kernel: Kernel;
}

function measure(spec: SimulationSpec, paths: number): Speed {
  const kernel = createKernel(spec);
  const values = new Float64Array(paths * kernel.valuesPerPath);
  kernel.run(0, paths, values);
  const steps = paths * kernel.strategyStepsPerPath;
  const rounds = Array.from({ length: ROUNDS }, (_, round) => {
    const startedAt = performance.now();
    const usedBefore = process.threadCpuUsage();
    kernel.run(round * paths, paths, values);
    const used = process.threadCpuUsage(usedBefore);
    return {
      cpu: steps / ((used.user + used.system) / 1e6),
      wall: steps / ((performance.now() - startedAt) / 1_000),
    };
  });
  return {
    perSecond: computeQuantile(
      rounds.map(({ cpu }) => cpu),
      0.5,
    ),
    perWallSecond: computeQuantile(
      rounds.map(({ wall }) => wall),
      0.5,
    ),
    kernel,
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const speed = measureMonteCarlo(Number(process.argv[2] ?? 48));
  const hedges = (ranges: number): number =>
    ranges * EXPERIMENT_STRATEGIES.filter(({ kind }) => kind === "hedged").length;
  const millions = (value: number): string => `${(value / 1e6).toFixed(1)} million`;
  console.log("strategy steps a second of one core, path generation included");
  console.log(`  four ranges, ${hedges(4)} hedges a path: ${millions(speed.monteCarloStepsPerSecond)}`);
  console.log(`    by the wall clock: ${millions(speed.wallClockStepsPerSecond)}`);
  console.log(`    months a second: ${speed.pathsPerSecond.toFixed(0)}`);
  console.log(`  one range, ${hedges(1)} hedges a path: ${millions(speed.oneRangeStepsPerSecond)}`);
}
