import { InvalidParameterError } from "../../errors.ts";
import { BPS_PER_UNIT } from "../../math/units.ts";
import { METRIC, METRIC_COUNT } from "./hedgeRun.ts";
import { createHistogram } from "./histogram.ts";
import type { Estimate } from "./histogram.ts";
import { NO_MOMENTS, addValue, computeJackknife, computeMomentVariance } from "./moments.ts";
import type { Moments } from "./moments.ts";

/** Lower and upper end of a 95 % confidence interval. */
export type Interval = readonly [number, number];

/** One strategy on one range, over all paths. Fractions and basis points are of the position's value over the whole horizon. */
export interface StrategySummary {
  readonly width: number;
  readonly strategy: string;
  readonly paths: number;
  /** 1 - Var(P&L)/Var(P&L of the first strategy of the same range). */
  readonly varianceRemoved: number;
  /** Mean of the worst 5 % of P&L; negative is a loss. */
  readonly es95: number;
  /** 5 % quantile of P&L. */
  readonly valueAtRisk95: number;
  readonly meanPnl: number;
  readonly pnlDeviation: number;
  /** Trading costs and liquidation fees, + paid. */
  readonly deltaCostBp: number;
  /** Paid for options at the start; what they pay at expiry is in the P&L. */
  readonly premiumBp: number;
  /** + paid, - received. */
  readonly fundingBp: number;
  /** Share of the paths with at least one liquidation. */
  readonly liquidationProbability: number;
  readonly tradesPerPath: number;
  /** Mean of the most that was deposited as margin, as a fraction of the position. */
  readonly peakMargin: number;
  readonly intervals: {
    readonly varianceRemoved: Interval;
    readonly meanPnl: Interval;
    readonly liquidationProbability: Interval;
    /** Absent where the paths overlap: its error formula asks for independent ones. */
    readonly es95?: Interval;
  };
}

/** Paths are cut into so many batches of neighbours for the jackknife. */
export const BATCHES = 20;
/** Of the normal distribution, for 95 %. */
const Z = 1.959963984540054;

export interface SummaryRequest {
  readonly paths: number;
  readonly widths: readonly number[];
  readonly strategies: readonly string[];
  readonly positionQuote: number;
  /** False for windows of history that overlap. */
  readonly areIndependent: boolean;
}

export interface SummaryBuilder {
  /** Adds the next paths in order, laid out as the kernel writes them. */
  add(values: Float64Array, count: number): void;
  /** Throws InvalidParameterError before all paths are there. */
  summarise(): readonly StrategySummary[];
}

/**
 * Collects what a kernel wrote, in memory that does not depend on the number of paths. With fewer paths than batches some errors
 * would be unknown: at least {@link BATCHES}.
 */
export function createSummaryBuilder(request: SummaryRequest): SummaryBuilder {
  const { paths, widths, strategies, positionQuote, areIndependent } = request;
  const columns = widths.length * strategies.length;
  const histograms = Array.from({ length: columns }, () => createHistogram());
  const batches: Moments[][] = Array.from({ length: BATCHES }, () => new Array<Moments>(columns).fill(NO_MOMENTS));
  const sums = new Float64Array(columns * METRIC_COUNT);
  const liquidated = new Float64Array(columns);
  let added = 0;

  const addPath = (values: Float64Array, at: number): void => {
    const batch = batches[Math.floor((added * BATCHES) / paths)]!;
    for (let column = 0; column < columns; column++) {
      const from = at + column * METRIC_COUNT;
      const pnl = values[from + METRIC.pnl]! / positionQuote;
      if (!Number.isFinite(pnl))
        throw new InvalidParameterError("pnl", pnl, "be finite: the simulation has gone wrong");
      batch[column] = addValue(batch[column]!, pnl);
      histograms[column]!.add(pnl);
      for (let metric = 0; metric < METRIC_COUNT; metric++) {
        sums[column * METRIC_COUNT + metric]! += values[from + metric]!;
      }
      if (values[from + METRIC.liquidations]! > 0) liquidated[column]! += 1;
    }
    added += 1;
  };

  const summariseColumn = (column: number): StrategySummary => {
    const base = column - (column % strategies.length);
    const mean = (metric: number): number => sums[column * METRIC_COUNT + metric]! / paths;
    const toBp = (quote: number): number => (quote / positionQuote) * BPS_PER_UNIT;
    const pairs = batches.map((batch) => [batch[column]!, batch[base]!]);
    const removed = computeJackknife(
      pairs,
      ([own, unhedged]) => 1 - computeMomentVariance(own!) / computeMomentVariance(unhedged!),
    );
    const average = computeJackknife(pairs, ([own]) => own!.mean);
    const deviation = computeJackknife(pairs, ([own]) => Math.sqrt(computeMomentVariance(own!)));
    const shortfall = histograms[column]!.expectedShortfall(0.05);
    return {
      width: widths[base / strategies.length]!,
      strategy: strategies[column - base]!,
      paths,
      varianceRemoved: removed.value,
      es95: shortfall.value,
      valueAtRisk95: histograms[column]!.quantile(0.05),
      meanPnl: average.value,
      pnlDeviation: deviation.value,
      deltaCostBp: toBp(mean(METRIC.deltaCost)),
      premiumBp: toBp(mean(METRIC.premium)),
      fundingBp: toBp(mean(METRIC.funding)),
      liquidationProbability: liquidated[column]! / paths,
      tradesPerPath: mean(METRIC.trades),
      peakMargin: mean(METRIC.peakMargin) / positionQuote,
      intervals: {
        varianceRemoved: toInterval(removed),
        meanPnl: toInterval(average),
        liquidationProbability: computeWilsonInterval(liquidated[column]!, paths),
        ...(areIndependent ? { es95: toInterval(shortfall) } : {}),
      },
    };
  };

  return {
    add: (values, count) => {
      if (added + count > paths) throw new InvalidParameterError("count", count, `not exceed ${paths - added}`);
      const stride = columns * METRIC_COUNT;
      for (let i = 0; i < count; i++) addPath(values, i * stride);
    },
    summarise: () => {
      if (added !== paths) throw new InvalidParameterError("added paths", added, `be all ${paths}`);
      return Array.from({ length: columns }, (_, column) => summariseColumn(column));
    },
  };
}

function toInterval({ value, standardError }: Estimate): Interval {
  return [value - Z * standardError, value + Z * standardError];
}

/**
 * Wilson's score interval of a share, 95 %: honest where nothing was seen as well.
 *
 * @example
 * computeWilsonInterval(0, 4_000); // [0, 0.00096]
 */
export function computeWilsonInterval(successes: number, trials: number): Interval {
  const share = successes / trials;
  const weight = Z ** 2 / trials;
  const centre = (share + weight / 2) / (1 + weight);
  const half = (Z * Math.sqrt((share * (1 - share)) / trials + weight / (4 * trials))) / (1 + weight);
  return [successes === 0 ? 0 : centre - half, successes === trials ? 1 : centre + half];
}
