import { InvalidParameterError } from "../../errors.ts";
import { flatBar } from "../bar.ts";
import type { Bar } from "../bar.ts";
import { parseDecimal } from "./cells.ts";
import { DataFileError } from "./fileError.ts";
import type { FilePlace } from "./fileError.ts";
import type { DataRepair, RepairOptions } from "./repair.ts";
import { computeSpacing, findGaps, refuseGap } from "./spacing.ts";
import { findColumn, placeOf, readTable, requireColumn } from "./table.ts";
import type { Column, Table, TableRow } from "./table.ts";
import { readTimeline } from "./timeline.ts";
import type { TimedRow } from "./timeline.ts";

/** Prices above this are taken for a unit mistake, such as a price in the smallest unit of a token. */
export const MAX_PRICE = 1e7;
/** And below this, such as a price the wrong way round in the smallest units. */
export const MIN_PRICE = 1e-9;
/** A change by more than this factor from row to row is taken for a broken row. */
export const MAX_JUMP_FACTOR = 10;

const TIME_COLUMNS = ["timestamp", "unixtimestamp", "unix", "opentime", "datetime", "time", "date", "ts"];
const CLOSE_COLUMNS = ["close", "closeprice", "price"];

/** Which part of a file to read, and how. */
export interface CandleRequest {
  /** Unix seconds of the first bar; absent: the file's first. */
  readonly from?: number | undefined;
  /** Unix seconds at which the last bar ends; absent: the file's last. */
  readonly to?: number | undefined;
  readonly repair?: RepairOptions | undefined;
}

/** Bars without holes, all of `barSeconds`, and what had to be repaired to get them. */
export interface Candles {
  readonly file: string;
  readonly bars: readonly Bar[];
  readonly barSeconds: number;
  /** Price at the first bar's start: its open, or the close before it where closes are all there is. */
  readonly startPrice: number;
  readonly repairs: readonly DataRepair[];
}

/**
 * Reads candles from a CSV or Parquet file: see {@link parseCandles}.
 *
 * @example
 * (await readCandles("eth-usd-1h.csv", { from: Date.UTC(2021, 4, 1) / 1000, to: Date.UTC(2021, 5, 1) / 1000 })).bars.length; // 744
 */
export async function readCandles(file: string, request: CandleRequest): Promise<Candles> {
  return parseCandles(await readTable(file), request);
}

/**
 * Candles of a table: a time column (unix seconds, milliseconds or microseconds, or ISO 8601 in UTC) and `close` (or `price`), or `open`,
 * `high`, `low` and `close`, in any order and among other columns.
 *
 * Throws {@link DataFileError} with the line, the column and the reason on: a missing column, an empty cell or one that is not a number, a
 * price that is not positive, beyond {@link MIN_PRICE} to {@link MAX_PRICE} or more than {@link MAX_JUMP_FACTOR} times off the one before, a
 * high or low that its own row contradicts, fewer than two rows, times that {@link readTimeline} refuses, a window that the file does not
 * cover, and gaps inside it. With `repair` gaps up to its limit become bars that stand still.
 */
export function parseCandles(table: Table, request: CandleRequest): Candles {
  const columns = findCandleColumns(table);
  const timeline = readTimeline(table, columns.time, request.repair);
  const { rows } = timeline;
  if (rows.length < 2) {
    const found = rows.length === 0 ? "none" : "one";
    throw new DataFileError({ file: table.file }, `at least two rows of prices are needed, the file has ${found}`);
  }
  const bars: Bar[] = [];
  for (const item of rows) bars.push(parseBar(table, item, columns, bars.at(-1)));
  const spacing = computeSpacing(rows);
  const { first, last } = selectRows(table, rows, spacing, request);
  const repairs = [...timeline.repairs];
  const filled = fillGaps({ table, column: columns.time, rows, bars, spacing, first, last }, request.repair, repairs);
  const opening = bars[first]!;
  const isCloseOnly = columns.ohlc === undefined;
  const startPrice = (isCloseOnly ? bars[first - 1]?.close : undefined) ?? opening.open;
  return { file: table.file, bars: filled, barSeconds: spacing, startPrice, repairs };
}

type Ohlc = { readonly [name in "open" | "high" | "low"]: Column };

/** Where a table of prices has what. */
export interface CandleColumns {
  readonly time: Column;
  readonly close: Column;
  readonly ohlc: Ohlc | undefined;
}

/** The columns of prices. Throws {@link DataFileError} when one is missing. */
export function findCandleColumns(table: Table): CandleColumns {
  const time = requireColumn(table, TIME_COLUMNS, 'the time column is missing (call it "timestamp")');
  const close = requireColumn(table, CLOSE_COLUMNS, 'the price column is missing (call it "close")');
  const open = findColumn(table, ["open", "openprice"]);
  const high = findColumn(table, ["high", "highprice"]);
  const low = findColumn(table, ["low", "lowprice"]);
  // A file may carry an open without extremes; then closes are all that is used.
  const ohlc = open !== undefined && high !== undefined && low !== undefined ? { open, high, low } : undefined;
  if (ohlc === undefined && (high !== undefined || low !== undefined)) {
    const place = { file: table.file, line: table.header.line };
    throw new DataFileError(place, "open, high and low belong together and one of them is missing");
  }
  return { time, close, ohlc };
}

