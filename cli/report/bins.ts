/** How many values lie in [from, to); the last bin holds its upper edge too. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Most and fewest bins of a histogram. */
const MAX_BINS = 60;
const MIN_BINS = 5;

/**
 * Bins of equal width over the values, as many as Freedman and Diaconis' rule asks for (2 IQR n^(-1/3) wide), between 5 and 60.
 *
 * @example
 * computeBins([1, 1, 1]); // one bin that holds 3
 */
export function computeBins(values: readonly number[]): readonly Bin[] {
  const sorted = values.toSorted((left, right) => left - right);
  const low = sorted[0];
  const high = sorted.at(-1);
  if (low === undefined || high === undefined) return [];
  if (low === high) return [{ from: low, to: high, count: sorted.length }];
  const quartile = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? low;
  const width = (2 * (quartile(0.75) - quartile(0.25))) / Math.cbrt(sorted.length);
  const wanted = width > 0 ? Math.ceil((high - low) / width) : MAX_BINS;
  const count = Math.min(MAX_BINS, Math.max(MIN_BINS, wanted));
  const counts = new Array<number>(count).fill(0);
  for (const value of sorted) {
    const bin = Math.min(count - 1, Math.floor(((value - low) / (high - low)) * count));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts.map((inside, i) => ({
    from: low + ((high - low) * i) / count,
    to: low + ((high - low) * (i + 1)) / count,
    count: inside,
  }));
}
