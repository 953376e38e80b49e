import { adviseOn } from "./advice.ts";
import { bandFor } from "./band.ts";
import { idleFractionOf } from "./exposure.ts";
import { chooseHedge, type HedgeChoice } from "./hedgeChoice.ts";
import { hedgeKindOf } from "./hedges.ts";
import { travelledToEdge } from "./range.ts";
import { explain, explainGate } from "./reasons.ts";
import { situationOf } from "./situation.ts";
import { TOLERATED_ORACLE_FLAGS } from "./types.ts";
import type {
  Advice,
  Band,
  Decision,
  GateVerdict,
  Market,
  PolicySettings,
  Reason,
  Situation,
  Snapshot,
} from "./types.ts";

/** Below this part of NAV a leftover short is not worth a transaction. */
const DUST_FRACTION = 1e-4;
/** New capital joins the existing range only while the price is in its inner half; else the range is rebuilt. */
const KEEP_RANGE_UP_TO = 0.5;

/** Of a caller that asked for no advice, or switched the gate off. */
const NO_OPINION: GateVerdict = { opinion: "unknown" };

type ReasonCode = Reason["code"];

/** What to do and why, without the words: what a simulator asks for, millions of times. */
export type Verdict =
  | { readonly kind: "hold" | "exit" | "reconcile"; readonly code: ReasonCode }
  | { readonly kind: "hedge"; readonly code: ReasonCode; readonly targetDeltaBase: number }
  | { readonly kind: "recentre"; readonly code: ReasonCode; readonly keepRange: boolean }
  | { readonly kind: "deleverage"; readonly code: ReasonCode; readonly targetHealth: number }
  | { readonly kind: "raise"; readonly code: ReasonCode; readonly fraction: number };

/**
 * What to do about one snapshot. Pure: the same snapshot, market and settings give the same decision, in the keeper
 * as in the simulator.
 *
 * @example
 * decide(snapshot, { volatilityAnnual: 0.7, hedgeGasQuote: 1 }, defaultSettings).kind // "hold"
 */
export function decide(snapshot: Snapshot, market: Market, settings: PolicySettings): Decision {
  const read = situationOf(snapshot);
  const choice = chooseHedge(read, market, settings);
  const situation = withHedge(read, choice);
  const seen = withCarry(market, choice);
  const band = bandFor(situation, seen, settings);
  const advice = adviseOn(situation, band, seen, settings);
  const { code, ...action } = judge(situation, band, settings, advice);
  return {
    ...action,
    blockNumber: situation.blockNumber,
    blockHash: situation.blockHash,
    exposure: situation.exposure,
    band,
    reasons: [
      { code, text: explain(code, situation, band, advice) },
      ...(code === "fees-too-low" ? [] : explainGate(situation, settings, advice.gate)),
    ],
    hedgeIndex: choice?.index,
    orders: ordersOf(situation),
    ...advice,
  };
}

function ordersOf({ hedges }: Situation): Decision["orders"] {
  const orders = (hedges ?? []).flatMap(({ venue, pendingBase }) =>
    pendingBase === undefined ? [] : [{ venue, deltaBase: pendingBase }],
  );
  return orders.length === 0 ? undefined : orders;
}

/** The situation as it is for a vault that hedges there. */
function withHedge(situation: Situation, choice: HedgeChoice | undefined): Situation {
  if (choice === undefined) return situation;
  const hedge = situation.hedges?.[choice.index];
  // A loan trades by swaps in the pool, whose depth the situation knows better than anybody's terms.
  const isTradedElsewhere = hedge !== undefined && choice.terms !== undefined && hedgeKindOf(hedge) === "perp";
  return {
    ...situation,
    marginFactor: hedge?.marginFactor,
    isShortElsewhere: choice.isMove,
    ...(isTradedElsewhere
      ? { hedgeCost: { proportional: choice.terms.tradeFraction, impactQuotePerBaseSquared: 0 } }
      : {}),
  };
}

/** What the venue says its short costs, where nothing was measured; an order's own price is part of what a hedge costs. */
function withCarry(market: Market, choice: HedgeChoice | undefined): Market {
  if (choice?.terms === undefined) return market;
  return {
    ...market,
    shortCarryPerYear: market.shortCarryPerYear ?? choice.terms.carryPerYear,
    hedgeGasQuote: market.hedgeGasQuote + choice.terms.orderQuote,
  };
}

/**
 * The choice behind {@link decide}, for a band and an advice that the caller computed (see bandFor and adviseOn). Without
 * advice there is no fee gate, and health is judged by the settings alone.
 *
 * Order of precedence: what the venue took from us, an oracle not to be trusted, winding down, health, redemptions that a venue must be
 * asked to pay, the fee gate, position, drift.
 */
