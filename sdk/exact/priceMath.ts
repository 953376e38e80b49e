import { InvalidParameterError } from "../errors.ts";
import { requireOrientation } from "./orientation.ts";
import type { Orientation } from "./orientation.ts";
import { getSqrtRatioAtTick, getTickAtSqrtRatio, MAX_SQRT_RATIO, maxUsableTick, MIN_SQRT_RATIO } from "./tickMath.ts";

/*
 * Prices as the rest of the library speaks them: quote per base in human units, times 1e18 (`priceQuotePerBaseWad`).
 * 2000 USDC per WETH is 2000e18 whatever the decimals or the order of the tokens in the pool.
 */

/**
 * Price in quote per base [wad] of a pool's square-root price [Q64.96], rounded down.
 *
 * Throws InvalidParameterError on a square-root price outside the pool's bounds or decimals no ERC-20 has. The result is 0 when the
 * price is below 1e-18 quote per base.
 *
 * @example
 * computePriceWadDown(1771595571142957102961017161607260n, { baseIsToken0: false, baseDecimals: 18, quoteDecimals: 6 }); // 2000e18
 */
export function computePriceWadDown(sqrtPriceX96: bigint, orientation: Orientation): bigint {
  requireSqrtPrice(sqrtPriceX96);
  const { multiplier, divisor } = wadScale(orientation);
  const squareX192 = sqrtPriceX96 * sqrtPriceX96;
  return orientation.baseIsToken0
    ? (squareX192 * multiplier) / (divisor << 192n)
    : (multiplier << 192n) / (squareX192 * divisor);
}

/**
 * Square-root price [Q64.96, token1 per token0] of a price in quote per base [wad], rounded down.
 *
 * Throws InvalidParameterError on a price that is not positive or lies outside the pool's bounds, or decimals no ERC-20 has.
 *
 * @example
 * computeSqrtPriceX96Down(2000n * 10n ** 18n, { baseIsToken0: true, baseDecimals: 18, quoteDecimals: 18 });
 * // 3543191142285914205922034323214n, which is sqrt(2000) · 2^96
 */
export function computeSqrtPriceX96Down(priceQuotePerBaseWad: bigint, orientation: Orientation): bigint {
  if (priceQuotePerBaseWad <= 0n) {
    throw new InvalidParameterError("priceQuotePerBaseWad", priceQuotePerBaseWad, "be greater than 0");
  }
  const { multiplier, divisor } = wadScale(orientation);
  const squareX192 = orientation.baseIsToken0
    ? ((priceQuotePerBaseWad * divisor) << 192n) / multiplier
    : (multiplier << 192n) / (priceQuotePerBaseWad * divisor);
  const sqrtPriceX96 = sqrtDown(squareX192);
  if (sqrtPriceX96 < MIN_SQRT_RATIO || sqrtPriceX96 >= MAX_SQRT_RATIO) {
    throw new InvalidParameterError(
      "priceQuotePerBaseWad",
      priceQuotePerBaseWad,
      `give a square-root price of at least ${MIN_SQRT_RATIO} and below ${MAX_SQRT_RATIO}, not ${sqrtPriceX96}`,
    );
  }
  return sqrtPriceX96;
}

/**
 * Price in quote per base [wad] at a tick, rounded down.
 *
 * Throws InvalidParameterError on a tick outside -887272 … 887271 or decimals no ERC-20 has.
 *
 * @example
 * computePriceWadAtTickDown(0, { baseIsToken0: true, baseDecimals: 18, quoteDecimals: 6 }); // 10n ** 30n
 */
export function computePriceWadAtTickDown(tick: number, orientation: Orientation): bigint {
  return computePriceWadDown(getSqrtRatioAtTick(tick), orientation);
}

/** Which usable tick to take for a price between two: the one whose *price in quote per base* is lower, higher or nearest in ratio. */
export type TickRounding = "lowerPrice" | "higherPrice" | "nearest";

/**
 * Usable tick (a multiple of `tickSpacing`) for a price in quote per base [wad].
 *
 * Rounding is named by the price, because ticks rise with it only while base is token0. Beyond the last usable tick that tick is
 * returned. The price is first rounded to the grid of square-root prices: within 2^-96 of one it may fall on either side of a tick,
 * so a tick turned into a wad price and back is sure to return only with "nearest".
 * Throws InvalidParameterError on a price or spacing outside the pool's bounds, or decimals no ERC-20 has.
 *
 * @example
 * const wethUsdc = { baseIsToken0: false, baseDecimals: 18, quoteDecimals: 6 };
 * computeTickForPrice(2000n * 10n ** 18n, wethUsdc, 10, "nearest"); // 200310
 */
