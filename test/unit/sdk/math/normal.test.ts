import { expect } from "chai";
import { describe, it } from "mocha";
import {
  computeLogNormalCdf,
  computeNormalCdf,
  computeNormalPdf,
  computeNormalQuantile,
} from "../../../../sdk/math/normal.ts";
import vectors from "../../../vectors/math.json" with { type: "json" };
import { expectInvalid, expectRelative } from "./assertions.ts";
import { integrate } from "./quadrature.ts";

const v = vectors.normalCdf;

describe("computeNormalCdf", () => {
  it("matches reference values deep into the tail", () => {
    for (const { z, probability } of v.cases) expectRelative(computeNormalCdf(z), probability, v.tolerance);
  });

  it("is continuous and symmetric where approximations of the error function usually meet", () => {
    for (const x of [0.46875, 0.84375, 1.25, 4]) {
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

  it("agrees with the integral of the density, and stays finite far beyond it", () => {
    expectRelative(computeLogNormalCdf(-2), Math.log(integrate(computeNormalPdf, -14, -2, 4000)), 1e-12);
    // N(-z) = n(z)/z · (1 - 1/z² + 3/z⁴ - …)
    expectRelative(computeLogNormalCdf(-1e4), -5e7 - Math.log(1e4 * Math.sqrt(2 * Math.PI)), 1e-15);
    expect(computeLogNormalCdf(NaN)).to.be.NaN;
  });
});

describe("computeNormalPdf", () => {
  it("is the derivative of the distribution", () => {
    expectRelative(computeNormalPdf(0), 1 / Math.sqrt(2 * Math.PI), 1e-15);
    for (const z of [-6, -1, 0.3]) {
      const slope = (computeNormalCdf(z + 1e-4) - computeNormalCdf(z - 1e-4)) / 2e-4;
      expectRelative(computeNormalPdf(z), slope, 1e-6);
    }
  });
});

describe("computeNormalQuantile", () => {
  it("matches the usual tables", () => {
    expectRelative(computeNormalQuantile(0.975), 1.959963984540054, 1e-14);
    expectRelative(computeNormalQuantile(0.95), 1.6448536269514722, 1e-14);
    expectRelative(computeNormalQuantile(0.01), -2.3263478740408408, 1e-14);
    expectRelative(computeNormalQuantile(0.001), -3.090232306167813, 1e-14);
    expect(computeNormalQuantile(0.5)).to.equal(0);
  });

  it("inverts the distribution down to the smallest probabilities", () => {
    for (const z of v.cases.map((row) => row.z).filter((value) => value < 0)) {
      expectRelative(computeNormalQuantile(computeNormalCdf(z)), z, 1e-13);
    }
    expectRelative(computeNormalQuantile(1e-10), -6.361340902404056, 1e-14);
  });

  it("is continuous where the two methods meet", () => {
    expectRelative(computeNormalQuantile(0.01 - 1e-15), computeNormalQuantile(0.01 + 1e-15), 1e-12);
  });

  it("refuses certainty, impossibility and NaN", () => {
    for (const probability of [NaN, 0, 1, -0.1, 1.1]) {
      expectInvalid(() => computeNormalQuantile(probability), "probability", probability);
    }
  });
});
