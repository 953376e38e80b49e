import { idleFractionOf } from "./exposure.ts";
import { travelledToEdge } from "./range.ts";
import { TOLERATED_ORACLE_FLAGS } from "./types.ts";
import type { Advice, Band, GateVerdict, PolicySettings, Reason, Situation } from "./types.ts";

/** The sentence, with figures, that goes with a reason's code. */
export function explain(code: Reason["code"], situation: Situation, band: Band, { targets, gate }: Advice): string {
  const { exposure, status, baseSymbol } = situation;
  const drift = (): string =>
    `delta ${exposure.deltaBase.toFixed(4)}, trigger ${band.triggerBase.toFixed(4)} ${baseSymbol}`;
  switch (code) {
    case "inside-band":
      return `Inside the band: ${drift()}.`;
    case "outside-band":
      return `Outside the band: ${drift()}.`;
    case "no-position":
      return "No liquidity is in the pool.";
    case "idle-capital":
      return `${(idleFractionOf(situation) * 100).toFixed(1)} % of NAV is idle.`;
    case "range-edge":
      return `The price has used ${(travelledToEdge(situation) * 100).toFixed(0)} % of the way to the edge of the range.`;
    case "health-low":
      return `Health ${exposure.health.toFixed(3)} is below ${formatHealth(targets.minHealth)}.`;
    case "wind-down":
      return "The vault winds down.";
    case "degraded":
      return "The vault lost a hedge and may only reduce risk.";
    case "hedge-lost":
      return "A venue holds less for the vault than it left there.";
    case "oracle-unhealthy":
      return `The oracle is not to be trusted (flags ${status.oracleFlags & ~TOLERATED_ORACLE_FLAGS}).`;
    case "hedge-pending":
      return `${describeOrders(situation)} for its venue.`;
    case "redemption-waits":
      return `Redemptions of ${percent(situation.redemption?.fraction ?? 0)} wait; the venue is asked for ${percent(situation.redemption?.stepFraction ?? 0)}.`;
    case "redemption-ready":
      return `Redemptions of ${percent(situation.redemption?.fraction ?? 0)} wait; the venue has paid ${percent(situation.redemption?.paidFraction ?? 0)}.`;
    case "cheaper-hedge":
      return "Another venue carries the short for less.";
    case "cooling-down":
      return `The liquidity is to be moved; cooling down for ${situation.limits.cooldownEndsAt - situation.timestamp} s more.`;
    case "fees-too-low":
    case "fees-near-break-even":
    case "fees-suffice":
      return describeGate(gate, situation.ranges.length > 0);
    case "too-small":
      return `NAV of ${exposure.navQuote.toFixed(2)} is too small to put to work.`;
  }
}

/** "gmx-v2-short: an order of -15.9840 WETH waits". */
function describeOrders({ hedges, baseSymbol }: Situation): string {
  const waiting = (hedges ?? []).filter(({ pendingBase }) => pendingBase !== undefined);
  if (waiting.length === 0) return "A hedge waits";
  return waiting
    .map(({ venue, pendingBase }) => `${venue}: an order of ${(pendingBase ?? 0).toFixed(4)} ${baseSymbol} waits`)
    .join(", ");
}

/** How fees stand to costs, as a further reason of a decision that something else decided; none while it is not known. */
export function explainGate(situation: Situation, settings: PolicySettings, gate: GateVerdict): readonly Reason[] {
  if (!settings.feeGate.enabled || gate.opinion === "unknown") return [];
  const hasPosition = situation.ranges.length > 0;
  const code =
    gate.opinion === "leave" ? "fees-too-low" : gate.opinion === "enter" ? "fees-suffice" : "fees-near-break-even";
  return [{ code, text: describeGate(gate, hasPosition) }];
}

/**
 * The gate's verdict in words, with both figures.
 *
 * @example
 * describeGate(gate, true); // "Fees of 12.3 % a year do not pay: break-even is 40.1 %, and below 27.5 % the vault leaves."
 */
export function describeGate(gate: GateVerdict, hasPosition: boolean): string {
  if (gate.opinion === "unknown") return "What fees earn is not known yet; the fee gate has no opinion.";
  const { opinion } = gate;
  const fees = `Fees of ${percent(gate.feeApr)} a year`;
  const breakEven = `break-even is ${percent(gate.breakEvenApr)}`;
  if (opinion === "enter") return `${fees} pay for the hedge: ${breakEven}.`;
  if (!hasPosition)
    return `${fees} do not pay: ${breakEven}, and the vault enters above ${percent(gate.enterAboveApr)}.`;
  const bound = `below ${percent(gate.leaveBelowApr)} the vault leaves`;
  return opinion === "leave"
    ? `${fees} do not pay: ${breakEven}, and ${bound}.`
    : `${fees} are near break-even, ${percent(gate.breakEvenApr)}; ${bound}.`;
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)} %`;
}

/** 1.5, not 1.500; 1.743, not 1.7428571. */
function formatHealth(health: number): string {
  return String(Number(health.toFixed(3)));
}
