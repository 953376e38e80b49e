import { InvalidParameterError } from "../errors.ts";
import { requirePositive } from "./require.ts";

/**
 * A Uniswap v3 position in human units.
 *
 * - `liquidity`: L [sqrt(base · quote)], at least 0.
 * - `priceLower`, `priceUpper`: edges of the range [quote per base]; 0 <= lower < upper <= Infinity.
 *   0 and Infinity together are the full range, where the formulas below become those of a Uniswap v2 pool.
 */
export interface LpPosition {
  readonly liquidity: number;
  readonly priceLower: number;
  readonly priceUpper: number;
}

/** What a position holds: `baseAmount` [base] and `quoteAmount` [quote], both at least 0. */
export interface LpAmounts {
  readonly baseAmount: number;
  readonly quoteAmount: number;
}

/** The edges [quote per base] that make a position a full-range one. */
export const FULL_RANGE = { priceLower: 0, priceUpper: Infinity } as const;

/**
 * Liquidity [sqrt(base · quote)] of a position worth `valueQuote` [quote] at `price` [quote per base].
 *
 * Source: position value of the Uniswap v3 whitepaper, section 6.2, solved for L.
 * Throws InvalidParameterError on a value or price that is not positive, or an empty range.
 *
 * @example
 * computeLiquidityForValue(10_000, 2000, { priceLower: 1500, priceUpper: 2500 }); // 933.4553
 */
export function computeLiquidityForValue(
  valueQuote: number,
  price: number,
  range: { readonly priceLower: number; readonly priceUpper: number },
): number {
  requirePositive("valueQuote", valueQuote);
  return (
    valueQuote /
    computeLpValueQuote({ liquidity: 1, priceLower: range.priceLower, priceUpper: range.priceUpper }, price)
  );
}

/**
 * Amounts held at `price` [quote per base]: all base at or below the range, all quote at or above it.
 *
 * Source: Uniswap v3 whitepaper, 6.2: x = L(1/c - 1/sqrt pb), y = L(c - sqrt pa), c = sqrt P clamped to the range.
 * Throws InvalidParameterError on a price that is not positive or an impossible position.
 *
 * @example
 * computeLpAmounts({ liquidity: 100, priceLower: 1600, priceUpper: 2500 }, 1600); // { baseAmount: 0.5, quoteAmount: 0 }
 */
export function computeLpAmounts(position: LpPosition, price: number): LpAmounts {
  const root = clampedRoot(position, price);
  return {
    baseAmount: position.liquidity * (1 / root - 1 / Math.sqrt(position.priceUpper)),
    quoteAmount: position.liquidity * (root - Math.sqrt(position.priceLower)),
  };
}

/**
 * Value [quote] of a position at `price` [quote per base], uncollected fees left out.
 *
 * Source: x·P + y with the amounts of the Uniswap v3 whitepaper, 6.2.
 * Throws InvalidParameterError on a price that is not positive or an impossible position.
 *
 * @example
 * computeLpValueQuote({ liquidity: 100, ...FULL_RANGE }, 2500); // 2 · 100 · sqrt(2500) = 10,000
 */
export function computeLpValueQuote(position: LpPosition, price: number): number {
  const root = clampedRoot(position, price);
  return (
    position.liquidity *
    (price * (1 / root - 1 / Math.sqrt(position.priceUpper)) + root - Math.sqrt(position.priceLower))
  );
}

/**
 * Delta dV/dP [base, never negative], which equals the base the position holds; the quote leg has none.
 *
 * Throws InvalidParameterError on a price that is not positive or an impossible position.
 *
 * @example
 * computeLpDeltaBase({ liquidity: 933.4553, priceLower: 1500, priceUpper: 2500 }, 2000); // 2.203589
 */
export function computeLpDeltaBase(position: LpPosition, price: number): number {
  const root = clampedRoot(position, price);
  return position.liquidity * (1 / root - 1 / Math.sqrt(position.priceUpper));
}

