import { InvalidParameterError } from "../errors.ts";
import { computeOptionPayoffQuote, computeOptionValueQuote } from "./blackScholes.ts";
import type { EuropeanOption } from "./blackScholes.ts";
import { computeLpDeltaBase, computeLpGamma, computeLpValueQuote } from "./lp.ts";
import type { LpPosition } from "./lp.ts";
import type { OptionMarket } from "./optionMarket.ts";
import { requireFinite, requireLength, requireNonNegative, requirePositive } from "./require.ts";

/*
 * Static replication of a liquidity position by options on listed strikes. At expiry
 *
 *   V(P_T) = V0 + x0 (P_T - P0) - [ integral of |Gamma(K)| (P_T - K)^+ over K > P0 + integral of |Gamma(K)| (K - P_T)^+ over K < P0 ],
 *
 * with |Gamma(K)| = (L/2) K^(-3/2) inside the range and 0 outside. Source: Carr and Madan, "Towards a Theory of Volatility Trading"
 * (1998). The position is short the options in brackets; to hedge it one *buys* them, so weights are positive.
 *
 * Strikes are listed, not dense. The value curve is replaced by straight lines between its points at the strikes, which options at
 * those strikes make exactly: the weight of a strike is how much the slope falls there.
 */

/** An option to hold long, `weightBase` [base, at least 0] of it. */
export interface StripLeg extends EuropeanOption {
  readonly weightBase: number;
}

/**
 * A position as constant + forward - options: value at expiry = `constantQuote` + `forwardBase`·(P - `entryPrice`) - payoff of `legs`,
 * up to the residual of straight lines.
 *
 * - `legs`: options to buy against the position, by rising strike; puts below the entry price, calls from it on.
 * - `forwardBase` [base]: sell it forward (short it) to be left with the constant. It tends to the position's delta as strikes get dense.
 * - `maxResidualQuote` [quote, at least 0]: the most by which the position's value exceeds the straight lines between the outer strikes.
 */
export interface ReplicatingStrip {
  readonly entryPrice: number;
  readonly constantQuote: number;
  readonly forwardBase: number;
  readonly legs: readonly StripLeg[];
  readonly maxResidualQuote: number;
}

/**
 * Density of options in the continuous strip [base per (quote per base)]: (L/2) K^(-3/2) inside the range, 0 outside.
 *
 * Multiplied by the spacing of strikes it is only approximately a strike's weight; {@link computeReplicatingStrip} is exact.
 * Throws InvalidParameterError on a strike that is not positive or an impossible position.
 *
 * @example
 * computeStripDensity({ liquidity: 933.4553, priceLower: 1500, priceUpper: 2500 }, 2000); // 0.00521817
 */
export function computeStripDensity(position: LpPosition, strike: number): number {
  return Math.abs(computeLpGamma(position, strike));
}

/**
 * The strip on listed `strikes` [quote per base, rising] that replicates a position entered at `entryPrice`.
 *
 * Beyond the outer strikes the line goes on along the tangent of the value, so strikes at both edges of the range or beyond them leave
 * nothing outside; with strikes short of an edge the position's value falls below the line there, without bound above the range.
 * Weights add up to the fall of delta between the outer strikes.
 * Throws InvalidParameterError on fewer than 2 strikes, strikes that are not positive and rising, an entry price outside them, or an
 * impossible position.
 *
 * @example
 * // liquidity 933.4553 from 1500 to 2500; weights 0.928364, 1.604122, 1.310966, 1.097521, 0.491633, at most 55.79 quote left over
 * computeReplicatingStrip(position, 2000, [1500, 1750, 2000, 2250, 2500]);
 */
