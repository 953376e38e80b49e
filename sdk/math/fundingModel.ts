import { linearRegression } from "simple-statistics";
import { InvalidParameterError } from "../errors.ts";
import { computeFundingCostQuote } from "./funding.ts";
import { computeNormalQuantile } from "./normal.ts";
import {
  requireBetween,
  requireFinite,
  requireLength,
  requireNonNegative,
  requirePositive,
  requireStrictlyBetween,
  requireWhole,
} from "./require.ts";
import { computeVariance } from "./statistics.ts";

/*
 * Funding rates, on the venue's own interval (one hour, eight hours): fractions of the notional per interval, signed as perpetual venues quote
 * them. A positive rate is paid by longs to shorts, so a short receives it.
 */

/**
 * Mean-reverting rate f' = mean + phi (f - mean) + noise, per interval.
 *
 * - `meanRate`, `noiseDeviation`: fractions per interval, the latter at least 0.
 * - `persistence`: phi, strictly between -1 and 1. Half of a deviation is gone after ln 0.5/ln |phi| intervals.
 */
export interface FundingModel {
  readonly meanRate: number;
  readonly persistence: number;
  readonly noiseDeviation: number;
}

/** Law of the mean rate over a horizon, normal under the model: both fractions per interval. */
export interface MeanRateForecast {
  readonly expectedRate: number;
  readonly deviation: number;
}

/**
 * The model fitted to `rates`, oldest first, by least squares of each rate on the one before.
 *
 * The noise is estimated with the two fitted numbers taken off its degrees of freedom. Short series pull phi towards 0 by about (1 + 3 phi)/n.
 * Source: Box and Jenkins, "Time Series Analysis", chapter 7 (conditional least squares).
 * Throws InvalidParameterError on fewer than 4 rates, one that is not finite, rates that do not vary, or a fit that does not revert
 * (|phi| of 1 or more): no forecast of a mean exists then.
 *
 * @example
 * computeFundingModel([1e-5, 3e-5, 2e-5, 2.5e-5, 1e-5]);
 */
export function computeFundingModel(rates: readonly number[]): FundingModel {
  requireLength("rates", rates, 4);
  for (const rate of rates) requireFinite("rates", rate);
  const before = rates.slice(0, -1);
  if (!(computeVariance(before) > 0)) {
    throw new InvalidParameterError("Var(rates)", 0, "be greater than 0: a rate that never moved has no persistence");
  }
  const pairs = before.map((rate, i) => [rate, rates[i + 1]!]);
  const { m: persistence, b: intercept } = linearRegression(pairs);
  requireStrictlyBetween("persistence", persistence, -1, 1);
  const squares = pairs.reduce((sum, [from, to]) => sum + (to! - intercept - persistence * from!) ** 2, 0);
  return {
    meanRate: intercept / (1 - persistence),
    persistence,
    noiseDeviation: Math.sqrt(squares / (pairs.length - 2)),
  };
}

/**
 * Exponentially weighted mean of `rates` [fraction per interval], oldest first: level <- decay · level + (1 - decay) · rate.
 *
 * Seeded with the first rate. A forecast for any horizon that assumes the level to stay. Source: simple exponential smoothing, Brown (1956).
 * Throws InvalidParameterError on no rates, one that is not finite or a decay outside 0 to 1.
 *
 * @example
 * computeEwmaRate([1e-5, 3e-5], 0.9); // 1.2e-5
 */
export function computeEwmaRate(rates: readonly number[], decay: number): number {
  requireLength("rates", rates, 1);
  requireBetween("decay", decay, 0, 1);
  for (const rate of rates) requireFinite("rates", rate);
  return rates.reduce((level, rate) => decay * level + (1 - decay) * rate);
}

/**
 * Law of the mean of the next `intervals` rates when the last one seen is `lastRate` [fraction per interval].
 *
 * Expected: mean + (last - mean) phi (1 - phi^n)/(n (1 - phi)). Variance: noise² · sum over k = 1..n of ((1 - phi^k)/(n (1 - phi)))².
 * Errors of the fit itself come on top. Throws InvalidParameterError on an impossible model, a rate that is not finite, or a number of
 * intervals that is not whole and at least 1.
 *
 * @example
 * computeMeanRateForecast({ meanRate: 1e-5, persistence: 0.5, noiseDeviation: 1e-5 }, 5e-5, 1); // { expectedRate: 3e-5, deviation: 1e-5 }
 */
