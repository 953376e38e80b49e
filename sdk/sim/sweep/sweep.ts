import { InvalidParameterError } from "../../errors.ts";
import { requireLength } from "../../math/require.ts";
import { BPS_PER_UNIT } from "../../math/units.ts";
import type { SimulationSpec } from "../monteCarlo/kernel.ts";
import { simulateHedges } from "../monteCarlo/simulate.ts";
import type { SimulationOptions } from "../monteCarlo/simulate.ts";
import { UNHEDGED, createHedge, requireStrategy } from "../monteCarlo/strategies.ts";
import type { HedgedStrategy } from "../monteCarlo/strategies.ts";
import type { StrategySummary } from "../monteCarlo/summary.ts";
import { findParetoFront } from "./pareto.ts";

/** Values to try; every combination is a strategy on every range. */
export interface SweepGrid {
  /** Ranges from price/width to price·width. */
  readonly widths: readonly number[];
  /** Part of the replicating strip that is bought, 0 to 2. */
  readonly stripShares: readonly number[];
  /** Absolute risk aversion of the band [1/quote]. */
  readonly riskAversions: readonly number[];
  /** Part of the delta that is hedged. */
  readonly hedgeRatios: readonly number[];
}

/** A piece of a sweep: one range and some of the strategies, on all paths. Plain data that survives JSON. */
export interface SweepJob {
  readonly spec: SimulationSpec;
  readonly paths: number;
}

/** A strategy on a range, with where it stands among all. */
export interface SweepRow extends StrategySummary {
  readonly stripShare: number;
  readonly riskAversion: number;
  readonly hedgeRatio: number;
  /** What the hedge costs on average, all in: the mean loss, since fees are at break-even and the price is a martingale [bp]. */
  readonly costBp: number;
  /** How far the mean of the worst 5 % lies below the mean, a fraction of the position. */
  readonly residualRisk: number;
  /** No other of its sweep costs less at no more risk, or the other way round. */
  readonly isEfficient: boolean;
}

/** Small enough to share among machines, large enough that the paths, which each job draws anew, do not cost more than it. */
const STRATEGIES_PER_JOB = 12;

/**
 * The jobs of a sweep: all strategies see the same paths, whatever job they are in.
 *
 * Throws InvalidParameterError on an empty list, a value twice or one out of domain.
 */
export function planSweep(
  base: Omit<SimulationSpec, "widths" | "strategies">,
  grid: SweepGrid,
  paths: number,
): readonly SweepJob[] {
  for (const name of ["widths", "stripShares", "riskAversions", "hedgeRatios"] as const) {
    requireLength(name, grid[name], 1);
    grid[name].forEach((value, i) => {
      if (grid[name].indexOf(value) !== i) throw new InvalidParameterError(`${name}[${i}]`, value, "be listed once");
    });
  }
  const strategies = grid.stripShares.flatMap((stripShare) =>
    grid.riskAversions.flatMap((riskAversion) =>
      grid.hedgeRatios.map((hedgeRatio) => createStrategy(stripShare, riskAversion, hedgeRatio)),
    ),
  );
  strategies.forEach(requireStrategy);
  const count = Math.ceil(strategies.length / STRATEGIES_PER_JOB);
  return grid.widths.flatMap((width) =>
    Array.from({ length: count }, (_, i) => {
      const some = strategies.slice(i * STRATEGIES_PER_JOB, (i + 1) * STRATEGIES_PER_JOB);
      return { spec: { ...base, widths: [width], strategies: [UNHEDGED, ...some] }, paths };
    }),
  );
}

/**
 * Simulates one job, on this machine or wherever a worker found it. The result depends on the job alone.
 *
 * Throws as simulateHedges does.
 */
export async function runSweepJob(
  { spec, paths }: SweepJob,
  options: Omit<SimulationOptions, "paths"> = {},
): Promise<readonly StrategySummary[]> {
  return await simulateHedges(spec, { ...options, paths });
}

/** Puts the results of all jobs of a sweep together, in the order of the jobs. `summaries[i]` belongs to `jobs[i]`. */
export function gatherSweep(
  jobs: readonly SweepJob[],
  summaries: readonly (readonly StrategySummary[])[],
): readonly SweepRow[] {
  const rows = jobs.flatMap(({ spec }, i) => {
    const found = summaries[i] ?? [];
    if (found.length !== spec.strategies.length) {
      throw new InvalidParameterError(`summaries[${i}].length`, found.length, `be ${spec.strategies.length}`);
    }
    return spec.strategies.flatMap((strategy, k) =>
      strategy.kind === "hedged" ? [describeRow(strategy, found[k]!)] : [],
    );
  });
  const efficient = findParetoFront(rows.map(({ costBp, residualRisk }) => ({ cost: costBp, risk: residualRisk })));
  return rows.map((row, i) => ({ ...row, isEfficient: efficient[i]! }));
}

function createStrategy(stripShare: number, riskAversion: number, hedgeRatio: number): HedgedStrategy {
  const name = `strip ${stripShare}, risk aversion ${riskAversion}, ratio ${hedgeRatio}`;
  return createHedge(name, { kind: "optimalBand", riskAversion }, stripShare, hedgeRatio);
}

function describeRow(strategy: HedgedStrategy, summary: StrategySummary): Omit<SweepRow, "isEfficient"> {
  const { rebalance, stripShare, hedgeRatio } = strategy;
  if (rebalance.kind !== "optimalBand") throw new InvalidParameterError("rebalance", rebalance.kind, "be optimalBand");
  return {
    ...summary,
    stripShare,
    hedgeRatio,
    riskAversion: rebalance.riskAversion,
    costBp: -summary.meanPnl * BPS_PER_UNIT,
    residualRisk: summary.meanPnl - summary.es95,
  };
}
