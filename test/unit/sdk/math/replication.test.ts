import { expect } from "chai";
import { describe, it } from "mocha";
import { computeOptionGreeks } from "../../../../sdk/math/blackScholes.ts";
import { FULL_RANGE, computeLpAmounts, computeLpDeltaBase, computeLpValueQuote } from "../../../../sdk/math/lp.ts";
import {
  computeReplicatingStrip,
  computeStripDensity,
  computeStripPayoffQuote,
  computeStripPremiumQuote,
  computeStripResidualQuote,
} from "../../../../sdk/math/replication.ts";
import { computeExpectedIlQuote } from "../../../../sdk/math/unitIl.ts";
import vectors from "../../../vectors/math.json" with { type: "json" };
import { expectClose } from "../../../support/close.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";
import { integrate } from "./quadrature.ts";

const v = vectors.kinkStrip;
const position = vectors.liquidityPosition;
const entry = position.entryPrice;
const strip = computeReplicatingStrip(position, entry, v.strikes);
const market = { price: entry, years: 30 / 365, ratePerYear: 0, yieldPerYear: 0 };
const dense = Array.from({ length: 1001 }, (_, i) => 1500 + i);

describe("computeReplicatingStrip", () => {
  it("matches the published weights, bought as puts below the entry price and calls from it on", () => {
    v.weights.forEach((weight, i) => expectRelative(strip.legs[i]?.weightBase ?? NaN, weight, v.tolerance));
    expect(strip.legs.map(({ strike }) => strike)).to.deep.equal(v.strikes);
    expect(strip.legs.map(({ kind }) => kind)).to.deep.equal(["put", "put", "call", "call", "call"]);
  });

  it("matches the published residual at whole prices, and its own maximum at any", () => {
    const largestOf = (step: number): number => {
      let largest = 0;
      for (let price = 1500; price <= 2500; price += step) {
        largest = Math.max(largest, computeStripResidualQuote(position, strip, price));
      }
      return largest;
    };
    expectClose(largestOf(1), v.maxResidualQuote, v.residualAbsolute);
    expectRelative(largestOf(0.01), strip.maxResidualQuote, 1e-8);
    expect(largestOf(0.01)).to.be.at.most(strip.maxResidualQuote + 1e-9);
  });

  it("leaves nothing at the strikes or outside the range, and never a loss between", () => {
    for (const price of [1, 700, 1499, ...v.strikes, 2501, 9000]) {
      expectClose(computeStripResidualQuote(position, strip, price), 0, 1e-8);
    }
    for (let price = 1500; price < 2500; price += 7) {
      expect(computeStripResidualQuote(position, strip, price)).to.be.at.least(-1e-9);
    }
  });

  it("draws straight lines through the value curve for any strikes and entry price", () => {
    const strikes = [1200, 1480, 1733, 1900, 2222, 2600, 2700];
    for (const entryPrice of [1200, 1350, 1900, 1901.5, 2222, 2699]) {
      const odd = computeReplicatingStrip(position, entryPrice, strikes);
      for (const price of [600, ...strikes, 4000]) {
        expectClose(computeStripResidualQuote(position, odd, price), 0, 1e-8);
      }
      const middle = computeStripResidualQuote(position, odd, 1600);
      const chord = (computeLpValueQuote(position, 1480) * 133 + computeLpValueQuote(position, 1733) * 120) / 253;
      expectClose(middle, computeLpValueQuote(position, 1600) - chord, 1e-8);
    }
  });

  it("goes on along the tangent beyond strikes short of the edges", () => {
    const short = computeReplicatingStrip(position, entry, [1700, 2000, 2300]);
    const total = short.legs.reduce((sum, leg) => sum + leg.weightBase, 0);
    expectRelative(total, computeLpDeltaBase(position, 1700) - computeLpDeltaBase(position, 2300), 1e-12);
    const tangent = computeLpValueQuote(position, 2300) + 100 * computeLpDeltaBase(position, 2300);
    expectClose(computeStripResidualQuote(position, short, 2400), computeLpValueQuote(position, 2400) - tangent, 1e-8);
  });

  it("tends to the position's own value, delta and density as strikes get dense", () => {
    const fine = computeReplicatingStrip(position, entry, dense);
    expectRelative(fine.constantQuote, position.valueQuote, 1e-9);
    expectClose(fine.forwardBase, position.deltaBase, 0.003);
    expect(fine.maxResidualQuote).to.be.below(0.002);
    const at1800 = fine.legs.find(({ strike }) => strike === 1800);
    expectRelative(at1800?.weightBase ?? NaN, computeStripDensity(position, 1800), 1e-6);
  });

  it("copes with a full range and with no liquidity", () => {
    const wide = { liquidity: 100, ...FULL_RANGE };
    const legs = computeReplicatingStrip(wide, 2000, v.strikes);
    expectClose(computeStripResidualQuote(wide, legs, 2250), 0, 1e-8);
    expect(computeReplicatingStrip({ ...position, liquidity: 0 }, 2000, v.strikes).maxResidualQuote).to.equal(0);
  });

  it("refuses too few strikes, strikes out of order and an entry price outside them", () => {
    expectInvalid(() => computeReplicatingStrip(position, 2000, [2000]), "strikes.length", 1);
    expectInvalid(() => computeReplicatingStrip(position, 2000, [2000, 2000]), "strikes[1]", 2000);
    expectInvalid(() => computeReplicatingStrip(position, 2000, [0, 2000]), "strikes[0]", 0);
    expectInvalid(() => computeReplicatingStrip(position, 2000, [1500, NaN]), "strikes[1]", NaN);
    expectInvalid(() => computeReplicatingStrip(position, 2000, [1500, Infinity]), "strikes[1]", Infinity);
    for (const entryPrice of [NaN, 1499, 2501]) {
      expectInvalid(() => computeReplicatingStrip(position, entryPrice, v.strikes), "entryPrice", entryPrice);
    }
  });
});

