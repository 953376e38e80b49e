import { expect } from "chai";

import { createBook, DEFAULT_OPTION_MARKET } from "../../../../sdk/sim/monteCarlo/book.ts";
import type { Book } from "../../../../sdk/sim/monteCarlo/book.ts";
import { METRIC, METRIC_COUNT, runHedge } from "../../../../sdk/sim/monteCarlo/hedgeRun.ts";
import type { Market } from "../../../../sdk/sim/monteCarlo/market.ts";
import type { HedgedStrategy, Rebalance } from "../../../../sdk/sim/monteCarlo/strategies.ts";
import {
  createBookTables,
  createPathTables,
  fillBookTables,
  fillPathTables,
} from "../../../../sdk/sim/monteCarlo/tables.ts";
import { TABLE_VENUE } from "../../../../sdk/sim/monteCarlo/venue.ts";
import type { MarginRule, VenueModel } from "../../../../sdk/sim/monteCarlo/venue.ts";
import { createRandomStream } from "../../../../sdk/sim/models/stream.ts";
import { expectClose } from "../../../support/close.ts";

const FREE: VenueModel = { proportionalCost: 0, fixedCostQuote: 0, keeperLatencySteps: 0 };
const MARGIN: MarginRule = {
  initial: 0.5,
  topUpBelow: 0.3,
  withdrawAbove: 1,
  topUpLatencySteps: 2,
  maintenance: 0.02,
  liquidationFee: 0.01,
};

interface Result {
  readonly pnl: number;
  readonly deltaCost: number;
  readonly funding: number;
  readonly liquidations: number;
  readonly trades: number;
  readonly peakMargin: number;
  readonly liquidityPnl: number;
  readonly fees: number;
  readonly book: Book;
}

/** Runs one hedge along given prices; fees are left out unless asked for. */
function run(
  prices: readonly number[],
  venue: VenueModel,
  rebalance: Rebalance,
  options: {
    hedgeRatio?: number;
    fundingRates?: readonly number[];
    feeVolatility?: number;
    lookEverySteps?: number;
  } = {},
): Result {
  const steps = prices.length - 1;
  const grid = { steps, stepYears: 300 / 31_536_000, paymentSteps: 2 };
  const strategy: HedgedStrategy = {
    kind: "hedged",
    name: "test",
    hedgeRatio: options.hedgeRatio ?? 1,
    stripShare: 0,
    rebalance,
    lookEverySteps: options.lookEverySteps ?? 1,
  };
  const book = createBook({
    positionQuote: 100_000,
    startPrice: 2_000,
    width: 1.27,
    horizonYears: steps * grid.stepYears,
    referenceVolatility: 0.7,
    maxImpliedVolatility: 0.7,
    venue,
    options: DEFAULT_OPTION_MARKET,
    strategies: [strategy],
  });
  const market: Market = {
    logReturns: Float64Array.from(prices, (price) => Math.log(price / 2_000)),
    volatilities: new Float64Array(steps),
    premiums: new Float64Array(steps + 1),
    fundingRates: Float64Array.from({ length: Math.floor(steps / 2) }, (_, i) => options.fundingRates?.[i] ?? 0),
    load: () => 0.7,
  };
  const path = createPathTables(steps);
  const tables = createBookTables(steps);
  fillPathTables(path, market, grid, venue, 2_000);
  const deviations = new Float64Array(steps);
  const end = fillBookTables(tables, book, {
    path,
    market,
    deviations,
    grid,
    feeVolatility: options.feeVolatility ?? 0,
  });
  const out = new Float64Array(METRIC_COUNT);
  runHedge(book.hedges[0]!, path, tables, venue, steps, out, 0);
  return {
    pnl: out[METRIC.pnl]!,
    deltaCost: out[METRIC.deltaCost]!,
    funding: out[METRIC.funding]!,
    liquidations: out[METRIC.liquidations]!,
    trades: out[METRIC.trades]!,
    peakMargin: out[METRIC.peakMargin]!,
    liquidityPnl: end.liquidityPnl,
    fees: end.fees,
    book,
  };
}

const randomPrices = (count: number, deviation: number): number[] => {
  const normals = new Float64Array(count);
  createRandomStream(1, 1, "diffusion").fillNormals(normals);
  let price = 2_000;
  return [2_000, ...Array.from(normals, (normal) => (price *= Math.exp(deviation * normal)))];
};

