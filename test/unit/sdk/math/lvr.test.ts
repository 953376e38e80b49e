import { expect } from "chai";
import { describe, it } from "mocha";
import {
  computeLiquidityForValue,
  computeLpDeltaBase,
  computeLpGamma,
  computeLpValueQuote,
  FULL_RANGE,
} from "../../../../sdk/math/lp.ts";
import {
  computeArbitrageFactor,
  computeFullRangeLvrBpPerDay,
  computeLvrFractionAtRangeCentre,
  computeLvrQuotePerYear,
} from "../../../../sdk/math/lvr.ts";
import vectors from "../../../vectors/math.json" with { type: "json" };
import { expectInvalid, expectRelative } from "./assertions.ts";
import { expectClose } from "../../../support/close.ts";

const v = vectors.lvrRange;
const range = { priceLower: v.price / v.rangeFactor, priceUpper: v.price * v.rangeFactor };
const position = { liquidity: computeLiquidityForValue(v.valueQuote, v.price, range), ...range };

describe("computeLvrQuotePerYear", () => {
  it("matches the published position", () => {
    expectRelative(position.liquidity, v.liquidity, v.tolerance);
    expectRelative(computeLpDeltaBase(position, v.price), v.deltaBase, v.tolerance);
    expectRelative(computeLpGamma(position, v.price), v.gamma, v.tolerance);
    expectRelative(computeLvrQuotePerYear(position, v.price, v.volatility), v.lvrQuotePerYear, v.tolerance);
  });

  it("equals sigma² L sqrt(P) / 4 in range and 0 outside", () => {
    const expected = (v.volatility ** 2 * position.liquidity * Math.sqrt(1800)) / 4;
    expectRelative(computeLvrQuotePerYear(position, 1800, v.volatility), expected, 1e-12);
    expect(computeLvrQuotePerYear(position, 1500, v.volatility)).to.equal(0);
    expect(computeLvrQuotePerYear(position, 2600, v.volatility)).to.equal(0);
  });

  it("refuses a negative volatility", () => {
    expectInvalid(() => computeLvrQuotePerYear(position, 2000, -0.7), "volatility", -0.7);
  });
});

describe("computeLvrFractionAtRangeCentre", () => {
  it("agrees with the position and with sigma²/8 on the full range", () => {
    expectRelative(
      computeLvrFractionAtRangeCentre(v.volatility, v.rangeFactor),
      v.lvrQuotePerYear / v.valueQuote,
      v.tolerance,
    );
    const full = { liquidity: 5, ...FULL_RANGE };
    expectRelative(
      computeLvrFractionAtRangeCentre(0.7, Infinity),
      computeLvrQuotePerYear(full, 2000, 0.7) / computeLpValueQuote(full, 2000),
      1e-12,
    );
  });

  it("refuses a range without width", () => {
    expectInvalid(() => computeLvrFractionAtRangeCentre(0.7, 1), "rangeFactor", 1);
    expectInvalid(() => computeLvrFractionAtRangeCentre(0.7, NaN), "rangeFactor", NaN);
  });
});

describe("computeFullRangeLvrBpPerDay", () => {
  it("matches the published figure a day and a year", () => {
    const full = vectors.lvrFullRange;
    const bpPerDay = computeFullRangeLvrBpPerDay(full.volatilityPerDay);
    expectRelative(bpPerDay, full.bpPerDay, 1e-12);
    expectClose((bpPerDay * 365) / 100, full.percentPerYear, full.absolutePercent);
  });
});

describe("computeArbitrageFactor", () => {
  it("is 1 without a fee and follows 1/(1 + g sqrt(2/dt)/sigma)", () => {
    expect(computeArbitrageFactor({ feeFraction: 0, blockSeconds: 12, volatility: 0.7 })).to.equal(1);
    // 5 % a day, 12 s blocks, 30 bp: sigma over one block is 5 % · sqrt(12/86400) = 5.893 bp, so 1/(1 + sqrt 2 · 30/5.893)
    const factor = computeArbitrageFactor({ feeFraction: 0.003, blockSeconds: 12, volatility: 0.05 * Math.sqrt(365) });
    expectRelative(factor, 1 / (1 + (Math.SQRT2 * 30) / (500 * Math.sqrt(12 / 86_400))), 1e-12);
  });

  it("refuses instantaneous blocks, no volatility and a fee in percent", () => {
    const inputs = { feeFraction: 0.003, blockSeconds: 12, volatility: 0.7 };
    expectInvalid(() => computeArbitrageFactor({ ...inputs, blockSeconds: 0 }), "blockSeconds", 0);
    expectInvalid(() => computeArbitrageFactor({ ...inputs, volatility: 0 }), "volatility", 0);
    expectInvalid(() => computeArbitrageFactor({ ...inputs, feeFraction: 30 }), "feeFraction", 30);
  });
});
