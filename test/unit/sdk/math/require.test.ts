import { expect } from "chai";
import { describe, it } from "mocha";
import { HedgerowError, InvalidParameterError } from "../../../../sdk/errors.ts";
import {
  requireBetween,
  requireFinite,
  requireLength,
  requireNonNegative,
  requirePositive,
  requireStrictlyBetween,
  requireWhole,
} from "../../../../sdk/math/require.ts";
import { expectInvalid } from "./assertions.ts";

describe("InvalidParameterError", () => {
  it("is a HedgerowError whose message names the parameter, its value and the bound", () => {
    const error = new InvalidParameterError("volatility", -0.2, "be greater than 0");
    expect(error).to.be.instanceOf(HedgerowError).and.instanceOf(Error);
    expect(error.name).to.equal("InvalidParameterError");
    expect(error.message).to.equal("volatility is -0.2; it must be greater than 0.");
  });

  it("writes strings, bigints, arrays and objects readably", () => {
    expect(new InvalidParameterError("x", "a b", "y").message).to.equal('x is "a b"; it must y.');
    expect(new InvalidParameterError("x", 5n, "y").message).to.equal("x is 5; it must y.");
    expect(new InvalidParameterError("x", [1, 2], "y").message).to.equal("x is [1, 2]; it must y.");
    expect(new InvalidParameterError("x", { a: 1 }, "y").message).to.equal("x is an object; it must y.");
  });
});

describe("requirements", () => {
  it("accept their bounds and refuse what lies beyond, NaN and infinities included", () => {
    requirePositive("x", Number.MIN_VALUE);
    for (const value of [0, -1, NaN, Infinity]) expectInvalid(() => requirePositive("x", value), "x", value);
    requireNonNegative("x", 0);
    for (const value of [-1e-300, NaN, Infinity]) expectInvalid(() => requireNonNegative("x", value), "x", value);
    requireFinite("x", -1e300);
    for (const value of [NaN, Infinity, -Infinity]) expectInvalid(() => requireFinite("x", value), "x", value);
    requireBetween("x", 0, 0, 1);
    requireBetween("x", 1, 0, 1);
    for (const value of [-0.01, 1.01, NaN]) expectInvalid(() => requireBetween("x", value, 0, 1), "x", value);
    requireStrictlyBetween("x", 1e300, 1, Infinity);
    for (const value of [1, Infinity, NaN]) {
      expectInvalid(() => requireStrictlyBetween("x", value, 1, Infinity), "x", value);
    }
    requireWhole("x", 0, 0, 3);
    requireWhole("x", 3, 0, 3);
    requireWhole("x", Number.MAX_SAFE_INTEGER, 1);
    for (const value of [-1, 4, 1.5, NaN, Infinity]) expectInvalid(() => requireWhole("x", value, 0, 3), "x", value);
    requireLength("x", [1, 2], 2);
    expectInvalid(() => requireLength("x", [1], 2), "x.length", 1);
  });
});
