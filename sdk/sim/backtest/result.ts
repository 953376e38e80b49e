import { HedgerowError } from "../../errors.ts";
import { computeVariance, computeVarianceRemoved } from "../../math/statistics.ts";
import { SECONDS_PER_YEAR } from "../../math/units.ts";
import { computeBookEquity } from "./book.ts";
import type { Book } from "./book.ts";
import type { BacktestModel } from "./model.ts";
import type { BacktestRecord, LiquidationEvent } from "./record.ts";
import { computeCurveRisk } from "./risk.ts";
import type { CurveRisk } from "./risk.ts";
import type { StepColumns } from "./steps.ts";

/** P&L by cause [quote], + gain; the causes add up to `total`, and `unexplained` is what the change of NAV has besides. */
export interface BacktestAttribution {
  readonly fees: number;
  readonly divergence: number;
  readonly hedge: number;
  /** Funding of a perpetual, or interest of collateral less that of the loan. */
  readonly funding: number;
  readonly idleInterest: number;
  /** Pool fees and impact of swaps, and fees of the hedge's venue. */
  readonly swapCosts: number;
  readonly gas: number;
  readonly liquidation: number;
  readonly total: number;
  readonly unexplained: number;
}

/** What was paid [quote], each at least 0 unless a name says otherwise. */
export interface BacktestCosts {
  readonly swaps: number;
  readonly venueFees: number;
  readonly gas: number;
  readonly liquidation: number;
  /** Signed, + paid by the vault. */
  readonly carry: number;
  /** All of them over the first NAV, in basis points. */
  readonly totalBps: number;
}

/** One way to hold the deposit. */
export interface CurveResult {
  readonly navEnd: number;
  readonly return: number;
  /** Compounded to a year. */
  readonly annualised: number;
  readonly volatilityAnnual: number;
  readonly maxDrawdown: number;
}

export interface BacktestRisk extends CurveRisk {
  /** Lowest health of the short; undefined if there never was one. */
  readonly minHealth: number | undefined;
  /** Part of the time in which the vault had liquidity in the pool. */
  readonly timeInPool: number;
  /** Part of that in which the price was in its range. */
  readonly timeInRange: number | undefined;
  /** Part of the decisions that found the delta outside its band. */
  readonly timeOutsideBand: number;
  readonly liquidations: readonly LiquidationEvent[];
  /** Base traded for the vault, as a multiple of its first NAV. */
  readonly turnover: number;
  /** Transactions of the keeper. */
  readonly trades: number;
}

/** Everything a backtest found out; quote unless a name says otherwise, NAV after the keeper's gas. */
export interface BacktestResult {
  /** Unix seconds. */
  readonly from: number;
  readonly to: number;
  readonly bars: number;
  readonly steps: number;
  readonly hours: number;
  readonly priceStart: number;
  readonly priceEnd: number;
  readonly navStart: number;
  readonly navEnd: number;
  readonly return: number;
  readonly annualised: number;
  readonly benchmarks: {
    /** The same deposit in the same kind of range, without a hedge. */
    readonly unhedged: CurveResult;
    /** Half base, half quote, never touched. */
    readonly hold: CurveResult;
    readonly cash: CurveResult;
  };
  /** 1 - Var(vault)/Var(the vault's own liquidity without the hedge), of P&L an interval; undefined if that never moved. */
  readonly varianceRemoved: number | undefined;
  readonly attribution: BacktestAttribution;
  readonly costs: BacktestCosts;
  readonly risk: BacktestRisk;
  readonly actions: {
    readonly hedge: number;
    readonly recentre: number;
    readonly deleverage: number;
    readonly exit: number;
    readonly reconcile: number;
    readonly liquidations: number;
    readonly unhedgedRecentres: number;
  };
  /** Sum of squared moves on the way through the bars over that from close to close. */
  readonly pathVarianceRatio: number | undefined;
  readonly decisions: number;
  readonly bandsComputed: number;
}

/** The books of a backtest do not add up, or hold something that is no number. */
export class BacktestBooksError extends HedgerowError {}

/** Largest unexplained part of NAV: rounding of some million additions. */
const MAX_UNEXPLAINED_FRACTION = 1e-9;

/**
 * Works a finished run out.
 *
 * Throws {@link BacktestBooksError} when the causes do not add up to the change of NAV or any figure is not finite, and
 * InvalidParameterError on fewer than 2 bars.
 */
