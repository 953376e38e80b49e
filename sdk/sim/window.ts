import { HedgerowError, InvalidParameterError } from "../errors.ts";
import { flatBar, mergeBars } from "./bar.ts";
import type { Bar } from "./bar.ts";

export const HOUR_SECONDS = 3_600;
/** The longest stretch without a price that a replay bridges. */
export const MAX_GAP_SECONDS = 24 * HOUR_SECONDS;

/** The part of a file that was asked for does not exist or cannot be replayed. */
export class PriceWindowError extends HedgerowError {}

/** Which part of a series to replay. */
export interface WindowRequest {
  /** Unix seconds; absent: the first bar. */
  readonly from?: number | undefined;
  /** Hours, whole and positive; absent: `defaultHours`, or all there is when the series is shorter. */
  readonly hours?: number | undefined;
  readonly defaultHours: number;
}

/** Bars without holes, all of `barSeconds`, which is an hour or a multiple of it. */
export interface PriceWindow {
  readonly bars: readonly Bar[];
  readonly barSeconds: number;
  readonly fromTimestamp: number;
  /** The market's price at `fromTimestamp`: the first open, or the close before it where closes are all there is. */
  readonly startPrice: number;
  readonly hours: number;
  /** Bars for which the series had no price: the last close is carried through them. */
  readonly filledBars: number;
}

/**
 * Cuts a window out of a series and brings it to whole hours: finer rows are merged into hourly bars, coarser ones keep
 * their length, missing bars stand still at the last close.
 *
 * Throws {@link PriceWindowError} when the window leaves the series' range or contains a gap above 24 hours, and
 * InvalidParameterError on hours that are not a positive whole number.
 *
 * @example
 * selectWindow(bars, { from: Date.UTC(2022, 10, 6) / 1000, hours: 336, defaultHours: 168 }).bars.length; // 336
 */
export function selectWindow(bars: readonly Bar[], request: WindowRequest): PriceWindow {
  const { hours } = request;
  if (hours !== undefined && !(Number.isInteger(hours) && hours > 0)) {
    throw new InvalidParameterError("hours", hours, "be a positive whole number");
  }
  const first = bars[0];
  const last = bars[bars.length - 1];
  if (first === undefined || last === undefined || first === last) {
    throw new InvalidParameterError("bars.length", bars.length, "be at least 2");
  }
  const spacing = medianSpacing(bars);
  const barSeconds = Math.max(HOUR_SECONDS, Math.round(spacing / HOUR_SECONDS) * HOUR_SECONDS);
  const range = `${formatTime(first.timestamp)} to ${formatTime(last.timestamp)}`;
  const from = request.from ?? first.timestamp;
  if (from < first.timestamp || from > last.timestamp) {
    throw new PriceWindowError(
      `The prices run from ${range}; ${formatTime(from)} is outside. Choose another start with --from.`,
    );
  }
  // The last bar covers its own interval too.
  const availableHours = Math.floor((last.timestamp + spacing - from) / HOUR_SECONDS);
  const wanted = hours ?? Math.min(request.defaultHours, availableHours);
  if (wanted > availableHours || wanted * HOUR_SECONDS < barSeconds) {
    const bounds = `from ${formatTime(from)} it must be between ${barSeconds / HOUR_SECONDS} and ${availableHours}`;
    throw new PriceWindowError(
      `The prices run from ${range}; ${wanted} hours do not fit: ${bounds}. Change --hours or --from.`,
    );
  }
  return cut(bars, from, wanted, barSeconds);
}

function cut(bars: readonly Bar[], from: number, hours: number, barSeconds: number): PriceWindow {
  const count = Math.floor((hours * HOUR_SECONDS) / barSeconds);
  const until = from + count * barSeconds;
  const buckets: Bar[][] = Array.from({ length: count }, () => []);
  let before: Bar | undefined;
  for (const bar of bars) {
    if (bar.timestamp < from) before = bar;
    else if (bar.timestamp < until) buckets[Math.floor((bar.timestamp - from) / barSeconds)]!.push(bar);
  }
  requireNoGap(bars, from, until - barSeconds);

  const first = buckets[0]?.[0];
  const isCloseOnly = first === undefined || first.high === first.low;
  const startPrice = (isCloseOnly ? before?.close : undefined) ?? first?.open ?? Number.NaN;
  let close = startPrice;
  let filledBars = 0;
  const filled = buckets.map((bucket, index) => {
    const timestamp = from + index * barSeconds;
    const bar = bucket.length === 0 ? flatBar(timestamp, close) : mergeBars(timestamp, bucket);
    if (bucket.length === 0) filledBars += 1;
    close = bar.close;
    return bar;
  });
  return {
    bars: filled,
    barSeconds,
    fromTimestamp: from,
    startPrice,
    hours: (count * barSeconds) / HOUR_SECONDS,
    filledBars,
  };
}

/** `lastStart`: when the last bar of the window begins; what is missing after it is not needed. */
function requireNoGap(bars: readonly Bar[], from: number, lastStart: number): void {
  for (let i = 1; i < bars.length; i++) {
    const start = bars[i - 1]!.timestamp;
    const end = bars[i]!.timestamp;
    if (end - start <= MAX_GAP_SECONDS || end <= from || start >= lastStart) continue;
    const gap = `no price between ${formatTime(start)} and ${formatTime(end)}, ${Math.round((end - start) / HOUR_SECONDS)} hours`;
    throw new PriceWindowError(
      `The window has ${gap} (limit 24). Choose another window with --from DATE and --hours N.`,
    );
  }
}

function medianSpacing(bars: readonly Bar[]): number {
  const spacings = bars.slice(1).map((bar, index) => bar.timestamp - bars[index]!.timestamp);
  spacings.sort((left, right) => left - right);
  return spacings[Math.floor(spacings.length / 2)]!;
}

/** `2022-11-06T00:00Z`: seconds only where they are not zero. */
export function formatTime(timestamp: number): string {
  return new Date(timestamp * 1000).toISOString().replace(/(:00)?\.000Z$/, "Z");
}
