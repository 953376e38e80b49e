import { setTimeout as delay } from "node:timers/promises";

/** The keeper's only source of time; a replay passes its own. */
export interface Clock {
  /** Unix time in milliseconds. */
  nowMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  },
};

/** A clock that stands still until it is told otherwise. */
export interface ManualClock extends Clock {
  /** Sets the time, Unix milliseconds. */
  set(ms: number): void;
}

/**
 * A clock for replays: sleeping moves it forward at once, so that timeouts pass without waiting.
 *
 * @example
 * const clock = createManualClock(blockTimestampSeconds * 1_000);
 */
export function createManualClock(startMs: number): ManualClock {
  let now = startMs;
  return {
    nowMs: () => now,
    sleep: (ms) => {
      now += ms;
      return Promise.resolve();
    },
    set: (ms) => {
      now = ms;
    },
  };
}
