import { expect } from "chai";
import { describe, it } from "mocha";
import { computeNormalPdf, computeNormalQuantile } from "../../../../sdk/math/normal.ts";
import { computeRiskReport, computeTailRisk } from "../../../../sdk/math/valueAtRisk.ts";
import { expectClose } from "../../../support/close.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";

const profits = [-10, -8, -6, -4, -2, 0, 2, 4, 6, 8];
/** Quantiles of the standard normal law, evenly spread: a sample without sampling error. */
const normal = Array.from({ length: 200_000 }, (_, i) => computeNormalQuantile((i + 0.5) / 200_000));

describe("computeTailRisk", () => {
  it("counts losses as positive and averages exactly the worst part", () => {
    const risk = computeTailRisk(profits, 0.8);
    expectRelative(risk.valueAtRisk, 6.4, 1e-12); // numpy.quantile(losses, 0.8)
    expectRelative(risk.expectedShortfall, 9, 1e-12);
    expectRelative(computeTailRisk(profits, 0.75).expectedShortfall, (10 + 8 + 0.5 * 6) / 2.5, 1e-12);
    expectRelative(computeTailRisk(profits, 0.99).expectedShortfall, 10, 1e-12);
  });

  it("is negative where even the tail earns", () => {
    const risk = computeTailRisk([5, 6, 7], 0.95);
    expect(risk.valueAtRisk).to.be.below(-5);
    expectRelative(risk.expectedShortfall, -5, 1e-12);
  });

  it("matches the closed forms of the normal law", () => {
    for (const confidence of [0.9, 0.95, 0.99]) {
      const z = computeNormalQuantile(confidence);
      const risk = computeTailRisk(normal, confidence);
      expectClose(risk.valueAtRisk, z, 1e-4);
      expectClose(risk.expectedShortfall, computeNormalPdf(z) / (1 - confidence), 1e-3);
    }
  });

  it("moves with the unit and against a sure profit, as a coherent measure must", () => {
    const risk = computeTailRisk(profits, 0.9);
    const moved = computeTailRisk(
      profits.map((profit) => 3 * profit + 2),
      0.9,
    );
    expectRelative(moved.valueAtRisk, 3 * risk.valueAtRisk - 2, 1e-12);
    expectRelative(moved.expectedShortfall, 3 * risk.expectedShortfall - 2, 1e-12);
  });

  it("leaves its input alone, reads typed arrays, and refuses what it cannot rank", () => {
    const typed = Float64Array.from(profits).reverse();
    computeTailRisk(typed, 0.95);
    expect(typed[0]).to.equal(8);
    expectInvalid(() => computeTailRisk([], 0.95), "profits.length", 0);
    expectInvalid(() => computeTailRisk([1, NaN], 0.95), "profits", NaN);
    expect(() => computeTailRisk([1, Infinity], 0.95)).to.throw("finite");
    for (const confidence of [NaN, 0, 1, 95]) {
      expectInvalid(() => computeTailRisk(profits, confidence), "confidence", confidence);
    }
  });
});

describe("computeRiskReport", () => {
  it("puts 95 and 99 % beside the mean", () => {
    const report = computeRiskReport(profits);
    expectRelative(report.meanProfit, -1, 1e-12);
    expect(report.at95).to.deep.equal(computeTailRisk(profits, 0.95));
    expect(report.at99).to.deep.equal(computeTailRisk(profits, 0.99));
    expectInvalid(() => computeRiskReport([]), "profits.length", 0);
  });
});
