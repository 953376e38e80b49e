import { InvalidParameterError } from "../../errors.ts";
import { requireBetween, requireNonNegative, requirePositive } from "../../math/require.ts";

/** When a hedge is traded, and how far back. */
export type Rebalance =
  /** Never after the opening. */
  | { readonly kind: "once" }
  /** At every look, to zero. */
  | { readonly kind: "always" }
  /** When the drift exceeds `fraction` of the short that is wanted, to zero. */
  | { readonly kind: "threshold"; readonly fraction: number }
  /** The band of computeOptimalBand for this risk aversion [1/quote]. */
  | { readonly kind: "optimalBand"; readonly riskAversion: number };

/** The liquidity without a hedge. */
export interface UnhedgedStrategy {
  readonly kind: "unhedged";
  readonly name: string;
}

/** The base and quote that the liquidity would start with, held. */
export interface HoldStrategy {
  readonly kind: "hold";
  readonly name: string;
}

/**
 * A short perp against `hedgeRatio` of the liquidity's delta and all of the options' delta. `stripShare`: how much of the strip that
 * would replicate the liquidity is bought at the start and held to expiry, 0 for none. The perp is never long.
 */
export interface HedgedStrategy {
  readonly kind: "hedged";
  readonly name: string;
  readonly hedgeRatio: number;
  readonly stripShare: number;
  readonly rebalance: Rebalance;
  /** The keeper looks at the drift every so many steps. */
  readonly lookEverySteps: number;
}

export type Strategy = UnhedgedStrategy | HoldStrategy | HedgedStrategy;

/** Risk aversion of the published bands [1/quote]. */
export const TABLE_RISK_AVERSION = 1e-3;

const BAND: Rebalance = { kind: "optimalBand", riskAversion: TABLE_RISK_AVERSION };
const STEPS_PER_HOUR = 12;

/** What all others are measured against. */
export const UNHEDGED: UnhedgedStrategy = { kind: "unhedged", name: "no hedge" };

/** A hedge with a look an hour. */
export function createHedge(name: string, rebalance: Rebalance, stripShare = 0, hedgeRatio = 1): HedgedStrategy {
  return { kind: "hedged", name, hedgeRatio, stripShare, rebalance, lookEverySteps: STEPS_PER_HOUR };
}

/** Every strategy of the published experiment, with a look an hour; the others are measured against the first one. */
export const EXPERIMENT_STRATEGIES: readonly Strategy[] = [
  UNHEDGED,
  { kind: "hold", name: "plain holding" },
  createHedge("short once", { kind: "once" }),
  createHedge("ratio 0.65, 5 % threshold", { kind: "threshold", fraction: 0.05 }, 0, 0.65),
  createHedge("5 % threshold", { kind: "threshold", fraction: 0.05 }),
  createHedge("hourly", { kind: "always" }),
  createHedge("optimal band", BAND),
  createHedge("half strip + band", BAND, 0.5),
  createHedge("three-quarter strip + band", BAND, 0.75),
  createHedge("full strip + short once", { kind: "once" }, 1),
  createHedge("full strip + band", BAND, 1),
  createHedge("1.1 strip + band", BAND, 1.1),
];

/** Throws InvalidParameterError on parameters out of domain. */
export function requireStrategy(strategy: Strategy): void {
  if (strategy.kind !== "hedged") return;
  requireNonNegative("hedgeRatio", strategy.hedgeRatio);
  requireBetween("stripShare", strategy.stripShare, 0, 2);
  const { rebalance, lookEverySteps } = strategy;
  if (!(Number.isInteger(lookEverySteps) && lookEverySteps > 0)) {
    throw new InvalidParameterError("lookEverySteps", lookEverySteps, "be a positive whole number");
  }
  switch (rebalance.kind) {
    case "once":
    case "always":
      return;
    case "threshold":
      requirePositive("rebalance.fraction", rebalance.fraction);
      return;
    case "optimalBand":
      requirePositive("rebalance.riskAversion", rebalance.riskAversion);
      return;
  }
}
