import { expect } from "chai";
import { InvalidParameterError } from "../../../../sdk/errors.ts";
import { expectClose } from "../../../support/close.ts";

/** Asserts |actual - expected| <= tolerance · |expected|, and that neither is NaN. */
export function expectRelative(actual: number, expected: number, tolerance: number): void {
  expectClose(actual, expected, Math.abs(expected) * tolerance);
}

/** Asserts that `call` is refused for `parameter`, carrying the offending `value` and stating a bound. */
export function expectInvalid(call: () => unknown, parameter: string, value: unknown): void {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown, "nothing was thrown").to.be.instanceOf(InvalidParameterError);
  const error = thrown as InvalidParameterError;
  expect(error.parameter).to.equal(parameter);
  expect(error.value).to.deep.equal(value);
  expect(error.requirement).to.not.equal("");
}
