import { InvalidArgumentError } from "commander";

import { parseIsoTime } from "../sdk/sim/prices.ts";
import { UsageError } from "./errors.ts";

/*
 * Parsers for the values of options; commander names the option and the value, these say what is wrong with it.
 */

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function parseNumber(value: string): number {
  if (!NUMBER.test(value.trim())) throw new InvalidArgumentError("It must be a number.");
  return Number(value);
}

/** A number above 0. */
export function positive(value: string): number {
  const number = parseNumber(value);
  if (!(number > 0 && Number.isFinite(number))) throw new InvalidArgumentError("It must be a number greater than 0.");
  return number;
}

/** A number of at least 0. */
export function nonNegative(value: string): number {
  const number = parseNumber(value);
  if (!(number >= 0 && Number.isFinite(number))) throw new InvalidArgumentError("It must be a number of at least 0.");
  return number;
}

/** A whole number between two bounds, both included. */
export function wholeBetween(lower: number, upper: number): (value: string) => number {
  return (value) => {
    const number = parseNumber(value);
    if (!(Number.isInteger(number) && number >= lower && number <= upper)) {
      throw new InvalidArgumentError(`It must be a whole number from ${lower} to ${upper}.`);
    }
    return number;
  };
}

/** A number between two bounds, both included. */
export function between(lower: number, upper: number): (value: string) => number {
  return (value) => {
    const number = parseNumber(value);
    if (!(number >= lower && number <= upper)) {
      throw new InvalidArgumentError(`It must be a number from ${lower} to ${upper}.`);
    }
    return number;
  };
}

/** A price above 0, or "inf" for the open end of a full range. */
export function upperPrice(value: string): number {
  return /^\+?inf(inity)?$/i.test(value.trim()) ? Infinity : positive(value);
}

/** Unix seconds of an ISO 8601 date, UTC unless it says otherwise. */
export function isoTime(value: string): number {
  const seconds = parseIsoTime(value);
  if (seconds === undefined)
    throw new InvalidArgumentError("It must be a date such as 2022-11-06 or 2022-11-06T12:00Z.");
  return seconds;
}

/**
 * Refuses a command without options that it needs. Commander's own check comes before its check for flags it does not know,
 * and so hides a misspelling: "--amout" would be answered with "--amount is missing".
 */
export function requireGiven<T extends object>(
  command: string,
  options: T,
  names: readonly (keyof T & string)[],
): void {
  const missing = names
    .filter((name) => options[name] === undefined)
    .map((name) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  if (missing.length === 0) return;
  const list = missing.join(", ");
  throw new UsageError(`${list} ${missing.length === 1 ? "is" : "are"} missing. See "hedgerow ${command} --help".`);
}

/** Several values with commas between, each parsed by `parse`; none may be missing or come twice. */
export function listOf<T>(parse: (value: string) => T): (text: string) => readonly T[] {
  return (text) => {
    const values = text.split(",").map((part) => parse(part.trim()));
    if (new Set(values).size !== values.length) throw new InvalidArgumentError("It must not name a value twice.");
    return values;
  };
}

/** Factor of a range, price times and divided by it. */
export function rangeWidth(value: string): number {
  return between(1.001, 100)(value);
}

/** The same, or "auto". */
export function widthOrAuto(value: string): number | "auto" {
  return value.trim() === "auto" ? "auto" : rangeWidth(value);
}
