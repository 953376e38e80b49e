import { requireWhole } from "./require.ts";

/** Days in the year of every annual figure. Crypto trades every day, so no 252-day convention appears anywhere. */
export const DAYS_PER_YEAR = 365;

/** Seconds in that year: 31,536,000. */
export const SECONDS_PER_YEAR = DAYS_PER_YEAR * 86_400;

/** Basis points in 1. */
export const BPS_PER_UNIT = 10_000;

/**
 * A whole number of token units as a float of whole tokens. Exact to 15 digits, for models only; amounts that go on-chain stay bigint.
 *
 * Throws InvalidParameterError unless `decimals` is a whole number from 0 to 255, as a token's are.
 *
 * @example
 * toFloat(1_500_000n, 6); // 1.5
 */
export function toFloat(units: bigint, decimals: number): number {
  requireWhole("decimals", decimals, 0, 255);
  return Number(units) / 10 ** decimals;
}