describe("runHedge", () => {
  it("shorts the starting exposure once and earns its fall", () => {
    const { pnl, deltaCost, trades, book } = run([2_000, 1_950, 1_900], TABLE_VENUE, { kind: "once" });
    const cost = 5e-4 * book.startBase * 2_000 + 0.05;
    expectClose(deltaCost, cost, 1e-9);
    expectClose(cost, 25.05, 0.02); // 2.5 bp of the position
    expectClose(pnl, book.startBase * 100 - cost, 1e-6);
    expect(trades).to.equal(1);
  });

  it("cancels the liquidity's delta when it trades all the time for nothing", () => {
    const prices = randomPrices(20_000, 5e-4);
    const { pnl, liquidityPnl } = run(prices, FREE, { kind: "always" });
    const unhedged = Math.abs(liquidityPnl);
    // What is left is the loss to rebalancing, of a sum of squares: sigma² L sqrt(P)/4 a step.
    const lvr = 20_000 * 5e-4 ** 2 * 0.25 * 9_925.42 * Math.sqrt(2_000);
    expectClose((liquidityPnl + pnl) / lvr, -1, 0.06);
    expect(unhedged).to.be.above(2 * lvr);
  });

  it("earns with break-even fees what it loses to rebalancing at that volatility", () => {
    const deviation = 0.7 * Math.sqrt(300 / 31_536_000);
    const { pnl, liquidityPnl, fees } = run(
      randomPrices(20_000, deviation),
      FREE,
      { kind: "always" },
      { feeVolatility: 0.7 },
    );
    expect(fees).to.be.above(1_000);
    expectClose((liquidityPnl + pnl) / fees, 0, 0.06);
  });

  it("counts no fees while the price is outside of the range", () => {
    const inside = run([2_000, 2_000, 2_000], FREE, { kind: "once" }, { feeVolatility: 0.7 });
    const half = run([2_000, 2_600, 2_600], FREE, { kind: "once" }, { feeVolatility: 0.7 });
    expectClose(half.fees / inside.fees, 0.5, 1e-9);
    expectClose(inside.fees, (2 * 54_375 * 300) / 31_536_000, 0.01);
  });

  it("trades a threshold to zero only once it is exceeded", () => {
    const held = run([2_000, 2_010, 2_000], FREE, { kind: "threshold", fraction: 0.05 });
    expect(held.trades).to.equal(1);
    const traded = run([2_000, 2_030, 2_100, 2_100], FREE, { kind: "threshold", fraction: 0.05 });
    expect(traded.trades).to.equal(3);
    expect(
      run([2_000, 2_030, 2_100, 2_100], FREE, { kind: "threshold", fraction: 0.05 }, { lookEverySteps: 2 }).trades,
    ).to.equal(2);
  });

  it("trades a band back to its target, not to zero", () => {
    const prices = [2_000, 2_100, 2_100];
    const band = run(prices, TABLE_VENUE, { kind: "optimalBand", riskAversion: 1e-3 });
    const zero = run(prices, TABLE_VENUE, { kind: "always" });
    const fullCost = zero.deltaCost - 25.05;
    expect(band.trades).to.equal(2);
    expect(band.deltaCost - 25.05).to.be.within(0.3 * fullCost, 0.95 * fullCost);
  });

  it("trades at the price after the keeper's delay", () => {
    const late = { ...FREE, keeperLatencySteps: 1 };
    const rebalance: Rebalance = { kind: "threshold", fraction: 0.05 };
    const prices = [2_000, 2_200, 2_300, 2_300];
    const [now, then] = [run(prices, FREE, rebalance), run(prices, late, rebalance)];
    const exposure = (price: number): number => 9_925.4203 * (1 / Math.sqrt(price) - 1 / Math.sqrt(2_540));
    // In time the excess short is bought back at 2,200, late at 2,300.
    const first = exposure(2_000) - exposure(2_200);
    expectClose(now.pnl, -exposure(2_000) * 200 - exposure(2_200) * 100, 0.01);
    expectClose(then.pnl, -exposure(2_000) * 300, 0.01);
    expect(first).to.be.above(0);
  });

  it("receives funding on what it is short when it is due, at the mark", () => {
    // Payments after steps 2 and 4; 0.1 % and -0.05 %.
    const prices = [2_000, 2_000, 2_000, 2_100, 2_100];
    const { funding, pnl, book } = run(prices, FREE, { kind: "once" }, { fundingRates: [1e-3, -5e-4] });
    const expected = -book.startBase * (1e-3 * 2_000 - 5e-4 * 2_100);
    expectClose(funding, expected, 1e-9);
    expectClose(pnl, -book.startBase * 100 - expected, 1e-6);
  });

  describe("margin", () => {
    const venue = { ...FREE, margin: MARGIN };

    it("deposits the initial margin, and the account is worth the price moves all the same", () => {
      const { peakMargin, pnl, book } = run([2_000, 1_990, 1_980], venue, { kind: "once" });
      expectClose(peakMargin, 0.5 * book.startBase * 2_000, 1e-6);
      expectClose(pnl, book.startBase * 20, 1e-6);
    });

    it("is liquidated by a jump through its margin, and loses no more than it had", () => {
      const { liquidations, pnl, book, deltaCost } = run([2_000, 3_500, 3_500], venue, { kind: "once" });
      expect(liquidations).to.equal(1);
      expectClose(pnl, -0.5 * book.startBase * 2_000, 1e-6);
      expectClose(deltaCost, 0.01 * book.startBase * 3_500, 1e-6);
      // Just short of it nothing happens: 1.5/1.02 is where the margin ends.
      const last = (2_000 * 1.5) / 1.02 - 1;
      expect(run([2_000, last], venue, { kind: "once" }).liquidations).to.equal(0);
      expect(run([2_000, last + 2], venue, { kind: "once" }).liquidations).to.equal(1);
    });

    it("keeps what the liquidation leaves, less the fee", () => {
      const price = 2_950;
      const { pnl, book, liquidations } = run([2_000, price, 2_000], venue, { kind: "once" });
      expect(liquidations).to.equal(1);
      expectClose(pnl, -book.startBase * (price - 2_000) - 0.01 * book.startBase * price, 1e-6);
    });

    it("opens again after a liquidation unless it trades once only", () => {
      const prices = [2_000, 3_500, 2_100, 2_100];
      const again = run(prices, venue, { kind: "always" });
      expect(again.liquidations).to.equal(1);
      expect(again.trades).to.equal(2);
      expect(run(prices, venue, { kind: "once" }).trades).to.equal(1);
    });

    it("is saved by a top-up that arrives in time, and not by one that is late", () => {
      const prices = [2_000, 2_500, 2_500, 2_500, 3_100];
      const inTime = run(prices, venue, { kind: "once" });
      expect(inTime.liquidations).to.equal(0);
      expectClose(inTime.peakMargin, inTime.book.startBase * (0.5 * 2_000 + (0.5 * 2_500 - 500)), 1e-6);
      const late = { ...venue, margin: { ...MARGIN, topUpLatencySteps: 3 } };
      expect(run(prices, late, { kind: "once" }).liquidations).to.equal(1);
    });

    it("does not take the cost of closing a speck for a liquidation", () => {
      // Closed above the range, opened again for ten cents at its edge, all margin but five cents withdrawn, then halved for five cents.
      const prices = [2_000, 2_600, 2_539.999, 2_539.999, 2_539.9995, 2_539.9995, 2_539.9995];
      const costly = { ...TABLE_VENUE, margin: MARGIN };
      const { liquidations, trades, pnl } = run(prices, costly, { kind: "always" });
      expect(trades).to.equal(4);
      expect(liquidations).to.equal(0);
      const free = run(prices, venue, { kind: "always" });
      const { deltaCost } = run(prices, costly, { kind: "always" });
      expectClose(pnl, free.pnl - deltaCost, 1e-6);
    });

    it("takes out what is too much", () => {
      const { pnl, book, liquidations } = run([2_000, 1_480, 1_480, 2_170], venue, { kind: "once" });
      expectClose(pnl, -book.startBase * 170, 1e-6);
      // After the withdrawal at 1,480 half of that notional is left, which ends at 2,220/1.02.
      expect(liquidations).to.equal(0);
      expect(run([2_000, 1_480, 1_480, 2_180], venue, { kind: "once" }).liquidations).to.equal(1);
      const patient = { ...venue, margin: { ...MARGIN, withdrawAbove: 5 } };
      expect(run([2_000, 1_480, 1_480, 2_180], patient, { kind: "once" }).liquidations).to.equal(0);
    });
  });
});
