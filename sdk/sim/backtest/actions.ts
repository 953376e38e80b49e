import type { Band, PolicySettings, Targets } from "../../policy/types.ts";
import { addLiquidity, computeBookNav, payGas, withdrawLiquidity } from "./book.ts";
import type { Book } from "./book.ts";
import type { BacktestModel } from "./model.ts";
import { computePoolLiquidity, swapBase } from "./pool.ts";
import { computeBookHealth, tradeHedge } from "./venue.ts";
import type { HedgeVenue } from "./venue.ts";

/*
 * What a decision does to the books: the float twin of sdk/policy/plan.ts, with its rules for margin and dust. What the vault
 * checks on-chain (slippage, loss budget, turnover) is not modelled: trades here are as large as the plan wants them.
 */

/** Spare quote below this part of NAV stays idle instead of becoming margin. */
const MARGIN_DUST_FRACTION = 0.03;
/** Drift below this part of NAV is not worth a swap inside a recentring. */
const DRIFT_DUST_FRACTION = 1 / 5_000;
/** A position is not built closer than this to the health at which it would be reduced. */
const BUILD_HEALTH_FACTOR = 1.05;
/** Margin is topped up with a hedge when the health would be below this multiple of the least. */
const TOP_UP_HEALTH_FACTOR = 1.1;

/** What the actions need besides the book. */
export interface ActionContext {
  readonly model: BacktestModel;
  readonly venue: HedgeVenue;
  /** What the policy builds for at the moment. */
  targets: Targets;
}

/** Net delta of a book [base]. */
export function computeBookDelta(book: Book): number {
  return book.idleBase + book.liquidityBase - book.shortBase;
}

/** Liquidity that a NAV can carry in a range around the price, as liquidityFor of sdk/policy/plan.ts sizes it. */
export function computeTargetLiquidity(
  navQuote: number,
  price: number,
  rootLower: number,
  rootUpper: number,
  marginFactor: number,
  settings: Pick<PolicySettings, "idleFraction">,
  { targetHealth }: Pick<Targets, "targetHealth">,
): number {
  const root = Math.min(Math.max(Math.sqrt(price), rootLower), rootUpper);
  const baseQuote = (1 / root - 1 / rootUpper) * price;
  const unitQuote = baseQuote + root - rootLower;
  const phi = baseQuote / unitQuote;
  const value = ((1 - settings.idleFraction) * navQuote) / (1 - phi + (targetHealth * phi) / marginFactor);
  return value / unitQuote;
}

/** Cost of a transaction of the keeper [quote] at a price, gas being paid in base. */
export function computeGasQuote(model: BacktestModel, units: number, price: number): number {
  return units * model.gas.priceGwei * 1e-9 * price;
}

/**
 * Trades the hedge by `baseChange` more (+) or less (-) of a short, with margin for it.
 *
 * @returns false when idle quote and spare margin do not pay for the purchase: the liquidity has to give some.
 */
export function applyHedge({ model, venue, targets }: ActionContext, book: Book, baseChange: number): boolean {
  const { minHealth, targetHealth } = targets;
  if (baseChange < 0 && venue.lendsBase) {
    const cost = -baseChange * book.price * 1.01;
    const release = Math.max(0, cost - book.idleQuote);
    const kept = book.marginQuote - release;
    if (release > 0 && kept * venue.marginFactor < minHealth * book.shortBase * book.price) return false;
    book.marginQuote -= release;
    book.idleQuote += release;
  }
  tradeHedge(book, venue, model.pool, baseChange);
  if (baseChange > 0) {
    const short = book.shortBase * book.price;
    const enough = (minHealth * TOP_UP_HEALTH_FACTOR * short) / venue.marginFactor;
    if (book.marginQuote < enough) {
      const wanted = (targetHealth * short) / venue.marginFactor - book.marginQuote;
      postMargin(book, Math.max(0, Math.min(wanted, book.idleQuote)));
    }
  }
  payGas(book, computeGasQuote(model, model.gas.hedgeUnits, book.price));
  return true;
}

