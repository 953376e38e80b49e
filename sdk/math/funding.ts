import { requireFinite, requireNonNegative, requirePositive } from "./require.ts";

/**
 * Cost [quote] of carrying a hedge for `years`: annual rate · |H| · P · dt, positive when paid, negative when received.
 *
 * `ratePerYear` is the expected funding or borrow rate, as a fraction, signed the same way. For a borrowed short net the supply
 * rate earned on the collateral separately: it accrues on another amount.
 * Throws InvalidParameterError on a rate or delta that is not finite, a price that is not positive or a negative time.
 *
 * @example
 * computeFundingCostQuote({ ratePerYear: 0.03, hedgeDeltaBase: -25, price: 2000, years: 1 }); // 1500
 */
export function computeFundingCostQuote(inputs: {
  readonly ratePerYear: number;
  readonly hedgeDeltaBase: number;
  readonly price: number;
  readonly years: number;
}): number {
  requireFinite("ratePerYear", inputs.ratePerYear);
  requireFinite("hedgeDeltaBase", inputs.hedgeDeltaBase);
  requirePositive("price", inputs.price);
  requireNonNegative("years", inputs.years);
  return inputs.ratePerYear * Math.abs(inputs.hedgeDeltaBase) * inputs.price * inputs.years;
}
