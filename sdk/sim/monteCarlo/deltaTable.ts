import normalCdf from "@stdlib/stats-base-dists-normal-cdf";

import { requirePositive } from "../../math/require.ts";
import type { OptionStrip } from "./strip.ts";

/*
 * The delta of a strip depends on the price and on sigma sqrt(time left) alone. Some twenty normal distribution functions at each of
 * millions of steps would cost more than everything else together, so the delta is tabulated once and interpolated. The delta only
 * says how much to hedge; premium and payoff are computed exactly, so an error of the table is one of the hedge, never of the books.
 */

const PRICE_NODES = 1_025;
/** Rows for each 0.2 of deviation, which is a month at a volatility of 0.7. */
const ROWS_PER_DEVIATION = 240;

/** Delta of a strip [base] on a grid: `values[row * PRICE_NODES + column]`, row by deviation, column by log price. */
export interface DeltaTable {
  readonly values: Float64Array;
  readonly rows: number;
  readonly logLow: number;
  readonly columnsPerLog: number;
}

/**
 * Tabulates the delta for ln(P/`price`) within ±`logRange` and deviations sigma sqrt(t) up to `maxDeviation`. Beyond the edges the
 * value at the edge is used.
 *
 * @example
 * createDeltaTable(strip, 2000, 1, 0.7 * Math.sqrt(30 / 365)).rows; // 51
 */
export function createDeltaTable(
  strip: OptionStrip,
  price: number,
  logRange: number,
  maxDeviation: number,
): DeltaTable {
  requirePositive("price", price);
  requirePositive("logRange", logRange);
  requirePositive("maxDeviation", maxDeviation);
  const rows = Math.ceil(maxDeviation * ROWS_PER_DEVIATION) + 2;
  const values = new Float64Array(PRICE_NODES * rows);
  const columnsPerLog = (PRICE_NODES - 1) / (2 * logRange);
  const addOptions = (strikes: readonly number[], amounts: readonly number[], sign: number): void => {
    strikes.forEach((strike, i) => {
      const amount = amounts[i]!;
      const logStrike = Math.log(strike / price);
      for (let row = 0; row < rows; row++) {
        // At expiry itself the delta is a staircase; a hair before it, it is one with rounded corners.
        const deviation = Math.max(1e-4, row / ROWS_PER_DEVIATION);
        const from = row * PRICE_NODES;
        for (let column = 0; column < PRICE_NODES; column++) {
          const moneyness = (column / columnsPerLog - logRange - logStrike) / deviation + deviation / 2;
          values[from + column]! += sign * amount * normalCdf(sign * moneyness, 0, 1);
        }
      }
    });
  };
  addOptions(strip.calls.strikes, strip.calls.amounts, 1);
  addOptions(strip.puts.strikes, strip.puts.amounts, -1);
  return { values, rows, logLow: -logRange, columnsPerLog };
}

/**
 * Writes the delta at every step: `target[i]` for the log price `logReturns[i]` and `deviations[i]`, for as many as `deviations`
 * holds.
 */
export function fillDeltas(
  table: DeltaTable,
  logReturns: Float64Array,
  deviations: Float64Array,
  target: Float64Array,
): void {
  const { values, rows, logLow, columnsPerLog } = table;
  const lastColumn = PRICE_NODES - 1 - 1e-9;
  const lastRow = rows - 1 - 1e-9;
  for (let i = 0; i < deviations.length; i++) {
    const x = Math.min(lastColumn, Math.max(0, (logReturns[i]! - logLow) * columnsPerLog));
    const y = Math.min(lastRow, deviations[i]! * ROWS_PER_DEVIATION);
    const column = x | 0;
    const row = y | 0;
    const at = row * PRICE_NODES + column;
    const across = x - column;
    const low = values[at]! + across * (values[at + 1]! - values[at]!);
    const next = at + PRICE_NODES;
    const high = values[next]! + across * (values[next + 1]! - values[next]!);
    target[i] = low + (y - row) * (high - low);
  }
}
