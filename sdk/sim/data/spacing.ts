import { DataFileError } from "./fileError.ts";
import { placeOf } from "./table.ts";
import type { Column, Table } from "./table.ts";
import type { TimedRow } from "./timeline.ts";

/** The time between most neighbours [seconds]. */
export function computeSpacing(rows: readonly TimedRow[]): number {
  const counts = new Map<number, number>();
  let best = 0;
  for (let i = 1; i < rows.length; i++) {
    const spacing = rows[i]!.timestamp - rows[i - 1]!.timestamp;
    const count = (counts.get(spacing) ?? 0) + 1;
    counts.set(spacing, count);
    if (count > (counts.get(best) ?? 0)) best = spacing;
  }
  return best;
}

/** A run of rows that should be there and are not. */
export interface Gap {
  /** Index of the row after it. */
  readonly before: number;
  readonly missing: number;
}

/**
 * The gaps between rows that should be `spacing` apart.
 *
 * Throws {@link DataFileError} on a row between two of the times at which rows should be.
 */
export function findGaps(table: Table, column: Column, rows: readonly TimedRow[], spacing: number): readonly Gap[] {
  const gaps: Gap[] = [];
  for (let i = 1; i < rows.length; i++) {
    const distance = rows[i]!.timestamp - rows[i - 1]!.timestamp;
    if (distance === spacing) continue;
    if (distance % spacing !== 0) {
      const reason = `the time is ${distance} s after the one before; the file's rows are ${spacing} s apart`;
      throw new DataFileError(placeOf(table, rows[i]!.row, column), reason);
    }
    gaps.push({ before: i, missing: distance / spacing - 1 });
  }
  return gaps;
}

/** Throws {@link DataFileError} for a gap that may not be filled. */
export function refuseGap(
  table: Table,
  column: Column,
  rows: readonly TimedRow[],
  gap: Gap,
  spacing: number,
  maxGapHours: number | undefined,
): never {
  const from = new Date((rows[gap.before - 1]!.timestamp + spacing) * 1_000).toISOString();
  const hours = (gap.missing * spacing) / 3_600;
  const what = `${gap.missing} rows are missing from ${from} on, ${hours} hours`;
  const advice =
    maxGapHours === undefined
      ? "choose another window or ask for repairs"
      : `repairs fill at most ${maxGapHours} hours; choose another window`;
  throw new DataFileError(placeOf(table, rows[gap.before]!.row, column), `${what}; ${advice}`);
}
