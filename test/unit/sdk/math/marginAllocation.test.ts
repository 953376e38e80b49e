import { expect } from "chai";
import { describe, it } from "mocha";
import { computeShortLiquidationProbability } from "../../../../sdk/math/margin.ts";
import { computeMarginAllocation } from "../../../../sdk/math/marginAllocation.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";

/** Expected notional to be liquidated of two shorts, the second twice the first and at a venue with twice the maintenance margin. */
function liquidationRisk(margins: readonly number[]): number {
  const venues = [
    { notionalQuote: 50_000, maintenance: 0.02 },
    { notionalQuote: 100_000, maintenance: 0.04 },
  ];
  return venues.reduce((sum, venue, i) => {
    const short = { ...venue, marginQuote: margins[i] ?? NaN, volatility: 0.7, drift: 0, years: 7 / 365 };
    return sum + venue.notionalQuote * computeShortLiquidationProbability(short);
  }, 0);
}

describe("computeMarginAllocation", () => {
  it("finds the best split of every budget, though the chance of liquidation is flat at first", () => {
    for (const steps of [5, 13, 20, 60]) {
      const budgetQuote = steps * 1000;
      const found = computeMarginAllocation({
        marginsQuote: [0, 0],
        budgetQuote,
        stepQuote: 1000,
        risk: liquidationRisk,
      });
      let best = Infinity;
      for (let first = 0; first <= steps; first++) {
        best = Math.min(best, liquidationRisk([1000 * first, budgetQuote - 1000 * first]));
      }
      expectRelative(found.riskAfter, best, 1e-9);
      expectRelative(found.riskAfter, liquidationRisk(found.marginsQuote), 1e-12);
      expect(found.riskBefore).to.equal(150_000);
    }
  });

  it("equals the optimum where risk is convex and adds up", () => {
    const risk = ([a = NaN, b = NaN]: readonly number[]): number => 1 / (1 + a) + 4 / (1 + b);
    const { marginsQuote, unallocatedQuote } = computeMarginAllocation({
      marginsQuote: [0, 0],
      budgetQuote: 28,
      stepQuote: 0.5,
      risk,
    });
    // 1 + b = 2 (1 + a): a = 9, b = 19
    expect(marginsQuote).to.deep.equal([9, 19]);
    expect(unallocatedQuote).to.equal(0);
  });

  it("tops up the weaker venue first, and keeps what helps nowhere", () => {
    const shortfall = (margins: readonly number[]): number =>
      margins.reduce((sum, margin) => sum + Math.max(0, 10 - margin), 0);
    const risk = (margins: readonly number[]): number => shortfall(margins);
    const result = computeMarginAllocation({ marginsQuote: [9, 4], budgetQuote: 20, stepQuote: 1, risk });
    expect(result.marginsQuote).to.deep.equal([10, 10]);
    expect(result.unallocatedQuote).to.equal(13);
    const worst = (margins: readonly number[]): number => Math.max(...margins.map((margin) => 10 - margin));
    const one = computeMarginAllocation({ marginsQuote: [9, 4], budgetQuote: 2, stepQuote: 1, risk: worst });
    expect(one.marginsQuote).to.deep.equal([9, 6]);
  });

  it("does nothing with less than a step", () => {
    const result = computeMarginAllocation({
      marginsQuote: [1],
      budgetQuote: 0.9,
      stepQuote: 1,
      risk: ([m = 0]) => -m,
    });
    expect(result).to.deep.equal({ marginsQuote: [1], unallocatedQuote: 0.9, riskBefore: -1, riskAfter: -1 });
  });

  it("refuses amounts that cannot be, a step too fine and a risk of NaN", () => {
    const good = { marginsQuote: [0], budgetQuote: 1, stepQuote: 1, risk: (): number => 0 };
    expectInvalid(() => computeMarginAllocation({ ...good, marginsQuote: [] }), "marginsQuote.length", 0);
    expectInvalid(() => computeMarginAllocation({ ...good, marginsQuote: [-1] }), "marginsQuote", -1);
    expectInvalid(() => computeMarginAllocation({ ...good, budgetQuote: NaN }), "budgetQuote", NaN);
    expectInvalid(() => computeMarginAllocation({ ...good, stepQuote: 0 }), "stepQuote", 0);
    expectInvalid(() => computeMarginAllocation({ ...good, stepQuote: 1e-6 }), "stepQuote", 1e-6);
    expectInvalid(() => computeMarginAllocation({ ...good, risk: () => NaN }), "risk", NaN);
  });
});
