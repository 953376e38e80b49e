import { requireNonNegative, requirePositive, requireStrictlyBetween } from "./require.ts";

/*
 * Divergence (impermanent) loss of a full-range position, which holds as much value in base as in quote at entry.
 */

/** `quantity`: straddles to buy at the entry price [base each]; `premiumQuote`: what they cost together [quote]. */
export interface StraddleHedge {
  readonly quantity: number;
  readonly premiumQuote: number;
}

/**
 * Straddles struck at the entry price that repay the divergence loss when the price moves by `upFactor` either way, one period ahead.
 *
 * The loss y0 (√u - 1)² above and y0 (√u - 1)²/u below stand to a straddle's payoff P0 (u - 1) and P0 (u - 1)/u in the same proportion,
 * so one quantity x0 (√u - 1)/(√u + 1) repays both. The premium is the one-period no-arbitrage value with the chance 1/(1 + u) of a
 * rise, at no interest: a straddle costs 2 P0 (u - 1)/(u + 1). Between and beyond the two prices the hedge is only approximate.
 * Source: Cox, Ross and Rubinstein (1979) on the constant product's payoff.
 * Throws InvalidParameterError on an amount or price that is not positive, or a factor that is not finite and above 1.
 *
 * @example
 * computeStraddleHedge({ baseAmount: 100, entryPrice: 1, upFactor: 1.25 }); // { quantity: 5.572809, premiumQuote: 1.238402 }
 */
export function computeStraddleHedge(inputs: {
  readonly baseAmount: number;
  readonly entryPrice: number;
  readonly upFactor: number;
}): StraddleHedge {
  requirePositive("baseAmount", inputs.baseAmount);
  requirePositive("entryPrice", inputs.entryPrice);
  requireStrictlyBetween("upFactor", inputs.upFactor, 1, Infinity);
  const root = Math.sqrt(inputs.upFactor);
  const quantity = (inputs.baseAmount * (root - 1)) / (root + 1);
  const straddleQuote = (2 * inputs.entryPrice * (inputs.upFactor - 1)) / (inputs.upFactor + 1);
  return { quantity, premiumQuote: quantity * straddleQuote };
}

/**
 * Fair price [quote, at least 0] of a claim that repays a full-range position's divergence loss at `years`: 2 y0 (1 - e^(-sigma² T/8)).
 *
 * `quoteAmount` is y0, half the position's value at entry. Lognormal price without drift, no interest.
 * Source: E[y0 (√(P_T/P0) - 1)²] with E√(P_T/P0) = e^(-sigma² T/8); y0 sigma² T/4 when that is small.
 * Throws InvalidParameterError on an amount that is not positive, or a negative volatility or time.
 *
 * @example
 * computeFullRangeIlClaimQuote({ quoteAmount: 100, volatility: 0.22314355, years: 1 }); // 1.240960
 */
export function computeFullRangeIlClaimQuote(inputs: {
  readonly quoteAmount: number;
  readonly volatility: number;
  readonly years: number;
}): number {
  requirePositive("quoteAmount", inputs.quoteAmount);
  requireNonNegative("volatility", inputs.volatility);
  requireNonNegative("years", inputs.years);
  return -2 * inputs.quoteAmount * Math.expm1((-(inputs.volatility ** 2) * inputs.years) / 8);
}
