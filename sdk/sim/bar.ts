/**
 * Prices of one interval that begins at `timestamp` (unix seconds), quote per base: 0 < low <= open, close <= high.
 * A series of closes only has open = high = low = close in every bar.
 */
export interface Bar {
  readonly timestamp: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** One bar that covers several: first open, last close, extremes of all. `bars` holds at least one. */
export function mergeBars(timestamp: number, bars: readonly Bar[]): Bar {
  const first = bars[0]!;
  const last = bars[bars.length - 1]!;
  let { high, low } = first;
  for (const bar of bars) {
    high = Math.max(high, bar.high);
    low = Math.min(low, bar.low);
  }
  return { timestamp, open: first.open, high, low, close: last.close };
}

/** A bar in which nothing happened. */
export function flatBar(timestamp: number, price: number): Bar {
  return { timestamp, open: price, high: price, low: price, close: price };
}
