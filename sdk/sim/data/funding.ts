import { parseDecimal } from "./cells.ts";
import { DataFileError } from "./fileError.ts";
import type { DataRepair, RepairOptions } from "./repair.ts";
import { computeSpacing, findGaps, refuseGap } from "./spacing.ts";
import { placeOf, readTable, requireColumn } from "./table.ts";
import type { Table } from "./table.ts";
import { readTimeline } from "./timeline.ts";
import type { TimedRow } from "./timeline.ts";

const TIME_COLUMNS = ["timestamp", "fundingtime", "calctime", "unix", "datetime", "time", "date", "ts"];
const RATE_COLUMNS = ["rate8h", "rate1h", "fundingrate", "lastfundingrate", "rate", "funding"];
const HOUR_SECONDS = 3_600;
const INTERVAL_HOURS = [1, 4, 8];
/** Venues stamp payments some seconds late; they are meant at the full hour. */
const MAX_LATE_SECONDS = 60;
/** Venues cap a payment near 2 % in 8 hours; what is larger was written in another unit. */
const MAX_RATE = 0.03;
/** A usual payment of 8 hours is 0.01 %; a median of twenty times as much was written in percent, or is a rate a year. */
const MAX_MEDIAN_RATE_8H = 0.002;

/** Payments of a perpetual's funding, `intervalSeconds` apart; a positive rate is paid by longs to shorts. */
export interface Funding {
  readonly file: string;
  readonly intervalSeconds: number;
  /** Unix seconds of each payment, oldest first. */
  readonly timestamps: Float64Array;
  /** Of the notional, a payment, as a fraction. */
  readonly rates: Float64Array;
  readonly repairs: readonly DataRepair[];
}

/** Which payments are needed: those after `from` up to `to`, earlier ones are kept as well; without them all of the file. */
export interface FundingRequest {
  readonly from?: number;
  readonly to?: number;
  readonly repair?: RepairOptions | undefined;
}

/** Reads funding payments from a CSV or Parquet file: see {@link parseFunding}. */
export async function readFunding(file: string, request: FundingRequest = {}): Promise<Funding> {
  return parseFunding(await readTable(file), request);
}

/**
 * Funding of a table with a time and a rate a payment, hourly, four-hourly or eight-hourly.
 *
 * Throws {@link DataFileError} with line and reason on a missing column, a rate that is not a number or above 3 % a payment, rates that look
 * like percent, payments at another spacing, times that {@link readTimeline} refuses, and, where payments are needed, on gaps and on a file
 * that does not cover them. With `repair` a gap up to its limit is paid at the mean of its neighbours.
 *
 * @example
 * parseFunding(parseCsvTable("timestamp,rate\n1700006400,0.0001\n1700035200,0.0001\n", "f.csv"), { from: 1700006400, to: 1700035200 }).rates;
 */
