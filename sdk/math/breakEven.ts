import { requireFinite, requireNonNegative, requirePositive } from "./require.ts";

/**
 * What a hedged position costs a year, each part [quote a year].
 *
 * - `lvrQuotePerYear`: gross LVR, at least 0 (fee income counts the arbitrageurs' fees).
 * - `rebalancingQuotePerYear`: cost of the no-trade band, at least 0.
 * - `fundingQuotePerYear`: signed, + paid by the hedge.
 * - `marginQuote` [quote] tied up at the hedge venue and `marginRatePerYear`, the return it forgoes there (signed fraction).
 * - `optionPremiumQuotePerYear`: signed, + paid.
 */
export interface HedgedCosts {
  readonly lvrQuotePerYear: number;
  readonly rebalancingQuotePerYear: number;
  readonly fundingQuotePerYear: number;
  readonly marginQuote: number;
  readonly marginRatePerYear: number;
  readonly optionPremiumQuotePerYear: number;
}

/** Break-even fee income and its parts, each a fraction of the position's value a year; the parts add up to `total`. */
export interface BreakEvenFeeApr {
  readonly total: number;
  readonly lvr: number;
  readonly rebalancing: number;
  readonly funding: number;
  readonly margin: number;
  readonly optionPremium: number;
}

/**
 * Fee APR (fraction of the position's value a year) at which a hedged position earns nothing, with its parts.
 *
 * LVR/V + band cost/V + funding/V + margin opportunity cost/V + premium/V. Provide liquidity only while the expected fee APR
 * exceeds `total`. Throws InvalidParameterError on a value that is not positive, negative costs where none can be, or NaN.
 *
 * @example
 * computeBreakEvenFeeApr(100_000, {
 *   lvrQuotePerYear: 54_375, rebalancingQuotePerYear: 989, fundingQuotePerYear: 1500,
 *   marginQuote: 50_000, marginRatePerYear: 0.02, optionPremiumQuotePerYear: 0,
 * }).total; // 0.57864
 */
export function computeBreakEvenFeeApr(valueQuote: number, costs: HedgedCosts): BreakEvenFeeApr {
  requirePositive("valueQuote", valueQuote);
  requireNonNegative("lvrQuotePerYear", costs.lvrQuotePerYear);
  requireNonNegative("rebalancingQuotePerYear", costs.rebalancingQuotePerYear);
  requireFinite("fundingQuotePerYear", costs.fundingQuotePerYear);
  requireNonNegative("marginQuote", costs.marginQuote);
  requireFinite("marginRatePerYear", costs.marginRatePerYear);
  requireFinite("optionPremiumQuotePerYear", costs.optionPremiumQuotePerYear);
  const lvr = costs.lvrQuotePerYear / valueQuote;
  const rebalancing = costs.rebalancingQuotePerYear / valueQuote;
  const funding = costs.fundingQuotePerYear / valueQuote;
  const margin = (costs.marginQuote * costs.marginRatePerYear) / valueQuote;
  const optionPremium = costs.optionPremiumQuotePerYear / valueQuote;
  return {
    total: lvr + rebalancing + funding + margin + optionPremium,
    lvr,
    rebalancing,
    funding,
    margin,
    optionPremium,
  };
}
