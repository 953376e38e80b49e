import { expect } from "chai";
import { describe, it } from "mocha";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import {
  computeBandCostQuotePerYear,
  computeBandMoments,
  computeBandObjective,
  computeDriftVolatility,
  computeFixedCostTrigger,
  computeOptimalBand,
  computeWhalleyWilmottHalfWidth,
} from "../../../../sdk/math/bands.ts";
import type { BandInputs } from "../../../../sdk/math/bands.ts";
import vectors from "../../../vectors/math.json" with { type: "json" };
import { expectInvalid, expectRelative } from "./assertions.ts";
import { expectClose } from "../../../support/close.ts";

const SEED = 20261102;
const v = vectors.band;
const inputs: BandInputs = {
  gamma: vectors.lvrRange.gamma,
  price: vectors.lvrRange.price,
  volatility: vectors.lvrRange.volatility,
  riskAversion: v.riskAversion,
  fixedCostQuote: v.fixedCostQuote,
  proportionalCost: v.proportionalCost,
  impactQuotePerBaseSquared: 0,
};

describe("computeOptimalBand", () => {
  it("matches the published band, its trades and its cost", () => {
    const band = computeOptimalBand(inputs);
    expectRelative(band.triggerBase, v.triggerBase, v.tolerance);
    expectRelative(band.targetBase, v.targetBase, v.tolerance);
    expectRelative(band.tradesPerYear, v.tradesPerYear, v.tolerance);
    expectRelative(band.costQuotePerYear, v.costQuotePerYear, v.tolerance);
  });

  it("is at least as good as the published band", () => {
    const published = computeBandObjective(inputs, { triggerBase: v.triggerBase, targetBase: v.targetBase });
    expect(computeOptimalBand(inputs).objectiveQuotePerYear).to.be.at.most(published);
  });

  it(`beats every point of a grid around it, for costs over ten decades (seed ${SEED})`, () => {
    const random = xoroshiro128plus(SEED);
    const decades = (low: number, high: number): number => 10 ** (low + (high - low) * uniformFloat64(random));
    for (let i = 0; i < 40; i++) {
      const drawn: BandInputs = {
        gamma: -decades(-4, 1),
        price: decades(-1, 5),
        volatility: decades(-1, 0.5),
        riskAversion: decades(-7, 0),
        fixedCostQuote: decades(-6, 4),
        proportionalCost: decades(-6, -1),
        impactQuotePerBaseSquared: i % 2 === 0 ? 0 : decades(-6, 4),
      };
      const band = computeOptimalBand(drawn);
      expect(band.targetBase).to.be.within(0, band.triggerBase);
      for (let step = -20; step <= 20; step++) {
        const triggerBase = band.triggerBase * 1.1 ** step;
        for (let part = 0; part < 20; part++) {
          const objective = computeBandObjective(drawn, { triggerBase, targetBase: (triggerBase * part) / 20 });
          expect(objective).to.be.at.least(band.objectiveQuotePerYear * (1 - 1e-12));
        }
      }
      // and a fine grid, where a search stuck beside the optimum would show
      for (const [up, sideways] of [
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
        [1, 1],
        [-1, -1],
      ] as const) {
        const near = {
          triggerBase: band.triggerBase * (1 + 1e-3 * up),
          targetBase: Math.min(band.targetBase * (1 + 1e-3 * sideways), band.triggerBase * (1 + 1e-3 * up)),
        };
        expect(computeBandObjective(drawn, near)).to.be.at.least(band.objectiveQuotePerYear * (1 - 1e-12));
      }
    }
  });

  it("recovers Whalley–Wilmott without a fixed cost, and approaches it as the fixed cost vanishes", () => {
    const halfWidth = computeWhalleyWilmottHalfWidth(inputs);
    const withoutFixed = computeOptimalBand({ ...inputs, fixedCostQuote: 0 });
    expect(withoutFixed.triggerBase).to.equal(halfWidth);
    expect(withoutFixed.targetBase).to.equal(halfWidth);
    expect(withoutFixed.tradesPerYear).to.equal(Infinity);
    const searched = computeOptimalBand({ ...inputs, fixedCostQuote: 1e-15 });
    expectRelative(searched.triggerBase, halfWidth, 1e-4);
    expectRelative(searched.targetBase, halfWidth, 1e-4);
    expectRelative(searched.costQuotePerYear, withoutFixed.costQuotePerYear, 1e-4);
  });

  it("ignores impact without a fixed cost: infinitely small trades have none", () => {
    const withImpact = computeOptimalBand({ ...inputs, fixedCostQuote: 0, impactQuotePerBaseSquared: 3 });
    expect(withImpact).to.deep.equal(computeOptimalBand({ ...inputs, fixedCostQuote: 0 }));
  });

  it("recovers the fixed-cost trigger without a proportional cost, and approaches it as that cost vanishes", () => {
    const trigger = computeFixedCostTrigger(inputs);
    const withoutProportional = computeOptimalBand({ ...inputs, proportionalCost: 0 });
    expect(withoutProportional.triggerBase).to.equal(trigger);
    expect(withoutProportional.targetBase).to.equal(0);
    const searched = computeOptimalBand({ ...inputs, proportionalCost: 1e-12 });
    expectRelative(searched.triggerBase, trigger, 1e-4);
    expect(searched.targetBase).to.be.within(0, trigger * 1e-4);
  });

  it("widens with cost, narrows with risk aversion, and does not depend on volatility", () => {
    const band = computeOptimalBand(inputs);
    expect(computeOptimalBand({ ...inputs, fixedCostQuote: 10 }).triggerBase).to.be.above(band.triggerBase);
    expect(computeOptimalBand({ ...inputs, proportionalCost: 0.003 }).triggerBase).to.be.above(band.triggerBase);
    expect(computeOptimalBand({ ...inputs, riskAversion: 1e-3 }).triggerBase).to.be.below(band.triggerBase);
    expectRelative(computeOptimalBand({ ...inputs, volatility: 1.4 }).triggerBase, band.triggerBase, 1e-6);
  });

  it("treats a long and a short gamma alike", () => {
    expect(computeOptimalBand({ ...inputs, gamma: -inputs.gamma })).to.deep.equal(computeOptimalBand(inputs));
  });

  it("refuses a band without gamma, without cost, without fear of risk, and NaN anywhere", () => {
    expectInvalid(() => computeOptimalBand({ ...inputs, gamma: 0 }), "gamma", 0);
    expectInvalid(
      () => computeOptimalBand({ ...inputs, fixedCostQuote: 0, proportionalCost: 0, impactQuotePerBaseSquared: 1 }),
      "proportionalCost",
      0,
    );
    expectInvalid(() => computeOptimalBand({ ...inputs, riskAversion: 0 }), "riskAversion", 0);
    expectInvalid(() => computeOptimalBand({ ...inputs, volatility: -0.7 }), "volatility", -0.7);
    expectInvalid(() => computeOptimalBand({ ...inputs, proportionalCost: -1e-4 }), "proportionalCost", -1e-4);
    for (const key of Object.keys(inputs) as (keyof BandInputs)[]) {
      expectInvalid(() => computeOptimalBand({ ...inputs, [key]: NaN }), key, NaN);
    }
  });
});

