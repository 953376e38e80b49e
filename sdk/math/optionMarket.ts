import { requireBetween, requireFinite, requireNonNegative } from "./require.ts";

/**
 * What a European claim is valued under: a lognormal price.
 *
 * - `price` [quote per base] now, from 1e-100 to 1e100.
 * - `volatility` annual, at least 0; `years` to expiry, at least 0.
 * - `ratePerYear`: continuous rate earned on quote, a fraction; discounts the payoff.
 * - `yieldPerYear`: continuous yield earned on base (staking, dividends). Set it equal to the rate to value an option on a future
 *   (Black 1976), and both to 0 where neither leg earns anything.
 *
 * Volatility·√years is at most 100, rate·years and yield·years at most 200 either way: beyond, factors leave the range of a double.
 */
export interface OptionMarket {
  readonly price: number;
  readonly volatility: number;
  readonly years: number;
  readonly ratePerYear: number;
  readonly yieldPerYear: number;
}

/**
 * Throws InvalidParameterError on a market outside the domain above.
 *
 * @example
 * requireMarket({ price: 0, volatility: 0.7, years: 1, ratePerYear: 0, yieldPerYear: 0 }); // throws: price is 0
 */
export function requireMarket(market: OptionMarket): void {
  requirePriceLevel("price", market.price);
  requireNonNegative("volatility", market.volatility);
  requireNonNegative("years", market.years);
  requireFinite("ratePerYear", market.ratePerYear);
  requireFinite("yieldPerYear", market.yieldPerYear);
  requireBetween("volatility·√years", market.volatility * Math.sqrt(market.years), 0, 100);
  requireBetween("ratePerYear·years", market.ratePerYear * market.years, -200, 200);
  requireBetween("yieldPerYear·years", market.yieldPerYear * market.years, -200, 200);
}

/**
 * Throws InvalidParameterError unless a price or strike lies between 1e-100 and 1e100, where ratios and squares stay within a double.
 *
 * @example
 * requirePriceLevel("strike", 0); // throws: strike is 0
 */
export function requirePriceLevel(parameter: string, price: number): void {
  requireBetween(parameter, price, 1e-100, 1e100);
}

/**
 * Price [quote per base] agreed today for delivery at expiry: P e^((rate - yield) T), also the expected price under the model.
 *
 * Throws InvalidParameterError on an impossible market.
 *
 * @example
 * computeForwardPrice({ price: 2000, volatility: 0.7, years: 1, ratePerYear: 0.05, yieldPerYear: 0.03 }); // 2040.40
 */
export function computeForwardPrice(market: OptionMarket): number {
  requireMarket(market);
  return market.price * Math.exp((market.ratePerYear - market.yieldPerYear) * market.years);
}
