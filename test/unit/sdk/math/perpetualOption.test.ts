import { expect } from "chai";
import { describe, it } from "mocha";
import { computeOptionValueQuote } from "../../../../sdk/math/blackScholes.ts";
import { computeLpDeltaBase, computeLpValueQuote } from "../../../../sdk/math/lp.ts";
import { computeLvrQuotePerYear } from "../../../../sdk/math/lvr.ts";
import {
  computeEffectiveTenorYears,
  computeFeeImpliedVolatility,
  computePerpetualOption,
  computePerpetualOptionDeltaBase,
  computePerpetualOptionValueQuote,
} from "../../../../sdk/math/perpetualOption.ts";
import vectors from "../../../vectors/math.json" with { type: "json" };
import { expectClose } from "../../../support/close.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";

const option = computePerpetualOption(vectors.liquidityPosition);
/** The position that holds exactly 1 base below its range. */
const one = {
  priceLower: 1500,
  priceUpper: 2500,
  liquidity: 1 / (1 / Math.sqrt(1500) - 1 / Math.sqrt(2500)),
};

describe("computePerpetualOption", () => {
  it("strikes at the geometric middle of the range", () => {
    expectRelative(option.strike, Math.sqrt(1500 * 2500), 1e-15);
    expectRelative(option.strike * option.rangeFactor, 2500, 1e-15);
    expectInvalid(() => computePerpetualOption({ priceLower: 0, priceUpper: 1 }), "priceLower", 0);
    expectInvalid(() => computePerpetualOption({ priceLower: 1, priceUpper: 1 }), "priceUpper", 1);
    expectInvalid(() => computePerpetualOption({ priceLower: 1, priceUpper: Infinity }), "priceUpper", Infinity);
  });
});

describe("value and delta", () => {
  it("are those of the position that holds one base below its range", () => {
    for (const price of [900, 1500, 1700, 2000, 2300, 2499, 2500, 4000]) {
      expectRelative(computePerpetualOptionValueQuote(option, price), computeLpValueQuote(one, price), 1e-12);
      expectClose(computePerpetualOptionDeltaBase(option, price), computeLpDeltaBase(one, price), 1e-12);
    }
  });

  it("refuse what cannot be", () => {
    for (const price of [NaN, 0, -1, Infinity]) {
      expectInvalid(() => computePerpetualOptionValueQuote(option, price), "price", price);
      expectInvalid(() => computePerpetualOptionDeltaBase(option, price), "price", price);
    }
    expectInvalid(() => computePerpetualOptionValueQuote({ strike: 1, rangeFactor: 1 }, 1), "rangeFactor", 1);
    expectInvalid(() => computePerpetualOptionDeltaBase({ strike: 0, rangeFactor: 2 }, 1), "strike", 0);
  });
});

describe("computeEffectiveTenorYears", () => {
  it("matches the corrected figure", () => {
    const v = vectors.effectiveTenor;
    expectClose(computeEffectiveTenorYears(v.rangeFactor, v.volatility) * 365, v.days, v.absolute);
  });

  it("prices an option at the money at what the range gives up there", () => {
    const narrow = { strike: 2000, rangeFactor: 1.02 };
    const market = { price: 2000, volatility: 0.7, ratePerYear: 0, yieldPerYear: 0 };
    const years = computeEffectiveTenorYears(narrow.rangeFactor, market.volatility);
    const put = computeOptionValueQuote({ kind: "put", strike: 2000 }, { ...market, years });
    expectRelative(put, 2000 - computePerpetualOptionValueQuote(narrow, 2000), 1e-4);
  });

  it("refuses a factor of 1 and no volatility", () => {
    for (const factor of [NaN, 1, 0.5, Infinity]) {
      expectInvalid(() => computeEffectiveTenorYears(factor, 0.7), "rangeFactor", factor);
    }
    expectInvalid(() => computeEffectiveTenorYears(1.27, 0), "volatility", 0);
  });
});

describe("computeFeeImpliedVolatility", () => {
  it("is the volatility whose loss versus rebalancing the fees of a narrow range just pay", () => {
    const inputs = { feeFraction: 0.003, dailyVolumeQuote: 1e8, tickLiquidityQuote: 3e6 };
    const volatility = computeFeeImpliedVolatility(inputs);
    expectRelative(volatility, 0.006 * Math.sqrt((1e8 / 3e6) * 365), 1e-15);
    // a tick spacing of twice the fee, as pools have it: liquidity L keeps L √P · width/2 of value in it
    const width = 0.006;
    const liquidity = inputs.tickLiquidityQuote / ((Math.sqrt(2000) * width) / 2);
    const lvr = computeLvrQuotePerYear({ liquidity, priceLower: 1990, priceUpper: 2010 }, 2000, volatility);
    expectRelative(lvr, inputs.feeFraction * inputs.dailyVolumeQuote * 365, 1e-12);
  });

  it("is 0 without volume, and refuses what cannot be", () => {
    const inputs = { feeFraction: 0.003, dailyVolumeQuote: 0, tickLiquidityQuote: 3e6 };
    expect(computeFeeImpliedVolatility(inputs)).to.equal(0);
    expectInvalid(() => computeFeeImpliedVolatility({ ...inputs, feeFraction: 3 }), "feeFraction", 3);
    expectInvalid(() => computeFeeImpliedVolatility({ ...inputs, dailyVolumeQuote: -1 }), "dailyVolumeQuote", -1);
    expectInvalid(() => computeFeeImpliedVolatility({ ...inputs, tickLiquidityQuote: 0 }), "tickLiquidityQuote", 0);
  });
});
