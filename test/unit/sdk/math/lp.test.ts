import { expect } from "chai";
import { describe, it } from "mocha";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import {
  computeDivergenceLossPercent,
  computeFullRangeDivergenceLossPercent,
  computeLiquidityForValue,
  computeLpAmounts,
  computeLpDeltaBase,
  computeLpGamma,
  computeLpValueQuote,
  FULL_RANGE,
  requirePosition,
} from "../../../../sdk/math/lp.ts";
import vectors from "../../../vectors/math.json" with { type: "json" };
import { expectInvalid, expectRelative } from "./assertions.ts";
import { expectClose } from "../../../support/close.ts";

const vector = vectors.liquidityPosition;
const range = { priceLower: vector.priceLower, priceUpper: vector.priceUpper };
const position = { liquidity: vector.liquidity, ...range };
const SEED = 20261101;

describe("computeLiquidityForValue", () => {
  it("matches the published position", () => {
    expectRelative(
      computeLiquidityForValue(vector.valueQuote, vector.entryPrice, range),
      vector.liquidity,
      vector.tolerance,
    );
  });

  it("inverts the value inside, below and above the range, and on the full range", () => {
    for (const price of [1000, 1500, 2000, 2500, 4000]) {
      for (const edges of [range, FULL_RANGE]) {
        const liquidity = computeLiquidityForValue(777, price, edges);
        expectRelative(computeLpValueQuote({ liquidity, ...edges }, price), 777, 1e-14);
      }
    }
  });

  it("refuses a value, price or range that cannot be", () => {
    expectInvalid(() => computeLiquidityForValue(0, 2000, range), "valueQuote", 0);
    expectInvalid(() => computeLiquidityForValue(NaN, 2000, range), "valueQuote", NaN);
    expectInvalid(() => computeLiquidityForValue(1, -1, range), "price", -1);
    expectInvalid(() => computeLiquidityForValue(1, 2000, { priceLower: 2500, priceUpper: 1500 }), "priceUpper", 1500);
    expectInvalid(() => computeLiquidityForValue(1, 2000, { priceLower: 1500, priceUpper: 1500 }), "priceUpper", 1500);
  });
});

describe("position value and Greeks", () => {
  it("match the published values on both sides of the range and inside", () => {
    for (const [price, value] of Object.entries(vector.valueAt)) {
      expectRelative(computeLpValueQuote(position, Number(price)), value, vector.tolerance);
    }
    for (const [price, delta] of Object.entries(vector.deltaAt)) {
      expectRelative(computeLpDeltaBase(position, Number(price)), delta, vector.tolerance);
    }
    expectRelative(computeLpDeltaBase(position, vector.entryPrice), vector.deltaBase, vector.tolerance);
    expectRelative(computeLpGamma(position, vector.entryPrice), vector.gamma, vector.tolerance);
  });

  it("hold only base at the lower edge, only quote at the upper edge", () => {
    const atLower = computeLpAmounts(position, 1500);
    expect(atLower.quoteAmount).to.equal(0);
    expectRelative(atLower.baseAmount, 5.432606275677086, vector.tolerance);
    const atUpper = computeLpAmounts(position, 2500);
    expect(atUpper.baseAmount).to.equal(0);
    expectRelative(atUpper.quoteAmount, 10520.19681609963, vector.tolerance);
  });

  it(`are the derivatives of the value (central differences, seed ${SEED})`, () => {
    const random = xoroshiro128plus(SEED);
    for (let i = 0; i < 200; i++) {
      const price = 1510 + 980 * uniformFloat64(random);
      const step = price * 1e-4;
      const below = computeLpValueQuote(position, price - step);
      const at = computeLpValueQuote(position, price);
      const above = computeLpValueQuote(position, price + step);
      expectRelative(computeLpDeltaBase(position, price), (above - below) / (2 * step), 1e-4);
      expectRelative(computeLpGamma(position, price), (above - 2 * at + below) / (step * step), 1e-3);
    }
  });

  it("have gamma from the lower edge up to, not including, the upper one", () => {
    expect(computeLpGamma(position, 1499.999)).to.equal(0);
    expect(computeLpGamma(position, 1500)).to.be.below(0);
    expect(computeLpGamma(position, 2499.999)).to.be.below(0);
    expect(computeLpGamma(position, 2500)).to.equal(0);
  });

  it("become a constant-product pool on the full range", () => {
    const v = vectors.fullRangeValue;
    const full = { liquidity: Math.sqrt(v.baseAmount * v.quoteAmount), ...FULL_RANGE };
    expectRelative(computeLpValueQuote(full, v.entryPrice * v.factor), v.valueUp, v.tolerance);
    expectRelative(computeLpValueQuote(full, v.entryPrice / v.factor), v.valueDown, v.tolerance);
    expect(computeLpAmounts(full, v.entryPrice)).to.deep.equal({ baseAmount: 100, quoteAmount: 100 });
  });

  it("refuse prices and positions that cannot be", () => {
    for (const price of [0, -1, NaN, Infinity]) {
      expectInvalid(() => computeLpValueQuote(position, price), "price", price);
      expectInvalid(() => computeLpAmounts(position, price), "price", price);
      expectInvalid(() => computeLpDeltaBase(position, price), "price", price);
      expectInvalid(() => computeLpGamma(position, price), "price", price);
    }
    expectInvalid(() => requirePosition({ ...position, liquidity: -1 }), "liquidity", -1);
    expectInvalid(() => requirePosition({ ...position, liquidity: NaN }), "liquidity", NaN);
    expectInvalid(() => requirePosition({ ...position, priceLower: -1 }), "priceLower", -1);
    expectInvalid(() => requirePosition({ ...position, priceUpper: NaN }), "priceUpper", NaN);
    requirePosition({ ...position, liquidity: 0 });
  });
});

