import { InvalidParameterError } from "../errors.ts";
import { computeOptionValueQuote } from "./blackScholes.ts";
import type { OptionKind } from "./blackScholes.ts";
import { computeTruncatedMoment } from "./lognormal.ts";
import { requirePosition } from "./lp.ts";
import type { LpPosition } from "./lp.ts";
import { requireMarket, requirePriceLevel } from "./optionMarket.ts";
import type { OptionMarket } from "./optionMarket.ts";
import { requirePositive, requireWhole } from "./require.ts";

/*
 * Expected divergence (impermanent) loss of one unit of liquidity. A position loses, against holding what it held at entry,
 *
 *   (L/2) [ integral of K^(-3/2) (P_T - K)^+ over the strikes above the entry price
 *         + integral of K^(-3/2) (K - P_T)^+ over those below it ],
 *
 * so the present value of the loss is a strip of calls on the right and of puts on the left.
 * Source: Deng, Zong and Wang, "Static Replication of Impermanent Loss for Concentrated Liquidity Provision in Decentralised
 * Markets" (2022), corollary 3.3, whose closed form this is, written with the truncated moments of the price. Its Table 1 counts t in
 * years, not in days. All results are losses, never positive.
 */

/** `right`: strikes above the entry price, replicated by calls; `left`: strikes below it, replicated by puts. */
export type IlSide = "left" | "right";

/** The strikes covered [quote per base], 1e-100 <= lower < upper <= 1e100. */
export interface StrikeRange {
  readonly lower: number;
  readonly upper: number;
}

/**
 * Present value of the divergence loss of one unit of liquidity over a range on one side of the entry price, in closed form
 * [quote per sqrt(base · quote), never positive].
 *
 * The payoff is -(P/√l + √l - 2√P) inside the range on the right, its mirror -(P/√u + √u - 2√P) on the left, linear beyond.
 * Multiply by L. Throws InvalidParameterError on an empty range or an impossible market.
 *
 * @example
 * // -0.00405696
 * computeUnitIl("right", { lower: 11, upper: 12 }, { price: 10, volatility: 0.7, years: 30 / 365, ratePerYear: 0, yieldPerYear: 0 });
 */
export function computeUnitIl(side: IlSide, range: StrikeRange, market: OptionMarket): number {
  requireRange(range);
  requireMarket(market);
  const { lower, upper } = range;
  const near = Math.sqrt(side === "right" ? lower : upper);
  const moment = (power: number, from: number, to: number): number => computeTruncatedMoment(market, power, from, to);
  const inside = moment(1, lower, upper) / near + near * moment(0, lower, upper) - 2 * moment(0.5, lower, upper);
  const perPrice = 1 / Math.sqrt(lower) - 1 / Math.sqrt(upper);
  const perUnit = Math.sqrt(upper) - Math.sqrt(lower);
  const beyond =
    side === "right"
      ? perPrice * moment(1, upper, Infinity) - perUnit * moment(0, upper, Infinity)
      : perUnit * moment(0, 0, lower) - perPrice * moment(1, 0, lower);
  return -Math.exp(-market.ratePerYear * market.years) * Math.max(0, inside + beyond);
}

/**
 * The same loss as a finite strip of `strikes` evenly spaced options from edge to edge, by the trapezoid rule
 * [quote per sqrt(base · quote), never positive].
 *
 * Shows what discrete strikes cost: the rule overstates a convex integrand. Throws InvalidParameterError on an empty range, fewer than 2
 * strikes or a number that is not whole, or an impossible market.
 *
 * @example
 * // -0.00410837 with 3 strikes, -0.00405902 with 11
 * computeUnitIlTrapezoid("right", { lower: 11, upper: 12 }, 3, { price: 10, volatility: 0.7, years: 30 / 365, ratePerYear: 0, yieldPerYear: 0 });
 */
export function computeUnitIlTrapezoid(
  side: IlSide,
  range: StrikeRange,
  strikes: number,
  market: OptionMarket,
): number {
  requireRange(range);
  requireWhole("strikes", strikes, 2);
  const kind: OptionKind = side === "right" ? "call" : "put";
  const spacing = (range.upper - range.lower) / (strikes - 1);
  let sum = 0;
  for (let i = 0; i < strikes; i++) {
    const strike = range.lower + i * spacing;
    const weight = i === 0 || i === strikes - 1 ? 0.5 : 1;
    sum += (weight * computeOptionValueQuote({ kind, strike }, market)) / (strike * Math.sqrt(strike));
  }
  return -0.5 * spacing * sum;
}

/**
 * Present value of the divergence loss of a position entered at `entryPrice` [quote per base], held to expiry [quote, never positive].
 *
 * L times both sides of {@link computeUnitIl}; what full static replication costs under the model. A full-range position is covered by
 * computeFullRangeIlClaimQuote. Throws InvalidParameterError on an impossible position or market, or a range that is not finite.
 *
 * @example
 * // a position of liquidity 933.4553 from 1500 to 2500, entered at 2000, 70 % volatility, 30 days
 * computeExpectedIlQuote(position, 2000, { price: 2000, volatility: 0.7, years: 30 / 365, ratePerYear: 0, yieldPerYear: 0 }); // -383.4
 */
export function computeExpectedIlQuote(position: LpPosition, entryPrice: number, market: OptionMarket): number {
  requirePosition(position);
  requirePositive("priceLower", position.priceLower);
  requirePositive("priceUpper", position.priceUpper);
  requirePositive("entryPrice", entryPrice);
  requireMarket(market);
  const entry = Math.min(Math.max(entryPrice, position.priceLower), position.priceUpper);
  const left =
    entry > position.priceLower ? computeUnitIl("left", { lower: position.priceLower, upper: entry }, market) : 0;
  const right =
    entry < position.priceUpper ? computeUnitIl("right", { lower: entry, upper: position.priceUpper }, market) : 0;
  return position.liquidity * (left + right);
}

function requireRange(range: StrikeRange): void {
  requirePriceLevel("lower", range.lower);
  requirePriceLevel("upper", range.upper);
  if (!(range.upper > range.lower)) {
    throw new InvalidParameterError("upper", range.upper, `be greater than lower (${range.lower})`);
  }
}
