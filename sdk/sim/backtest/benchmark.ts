import { targetsOf } from "../../policy/advice.ts";
import { computeGasQuote } from "./actions.ts";
import {
  accrueIdle,
  addLiquidity,
  computeBookEquity,
  computeBookNav,
  earnFees,
  movePrice,
  openBook,
  payGas,
  withdrawLiquidity,
} from "./book.ts";
import type { Book } from "./book.ts";
import { computeInRangeFraction } from "./feeIncome.ts";
import type { FeeIncome, FeeStep } from "./feeIncome.ts";
import type { BacktestModel } from "./model.ts";
import { computePoolLiquidity, swapBase } from "./pool.ts";

/** The same deposit, all of it in a range of the same width that is placed anew at the same point of the way, without a hedge. */
export interface Unhedged {
  readonly book: Book;
  readonly recentres: number;
  step(feeStep: FeeStep, income: FeeIncome, timestamp: number, years: number): void;
}

/** Rounds of the two equations "swap what the range needs" and "size the range by what the swap leaves". */
const SIZING_ROUNDS = 4;

/** A position without a hedge, opened at the first price. */
export function createUnhedged(model: BacktestModel, startPrice: number): Unhedged {
  const { settings, pool, limits, gas } = model;
  const book = openBook(startPrice, model.depositQuote);
  const rootWidth = Math.sqrt(targetsOf(settings).rangeWidth);
  const reach = rootWidth ** settings.recentreAt;
  let lowerRoot = 0;
  let upperRoot = 0;
  let cooldownEndsAt = -Infinity;
  let recentres = 0;

  const place = (): void => {
    withdrawLiquidity(book);
    const root = Math.sqrt(book.price);
    const lower = root / rootWidth;
    const upper = root * rootWidth;
    const baseOfOne = 1 / root - 1 / upper;
    const quoteOfOne = root - lower;
    for (let round = 0; round < SIZING_ROUNDS; round++) {
      const liquidity = computeBookNav(book) / (baseOfOne * book.price + quoteOfOne);
      swapBase(book, liquidity * baseOfOne - book.idleBase, computePoolLiquidity(pool, book.price), pool.feeFraction);
    }
    // All that both sides can fill; what the last round left of the other is dust.
    addLiquidity(book, lower, upper, Math.min(book.idleBase / baseOfOne, book.idleQuote / quoteOfOne));
    lowerRoot = root / reach;
    upperRoot = root * reach;
    payGas(book, computeGasQuote(model, gas.recentreUnits, book.price));
    recentres += 1;
  };
  place();

  return {
    book,
    get recentres() {
      return recentres;
    },
    step: (feeStep, income, timestamp, years) => {
      const inRange = computeInRangeFraction(book, feeStep.fromPrice, feeStep.toPrice);
      if (inRange > 0) earnFees(book, income.perLiquidity(feeStep, book.liquidity) * book.liquidity * inRange);
      movePrice(book, feeStep.toPrice);
      if (model.idleRatePerYear !== 0) accrueIdle(book, model.idleRatePerYear, years);
      const root = Math.sqrt(book.price);
      if ((root > lowerRoot && root < upperRoot) || timestamp < cooldownEndsAt) return;
      if (!(computeBookEquity(book) > 0)) return;
      place();
      cooldownEndsAt = timestamp + limits.cooldownSeconds;
    },
  };
}
