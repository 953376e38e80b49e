import { requireFinite, requireNonNegative } from "../../math/require.ts";
import type { RandomStream } from "./stream.ts";

/** Poisson jumps of normal log size: `jumpsPerYear` of mean `jumpMean` and standard deviation `jumpDeviation`. */
export interface JumpLaw {
  readonly jumpsPerYear: number;
  readonly jumpMean: number;
  readonly jumpDeviation: number;
}

/**
 * Draws the jumps of one path: `target[i]` becomes the sum of the log jumps in step i. Returns their number.
 *
 * Arrival times by exponential waiting times, so that several may fall into one step. `law` must have passed {@link requireJumpLaw}.
 *
 * @example
 * const law = { jumpsPerYear: 24, jumpMean: -0.01, jumpDeviation: 0.07 };
 * fillJumps(law, createRandomStream(1, 0, "jumps"), 300 / 31_536_000, new Float64Array(8_640)); // 4
 */
export function fillJumps(law: JumpLaw, stream: RandomStream, stepYears: number, target: Float64Array): number {
  target.fill(0);
  if (law.jumpsPerYear === 0) return 0;
  const pair = new Float64Array(2);
  const horizonYears = target.length * stepYears;
  let count = 0;
  let years = 0;
  for (;;) {
    years -= Math.log(1 - stream.uniform()) / law.jumpsPerYear;
    if (!(years < horizonYears)) return count;
    stream.fillNormals(pair);
    const step = Math.min(target.length - 1, Math.floor(years / stepYears));
    target[step]! += law.jumpMean + law.jumpDeviation * pair[0]!;
    count += 1;
  }
}

/** Log drift a step that takes the mean of the jumps out of the price, so that it stays a martingale. */
export function computeJumpCompensator(law: JumpLaw, stepYears: number): number {
  return law.jumpsPerYear * stepYears * Math.expm1(law.jumpMean + law.jumpDeviation ** 2 / 2);
}

/** Variance of log price a year that the jumps add: rate times second moment. */
export function computeJumpVariance(law: JumpLaw): number {
  return law.jumpsPerYear * (law.jumpMean ** 2 + law.jumpDeviation ** 2);
}

/** Throws InvalidParameterError on a rate or deviation that is negative, or a mean that is not finite. */
export function requireJumpLaw(law: JumpLaw): void {
  requireNonNegative("jumpsPerYear", law.jumpsPerYear);
  requireFinite("jumpMean", law.jumpMean);
  requireNonNegative("jumpDeviation", law.jumpDeviation);
}
