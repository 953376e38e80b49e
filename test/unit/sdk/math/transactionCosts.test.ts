import { expect } from "chai";
import { describe, it } from "mocha";
import { computeWhalleyWilmottHalfWidth } from "../../../../sdk/math/bands.ts";
import {
  computeLelandNumber,
  computeLelandVolatility,
  computeZakamoulineBand,
} from "../../../../sdk/math/transactionCosts.ts";
import type { ZakamoulineInputs } from "../../../../sdk/math/transactionCosts.ts";
import vectors from "../../../vectors/math.json" with { type: "json" };
import { expectClose } from "../../../support/close.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";
import { expectLognormal } from "./quadrature.ts";

const v = vectors.leland;
const daily = { volatility: v.volatility, roundTripCost: v.roundTripCost, intervalYears: 1 / 365 };

describe("Leland", () => {
  it("matches the published volatilities", () => {
    expectClose(computeLelandVolatility(daily, "short"), v.daily, v.absolute);
    const weekly = { ...daily, intervalYears: 1 / v.weeksPerYear };
    expectClose(computeLelandVolatility(weekly, "short"), v.weekly, v.absolute);
  });

  it("is the expected cost of an interval over what gamma earns in it", () => {
    const deviation = 0.8 * Math.sqrt(1 / 365);
    const meanMove = expectLognormal((ratio) => Math.abs(Math.log(ratio) + deviation ** 2 / 2), 1, deviation);
    expectRelative(computeLelandNumber(daily), (0.005 * meanMove) / (0.5 * deviation ** 2), 1e-6);
  });

  it("raises the volatility of a short gamma by what it takes from a long one", () => {
    const sum = computeLelandVolatility(daily, "short") ** 2 + computeLelandVolatility(daily, "long") ** 2;
    expectRelative(sum, 2 * 0.8 ** 2, 1e-12);
  });

  it("refuses costs that eat a long gamma, and what is not positive", () => {
    const dear = { ...daily, roundTripCost: 0.06 };
    expectInvalid(() => computeLelandVolatility(dear, "long"), "roundTripCost", 0.06);
    expect(computeLelandVolatility(dear, "short")).to.be.above(0.8);
    for (const key of ["volatility", "roundTripCost", "intervalYears"] as const) {
      for (const value of [NaN, 0, -1, Infinity]) {
        expectInvalid(() => computeLelandNumber({ ...daily, [key]: value }), key, value);
      }
    }
  });
});

const option: ZakamoulineInputs = {
  gamma: 0.02,
  price: 5000,
  volatility: 0.2,
  years: 0.25,
  ratePerYear: 0,
  proportionalCost: 5e-4,
  riskAversion: 1,
};

describe("computeZakamoulineBand", () => {
  it("matches the widths of an independent implementation of the paper", () => {
    const band = computeZakamoulineBand(option);
    expectClose(band.flatWidthBase, 1e-5, 1e-12);
    expectClose(band.halfWidthBase, 0.020953691, 1e-9);
    expectRelative(band.gammaWidthBase + band.flatWidthBase, band.halfWidthBase, 1e-15);
  });

  it("scales as published: 0.31 in cost, -1/4 in volatility, 1/2 in gamma over risk aversion", () => {
    const width = (change: Partial<ZakamoulineInputs>): number =>
      computeZakamoulineBand({ ...option, ...change }).gammaWidthBase / computeZakamoulineBand(option).gammaWidthBase;
    expectRelative(width({ proportionalCost: 5e-3 }), 10 ** 0.31, 1e-12);
    expectRelative(width({ volatility: 0.4 }), 2 ** -0.25, 1e-12);
    expectRelative(width({ gamma: -0.08 }), 2, 1e-12);
    expectRelative(width({ riskAversion: 4 }), 0.5, 1e-12);
    expectRelative(width({ years: 0.5 }), 2 ** 0.05, 1e-12);
    expectRelative(width({ ratePerYear: 0.4 }), Math.exp(-0.4 * 0.25 * 0.25), 1e-12);
  });

  it("raises the volatility for a short gamma and lowers it for a long one, by the same variance", () => {
    const long = computeZakamoulineBand(option).adjustedVolatility;
    const short = computeZakamoulineBand({ ...option, gamma: -0.02 }).adjustedVolatility;
    expect(long).to.be.below(0.2);
    expect(short).to.be.above(0.2);
    expectRelative(long ** 2 + short ** 2, 0.08, 1e-12);
    // 4.76 · 0.0005^0.78 · 0.25^-0.02 · 5^0.25 · (5000² · 0.02)^0.15, by hand
    const correction = 4.76 * 0.00266193 * 1.028114 * 1.495349 * 7.158887;
    expectRelative((short / 0.2) ** 2 - 1, correction, 1e-6);
  });

  it("keeps a width where gamma vanishes, unlike Whalley and Wilmott's", () => {
    const flat = computeZakamoulineBand({ ...option, gamma: 0 });
    expect(flat.halfWidthBase).to.equal(flat.flatWidthBase);
    expect(flat.adjustedVolatility).to.equal(0.2);
    expect(computeWhalleyWilmottHalfWidth({ ...option, gamma: 0 })).to.equal(0);
  });

  it("refuses a correction that leaves no volatility, and what cannot be", () => {
    expectInvalid(() => computeZakamoulineBand({ ...option, proportionalCost: 0.5 }), "proportionalCost", 0.5);
    for (const key of ["price", "volatility", "years", "proportionalCost", "riskAversion"] as const) {
      for (const value of [NaN, 0, -1, Infinity]) {
        expectInvalid(() => computeZakamoulineBand({ ...option, [key]: value }), key, value);
      }
    }
    expectInvalid(() => computeZakamoulineBand({ ...option, gamma: NaN }), "gamma", NaN);
  });
});
