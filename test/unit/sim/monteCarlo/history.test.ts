import { existsSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { readMarketRecord, selectCrashWindows, selectRollingWindows } from "../../../../scripts/experiment/record.ts";
import { measureCrashes } from "../../../../scripts/experiment/crashes.ts";
import { createSpec } from "../../../../scripts/experiment/plan.ts";
import { InvalidParameterError } from "../../../../sdk/errors.ts";
import type { Bar } from "../../../../sdk/sim/bar.ts";
import { createHistoryWindows } from "../../../../sdk/sim/monteCarlo/history.ts";
import { METRIC, METRIC_COUNT } from "../../../../sdk/sim/monteCarlo/hedgeRun.ts";
import { createKernel } from "../../../../sdk/sim/monteCarlo/kernel.ts";
import { createMarket } from "../../../../sdk/sim/monteCarlo/market.ts";
import { REALISTIC_VENUE } from "../../../../sdk/sim/monteCarlo/venue.ts";
import { expectClose } from "../../../support/close.ts";

const HOUR = 3_600;
const DAY = 24 * HOUR;
const DIRECTORY = path.resolve(import.meta.dirname, "..", "..", "..", "..", "..", "shared", "data");

/** Forty days of candles that rise by a thousandth an hour, with a dip and a peak in each. */
function makeBars(hours = 40 * 24, skip: (hour: number) => boolean = () => false): readonly Bar[] {
  return Array.from({ length: hours }, (_, hour) => {
    const open = 1_000 * 1.001 ** hour;
    return { timestamp: hour * HOUR, open, high: open * 1.004, low: open * 0.998, close: open * 1.001 };
  }).filter((_, hour) => !skip(hour));
}

const request = (bars: readonly Bar[], starts: readonly number[]) => ({ bars, funding: [], windowDays: 5, starts });

describe("createHistoryWindows", () => {
  const grid = { steps: 5 * 288, stepYears: 300 / 31_536_000, paymentSteps: 96 };

  it("walks through open, extremes and close of every candle", () => {
    const { market } = createHistoryWindows(request(makeBars(), [30 * DAY]));
    const first = 30 * 24 * 12;
    const hour = [...market.logPrices.subarray(first, first + 13)].map((log) => Math.exp(log));
    const open = 1_000 * 1.001 ** 720;
    expectClose(hour[0], open, 1e-6);
    expectClose(Math.min(...hour), open * 0.998, 1e-6);
    expectClose(Math.max(...hour), open * 1.004, 1e-6);
    expectClose(hour[12], open * 1.001, 1e-6);
    expect(market.starts[0]).to.equal(first);
  });

  it("hands the funding to the step at which it is due", () => {
    const start = 30 * DAY;
    const funding = [8, 16, 24].map((hours, i) => ({ timestamp: start + hours * HOUR + 3, rate: (i + 1) / 1_000 }));
    const { market } = createHistoryWindows({ ...request(makeBars(), [start, start + 8 * HOUR]), funding });
    const loaded = createMarket(market, grid, REALISTIC_VENUE, 0.7);
    loaded.load(1, 0);
    expect([...loaded.fundingRates.subarray(0, 4)]).to.deep.equal([0.001, 0.002, 0.003, 0]);
    loaded.load(1, 1);
    expect([...loaded.fundingRates.subarray(0, 3)]).to.deep.equal([0.002, 0.003, 0]);
    expect(loaded.logReturns[0]).to.equal(0);
    expectClose(loaded.logReturns.at(-1), 120 * Math.log(1.001), 1e-9);
  });

  it("quotes options at the volatility of the month before", () => {
    const { market } = createHistoryWindows(request(makeBars(), [30 * DAY]));
    expectClose(market.impliedVolatilities[0], Math.log(1.001) * Math.sqrt(8_760), 1e-3);
  });

  it("stands still through a short gap and keeps no window with a long one", () => {
    const short = makeBars(960, (hour) => hour >= 750 && hour < 755);
    const { market } = createHistoryWindows(request(short, [30 * DAY]));
    const at = (hour: number): number => market.logPrices[hour * 12]!;
    expect(at(755)).to.equal(at(750));
    const long = makeBars(960, (hour) => hour >= 750 && hour < 776);
    expect(() => createHistoryWindows(request(long, [30 * DAY]))).to.throw(InvalidParameterError);
  });

  it("keeps only windows that fit, with the month before them", () => {
    const starts = [0, 29 * DAY, 30 * DAY, 30 * DAY + HOUR, 35 * DAY, 36 * DAY];
    const windows = createHistoryWindows(request(makeBars(), starts));
    expect(windows.starts).to.deep.equal([30 * DAY, 35 * DAY]);
  });

  it("refuses candles off the hour", () => {
    const bars = makeBars().map((bar, i) => (i === 3 ? { ...bar, timestamp: bar.timestamp + 60 } : bar));
    expect(() => createHistoryWindows(request(bars, [30 * DAY]))).to.throw(InvalidParameterError);
  });
});

describe("the recorded market", () => {
  before(function () {
    if (existsSync(DIRECTORY)) return;
    console.log(`      skipped: no data in ${DIRECTORY}`);
    this.skip();
  });

  it("has the falls that the crash windows are named after, and hedges that take most of them away", async () => {
    const record = await readMarketRecord(DIRECTORY);
    if (record === undefined) throw new Error("the record is incomplete");
    const rows = measureCrashes(selectCrashWindows(record), 1);
    const find = (window: string, strategy: string) =>
      rows.find((row) => row.window.startsWith(window) && row.strategy === strategy);
    expect(find("March 2020", "no hedge")?.priceReturn).to.be.below(-0.3);
    expect(find("June 2022", "no hedge")?.pnl).to.be.below(-0.3);
    for (const window of ["March 2020", "June 2022", "November 2022", "August 2024"]) {
      const unhedged = find(window, "no hedge")?.pnl ?? Number.NaN;
      expect(Math.abs(find(window, "hourly")?.pnl ?? Number.NaN)).to.be.below(Math.abs(unhedged) / 3);
    }
  }).timeout(30_000);

  it("gives plain holding exactly half of what the price did", async () => {
    const record = await readMarketRecord(DIRECTORY);
    if (record === undefined) throw new Error("the record is incomplete");
    const { market, starts } = selectRollingWindows(record, 90);
    const spec = createSpec(market, 1, REALISTIC_VENUE, [1.27]);
    const kernel = createKernel(spec);
    const values = new Float64Array(starts.length * kernel.valuesPerPath);
    kernel.run(0, starts.length, values);
    const byTime = new Map(record.bars.map((bar) => [bar.timestamp, bar]));
    let compared = 0;
    starts.forEach((start, i) => {
      const [first, last] = [byTime.get(start - HOUR), byTime.get(start + 30 * DAY - HOUR)];
      if (first === undefined || last === undefined) return;
      const pnl = values[i * kernel.valuesPerPath + METRIC_COUNT + METRIC.pnl]! / 100_000;
      expectClose(pnl, 0.5 * (last.close / first.close - 1), 1e-9);
      compared += 1;
    });
    expect(compared).to.be.above(25);
  }).timeout(30_000);
});