describe("computeDivergenceLossPercent", () => {
  it("matches the published percentages", () => {
    for (const [price, loss] of Object.entries(vector.divergenceLossPercentAt)) {
      const computed = computeDivergenceLossPercent(position, vector.entryPrice, Number(price));
      expectClose(computed, loss, vector.divergenceAbsolute);
    }
  });

  it(`equals value over holdings, less 1, for entries in and out of range (seed ${SEED})`, () => {
    const random = xoroshiro128plus(SEED);
    for (let i = 0; i < 1000; i++) {
      const entryPrice = 500 + 4000 * uniformFloat64(random);
      const price = 500 + 4000 * uniformFloat64(random);
      const held = computeLpAmounts(position, entryPrice);
      const direct = 100 * (computeLpValueQuote(position, price) / (held.baseAmount * price + held.quoteAmount) - 1);
      const computed = computeDivergenceLossPercent(position, entryPrice, price);
      expectClose(computed, direct, 1e-10);
      expect(computed).to.be.at.most(0);
    }
  });

  it("keeps its precision for a move of one part in 10^8", () => {
    // -L (sqrt P - sqrt P0)² / (sqrt P0 · V0) with a relative move h: -L sqrt(P0) h² / (4 V0)
    const expected = (-100 * vector.liquidity * Math.sqrt(2000) * 1e-16) / (4 * vector.valueQuote);
    expectRelative(computeDivergenceLossPercent(position, 2000, 2000 * (1 + 1e-8)), expected, 1e-6);
  });

  it("is 0 where nothing moved, and refuses a position without liquidity", () => {
    expect(computeDivergenceLossPercent(position, 2000, 2000)).to.equal(0);
    expectInvalid(() => computeDivergenceLossPercent({ ...position, liquidity: 0 }, 2000, 1800), "liquidity", 0);
    expectInvalid(() => computeDivergenceLossPercent(position, NaN, 1800), "entryPrice", NaN);
  });
});

describe("computeFullRangeDivergenceLossPercent", () => {
  it("matches the published percentages and the general formula", () => {
    const v = vectors.fullRangeDivergenceLossPercent;
    for (const [ratio, loss] of Object.entries(v.atRatio)) {
      expectClose(computeFullRangeDivergenceLossPercent(Number(ratio)), loss, v.absolute);
      const general = computeDivergenceLossPercent({ liquidity: 3, ...FULL_RANGE }, 2000, 2000 * Number(ratio));
      expectRelative(computeFullRangeDivergenceLossPercent(Number(ratio)), general, 1e-12);
    }
  });

  it("refuses a ratio that is not positive", () => {
    expectInvalid(() => computeFullRangeDivergenceLossPercent(0), "priceRatio", 0);
  });
});