/**
 * Gamma d²V/dP² [base per (quote per base), never positive]: the base sold for each unit the price rises.
 *
 * -(L/2) P^(-3/2) for lower <= P < upper, the half-open convention of ticks; 0 elsewhere, where the holdings are fixed.
 * Throws InvalidParameterError on a price that is not positive or an impossible position.
 *
 * @example
 * computeLpGamma({ liquidity: 933.4553, priceLower: 1500, priceUpper: 2500 }, 2000); // -0.00521817
 */
export function computeLpGamma(position: LpPosition, price: number): number {
  requirePosition(position);
  requirePositive("price", price);
  if (price < position.priceLower || price >= position.priceUpper) return 0;
  return (-0.5 * position.liquidity) / (price * Math.sqrt(price));
}

/**
 * Divergence (impermanent) loss [percent, never positive]: value at `price` against holding the amounts of `entryPrice`.
 *
 * V(P)/(x0·P + y0) - 1, both prices [quote per base]. The difference is taken in the factored form
 * L(c - c0)(1 - P/(c·c0)), whose factors never cancel, so small moves keep full precision and no rounding makes a gain.
 * Throws InvalidParameterError on prices that are not positive, an impossible position, or one without liquidity.
 *
 * @example
 * computeDivergenceLossPercent({ liquidity: 933.4553, priceLower: 1500, priceUpper: 2500 }, 2000, 1500); // -8.420755
 */
export function computeDivergenceLossPercent(position: LpPosition, entryPrice: number, price: number): number {
  requirePositive("liquidity", position.liquidity);
  const root = clampedRoot(position, price);
  const entryRoot = clampedRoot(position, entryPrice, "entryPrice");
  const differencePerLiquidity = (root - entryRoot) * (1 - price / (root * entryRoot));
  const heldPerLiquidity =
    price * (1 / entryRoot - 1 / Math.sqrt(position.priceUpper)) + entryRoot - Math.sqrt(position.priceLower);
  return (100 * differencePerLiquidity) / heldPerLiquidity;
}

/**
 * Divergence loss [percent, never positive] of a full-range position whose price moved by the factor `priceRatio`.
 *
 * 2 sqrt(r)/(1 + r) - 1, written as -(1 - sqrt r)²/(1 + r) against cancellation. Source: Uniswap v2 constant product.
 * Throws InvalidParameterError on a ratio that is not positive.
 *
 * @example
 * computeFullRangeDivergenceLossPercent(4); // -20
 */
export function computeFullRangeDivergenceLossPercent(priceRatio: number): number {
  requirePositive("priceRatio", priceRatio);
  return (-100 * (1 - Math.sqrt(priceRatio)) ** 2) / (1 + priceRatio);
}

/**
 * Throws InvalidParameterError unless 0 <= liquidity < Infinity and 0 <= priceLower < priceUpper.
 *
 * Models that take a position call it first; call it directly to check one at a border.
 *
 * @example
 * requirePosition({ liquidity: 1, priceLower: 2500, priceUpper: 1500 }); // throws: priceUpper is 1500
 */
export function requirePosition(position: LpPosition): void {
  const { liquidity, priceLower, priceUpper } = position;
  if (!(liquidity >= 0 && liquidity < Infinity)) {
    throw new InvalidParameterError("liquidity", liquidity, "be finite and at least 0");
  }
  if (!(priceLower >= 0 && priceLower < Infinity)) {
    throw new InvalidParameterError("priceLower", priceLower, "be finite and at least 0");
  }
  if (!(priceUpper > priceLower)) {
    throw new InvalidParameterError("priceUpper", priceUpper, `be greater than priceLower (${priceLower})`);
  }
}

/** sqrt(P) clamped to the range: the square-root price at which the position's holdings stand. */
function clampedRoot(position: LpPosition, price: number, parameter = "price"): number {
  requirePosition(position);
  requirePositive(parameter, price);
  if (price <= position.priceLower) return Math.sqrt(position.priceLower);
  if (price >= position.priceUpper) return Math.sqrt(position.priceUpper);
  return Math.sqrt(price);
}
