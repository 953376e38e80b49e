import { expect } from "chai";
import { describe, it } from "mocha";
import { computeLogNormalCdf, computeNormalCdf } from "../../../../sdk/math/normal.ts";
import vectors from "../../../vectors/math.json" with { type: "json" };
import { expectRelative } from "./assertions.ts";

const v = vectors.normalCdf;

describe("computeNormalCdf", () => {
  it("matches reference values deep into the tail", () => {
    for (const { z, probability } of v.cases) expectRelative(computeNormalCdf(z), probability, v.tolerance);
  });

  it("is continuous and symmetric where its approximations meet", () => {
    for (const x of [0.46875, 4]) {
      const z = x * Math.SQRT2;
      expectRelative(computeNormalCdf(-z - 1e-15), computeNormalCdf(-z + 1e-15), 1e-13);
      expectRelative(computeNormalCdf(z) + computeNormalCdf(-z), 1, 1e-15);
    }
  });

  it("passes NaN on and reaches 0 and 1", () => {
    expect(computeNormalCdf(NaN)).to.be.NaN;
    expect(computeNormalCdf(-Infinity)).to.equal(0);
    expect(computeNormalCdf(Infinity)).to.equal(1);
  });
});

describe("computeLogNormalCdf", () => {
  it("matches reference values where the probability itself is 0 or 1 in a double", () => {
    for (const { z, logarithm } of v.logCases) expectRelative(computeLogNormalCdf(z), logarithm, v.tolerance);
  });
});