export function computeMeanRateForecast(model: FundingModel, lastRate: number, intervals: number): MeanRateForecast {
  requireModel(model);
  requireFinite("lastRate", lastRate);
  requireWhole("intervals", intervals, 1);
  const phi = model.persistence;
  const n = intervals;
  const decayed = phi ** n;
  const expectedRate = model.meanRate + ((lastRate - model.meanRate) * phi * (1 - decayed)) / (n * (1 - phi));
  const weights = n - (2 * phi * (1 - decayed)) / (1 - phi) + (phi ** 2 * (1 - decayed ** 2)) / (1 - phi ** 2);
  const deviation = (model.noiseDeviation * Math.sqrt(Math.max(0, weights))) / (n * (1 - phi));
  return { expectedRate, deviation };
}

/**
 * Inputs of {@link computeFundingCostForecast}.
 *
 * - `lastRate` [fraction per interval] as the venue quotes it; `intervals`: length of the horizon, whole.
 * - `intervalsPerYear`: 8760 for hourly funding, 1095 for every eight hours.
 * - `hedgeDeltaBase`: H [base], negative for a short; `price` [quote per base].
 * - `probabilities`: strictly between 0 and 1, of the quantiles wanted.
 */
export interface FundingCostInputs {
  readonly model: FundingModel;
  readonly lastRate: number;
  readonly intervals: number;
  readonly intervalsPerYear: number;
  readonly hedgeDeltaBase: number;
  readonly price: number;
  readonly probabilities: readonly number[];
}

/**
 * Funding over the horizon, costs [quote], + paid and - received by the hedge.
 *
 * `quantilesQuote` in the order of the probabilities asked for: the 0.95 one is a cost exceeded with probability 5 %.
 * `expectedRatePerYear`: cost rate of the hedge as a fraction of its notional, signed the same way, as computeFundingCostQuote takes it.
 */
export interface FundingCostForecast {
  readonly expectedRatePerYear: number;
  readonly expectedQuote: number;
  readonly deviationQuote: number;
  readonly quantilesQuote: readonly number[];
}

/**
 * Cost of carrying a hedge over the horizon with its uncertainty: E[f] |H| P dt, normal quantiles around it.
 *
 * The notional is held constant. Throws InvalidParameterError on inputs out of domain.
 *
 * @example
 * // a short of 25 base receives 1e-5 an hour for 720 hours: -360 quote expected
 * computeFundingCostForecast({
 *   model: { meanRate: 1e-5, persistence: 0.9, noiseDeviation: 1e-5 }, lastRate: 1e-5, intervals: 720, intervalsPerYear: 8760,
 *   hedgeDeltaBase: -25, price: 2000, probabilities: [0.05, 0.95],
 * });
 */
export function computeFundingCostForecast(inputs: FundingCostInputs): FundingCostForecast {
  requirePositive("intervalsPerYear", inputs.intervalsPerYear);
  const forecast = computeMeanRateForecast(inputs.model, inputs.lastRate, inputs.intervals);
  const years = inputs.intervals / inputs.intervalsPerYear;
  const toQuote = (ratePerInterval: number): number =>
    computeFundingCostQuote({
      ratePerYear: ratePerInterval * inputs.intervalsPerYear,
      hedgeDeltaBase: inputs.hedgeDeltaBase,
      price: inputs.price,
      years,
    });
  const costRate = computeCostRate(forecast.expectedRate, inputs.hedgeDeltaBase);
  const expectedQuote = toQuote(costRate);
  const deviationQuote = toQuote(forecast.deviation);
  return {
    expectedRatePerYear: costRate * inputs.intervalsPerYear,
    expectedQuote,
    deviationQuote,
    quantilesQuote: inputs.probabilities.map(
      (probability) => expectedQuote + computeNormalQuantile(probability) * deviationQuote,
    ),
  };
}

/**
 * The venue's rate seen from a hedge: + when the hedge pays it, so the sign turns for a short. 0 without a hedge.
 *
 * Throws InvalidParameterError on a rate or delta that is not finite.
 *
 * @example
 * computeCostRate(1e-5, -25); // -1e-5: a short is paid
 */
export function computeCostRate(venueRate: number, hedgeDeltaBase: number): number {
  requireFinite("venueRate", venueRate);
  requireFinite("hedgeDeltaBase", hedgeDeltaBase);
  if (hedgeDeltaBase === 0) return 0;
  return hedgeDeltaBase > 0 ? venueRate : -venueRate;
}

function requireModel(model: FundingModel): void {
  requireFinite("meanRate", model.meanRate);
  requireStrictlyBetween("persistence", model.persistence, -1, 1);
  requireNonNegative("noiseDeviation", model.noiseDeviation);
}