describe("Carr–Madan", () => {
  it("gives the value of the position from its density, integrated by brute force", () => {
    const held = computeLpAmounts(position, entry);
    for (const price of [1300, 1700, 2100, 2900]) {
      const calls = integrate(
        (k) => computeStripDensity(position, k) * Math.max(0, price - k),
        2000,
        2499.9999999,
        4000,
      );
      const puts = integrate((k) => computeStripDensity(position, k) * Math.max(0, k - price), 1500, 2000, 4000);
      const replicated = position.valueQuote + held.baseAmount * (price - entry) - calls - puts;
      expectClose(replicated, computeLpValueQuote(position, price), 1e-3);
    }
  });
});

describe("computeStripPremiumQuote", () => {
  it("tends to the closed form of the expected loss, from above", () => {
    const fine = computeReplicatingStrip(position, entry, dense);
    const loss = -computeExpectedIlQuote(position, entry, { ...market, volatility: 0.7 });
    const premium = (legs: typeof strip.legs): number => computeStripPremiumQuote(legs, market, () => 0.7);
    expectRelative(premium(fine.legs), loss, 1e-5);
    expect(premium(strip.legs)).to.be.above(loss);
  });

  it("flattens the position's gamma when bought", () => {
    const gamma = strip.legs.reduce(
      (sum, leg) => sum + leg.weightBase * computeOptionGreeks(leg, { ...market, volatility: 0.7 }).gamma,
      0,
    );
    expect(gamma).to.be.above(0);
    expectRelative(gamma, -position.gamma, 0.25); // over 30 days, seen through 70 % volatility
  });

  it("reads each strike's own volatility", () => {
    const smile = computeStripPremiumQuote(strip.legs, market, (strike) => (strike < 2000 ? 0.9 : 0.7));
    expect(smile).to.be.above(computeStripPremiumQuote(strip.legs, market, () => 0.7));
    expectInvalid(() => computeStripPremiumQuote(strip.legs, market, () => NaN), "volatility", NaN);
  });
});

describe("computeStripPayoffQuote", () => {
  it("adds what the legs pay", () => {
    const legs = [
      { kind: "put", strike: 1800, weightBase: 3 },
      { kind: "call", strike: 2000, weightBase: 2 },
    ] as const;
    expect(computeStripPayoffQuote(legs, 2100)).to.equal(200);
    expect(computeStripPayoffQuote(legs, 1700)).to.equal(300);
    expect(computeStripPayoffQuote([], 1700)).to.equal(0);
    expectInvalid(() => computeStripPayoffQuote([], NaN), "price", NaN);
    expectInvalid(() => computeStripDensity(position, 0), "price", 0);
  });
});
