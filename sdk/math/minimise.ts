import { InvalidParameterError } from "../errors.ts";
import { requireFinite, requirePositive } from "./require.ts";

/*
 * Written out because npm has no well-kept minimiser of one variable to rely on.
 */

/** `x` where the smallest value was seen, `value` the function there. */
export interface Minimum {
  readonly x: number;
  readonly value: number;
}

const GOLDEN_SECTION = (3 - Math.sqrt(5)) / 2;
const MAX_ITERATIONS = 200;

/**
 * Minimum of a unimodal function of one variable on [lower, upper]; a minimum at an edge is found as well.
 *
 * Brent's method (Algorithms for Minimization without Derivatives, 1973, chapter 5): parabolic steps guarded by golden section,
 * so it never needs more than a few dozen evaluations. `tolerance` is absolute in x; below about 1e-8·|x| a double
 * cannot tell neighbouring values of a smooth function apart, and a smaller request buys nothing.
 * Throws InvalidParameterError on an empty interval, a tolerance that is not positive, or a function value of NaN.
 *
 * @example
 * minimiseUnimodal((x) => (x - 2) ** 2, 0, 10, 1e-8).x; // 2
 */
export function minimiseUnimodal(
  objective: (x: number) => number,
  lower: number,
  upper: number,
  tolerance: number,
): Minimum {
  requireFinite("lower", lower);
  requireFinite("upper", upper);
  requirePositive("tolerance", tolerance);
  if (!(lower < upper)) throw new InvalidParameterError("upper", upper, `be greater than lower (${lower})`);

  const evaluate = (x: number): number => {
    const value = objective(x);
    if (Number.isNaN(value)) throw new InvalidParameterError(`objective(${x})`, value, "be a number");
    return value;
  };

  let low = lower;
  let high = upper;
  // best, second best and the previous second best point, with their values
  let best = low + GOLDEN_SECTION * (high - low);
  let second = best;
  let third = best;
  let bestValue = evaluate(best);
  let secondValue = bestValue;
  let thirdValue = bestValue;
  let step = 0;
  let stepBeforeLast = 0;

  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    const middle = 0.5 * (low + high);
    const resolution = 1e-10 * Math.abs(best) + tolerance / 3;
    if (Math.abs(best - middle) <= 2 * resolution - 0.5 * (high - low)) break;

    let useGolden = true;
    if (Math.abs(stepBeforeLast) > resolution) {
      const r = (best - second) * (bestValue - thirdValue);
      let q = (best - third) * (bestValue - secondValue);
      let p = (best - third) * q - (best - second) * r;
      q = 2 * (q - r);
      if (q > 0) p = -p;
      else q = -q;
      const limit = Math.abs(0.5 * q * stepBeforeLast);
      if (Math.abs(p) < limit && p > q * (low - best) && p < q * (high - best)) {
        stepBeforeLast = step;
        step = p / q;
        const candidate = best + step;
        if (candidate - low < 2 * resolution || high - candidate < 2 * resolution) {
          step = best < middle ? resolution : -resolution;
        }
        useGolden = false;
      }
    }
    if (useGolden) {
      stepBeforeLast = best < middle ? high - best : low - best;
      step = GOLDEN_SECTION * stepBeforeLast;
    }

    const x = best + (Math.abs(step) >= resolution ? step : step > 0 ? resolution : -resolution);
    const value = evaluate(x);
    if (value <= bestValue) {
      if (x < best) high = best;
      else low = best;
      third = second;
      thirdValue = secondValue;
      second = best;
      secondValue = bestValue;
      best = x;
      bestValue = value;
    } else {
      if (x < best) low = x;
      else high = x;
      if (value <= secondValue || second === best) {
        third = second;
        thirdValue = secondValue;
        second = x;
        secondValue = value;
      } else if (value <= thirdValue || third === best || third === second) {
        third = x;
        thirdValue = value;
      }
    }
  }

  // Brent's method approaches an edge without evaluating it
  let minimum: Minimum = { x: best, value: bestValue };
  for (const edge of [lower, upper]) {
    const value = evaluate(edge);
    if (value < minimum.value) minimum = { x: edge, value };
  }
  return minimum;
}
