import { expect } from "chai";

import { computeCovariance, computeMean, computeVariance } from "../../../../sdk/math/statistics.ts";
import { EXPERIMENT_MODELS } from "../../../../sdk/sim/models/priceModel.ts";
import { MONTH_GRID } from "../../../../sdk/sim/monteCarlo/kernel.ts";
import { createMarket } from "../../../../sdk/sim/monteCarlo/market.ts";
import type { Market, MarketSource } from "../../../../sdk/sim/monteCarlo/market.ts";
import { HISTORICAL_FUNDING, REALISTIC_VENUE, TABLE_VENUE } from "../../../../sdk/sim/monteCarlo/venue.ts";
import { expectClose } from "../../../support/close.ts";

const SOURCE: MarketSource = { kind: "model", model: EXPERIMENT_MODELS.gbm };
const PATHS = 600;
/** A month of hourly steps, so that many paths are quick. */
const GRID = { steps: 720, stepYears: 1 / 8_760, paymentSteps: 8 };

const collect = <T>(market: Market, read: (market: Market) => T): T[] =>
  Array.from({ length: PATHS }, (_, path) => {
    market.load(1, path);
    return read(market);
  });

describe("createMarket", () => {
  it("draws funding with the mean, the spread and the memory that were asked for", () => {
    const { mean, deviation, persistence } = HISTORICAL_FUNDING;
    const market = createMarket(SOURCE, GRID, REALISTIC_VENUE, 0.7);
    const last = collect(market, ({ fundingRates }) => [
      fundingRates.at(-2) ?? Number.NaN,
      fundingRates.at(-1) ?? Number.NaN,
    ]);
    const [before, after] = [last.map(([rate = Number.NaN]) => rate), last.map(([, rate = Number.NaN]) => rate)];
    // After 89 payments of persistence 0.94 the start is forgotten.
    expectClose(computeMean(after), mean, (4 * deviation) / Math.sqrt(PATHS));
    expectClose(Math.sqrt(computeVariance(after)) / deviation, 1, 0.12);
    expectClose(computeCovariance(before, after) / computeVariance(before), persistence, 0.06);
    market.load(1, 0);
    expect(market.fundingRates).to.have.length(90);
    expect(market.fundingRates[0]).to.equal(mean);
  });

  it("gives a month's sum of funding the spread that history has around its forecast", () => {
    const market = createMarket(SOURCE, GRID, REALISTIC_VENUE, 0.7);
    const sums = collect(market, ({ fundingRates }) => fundingRates.reduce((sum, rate) => sum + rate, 0));
    expectClose(Math.sqrt(computeVariance(sums)), 0.0132, 0.0015);
  });

  it("moves funding with the price as far as asked", () => {
    for (const returnCorrelation of [0.14, 0.9]) {
      const venue = { ...REALISTIC_VENUE, funding: { ...HISTORICAL_FUNDING, returnCorrelation } };
      const market = createMarket(SOURCE, GRID, venue, 0.7);
      const pairs = collect(market, ({ fundingRates, logReturns }) =>
        Array.from({ length: 89 }, (_, i) => ({
          shock:
            (fundingRates[i + 1] ?? Number.NaN) -
            HISTORICAL_FUNDING.mean -
            HISTORICAL_FUNDING.persistence * ((fundingRates[i] ?? Number.NaN) - HISTORICAL_FUNDING.mean),
          move: (logReturns[8 * i + 8] ?? Number.NaN) - (logReturns[8 * i] ?? Number.NaN),
        })),
      ).flat();
      const [shocks, moves] = [pairs.map(({ shock }) => shock), pairs.map(({ move }) => move)];
      const measured = computeCovariance(shocks, moves) / Math.sqrt(computeVariance(shocks) * computeVariance(moves));
      expectClose(measured, returnCorrelation, 0.03);
    }
  });

  it("draws a premium that keeps its spread and loses half of itself in its half life", () => {
    const market = createMarket(SOURCE, MONTH_GRID, REALISTIC_VENUE, 0.7);
    const series = Array.from({ length: 60 }, (_, path) => {
      market.load(2, path);
      return Array.from({ length: 720 }, (_hour, hour) => market.premiums[12 * hour] ?? Number.NaN);
    });
    const settled = series.flatMap((values) => values.slice(50));
    expectClose(Math.sqrt(computeVariance(settled)) / 5e-4, 1, 0.05);
    const [now, later] = [series.flatMap((v) => v.slice(50, 716)), series.flatMap((v) => v.slice(54))];
    expectClose(computeCovariance(now, later) / computeVariance(now), 0.5, 0.06);
    expect(market.premiums[0]).to.equal(0);
    // Straight lines within the hour.
    expectClose(market.premiums[606], ((market.premiums[600] ?? 0) + (market.premiums[612] ?? 0)) / 2, 1e-12);
  });

  it("leaves out what the venue does not have, and draws the same prices without it", () => {
    const bare = createMarket(SOURCE, GRID, TABLE_VENUE, 0.7);
    const full = createMarket(SOURCE, GRID, REALISTIC_VENUE, 0.7);
    expect(bare.load(3, 4)).to.equal(0.7);
    full.load(3, 4);
    expect(bare.logReturns).to.deep.equal(full.logReturns);
    expect(bare.fundingRates.every((rate) => rate === 0)).to.equal(true);
    expect(bare.premiums.every((premium) => premium === 0)).to.equal(true);
    expect(full.premiums.some((premium) => premium !== 0)).to.equal(true);
  });
});
