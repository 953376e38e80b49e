import { displayNumber } from "../output.ts";

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/**
 * A time span as the largest unit that divides it.
 *
 * @example
 * displayDuration(86_400n); // "1 day"
 */
export function displayDuration(seconds: bigint | number): string {
  const total = Number(seconds);
  const units = [
    [DAY, "day"],
    [HOUR, "hour"],
    [MINUTE, "minute"],
  ] as const;
  const unit = total === 0 ? undefined : units.find(([size]) => total % size === 0);
  if (unit === undefined) return `${total} s`;
  const [size, name] = unit;
  const count = total / size;
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

/** Bps as percent: `1 %`, `0.05 %`. */
export function displayBps(bps: bigint): string {
  const percent = Number(bps) / 100;
  return `${displayNumber(percent, Number.isInteger(percent) ? 0 : 2)} %`;
}
