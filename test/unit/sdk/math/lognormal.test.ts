import { expect } from "chai";
import { describe, it } from "mocha";
import { computeOptionValueQuote } from "../../../../sdk/math/blackScholes.ts";
import { computeTruncatedMoment } from "../../../../sdk/math/lognormal.ts";
import { computeForwardPrice } from "../../../../sdk/math/optionMarket.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";
import { integrate } from "./quadrature.ts";

const market = { price: 10, volatility: 0.7, years: 0.5, ratePerYear: 0.04, yieldPerYear: 0.01 };

describe("computeTruncatedMoment", () => {
  it("agrees with the integral of the lognormal density", () => {
    const deviation = market.volatility * Math.sqrt(market.years);
    const centre = Math.log(computeForwardPrice(market)) - deviation ** 2 / 2;
    const density = (price: number): number =>
      Math.exp(-((Math.log(price) - centre) ** 2) / (2 * deviation ** 2)) /
      (price * deviation * Math.sqrt(2 * Math.PI));
    for (const power of [-1, 0, 0.5, 1, 2]) {
      for (const [lower, upper] of [
        [8, 12],
        [2, 5],
        [20, 60],
      ] as const) {
        const expected = integrate((price) => price ** power * density(price), lower, upper, 4000);
        expectRelative(computeTruncatedMoment(market, power, lower, upper), expected, 1e-10);
      }
    }
  });

  it("gives probability 1, the forward, and the square root of a martingale over all prices", () => {
    expect(computeTruncatedMoment(market, 0, 0, Infinity)).to.equal(1);
    expectRelative(computeTruncatedMoment(market, 1, 0, Infinity), computeForwardPrice(market), 1e-15);
    const martingale = { ...market, ratePerYear: 0, yieldPerYear: 0 };
    expectRelative(
      computeTruncatedMoment(martingale, 0.5, 0, Infinity),
      Math.sqrt(10) * Math.exp((-(0.7 ** 2) * 0.5) / 8),
      1e-15,
    );
  });

  it("builds a call: E[P; P > K] - K E[1; P > K], far out of the money too", () => {
    for (const strike of [5, 10, 30, 200]) {
      const call =
        Math.exp(-0.02) *
        (computeTruncatedMoment(market, 1, strike, Infinity) -
          strike * computeTruncatedMoment(market, 0, strike, Infinity));
      expectRelative(call, computeOptionValueQuote({ kind: "call", strike }, market), 1e-8);
    }
  });

  it("counts a certain price once, in the interval it closes", () => {
    const certain = { ...market, years: 0 };
    expect(computeTruncatedMoment(certain, 2, 5, 10)).to.equal(100);
    expect(computeTruncatedMoment(certain, 2, 10, 20)).to.equal(0);
  });

  it("refuses edges out of order and NaN", () => {
    expectInvalid(() => computeTruncatedMoment(market, NaN, 1, 2), "power", NaN);
    expectInvalid(() => computeTruncatedMoment(market, 1, 3, 2), "upper", 2);
    expectInvalid(() => computeTruncatedMoment(market, 1, -1, 2), "lower", -1);
    expectInvalid(() => computeTruncatedMoment(market, 1, NaN, 2), "lower", NaN);
    expectInvalid(() => computeTruncatedMoment(market, 1, 1, NaN), "upper", NaN);
  });
});
