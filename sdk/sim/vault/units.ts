import { divRoundingUp } from "../../exact/fullMath.ts";

/** 1 in WAD. */
export const WAD = 10n ** 18n;
/** Basis points in 1. */
export const BPS = 10_000n;
/** 2^256 - 1: no debt, so nothing to liquidate. */
export const NO_DEBT_HEALTH = (1n << 256n) - 1n;

export const abs = (value: bigint): bigint => (value < 0n ? -value : value);
export const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
/** a - b, but not below zero. */
export const saturatingSub = (a: bigint, b: bigint): bigint => (a > b ? a - b : 0n);
/** floor(a b / c). */
export const mulDivDown = (a: bigint, b: bigint, c: bigint): bigint => (a * b) / c;
/** ceil(a b / c). */
export const mulDivUp = (a: bigint, b: bigint, c: bigint): bigint => divRoundingUp(a * b, c);

/** A pair as the contracts scale it: base units × priceWad / scale = quote units. */
export interface PairScale {
  readonly baseIsToken0: boolean;
  readonly baseDecimals: number;
  readonly quoteDecimals: number;
}

/** PriceMath.scaleOf. */
export function scaleOf({ baseDecimals, quoteDecimals }: PairScale): bigint {
  return 10n ** BigInt(18 + baseDecimals - quoteDecimals);
}

/** Value of base units at a price [quote units], rounded down. */
export function quoteOfDown(pair: PairScale, base: bigint, priceWad: bigint): bigint {
  return mulDivDown(base, priceWad, scaleOf(pair));
}

/** Value of base units at a price [quote units], rounded up. */
export function quoteOfUp(pair: PairScale, base: bigint, priceWad: bigint): bigint {
  return mulDivUp(base, priceWad, scaleOf(pair));
}
