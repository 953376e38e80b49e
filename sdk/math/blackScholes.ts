import { computeNormalCdf, computeNormalPdf } from "./normal.ts";
import { computeForwardPrice, requireMarket, requirePriceLevel } from "./optionMarket.ts";
import type { OptionMarket } from "./optionMarket.ts";
import { requirePositive } from "./require.ts";

/*
 * European options on one unit of base, in quote.
 * Source: Black and Scholes (1973), Merton (1973); Hull, "Options, Futures, and Other Derivatives", chapters 15, 17 and 19.
 */

/** A call pays max(P - strike, 0) at expiry, a put max(strike - P, 0). */
export type OptionKind = "call" | "put";

/** An option on one unit of base; `strike` [quote per base], from 1e-100 to 1e100. */
export interface EuropeanOption {
  readonly kind: OptionKind;
  readonly strike: number;
}

/**
 * Sensitivities of one option held long.
 *
 * - `delta` [base]; `gamma` [base per (quote per base)].
 * - `vega` [quote per 1.00 of volatility]: divide by 100 for one point.
 * - `theta` [quote per year], normally negative: divide by 365 for one day.
 * - `rho` [quote per 1.00 of the quote rate].
 */
export interface OptionGreeks {
  readonly delta: number;
  readonly gamma: number;
  readonly vega: number;
  readonly theta: number;
  readonly rho: number;
}

/**
 * What the option pays at expiry [quote, at least 0] when the price is then `price` [quote per base].
 *
 * Throws InvalidParameterError on a strike or price that is not positive.
 *
 * @example
 * computeOptionPayoffQuote({ kind: "put", strike: 2000 }, 1700); // 300
 */
export function computeOptionPayoffQuote(option: EuropeanOption, price: number): number {
  requirePriceLevel("strike", option.strike);
  requirePositive("price", price);
  return Math.max(0, directionOf(option.kind) * (price - option.strike));
}

/**
 * Black–Scholes value of one option [quote, at least 0]: e^(-rT) ±(F N(±d1) - K N(±d2)), + for a call, F the forward price.
 *
 * Without time or volatility left it is the discounted payoff at the forward price.
 * Throws InvalidParameterError on a strike that is not positive or an impossible market.
 *
 * @example
 * // Hull's example: 4.76
 * computeOptionValueQuote({ kind: "call", strike: 40 }, { price: 42, volatility: 0.2, years: 0.5, ratePerYear: 0.1, yieldPerYear: 0 });
 */
export function computeOptionValueQuote(option: EuropeanOption, market: OptionMarket): number {
  requirePriceLevel("strike", option.strike);
  requireMarket(market);
  const forward = computeForwardPrice(market);
  const discount = Math.exp(-market.ratePerYear * market.years);
  const sign = directionOf(option.kind);
  const deviation = market.volatility * Math.sqrt(market.years);
  if (deviation === 0) return discount * Math.max(0, sign * (forward - option.strike));
  const d1 = Math.log(forward / option.strike) / deviation + deviation / 2;
  const undiscounted =
    sign * (forward * computeNormalCdf(sign * d1) - option.strike * computeNormalCdf(sign * (d1 - deviation)));
  return discount * Math.max(0, undiscounted); // rounding may leave a worthless option below 0
}

/**
 * Greeks of one option held long, see {@link OptionGreeks} for units; a short position's are these with the sign changed.
 *
 * Throws InvalidParameterError on an impossible market, and without volatility or time left: the derivatives then do not exist at
 * the strike.
 *
 * @example
 * // Hull's example: delta 0.522, gamma 0.066, vega 12.1, theta -4.31, rho 8.91
 * computeOptionGreeks({ kind: "call", strike: 50 }, { price: 49, volatility: 0.2, years: 20 / 52, ratePerYear: 0.05, yieldPerYear: 0 });
 */
export function computeOptionGreeks(option: EuropeanOption, market: OptionMarket): OptionGreeks {
  requirePriceLevel("strike", option.strike);
  requireMarket(market);
  requirePositive("volatility", market.volatility);
  requirePositive("years", market.years);
  const { price, volatility, years, ratePerYear, yieldPerYear } = market;
  const sign = directionOf(option.kind);
  const deviation = volatility * Math.sqrt(years);
  requirePositive("volatility·√years", deviation); // the product of two small numbers may be 0
  const d1 = Math.log(computeForwardPrice(market) / option.strike) / deviation + deviation / 2;
  const carried = Math.exp(-yieldPerYear * years);
  const strikeToday = option.strike * Math.exp(-ratePerYear * years);
  const density = carried * computeNormalPdf(d1);
  const delta = sign * carried * computeNormalCdf(sign * d1);
  const exercised = sign * strikeToday * computeNormalCdf(sign * (d1 - deviation));
  return {
    delta,
    gamma: density / (price * deviation),
    vega: price * density * Math.sqrt(years),
    theta:
      (-price * density * volatility) / (2 * Math.sqrt(years)) - ratePerYear * exercised + yieldPerYear * price * delta,
    rho: exercised * years,
  };
}

/** +1 for a call, -1 for a put. */
function directionOf(kind: OptionKind): 1 | -1 {
  return kind === "call" ? 1 : -1;
}