export function parseFunding(table: Table, request: FundingRequest = {}): Funding {
  const time = requireColumn(table, TIME_COLUMNS, 'the time column is missing (call it "timestamp")');
  const rate = requireColumn(table, RATE_COLUMNS, 'the rate column is missing (call it "rate")');
  const timeline = readTimeline(table, time, request.repair);
  const rows = timeline.rows.map((item) => ({ ...item, timestamp: dropLateness(item.timestamp) }));
  if (rows.length < 2) throw new DataFileError({ file: table.file }, "at least two payments are needed");
  const rates = rows.map(({ row }) => {
    const place = placeOf(table, row, rate);
    const cell = row.cells[rate.index]!;
    const value = parseDecimal(cell, "the rate", place);
    if (Math.abs(value) <= MAX_RATE) return value;
    const hint = "write it as a fraction a payment, 0.0001 for 0.01 %";
    throw new DataFileError(place, `the rate ${cell} is absurd (limit ${MAX_RATE} a payment); ${hint}`);
  });
  const spacing = computeSpacing(rows);
  const hours = spacing / HOUR_SECONDS;
  if (!INTERVAL_HOURS.includes(hours)) {
    const reason = `payments are ${spacing} s apart; expected one every ${INTERVAL_HOURS.join(", ")} hours`;
    throw new DataFileError(placeOf(table, rows[1]!.row, time), reason);
  }
  requireFractions(table, rates, hours);

  const { first, last } = coverWindow(table, rows, spacing, request);
  const kept = rows.slice(first, last + 1);
  const keptRates = rates.slice(first, last + 1);
  const repairs = [...timeline.repairs];
  const timestamps: number[] = [];
  const filledRates: number[] = [];
  const gaps = new Map(findGaps(table, time, kept, spacing).map((gap) => [gap.before, gap]));
  for (const [i, { timestamp, row }] of kept.entries()) {
    const gap = gaps.get(i);
    if (gap !== undefined) {
      const { repair } = request;
      if (repair === undefined || gap.missing * spacing > Math.max(repair.maxGapHours * HOUR_SECONDS, spacing)) {
        refuseGap(table, time, kept, gap, spacing, repair?.maxGapHours);
      }
      const mean = (keptRates[i - 1]! + keptRates[i]!) / 2;
      for (let k = 1; k <= gap.missing; k++) {
        timestamps.push(kept[i - 1]!.timestamp + k * spacing);
        filledRates.push(mean);
      }
      const text = `${gap.missing} missing payments before ${table.unit} ${row.line} were taken at the mean of their neighbours, ${mean}`;
      repairs.push({ file: table.file, kind: "gap", rows: gap.missing, line: row.line, text });
    }
    timestamps.push(timestamp);
    filledRates.push(keptRates[i]!);
  }
  return {
    file: table.file,
    intervalSeconds: spacing,
    timestamps: Float64Array.from(timestamps),
    rates: Float64Array.from(filledRates),
    repairs,
  };
}

function dropLateness(timestamp: number): number {
  const late = timestamp % HOUR_SECONDS;
  return late <= MAX_LATE_SECONDS ? timestamp - late : timestamp;
}

function requireFractions(table: Table, rates: readonly number[], hours: number): void {
  const sizes = rates.map(Math.abs).sort((left, right) => left - right);
  const median = sizes[Math.floor(sizes.length / 2)]!;
  const limit = (MAX_MEDIAN_RATE_8H * hours) / 8;
  if (median <= limit) return;
  const first = table.rows[0]!;
  const column = requireColumn(table, RATE_COLUMNS, "the rate column is missing");
  const hint = "they look like percent, or like rates a year; write fractions a payment, 0.0001 for 0.01 %";
  throw new DataFileError(
    placeOf(table, first, column),
    `half of the rates are above ${median} a payment (limit ${limit}); ${hint}`,
  );
}

/** History that an expectation of funding is made from, before the window. */
const HISTORY_SECONDS = 28 * 86_400;

function coverWindow(
  table: Table,
  rows: readonly TimedRow[],
  spacing: number,
  request: FundingRequest,
): { readonly first: number; readonly last: number } {
  const start = rows[0]!.timestamp;
  const end = rows.at(-1)!.timestamp;
  const { from = start, to = end } = request;
  // The first payment after `from` and the last one up to `to` have to be there.
  if (start > from + spacing || end + spacing <= to) {
    const span = `${new Date(start * 1_000).toISOString()} to ${new Date(end * 1_000).toISOString()}`;
    throw new DataFileError({ file: table.file }, `the payments run from ${span} and do not cover the window`);
  }
  let first = rows.findIndex(({ timestamp }) => timestamp > from - HISTORY_SECONDS);
  const last = rows.findLastIndex(({ timestamp }) => timestamp <= to);
  // History is welcome and not needed: it begins after its last gap.
  for (let i = first + 1; i <= last && rows[i - 1]!.timestamp <= from - spacing; i++) {
    if (rows[i]!.timestamp - rows[i - 1]!.timestamp !== spacing && rows[i]!.timestamp <= from) first = i;
  }
  return { first, last };
}