export function computeReplicatingStrip(
  position: LpPosition,
  entryPrice: number,
  strikes: readonly number[],
): ReplicatingStrip {
  requireLength("strikes", strikes, 2);
  strikes.forEach((strike, i) => {
    const before = i === 0 ? 0 : strikes[i - 1]!;
    if (!(strike > before && strike < Infinity)) {
      throw new InvalidParameterError(`strikes[${i}]`, strike, `be finite and greater than ${before}, the one before`);
    }
  });
  const [first, last] = [strikes[0]!, strikes[strikes.length - 1]!];
  if (!(entryPrice >= first && entryPrice <= last)) {
    throw new InvalidParameterError("entryPrice", entryPrice, `lie between the outer strikes (${first} and ${last})`);
  }

  const values = strikes.map((strike) => computeLpValueQuote(position, strike));
  // slopes[i] leads to strike i: one more than there are strikes
  const slopes = [
    computeLpDeltaBase(position, first),
    ...values.slice(1).map((value, i) => (value - values[i]!) / (strikes[i + 1]! - strikes[i]!)),
    computeLpDeltaBase(position, last),
  ];
  const legs = strikes.map((strike, i) => ({
    kind: strike < entryPrice ? ("put" as const) : ("call" as const),
    strike,
    weightBase: Math.max(0, slopes[i]! - slopes[i + 1]!), // the curve is concave; rounding is not
  }));
  const next = strikes.findIndex((strike) => strike >= entryPrice);
  const forwardBase = slopes[next]!;
  const residuals = values.slice(1).map((_, i) => computeGap(position, strikes[i]!, slopes[i + 1]!));
  return {
    entryPrice,
    constantQuote: values[next]! + forwardBase * (entryPrice - strikes[next]!),
    forwardBase,
    legs,
    maxResidualQuote: Math.max(0, ...residuals),
  };
}

/**
 * What the options of a strip pay at expiry [quote, at least 0] when the price is then `price` [quote per base].
 *
 * Throws InvalidParameterError on a price or strike that is not positive, or a negative weight.
 *
 * @example
 * computeStripPayoffQuote([{ kind: "call", strike: 2000, weightBase: 2 }], 2100); // 200
 */
export function computeStripPayoffQuote(legs: readonly StripLeg[], price: number): number {
  requirePositive("price", price);
  return legs.reduce((sum, leg) => {
    requireNonNegative("weightBase", leg.weightBase);
    return sum + leg.weightBase * computeOptionPayoffQuote(leg, price);
  }, 0);
}

/**
 * What is left at expiry [quote] of position, bought strip and sold forward over the constant, when the price is then `price`.
 *
 * V(P) + payoff - forward·(P - entry) - constant: 0 at every strike, at least 0 between the outer ones.
 * Throws InvalidParameterError on a price that is not positive, or an impossible position or strip.
 *
 * @example
 * computeStripResidualQuote(position, computeReplicatingStrip(position, 2000, strikes), 1620); // near the largest residual
 */
export function computeStripResidualQuote(position: LpPosition, strip: ReplicatingStrip, price: number): number {
  requirePositive("entryPrice", strip.entryPrice);
  requireFinite("constantQuote", strip.constantQuote);
  requireFinite("forwardBase", strip.forwardBase);
  const hedged = computeLpValueQuote(position, price) + computeStripPayoffQuote(strip.legs, price);
  return hedged - strip.forwardBase * (price - strip.entryPrice) - strip.constantQuote;
}

/**
 * What the strip costs under Black–Scholes [quote, at least 0], each strike at its own volatility.
 *
 * `volatilityAtStrike` gives the annual volatility of a strike [quote per base]: a constant for a flat surface, a smile from quotes.
 * Throws InvalidParameterError on an impossible market or option, or a volatility that is negative or NaN.
 *
 * @example
 * computeStripPremiumQuote(strip.legs, { price: 2000, years: 30 / 365, ratePerYear: 0, yieldPerYear: 0 }, () => 0.7);
 */
export function computeStripPremiumQuote(
  legs: readonly StripLeg[],
  market: Omit<OptionMarket, "volatility">,
  volatilityAtStrike: (strike: number) => number,
): number {
  return legs.reduce((sum, leg) => {
    requireNonNegative("weightBase", leg.weightBase);
    const value = computeOptionValueQuote(leg, { ...market, volatility: volatilityAtStrike(leg.strike) });
    return sum + leg.weightBase * value;
  }, 0);
}

/**
 * Largest gap [quote] between the value curve and its chord of slope `slope` from `strike` upwards, where the tangent is parallel.
 *
 * Delta L(1/√P - 1/√pb) falls continuously, so one price inside the range has the slope; a chord outside lies on the curve.
 */
function computeGap(position: LpPosition, strike: number, slope: number): number {
  if (!(position.liquidity > 0)) return 0;
  const tangentPrice = (slope / position.liquidity + 1 / Math.sqrt(position.priceUpper)) ** -2;
  const price = Math.min(Math.max(tangentPrice, position.priceLower, strike), position.priceUpper);
  if (!(price < Infinity)) return 0;
  return computeLpValueQuote(position, price) - computeLpValueQuote(position, strike) - slope * (price - strike);
}
