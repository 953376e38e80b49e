import normalCdf from "@stdlib/stats-base-dists-normal-cdf";

import { InvalidParameterError } from "../../errors.ts";
import { computeLpDeltaBase, computeLpValueQuote } from "../../math/lp.ts";
import type { LpPosition } from "../../math/lp.ts";
import { requireNonNegative, requirePositive } from "../../math/require.ts";

/*
 * European options without interest, Black and Scholes (1973): over a month the rate of a stablecoin moves a premium by
 * less than a tenth of what the spread does.
 */

/**
 * Value of a call [quote per base]. `years` and `volatility` may be 0: then the intrinsic value.
 *
 * Throws InvalidParameterError on a spot or strike that is not positive, or a negative time or volatility.
 *
 * @example
 * callPrice(2000, 2000, 30 / 365, 0.7); // 159.85
 */
export function callPrice(spot: number, strike: number, years: number, volatility: number): number {
  requireOption(spot, strike, years, volatility);
  const deviation = volatility * Math.sqrt(years);
  if (deviation === 0) return Math.max(0, spot - strike);
  const upper = Math.log(spot / strike) / deviation + deviation / 2;
  return spot * normalCdf(upper, 0, 1) - strike * normalCdf(upper - deviation, 0, 1);
}

/**
 * Value of a put [quote per base]; see {@link callPrice}.
 *
 * @example
 * putPrice(2000, 2000, 30 / 365, 0.7); // 159.85
 */
export function putPrice(spot: number, strike: number, years: number, volatility: number): number {
  requireOption(spot, strike, years, volatility);
  const deviation = volatility * Math.sqrt(years);
  if (deviation === 0) return Math.max(0, strike - spot);
  const upper = Math.log(spot / strike) / deviation + deviation / 2;
  return strike * normalCdf(deviation - upper, 0, 1) - spot * normalCdf(-upper, 0, 1);
}

/**
 * Options to buy at each strike [base] so that with them the position pays a straight line: the drop of the slope of the
 * piecewise-linear interpolant of its value. Strikes ascend; outside them the interpolant has the slope of the position.
 *
 * Source: Carr and Madan's replication on listed strikes. Throws InvalidParameterError on fewer than 2 strikes, or strikes that do
 * not ascend.
 *
 * @example
 * kinkWeights({ liquidity: 933.455, priceLower: 1500, priceUpper: 2500 }, [1500, 1750, 2000, 2250, 2500])[0]; // 0.92836
 */
export function kinkWeights(position: LpPosition, strikes: readonly number[]): readonly number[] {
  if (strikes.length < 2) throw new InvalidParameterError("strikes.length", strikes.length, "be at least 2");
  const values = strikes.map((strike) => computeLpValueQuote(position, strike));
  const slopes = [computeLpDeltaBase(position, strikes[0]!)];
  for (let i = 1; i < strikes.length; i++) {
    const width = strikes[i]! - strikes[i - 1]!;
    if (!(width > 0)) throw new InvalidParameterError(`strikes[${i}]`, strikes[i], "be greater than the one before");
    slopes.push((values[i]! - values[i - 1]!) / width);
  }
  slopes.push(computeLpDeltaBase(position, strikes.at(-1)!));
  return strikes.map((_, i) => slopes[i]! - slopes[i + 1]!);
}

function requireOption(spot: number, strike: number, years: number, volatility: number): void {
  requirePositive("spot", spot);
  requirePositive("strike", strike);
  requireNonNegative("years", years);
  requireNonNegative("volatility", volatility);
}
