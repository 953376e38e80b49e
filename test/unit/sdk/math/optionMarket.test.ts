import { expect } from "chai";
import { describe, it } from "mocha";
import { computeForwardPrice, requireMarket } from "../../../../sdk/math/optionMarket.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";

const market = { price: 2000, volatility: 0.7, years: 1, ratePerYear: 0.05, yieldPerYear: 0.03 };

describe("computeForwardPrice", () => {
  it("carries the price at rate less yield", () => {
    expectRelative(computeForwardPrice(market), 2000 * Math.exp(0.02), 1e-15);
    expect(computeForwardPrice({ ...market, ratePerYear: 0.03 })).to.equal(2000);
  });
});

describe("requireMarket", () => {
  it("lets a negative rate pass, and names what cannot be", () => {
    requireMarket({ ...market, ratePerYear: -0.01, volatility: 0, years: 0 });
    expectInvalid(() => requireMarket({ ...market, price: 0 }), "price", 0);
    expectInvalid(() => requireMarket({ ...market, years: -1 }), "years", -1);
    expectInvalid(() => requireMarket({ ...market, yieldPerYear: Infinity }), "yieldPerYear", Infinity);
  });
});
