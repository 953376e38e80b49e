import type { Estimate } from "./histogram.ts";

/** Running count, mean and sum of squared deviations (Welford 1962; merged after Chan, Golub and LeVeque 1979). */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly squares: number;
}

export const NO_MOMENTS: Moments = { count: 0, mean: 0, squares: 0 };

/** The moments with one value more. */
export function addValue({ count, mean, squares }: Moments, value: number): Moments {
  const nextCount = count + 1;
  const nextMean = mean + (value - mean) / nextCount;
  return { count: nextCount, mean: nextMean, squares: squares + (value - mean) * (value - nextMean) };
}

/** The moments of two samples together. */
export function mergeMoments(left: Moments, right: Moments): Moments {
  const count = left.count + right.count;
  if (count === 0) return NO_MOMENTS;
  const gap = right.mean - left.mean;
  return {
    count,
    mean: left.mean + (gap * right.count) / count,
    squares: left.squares + right.squares + (gap * gap * left.count * right.count) / count,
  };
}

/** Sample variance, NaN for fewer than 2 values. */
export function computeMomentVariance({ count, squares }: Moments): number {
  return count < 2 ? Number.NaN : squares / (count - 1);
}

/**
 * A statistic of several series cut into the same batches, with its standard error by the jackknife: how much it changes when one
 * batch is left out. `batches[b][s]` are the moments of series s in batch b. With batches of neighbours the error allows for
 * dependence inside a batch. Fewer than 3 batches with values give no error: NaN.
 */
export function computeJackknife(
  batches: readonly (readonly Moments[])[],
  statistic: (moments: readonly Moments[]) => number,
): Estimate {
  const filled = batches.filter((batch) => batch.some(({ count }) => count > 0));
  const merge = (skip: number): readonly Moments[] =>
    (filled[0] ?? []).map((_, series) =>
      filled.reduce((sum, batch, b) => (b === skip ? sum : mergeMoments(sum, batch[series]!)), NO_MOMENTS),
    );
  const value = statistic(merge(-1));
  const n = filled.length;
  if (n < 3) return { value, standardError: Number.NaN };
  const partial = filled.map((_, b) => statistic(merge(b)));
  const mean = partial.reduce((sum, x) => sum + x, 0) / n;
  const spread = partial.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { value, standardError: Math.sqrt(((n - 1) / n) * spread) };
}
