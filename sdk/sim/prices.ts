import { readFileSync } from "node:fs";

import { CsvError, parse } from "csv-parse/sync";

import { HedgerowError } from "../errors.ts";
import type { Bar } from "./bar.ts";

/*
 * Reader for files of market prices. Nothing is repaired: a row that cannot be true stops the reading, with the place and
 * the reason, because a replay of wrong prices looks exactly like a replay of right ones.
 */

/** A price file that cannot be used. `line` counts from 1 with the header; absent where the file as a whole is at fault. */
export class PriceFileError extends HedgerowError {
  readonly file: string;
  readonly line: number | undefined;
  readonly column: string | undefined;
  readonly reason: string;

  constructor(place: { readonly file: string; readonly line?: number; readonly column?: string }, reason: string) {
    const line = place.line === undefined ? "" : `, line ${place.line}`;
    const column = place.column === undefined ? "" : `, column ${JSON.stringify(place.column)}`;
    super(`${place.file}${line}${column}: ${reason}`);
    this.file = place.file;
    this.line = place.line;
    this.column = place.column;
    this.reason = reason;
  }
}

/** Prices above this are taken for a unit mistake, such as a price in the smallest unit of a token. */
export const MAX_PRICE = 1e7;
/** A change by more than this factor from row to row is taken for a broken row. */
export const MAX_JUMP_FACTOR = 10;

/** Spellings after lower-casing and dropping everything but letters and digits; the first one found wins. */
const TIME_COLUMNS = ["timestamp", "unixtimestamp", "unix", "opentime", "datetime", "time", "date", "ts"];
const CLOSE_COLUMNS = ["close", "closeprice", "price"];
const DELIMITERS = [",", ";", "\t"];

/** From 2001 to 2100: what lies outside was written in another unit. */
const MIN_SECONDS = 978_307_200;
const MAX_SECONDS = 4_102_444_800;
const ISO_8601 =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?: ?(Z|UTC|[+-]\d\d:?\d\d))?)?$/i;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Reads a file of prices.
 *
 * Throws {@link PriceFileError} when it cannot be read or {@link parsePrices} refuses it.
 *
 * @example
 * readPrices("eth-usd-1h.csv").length;
 */
export function readPrices(file: string): readonly Bar[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new PriceFileError({ file }, describeReadFailure(error));
  }
  return parsePrices(text, file);
}

/**
 * Parses CSV with a header row: a time column (unix seconds, milliseconds or microseconds, or ISO 8601, UTC unless it says
 * otherwise) and either `close` (or `price`) or `open`, `high`, `low` and `close`, in any order and among other columns.
 *
 * Rows must be sorted by time, oldest first, with no time twice. Throws {@link PriceFileError} with line, column and reason
 * on: no header, a missing column, a cell that is not a number, a price that is not positive, above {@link MAX_PRICE} or more
 * than {@link MAX_JUMP_FACTOR} times off its predecessor, a high or low that its own row contradicts, times that do not
 * increase, fewer than two rows. Gaps are no fault here: see {@link selectWindow}.
 *
 * @example
 * parsePrices("timestamp,close\n1700000000,2000\n1700003600,2010\n", "prices.csv").length; // 2
 */
export function parsePrices(text: string, file: string): readonly Bar[] {
  const rows = splitRows(text, file);
  const header = rows[0];
  if (header === undefined) throw new PriceFileError({ file }, "the file is empty; expected a header row and prices");
  const columns = findColumns(header, file);
  const bars: Bar[] = [];
  for (const row of rows.slice(1)) {
    if (row.cells.length !== header.cells.length) {
      const reason = `the row has ${row.cells.length} cells, the header has ${header.cells.length}`;
      throw new PriceFileError({ file, line: row.line }, reason);
    }
    bars.push(parseBar(row, columns, bars.at(-1), file));
  }
  if (bars.length < 2) {
    const found = bars.length === 0 ? "none" : "one";
    throw new PriceFileError({ file }, `a replay needs at least two rows of prices, the file has ${found}`);
  }
  return bars;
}

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

interface Column {
  readonly index: number;
  readonly name: string;
}

type Ohlc = { readonly [name in "open" | "high" | "low"]: Column };

interface Columns {
  readonly time: Column;
  readonly close: Column;
  readonly ohlc: Ohlc | undefined;
}

