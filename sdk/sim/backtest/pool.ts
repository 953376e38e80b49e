import { computeUnitValueQuote } from "../../policy/position.ts";
import { HedgerowError } from "../../errors.ts";
import type { Book } from "./book.ts";
import type { PoolModel } from "./model.ts";

/** A trade that the pool's liquidity cannot fill at any price. */
export class PoolTooShallowError extends HedgerowError {
  readonly baseAmount: number;

  constructor(baseAmount: number, availableBase: number) {
    super(
      `A purchase of ${baseAmount.toFixed(4)} base exceeds the ${availableBase.toFixed(4)} that the pool sells at any price. ` +
        "Lower the deposit or raise the pool's value.",
    );
    this.baseAmount = baseAmount;
  }
}

/** Active liquidity of everybody else in the pool at `price` [sqrt(base · quote)]. */
export function computePoolLiquidity(pool: PoolModel, price: number): number {
  return pool.valueQuote / computeUnitValueQuote(price, pool.width);
}

/**
 * Buys (+) or sells (-) base in a pool of constant liquidity; the market brings its price back afterwards.
 *
 * Selling q: out = L (c - 1/(1/c + q(1-f)/L)); buying q: in = L (1/(1/c - q/L) - c)/(1-f), c = sqrt P. Source: Uniswap v3
 * whitepaper, 6.2.3. What that is worse than the market's price is a cost. Throws {@link PoolTooShallowError}.
 */
export function swapBase(book: Book, baseChange: number, liquidity: number, feeFraction: number): void {
  if (baseChange === 0) return;
  const root = Math.sqrt(book.price);
  const fair = baseChange * book.price;
  let paid: number;
  if (baseChange > 0) {
    const inverse = 1 / root - baseChange / liquidity;
    if (!(inverse > 0)) throw new PoolTooShallowError(baseChange, liquidity / root);
    paid = (liquidity * (1 / inverse - root)) / (1 - feeFraction);
  } else {
    paid = -liquidity * (root - 1 / (1 / root - (baseChange * (1 - feeFraction)) / liquidity));
  }
  book.idleBase += baseChange;
  book.idleQuote -= paid;
  book.pnl.swaps -= paid - fair;
  book.turnoverQuote += Math.abs(fair);
}
