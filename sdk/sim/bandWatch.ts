import { requireFinite, requireNonNegative } from "../math/require.ts";

/** Net delta [base] as one keeper tick found and left it, and the trigger of the band it was judged by. */
export interface BandTick {
  readonly deltaBefore: number;
  readonly deltaAfter: number;
  readonly trigger: number;
}

export interface BandWatch {
  record(tick: BandTick): void;
  /** Longest run of consecutive ticks with the delta outside the band. */
  readonly maxTicksOutsideBand: number;
  /** Run that is still going on, 0 inside the band. */
  readonly ticksOutsideBand: number;
}

/**
 * Counts for how many consecutive ticks the delta stayed outside the band. A tick that finds it outside and brings it back
 * counts 1; a tick that leaves it outside, wherever it found it, counts 1 and lets the next one continue the run.
 *
 * `record` throws InvalidParameterError on a delta that is not finite or a negative trigger.
 *
 * @example
 * const watch = createBandWatch();
 * watch.record({ deltaBefore: 3, deltaAfter: 0.5, trigger: 2 });
 * watch.maxTicksOutsideBand; // 1
 */
export function createBandWatch(): BandWatch {
  let run = 0;
  let longest = 0;
  return {
    record: ({ deltaBefore, deltaAfter, trigger }) => {
      requireFinite("deltaBefore", deltaBefore);
      requireFinite("deltaAfter", deltaAfter);
      requireNonNegative("trigger", trigger);
      const wasOutside = Math.abs(deltaBefore) > trigger;
      const isOutside = Math.abs(deltaAfter) > trigger;
      if (!wasOutside) run = 0;
      if (wasOutside || isOutside) run += 1;
      longest = Math.max(longest, run);
      if (!isOutside) run = 0;
    },
    get maxTicksOutsideBand() {
      return longest;
    },
    get ticksOutsideBand() {
      return run;
    },
  };
}
