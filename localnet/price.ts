import type { Orientation } from "../sdk/exact/orientation.ts";
import { sqrtDown } from "../sdk/exact/priceMath.ts";
import { maxUsableTick, minUsableTick } from "../sdk/exact/tickMath.ts";

const Q96 = 1n << 96n;

/**
 * The number as written in decimal (0.97 is 97/100, not the binary fraction next to it), so that a price means the same
 * to the pool, to the feeds and to the reader.
 * @throws RangeError unless the price is finite and positive.
 */
function toFraction(price: number): { readonly numerator: bigint; readonly denominator: bigint } {
  if (!Number.isFinite(price) || price <= 0) {
    throw new RangeError(`Price must be a positive number, got ${price}`);
  }
  const [mantissa, exponentText] = price.toExponential().split("e") as [string, string];
  const [whole, fraction = ""] = mantissa.split(".") as [string, string?];
  const digits = BigInt(whole + fraction);
  const exponent = Number(exponentText) - fraction.length;
  return exponent >= 0
    ? { numerator: digits * 10n ** BigInt(exponent), denominator: 1n }
    : { numerator: digits, denominator: 10n ** BigInt(-exponent) };
}

/**
 * Square-root price of the pool (Q64.96, rounded down) at which one whole base token costs `priceQuotePerBase` whole
 * quote tokens.
 */
export function sqrtPriceX96FromPrice(priceQuotePerBase: number, scale: Orientation): bigint {
  const { numerator, denominator } = toFraction(priceQuotePerBase);
  const quoteRaw = numerator * 10n ** BigInt(scale.quoteDecimals);
  const baseRaw = denominator * 10n ** BigInt(scale.baseDecimals);
  return scale.baseIsToken0 ? sqrtDown((quoteRaw << 192n) / baseRaw) : sqrtDown((baseRaw << 192n) / quoteRaw);
}

/** Price in whole quote tokens for one whole base token; a float, good to about 15 digits. */
export function priceFromSqrtPriceX96(sqrtPriceX96: bigint, scale: Orientation): number {
  const root = Number(sqrtPriceX96) / Number(Q96);
  const rawToken1PerToken0 = root * root;
  const decimals = 10 ** (scale.baseDecimals - scale.quoteDecimals);
  return scale.baseIsToken0 ? rawToken1PerToken0 * decimals : decimals / rawToken1PerToken0;
}

/** Ticks of a range [price / factor, price * factor], aligned outwards to the tick spacing. */
export function ticksAround(
  priceQuotePerBase: number,
  factor: number,
  tickSpacing: number,
  scale: Orientation,
): { readonly tickLower: number; readonly tickUpper: number } {
  const root = Number(sqrtPriceX96FromPrice(priceQuotePerBase, scale)) / Number(Q96);
  const centre = (2 * Math.log(root)) / Math.log(1.0001);
  const halfWidth = Math.log(factor) / Math.log(1.0001);
  return {
    tickLower: Math.floor((centre - halfWidth) / tickSpacing) * tickSpacing,
    tickUpper: Math.ceil((centre + halfWidth) / tickSpacing) * tickSpacing,
  };
}

/** Widest aligned range of a pool with this spacing. */
export function fullRangeTicks(tickSpacing: number): { readonly tickLower: number; readonly tickUpper: number } {
  return { tickLower: minUsableTick(tickSpacing), tickUpper: maxUsableTick(tickSpacing) };
}

/** Token amount in raw units from a float amount of whole tokens, rounded down. */
export function toRaw(amount: number, decimals: number): bigint {
  if (!Number.isFinite(amount) || amount < 0) throw new RangeError(`Amount must be a number >= 0, got ${amount}`);
  if (amount === 0) return 0n;
  const { numerator, denominator } = toFraction(amount);
  return (numerator * 10n ** BigInt(decimals)) / denominator;
}

/** Chainlink answer with 8 decimals. */
export function toFeedAnswer(priceUsd: number): bigint {
  return toRaw(priceUsd, 8);
}
