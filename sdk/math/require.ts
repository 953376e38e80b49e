import { InvalidParameterError } from "../errors.ts";

/*
 * Domain checks shared by the models. Every comparison is written so that NaN fails it.
 * Infinity is refused too unless the name says otherwise: no formula here has a meaningful infinite input,
 * except the upper price of a full-range position.
 */

/**
 * Throws {@link InvalidParameterError} unless `value` is finite.
 *
 * @example
 * requireFinite("drift", NaN); // throws: drift is NaN; it must be a finite number.
 */
export function requireFinite(parameter: string, value: number): void {
  if (!Number.isFinite(value)) throw new InvalidParameterError(parameter, value, "be a finite number");
}

/**
 * Throws {@link InvalidParameterError} unless 0 < `value` < Infinity.
 *
 * @example
 * requirePositive("price", 0); // throws
 */
export function requirePositive(parameter: string, value: number): void {
  if (!(value > 0 && value < Infinity))
    throw new InvalidParameterError(parameter, value, "be finite and greater than 0");
}

/**
 * Throws {@link InvalidParameterError} unless 0 <= `value` < Infinity.
 *
 * @example
 * requireNonNegative("years", -1); // throws
 */
export function requireNonNegative(parameter: string, value: number): void {
  if (!(value >= 0 && value < Infinity)) throw new InvalidParameterError(parameter, value, "be finite and at least 0");
}

/**
 * Throws {@link InvalidParameterError} unless `lower` <= `value` <= `upper`.
 *
 * @example
 * requireBetween("feeFraction", 30, 0, 1); // throws: a percentage is no fraction
 */
export function requireBetween(parameter: string, value: number, lower: number, upper: number): void {
  if (!(value >= lower && value <= upper)) {
    throw new InvalidParameterError(parameter, value, `lie between ${lower} and ${upper}`);
  }
}

/**
 * Throws {@link InvalidParameterError} unless `lower` < `value` < `upper`; a bound may be infinite.
 *
 * @example
 * requireStrictlyBetween("confidence", 1, 0, 1); // throws
 */
export function requireStrictlyBetween(parameter: string, value: number, lower: number, upper: number): void {
  if (!(value > lower && value < upper)) {
    throw new InvalidParameterError(parameter, value, `lie strictly between ${lower} and ${upper}`);
  }
}

/**
 * Throws {@link InvalidParameterError} unless `value` is a whole number from `least` to `most`, exact in a double.
 *
 * @example
 * requireWhole("violations", 1.5, 0, 250); // throws
 */
export function requireWhole(parameter: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (!(Number.isSafeInteger(value) && value >= least && value <= most)) {
    throw new InvalidParameterError(parameter, value, `be a whole number from ${least} to ${most}`);
  }
}

/**
 * Throws {@link InvalidParameterError} unless the series holds at least `minimum` values.
 *
 * @example
 * requireLength("closes", [2000], 2); // throws: closes.length is 1
 */
export function requireLength(parameter: string, series: ArrayLike<unknown>, minimum: number): void {
  if (series.length < minimum) {
    throw new InvalidParameterError(`${parameter}.length`, series.length, `be at least ${minimum}`);
  }
}
