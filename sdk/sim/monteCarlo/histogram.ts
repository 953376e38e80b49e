/*
 * The distribution of a P&L in memory that does not grow with the number of paths: bins of one basis point from -100 % to +100 %, each
 * with count, sum and sum of squares of what fell into it. What lies beyond goes to the outer bins, with its true sum.
 *
 * A quantile is the mean of the bin that holds its order statistic, so off from it by less than the width of the bin. An expected shortfall takes whole bins at their exact
 * sums and only cuts the one at the edge of the tail, at its mean: off by less than the width times that bin's share of the tail.
 */

export const BIN_WIDTH = 1e-4;
const LOW = -1;
const BINS = Math.round((-2 * LOW) / BIN_WIDTH);

export interface Histogram {
  add(value: number): void;
  readonly count: number;
  /** Quantile for a probability between 0 and 1. NaN when nothing was added. */
  quantile(probability: number): number;
  /** Mean of the worst `tail` (a fraction) of the values, with its standard error for independent values. NaN when nothing was added. */
  expectedShortfall(tail: number): Estimate;
}

export interface Estimate {
  readonly value: number;
  readonly standardError: number;
}

/**
 * An empty histogram. Values are fractions, negative for a loss.
 *
 * @example
 * const histogram = createHistogram();
 * for (const pnl of [-0.2, 0.1, 0.1, 0.1]) histogram.add(pnl);
 * histogram.expectedShortfall(0.25).value; // -0.2
 */
export function createHistogram(): Histogram {
  const counts = new Float64Array(BINS);
  const sums = new Float64Array(BINS);
  const squares = new Float64Array(BINS);
  let total = 0;
  /** The bin that holds the value of this rank, from the lowest. */
  const findBin = (rank: number): { readonly bin: number; readonly below: number } => {
    let below = 0;
    for (let bin = 0; bin < BINS; bin++) {
      if (below + counts[bin]! > rank) return { bin, below };
      below += counts[bin]!;
    }
    return { bin: counts.findLastIndex((count) => count > 0), below: total };
  };
  return {
    get count() {
      return total;
    },
    add: (value) => {
      const bin = Math.min(BINS - 1, Math.max(0, Math.floor((value - LOW) / BIN_WIDTH)));
      counts[bin]! += 1;
      sums[bin]! += value;
      squares[bin]! += value * value;
      total += 1;
    },
    quantile: (probability) => {
      if (total === 0) return Number.NaN;
      const { bin } = findBin(probability * (total - 1));
      return sums[bin]! / counts[bin]!;
    },
    expectedShortfall: (tail) => {
      if (total === 0) return { value: Number.NaN, standardError: Number.NaN };
      const wanted = tail * total;
      const { bin: edgeBin } = findBin(wanted);
      const edge = sums[edgeBin]! / counts[edgeBin]!;
      // With edge q the shortfall is q + E[min(x - q, 0)]/tail, whose first-order error does not depend on that of q.
      let first = 0;
      let second = 0;
      for (let bin = 0; bin < edgeBin; bin++) {
        first += sums[bin]! - counts[bin]! * edge;
        second += squares[bin]! - 2 * edge * sums[bin]! + counts[bin]! * edge * edge;
      }
      const mean = first / total;
      const variance = Math.max(0, second / total - mean * mean);
      return { value: edge + mean / tail, standardError: Math.sqrt(variance / total) / tail };
    },
  };
}