/**
 * Places the liquidity anew around the price, or adds to the range there is, sized so that the short of its base has the
 * target health, and brings the net delta to zero where it is worth a trade.
 */
export function applyRecentre(context: ActionContext, book: Book, band: Band, keepRange: boolean): void {
  const { model, venue, targets } = context;
  const { settings, pool } = model;
  const nav = computeBookNav(book);
  const isKept = keepRange && book.liquidity > 0;
  if (!isKept) withdrawLiquidity(book);
  const root = Math.sqrt(book.price);
  const rootWidth = Math.sqrt(targets.rangeWidth);
  const rootLower = isKept ? book.rootLower : root / rootWidth;
  const rootUpper = isKept ? book.rootUpper : root * rootWidth;
  const target = computeTargetLiquidity(nav, book.price, rootLower, rootUpper, venue.marginFactor, settings, targets);
  const added = Math.max(0, target - book.liquidity);
  if (added > 0) {
    const inside = Math.min(Math.max(root, rootLower), rootUpper);
    supplyBase(context, book, added * (1 / inside - 1 / rootUpper));
    addLiquidity(book, rootLower, rootUpper, added);
  }
  const drift = computeBookDelta(book);
  if (Math.abs(drift) > Math.max(band.targetBase, (nav * DRIFT_DUST_FRACTION) / book.price)) {
    tradeHedge(book, venue, pool, drift);
  }
  balanceMargin(context, book, nav);
  payGas(book, computeGasQuote(model, model.gas.recentreUnits, book.price));
}

/** Raises the health to a target from idle quote, or rebuilds the position for it. */
export function applyDeleverage(context: ActionContext, book: Book, band: Band, targetHealth: number): void {
  const { model, venue } = context;
  const missing = (targetHealth * book.shortBase * book.price) / venue.marginFactor - book.marginQuote;
  const isInBand = Math.abs(computeBookDelta(book)) <= band.triggerBase;
  if (isInBand && missing <= book.idleQuote) {
    postMargin(book, Math.max(0, missing));
    payGas(book, computeGasQuote(model, model.gas.hedgeUnits, book.price));
    return;
  }
  applyRecentre(context, book, band, false);
}

/** Sells everything and pays the short back; what is left is quote. */
export function applyExit({ model, venue }: ActionContext, book: Book): void {
  withdrawLiquidity(book);
  const depth = computePoolLiquidity(model.pool, book.price);
  if (venue.lendsBase) {
    swapBase(book, book.shortBase - book.idleBase, depth, model.pool.feeFraction);
    venue.changeShort(book, -book.shortBase);
  } else {
    venue.changeShort(book, -book.shortBase);
    swapBase(book, -book.idleBase, depth, model.pool.feeFraction);
  }
  postMargin(book, -book.marginQuote);
  payGas(book, computeGasQuote(model, model.gas.recentreUnits, book.price));
}

function postMargin(book: Book, quote: number): void {
  book.idleQuote -= quote;
  book.marginQuote += quote;
}

/** Sees that exactly `base` is idle: borrowed or paid back at a lender, bought or sold in the pool otherwise. */
function supplyBase({ model, venue }: ActionContext, book: Book, base: number): void {
  const missing = base - book.idleBase;
  if (venue.lendsBase) venue.changeShort(book, Math.max(missing, -book.shortBase));
  else swapBase(book, missing, computePoolLiquidity(model.pool, book.price), model.pool.feeFraction);
}

/** Idle quote beyond the buffer becomes margin, and what is missing comes out of it. */
function balanceMargin({ model, venue, targets }: ActionContext, book: Book, nav: number): void {
  const { settings } = model;
  const change = book.idleQuote - settings.idleFraction * nav;
  const isDust = Math.abs(change) < nav * MARGIN_DUST_FRACTION && book.idleQuote >= 0;
  const isCarried = computeBookHealth(book, venue.marginFactor) >= targets.minHealth * BUILD_HEALTH_FACTOR;
  if (isDust && isCarried) return;
  postMargin(book, change);
}
