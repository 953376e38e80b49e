import { expect } from "chai";

import { InvalidParameterError } from "../../../../sdk/errors.ts";
import { computeMean, computeVarianceRemoved } from "../../../../sdk/math/statistics.ts";
import { EXPERIMENT_MODELS } from "../../../../sdk/sim/models/priceModel.ts";
import { DEFAULT_OPTION_MARKET } from "../../../../sdk/sim/monteCarlo/book.ts";
import { METRIC, METRIC_COUNT } from "../../../../sdk/sim/monteCarlo/hedgeRun.ts";
import { MONTH_GRID, createKernel } from "../../../../sdk/sim/monteCarlo/kernel.ts";
import type { SimulationSpec } from "../../../../sdk/sim/monteCarlo/kernel.ts";
import { simulateHedges } from "../../../../sdk/sim/monteCarlo/simulate.ts";
import { EXPERIMENT_STRATEGIES } from "../../../../sdk/sim/monteCarlo/strategies.ts";
import type { Strategy } from "../../../../sdk/sim/monteCarlo/strategies.ts";
import type { StrategySummary } from "../../../../sdk/sim/monteCarlo/summary.ts";
import { REALISTIC_VENUE, TABLE_VENUE } from "../../../../sdk/sim/monteCarlo/venue.ts";
import { expectClose } from "../../../support/close.ts";

const TABLE: SimulationSpec = {
  source: { kind: "model", model: EXPERIMENT_MODELS.logOuJumps },
  seed: 11,
  grid: MONTH_GRID,
  positionQuote: 100_000,
  startPrice: 2_000,
  referenceVolatility: 0.7,
  venue: TABLE_VENUE,
  options: DEFAULT_OPTION_MARKET,
  widths: [1.27],
  strategies: EXPERIMENT_STRATEGIES,
};
/** Two days on two ranges, with everything that a venue can do. */
const SMALL: SimulationSpec = {
  ...TABLE,
  grid: { ...MONTH_GRID, steps: 576 },
  venue: REALISTIC_VENUE,
  widths: [1.1, 1.5],
};

function find(rows: readonly StrategySummary[], name: string): StrategySummary {
  const row = rows.find(({ strategy }) => strategy === name);
  if (row === undefined) throw new Error(`no row ${name}`);
  return row;
}

