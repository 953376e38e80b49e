import { expect } from "chai";
import { describe, it } from "mocha";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import {
  computeCostRate,
  computeEwmaRate,
  computeFundingCostForecast,
  computeFundingModel,
  computeMeanRateForecast,
} from "../../../../sdk/math/fundingModel.ts";
import type { FundingModel } from "../../../../sdk/math/fundingModel.ts";
import { computeFundingCostQuote } from "../../../../sdk/math/funding.ts";
import { computeNormalQuantile } from "../../../../sdk/math/normal.ts";
import { computeMean, computeVariance } from "../../../../sdk/math/statistics.ts";
import { expectClose } from "../../../support/close.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";

const SEED = 20261122;
const model: FundingModel = { meanRate: 1.2e-5, persistence: 0.8, noiseDeviation: 3e-5 };

function simulate(count: number, start: number, next: () => number): number[] {
  const rates: number[] = [];
  let rate = start;
  for (let i = 0; i < count; i++) {
    rate = model.meanRate + model.persistence * (rate - model.meanRate) + model.noiseDeviation * next();
    rates.push(rate);
  }
  return rates;
}

function drawNormals(seed: number): () => number {
  const random = xoroshiro128plus(seed);
  return () => computeNormalQuantile(uniformFloat64(random) * (1 - 2e-16) + 1e-16);
}

describe("computeFundingModel", () => {
  it("recovers a recursion without noise exactly", () => {
    const fitted = computeFundingModel([8, 5, 3.5, 2.75, 2.375].map((rate) => rate * 1e-5));
    expectRelative(fitted.persistence, 0.5, 1e-12);
    expectRelative(fitted.meanRate, 2e-5, 1e-12);
    expectClose(fitted.noiseDeviation, 0, 1e-18);
  });

  it("matches a hand-worked regression", () => {
    // pairs (1,3) (3,2) (2,4) (4,1): means 2.5 and 2.5, slope -4/5 = -0.8, intercept 4.5, residual sum of squares 1.8
    const fitted = computeFundingModel([1, 3, 2, 4, 1]);
    expectRelative(fitted.persistence, -0.8, 1e-12);
    expectRelative(fitted.meanRate, 2.5, 1e-12);
    expectRelative(fitted.noiseDeviation, Math.sqrt(1.8 / 2), 1e-12);
  });

  it(`recovers the model from a long simulated series (seed ${SEED})`, () => {
    const fitted = computeFundingModel(simulate(40_000, 0, drawNormals(SEED)));
    expectClose(fitted.persistence, model.persistence, 0.01);
    expectRelative(fitted.noiseDeviation, model.noiseDeviation, 0.02);
    expectClose(fitted.meanRate, model.meanRate, 3e-6);
  });

  it("refuses a short, a constant, a trending and an unfinished series", () => {
    expectInvalid(() => computeFundingModel([1, 2, 3]), "rates.length", 3);
    expectInvalid(() => computeFundingModel([1, 1, 1, 1, 2]), "Var(rates)", 0);
    expectInvalid(() => computeFundingModel([1, 2, NaN, 3]), "rates", NaN);
    expect(() => computeFundingModel([1, 2, 4, 8, 16])).to.throw("persistence is 2");
  });
});

describe("computeEwmaRate", () => {
  it("weighs the last rate by 1 - decay", () => {
    expectRelative(computeEwmaRate([1e-5, 3e-5], 0.9), 1.2e-5, 1e-12);
    expect(computeEwmaRate([5], 0.9)).to.equal(5);
    expect(computeEwmaRate([5, 7], 0)).to.equal(7);
    expectRelative(computeEwmaRate([1, 2, 4], 0.5), 2.75, 1e-15);
  });

  it("refuses no rates, NaN and a decay in percent", () => {
    expectInvalid(() => computeEwmaRate([], 0.9), "rates.length", 0);
    expectInvalid(() => computeEwmaRate([1, NaN], 0.9), "rates", NaN);
    expectInvalid(() => computeEwmaRate([1], 94), "decay", 94);
  });
});

