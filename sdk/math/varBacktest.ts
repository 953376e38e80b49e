import chiSquareCdf from "@stdlib/stats-base-dists-chisquare-cdf";
import { requireFinite, requireLength, requireStrictlyBetween, requireWhole } from "./require.ts";
import { computeTailRisk } from "./valueAtRisk.ts";

/*
 * Does value at risk hold in the backtest? A violation is a case whose loss exceeded it; at 95 % one in twenty is expected, scattered at random.
 * Each test gives a likelihood ratio, 0 when the sample fits perfectly, and its p value: reject the risk model when that is below, say, 5 %.
 */

/** Likelihood ratio (at least 0), its chi-square degrees of freedom, and the chance of a larger one if the risk model is right. */
export interface LikelihoodRatioTest {
  readonly statistic: number;
  readonly degreesOfFreedom: 1 | 2;
  readonly pValue: number;
}

/** Christoffersen's three tests of the same violations. */
export interface CoverageTests {
  readonly unconditional: LikelihoodRatioTest;
  readonly independence: LikelihoodRatioTest;
  readonly conditional: LikelihoodRatioTest;
}

/**
 * Kupiec's proportion-of-failures test: do `violations` out of `observations` agree with the rate `expectedRate` (0.05 for 95 % value at risk)?
 *
 * LR = 2 [ln L(x/n) - ln L(p)], L(q) = q^x (1 - q)^(n - x), 1 degree of freedom.
 * Source: Kupiec, "Techniques for Verifying the Accuracy of Risk Measurement Models" (1995).
 * Throws InvalidParameterError on counts that are not whole, more violations than observations, none of the latter, or a rate not strictly
 * between 0 and 1.
 *
 * @example
 * computeKupiecTest({ violations: 20, observations: 255, expectedRate: 0.05 }); // statistic 3.73, p 0.054: not rejected at 5 %
 */
export function computeKupiecTest(inputs: {
  readonly violations: number;
  readonly observations: number;
  readonly expectedRate: number;
}): LikelihoodRatioTest {
  const { violations, observations, expectedRate } = inputs;
  requireStrictlyBetween("expectedRate", expectedRate, 0, 1);
  requireWhole("observations", observations, 1);
  requireWhole("violations", violations, 0, observations);
  const misses = observations - violations;
  const fitted = logLikelihood(violations, misses, violations / observations);
  return toTest(2 * (fitted - logLikelihood(violations, misses, expectedRate)), 1);
}

/**
 * Christoffersen's tests of a series of violations, oldest first: right rate, independence of the day before, and both together.
 *
 * Independence compares one rate for all days with one after a violation and one after none, first-order Markov, over the n - 1 transitions;
 * conditional coverage adds the statistics of the other two, 2 degrees of freedom. The paper conditions on the first day throughout; here the
 * test of the rate counts all n days, so that it is Kupiec's. Where no violation ever follows another
 * the terms 0·ln 0 count as 0.
 * Source: Christoffersen, "Evaluating Interval Forecasts" (1998).
 * Throws InvalidParameterError on fewer than 2 days or a rate not strictly between 0 and 1.
 *
 * @example
 * computeChristoffersenTests([false, true, true, false, false, false], 0.05).independence.pValue;
 */
export function computeChristoffersenTests(violated: readonly boolean[], expectedRate: number): CoverageTests {
  requireLength("violated", violated, 2);
  requireStrictlyBetween("expectedRate", expectedRate, 0, 1);
  const unconditional = computeKupiecTest({
    violations: violated.filter(Boolean).length,
    observations: violated.length,
    expectedRate,
  });
  const count = (before: boolean, after: boolean): number =>
    violated.filter((now, i) => i > 0 && violated[i - 1] === before && now === after).length;
  const [calmCalm, calmHit, hitCalm, hitHit] = [
    count(false, false),
    count(false, true),
    count(true, false),
    count(true, true),
  ];
  const pooled = (calmHit + hitHit) / (violated.length - 1);
  const separate =
    logLikelihood(calmHit, calmCalm, calmHit / (calmCalm + calmHit)) +
    logLikelihood(hitHit, hitCalm, hitHit / (hitCalm + hitHit));
  const independence = toTest(2 * (separate - logLikelihood(calmHit + hitHit, calmCalm + hitCalm, pooled)), 1);
  return { unconditional, independence, conditional: toTest(unconditional.statistic + independence.statistic, 2) };
}

/**
 * Violations of historical value at risk in a backtest without hindsight: each day's loss against the value at risk of the `windowLength` days
 * before it.
 *
 * `profits` oldest first, + for a profit, in any unit; the result has one entry for every day after the first window, true where the loss
 * exceeded. With fewer than about 1/(1 - confidence) days a window hardly reaches into the tail it estimates.
 * Throws InvalidParameterError on a window that is not whole and at least 2, no day after it, profits that are not finite or a confidence not
 * strictly between 0 and 1.
 *
 * @example
 * computeChristoffersenTests(computeRollingViolations(dailyProfits, 250, 0.95), 0.05);
 */
export function computeRollingViolations(
  profits: ArrayLike<number>,
  windowLength: number,
  confidence: number,
): readonly boolean[] {
  requireWhole("windowLength", windowLength, 2);
  requireLength("profits", profits, windowLength + 1);
  const series = Float64Array.from(profits);
  for (const profit of series) requireFinite("profits", profit);
  return Array.from({ length: series.length - windowLength }, (_, day) => {
    const { valueAtRisk } = computeTailRisk(series.subarray(day, day + windowLength), confidence);
    return -series[day + windowLength]! > valueAtRisk;
  });
}

/** ln(rate^hits (1 - rate)^misses), with 0·ln 0 = 0; a rate of 0/0 only ever meets two counts of 0. */
function logLikelihood(hits: number, misses: number, rate: number): number {
  return (hits === 0 ? 0 : hits * Math.log(rate)) + (misses === 0 ? 0 : misses * Math.log1p(-rate));
}

function toTest(ratio: number, degreesOfFreedom: 1 | 2): LikelihoodRatioTest {
  const statistic = Math.max(0, ratio); // rounding may leave a perfect fit below 0
  return { statistic, degreesOfFreedom, pValue: 1 - chiSquareCdf(statistic, degreesOfFreedom) };
}
