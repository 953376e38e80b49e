import { InvalidParameterError } from "../errors.ts";
import { requireFinite, requirePositive } from "./require.ts";

/*
 * Volatility that pays for trading. Whoever is short gamma (an option seller, a liquidity position) buys high and sells low and must
 * charge for it: a higher volatility. Whoever is long gamma gets back less than the market's volatility: a lower one.
 */

/**
 * Inputs of {@link computeLelandNumber}.
 *
 * - `volatility` annual; `roundTripCost`: k, buying and selling once, as a fraction of the notional (twice the one-way cost).
 * - `intervalYears`: time between rebalancings, however far the price moved.
 */
export interface LelandInputs {
  readonly volatility: number;
  readonly roundTripCost: number;
  readonly intervalYears: number;
}

/**
 * Leland number A = √(2/π) k/(sigma √dt) [1]: expected trading cost over expected gain or loss from gamma.
 *
 * Source: Leland, "Option Pricing and Replication with Transactions Costs" (1985).
 * Throws InvalidParameterError on a cost, volatility or interval that is not positive.
 *
 * @example
 * computeLelandNumber({ volatility: 0.8, roundTripCost: 0.01, intervalYears: 1 / 365 }); // 0.190543
 */
export function computeLelandNumber(inputs: LelandInputs): number {
  requirePositive("volatility", inputs.volatility);
  requirePositive("roundTripCost", inputs.roundTripCost);
  requirePositive("intervalYears", inputs.intervalYears);
  return (Math.sqrt(2 / Math.PI) * inputs.roundTripCost) / (inputs.volatility * Math.sqrt(inputs.intervalYears));
}

/**
 * Leland's annual volatility with trading costs: sigma √(1 + A) for a short gamma, sigma √(1 - A) for a long one.
 *
 * Throws InvalidParameterError on inputs that are not positive, and for a long gamma whose costs eat all it earns (A of 1 or more), where no
 * volatility is left.
 *
 * @example
 * computeLelandVolatility({ volatility: 0.8, roundTripCost: 0.01, intervalYears: 1 / 365 }, "short"); // 0.872897
 */
export function computeLelandVolatility(inputs: LelandInputs, gammaSide: "short" | "long"): number {
  const number = computeLelandNumber(inputs);
  if (gammaSide === "short") return inputs.volatility * Math.sqrt(1 + number);
  if (number >= 1) {
    throw new InvalidParameterError(
      "roundTripCost",
      inputs.roundTripCost,
      `keep the Leland number (${number}) below 1 for a long gamma`,
    );
  }
  return inputs.volatility * Math.sqrt(1 - number);
}

/**
 * Inputs of {@link computeZakamoulineBand}.
 *
 * - `gamma`: signed, of the whole option position [base per (quote per base)]; `price` [quote per base].
 * - `volatility` annual; `years` left; `ratePerYear` continuous.
 * - `proportionalCost`: lambda, one way, as a fraction of the notional; `riskAversion`: absolute [1/quote].
 */
export interface ZakamoulineInputs {
  readonly gamma: number;
  readonly price: number;
  readonly volatility: number;
  readonly years: number;
  readonly ratePerYear: number;
  readonly proportionalCost: number;
  readonly riskAversion: number;
}

/**
 * No-trade band around the Black–Scholes delta taken at `adjustedVolatility`.
 *
 * - `halfWidthBase` = `gammaWidthBase` (H1) + `flatWidthBase` (H0) [base], the latter what remains where gamma vanishes.
 * - `adjustedVolatility`: annual, above the market's for a short gamma and below it for a long one.
 */
export interface ZakamoulineBand {
  readonly halfWidthBase: number;
  readonly gammaWidthBase: number;
  readonly flatWidthBase: number;
  readonly adjustedVolatility: number;
}

/**
 * Utility-based hedging band by Zakamouline's fitted approximation, for proportional costs and exponential utility.
 *
 * H1 = 1.12 λ^0.31 T^0.05 (e^(-rT)/σ)^0.25 (|Γ|/γ)^0.5, H0 = λ/(γ S σ² T), and the volatility of the hedge
 * σ √(1 ± K), K = 4.76 λ^0.78 T^(-0.02) (e^(-rT)/σ)^0.25 (γ S² |Γ|)^0.15, + for a short gamma, - for a long one.
 * The exponents were fitted to numerical solutions for single European options; for a liquidity position, or without an expiry, the band of
 * computeOptimalBand rests on firmer ground.
 * Source: Zakamouline, "European Option Pricing and Hedging with both Fixed and Proportional Transaction Costs" and "Optimal Hedging of
 * Options with Transaction Costs" (2006); Sinclair, "Volatility Trading".
 * Throws InvalidParameterError on inputs out of domain, or a long gamma whose K reaches 1.
 *
 * @example
 * // H1 0.0209437, H0 0.00001
 * computeZakamoulineBand({
 *   gamma: 0.02, price: 5000, volatility: 0.2, years: 0.25, ratePerYear: 0, proportionalCost: 5e-4, riskAversion: 1,
 * });
 */
export function computeZakamoulineBand(inputs: ZakamoulineInputs): ZakamoulineBand {
  requireFinite("gamma", inputs.gamma);
  requirePositive("price", inputs.price);
  requirePositive("volatility", inputs.volatility);
  requirePositive("years", inputs.years);
  requireFinite("ratePerYear", inputs.ratePerYear);
  requirePositive("proportionalCost", inputs.proportionalCost);
  requirePositive("riskAversion", inputs.riskAversion);
  const { price, volatility, years, riskAversion, proportionalCost } = inputs;
  const gamma = Math.abs(inputs.gamma);
  const discounting = (Math.exp(-inputs.ratePerYear * years) / volatility) ** 0.25;
  const gammaWidthBase =
    1.12 * proportionalCost ** 0.31 * years ** 0.05 * discounting * Math.sqrt(gamma / riskAversion);
  const flatWidthBase = proportionalCost / (riskAversion * price * volatility ** 2 * years);
  const correction =
    4.76 * proportionalCost ** 0.78 * years ** -0.02 * discounting * (riskAversion * price ** 2 * gamma) ** 0.15;
  const scale = inputs.gamma < 0 ? 1 + correction : 1 - correction;
  if (!(scale > 0)) {
    throw new InvalidParameterError(
      "proportionalCost",
      proportionalCost,
      `keep the volatility correction (${correction}) below 1 for a long gamma`,
    );
  }
  return {
    halfWidthBase: gammaWidthBase + flatWidthBase,
    gammaWidthBase,
    flatWidthBase,
    adjustedVolatility: volatility * Math.sqrt(scale),
  };
}
