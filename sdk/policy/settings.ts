import type { PolicySettings } from "./types.ts";

/** Settings that suit a volatile base against a dollar quote; every one can be overridden. */
export const defaultSettings = {
  rangeWidth: 1.5,
  autoRange: { minWidth: 1.1, maxWidth: 3, steps: 24, fallbackWidth: 1.5 },
  feeGate: {
    enabled: true,
    enterRatio: 1.05,
    leaveRatio: 0.7,
    holdingDays: 7,
    marginRatePerYear: 0.02,
    carryPriorPerYear: 0.03,
  },
  marginPlan: {
    keeperOutageHours: 12,
    topUpLatencyHours: 1,
    liquidationProbability: 0.001,
    jumpFraction: 0.05,
    topUpDays: 1,
    topUpProbability: 0.1,
    floorReserve: 0.05,
  },
  hedgeChoice: { holdingDays: 7, turnoverPerYear: 30 },
  recentreAt: 0.8,
  relativeRiskAversion: 100,
  targetHealth: 1.9,
  minHealth: 1.5,
  idleFraction: 0.02,
  deployAboveFraction: 0.1,
  bandSafety: 0.8,
  deadlineSeconds: 300,
} satisfies PolicySettings;
