import { InvalidParameterError } from "../errors.ts";
import { computeVariance, computeVarianceRemoved } from "../math/statistics.ts";
import { requireLength, requirePositive } from "../math/require.ts";
import { SECONDS_PER_YEAR } from "../math/units.ts";
import { computeMarkLiquidityQuote, computeMarkNavQuote, requireMarks } from "./mark.ts";
import type { VaultMark } from "./mark.ts";

/*
 * Equity of the vault beside two ways to do without a hedge, sampled at even intervals. All three are P&L in quote since the
 * start, so that deposits and what the keeper moves in or out of the ranges never look like a gain.
 */

/** P&L since the start [quote] at the end of each interval; the first value is 0. */
export interface EquitySeries {
  /** Unix seconds. */
  readonly timestamps: readonly number[];
  readonly prices: readonly number[];
  /** NAV less the keeper's gas. */
  readonly vault: readonly number[];
  /** The vault's own liquidity by itself: principal and fees, without hedge and without costs. */
  readonly unhedged: readonly number[];
  /** The base and quote that the liquidity consisted of when it was built, held. */
  readonly hold: readonly number[];
  /** Value [quote] of what the liquidity was built of: the capital of `unhedged` and `hold`. */
  readonly liquidityStartQuote: number;
  readonly navStartQuote: number;
}

/** Hours from the first liquidity in which more of both tokens is the building of the same position. */
const BUILDING_SECONDS = 6 * 3_600;

/**
 * P&L series of a vault, of its liquidity without the hedge and of plain holding, one value an interval.
 *
 * - unhedged: the change of principal and fees over the intervals of the market only: what the keeper moves is left out.
 * - hold: the amounts of the first mark with liquidity, and what the keeper added to it within the next hours: a venue that answers
 *   later has the position built in steps. Before it, both are 0.
 *
 * A value is taken at the last mark at or before the end of each interval, the last value at the last mark. Throws InvalidParameterError on marks that
 * {@link computeAttribution} refuses, marks without any liquidity, or an interval that is not positive.
 */
export function computeEquitySeries(marks: readonly VaultMark[], intervalSeconds: number): EquitySeries {
  requireMarks(marks);
  requirePositive("intervalSeconds", intervalSeconds);
  const first = marks[0]!;
  const opening = marks.find((mark) => mark.liquidityBase > 0 || mark.liquidityQuote > 0);
  if (opening === undefined) {
    throw new InvalidParameterError("marks", "none", "include one with liquidity: there is nothing to compare with");
  }

  // The first values are those of the first mark, before anything that happened at the same time, such as the opening.
  const timestamps = [first.timestamp];
  const prices = [first.price];
  const vault = [0];
  const unhedged = [0];
  const hold = [0];
  let vaultPnl = 0;
  let liquidityPnl = 0;
  let holdPnl = 0;
  let nextSample = first.timestamp + intervalSeconds;
  const sampleUntil = (mark: VaultMark, before: number): void => {
    for (; nextSample < before; nextSample += intervalSeconds) {
      timestamps.push(nextSample);
      prices.push(mark.price);
      vault.push(vaultPnl);
      unhedged.push(liquidityPnl);
      hold.push(holdPnl);
    }
  };

  let isOpen = false;
  let heldBase = opening.liquidityBase;
  let builtQuote = computeMarkLiquidityQuote(opening);
  marks.forEach((mark, index) => {
    const previous = marks[index - 1];
    if (previous !== undefined) {
      sampleUntil(previous, mark.timestamp);
      if (mark.phase !== "flow") vaultPnl += computeMarkNavQuote(mark) - computeMarkNavQuote(previous);
      vaultPnl -= mark.gasQuote;
      if (mark.phase === "market") {
        liquidityPnl += computeMarkLiquidityQuote(mark) - computeMarkLiquidityQuote(previous);
        if (isOpen) holdPnl += heldBase * (mark.price - previous.price);
      }
      if (isOpen && mark.phase === "action" && mark.timestamp <= opening.timestamp + BUILDING_SECONDS) {
        const addedBase = mark.liquidityBase - previous.liquidityBase;
        const addedQuote = mark.liquidityQuote - previous.liquidityQuote;
        if (addedBase > 0 && addedQuote > 0) {
          heldBase += addedBase;
          builtQuote += addedQuote + addedBase * mark.price;
        }
      }
    }
    isOpen ||= mark === opening;
  });
  const last = marks[marks.length - 1]!;
  sampleUntil(last, last.timestamp + 1);
  // What happened after the last whole interval, such as the keeper's answer to the last move, belongs to it.
  const end = timestamps.length - 1;
  if (end > 0) {
    vault[end] = vaultPnl;
    unhedged[end] = liquidityPnl;
    hold[end] = holdPnl;
    prices[end] = last.price;
  }
  return {
    timestamps,
    prices,
    vault,
    unhedged,
    hold,
    liquidityStartQuote: builtQuote,
    navStartQuote: computeMarkNavQuote(first),
  };
}

/** Differences of neighbours, one fewer than there are values. */
export function computeChanges(values: readonly number[]): readonly number[] {
  return values.slice(1).map((value, index) => value - values[index]!);
}

/** How one equity curve did. `maxDrawdownQuote`: largest fall from an earlier peak, at least 0. */
export interface CurveSummary {
  readonly capitalQuote: number;
  readonly pnlQuote: number;
  /** P&L over capital. */
  readonly returnFraction: number;
  /** Standard deviation of the P&L of one interval [quote]. */
  readonly deviationQuote: number;
  /** The same over capital, annual. */
  readonly volatilityAnnual: number;
  readonly maxDrawdownQuote: number;
}

/**
 * Summary of a P&L curve on a capital, both in quote.
 *
 * Throws InvalidParameterError on fewer than 3 values, or a capital or interval that is not positive.
 */
export function summariseCurve(pnl: readonly number[], capitalQuote: number, intervalSeconds: number): CurveSummary {
  requireLength("pnl", pnl, 3);
  requirePositive("capitalQuote", capitalQuote);
  requirePositive("intervalSeconds", intervalSeconds);
  const deviationQuote = Math.sqrt(computeVariance(computeChanges(pnl)));
  let peak = -Infinity;
  let maxDrawdownQuote = 0;
  for (const value of pnl) {
    peak = Math.max(peak, value);
    maxDrawdownQuote = Math.max(maxDrawdownQuote, peak - value);
  }
  const pnlQuote = pnl[pnl.length - 1]! - pnl[0]!;
  return {
    capitalQuote,
    pnlQuote,
    returnFraction: pnlQuote / capitalQuote,
    deviationQuote,
    volatilityAnnual: (deviationQuote / capitalQuote) * Math.sqrt(SECONDS_PER_YEAR / intervalSeconds),
    maxDrawdownQuote,
  };
}

/**
 * Fraction of the variance of the liquidity's P&L that the vault does not have: 1 - Var(vault)/Var(unhedged), both from changes in
 * quote an interval, for the same liquidity, fees included.
 *
 * Throws InvalidParameterError when the unhedged series stands still.
 */
export function computeSeriesVarianceRemoved(series: Pick<EquitySeries, "vault" | "unhedged">): number {
  return computeVarianceRemoved(computeChanges(series.unhedged), computeChanges(series.vault));
}