describe("computeWhalleyWilmottHalfWidth", () => {
  it("matches the published half-width", () => {
    const w = vectors.whalleyWilmott;
    expectClose(computeWhalleyWilmottHalfWidth(w), w.halfWidth, w.absolute);
  });

  it("grows with the price and with gamma squared under the cube root", () => {
    const w = vectors.whalleyWilmott;
    expectRelative(
      computeWhalleyWilmottHalfWidth({ ...w, price: 8 * w.price, gamma: 8 * w.gamma }),
      8 * computeWhalleyWilmottHalfWidth(w),
      1e-12,
    );
  });
});

describe("computeBandMoments", () => {
  it("match the published moments", () => {
    const m = vectors.bandMoments;
    const moments = computeBandMoments(m, m.driftVolatility);
    expectClose(moments.deltaVariance, m.deltaVariance, m.absolute);
    expectClose(moments.tradesPerYear, m.tradesPerYear, m.absolute);
  });

  it("agree with the stationary law of a lattice walk", () => {
    // Positions -9 … 9, a step of ±1 with probability 1/4 each; reaching ±10 is a trade that lands on ±4.
    const [b, c] = [10, 4];
    const size = 2 * b - 1;
    const index = (position: number): number => position + b - 1;
    let law: number[] = new Array<number>(size).fill(1 / size);
    let tradesPerStep = 0;
    for (let iteration = 0; iteration < 5000; iteration++) {
      const next: number[] = new Array<number>(size).fill(0);
      const add = (position: number, mass: number): void => {
        next[index(position)] = (next[index(position)] ?? NaN) + mass;
      };
      tradesPerStep = 0;
      law.forEach((mass, i) => {
        const position = i - index(0);
        add(position, mass / 2);
        for (const direction of [-1, 1]) {
          const moved = position + direction;
          if (Math.abs(moved) === b) tradesPerStep += mass / 4;
          add(Math.abs(moved) === b ? direction * c : moved, mass / 4);
        }
      });
      law = next;
    }
    const secondMoment = law.reduce((sum, mass, i) => sum + (i - index(0)) ** 2 * mass, 0);

    const moments = computeBandMoments({ triggerBase: b, targetBase: c }, Math.sqrt(1 / 2));
    expectRelative(tradesPerStep, moments.tradesPerYear, 1e-9);
    // on a lattice of width 1 the sum has an extra -1, which vanishes in the limit of fine steps
    expectRelative(secondMoment, moments.deltaVariance - 1 / 6, 1e-9);
  });

  it("see no trades without drift, and refuse a target beyond the trigger", () => {
    expect(computeBandMoments({ triggerBase: 1, targetBase: 0.4 }, 0).tradesPerYear).to.equal(0);
    expectInvalid(() => computeBandMoments({ triggerBase: 1, targetBase: 1.1 }, 1), "targetBase", 1.1);
    expectInvalid(() => computeBandMoments({ triggerBase: 0, targetBase: 0 }, 1), "triggerBase", 0);
    expectInvalid(() => computeBandMoments({ triggerBase: 1, targetBase: 0 }, NaN), "driftVolatility", NaN);
  });
});

describe("computeBandCostQuotePerYear", () => {
  it("is trade rate times the cost of one trade", () => {
    const band = { triggerBase: 5, targetBase: 2 };
    const withImpact = { ...inputs, impactQuotePerBaseSquared: 0.2 };
    const { tradesPerYear } = computeBandMoments(band, computeDriftVolatility(inputs));
    const oneTrade = v.fixedCostQuote + v.proportionalCost * inputs.price * 3 + 0.2 * 9;
    expectRelative(computeBandCostQuotePerYear(withImpact, band), tradesPerYear * oneTrade, 1e-12);
  });

  it("has a finite limit at target = trigger without a fixed cost, and none with one", () => {
    const band = { triggerBase: 5, targetBase: 5 };
    const expected = (computeDriftVolatility(inputs) ** 2 * v.proportionalCost * inputs.price) / 10;
    expectRelative(computeBandCostQuotePerYear({ ...inputs, fixedCostQuote: 0 }, band), expected, 1e-12);
    expect(computeBandCostQuotePerYear(inputs, band)).to.equal(Infinity);
  });
});
