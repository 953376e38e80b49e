import { expect } from "chai";

import { InvalidParameterError } from "../../../sdk/errors.ts";
import { computeMean } from "../../../sdk/math/statistics.ts";
import { computeCloseToCloseVolatility } from "../../../sdk/math/volatility.ts";
import { flatBar } from "../../../sdk/sim/bar.ts";
import { DEFAULT_MODEL, computeIntrabarPrices, simulatePath } from "../../../sdk/sim/path.ts";
import { createRandomSource } from "../../../sdk/sim/random.ts";
import { HOUR_SECONDS } from "../../../sdk/sim/window.ts";
import { expectClose } from "../../support/close.ts";

const REQUEST = { seed: 7, hours: 48, startTimestamp: 1_767_225_600 };
const HOURS_PER_YEAR = 8760;
/** Regenerate only together with a note to users: their seeds mean other paths afterwards. */
const PUBLISHED = { timestamp: 0, open: 2000, high: 2006.6509, low: 1992.5097, close: 1998.0101 };

describe("simulatePath", () => {
  it("gives the same bars for the same seed and others for another", () => {
    expect(simulatePath(REQUEST)).to.deep.equal(simulatePath(REQUEST));
    expect(simulatePath({ ...REQUEST, seed: 8 }).minutes).not.to.deep.equal(simulatePath(REQUEST).minutes);
  });

  it("is the path that was published with this version, on any machine", () => {
    const [first] = simulatePath({ seed: 1, hours: 1, startTimestamp: 0 }).bars;
    expect(first).to.deep.equal(PUBLISHED);
  });

  it("does not change its beginning when more hours are asked for", () => {
    expect(simulatePath({ ...REQUEST, hours: 96 }).bars.slice(0, 48)).to.deep.equal(simulatePath(REQUEST).bars);
  });

  it("makes bars that join and hold their own prices", () => {
    const { bars, minutes } = simulatePath(REQUEST);
    expect(minutes).to.have.length(48 * 60);
    expect(bars[0]?.open).to.equal(DEFAULT_MODEL.startPrice);
    bars.forEach((bar, i) => {
      expect(bar.timestamp).to.equal(REQUEST.startTimestamp + i * HOUR_SECONDS);
      expect(bar.high).to.be.at.least(Math.max(bar.open, bar.close));
      expect(bar.low).to.be.at.most(Math.min(bar.open, bar.close));
      expect(bar.close).to.equal(minutes[60 * i + 59]);
      if (i > 0) expect(bar.open).to.equal(bars[i - 1]?.close);
    });
  });

  it("has the volatility it was asked for when neither volatility nor price jump", () => {
    const model = { ...DEFAULT_MODEL, volOfVol: 0, jumpsPerYear: 0, baseVolatility: 0.6 };
    const closes = simulatePath({ seed: 3, hours: HOURS_PER_YEAR, startTimestamp: 0, model }).bars.map(
      (bar) => bar.close,
    );
    expectClose(computeCloseToCloseVolatility(closes, HOURS_PER_YEAR), 0.6, 0.02);
  });

  it("adds the variance of the jumps", () => {
    const model = { ...DEFAULT_MODEL, volOfVol: 0, baseVolatility: 0.01, jumpsPerYear: 1_000 };
    const { bars } = simulatePath({ seed: 2, hours: HOURS_PER_YEAR, startTimestamp: 0, model });
    const volatility = computeCloseToCloseVolatility(
      bars.map((bar) => bar.close),
      HOURS_PER_YEAR,
    );
    expectClose(volatility ** 2 / (1_000 * (0.07 ** 2 + 0.01 ** 2)), 1, 0.15);
  });

  it("refuses models and lengths out of domain", () => {
    const broken = [
      { startPrice: 0 },
      { baseVolatility: -1 },
      { correlation: 1.1 },
      { jumpsPerYear: -1 },
      { volOfVol: Number.NaN },
    ];
    for (const part of broken) {
      expect(() => simulatePath({ ...REQUEST, model: { ...DEFAULT_MODEL, ...part } })).to.throw(InvalidParameterError);
    }
    for (const hours of [0, -1, 1.5]) expect(() => simulatePath({ ...REQUEST, hours })).to.throw(InvalidParameterError);
    for (const seed of [-1, 0.5, 2 ** 32])
      expect(() => simulatePath({ ...REQUEST, seed })).to.throw(InvalidParameterError);
  });
});

describe("createRandomSource", () => {
  it("draws standard normals", () => {
    const random = createRandomSource(11);
    const draws = Array.from({ length: 20_000 }, () => random.normal());
    expectClose(computeMean(draws), 0, 0.03);
    expectClose(computeMean(draws.map((draw) => draw ** 2)), 1, 0.04);
    expectClose(computeMean(draws.map((draw) => draw ** 4)), 3, 0.25);
  });
});

describe("computeIntrabarPrices", () => {
  const bar = { timestamp: 0, open: 100, high: 104, low: 99, close: 103 };

  it("visits the nearer extreme, the other one, and ends at the close", () => {
    expect(computeIntrabarPrices(bar, 3, 100)).to.deep.equal([99, 104, 103]);
    expect(computeIntrabarPrices({ ...bar, low: 90 }, 3, 100)).to.deep.equal([104, 90, 103]);
  });

  it("spends further steps on the longest stretch, evenly in log price", () => {
    const prices = computeIntrabarPrices(bar, 5, 100);
    expect(prices.filter((price) => [99, 104, 103].includes(price))).to.deep.equal([99, 104, 103]);
    const [start, first, second, end] = prices as [number, number, number, number, number];
    expectClose(first / start, second / first, 1e-12);
    expectClose(end / second, second / first, 1e-12);
  });

  it("keeps the larger excursion when there is room for one, and the close when there is none", () => {
    expect(computeIntrabarPrices(bar, 2, 100)).to.deep.equal([104, 103]);
    expect(computeIntrabarPrices(bar, 1, 100)).to.deep.equal([103]);
  });

  it("goes straight from the previous close in a bar of closes", () => {
    const prices = computeIntrabarPrices(flatBar(0, 121), 2, 100);
    expectClose(prices[0], 110, 1e-9);
    expect(prices[1]).to.equal(121);
  });

  it("always returns the number of steps it was asked for", () => {
    for (let steps = 1; steps <= 60; steps++) {
      expect(computeIntrabarPrices(bar, steps, 100)).to.have.length(steps);
      expect(computeIntrabarPrices(bar, steps, 100).at(-1)).to.equal(103);
    }
    expect(() => computeIntrabarPrices(bar, 0, 100)).to.throw(InvalidParameterError);
  });
});