describe("computeMeanRateForecast", () => {
  it("agrees with the sums it closes", () => {
    for (const persistence of [-0.6, 0, 0.8, 0.999]) {
      for (const n of [1, 2, 7, 100]) {
        const { expectedRate, deviation } = computeMeanRateForecast({ ...model, persistence }, 9e-5, n);
        let expected = 0;
        let variance = 0;
        let response = 0;
        for (let k = 1; k <= n; k++) {
          expected += model.meanRate + (9e-5 - model.meanRate) * persistence ** k;
          response = response * persistence + 1; // 1 + phi + … + phi^(k - 1): what one shock does to the sum by k intervals later
          variance += (model.noiseDeviation * response) ** 2;
        }
        expectRelative(expectedRate, expected / n, 1e-12);
        expectRelative(deviation, Math.sqrt(variance) / n, 1e-8);
      }
    }
  });

  it(`agrees with simulated paths (seed ${SEED})`, () => {
    const next = drawNormals(SEED);
    const means = Array.from({ length: 8000 }, () => computeMean(simulate(12, 9e-5, next)));
    const { expectedRate, deviation } = computeMeanRateForecast(model, 9e-5, 12);
    expectClose(computeMean(means), expectedRate, (4 * deviation) / Math.sqrt(8000));
    expectRelative(Math.sqrt(computeVariance(means)), deviation, 0.03);
  });

  it("refuses a rate that never reverts, part of an interval and NaN", () => {
    for (const persistence of [NaN, 1, -1, 2]) {
      expectInvalid(() => computeMeanRateForecast({ ...model, persistence }, 0, 1), "persistence", persistence);
    }
    for (const intervals of [NaN, 0, 1.5, Infinity]) {
      expectInvalid(() => computeMeanRateForecast(model, 0, intervals), "intervals", intervals);
    }
    expectInvalid(() => computeMeanRateForecast(model, NaN, 1), "lastRate", NaN);
    expectInvalid(() => computeMeanRateForecast({ ...model, noiseDeviation: -1 }, 0, 1), "noiseDeviation", -1);
  });
});

describe("computeFundingCostForecast", () => {
  const inputs = {
    model,
    lastRate: model.meanRate,
    intervals: 720,
    intervalsPerYear: 8760,
    hedgeDeltaBase: -25,
    price: 2000,
    probabilities: [0.05, 0.5, 0.95],
  };

  it("pays a short when the venue's rate is positive, and charges a long as much", () => {
    const short = computeFundingCostForecast(inputs);
    expectRelative(short.expectedQuote, -1.2e-5 * 720 * 50_000, 1e-12);
    const long = computeFundingCostForecast({ ...inputs, hedgeDeltaBase: 25 });
    expectRelative(long.expectedQuote, -short.expectedQuote, 1e-12);
    expectRelative(long.deviationQuote, short.deviationQuote, 1e-12);
  });

  it("agrees with the cost at its expected annual rate", () => {
    const forecast = computeFundingCostForecast(inputs);
    const cost = computeFundingCostQuote({
      ratePerYear: forecast.expectedRatePerYear,
      hedgeDeltaBase: -25,
      price: 2000,
      years: 720 / 8760,
    });
    expectRelative(forecast.expectedQuote, cost, 1e-12);
  });

  it("orders its quantiles around the mean: the 95 % one costs more", () => {
    const { quantilesQuote, expectedQuote, deviationQuote } = computeFundingCostForecast(inputs);
    expectRelative(quantilesQuote[1] ?? NaN, expectedQuote, 1e-12);
    expectRelative((quantilesQuote[2] ?? NaN) - expectedQuote, 1.6448536269514722 * deviationQuote, 1e-12);
    expectRelative(expectedQuote - (quantilesQuote[0] ?? NaN), 1.6448536269514722 * deviationQuote, 1e-12);
  });

  it("costs nothing without a hedge, and refuses what cannot be", () => {
    const none = computeFundingCostForecast({ ...inputs, hedgeDeltaBase: 0 });
    expect([none.expectedQuote, none.deviationQuote, none.expectedRatePerYear]).to.deep.equal([0, 0, 0]);
    expect(computeCostRate(1e-5, -25)).to.equal(-1e-5);
    expectInvalid(() => computeCostRate(NaN, 1), "venueRate", NaN);
    expectInvalid(() => computeFundingCostForecast({ ...inputs, probabilities: [1] }), "probability", 1);
    expectInvalid(() => computeFundingCostForecast({ ...inputs, price: 0 }), "price", 0);
    expectInvalid(() => computeFundingCostForecast({ ...inputs, intervalsPerYear: 0 }), "intervalsPerYear", 0);
    expectInvalid(() => computeFundingCostForecast({ ...inputs, hedgeDeltaBase: NaN }), "hedgeDeltaBase", NaN);
  });
});
