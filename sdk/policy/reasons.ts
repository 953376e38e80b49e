import { travelledToEdge } from "./range.ts";
import { TOLERATED_ORACLE_FLAGS } from "./types.ts";
import type { Band, PolicySettings, Reason, Situation } from "./types.ts";

/** The sentence, with figures, that goes with a reason's code. */
export function explain(code: Reason["code"], situation: Situation, band: Band, settings: PolicySettings): string {
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
      return `${((exposure.idleQuote / exposure.navQuote) * 100).toFixed(1)} % of NAV is idle.`;
    case "range-edge":
      return `The price has used ${(travelledToEdge(situation) * 100).toFixed(0)} % of the way to the edge of the range.`;
    case "health-low":
      return `Health ${exposure.health.toFixed(3)} is below ${settings.minHealth}.`;
    case "wind-down":
      return "The vault winds down.";
    case "degraded":
      return "The vault lost a hedge and may only reduce risk.";
    case "hedge-lost":
      return "A venue holds less for the vault than it left there.";
    case "oracle-unhealthy":
      return `The oracle is not to be trusted (flags ${status.oracleFlags & ~TOLERATED_ORACLE_FLAGS}).`;
    case "hedge-pending":
      return "A hedge waits for its venue.";
    case "cooling-down":
      return `The liquidity is to be placed anew; cooling down for ${situation.limits.cooldownEndsAt - situation.timestamp} s more.`;
    case "too-small":
      return `NAV of ${exposure.navQuote.toFixed(2)} is too small to put to work.`;
  }
}
