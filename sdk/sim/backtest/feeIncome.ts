import { createFadingRatio } from "../../math/fadingRatio.ts";
import { targetsOf } from "../../policy/advice.ts";
import { computeUnitValueQuote } from "../../policy/position.ts";
import { DAYS_PER_YEAR, SECONDS_PER_YEAR } from "../../math/units.ts";
import type { Book } from "./book.ts";
import type { BacktestModel } from "./model.ts";
import { computePoolLiquidity } from "./pool.ts";

/** Fee income of the pool, step by step. */
export interface FeeIncome {
  /**
   * Fees of one unit of active liquidity in a step [quote], when the vault has `ownLiquidity` of it.
   */
  perLiquidity(step: FeeStep, ownLiquidity: number): number;
}

/** A step as the fees see it; reused, so do not keep it. */
export interface FeeStep {
  fromPrice: number;
  toPrice: number;
  seconds: number;
  /** Part of the bar that the step covers, and the bar. */
  barFraction: number;
  bar: number;
}

/** The source of fees that the model names. */
export function createFeeIncome(model: BacktestModel): FeeIncome {
  const { fees, pool } = model;
  switch (fees.kind) {
    case "apr": {
      const { rangeWidth } = targetsOf(model.settings);
      return {
        perLiquidity: (step) =>
          (fees.aprFraction * computeUnitValueQuote(step.fromPrice, rangeWidth) * step.seconds) / SECONDS_PER_YEAR,
      };
    }
    case "turnover": {
      // computeVolumeQuote of sdk/sim/volume with its checks made once, before the loop, instead of in every step.
      const { dailyTurnover, moveShare, referenceVolatility } = fees.volume;
      const perYear = pool.feeFraction * pool.valueQuote * dailyTurnover * DAYS_PER_YEAR;
      return {
        perLiquidity: (step, ownLiquidity) => {
          const years = step.seconds / SECONDS_PER_YEAR;
          const meanMove = referenceVolatility * Math.sqrt((2 * years) / Math.PI);
          const move = Math.abs(Math.log(step.toPrice / step.fromPrice)) / meanMove;
          const level = 1 - moveShare + moveShare * move;
          return (perYear * years * level) / (computePoolLiquidity(pool, step.fromPrice) + ownLiquidity);
        },
      };
    }
    case "measured":
      return {
        perLiquidity: (step, ownLiquidity) => {
          const volume = fees.volumeQuote[step.bar]!;
          if (volume === 0) return 0;
          return (pool.feeFraction * volume * step.barFraction) / (fees.activeLiquidity[step.bar]! + ownLiquidity);
        },
      };
  }
}

/** Part of the way from one price to another, in log price, that lies inside the book's range; 0 without one. */
export function computeInRangeFraction(book: Book, fromPrice: number, toPrice: number): number {
  if (book.liquidity === 0) return 0;
  const lower = book.rootLower * book.rootLower;
  const upper = book.rootUpper * book.rootUpper;
  const low = fromPrice < toPrice ? fromPrice : toPrice;
  const high = fromPrice < toPrice ? toPrice : fromPrice;
  if (low >= lower && high < upper) return 1;
  if (high < lower || low >= upper) return 0;
  if (high === low) return 1;
  return Math.log(Math.min(high, upper) / Math.max(low, lower)) / Math.log(high / low);
}

/** Half-life and least experience of the expectation of fees. */
const EXPECTATION_HALF_LIFE_SECONDS = 7 * 86_400;
const EXPECTATION_MIN_SECONDS = 86_400;

/** What the fees of the past let one expect; undefined before a day was seen. */
export interface FeeExpectation {
  observe(perLiquidity: number, seconds: number): void;
  /** Fees of a unit of active liquidity a year [quote]. */
  readonly perLiquidityYear: number | undefined;
}

/** A mean of the fees a unit of liquidity earned, older ones counting less. */
export function createFeeExpectation(): FeeExpectation {
  const fees = createFadingRatio(EXPECTATION_HALF_LIFE_SECONDS);
  let seenSeconds = 0;
  return {
    observe: (perLiquidity, seconds) => {
      fees.add(perLiquidity, seconds, seconds);
      seenSeconds += seconds;
    },
    get perLiquidityYear() {
      const { value } = fees;
      return value === undefined || seenSeconds < EXPECTATION_MIN_SECONDS ? undefined : value * SECONDS_PER_YEAR;
    },
  };
}