export function computeTickForPrice(
  priceQuotePerBaseWad: bigint,
  orientation: Orientation,
  tickSpacing: number,
  rounding: TickRounding,
): number {
  const highest = maxUsableTick(tickSpacing);
  const sqrtPriceX96 = computeSqrtPriceX96Down(priceQuotePerBaseWad, orientation);
  const below = Math.floor(getTickAtSqrtRatio(sqrtPriceX96) / tickSpacing) * tickSpacing;
  const above = below + tickSpacing;
  if (below < -highest) return -highest;
  if (above > highest) return highest;

  const belowX96 = getSqrtRatioAtTick(below);
  if (rounding === "nearest") {
    // nearest in ratio: on the far side of the geometric mean of the two prices
    return sqrtPriceX96 * sqrtPriceX96 < belowX96 * getSqrtRatioAtTick(above) ? below : above;
  }
  const takeBelow = (rounding === "lowerPrice") === orientation.baseIsToken0;
  return takeBelow || sqrtPriceX96 === belowX96 ? below : above;
}

/** Ticks of a range: usable, tickLower < tickUpper. */
export interface TickRange {
  readonly tickLower: number;
  readonly tickUpper: number;
}

/**
 * The narrowest usable range that contains both prices in quote per base [wad], rounded outwards.
 *
 * Throws InvalidParameterError unless priceLower < priceUpper, and on whatever {@link computeTickForPrice} refuses.
 *
 * @example
 * const wethUsdc = { baseIsToken0: false, baseDecimals: 18, quoteDecimals: 6 };
 * computeTickRange(1500n * 10n ** 18n, 2500n * 10n ** 18n, wethUsdc, 10); // { tickLower: 198070, tickUpper: 203190 }
 */
export function computeTickRange(
  priceLowerWad: bigint,
  priceUpperWad: bigint,
  orientation: Orientation,
  tickSpacing: number,
): TickRange {
  if (!(priceLowerWad < priceUpperWad)) {
    throw new InvalidParameterError("priceUpperWad", priceUpperWad, `be greater than priceLowerWad (${priceLowerWad})`);
  }
  const atLower = computeTickForPrice(priceLowerWad, orientation, tickSpacing, "lowerPrice");
  const atUpper = computeTickForPrice(priceUpperWad, orientation, tickSpacing, "higherPrice");
  const range =
    atLower < atUpper ? { tickLower: atLower, tickUpper: atUpper } : { tickLower: atUpper, tickUpper: atLower };
  if (range.tickLower === range.tickUpper) {
    throw new InvalidParameterError("priceUpperWad", priceUpperWad, "lie on another usable tick than priceLowerWad");
  }
  return range;
}

/**
 * floor(sqrt(value)) of an integer of any size.
 *
 * Newton's iteration from a float estimate: a handful of steps for the 512-bit values of price arithmetic.
 * Throws InvalidParameterError on a negative value.
 *
 * @example
 * sqrtDown(10n ** 36n - 1n); // 10n ** 18n - 1n
 */
export function sqrtDown(value: bigint): bigint {
  if (value < 0n) throw new InvalidParameterError("value", value, "be at least 0");
  if (value === 0n) return 0n;
  const estimate = Math.sqrt(Number(value));
  let root = Number.isFinite(estimate)
    ? BigInt(Math.floor(estimate))
    : 1n << BigInt((value.toString(16).length * 4) / 2 + 1);
  // one step from any positive start lands at or above the root; from there the iteration only falls until it reaches the floor
  root = (root + value / root) >> 1n;
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) break;
    root = next;
  }
  return root;
}

/** Raw price to wad: 10^(18 + base - quote decimals) as a fraction, since the exponent may be negative. */
function wadScale(orientation: Orientation): { readonly multiplier: bigint; readonly divisor: bigint } {
  requireOrientation(orientation);
  const exponent = 18 + orientation.baseDecimals - orientation.quoteDecimals;
  return exponent >= 0
    ? { multiplier: 10n ** BigInt(exponent), divisor: 1n }
    : { multiplier: 1n, divisor: 10n ** BigInt(-exponent) };
}

function requireSqrtPrice(sqrtPriceX96: bigint): void {
  if (sqrtPriceX96 < MIN_SQRT_RATIO || sqrtPriceX96 > MAX_SQRT_RATIO) {
    throw new InvalidParameterError(
      "sqrtPriceX96",
      sqrtPriceX96,
      `lie between ${MIN_SQRT_RATIO} and ${MAX_SQRT_RATIO}`,
    );
  }
}
