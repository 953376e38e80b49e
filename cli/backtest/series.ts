import { stringify } from "csv-stringify/sync";

import { computeDailyReturns } from "../../sdk/sim/backtest/risk.ts";
import type { BarSeries } from "../../sdk/sim/backtest/record.ts";
import type { BacktestResult } from "../../sdk/sim/backtest/result.ts";

/** Curves of a backtest, one value a bar; money in quote. */
export interface BacktestCurves {
  /** Unix seconds. */
  readonly timestamps: readonly number[];
  readonly prices: readonly number[];
  readonly vault: readonly number[];
  readonly unhedged: readonly number[];
  readonly hold: readonly number[];
  readonly deltaBase: readonly number[];
  readonly triggerBase: readonly number[];
}

/** The curves of a run as plain numbers. */
export function computeCurves(series: BarSeries, { navStart, priceStart }: BacktestResult): BacktestCurves {
  const prices = [...series.prices];
  return {
    timestamps: [...series.timestamps],
    prices,
    vault: [...series.vault],
    unhedged: [...series.unhedged],
    hold: prices.map((price) => (navStart / 2) * (1 + price / priceStart)),
    deltaBase: [...series.deltaBase],
    triggerBase: [...series.triggerBase],
  };
}

/** The curves as CSV with a header row. */
export function toCsv(curves: BacktestCurves): string {
  const columns = Object.entries(curves) as readonly (readonly [string, readonly number[]])[];
  const header = columns.map(([name]) => (name === "timestamps" ? "timestamp" : name === "prices" ? "price" : name));
  return stringify([header, ...curves.timestamps.map((_, i) => columns.map(([, values]) => values[i]))]);
}

/** Fall from the highest value so far, as a fraction, never positive. */
export function computeDrawdown(values: readonly number[]): readonly number[] {
  let peak = -Infinity;
  return values.map((value) => {
    peak = Math.max(peak, value);
    return value / peak - 1;
  });
}

/** Returns of the vault over whole days from the start. */
export function computeDayReturns({
  timestamps,
  vault,
}: Pick<BacktestCurves, "timestamps" | "vault">): readonly number[] {
  const [first = 0, second = 1] = timestamps;
  return [...computeDailyReturns(Float64Array.from(vault), second - first)];
}
