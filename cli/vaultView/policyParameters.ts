import type { PolicyParams } from "../../sdk/policy/types.ts";
import { formatAmount } from "../amount.ts";
import { displayBps, displayDuration } from "./units.ts";

/** What a parameter of the RiskPolicy counts. */
type ParameterUnit = "bps" | "seconds" | "ticks" | "wad";

/** One parameter of the RiskPolicy: its option on the command line, and what it means. */
export interface PolicyParameter {
  readonly key: keyof PolicyParams;
  /** Without the dashes. */
  readonly option: string;
  readonly unit: ParameterUnit;
  readonly meaning: string;
}

/** All of them, in the order of the contract's struct. */
export const POLICY_PARAMETERS: readonly PolicyParameter[] = [
  { key: "maxDeltaBps", option: "max-delta-bps", unit: "bps", meaning: "net delta after an action, of NAV" },
  { key: "maxLossBpsPerDay", option: "max-loss-bps", unit: "bps", meaning: "losses in any 24 h, of NAV" },
  { key: "maxTurnoverBpsPerDay", option: "max-turnover-bps", unit: "bps", meaning: "turnover in any 24 h, of NAV" },
  { key: "maxSlippageBps", option: "max-slippage-bps", unit: "bps", meaning: "price of a swap against the oracle" },
  { key: "minRangeTicks", option: "min-range-ticks", unit: "ticks", meaning: "narrowest range" },
  { key: "cooldownSeconds", option: "cooldown-seconds", unit: "seconds", meaning: "time between actions" },
  { key: "exitDelaySeconds", option: "exit-delay-seconds", unit: "seconds", meaning: "wait before an exit in kind" },
  { key: "keeperGraceSeconds", option: "grace-seconds", unit: "seconds", meaning: "keeper's silence before hedgeNow" },
  { key: "emergencyDeltaBps", option: "emergency-delta-bps", unit: "bps", meaning: "net delta for hedgeNow, of NAV" },
  { key: "healthFloorWad", option: "health-floor", unit: "wad", meaning: "health of every hedge in a calm market" },
  {
    key: "healthPerVolatilityBps",
    option: "health-per-volatility-bps",
    unit: "bps",
    meaning: "added to it per 100 % of volatility",
  },
];

const WAD_DECIMALS = 18;

/** A parameter for reading: `500 bps (5 %)`, `86400 s (1 day)`, `1.15`. */
export function displayParameter({ unit, key }: PolicyParameter, params: PolicyParams): string {
  const value = params[key];
  switch (unit) {
    case "bps":
      return `${value} bps (${displayBps(value)})`;
    case "seconds":
      return `${value} s (${displayDuration(value)})`;
    case "ticks":
      return `${value} ticks`;
    case "wad":
      return formatAmount(value, WAD_DECIMALS);
  }
}
