import { setTimeout as delay } from "node:timers/promises";

import { createBandWatch } from "../../sdk/sim/bandWatch.ts";
import { computeMarkNavQuote } from "../../sdk/sim/mark.ts";
import type { VaultMark } from "../../sdk/sim/mark.ts";
import type { PriceStep } from "../../sdk/sim/steps.ts";
import { computeVolumeQuote } from "../../sdk/sim/volume.ts";
import type { VolumeModel } from "../../sdk/sim/volume.ts";
import { HOUR_SECONDS } from "../../sdk/sim/window.ts";
import { throwIfAborted } from "../errors.ts";
import type { DemoWorld, Observation, RebalanceEvent, ReplayRecord, Sample } from "./types.ts";

const KEPT_COMPLAINTS = 5;
/** Answers of a venue between two steps of the market that are followed at once. */
const MOST_ANSWERS = 20;
/** Time before the next step of the market in which nothing new is begun. */
const ANSWER_RESERVE_SECONDS = 30;

export interface ReplayOptions {
  /** When the replay begins, unix seconds, and the price then. */
  readonly start: PriceStep;
  readonly steps: readonly PriceStep[];
  readonly volume: VolumeModel;
  /** Market hours a second; undefined: as fast as it goes. */
  readonly hoursPerSecond: number | undefined;
  readonly signal: AbortSignal;
  /** Called after every step. */
  readonly onProgress: (done: number, total: number) => void;
}

/** A replay under way; `record` may be read at any time, between steps. */
export interface Replay {
  readonly record: ReplayRecord;
  run(): Promise<void>;
}

/**
 * Prepares a replay of prices on a world whose vault has its deposit. One step of the market, one look, one keeper tick, and
 * another look where the tick changed something: those looks are the marks that the attribution works on.
 *
 * `run` rejects with InterruptedError when the signal is given, and with whatever the world rejects with.
 */
export function createReplay(world: DemoWorld, options: ReplayOptions): Replay {
  const { signal } = options;
  const watch = createBandWatch();
  const marks: VaultMark[] = [];
  const samples: Sample[] = [];
  const rebalances: RebalanceEvent[] = [];
  const complaints: string[] = [];
  let ticks = 0;
  let skipped = 0;
  let failed = 0;
  let steps = 0;
  let triggerBase: number | undefined;
  let maxNavDifferenceQuote = 0;
  let minHealth: number | null = null;
  let shorts: Observation["shorts"] = [];

  const note = (observation: Observation): Observation => {
    marks.push(observation.mark);
    maxNavDifferenceQuote = Math.max(maxNavDifferenceQuote, Math.abs(observation.navDifferenceQuote));
    if (sumOf(observation.shorts) > sumOf(shorts)) shorts = observation.shorts;
    if (observation.health !== null) minHealth = Math.min(minHealth ?? Infinity, observation.health);
    return observation;
  };

  /** Lets the keeper look once and notes what it did. */
  const tick = async (before: Observation): Promise<void> => {
    const report = await world.tick(signal);
    ticks += 1;
    triggerBase = report.band?.triggerBase ?? triggerBase;
    const hasActed = report.kind === "sent" || report.gasUsed > 0;
    const after = hasActed ? note(await world.observe("action", report.gasQuote)) : before;
    if (report.kind === "skipped") skipped += 1;
    if (report.kind === "failed") failed += 1;
    if (report.kind !== "held" && report.kind !== "sent" && complaints.length < KEPT_COMPLAINTS)
      complaints.push(report.text);
    if (report.kind === "sent" || report.kind === "reverted") {
      rebalances.push({
        timestamp: before.mark.timestamp,
        price: before.mark.price,
        decision: report.decision ?? "unknown",
        kind: report.kind,
        deltaBefore: before.deltaBase,
        deltaAfter: after.deltaBase,
        costQuote: computeMarkNavQuote(after.mark) - computeMarkNavQuote(before.mark),
        gasUsed: report.gasUsed,
        gasQuote: report.gasQuote,
        text: report.text,
      });
    }
    // Before there is a position there is no band to be outside of.
    if (triggerBase !== undefined && triggerBase > 0) {
      watch.record({ deltaBefore: before.deltaBase, deltaAfter: after.deltaBase, trigger: triggerBase });
    }
    samples.push({
      timestamp: before.mark.timestamp,
      price: before.mark.price,
      deltaFound: before.deltaBase,
      deltaBase: after.deltaBase,
      triggerBase: triggerBase === undefined || triggerBase === 0 ? null : triggerBase,
      range: after.range,
      health: after.health,
    });
  };

  /** The keeper's look, and further ones for as long as a venue answers before the market moves on. */
  const tickUntil = async (before: Observation, until: number): Promise<void> => {
    await tick(before);
    for (let turn = 0; turn < MOST_ANSWERS; turn++) {
      const answered = await world.answer(until);
      if (answered === undefined) return;
      await tick(note(await world.observe("action", answered.feeQuote)));
    }
  };

  const run = async (): Promise<void> => {
    const startedAt = performance.now();
    const firstStep = options.steps[0]?.timestamp ?? options.start.timestamp;
    await tickUntil(note(await world.observe("flow", 0)), firstStep - ANSWER_RESERVE_SECONDS);
    let last = options.start;
    for (const [i, next] of options.steps.entries()) {
      throwIfAborted(signal);
      const seconds = next.timestamp - last.timestamp;
      const move = { poolValueQuote: world.poolValueQuote, seconds, fromPrice: last.price, toPrice: next.price };
      await world.step({ ...next, volumeQuote: computeVolumeQuote(options.volume, move) });
      last = next;
      const following = options.steps[i + 1]?.timestamp ?? last.timestamp + seconds;
      await tickUntil(note(await world.observe("market", 0)), following - ANSWER_RESERVE_SECONDS);
      steps += 1;
      options.onProgress(steps, options.steps.length);
      await keepPace(startedAt, (last.timestamp - options.start.timestamp) / HOUR_SECONDS, options);
    }
  };

  return {
    get record() {
      return {
        marks,
        samples,
        rebalances,
        ticks: { total: ticks, skipped, failed },
        complaints,
        maxTicksOutsideBand: watch.maxTicksOutsideBand,
        maxNavDifferenceQuote,
        shorts,
        minHealth,
        steps,
      };
    },
    run,
  };
}

function sumOf(shorts: Observation["shorts"]): number {
  return shorts.reduce((sum, { base }) => sum + base, 0);
}

async function keepPace(
  startedAt: number,
  hoursDone: number,
  { hoursPerSecond, signal }: ReplayOptions,
): Promise<void> {
  if (hoursPerSecond === undefined) return;
  const aheadMs = startedAt + (hoursDone / hoursPerSecond) * 1_000 - performance.now();
  if (aheadMs <= 0) return;
  // Rejects when the signal is given; the next step says so in its own words.
  await delay(aheadMs, undefined, { signal }).catch(() => undefined);
}
