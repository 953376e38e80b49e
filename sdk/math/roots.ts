import { InvalidParameterError } from "../errors.ts";
import { requireFinite, requirePositive } from "./require.ts";

/**
 * The x in [lower, upper] where a continuous function crosses zero, to within `tolerance` (absolute in x).
 *
 * Bisection: about log2((upper - lower)/tolerance) evaluations whatever the shape of the function.
 * Throws InvalidParameterError on an empty interval, a tolerance that is not positive, or ends of the same sign.
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

  let low = lower;
  let high = upper;
  while (high - low > tolerance) {
    const middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) break; // neighbouring doubles: nothing left to halve
    if (objective(middle) < 0 === atLower < 0) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
}
