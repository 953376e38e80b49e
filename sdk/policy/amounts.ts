import { getAmountsForLiquidityDown, getAmountsForLiquidityUp } from "../exact/liquidityAmounts.ts";
import { type BaseQuoteAmounts, type Orientation, toBaseQuote } from "../exact/orientation.ts";
import { getSqrtRatioAtTick } from "../exact/tickMath.ts";
import type { HedgeState, VaultState } from "./types.ts";

/*
 * Amounts of a vault in exact integers: what plans are made of.
 */

const BPS = 10_000n;
/** Extra quote raised over the estimated cost of a purchase: 0.5 %. */
const PURCHASE_PAD_BPS = 50n;

export function debtOf(hedge: HedgeState): bigint {
  return hedge.deltaBase < 0n ? -hedge.deltaBase : 0n;
}

/** Margin at the venue: equity plus what the short is worth, the inverse of how the hedge computes its equity. */
export function marginOf(v: VaultState, hedge: HedgeState): bigint {
  return hedge.equityMinQuote + quoteOf(v, debtOf(hedge));
}

/** Margin with which a short worth `shortQuote` has the given health, rounded up. */
export function marginFor(hedge: HedgeState, shortQuote: bigint, health: number): bigint {
  const healthWad = BigInt(Math.round(health * 1e9)) * 10n ** 9n;
  return ceilDiv(shortQuote * healthWad, hedge.marginFactorWad);
}

export function orientationOf(v: VaultState): Orientation {
  return {
    baseIsToken0: v.pool.baseIsToken0,
    baseDecimals: v.base.decimals,
    quoteDecimals: v.quote.decimals,
  };
}

export function amountsAt(
  sqrtPriceX96: bigint,
  ticks: { readonly tickLower: number; readonly tickUpper: number },
  liquidity: bigint,
  orientation: Orientation,
  rounding: "up" | "down",
): BaseQuoteAmounts {
  const lower = getSqrtRatioAtTick(ticks.tickLower);
  const upper = getSqrtRatioAtTick(ticks.tickUpper);
  const amounts =
    rounding === "up"
      ? getAmountsForLiquidityUp(sqrtPriceX96, lower, upper, liquidity)
      : getAmountsForLiquidityDown(sqrtPriceX96, lower, upper, liquidity);
  return toBaseQuote(amounts, orientation);
}

/** What removing these ranges at the pool's price returns, fees apart. */
export function sumAmounts(
  v: VaultState,
  ranges: readonly { readonly tickLower: number; readonly tickUpper: number; readonly liquidity: bigint }[],
  orientation: Orientation,
): BaseQuoteAmounts {
  let amountBase = 0n;
  let amountQuote = 0n;
  for (const range of ranges) {
    const amounts = amountsAt(v.pool.sqrtPriceX96, range, range.liquidity, orientation, "down");
    amountBase += amounts.amountBase;
    amountQuote += amounts.amountQuote;
  }
  return { amountBase, amountQuote };
}

/** Value of base at the oracle's price, rounded up. */
export function quoteOf(v: VaultState, base: bigint): bigint {
  return ceilDiv(base * v.oracle.priceWad, scaleOf(v));
}

/** Base that a quote amount is worth at the oracle's price, rounded down. */
export function quoteToBase(v: VaultState, quote: bigint): bigint {
  return (quote * scaleOf(v)) / v.oracle.priceWad;
}

export function scaleOf(v: VaultState): bigint {
  return 10n ** BigInt(18 + v.base.decimals - v.quote.decimals);
}

/** Most that a purchase of this value may cost. */
export function withPad(v: VaultState, quote: bigint): bigint {
  return ceilDiv(quote * (BPS + PURCHASE_PAD_BPS + v.policy.params.maxSlippageBps), BPS);
}

/** Base that this much quote buys for certain, rounded down. */
export function affordableBase(v: VaultState, quote: bigint): bigint {
  return quoteToBase(v, (quote * BPS) / (BPS + PURCHASE_PAD_BPS + v.policy.params.maxSlippageBps));
}

/** Least that a sale of this value brings. */
export function discounted(v: VaultState, quote: bigint): bigint {
  return (quote * (BPS - v.policy.params.maxSlippageBps)) / BPS;
}

export function toUnits(value: number, decimals: number): bigint {
  return (BigInt(Math.round(value * 1e9)) * 10n ** BigInt(decimals)) / 1_000_000_000n;
}

export const abs = (x: bigint): bigint => (x < 0n ? -x : x);
export const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
export const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;
export const clamp = (x: bigint, low: bigint, high: bigint): bigint => max(low, min(x, high));