export function computeResult(record: BacktestRecord, steps: StepColumns, model: BacktestModel): BacktestResult {
  const { book, series, actions } = record;
  const navStart = model.depositQuote;
  const navEnd = computeBookEquity(book);
  const years = (steps.bars * steps.barSeconds) / SECONDS_PER_YEAR;
  const attribution = attribute(book, navEnd - navStart);
  const risk = computeCurveRisk(series.vault, series.timestamps, steps.barSeconds);
  const curve = (equity: Float64Array): CurveResult => {
    const { volatilityAnnual, maxDrawdown } = computeCurveRisk(equity, series.timestamps, steps.barSeconds);
    return { ...computeReturns(navStart, equity.at(-1)!, years), volatilityAnnual, maxDrawdown };
  };
  const hold = series.prices.map((price) => (navStart / 2) * (1 + price / steps.startPrice));
  const cash = series.timestamps.map(
    (timestamp) => navStart * (1 + (model.idleRatePerYear * (timestamp - steps.startTimestamp)) / SECONDS_PER_YEAR),
  );
  const { swaps, venueFees, gas, liquidation } = book.pnl;
  const costs = [-swaps, -venueFees, -gas, -liquidation, -attribution.funding] as const;
  const result: BacktestResult = {
    from: steps.startTimestamp,
    to: steps.startTimestamp + steps.bars * steps.barSeconds,
    bars: steps.bars,
    steps: steps.prices.length,
    hours: (steps.bars * steps.barSeconds) / 3_600,
    priceStart: steps.startPrice,
    priceEnd: book.price,
    navStart,
    ...computeReturns(navStart, navEnd, years),
    benchmarks: { unhedged: curve(series.unhedged), hold: curve(hold), cash: curve(cash) },
    varianceRemoved: compareVariance(series.liquidity, series.vault),
    attribution,
    costs: {
      swaps: -swaps,
      venueFees: -venueFees,
      gas: -gas,
      liquidation: -liquidation,
      carry: -attribution.funding,
      totalBps: (costs.reduce((sum, cost) => sum + cost, 0) / navStart) * 10_000,
    },
    risk: {
      ...risk,
      minHealth: record.minHealth === Infinity ? undefined : record.minHealth,
      timeInPool: record.placedSeconds / (steps.bars * steps.barSeconds),
      timeInRange: record.placedSeconds === 0 ? undefined : record.inRangeSeconds / record.placedSeconds,
      timeOutsideBand: record.outsideBand / record.decisions,
      liquidations: record.liquidations,
      turnover: book.turnoverQuote / navStart,
      trades: actions.hedge + actions.recentre + actions.deleverage + actions.exit + actions.reconcile,
    },
    actions: { ...actions, liquidations: record.liquidations.length, unhedgedRecentres: record.unhedgedRecentres() },
    pathVarianceRatio: computePathVarianceRatio(steps, series.prices),
    decisions: record.decisions,
    bandsComputed: record.bands.computed,
  };
  requireNumbers(result, "result");
  const limit = MAX_UNEXPLAINED_FRACTION * Math.max(navStart, Math.abs(navEnd));
  if (!(Math.abs(attribution.unexplained) <= limit)) {
    throw new BacktestBooksError(
      `The causes of P&L leave ${attribution.unexplained} of the change of NAV unexplained (limit ${limit}).`,
    );
  }
  return result;
}

function attribute({ pnl }: Book, navChange: number): BacktestAttribution {
  const funding = pnl.carryReceived + pnl.carryPaid;
  const swapCosts = pnl.swaps + pnl.venueFees;
  const { fees, divergence, hedge, idleInterest, gas, liquidation } = pnl;
  const total = fees + divergence + hedge + funding + idleInterest + swapCosts + gas + liquidation;
  const unexplained = navChange - total;
  return { fees, divergence, hedge, funding, idleInterest, swapCosts, gas, liquidation, total, unexplained };
}

function computeReturns(
  start: number,
  end: number,
  years: number,
): Pick<CurveResult, "navEnd" | "return" | "annualised"> {
  const growth = end / start;
  return { navEnd: end, return: growth - 1, annualised: growth > 0 ? growth ** (1 / years) - 1 : -1 };
}

function compareVariance(unhedged: Float64Array, hedged: Float64Array): number | undefined {
  const before = computeChanges(unhedged);
  return computeVariance(before) > 0 ? computeVarianceRemoved(before, computeChanges(hedged)) : undefined;
}

function computeChanges(values: Float64Array): Float64Array {
  return Float64Array.from({ length: values.length - 1 }, (_, i) => values[i + 1]! - values[i]!);
}

function computePathVarianceRatio(steps: StepColumns, closes: Float64Array): number | undefined {
  let inside = 0;
  let before = steps.startPrice;
  for (const price of steps.prices) {
    inside += Math.log(price / before) ** 2;
    before = price;
  }
  let between = 0;
  for (let i = 1; i < closes.length; i++) between += Math.log(closes[i]! / closes[i - 1]!) ** 2;
  return between === 0 ? undefined : inside / between;
}

/** Throws {@link BacktestBooksError}, naming the figure, unless every number in the value is finite. */
function requireNumbers(value: unknown, place: string): void {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new BacktestBooksError(`${place} is ${value}: the books of the backtest hold something that is no number.`);
  }
  if (typeof value !== "object" || value === null) return;
  for (const [name, part] of Object.entries(value)) requireNumbers(part, `${place}.${name}`);
}
