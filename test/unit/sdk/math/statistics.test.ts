import { expect } from "chai";
import { describe, it } from "mocha";
import {
  computeCovariance,
  computeMean,
  computeQuantile,
  computeVariance,
  computeVarianceRemoved,
} from "../../../../sdk/math/statistics.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";

describe("moments", () => {
  it("match hand-worked samples, in arrays and typed arrays", () => {
    expect(computeMean([1, 2, 6])).to.equal(3);
    expect(computeVariance([1, 2, 6])).to.equal(7);
    expect(computeVariance(Float64Array.of(1, 2, 6))).to.equal(7);
    expect(computeCovariance([1, 2, 3], [6, 4, 2])).to.equal(-2);
  });

  it("keep precision beside a large mean", () => {
    expect(computeVariance([1e9, 1e9 + 1, 1e9 + 2])).to.equal(1);
  });

  it("refuse empty, short, unequal and unfinished series", () => {
    expectInvalid(() => computeMean([]), "values.length", 0);
    expectInvalid(() => computeMean([1, NaN]), "values", NaN);
    expectInvalid(() => computeVariance([1]), "values.length", 1);
    expectInvalid(() => computeCovariance([1, 2], [1, 2, 3]), "second.length", 3);
  });
});

describe("computeVarianceRemoved", () => {
  it("is 0.99 when the deviation falls to a tenth, negative when it grows", () => {
    expectRelative(computeVarianceRemoved([-10, 10], [-1, 1]), 0.99, 1e-12);
    expectRelative(computeVarianceRemoved([-1, 1], [-2, 2]), -3, 1e-12);
  });

  it("refuses a series without risk", () => {
    expectInvalid(() => computeVarianceRemoved([1, 1, 1], [0, 1, 2]), "Var(unhedged)", 0);
  });
});

describe("computeQuantile", () => {
  it("interpolates between order statistics and reaches both ends", () => {
    expect(computeQuantile([4, 1, 3, 2], 0)).to.equal(1);
    expect(computeQuantile([4, 1, 3, 2], 0.5)).to.equal(2.5);
    expect(computeQuantile([4, 1, 3, 2], 0.25)).to.equal(1.75);
    expect(computeQuantile([4, 1, 3, 2], 1)).to.equal(4);
    expect(computeQuantile([7], 0.3)).to.equal(7);
    expect(computeQuantile([10, 9, 100], 0.5)).to.equal(10); // numeric, not alphabetic, order
  });

  it("leaves its input alone, and refuses NaN and a probability in percent", () => {
    const values = [3, 1, 2];
    computeQuantile(values, 0.5);
    expect(values).to.deep.equal([3, 1, 2]);
    expectInvalid(() => computeQuantile([1, NaN, 2], 0.5), "values", NaN);
    expectInvalid(() => computeQuantile(values, 95), "probability", 95);
    expectInvalid(() => computeQuantile([], 0.5), "values.length", 0);
  });
});
