import { readFileSync } from "node:fs";

import type { Bar } from "./bar.ts";
import { findCandleColumns, parseBar } from "./data/candles.ts";
import { parseTime } from "./data/cells.ts";
import { DataFileError, describeReadFailure } from "./data/fileError.ts";
import { parseCsvTable, placeOf } from "./data/table.ts";

/*
 * Reader for files of market prices, for a replay that brings them to whole hours by itself (see window.ts). Nothing is repaired: a row
 * that cannot be true stops the reading, with the place and the reason, because a replay of wrong prices looks exactly like a
 * replay of right ones. sdk/sim/data/candles.ts is the stricter reader of backtests, on the same parts.
 */

export { parseIsoTime } from "./data/cells.ts";
export { MAX_JUMP_FACTOR, MAX_PRICE } from "./data/candles.ts";
export { DataFileError as PriceFileError } from "./data/fileError.ts";

/**
 * Reads a file of prices.
 *
 * Throws {@link DataFileError} when it cannot be read or {@link parsePrices} refuses it.
 *
 * @example
 * readPrices("eth-usd-1h.csv").length;
 */
export function readPrices(file: string): readonly Bar[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new DataFileError({ file }, describeReadFailure(error));
  }
  return parsePrices(text, file);
}

/**
 * Parses CSV with a header row: a time column (unix seconds, milliseconds or microseconds, or ISO 8601, UTC unless it says
 * otherwise) and either `close` (or `price`) or `open`, `high`, `low` and `close`, in any order and among other columns.
 *
 * Rows must be sorted by time, oldest first, with no time twice. Throws {@link DataFileError} with line, column and reason
 * on: no header, a missing column, a cell that is not a number, a price that is not positive, absurd or jumps, a high or low that its
 * own row contradicts, times that do not increase, fewer than two rows. Gaps are no fault here: see {@link selectWindow}.
 *
 * @example
 * parsePrices("timestamp,close\n1700000000,2000\n1700003600,2010\n", "prices.csv").length; // 2
 */
export function parsePrices(text: string, file: string): readonly Bar[] {
  const table = parseCsvTable(text, file);
  const columns = findCandleColumns(table);
  const bars: Bar[] = [];
  for (const row of table.rows) {
    const place = placeOf(table, row, columns.time);
    const written = row.cells[columns.time.index]!;
    const { seconds: timestamp } = parseTime(written, place);
    const previous = bars.at(-1);
    if (previous !== undefined && timestamp <= previous.timestamp) {
      const reason =
        timestamp === previous.timestamp
          ? `the time ${written} appears twice; remove one of the rows`
          : `the time ${written} lies before that of the row above; sort the file by time, oldest first`;
      throw new DataFileError(place, reason);
    }
    bars.push(parseBar(table, { row, timestamp }, columns, previous));
  }
  if (bars.length < 2) {
    const found = bars.length === 0 ? "none" : "one";
    throw new DataFileError({ file }, `a replay needs at least two rows of prices, the file has ${found}`);
  }
  return bars;
}
