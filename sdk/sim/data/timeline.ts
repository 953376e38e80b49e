import { DataFileError } from "./fileError.ts";
import { parseTime, requireSameUnit } from "./cells.ts";
import type { TimeUnit } from "./cells.ts";
import type { DataRepair, RepairOptions } from "./repair.ts";
import { placeOf } from "./table.ts";
import type { Column, Table, TableRow } from "./table.ts";

/** A row with its time. */
export interface TimedRow {
  /** Unix seconds. */
  readonly timestamp: number;
  readonly row: TableRow;
}

/** Rows in strictly increasing order of time, and what had to be done for it. */
export interface Timeline {
  readonly rows: readonly TimedRow[];
  readonly repairs: readonly DataRepair[];
}

/**
 * The rows of a table in order of time.
 *
 * Throws {@link DataFileError} on a time that cannot be read or is written in another unit than the first, and, unless `repair` is given, on
 * an offset from UTC, a row before its predecessor and a row whose time was there before. A repair converts, sorts, and drops rows
 * that agree in every cell; two rows of one time that disagree are refused in any case.
 */
export function readTimeline(table: Table, column: Column, repair: RepairOptions | undefined): Timeline {
  const repairs: DataRepair[] = [];
  const timed = readTimes(table, column, repair, repairs);
  const ordered = repair === undefined ? timed : sortRows(table, timed, repairs);
  const rows: TimedRow[] = [];
  let dropped = 0;
  let firstDropped = 0;
  for (const item of ordered) {
    const previous = rows.at(-1);
    if (previous === undefined || item.timestamp > previous.timestamp) {
      rows.push(item);
      continue;
    }
    const isCopy = previous.row.cells.every((cell, i) => i === column.index || cell === item.row.cells[i]);
    if (repair !== undefined && isCopy) {
      if (dropped === 0) firstDropped = item.row.line;
      dropped += 1;
      continue;
    }
    throw new DataFileError(placeOf(table, item.row, column), describeDisorder(table, item, previous, column));
  }
  if (dropped > 0) {
    const text = `${dropped} rows that repeat another in every cell were dropped, the first at ${table.unit} ${firstDropped}`;
    repairs.push({ file: table.file, kind: "duplicate", rows: dropped, line: firstDropped, text });
  }
  return { rows, repairs };
}

function readTimes(
  table: Table,
  column: Column,
  repair: RepairOptions | undefined,
  repairs: DataRepair[],
): readonly TimedRow[] {
  let unit: TimeUnit | undefined;
  let converted = 0;
  let firstConverted = 0;
  const rows = table.rows.map((row) => {
    const place = placeOf(table, row, column);
    const cell = row.cells[column.index]!;
    const time = parseTime(cell, place);
    unit ??= time.unit;
    requireSameUnit(unit, time, place);
    if (time.isOffset) {
      if (repair === undefined) {
        throw new DataFileError(place, `the time ${cell} is not in UTC; write it in UTC or ask for repairs`);
      }
      if (converted === 0) firstConverted = row.line;
      converted += 1;
    }
    return { timestamp: time.seconds, row };
  });
  if (converted > 0) {
    const text = `${converted} times with an offset were taken to UTC, the first at ${table.unit} ${firstConverted}`;
    repairs.push({ file: table.file, kind: "offset", rows: converted, line: firstConverted, text });
  }
  return rows;
}

function sortRows(table: Table, rows: readonly TimedRow[], repairs: DataRepair[]): readonly TimedRow[] {
  const moved = rows.filter((item, i) => i > 0 && item.timestamp < rows[i - 1]!.timestamp);
  const first = moved[0];
  if (first === undefined) return rows;
  const text = `${moved.length} rows lay before the one above and were sorted by time, the first at ${table.unit} ${first.row.line}`;
  repairs.push({ file: table.file, kind: "sorted", rows: moved.length, line: first.row.line, text });
  return rows.toSorted((left, right) => left.timestamp - right.timestamp);
}

function describeDisorder(table: Table, item: TimedRow, previous: TimedRow, column: Column): string {
  const written = item.row.cells[column.index]!;
  if (item.timestamp !== previous.timestamp) {
    return `the time ${written} lies before that of the row above; sort the file by time, oldest first`;
  }
  const isCopy = item.row.cells.every((cell, i) => i === column.index || cell === previous.row.cells[i]);
  const other = `the time ${written} appears twice, first at ${table.unit} ${previous.row.line}`;
  return isCopy ? `${other}; remove one of the rows` : `${other}, with other values; remove the wrong row`;
}
