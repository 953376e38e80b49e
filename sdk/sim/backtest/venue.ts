import { createFadingRatio } from "../../math/fadingRatio.ts";
import type { Situation } from "../../policy/types.ts";
import type { Book } from "./book.ts";
import type { BacktestModel, FundingPayments, PoolModel, Venue } from "./model.ts";
import { computeMarginFactor } from "./model.ts";
import { computePoolLiquidity, swapBase } from "./pool.ts";

/** Where the short of a book is held: how it trades, what it costs to hold, and when it is taken away. */
export interface HedgeVenue {
  /** health = factor · margin / value of the short; 1 is liquidation. */
  readonly marginFactor: number;
  /** What trading the hedge costs; undefined: what a swap in the pool costs. */
  readonly tradeCost: Situation["hedgeCost"];
  /** True when base that is shorted arrives in the vault and has to be sold there. */
  readonly lendsBase: boolean;
  /** Interest since the last call. */
  accrue(book: Book, years: number): void;
  /** Payments at the end of a step. */
  settle(book: Book, timestamp: number): void;
  /** Raises (+) or lowers (-) the short by base; a loan moves base in or out of the book's idle base. */
  changeShort(book: Book, base: number): void;
  /** Liquidates at the book's price; afterwards the health is above 1 or nothing is left. */
  liquidate(book: Book): void;
  /** Expected cost of the short a year as a fraction of its value, + paid; undefined while unknown. */
  readonly carryPerYear: number | undefined;
}

/** Health of the book at its price; Infinity without a short. */
export function computeBookHealth(book: Book, marginFactor: number): number {
  if (book.shortBase === 0) return Infinity;
  return (marginFactor * book.marginQuote) / (book.shortBase * book.price);
}

/** The venue that the model names. */
export function createVenue(model: BacktestModel): HedgeVenue {
  return model.venue.kind === "aave" ? createLoan(model, model.venue) : createPerp(model.venue);
}

function createLoan({ settings }: BacktestModel, venue: Extract<Venue, { kind: "aave" }>): HedgeVenue {
  const marginFactor = computeMarginFactor(venue);
  return {
    marginFactor,
    tradeCost: undefined,
    lendsBase: true,
    carryPerYear: venue.borrowRatePerYear - (venue.supplyRatePerYear * settings.targetHealth) / marginFactor,
    accrue: (book, years) => {
      const owed = book.shortBase * venue.borrowRatePerYear * years;
      const earned = book.marginQuote * venue.supplyRatePerYear * years;
      book.shortBase += owed;
      book.marginQuote += earned;
      book.pnl.carryPaid -= owed * book.price;
      book.pnl.carryReceived += earned;
    },
    settle: () => undefined,
    changeShort: (book, base) => {
      book.shortBase += base;
      book.idleBase += base;
    },
    liquidate: (book) => {
      // At its threshold, which rounding may put on either side, one call makes a loan healthy; a price that jumped may need several.
      do {
        const repaid = book.shortBase * venue.closeFraction;
        const wanted = repaid * book.price * (1 + venue.liquidationBonus);
        const seized = Math.min(wanted, book.marginQuote);
        const part = wanted > 0 ? seized / wanted : 0;
        book.shortBase -= repaid * part;
        book.marginQuote -= seized;
        book.pnl.liquidation += repaid * part * book.price - seized;
        if (book.marginQuote > 0) continue;
        // Debt without collateral stays with the lender.
        book.pnl.liquidation += book.shortBase * book.price;
        book.shortBase = 0;
      } while (computeBookHealth(book, marginFactor) < 1);
    },
  };
}

/** Half-life of the expectation of funding. */
const FUNDING_HALF_LIFE_HOURS = 168;

function createPerp(venue: Extract<Venue, { kind: "perp" }>): HedgeVenue {
  const funding = createFundingClock(venue.funding);
  const { feeFraction, impactQuotePerBaseSquared } = venue;
  const trade = (book: Book, base: number): void => {
    const worth = Math.abs(base) * book.price;
    const cost = worth * feeFraction + impactQuotePerBaseSquared * base * base;
    book.shortBase += base;
    book.marginQuote += base * book.price - cost;
    book.pnl.venueFees -= cost;
    book.turnoverQuote += worth;
  };
  return {
    marginFactor: computeMarginFactor(venue),
    tradeCost: { proportional: feeFraction, impactQuotePerBaseSquared },
    lendsBase: false,
    accrue: () => undefined,
    settle: (book, timestamp) => {
      for (let rate = funding.next(timestamp); rate !== undefined; rate = funding.next(timestamp)) {
        const received = rate * book.shortBase * book.price;
        book.marginQuote += received;
        book.pnl.carryReceived += received;
      }
    },
    changeShort: trade,
    liquidate: (book) => {
      const worth = book.shortBase * book.price;
      const equity = book.marginQuote - worth;
      // What is missing beyond the margin is the venue's loss.
      const fee = Math.min(venue.liquidationFeeFraction * worth, equity);
      book.pnl.liquidation -= fee;
      book.turnoverQuote += worth;
      book.marginQuote = equity - fee;
      book.shortBase = 0;
    },
    get carryPerYear() {
      return funding.expectedCostPerYear;
    },
  };
}

interface FundingClock {
  /** The next payment due at or before a time, once. */
  next(timestamp: number): number | undefined;
  readonly expectedCostPerYear: number | undefined;
}

/** Hands out payments in order, and remembers them with a half-life; it never looks at one before its time. */
function createFundingClock({ timestamps, rates }: FundingPayments): FundingClock {
  let index = 0;
  const expected = createFadingRatio(FUNDING_HALF_LIFE_HOURS);
  return {
    next: (timestamp) => {
      if (index >= timestamps.length || timestamps[index]! > timestamp) return undefined;
      const rate = rates[index]!;
      if (index > 0) {
        const hours = (timestamps[index]! - timestamps[index - 1]!) / 3_600;
        expected.add(rate, hours / 8_760, hours);
      }
      index += 1;
      return rate;
    },
    get expectedCostPerYear() {
      return expected.value === undefined ? undefined : -expected.value;
    },
  };
}

/**
 * Shorts `baseChange` base more (+) or less (-), which lowers the net delta by as much. A loan sells the base in the pool, or
 * buys it there to pay it back, from idle quote that may go below zero: the caller sees to margin.
 */
export function tradeHedge(book: Book, venue: HedgeVenue, pool: PoolModel, baseChange: number): void {
  if (!venue.lendsBase) {
    venue.changeShort(book, Math.max(baseChange, -book.shortBase));
    return;
  }
  const depth = computePoolLiquidity(pool, book.price);
  if (baseChange > 0) {
    // Base that lies idle is sold before any is borrowed.
    const borrowed = Math.max(0, baseChange - book.idleBase);
    if (borrowed > 0) venue.changeShort(book, borrowed);
    swapBase(book, -baseChange, depth, pool.feeFraction);
    return;
  }
  swapBase(book, -baseChange, depth, pool.feeFraction);
  venue.changeShort(book, -Math.min(-baseChange, book.shortBase));
}