describe("simulateHedges", () => {
  it("reproduces the effectiveness table of the design within the error of its sample", async () => {
    const rows = await simulateHedges(TABLE, { paths: 600 });
    // [strategy, variance removed and its tolerance, cost in bp and its tolerance]
    const expected: readonly (readonly [string, number, number, number, number])[] = [
      ["short once", 0.755, 0.06, 2.5, 0.1],
      ["ratio 0.65, 5 % threshold", 0.848, 0.02, 13, 2.5],
      ["hourly", 0.9715, 0.012, 42, 2.5],
      ["optimal band", 0.971, 0.012, 11.6, 1],
      // These two hedge the delta of their options as well, which the design's do not: see the next test.
      ["half strip + band", 0.99, 0.005, 7.7, 1],
      ["three-quarter strip + band", 0.996, 0.002, 6.2, 1],
    ];
    for (const [name, removed, tolerance, cost, costTolerance] of expected) {
      const row = find(rows, name);
      expect(Math.abs(row.varianceRemoved - removed), name).to.be.below(tolerance);
      expect(Math.abs(row.deltaCostBp - cost), name).to.be.below(costTolerance);
      expect(row.fundingBp).to.equal(0);
      expect(row.liquidationProbability).to.equal(0);
    }
    expect(Math.abs(find(rows, "optimal band").es95 + 0.051)).to.be.below(0.011);
    expectClose(find(rows, "half strip + band").premiumBp * 2, find(rows, "full strip + band").premiumBp, 1e-6);
  }).timeout(60_000);

  it("reproduces the design's strips as what they are: a part hedged by options for good, the rest by the band", () => {
    const names = ["no hedge", "full strip + short once", "optimal band"];
    const strategies = names.flatMap((name) => EXPERIMENT_STRATEGIES.filter((strategy) => strategy.name === name));
    const kernel = createKernel({ ...TABLE, strategies });
    const paths = 1_200;
    const values = new Float64Array(paths * kernel.valuesPerPath);
    kernel.run(0, paths, values);
    const read = (path: number, strategy: number): number =>
      values[path * kernel.valuesPerPath + strategy * METRIC_COUNT + METRIC.pnl]! / 100_000;
    const unhedged = Array.from({ length: paths }, (_, path) => read(path, 0));
    for (const [share, removed, shortfall] of [
      [0.5, 0.9891, -0.031],
      [0.75, 0.9935, -0.025],
    ] as const) {
      const mixed = Array.from({ length: paths }, (_, path) => share * read(path, 1) + (1 - share) * read(path, 2));
      const worst = mixed.toSorted((left, right) => left - right).slice(0, paths / 20);
      expectClose(computeVarianceRemoved(unhedged, mixed), removed, 0.0025, `share ${share}`);
      // Three standard errors of the difference between this sample and the design's of 2,000 paths.
      expectClose(computeMean(worst) - computeMean(mixed), shortfall, 0.007, `share ${share}`);
    }
  }).timeout(60_000);

  it("is the same, bit by bit, whatever the number of workers", async () => {
    const alone = await simulateHedges(SMALL, { paths: 50 });
    expect(await simulateHedges(SMALL, { paths: 50, workers: 2 })).to.deep.equal(alone);
    expect(await simulateHedges(SMALL, { paths: 50, workers: 3 })).to.deep.equal(alone);
    expect(await simulateHedges({ ...SMALL, seed: 12 }, { paths: 50 })).not.to.deep.equal(alone);
  }).timeout(60_000);

  it("gives path i the same result however the paths are cut", () => {
    const kernel = createKernel(SMALL);
    const together = new Float64Array(5 * kernel.valuesPerPath);
    kernel.run(0, 5, together);
    const single = new Float64Array(kernel.valuesPerPath);
    const other = createKernel(SMALL);
    for (const path of [4, 1]) {
      other.run(path, 1, single);
      const from = path * kernel.valuesPerPath;
      expect([...single]).to.deep.equal([...together.subarray(from, from + kernel.valuesPerPath)]);
    }
    expect(kernel.valuesPerPath).to.equal(2 * EXPERIMENT_STRATEGIES.length * METRIC_COUNT);
  });

  it("does not let a strategy change its neighbours", async () => {
    const all = await simulateHedges(SMALL, { paths: 20 });
    const few: readonly Strategy[] = EXPERIMENT_STRATEGIES.filter(({ name }) => /no hedge|hourly/.test(name));
    const rows = await simulateHedges({ ...SMALL, strategies: few, widths: [1.5] }, { paths: 20 });
    const same = all.filter(({ width, strategy }) => width === 1.5 && few.some(({ name }) => name === strategy));
    expect(rows).to.deep.equal(same);
  });

  it("tells how far it is, in order", async () => {
    for (const workers of [0, 2]) {
      const seen: number[] = [];
      await simulateHedges(SMALL, { paths: 40, workers, onProgress: (finished) => seen.push(finished) });
      expect(seen).to.deep.equal([16, 32, 40]);
    }
  }).timeout(30_000);

  it("stops when it is told to", async () => {
    for (const workers of [0, 2]) {
      const controller = new AbortController();
      let finished = 0;
      const running = simulateHedges(SMALL, {
        paths: 100_000,
        workers,
        signal: controller.signal,
        onProgress: (count) => {
          finished = count;
          controller.abort();
        },
      });
      const error = await running.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.be.instanceOf(Error).with.property("name", "AbortError");
      expect(finished).to.be.within(1, 1_000);
    }
  }).timeout(30_000);

  it("refuses what cannot be simulated", async () => {
    const strategy = EXPERIMENT_STRATEGIES[3]!;
    const broken: readonly SimulationSpec[] = [
      { ...SMALL, widths: [1] },
      { ...SMALL, positionQuote: 0 },
      { ...SMALL, referenceVolatility: Number.NaN },
      { ...SMALL, grid: { ...MONTH_GRID, steps: 0.5 } },
      { ...SMALL, venue: { ...TABLE_VENUE, proportionalCost: -1 } },
      {
        ...SMALL,
        venue: { ...REALISTIC_VENUE, funding: { mean: 0, persistence: 1, deviation: 1, returnCorrelation: 0 } },
      },
      { ...SMALL, strategies: [{ ...strategy, hedgeRatio: -1 } as Strategy] },
      { ...SMALL, strategies: [{ ...strategy, lookEverySteps: 0 } as Strategy] },
    ];
    for (const spec of broken) {
      const error = await simulateHedges(spec, { paths: 20 }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.be.instanceOf(InvalidParameterError);
    }
    for (const options of [{ paths: 0 }, { paths: 19 }, { paths: 20.5 }, { paths: 20, workers: -1 }]) {
      const error = await simulateHedges(SMALL, options).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(InvalidParameterError);
    }
  });
});
