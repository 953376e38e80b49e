import { bisect } from "simple-statistics";
import { InvalidParameterError } from "../errors.ts";
import { requireFinite, requirePositive } from "./require.ts";

/**
 * The x in [lower, upper] where a continuous function crosses zero, to within `tolerance` (absolute in x).
 *
 * Bisection, by simple-statistics: about log2((upper - lower)/tolerance) evaluations whatever the shape of the function. A tolerance
 * finer than the doubles at the ends of the interval is raised to their spacing.
 * Throws InvalidParameterError on an empty interval, a tolerance that is not positive, ends of the same sign, or a value of NaN.
 *
 * @example
 * findRoot((x) => x * x - 2, 0, 2, 1e-12); // 1.41421356…
 */
export function findRoot(objective: (x: number) => number, lower: number, upper: number, tolerance: number): number {
  requireFinite("lower", lower);
  requireFinite("upper", upper);
  requirePositive("tolerance", tolerance);
  if (!(lower < upper)) throw new InvalidParameterError("upper", upper, `be greater than lower (${lower})`);

  const atLower = objective(lower);
  const atUpper = objective(upper);
  if (atLower === 0) return lower;
  if (atUpper === 0) return upper;
  if (!(atLower < 0 !== atUpper < 0) || Number.isNaN(atLower) || Number.isNaN(atUpper)) {
    throw new InvalidParameterError(
      "objective",
      [atLower, atUpper],
      `have opposite signs at lower (${lower}) and upper (${upper})`,
    );
  }

  // the library asks for the same points again and again, and takes NaN for a sign
  const seen = new Map<number, number>([[lower, atLower]]);
  const evaluate = (x: number): number => {
    const value = seen.get(x) ?? objective(x);
    if (Number.isNaN(value)) throw new InvalidParameterError(`objective(${x})`, value, "be a number");
    seen.set(x, value);
    return value;
  };
  const reachable = Math.max(tolerance, Number.EPSILON * Math.max(Math.abs(lower), Math.abs(upper)));
  const halvings = Math.ceil(Math.log2((upper - lower) / reachable)) + 2;
  return bisect(evaluate, lower, upper, Math.max(halvings, 1), reachable);
}