/** One row as a bar. Throws {@link DataFileError} on prices that cannot be, alone or after `previous`. */
export function parseBar(
  table: Table,
  { row, timestamp }: TimedRow,
  columns: CandleColumns,
  previous: Bar | undefined,
): Bar {
  const price = (column: Column): number => parsePrice(row, column, placeOf(table, row, column));
  const close = price(columns.close);
  if (previous !== undefined) requireNoJump(previous.close, close, placeOf(table, row, columns.close));
  if (columns.ohlc === undefined) return flatBar(timestamp, close);
  const { ohlc } = columns;
  const bar = { timestamp, open: price(ohlc.open), high: price(ohlc.high), low: price(ohlc.low), close };
  if (bar.high < Math.max(bar.open, bar.close, bar.low)) {
    throw new DataFileError(placeOf(table, row, ohlc.high), `the high ${bar.high} is not the highest price of its row`);
  }
  if (bar.low > Math.min(bar.open, bar.close)) {
    throw new DataFileError(placeOf(table, row, ohlc.low), `the low ${bar.low} is not the lowest price of its row`);
  }
  requireNoJump(bar.low, bar.high, placeOf(table, row, ohlc.high));
  if (previous !== undefined) requireNoJump(previous.close, bar.open, placeOf(table, row, ohlc.open));
  return bar;
}

function parsePrice(row: TableRow, column: Column, place: FilePlace): number {
  const cell = row.cells[column.index]!;
  const price = parseDecimal(cell, "the price", place);
  if (!(price > 0)) throw new DataFileError(place, `the price is ${cell}; it must be greater than 0`);
  if (price <= MAX_PRICE && price >= MIN_PRICE) return price;
  const bounds = `${MIN_PRICE} to ${MAX_PRICE}`;
  const hint = price >= 1e17 ? "; it looks like a price times 1e18" : "; check its unit";
  throw new DataFileError(place, `the price ${cell} is absurd (bounds ${bounds})${hint}`);
}

function requireNoJump(from: number, to: number, place: FilePlace): void {
  if (to <= from * MAX_JUMP_FACTOR && to >= from / MAX_JUMP_FACTOR) return;
  const reason = `the price jumps from ${from} to ${to}, more than ${MAX_JUMP_FACTOR} times; check the row`;
  throw new DataFileError(place, reason);
}

/** The first and last row of the window. */
function selectRows(
  table: Table,
  rows: readonly TimedRow[],
  spacing: number,
  { from, to }: CandleRequest,
): { readonly first: number; readonly last: number } {
  const start = rows[0]!.timestamp;
  const end = rows.at(-1)!.timestamp + spacing;
  const wantedStart = from ?? start;
  const wantedEnd = to ?? end;
  if (!(wantedEnd > wantedStart)) {
    throw new InvalidParameterError("to", formatDate(wantedEnd), `lie after from (${formatDate(wantedStart)})`);
  }
  const covered = `the prices run from ${formatDate(start)} to ${formatDate(end)}`;
  if (wantedStart < start || wantedEnd > end) {
    const wanted = `${formatDate(wantedStart)} to ${formatDate(wantedEnd)}`;
    throw new DataFileError({ file: table.file }, `${covered}; ${wanted} is not inside. Choose other dates.`);
  }
  const first = rows.findIndex(({ timestamp }) => timestamp >= wantedStart);
  const last = rows.findLastIndex(({ timestamp }) => timestamp + spacing <= wantedEnd);
  if (first === -1 || last - first < 1) {
    throw new DataFileError({ file: table.file }, `the window holds fewer than two rows; ${covered}`);
  }
  // A window that begins or ends in a gap would silently be shorter than it was asked for.
  const lateSeconds = rows[first]!.timestamp - wantedStart;
  const missingSeconds = wantedEnd - (rows[last]!.timestamp + spacing);
  if (lateSeconds >= spacing || missingSeconds >= spacing) {
    const place = placeOf(table, rows[lateSeconds >= spacing ? first : last]!.row);
    throw new DataFileError(place, "the window begins or ends in a gap of the file; choose other dates");
  }
  return { first, last };
}

interface Selection {
  readonly table: Table;
  readonly column: Column;
  readonly rows: readonly TimedRow[];
  readonly bars: readonly Bar[];
  readonly spacing: number;
  readonly first: number;
  readonly last: number;
}

function fillGaps(selection: Selection, repair: RepairOptions | undefined, repairs: DataRepair[]): readonly Bar[] {
  const { table, column, spacing, first, last } = selection;
  const rows = selection.rows.slice(first, last + 1);
  const bars = selection.bars.slice(first, last + 1);
  const gaps = findGaps(table, column, rows, spacing);
  if (gaps.length === 0) return bars;
  const filled: Bar[] = [];
  let next = 0;
  for (const gap of gaps) {
    if (repair === undefined || gap.missing * spacing > repair.maxGapHours * 3_600) {
      refuseGap(table, column, rows, gap, spacing, repair?.maxGapHours);
    }
    filled.push(...bars.slice(next, gap.before));
    const before = bars[gap.before - 1]!;
    for (let k = 1; k <= gap.missing; k++) filled.push(flatBar(before.timestamp + k * spacing, before.close));
    next = gap.before;
    const { line } = rows[gap.before]!.row;
    const at = formatDate(before.timestamp + spacing);
    const text = `${gap.missing} missing ${gap.missing === 1 ? "bar" : "bars"} from ${at} on, taken to stand still at ${before.close} (before ${table.unit} ${line})`;
    repairs.push({ file: table.file, kind: "gap", rows: gap.missing, line, text });
  }
  filled.push(...bars.slice(next));
  return filled;
}

function formatDate(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace(/(:00)?\.000Z$/, "Z");
}
