import type { PolicySettings } from "./types.ts";

/** Settings that suit a volatile base against a dollar quote; every one can be overridden. */
export const defaultSettings: PolicySettings = {
  rangeWidth: 1.5,
  recentreAt: 0.8,
  relativeRiskAversion: 100,
  targetHealth: 1.9,
  minHealth: 1.5,
  idleFraction: 0.02,
  deployAboveFraction: 0.1,
  bandSafety: 0.8,
  deadlineSeconds: 300,
};
