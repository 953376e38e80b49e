import { expect } from "chai";
import { describe, it } from "mocha";
import {
  computeFirstPassageProbability,
  computeShortLiquidationPrice,
  computeShortLiquidationProbability,
  computeShortNotionalCapQuote,
  computeUpMoveAtProbability,
} from "../../../../sdk/math/margin.ts";
import { computeNormalCdf } from "../../../../sdk/math/normal.ts";
import vectors from "../../../vectors/math.json" with { type: "json" };
import { expectInvalid, expectRelative } from "./assertions.ts";
import { expectClose } from "../../../support/close.ts";

const base = { price: 2000, barrier: 2600, volatility: 0.7, drift: 0, years: 30 / 365 };

describe("computeShortLiquidationPrice", () => {
  it("is where equity equals the maintenance margin", () => {
    const price = computeShortLiquidationPrice(2000, 3, 0.02);
    const equityPerBase = 2000 / 3 - (price - 2000);
    expectRelative(equityPerBase, 0.02 * price, 1e-12);
  });

  it("refuses no leverage and a maintenance margin in percent", () => {
    expectInvalid(() => computeShortLiquidationPrice(2000, 0, 0.02), "leverage", 0);
    expectInvalid(() => computeShortLiquidationPrice(2000, 3, 2), "maintenance", 2);
    expectInvalid(() => computeShortLiquidationPrice(NaN, 3, 0.02), "entryPrice", NaN);
  });
});

describe("computeFirstPassageProbability", () => {
  it("matches the published liquidation probabilities", () => {
    const v = vectors.liquidationProbability;
    for (const { leverage, days, probability } of v.cases) {
      const barrier = computeShortLiquidationPrice(2000, leverage, v.maintenance);
      const computed = computeFirstPassageProbability({
        price: 2000,
        barrier,
        volatility: v.volatility,
        drift: 0,
        years: days / 365,
      });
      expectClose(computed, probability, v.absolute);
    }
  });

  it("is twice the chance of ending beyond the barrier when the logarithm has no drift", () => {
    const logDriftless = { ...base, drift: base.volatility ** 2 / 2 };
    const z = -Math.log(1.3) / (0.7 * Math.sqrt(30 / 365));
    expectRelative(computeFirstPassageProbability(logDriftless), 2 * computeNormalCdf(z), 1e-12);
  });

  it("mirrors: a fall of the price is a rise of its inverse", () => {
    const fall = computeFirstPassageProbability({ ...base, barrier: 1500, drift: 0.3 });
    const rise = computeFirstPassageProbability({
      ...base,
      price: 1 / 2000,
      barrier: 1 / 1500,
      drift: base.volatility ** 2 - 0.3,
    });
    expectRelative(fall, rise, 1e-12);
  });

  it("rises with time and volatility, falls with distance, and is 1 at the barrier", () => {
    const probability = computeFirstPassageProbability(base);
    expect(computeFirstPassageProbability({ ...base, years: 60 / 365 })).to.be.above(probability);
    expect(computeFirstPassageProbability({ ...base, volatility: 0.9 })).to.be.above(probability);
    expect(computeFirstPassageProbability({ ...base, barrier: 2700 })).to.be.below(probability);
    expect(computeFirstPassageProbability({ ...base, barrier: 2000 })).to.equal(1);
  });

  it("stays a probability where e^(2mb/sigma²) alone overflows", () => {
    const certain = computeFirstPassageProbability({ price: 1, barrier: 3, volatility: 0.03, drift: 5, years: 1 });
    expectRelative(certain, 1, 1e-12);
    const hopeless = computeFirstPassageProbability({ price: 1, barrier: 3, volatility: 0.03, drift: -5, years: 1 });
    expect(hopeless).to.equal(0);
  });

  it("refuses inputs out of domain", () => {
    expectInvalid(() => computeFirstPassageProbability({ ...base, price: 0 }), "price", 0);
    expectInvalid(() => computeFirstPassageProbability({ ...base, barrier: NaN }), "barrier", NaN);
    expectInvalid(() => computeFirstPassageProbability({ ...base, volatility: -0.7 }), "volatility", -0.7);
    expectInvalid(() => computeFirstPassageProbability({ ...base, drift: NaN }), "drift", NaN);
    expectInvalid(() => computeFirstPassageProbability({ ...base, years: 0 }), "years", 0);
  });
});

