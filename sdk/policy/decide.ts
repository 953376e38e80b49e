import { bandFor } from "./band.ts";
import { travelledToEdge } from "./range.ts";
import { explain } from "./reasons.ts";
import { situationOf } from "./situation.ts";
import { TOLERATED_ORACLE_FLAGS } from "./types.ts";
import type { Band, Decision, Market, PolicySettings, Reason, Situation, Snapshot } from "./types.ts";

/** Below this part of NAV a leftover short is not worth a transaction. */
const DUST_FRACTION = 1e-4;
/** New capital joins the existing range only while the price is in its inner half; else the range is rebuilt. */
const KEEP_RANGE_UP_TO = 0.5;

type ReasonCode = Reason["code"];

/** What to do and why, without the words: what a simulator asks for, millions of times. */
export type Verdict =
  | { readonly kind: "hold" | "exit" | "reconcile"; readonly code: ReasonCode }
  | { readonly kind: "hedge"; readonly code: ReasonCode; readonly targetDeltaBase: number }
  | { readonly kind: "recentre"; readonly code: ReasonCode; readonly keepRange: boolean }
  | { readonly kind: "deleverage"; readonly code: ReasonCode; readonly targetHealth: number };

/**
 * What to do about one snapshot. Pure: the same snapshot, market and settings give the same decision, in the keeper
 * as in the simulator.
 *
 * @example
 * decide(snapshot, { volatilityAnnual: 0.7, hedgeGasQuote: 1 }, defaultSettings).kind // "hold"
 */
export function decide(snapshot: Snapshot, market: Market, settings: PolicySettings): Decision {
  const situation = situationOf(snapshot);
  const band = bandFor(situation, market, settings);
  const { code, ...action } = judge(situation, band, settings);
  return {
    ...action,
    blockNumber: situation.blockNumber,
    blockHash: situation.blockHash,
    exposure: situation.exposure,
    band,
    reasons: [{ code, text: explain(code, situation, band, settings) }],
  };
}

/**
 * The choice behind {@link decide}, for a band that the caller computed (see bandFor).
 *
 * Order of precedence: what the venue took from us, an oracle not to be trusted, winding down, health, position, drift.
 */
export function judge(situation: Situation, band: Band, settings: PolicySettings): Verdict {
  const { status, exposure } = situation;
  if (status.hedgeLost && !status.degraded) return { kind: "reconcile", code: "hedge-lost" };
  if ((status.oracleFlags & ~TOLERATED_ORACLE_FLAGS) !== 0n) return { kind: "hold", code: "oracle-unhealthy" };
  if (status.hedgePending) return { kind: "hold", code: "hedge-pending" };
  if (status.windDown || status.degraded) {
    const shortQuote = exposure.shortBase * exposure.price;
    const isDone = situation.ranges.length === 0 && shortQuote <= exposure.navQuote * DUST_FRACTION;
    return { kind: isDone ? "hold" : "exit", code: status.windDown ? "wind-down" : "degraded" };
  }
  if (exposure.health < settings.minHealth) {
    return { kind: "deleverage", code: "health-low", targetHealth: settings.targetHealth };
  }
  return judgePosition(situation, band, settings);
}

function judgePosition(situation: Situation, band: Band, settings: PolicySettings): Verdict {
  const { exposure } = situation;
  if (exposure.navQuote * settings.idleFraction < 1 && situation.ranges.length === 0) {
    return { kind: "hold", code: "too-small" };
  }
  const drift = Math.abs(exposure.deltaBase);
  const isOutside = drift > band.triggerBase && drift * exposure.price > exposure.navQuote * DUST_FRACTION;
  const isCoolingDown = situation.timestamp < situation.limits.cooldownEndsAt;

  const wanted = wantedRecentre(situation, settings, isOutside);
  if (wanted !== undefined && !isCoolingDown) return { kind: "recentre", ...wanted };
  // Closing drift reduces risk, which the vault allows while it cools down.
  if (isOutside) {
    const targetDeltaBase = Math.sign(exposure.deltaBase) * band.targetBase;
    return { kind: "hedge", code: "outside-band", targetDeltaBase };
  }
  return { kind: "hold", code: wanted === undefined ? "inside-band" : "cooling-down" };
}

/** Whether the liquidity should be placed anew, and why. Idle capital waits until drift is closed. */
function wantedRecentre(
  situation: Situation,
  settings: PolicySettings,
  isOutside: boolean,
): { readonly keepRange: boolean; readonly code: ReasonCode } | undefined {
  if (situation.ranges.length === 0) return { keepRange: false, code: "no-position" };
  const travelled = travelledToEdge(situation);
  if (travelled >= settings.recentreAt) return { keepRange: false, code: "range-edge" };
  const idleFraction = situation.exposure.idleQuote / situation.exposure.navQuote;
  if (idleFraction > settings.deployAboveFraction && !isOutside) {
    return { keepRange: travelled <= KEEP_RANGE_UP_TO, code: "idle-capital" };
  }
  return undefined;
}
