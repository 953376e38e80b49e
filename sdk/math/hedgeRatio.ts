import { requireBetween, requireFinite, requireNonNegative, requirePositive } from "./require.ts";

/**
 * Short notional [quote] that minimises variance: Cov(LP, f)/Var(f).
 *
 * `covarianceQuote`: covariance of the position's profit [quote] with the instrument's return; `instrumentVariance`: variance of
 * that return, over the same period. Positive when the position gains with the instrument, so that a short offsets it.
 * Source: Johnson (1960), Ederington (1979). Throws InvalidParameterError on a variance that is not positive.
 *
 * @example
 * computeMinimumVarianceNotionalQuote(29_100, 0.64); // 45,468.75
 */
export function computeMinimumVarianceNotionalQuote(covarianceQuote: number, instrumentVariance: number): number {
  requireFinite("covarianceQuote", covarianceQuote);
  requirePositive("instrumentVariance", instrumentVariance);
  const notionalQuote = covarianceQuote / instrumentVariance;
  requireFinite("covarianceQuote/instrumentVariance", notionalQuote);
  return notionalQuote;
}

/**
 * Covariance [quote] of a position's yearly profit with an instrument's return: exposure · rho · sigma_lp · sigma_f.
 *
 * `exposureQuote`: D, exposure in quote; volatilities annual. Throws InvalidParameterError on a correlation outside -1 to 1 or
 * negative volatilities.
 *
 * @example
 * computeCovarianceQuote({ exposureQuote: 50_000, correlation: 0.97, exposureVolatility: 0.75, instrumentVolatility: 0.8 }); // 29,100
 */
export function computeCovarianceQuote(inputs: {
  readonly exposureQuote: number;
  readonly correlation: number;
  readonly exposureVolatility: number;
  readonly instrumentVolatility: number;
}): number {
  requireFinite("exposureQuote", inputs.exposureQuote);
  requireBetween("correlation", inputs.correlation, -1, 1);
  requireNonNegative("exposureVolatility", inputs.exposureVolatility);
  requireNonNegative("instrumentVolatility", inputs.instrumentVolatility);
  return inputs.exposureQuote * inputs.correlation * inputs.exposureVolatility * inputs.instrumentVolatility;
}

/**
 * Inputs of {@link computeHedgeNotional}.
 *
 * - `covarianceQuote` [quote a year] and `instrumentVariance` [1 a year], both annual so that they meet the carry.
 * - `carryPerYear`: expected cost of a short, as a fraction of its notional a year, + paid.
 * - `riskAversion`: absolute, gamma_A [1/quote].
 * - `capQuote`: largest notional the margin allows [quote]; Infinity when nothing limits it.
 */
export interface HedgeNotionalInputs {
  readonly covarianceQuote: number;
  readonly instrumentVariance: number;
  readonly carryPerYear: number;
  readonly riskAversion: number;
  readonly capQuote: number;
}

/**
 * Short notional in [quote]: `minimumVarianceQuote` before carry, `optimalQuote` after it, and `notionalQuote` to hold,
 * limited to 0 below (a costly hedge is reduced, never turned into a bet) and the cap above.
 */
export interface HedgeNotional {
  readonly minimumVarianceQuote: number;
  readonly optimalQuote: number;
  readonly notionalQuote: number;
}

/**
 * The short that balances variance against carry: D* = Cov(LP, f)/Var(f) - carry/(gamma_A Var f), limited by the margin cap.
 *
 * Source: first-order condition of E[profit] - gamma_A/2 · Var[profit]; Anderson and Danthine, "Cross Hedging" (1981).
 * The margin cap comes from computeShortNotionalCapQuote. Divide by the exposure [quote] to get a hedge ratio.
 * Throws InvalidParameterError on a variance or risk aversion that is not positive, a negative cap or values that are not finite.
 *
 * @example
 * computeHedgeNotional({
 *   covarianceQuote: 29_100, instrumentVariance: 0.64, carryPerYear: 0.05, riskAversion: 1e-5, capQuote: 40_000,
 * }); // { minimumVarianceQuote: 45_468.75, optimalQuote: 37_656.25, notionalQuote: 37_656.25 }
 */
export function computeHedgeNotional(inputs: HedgeNotionalInputs): HedgeNotional {
  requireFinite("carryPerYear", inputs.carryPerYear);
  requirePositive("riskAversion", inputs.riskAversion);
  requireBetween("capQuote", inputs.capQuote, 0, Infinity);
  const minimumVarianceQuote = computeMinimumVarianceNotionalQuote(inputs.covarianceQuote, inputs.instrumentVariance);
  const optimalQuote = minimumVarianceQuote - inputs.carryPerYear / (inputs.riskAversion * inputs.instrumentVariance);
  return {
    minimumVarianceQuote,
    optimalQuote,
    notionalQuote: Math.max(0, Math.min(optimalQuote, inputs.capQuote)),
  };
}
