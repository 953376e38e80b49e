import { describe, it } from "mocha";
import { computeOptimalBand } from "../../../../sdk/math/bands.ts";
import { computeBreakEvenFeeApr } from "../../../../sdk/math/breakEven.ts";
import { computeFundingCostQuote } from "../../../../sdk/math/funding.ts";
import { computeLiquidityForValue, computeLpDeltaBase, computeLpGamma } from "../../../../sdk/math/lp.ts";
import { computeLvrQuotePerYear } from "../../../../sdk/math/lvr.ts";
import vectors from "../../../vectors/math.json" with { type: "json" };
import { expectInvalid, expectRelative } from "./assertions.ts";

const costs = {
  lvrQuotePerYear: 54_375,
  rebalancingQuotePerYear: 989,
  fundingQuotePerYear: 1500,
  marginQuote: 50_000,
  marginRatePerYear: 0.02,
  optionPremiumQuotePerYear: 0,
};

describe("computeBreakEvenFeeApr", () => {
  it("adds up its parts", () => {
    const apr = computeBreakEvenFeeApr(100_000, costs);
    expectRelative(apr.total, 0.57864, 1e-12);
    expectRelative(apr.lvr + apr.rebalancing + apr.funding + apr.margin + apr.optionPremium, apr.total, 1e-12);
  });

  it("falls when the hedge is paid to be held", () => {
    expectRelative(computeBreakEvenFeeApr(100_000, { ...costs, fundingQuotePerYear: -1500 }).total, 0.54864, 1e-12);
  });

  it("composes with the models that feed it", () => {
    const v = vectors.lvrRange;
    const range = { priceLower: v.price / v.rangeFactor, priceUpper: v.price * v.rangeFactor };
    const position = { liquidity: computeLiquidityForValue(v.valueQuote, v.price, range), ...range };
    const band = computeOptimalBand({
      gamma: computeLpGamma(position, v.price),
      price: v.price,
      volatility: v.volatility,
      riskAversion: vectors.band.riskAversion,
      fixedCostQuote: vectors.band.fixedCostQuote,
      proportionalCost: vectors.band.proportionalCost,
      impactQuotePerBaseSquared: 0,
    });
    const apr = computeBreakEvenFeeApr(v.valueQuote, {
      ...costs,
      lvrQuotePerYear: computeLvrQuotePerYear(position, v.price, v.volatility),
      rebalancingQuotePerYear: band.costQuotePerYear,
      fundingQuotePerYear: computeFundingCostQuote({
        ratePerYear: 0.03,
        hedgeDeltaBase: -computeLpDeltaBase(position, v.price),
        price: v.price,
        years: 1,
      }),
    });
    expectRelative(apr.total, 0.54375 + 0.00989 + 0.015 + 0.01, 1e-4);
  });

  it("refuses a worthless position, a negative LVR and unknown funding", () => {
    expectInvalid(() => computeBreakEvenFeeApr(0, costs), "valueQuote", 0);
    expectInvalid(() => computeBreakEvenFeeApr(1, { ...costs, lvrQuotePerYear: -1 }), "lvrQuotePerYear", -1);
    expectInvalid(() => computeBreakEvenFeeApr(1, { ...costs, fundingQuotePerYear: NaN }), "fundingQuotePerYear", NaN);
  });
});