function splitRows(text: string, file: string): readonly Row[] {
  const firstLine = text.split(/\r?\n/, 1)[0] ?? "";
  const count = (delimiter: string): number => firstLine.split(delimiter).length;
  const delimiter = DELIMITERS.reduce((best, other) => (count(other) > count(best) ? other : best));
  try {
    const records = parse(text, {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as readonly { readonly info: { readonly lines: number }; readonly record: readonly string[] }[];
    return records.map(({ info, record }) => ({ line: info.lines, cells: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new PriceFileError({ file }, `not a CSV file (${error.message})`);
  }
}

function findColumns(header: Row, file: string): Columns {
  const names = header.cells.map((cell) => cell.toLowerCase().replaceAll(/[^a-z0-9]/g, ""));
  const find = (candidates: readonly string[]): Column | undefined => {
    const known = candidates.find((candidate) => names.includes(candidate));
    if (known === undefined) return undefined;
    const index = names.indexOf(known);
    if (names.includes(known, index + 1)) {
      throw new PriceFileError({ file, line: header.line, column: header.cells[index]! }, "the column appears twice");
    }
    return { index, name: header.cells[index]! };
  };

  if (header.cells.some((cell) => DECIMAL.test(cell) || ISO_8601.test(cell))) {
    const example = 'name the columns in the first line, such as "timestamp,open,high,low,close"';
    throw new PriceFileError({ file, line: header.line }, `there is no header row; ${example}`);
  }
  const missing = (what: string): PriceFileError =>
    new PriceFileError({ file, line: header.line }, `${what}; the columns are ${header.cells.join(", ")}`);
  const time = find(TIME_COLUMNS);
  if (time === undefined) throw missing('the time column is missing (call it "timestamp")');
  const close = find(CLOSE_COLUMNS);
  if (close === undefined) throw missing('the price column is missing (call it "close")');
  const open = find(["open", "openprice"]);
  const high = find(["high", "highprice"]);
  const low = find(["low", "lowprice"]);
  // A file may carry an open without extremes; then closes are all that is used.
  const ohlc = open !== undefined && high !== undefined && low !== undefined ? { open, high, low } : undefined;
  if (ohlc === undefined && (high !== undefined || low !== undefined)) {
    throw missing("open, high and low belong together and one of them is missing");
  }
  return { time, close, ohlc };
}

function parseBar(row: Row, columns: Columns, previous: Bar | undefined, file: string): Bar {
  const place = (column: Column): { file: string; line: number; column: string } => ({
    file,
    line: row.line,
    column: column.name,
  });
  const timestamp = parseTime(
    row.cells[columns.time.index]!,
    (reason) => new PriceFileError(place(columns.time), reason),
  );
  if (previous !== undefined && timestamp <= previous.timestamp) {
    const written = row.cells[columns.time.index]!;
    const reason =
      timestamp === previous.timestamp
        ? `the time ${written} appears twice; remove one of the rows`
        : `the time ${written} lies before that of the row above; sort the file by time, oldest first`;
    throw new PriceFileError(place(columns.time), reason);
  }

  const price = (column: Column): number => parsePrice(row.cells[column.index]!, place(column));
  const close = price(columns.close);
  if (previous !== undefined) requireNoJump(previous.close, close, place(columns.close));
  if (columns.ohlc === undefined) return { timestamp, open: close, high: close, low: close, close };

  const bar = {
    timestamp,
    open: price(columns.ohlc.open),
    high: price(columns.ohlc.high),
    low: price(columns.ohlc.low),
    close,
  };
  if (bar.high < Math.max(bar.open, bar.close, bar.low)) {
    throw new PriceFileError(place(columns.ohlc.high), `the high ${bar.high} is not the highest price of its row`);
  }
  if (bar.low > Math.min(bar.open, bar.close)) {
    throw new PriceFileError(place(columns.ohlc.low), `the low ${bar.low} is not the lowest price of its row`);
  }
  requireNoJump(bar.low, bar.high, place(columns.ohlc.high));
  if (previous !== undefined) requireNoJump(previous.close, bar.open, place(columns.ohlc.open));
  return bar;
}

function parsePrice(cell: string, place: { file: string; line: number; column: string }): number {
  if (cell === "") throw new PriceFileError(place, "the price is missing");
  if (!DECIMAL.test(cell)) throw new PriceFileError(place, `${JSON.stringify(cell)} is not a number`);
  const price = Number(cell);
  if (!(price > 0)) throw new PriceFileError(place, `the price is ${cell}; it must be greater than 0`);
  if (price > MAX_PRICE)
    throw new PriceFileError(place, `the price ${cell} is absurd (limit ${MAX_PRICE}); check its unit`);
  return price;
}

function requireNoJump(from: number, to: number, place: { file: string; line: number; column: string }): void {
  if (to <= from * MAX_JUMP_FACTOR && to >= from / MAX_JUMP_FACTOR) return;
  throw new PriceFileError(
    place,
    `the price jumps from ${from} to ${to}, more than ${MAX_JUMP_FACTOR} times; check the row`,
  );
}

function parseTime(cell: string, fail: (reason: string) => PriceFileError): number {
  if (cell === "") throw fail("the time is missing");
  const seconds = DECIMAL.test(cell) ? fromUnixTime(Number(cell)) : fromIsoTime(cell);
  if (seconds === undefined) {
    throw fail(`${JSON.stringify(cell)} is neither a unix time nor an ISO 8601 date such as 2024-01-05T13:00:00Z`);
  }
  if (!(seconds >= MIN_SECONDS && seconds < MAX_SECONDS)) {
    throw fail(`the time ${cell} is not between the years 2001 and 2100; check its unit`);
  }
  return Math.floor(seconds);
}

/** Seconds, milliseconds or microseconds, told apart by size: each range covers the years 2001 to 2100 only once. */
function fromUnixTime(value: number): number {
  if (value >= MIN_SECONDS * 1e6) return value / 1e6;
  return value >= MIN_SECONDS * 1e3 ? value / 1e3 : value;
}

function fromIsoTime(cell: string): number | undefined {
  const match = ISO_8601.exec(cell);
  if (match === null) return undefined;
  const [, year = "", month = "", day = "", hour = "00", minute = "00", second = "00", zone = "Z"] = match;
  const offset = /^[+-]/.test(zone) ? zone.replace(/(\d\d)(\d\d)$/, "$1:$2") : "Z";
  const milliseconds = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`);
  if (Number.isNaN(milliseconds)) return undefined;
  // Date.parse rolls 30 February over into March.
  const written = Date.UTC(Number(year), Number(month) - 1, Number(day));
  return new Date(written).getUTCDate() === Number(day) ? milliseconds / 1000 : undefined;
}

/** Unix seconds of an ISO 8601 date, UTC unless it says otherwise; undefined when it is none. */
export function parseIsoTime(text: string): number | undefined {
  return fromIsoTime(text.trim());
}

function describeReadFailure(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return "there is no such file; check the path after --prices";
  if (code === "EISDIR") return "this is a directory; name a CSV file";
  if (code === "EACCES") return "the file may not be read; check its permissions";
  return `the file could not be read (${code ?? String(error)})`;
}
