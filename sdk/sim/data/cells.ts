import { DataFileError } from "./fileError.ts";
import type { FilePlace } from "./fileError.ts";

/*
 * The values that cells may hold. Nothing is guessed: a cell that could be read in two ways is refused.
 */

/** From 2001 to 2100: what lies outside was written in another unit. */
const MIN_SECONDS = 978_307_200;
const MAX_SECONDS = 4_102_444_800;
const ISO_8601 =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?: ?(Z|UTC|[+-]\d\d:?\d\d))?)?$/i;
const NAMED_ZONE = / ?([A-Z]{2,5}|[A-Z][a-z]+\/[A-Z][A-Za-z_]+)$/;
export const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const WHOLE = /^[+-]?\d+$/;
/** How a table library that only knows floats writes a whole number. */
const WHOLE_AS_FLOAT = /^([+-]?\d+)\.0+$/;

/** How a time was written: all of a file's times have to be written the same way. */
export type TimeUnit = "s" | "ms" | "us" | "iso";

/** A moment, with how it was written. */
export interface ParsedTime {
  /** Unix seconds, whole. */
  readonly seconds: number;
  readonly unit: TimeUnit;
  /** True when the cell names an offset other than that of UTC. */
  readonly isOffset: boolean;
}

/**
 * Unix time in seconds, milliseconds or microseconds, told apart by size, or ISO 8601, UTC unless it names an offset.
 *
 * Throws {@link DataFileError} on anything else, a zone that is only named, a date that does not exist, or a year outside 2001 to 2100.
 */
export function parseTime(cell: string, place: FilePlace): ParsedTime {
  if (cell === "") throw new DataFileError(place, "the time is missing");
  const parsed = DECIMAL.test(cell) ? fromUnixTime(Number(cell)) : fromIsoTime(cell);
  if (parsed === undefined) {
    const zone = ISO_8601.test(cell.replace(NAMED_ZONE, "")) ? NAMED_ZONE.exec(cell)?.[1] : undefined;
    throw new DataFileError(
      place,
      zone === undefined
        ? `${JSON.stringify(cell)} is neither a unix time nor an ISO 8601 date such as 2024-01-05T13:00:00Z`
        : `the time zone ${zone} is not known here; write times in UTC, such as 2024-01-05T13:00:00Z`,
    );
  }
  if (!(parsed.seconds >= MIN_SECONDS && parsed.seconds < MAX_SECONDS)) {
    throw new DataFileError(place, `the time ${cell} is not between the years 2001 and 2100; check its unit`);
  }
  return { ...parsed, seconds: Math.floor(parsed.seconds) };
}

/** Throws {@link DataFileError} when a time is written in another unit than the first of its file. */
export function requireSameUnit(first: TimeUnit, time: ParsedTime, place: FilePlace): void {
  if (time.unit === first) return;
  const names = { s: "seconds", ms: "milliseconds", us: "microseconds", iso: "a date" } as const;
  throw new DataFileError(place, `the time is written in ${names[time.unit]}, the first one in ${names[first]}`);
}

/** Unix seconds of an ISO 8601 date, UTC unless it says otherwise; undefined when it is none. */
export function parseIsoTime(text: string): number | undefined {
  return fromIsoTime(text.trim())?.seconds;
}

/**
 * A finite decimal number. Throws {@link DataFileError} on an empty cell, NaN, a thousands separator, a percent sign and other text.
 */
export function parseDecimal(cell: string, what: string, place: FilePlace): number {
  if (cell === "") throw new DataFileError(place, `${what} is missing`);
  const value = DECIMAL.test(cell) ? Number(cell) : Number.NaN;
  if (!Number.isFinite(value)) throw new DataFileError(place, `${JSON.stringify(cell)} is not a number`);
  return value;
}

/**
 * A whole number, exact however long. Throws {@link DataFileError} on a fraction, an exponent, which would have lost digits, and other text.
 */
export function parseWhole(cell: string, what: string, place: FilePlace): bigint {
  if (cell === "") throw new DataFileError(place, `${what} is missing`);
  if (!WHOLE.test(cell)) {
    const hint = DECIMAL.test(cell) ? "; amounts have to be exact integers in the token's smallest unit" : "";
    throw new DataFileError(place, `${JSON.stringify(cell)} is not a whole number${hint}`);
  }
  return BigInt(cell.replace("+", ""));
}

/** A tick: a whole number that fits the pool's bounds, "199045.0" included. Throws {@link DataFileError} otherwise. */
export function parseTick(cell: string, place: FilePlace): number {
  const tick = Number(parseWhole(WHOLE_AS_FLOAT.exec(cell)?.[1] ?? cell, "the tick", place));
  if (Math.abs(tick) <= MAX_TICK) return tick;
  throw new DataFileError(place, `the tick ${cell} is outside of Uniswap's bounds, -${MAX_TICK} to ${MAX_TICK}`);
}

const MAX_TICK = 887_272;

/** Told apart by size: each range covers the years 2001 to 2100 only once. */
function fromUnixTime(value: number): ParsedTime {
  if (value >= MIN_SECONDS * 1e6) return { seconds: value / 1e6, unit: "us", isOffset: false };
  if (value >= MIN_SECONDS * 1e3) return { seconds: value / 1e3, unit: "ms", isOffset: false };
  return { seconds: value, unit: "s", isOffset: false };
}

function fromIsoTime(cell: string): ParsedTime | undefined {
  const match = ISO_8601.exec(cell);
  if (match === null) return undefined;
  const [, year = "", month = "", day = "", hour = "00", minute = "00", second = "00", zone = "Z"] = match;
  const offset = /^[+-]/.test(zone) ? zone.replace(/(\d\d)(\d\d)$/, "$1:$2") : "Z";
  const milliseconds = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`);
  if (Number.isNaN(milliseconds)) return undefined;
  // Date.parse rolls 30 February over into March.
  const written = Date.UTC(Number(year), Number(month) - 1, Number(day));
  if (new Date(written).getUTCDate() !== Number(day)) return undefined;
  return { seconds: milliseconds / 1000, unit: "iso", isOffset: offset !== "Z" && !/^[+-]00:00$/.test(offset) };
}
