import { InvalidParameterError } from "../errors.ts";
import { computeOptionValueQuote } from "./blackScholes.ts";
import type { EuropeanOption } from "./blackScholes.ts";
import { computeForwardPrice } from "./optionMarket.ts";
import type { OptionMarket } from "./optionMarket.ts";
import { requirePositive } from "./require.ts";
import { findRoot } from "./roots.ts";

/** Annual volatility beyond which a quoted option is taken for a mistake: 3000 %. */
const LARGEST_VOLATILITY = 30;

/**
 * Annual volatility at which Black–Scholes gives an option the value `valueQuote` [quote], to within 1e-12.
 *
 * Only values strictly between the discounted payoff at the forward price and the most an option can cost (a call: the discounted
 * forward; a put: the discounted strike) have one. An option so far in the money that its time value is lost in rounding has none
 * that can be read: use the option of the other kind at the same strike.
 * Throws InvalidParameterError on a value outside those bounds, or one that needs a volatility above 30 (3000 %), and on an
 * impossible option or market without time.
 *
 * @example
 * computeImpliedVolatility({ kind: "call", strike: 20 }, 1.875, { price: 21, years: 0.25, ratePerYear: 0.1, yieldPerYear: 0 }); // 0.235
 */
export function computeImpliedVolatility(
  option: EuropeanOption,
  valueQuote: number,
  market: Omit<OptionMarket, "volatility">,
): number {
  requirePositive("valueQuote", valueQuote);
  requirePositive("years", market.years);
  const valueAt = (volatility: number): number => computeOptionValueQuote(option, { ...market, volatility });
  const least = valueAt(0);
  const forward = computeForwardPrice({ ...market, volatility: 0 });
  const most = Math.exp(-market.ratePerYear * market.years) * (option.kind === "call" ? forward : option.strike);
  if (!(valueQuote > least && valueQuote < most)) {
    throw new InvalidParameterError("valueQuote", valueQuote, `lie strictly between ${least} and ${most}`);
  }
  const highest = valueAt(LARGEST_VOLATILITY);
  if (valueQuote > highest) {
    throw new InvalidParameterError("valueQuote", valueQuote, `not exceed ${highest}, the value at 3000 % volatility`);
  }
  return findRoot((volatility) => valueAt(volatility) - valueQuote, 0, LARGEST_VOLATILITY, 1e-12);
}
