import { expect } from "chai";
import { describe, it } from "mocha";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { SECONDS_PER_YEAR } from "../../../../sdk/math/units.ts";
import {
  computeCloseToCloseVolatility,
  computeEwmaVolatility,
  computeFeeBandVariance,
  computeGarmanKlassVolatility,
  computeMinimumSamplingSeconds,
  computeParkinsonVolatility,
  computeRealisedVolatility,
  computeRogersSatchellVolatility,
  computeTickCumulativeVolatility,
  computeYangZhangVolatility,
  LOG_PRICE_PER_TICK,
} from "../../../../sdk/math/volatility.ts";
import type { TickCumulativeSample } from "../../../../sdk/math/volatility.ts";
import vectors from "../../../vectors/math.json" with { type: "json" };
import { expectInvalid, expectRelative } from "./assertions.ts";
import { expectClose } from "../../../support/close.ts";

const v = vectors.ohlcVolatility;
const bars = v.bars;
const closes = bars.map((bar) => bar.close);
const SEED = 20261103;

function standardNormals(seed: number): () => number {
  const random = xoroshiro128plus(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniformFloat64(random))) * Math.cos(2 * Math.PI * uniformFloat64(random));
}

/** Readings of a pool's tick accumulator along a random walk of the log price, one step a second. */
function simulateTickCumulatives(volatility: number, windows: readonly number[]): TickCumulativeSample[] {
  const normal = standardNormals(SEED);
  const stepTicks = volatility / Math.sqrt(SECONDS_PER_YEAR) / LOG_PRICE_PER_TICK;
  let tick = -200_000;
  let cumulative = 0;
  let timestampSeconds = 1_700_000_000;
  const samples = [{ timestampSeconds, tickCumulative: 0n }];
  for (const seconds of windows) {
    for (let second = 0; second < seconds; second++) {
      tick += stepTicks * normal();
      cumulative += tick;
    }
    timestampSeconds += seconds;
    samples.push({ timestampSeconds, tickCumulative: BigInt(Math.round(cumulative)) });
  }
  return samples;
}

describe("OHLC estimators", () => {
  it("match the published bars", () => {
    const n = v.barsPerYear;
    expectClose(computeCloseToCloseVolatility(closes, n), v.closeToClose, v.absolute);
    expectClose(computeEwmaVolatility(closes, n, v.ewmaDecay), v.ewma, v.absolute);
    expectClose(computeParkinsonVolatility(bars, n), v.parkinson, v.absolute);
    expectClose(computeGarmanKlassVolatility(bars, n), v.garmanKlass, v.absolute);
    expectClose(computeRogersSatchellVolatility(bars, n), v.rogersSatchell, v.absolute);
    expectClose(computeYangZhangVolatility(bars, n), v.yangZhang, v.absolute);
  });

  it("do not depend on the unit or the orientation of the price", () => {
    const inverted = bars.map((bar) => ({
      open: 7 / bar.open,
      high: 7 / bar.low,
      low: 7 / bar.high,
      close: 7 / bar.close,
    }));
    for (const estimate of [
      computeParkinsonVolatility,
      computeGarmanKlassVolatility,
      computeRogersSatchellVolatility,
      computeYangZhangVolatility,
    ]) {
      expectRelative(estimate(inverted, 365), estimate(bars, 365), 1e-12);
    }
  });

  it("see no volatility in a price that stands still", () => {
    const still = Array.from({ length: 4 }, () => ({ open: 5, high: 5, low: 5, close: 5 }));
    expect(computeYangZhangVolatility(still, 365)).to.equal(0);
    expect(computeCloseToCloseVolatility([5, 5, 5], 365)).to.equal(0);
  });

  it("ignore drift where they promise to: a straight climb has no Rogers–Satchell volatility", () => {
    const climb = [100, 110, 121].map((open) => ({ open, high: open * 1.1, low: open, close: open * 1.1 }));
    expect(computeRogersSatchellVolatility(climb, 365)).to.equal(0);
    expect(computeParkinsonVolatility(climb, 365)).to.be.above(0);
  });

  it("refuse bars and series that cannot be", () => {
    expectInvalid(() => computeParkinsonVolatility([], 365), "bars.length", 0);
    expectInvalid(() => computeYangZhangVolatility(bars.slice(0, 2), 365), "bars.length", 2);
    expectInvalid(() => computeGarmanKlassVolatility([{ open: 3, high: 2, low: 1, close: 2 }], 365), "open", 3);
    expectInvalid(() => computeGarmanKlassVolatility([{ open: 2, high: 2, low: 1, close: NaN }], 365), "close", NaN);
    expectInvalid(() => computeParkinsonVolatility([{ open: 0, high: 2, low: 0, close: 1 }], 365), "low", 0);
    expectInvalid(() => computeParkinsonVolatility(bars, 0), "barsPerYear", 0);
    expectInvalid(() => computeCloseToCloseVolatility([2000], 365), "prices.length", 1);
    expectInvalid(() => computeCloseToCloseVolatility([2000, -1], 365), "price", -1);
    expectInvalid(() => computeEwmaVolatility(closes, 365, 94), "decay", 94);
  });
});

