import { expect } from "chai";
import { describe, it } from "mocha";
import { findRoot } from "../../../../sdk/math/roots.ts";
import { expectInvalid } from "./assertions.ts";
import { expectClose } from "../../../support/close.ts";

describe("findRoot", () => {
  it("finds roots of rising and falling functions, and at the ends", () => {
    expectClose(
      findRoot((x) => x * x - 2, 0, 2, 1e-14),
      Math.SQRT2,
      1e-14,
    );
    expectClose(
      findRoot((x) => 1 - x ** 3, -5, 5, 1e-14),
      1,
      1e-14,
    );
    expect(findRoot((x) => x - 3, 3, 4, 1e-9)).to.equal(3);
    expect(findRoot((x) => x - 4, 3, 4, 1e-9)).to.equal(4);
  });

  it("stops when the tolerance is finer than a double", () => {
    expectClose(
      findRoot((x) => x - 1e20 / 3, 0, 1e20, 1e-30),
      1e20 / 3,
      1e5,
    );
  });

  it("asks for each point once, and refuses a function that turns to NaN inside", () => {
    const asked: number[] = [];
    findRoot((x) => x ** 3 - (asked.push(x), 2), 0, 2, 1e-9);
    expect(new Set(asked).size).to.equal(asked.length);
    expect(asked.length).to.be.below(40);
    const half = (x: number): number => (x === 0.5 ? NaN : x - 0.3);
    expectInvalid(() => findRoot(half, 0, 1, 1e-9), "objective(0.5)", NaN);
  });

  it("refuses ends of the same sign, NaN, an empty interval and no tolerance", () => {
    expectInvalid(() => findRoot((x) => x * x + 1, -1, 1, 1e-9), "objective", [2, 2]);
    expectInvalid(() => findRoot((x) => (x < 0 ? NaN : 1), -1, 1, 1e-9), "objective", [NaN, 1]);
    expectInvalid(() => findRoot((x) => x, 1, 1, 1e-9), "upper", 1);
    expectInvalid(() => findRoot((x) => x, -1, 1, 0), "tolerance", 0);
  });
});
