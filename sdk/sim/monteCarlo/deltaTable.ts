import normalCdf from "@stdlib/stats-base-dists-normal-cdf";

import { requirePositive } from "../../math/require.ts";
import type { OptionStrip } from "./strip.ts";

/*
 * The delta of a strip depends on the price and on sigma sqrt(time left) alone. Some twenty normal distribution functions at each of
 * millions of steps would cost more than everything else together, so the delta is tabulated once and interpolated. The delta only
 * says how much to hedge; premium and payoff are computed exactly, so an error of the table is one of the hedge, never of the books.
 */

const PRICE_NODES = 1_025;
const DEVIATION_NODES = 193;

/** Delta of a strip [base] on a grid: `values[row * PRICE_NODES + column]`, row by deviation, column by log price. */
export interface DeltaTable {
  readonly values: Float64Array;
  readonly logLow: number;
  readonly columnsPerLog: number;
  readonly rowsPerDeviation: number;
}

/**
 * Tabulates the delta for ln(P/`price`) within ±`logRange` and deviations sigma sqrt(t) up to `maxDeviation`. Beyond the edges the
 * value at the edge is used.
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
  const values = new Float64Array(PRICE_NODES * DEVIATION_NODES);
  for (let row = 0; row < DEVIATION_NODES; row++) {
    // At expiry itself the delta is a staircase; a hair before it, it is one with rounded corners.
    const deviation = Math.max(1e-4, (maxDeviation * row) / (DEVIATION_NODES - 1));
    for (let column = 0; column < PRICE_NODES; column++) {
      const logPrice = Math.log(price) + logRange * ((2 * column) / (PRICE_NODES - 1) - 1);
      values[row * PRICE_NODES + column] = computeDelta(strip, logPrice, deviation);
    }
  }
  return {
    values,
    logLow: -logRange,
    columnsPerLog: (PRICE_NODES - 1) / (2 * logRange),
    rowsPerDeviation: (DEVIATION_NODES - 1) / maxDeviation,
  };
}

function computeDelta(strip: OptionStrip, logPrice: number, deviation: number): number {
  let delta = 0;
  strip.calls.strikes.forEach((strike, i) => {
    delta += strip.calls.amounts[i]! * normalCdf((logPrice - Math.log(strike)) / deviation + deviation / 2, 0, 1);
  });
  strip.puts.strikes.forEach((strike, i) => {
    delta -= strip.puts.amounts[i]! * normalCdf((Math.log(strike) - logPrice) / deviation - deviation / 2, 0, 1);
  });
  return delta;
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
  const { values, logLow, columnsPerLog, rowsPerDeviation } = table;
  const lastColumn = PRICE_NODES - 1 - 1e-9;
  const lastRow = DEVIATION_NODES - 1 - 1e-9;
  for (let i = 0; i < deviations.length; i++) {
    const x = Math.min(lastColumn, Math.max(0, (logReturns[i]! - logLow) * columnsPerLog));
    const y = Math.min(lastRow, deviations[i]! * rowsPerDeviation);
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
