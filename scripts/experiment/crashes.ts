import { METRIC, METRIC_COUNT } from "../../sdk/sim/monteCarlo/hedgeRun.ts";
import type { HistoryWindows } from "../../sdk/sim/monteCarlo/history.ts";
import { createKernel } from "../../sdk/sim/monteCarlo/kernel.ts";
import { REALISTIC_VENUE } from "../../sdk/sim/monteCarlo/venue.ts";
import { TABLE_WIDTH, createSpec } from "./plan.ts";
import { CRASHES } from "./record.ts";

/** What one strategy made of one month, as a fraction of the position. */
export interface CrashRow {
  readonly window: string;
  /** ISO date on which the window starts. */
  readonly from: string;
  readonly width: number;
  readonly strategy: string;
  /** Price at the end over price at the start, less 1. */
  readonly priceReturn: number;
  readonly pnl: number;
  readonly liquidations: number;
}

/** The months of CRASHES, one by one, on the range of the design's table. */
export function measureCrashes(windows: HistoryWindows, seed: number): readonly CrashRow[] {
  const spec = createSpec(windows.market, seed, REALISTIC_VENUE, [TABLE_WIDTH]);
  const kernel = createKernel(spec);
  const values = new Float64Array(windows.starts.length * kernel.valuesPerPath);
  kernel.run(0, windows.starts.length, values);
  const { logPrices, starts } = windows.market;
  return CRASHES.flatMap(({ name, start }, window) => {
    const first = readValue(starts, window);
    const last = first + spec.grid.steps;
    const priceReturn = Math.expm1(readValue(logPrices, last) - readValue(logPrices, first));
    return spec.strategies.map((strategy, i) => {
      const at = window * kernel.valuesPerPath + i * METRIC_COUNT;
      return {
        window: name,
        from: start,
        width: TABLE_WIDTH,
        strategy: strategy.name,
        priceReturn,
        pnl: readValue(values, at + METRIC.pnl) / spec.positionQuote,
        liquidations: readValue(values, at + METRIC.liquidations),
      };
    });
  });
}

function readValue(values: Float64Array | Int32Array, index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`There is no value ${index}, only ${values.length}.`);
  return value;
}
