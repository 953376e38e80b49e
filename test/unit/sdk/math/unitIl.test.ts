import { describe, it } from "mocha";
import { expect } from "chai";
import { computeOptionValueQuote } from "../../../../sdk/math/blackScholes.ts";
import { computeDivergenceLossPercent, computeLpAmounts, computeLpValueQuote } from "../../../../sdk/math/lp.ts";
import { computeExpectedIlQuote, computeUnitIl, computeUnitIlTrapezoid } from "../../../../sdk/math/unitIl.ts";
import type { IlSide } from "../../../../sdk/math/unitIl.ts";
import { computeFullRangeIlClaimQuote } from "../../../../sdk/math/fullRangeIl.ts";
import vectors from "../../../vectors/math.json" with { type: "json" };
import { expectClose } from "../../../support/close.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";
import { expectLognormal, integrate } from "./quadrature.ts";

const v = vectors.unitIl;
const market = { price: v.price, volatility: v.volatility, years: v.years, ratePerYear: 0, yieldPerYear: 0 };
const sides: readonly (readonly [IlSide, typeof v.right])[] = [
  ["right", v.right],
  ["left", v.left],
];

describe("computeUnitIl", () => {
  it("matches the published values", () => {
    for (const [side, range] of sides) expectClose(computeUnitIl(side, range, market), range.value, v.absolute);
  });

  it("is the integral of the option strip, with rates too, and with the price inside the range", () => {
    for (const rates of [
      { ratePerYear: 0, yieldPerYear: 0 },
      { ratePerYear: 0.08, yieldPerYear: 0.03 },
    ]) {
      for (const [side, { lower, upper }] of [...sides, ["right", { lower: 9, upper: 30 }] as const]) {
        const kind = side === "right" ? "call" : "put";
        const shifted = { ...market, ...rates };
        const strip = integrate(
          (strike) => computeOptionValueQuote({ kind, strike }, shifted) * strike ** -1.5,
          lower,
          upper,
          2000,
        );
        expectClose(computeUnitIl(side, { lower, upper }, shifted), -strip / 2, 1e-12);
      }
    }
  });

  it("is the payoff itself at expiry", () => {
    const expired = { ...market, years: 0 };
    expect(computeUnitIl("right", { lower: 11, upper: 12 }, expired)).to.equal(0);
    const beyond = computeUnitIl("right", { lower: 8, upper: 9 }, expired);
    expectClose(beyond, -(10 * (8 ** -0.5 - 9 ** -0.5) - (3 - 8 ** 0.5)), 1e-15);
  });

  it("refuses an empty range and an impossible market", () => {
    expectInvalid(() => computeUnitIl("left", { lower: 9, upper: 9 }, market), "upper", 9);
    expectInvalid(() => computeUnitIl("left", { lower: 0, upper: 9 }, market), "lower", 0);
    expectInvalid(() => computeUnitIl("right", { lower: 9, upper: Infinity }, market), "upper", Infinity);
    expectInvalid(() => computeUnitIl("right", { lower: NaN, upper: 9 }, market), "lower", NaN);
    expectInvalid(() => computeUnitIl("right", v.right, { ...market, volatility: -1 }), "volatility", -1);
  });
});

describe("computeUnitIlTrapezoid", () => {
  it("matches the published strips, and tends to the closed form from above", () => {
    for (const [strikes, expected] of Object.entries(v.trapezoidRight)) {
      expectClose(computeUnitIlTrapezoid("right", v.right, Number(strikes), market), expected, v.trapezoidAbsolute);
    }
    for (const [side, range] of sides) {
      const exact = computeUnitIl(side, range, market);
      const errors = [11, 101].map((strikes) => computeUnitIlTrapezoid(side, range, strikes, market) - exact);
      expect(errors[0]).to.be.below(0); // overstates the loss
      expectRelative((errors[1] ?? NaN) * 100, errors[0] ?? NaN, 0.01); // second order
    }
  });

  it("refuses a single strike, half a strike and NaN", () => {
    for (const strikes of [1, 2.5, NaN, Infinity]) {
      expectInvalid(() => computeUnitIlTrapezoid("right", v.right, strikes, market), "strikes", strikes);
    }
  });
});

describe("computeExpectedIlQuote", () => {
  const p = vectors.liquidityPosition;
  const here = { price: p.entryPrice, volatility: 0.7, years: 30 / 365, ratePerYear: 0, yieldPerYear: 0 };

  it("is the expectation of value less held amounts, wherever entry and price stand", () => {
    for (const entryPrice of [1400, 1800, 2000, 2600]) {
      for (const price of [1700, 2000]) {
        const held = computeLpAmounts(p, entryPrice);
        const expected = expectLognormal(
          (end) => computeLpValueQuote(p, end) - held.baseAmount * end - held.quoteAmount,
          price,
          0.7 * Math.sqrt(30 / 365),
        );
        expectClose(computeExpectedIlQuote(p, entryPrice, { ...here, price }), expected, 1e-3);
      }
    }
  });

  it("tends to the full-range claim as the range widens", () => {
    const wide = { liquidity: 10, priceLower: 2000 / 1e9, priceUpper: 2000 * 1e9 };
    const claim = computeFullRangeIlClaimQuote({ quoteAmount: 10 * Math.sqrt(2000), volatility: 0.7, years: 30 / 365 });
    expectRelative(-computeExpectedIlQuote(wide, 2000, here), claim, 1e-9);
  });

  it("is nothing at entry without time, and the divergence loss elsewhere", () => {
    expect(Math.abs(computeExpectedIlQuote(p, 2000, { ...here, years: 0 }))).to.be.below(1e-10);
    const held = computeLpAmounts(p, 2000);
    const loss = computeExpectedIlQuote(p, 2000, { ...here, price: 1600, years: 0 });
    const percent = (100 * loss) / (held.baseAmount * 1600 + held.quoteAmount);
    expectRelative(percent, computeDivergenceLossPercent(p, 2000, 1600), 1e-10);
  });

  it("refuses a full range, which has a claim of its own, and no entry price", () => {
    expectInvalid(() => computeExpectedIlQuote({ ...p, priceUpper: Infinity }, 2000, here), "priceUpper", Infinity);
    expectInvalid(() => computeExpectedIlQuote({ ...p, priceLower: 0 }, 2000, here), "priceLower", 0);
    expectInvalid(() => computeExpectedIlQuote(p, NaN, here), "entryPrice", NaN);
  });
});