describe("computeRealisedVolatility", () => {
  it("agrees with close-to-close on even spacing", () => {
    const samples = closes.map((price, day) => ({ timestampSeconds: day * 86_400, price }));
    expectRelative(computeRealisedVolatility(samples), computeCloseToCloseVolatility(closes, 365), 1e-12);
  });

  it("weighs by time: a repeated price in between changes nothing", () => {
    const two = [
      { timestampSeconds: 0, price: 2000 },
      { timestampSeconds: 1000, price: 2060 },
    ];
    const three = [...two.slice(0, 1), { timestampSeconds: 990, price: 2000 }, ...two.slice(1)];
    expectRelative(computeRealisedVolatility(three), computeRealisedVolatility(two), 1e-12);
  });

  it("refuses a clock that stands still or runs back", () => {
    const sample = (timestampSeconds: number): { timestampSeconds: number; price: number } => ({
      timestampSeconds,
      price: 5,
    });
    expectInvalid(() => computeRealisedVolatility([sample(5), sample(5)]), "samples[1].timestampSeconds", 5);
    expectInvalid(() => computeRealisedVolatility([sample(5), sample(NaN)]), "samples[1].timestampSeconds", NaN);
    expectInvalid(() => computeRealisedVolatility([sample(5)]), "samples.length", 1);
  });
});

describe("computeTickCumulativeVolatility", () => {
  it("scales the squared difference of two mean ticks by 3/2", () => {
    const samples = [0n, 720_000_000n, 1_440_360_000n].map((tickCumulative, hour) => ({
      timestampSeconds: hour * 3600,
      tickCumulative,
    }));
    const hourly = 100 * Math.log(1.0001);
    expectRelative(computeTickCumulativeVolatility(samples), Math.sqrt(1.5 * hourly ** 2 * 8760), 1e-10);
  });

  it(`recovers the volatility of a random walk from even readings (seed ${SEED})`, () => {
    const samples = simulateTickCumulatives(0.7, new Array<number>(4000).fill(60));
    expectRelative(computeTickCumulativeVolatility(samples), 0.7, 0.03);
    // without the correction the estimate would be 0.57
    const cumulatives = samples.map((sample) => Number(sample.tickCumulative));
    const means = cumulatives.slice(1).map((cumulative, i) => (cumulative - (cumulatives[i] ?? NaN)) / 60);
    const prices = means.map((mean, i) => ({ timestampSeconds: i * 60, price: Math.exp(mean * LOG_PRICE_PER_TICK) }));
    expectRelative(computeRealisedVolatility(prices), 0.7 * Math.sqrt(2 / 3), 0.03);
  });

  it(`recovers it from uneven readings as well (seed ${SEED})`, () => {
    const windows = new Array<number[]>(1000).fill([30, 90, 45, 120]).flat();
    expectRelative(computeTickCumulativeVolatility(simulateTickCumulatives(0.7, windows)), 0.7, 0.03);
  });

  it("refuses fewer readings than two averages need, and a clock that stands still", () => {
    const reading = (timestampSeconds: number): TickCumulativeSample => ({ timestampSeconds, tickCumulative: 0n });
    expectInvalid(() => computeTickCumulativeVolatility([reading(0), reading(1)]), "samples.length", 2);
    expectInvalid(
      () => computeTickCumulativeVolatility([reading(0), reading(1), reading(1)]),
      "samples[2].timestampSeconds",
      1,
    );
  });
});

describe("fee band", () => {
  it("adds 2g²/3 to a squared return, as two independent uniform errors do", () => {
    const g = 0.003;
    expectRelative(computeFeeBandVariance(g), 6e-6, 1e-12);
    const random = xoroshiro128plus(SEED);
    const error = (): number => g * (2 * uniformFloat64(random) - 1);
    let sum = 0;
    for (let i = 0; i < 50_000; i++) sum += (error() - error()) ** 2;
    expectRelative(sum / 50_000, computeFeeBandVariance(g), 0.02);
  });

  it("sets the shortest sampling time", () => {
    const seconds = computeMinimumSamplingSeconds({ feeFraction: 0.003, volatility: 0.7, noiseShare: 0.05 });
    expectRelative((0.05 * 0.7 ** 2 * seconds) / SECONDS_PER_YEAR, computeFeeBandVariance(0.003), 1e-12);
    expectInvalid(
      () => computeMinimumSamplingSeconds({ feeFraction: 0.003, volatility: 0, noiseShare: 0.05 }),
      "volatility",
      0,
    );
    expectInvalid(() => computeFeeBandVariance(-0.1), "feeFraction", -0.1);
  });
});
