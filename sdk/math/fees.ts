import { InvalidParameterError } from "../errors.ts";
import { requireBetween, requireNonNegative, requirePositive } from "./require.ts";

/**
 * Inputs of {@link computeFeeApr}.
 *
 * - `feeFraction`: pool fee, 0.0005 for 5 bp.
 * - `volumeQuotePerYear`: volume traded while the price is inside the range [quote per year].
 * - `liquidity`: the position's own [sqrt(base · quote)]; `activeLiquidity`: everybody's, the position included.
 * - `valueQuote`: what the position is worth [quote].
 */
export interface FeeIncomeInputs {
  readonly feeFraction: number;
  readonly volumeQuotePerYear: number;
  readonly liquidity: number;
  readonly activeLiquidity: number;
  readonly valueQuote: number;
}

/**
 * Fee income as a fraction of the position's value a year (0.3 = 30 %), for the time spent in range.
 *
 * fee · volume · (L/L_active)/V. The protocol's cut, where one is set, belongs in `feeFraction`.
 * Throws InvalidParameterError on values out of domain, or own liquidity above the active liquidity.
 *
 * @example
 * computeFeeApr({ feeFraction: 0.0005, volumeQuotePerYear: 1e9, liquidity: 10, activeLiquidity: 100, valueQuote: 100_000 }); // 0.5
 */
export function computeFeeApr(inputs: FeeIncomeInputs): number {
  requireBetween("feeFraction", inputs.feeFraction, 0, 1);
  requireNonNegative("volumeQuotePerYear", inputs.volumeQuotePerYear);
  requireNonNegative("liquidity", inputs.liquidity);
  requirePositive("activeLiquidity", inputs.activeLiquidity);
  requirePositive("valueQuote", inputs.valueQuote);
  if (inputs.liquidity > inputs.activeLiquidity) {
    throw new InvalidParameterError(
      "liquidity",
      inputs.liquidity,
      `not exceed activeLiquidity (${inputs.activeLiquidity})`,
    );
  }
  const share = inputs.liquidity / inputs.activeLiquidity;
  return (inputs.feeFraction * inputs.volumeQuotePerYear * share) / inputs.valueQuote;
}