describe("computeUpMoveAtProbability", () => {
  it("matches the published moves", () => {
    const v = vectors.upMoveAtProbability;
    for (const { volatility, days, upMove } of v.cases) {
      const computed = computeUpMoveAtProbability({
        probability: v.probability,
        volatility,
        drift: 0,
        years: days / 365,
      });
      expectClose(computed, upMove, v.absolute);
    }
  });

  it("inverts the probability", () => {
    for (const probability of [1e-9, 1e-3, 0.2, 0.9]) {
      const move = computeUpMoveAtProbability({ probability, volatility: 0.7, drift: 0.1, years: 0.1 });
      const back = computeFirstPassageProbability({
        price: 1,
        barrier: 1 + move,
        volatility: 0.7,
        drift: 0.1,
        years: 0.1,
      });
      expectRelative(back, probability, 1e-6);
    }
  });

  it("refuses certainty and impossibility", () => {
    const inputs = { volatility: 0.7, drift: 0, years: 0.1 };
    expectInvalid(() => computeUpMoveAtProbability({ ...inputs, probability: 0 }), "probability", 0);
    expectInvalid(() => computeUpMoveAtProbability({ ...inputs, probability: 1 }), "probability", 1);
    expectInvalid(() => computeUpMoveAtProbability({ ...inputs, probability: NaN }), "probability", NaN);
  });
});

describe("computeShortNotionalCapQuote", () => {
  it("is the notional whose liquidation price lies exactly the up move away", () => {
    const cap = computeShortNotionalCapQuote({ marginQuote: 10_000, upMove: 0.3, maintenance: 0.02 });
    expectRelative(computeShortLiquidationPrice(2000, cap / 10_000, 0.02), 2600, 1e-12);
  });

  it("refuses a move of 0, which no margin limits", () => {
    expectInvalid(() => computeShortNotionalCapQuote({ marginQuote: 1, upMove: 0, maintenance: 0.02 }), "upMove", 0);
    expectInvalid(
      () => computeShortNotionalCapQuote({ marginQuote: -1, upMove: 1, maintenance: 0.02 }),
      "marginQuote",
      -1,
    );
  });
});

describe("computeShortLiquidationProbability", () => {
  const v = vectors.liquidationProbability;
  const short = {
    notionalQuote: 30_000,
    marginQuote: 10_000,
    maintenance: v.maintenance,
    volatility: v.volatility,
    drift: 0,
  };

  it("matches the published probabilities", () => {
    for (const { leverage, days, probability } of v.cases) {
      const computed = computeShortLiquidationProbability({
        ...short,
        notionalQuote: leverage * short.marginQuote,
        years: days / 365,
      });
      expectClose(computed, probability, v.absolute);
    }
  });

  it("inverts the cap on the notional", () => {
    const move = { volatility: 0.7, drift: 0, years: 1 / 365 };
    const upMove = computeUpMoveAtProbability({ ...move, probability: 0.001 });
    const notionalQuote = computeShortNotionalCapQuote({ marginQuote: 10_000, upMove, maintenance: 0.02 });
    expectRelative(computeShortLiquidationProbability({ ...short, notionalQuote, years: 1 / 365 }), 0.001, 1e-8);
  });

  it("is certain below the maintenance margin", () => {
    for (const marginQuote of [0, 600]) {
      expect(computeShortLiquidationProbability({ ...short, marginQuote, years: 0.1 })).to.equal(1);
    }
    expect(computeShortLiquidationProbability({ ...short, marginQuote: 700, years: 1e-9 })).to.be.below(1e-6);
    expectInvalid(() => computeShortLiquidationProbability({ ...short, marginQuote: -1, years: 1 }), "marginQuote", -1);
    expectInvalid(() => computeShortLiquidationProbability({ ...short, years: NaN }), "years", NaN);
  });
});
