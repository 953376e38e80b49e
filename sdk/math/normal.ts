import cdf from "@stdlib/stats-base-dists-normal-cdf";
import logCdf from "@stdlib/stats-base-dists-normal-logcdf";
import pdf from "@stdlib/stats-base-dists-normal-pdf";
import quantile from "@stdlib/stats-base-dists-normal-quantile";
import { requireStrictlyBetween } from "./require.ts";

/*
 * The standard normal distribution, by the stdlib library: full double precision in both tails, which one-in-a-thousand
 * probabilities need and the common five-term approximations (absolute error 1e-7) do not offer.
 */

/**
 * Standard normal distribution function: probability (0 to 1) of a value below `z`. NaN in, NaN out.
 *
 * Relative error below 1e-13 down to z = -37, where the result is about to leave the range of a double.
 *
 * @example
 * computeNormalCdf(-1.959963984540054); // 0.025
 */
export function computeNormalCdf(z: number): number {
  return cdf(z, 0, 1);
}

/**
 * Natural logarithm of the standard normal distribution function (never positive), finite for any finite `z` above -1e154.
 *
 * Multiplying a probability of 1e-400 by a factor of 1e+399 is safe only in logarithms. NaN in, NaN out.
 *
 * @example
 * computeLogNormalCdf(-40); // -804.608…; computeNormalCdf(-40) is 0 in a double
 */
export function computeLogNormalCdf(z: number): number {
  return logCdf(z, 0, 1);
}

/**
 * Standard normal density at `z`. NaN in, NaN out.
 *
 * @example
 * computeNormalPdf(0); // 0.39894228…
 */
export function computeNormalPdf(z: number): number {
  return pdf(z, 0, 1);
}

/** Below this probability the library's quantile, which forms 2p - 1, has lost digits that matter. */
const LOWER_TAIL = 0.01;

/**
 * Standard normal quantile: the z that a value stays below with the given probability, strictly between 0 and 1.
 *
 * The library's answer down to 1 %; below that Newton steps on ln N(z) = ln p, because the library rounds 2p - 1 to -1 for small p
 * (it answers -Infinity at 1e-17). Near 1 the probability itself has no digits left: ask for 1 - p and change the sign.
 * Throws InvalidParameterError on a probability that is not strictly between 0 and 1.
 *
 * @example
 * computeNormalQuantile(0.975); // 1.959963984540054
 */
export function computeNormalQuantile(probability: number): number {
  requireStrictlyBetween("probability", probability, 0, 1);
  if (probability >= LOWER_TAIL) return quantile(probability, 0, 1);
  const target = Math.log(probability);
  let z = -Math.sqrt(-2 * target); // below the root; ln N is concave, so the steps come back from the left and stay there
  for (let iteration = 0; iteration < 50; iteration++) {
    const logarithm = logCdf(z, 0, 1);
    // ln(N/n): both underflow long before their ratio does
    const step = (target - logarithm) * Math.exp(logarithm + (z * z + Math.log(2 * Math.PI)) / 2);
    z += step;
    if (Math.abs(step) <= 1e-15 * Math.abs(z)) break;
  }
  return z;
}
