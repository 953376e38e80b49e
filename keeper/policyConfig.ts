import { z } from "zod";

import { defaultSettings } from "../sdk/policy/settings.ts";
import type {
  GateSettings,
  HedgeChoiceSettings,
  MarginSettings,
  PolicySettings,
  RangeSettings,
} from "../sdk/policy/types.ts";
import { asBoolean, notNegative, number, positive, whole } from "./configFields.ts";

const part = () => number("lie between 0 and 1", (value) => value > 0 && value <= 1);
const probability = () => number("lie strictly between 0 and 1", (value) => value > 0 && value < 1);
const width = () => number("be above 1", (value) => value > 1);
const rate = () => number("be a fraction a year, e.g. 0.03", Number.isFinite);
/** Every key of a group may be left out. */
type Shape<T> = Record<keyof T, z.ZodType>;

const GATE = z.strictObject({
  enabled: z.preprocess(asBoolean, z.boolean({ error: "be true or false" })).optional(),
  enterRatio: positive("1").optional(),
  leaveRatio: positive("1").optional(),
  holdingDays: positive("days").optional(),
  marginRatePerYear: rate().optional(),
  carryPriorPerYear: rate().optional(),
} satisfies Shape<GateSettings>);

const RANGE = z.strictObject({
  minWidth: width().optional(),
  maxWidth: width().optional(),
  steps: number("be a whole number, at least 2", (value) => Number.isSafeInteger(value) && value >= 2).optional(),
  fallbackWidth: width().optional(),
} satisfies Shape<RangeSettings>);

const MARGIN = z.strictObject({
  keeperOutageHours: positive("hours").optional(),
  topUpLatencyHours: notNegative("hours").optional(),
  liquidationProbability: probability().optional(),
  jumpFraction: number("lie between 0 and 1", (value) => value >= 0 && value <= 1).optional(),
  topUpDays: positive("days").optional(),
  topUpProbability: probability().optional(),
  floorReserve: notNegative("health").optional(),
} satisfies Shape<MarginSettings>);

const HEDGE_CHOICE = z.strictObject({
  holdingDays: positive("days").optional(),
  turnoverPerYear: notNegative("times a year").optional(),
} satisfies Shape<HedgeChoiceSettings>);

/** The `policy` part of the configuration, as it is written. */
export const POLICY = z.strictObject({
  rangeWidth: z.union([z.literal("auto"), width()], { error: 'be above 1, or "auto"' }).optional(),
  autoRange: RANGE.optional(),
  feeGate: GATE.optional(),
  marginPlan: MARGIN.optional(),
  hedgeChoice: HEDGE_CHOICE.optional(),
  recentreAt: part().optional(),
  relativeRiskAversion: positive("1").optional(),
  targetHealth: width().optional(),
  minHealth: width().optional(),
  idleFraction: number("be at least 0 and below 1", (value) => value >= 0 && value < 1).optional(),
  deployAboveFraction: part().optional(),
  bandSafety: part().optional(),
  deadlineSeconds: whole("seconds").optional(),
} satisfies Shape<PolicySettings>);

/** A key whose value does not go with another's. */
export interface Contradiction {
  readonly key: string;
  readonly text: string;
}

/** The policy's settings: what is written, and the defaults for the rest. */
export function toPolicy(written: z.output<typeof POLICY>): PolicySettings {
  const { autoRange, feeGate, marginPlan, hedgeChoice, ...rest } = written;
  return {
    ...defaultSettings,
    ...dropUndefined(rest),
    autoRange: { ...defaultSettings.autoRange, ...dropUndefined(autoRange ?? {}) },
    feeGate: { ...defaultSettings.feeGate, ...dropUndefined(feeGate ?? {}) },
    marginPlan: { ...defaultSettings.marginPlan, ...dropUndefined(marginPlan ?? {}) },
    hedgeChoice: { ...defaultSettings.hedgeChoice, ...dropUndefined(hedgeChoice ?? {}) },
  };
}

/** The first pair of settings that contradict each other. */
export function findContradiction(policy: PolicySettings): Contradiction | undefined {
  const { autoRange, feeGate } = policy;
  const pairs = [
    ["targetHealth", policy.targetHealth, "minHealth", policy.minHealth],
    ["feeGate.enterRatio", feeGate.enterRatio, "feeGate.leaveRatio", feeGate.leaveRatio],
    ["autoRange.maxWidth", autoRange.maxWidth, "autoRange.minWidth", autoRange.minWidth],
  ] as const;
  for (const [upper, above, lower, below] of pairs) {
    if (above >= below) continue;
    const text = `policy.${upper} is ${above}; it must be at least policy.${lower}, ${below}. Raise it.`;
    return { key: `policy.${upper}`, text };
  }
  return undefined;
}

/** The same object without the keys whose value is undefined. */
export function dropUndefined<T extends object>(input: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
