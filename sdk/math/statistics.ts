import { mean, quantileSorted, sampleCovariance } from "simple-statistics";
import { InvalidParameterError } from "../errors.ts";
import { requireBetween, requireLength } from "./require.ts";

/**
 * Arithmetic mean, in the unit of the values, summed with compensation so that no digits are lost in long series.
 *
 * Throws InvalidParameterError on an empty series or one that holds anything not finite.
 *
 * @example
 * computeMean([1, 2, 6]); // 3
 */
export function computeMean(values: ArrayLike<number>): number {
  requireLength("values", values, 1);
  return finite("values", mean(asArray(values)));
}

/**
 * Sample variance (n - 1 in the denominator), in the unit of the values squared.
 *
 * Two passes: deviations from the mean do not cancel, unlike mean(x²) - mean(x)².
 * Throws InvalidParameterError on fewer than 2 values or one that is not finite.
 *
 * @example
 * computeVariance([1, 2, 6]); // 7
 */
export function computeVariance(values: ArrayLike<number>): number {
  return computeCovariance(values, values);
}

/**
 * Sample covariance (n - 1 in the denominator), in the product of the two units.
 *
 * Throws InvalidParameterError on series of different lengths, fewer than 2 pairs or values that are not finite.
 *
 * @example
 * computeCovariance([1, 2, 3], [2, 4, 6]); // 2
 */
export function computeCovariance(first: ArrayLike<number>, second: ArrayLike<number>): number {
  requireLength("values", first, 2);
  if (second.length !== first.length) {
    throw new InvalidParameterError("second.length", second.length, `equal first.length (${first.length})`);
  }
  return finite("values", sampleCovariance(asArray(first), asArray(second)));
}

/**
 * Fraction of the variance a hedge removed: 1 - Var(hedged)/Var(unhedged). 1 is perfect; negative when the hedge added risk.
 *
 * Source: hedging effectiveness, Ederington, "The Hedging Performance of the New Futures Markets" (1979).
 * Throws InvalidParameterError when the unhedged series does not vary, or on a series {@link computeVariance} refuses.
 *
 * @example
 * computeVarianceRemoved([-10, 10], [-1, 1]); // 0.99
 */
export function computeVarianceRemoved(unhedged: ArrayLike<number>, hedged: ArrayLike<number>): number {
  const unhedgedVariance = computeVariance(unhedged);
  if (!(unhedgedVariance > 0)) {
    throw new InvalidParameterError("Var(unhedged)", unhedgedVariance, "be greater than 0: there is no risk to remove");
  }
  return 1 - computeVariance(hedged) / unhedgedVariance;
}

/**
 * Quantile, in the unit of the values: linear interpolation between order statistics (Hyndman and Fan type 7).
 *
 * `probability` runs from 0 (smallest) to 1 (largest). The input is not modified.
 * Throws InvalidParameterError on an empty series, a value that is not finite or a probability outside 0 to 1.
 *
 * @example
 * computeQuantile([4, 1, 3, 2], 0.5); // 2.5
 */
export function computeQuantile(values: ArrayLike<number>, probability: number): number {
  requireLength("values", values, 1);
  requireBetween("probability", probability, 0, 1);
  const sorted = Float64Array.from(values).sort(); // typed arrays sort numerically, NaN last
  finite("values", sorted[0]!);
  finite("values", sorted[sorted.length - 1]!);
  return quantileSorted(asArray(sorted), probability);
}

/** simple-statistics asks for arrays but only reads length and indices, which typed arrays have as well: no copy is needed. */
function asArray(values: ArrayLike<number>): number[] {
  return values as number[];
}

/** A sum is finite only if every term was: one test after the loop in place of one for every value. */
function finite(parameter: string, value: number): number {
  if (!Number.isFinite(value)) throw new InvalidParameterError(parameter, value, "hold finite numbers only");
  return value;
}