export function judge(situation: Situation, band: Band, settings: PolicySettings, advice?: Advice): Verdict {
  const { status, exposure } = situation;
  if (status.hedgeLost && !status.degraded) return { kind: "reconcile", code: "hedge-lost" };
  if ((status.oracleFlags & ~TOLERATED_ORACLE_FLAGS) !== 0n) return { kind: "hold", code: "oracle-unhealthy" };
  if (status.hedgePending) return { kind: "hold", code: "hedge-pending" };
  if (status.windDown || status.degraded) {
    return { kind: isFlat(situation, band) ? "hold" : "exit", code: status.windDown ? "wind-down" : "degraded" };
  }
  const health = advice?.targets ?? settings;
  if (exposure.health < health.minHealth) {
    return { kind: "deleverage", code: "health-low", targetHealth: health.targetHealth };
  }
  const redemption = judgeRedemption(situation);
  if (redemption !== undefined) return redemption;
  const gate = (settings.feeGate.enabled ? advice?.gate : undefined) ?? NO_OPINION;
  return judgeFees(situation, band, gate) ?? judgePosition(situation, band, settings, gate);
}

/** Neither liquidity nor a short nor base worth a transaction, nor money that a venue paid out and nobody fetched. */
function isFlat(situation: Situation, band: Band): boolean {
  const { ranges, exposure } = situation;
  const shortQuote = exposure.shortBase * exposure.price;
  const dustQuote = exposure.navQuote * DUST_FRACTION;
  const isFetched = (situation.waitingQuote ?? 0) <= dustQuote;
  return ranges.length === 0 && shortQuote <= dustQuote && isFetched && !isOutside(situation, band);
}

/** Whoever wants to leave is paid before anything else is ordered: a settlement takes only what the venue has paid already. */
function judgeRedemption({ redemption, exposure, limits }: Situation): Verdict | undefined {
  if (redemption === undefined) return undefined;
  // Beyond the vault's own limit drift comes first.
  if (Math.abs(exposure.deltaBase) * exposure.price > exposure.navQuote * limits.maxDeltaFraction) return undefined;
  if (redemption.isReady) return { kind: "hold", code: "redemption-ready" };
  return { kind: "raise", code: "redemption-waits", fraction: redemption.stepFraction };
}

/** What the fee gate demands; undefined = it lets the vault be. */
function judgeFees(situation: Situation, band: Band, { opinion }: GateVerdict): Verdict | undefined {
  if (opinion === "unknown" || opinion === "enter") return undefined;
  if (situation.ranges.length > 0) {
    if (opinion === "keep") return undefined;
    // Leaving may wait; drift, which the vault lets a keeper close at any time, may not.
    if (!isCoolingDown(situation)) return { kind: "exit", code: "fees-too-low" };
    return isOutside(situation, band) ? undefined : { kind: "hold", code: "cooling-down" };
  }
  if (isFlat(situation, band)) return { kind: "hold", code: "fees-too-low" };
  // A swap that the pool did not take in full left something of the hedge or of the base.
  return { kind: isCoolingDown(situation) ? "hold" : "exit", code: "fees-too-low" };
}

function isCoolingDown({ timestamp, limits }: Situation): boolean {
  return timestamp < limits.cooldownEndsAt;
}

/** Whether the drift is outside the band and worth a transaction. */
function isOutside({ exposure }: Situation, band: Band): boolean {
  const drift = Math.abs(exposure.deltaBase);
  return drift > band.triggerBase && drift * exposure.price > exposure.navQuote * DUST_FRACTION;
}

function judgePosition(situation: Situation, band: Band, settings: PolicySettings, gate: GateVerdict): Verdict {
  const { exposure } = situation;
  if (exposure.navQuote * settings.idleFraction < 1 && situation.ranges.length === 0) {
    return { kind: "hold", code: "too-small" };
  }
  const isDrifting = isOutside(situation, band);
  // Capital outside the pool follows the bound of those outside: near break-even it stays there.
  const isCapitalWelcome = !isDrifting && gate.opinion !== "keep";
  const wanted = wantedRecentre(situation, settings, isCapitalWelcome);
  if (wanted !== undefined && !isCoolingDown(situation)) return { kind: "recentre", ...wanted };
  // Closing drift reduces risk, which the vault allows while it cools down.
  if (isDrifting) {
    const targetDeltaBase = Math.sign(exposure.deltaBase) * band.targetBase;
    return { kind: "hedge", code: "outside-band", targetDeltaBase };
  }
  return { kind: "hold", code: wanted === undefined ? "inside-band" : "cooling-down" };
}

/** Whether the liquidity should be placed anew, and why. Idle capital waits until drift is closed. */
function wantedRecentre(
  situation: Situation,
  settings: PolicySettings,
  isCapitalWelcome: boolean,
): { readonly keepRange: boolean; readonly code: ReasonCode } | undefined {
  if (situation.ranges.length === 0) return { keepRange: false, code: "no-position" };
  const travelled = travelledToEdge(situation);
  if (travelled >= settings.recentreAt) return { keepRange: false, code: "range-edge" };
  if (idleFractionOf(situation) > settings.deployAboveFraction && isCapitalWelcome) {
    return { keepRange: travelled <= KEEP_RANGE_UP_TO, code: "idle-capital" };
  }
  if (situation.isShortElsewhere === true) return { keepRange: true, code: "cheaper-hedge" };
  return undefined;
}
