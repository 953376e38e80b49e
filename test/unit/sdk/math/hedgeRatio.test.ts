import { expect } from "chai";
import { describe, it } from "mocha";
import {
  computeCovarianceQuote,
  computeHedgeNotional,
  computeMinimumVarianceNotionalQuote,
} from "../../../../sdk/math/hedgeRatio.ts";
import {
  computeShortLiquidationProbability,
  computeShortNotionalCapQuote,
  computeUpMoveAtProbability,
} from "../../../../sdk/math/margin.ts";
import vectors from "../../../vectors/math.json" with { type: "json" };
import { expectInvalid, expectRelative } from "./assertions.ts";

const v = vectors.hedgeRatio;
const inputs = {
  covarianceQuote: computeCovarianceQuote(v),
  instrumentVariance: v.instrumentVolatility ** 2,
  carryPerYear: v.carryPerYear,
  riskAversion: v.riskAversion,
  capQuote: Infinity,
};

describe("computeHedgeNotional", () => {
  it("matches the published notional before and after carry", () => {
    const hedge = computeHedgeNotional(inputs);
    expectRelative(hedge.minimumVarianceQuote, v.beforeCarry, v.tolerance);
    expectRelative(hedge.optimalQuote, v.afterCarry, v.tolerance);
    expect(hedge.notionalQuote).to.equal(hedge.optimalQuote);
  });

  it("is limited by the cap, and never turns into a long", () => {
    expect(computeHedgeNotional({ ...inputs, capQuote: 30_000 }).notionalQuote).to.equal(30_000);
    const dear = computeHedgeNotional({ ...inputs, carryPerYear: 1 });
    expect(dear.optimalQuote).to.be.below(0);
    expect(dear.notionalQuote).to.equal(0);
  });

  it("takes its cap from the probability of liquidation", () => {
    const horizon = { volatility: v.instrumentVolatility, drift: 0, years: 2 / 365 };
    const upMove = computeUpMoveAtProbability({ ...horizon, probability: 0.001 });
    const capQuote = computeShortNotionalCapQuote({ marginQuote: 5000, upMove, maintenance: 0.02 });
    const { notionalQuote, optimalQuote } = computeHedgeNotional({ ...inputs, capQuote });
    expect(notionalQuote).to.equal(capQuote).and.to.be.below(optimalQuote);
    const held = { notionalQuote, marginQuote: 5000, maintenance: 0.02, ...horizon };
    expectRelative(computeShortLiquidationProbability(held), 0.001, 1e-8);
  });

  it("maximises E[profit] - gamma_A/2 · Var[profit]", () => {
    const utility = (notional: number): number =>
      -inputs.carryPerYear * notional -
      (inputs.riskAversion / 2) * (notional ** 2 * inputs.instrumentVariance - 2 * notional * inputs.covarianceQuote);
    const best = computeHedgeNotional(inputs).optimalQuote;
    for (const away of [-1000, -1, 1, 1000]) expect(utility(best + away)).to.be.below(utility(best));
  });

  it("refuses inputs out of domain", () => {
    expectInvalid(() => computeHedgeNotional({ ...inputs, instrumentVariance: 0 }), "instrumentVariance", 0);
    expectInvalid(() => computeHedgeNotional({ ...inputs, riskAversion: 0 }), "riskAversion", 0);
    expectInvalid(() => computeHedgeNotional({ ...inputs, carryPerYear: NaN }), "carryPerYear", NaN);
    expectInvalid(() => computeHedgeNotional({ ...inputs, capQuote: -1 }), "capQuote", -1);
    expectInvalid(() => computeMinimumVarianceNotionalQuote(NaN, 1), "covarianceQuote", NaN);
    expectInvalid(() => computeCovarianceQuote({ ...v, correlation: 97 }), "correlation", 97);
  });
});
