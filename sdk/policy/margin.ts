import { computeUpMoveAtProbability } from "../math/margin.ts";
import { requireBetween, requireNonNegative, requirePositive } from "../math/require.ts";
import { DAYS_PER_YEAR } from "../math/units.ts";
import { InvalidParameterError } from "../errors.ts";
import type { MarginSettings, PolicySettings, Targets } from "./types.ts";

const HOURS_PER_YEAR = DAYS_PER_YEAR * 24;
/** A higher estimate is a fault of the feed; no margin would do for it. 1,000 % a year. */
const MAX_VOLATILITY = 10;

/**
 * Health to keep and health to build for, from the volatility of the moment.
 *
 * A short's health falls in proportion to the price's rise, so a rise of u takes health 1 + u to liquidation. The minimum is the
 * health from which a jump and then the move of T = outage + top-up latency reach liquidation with no more than the accepted
 * probability (first passage, sdk/math/margin.ts); the target is the one from which the minimum is reached within `topUpDays`
 * with no more than `topUpProbability`. Neither is below what the settings say, nor the minimum below the vault's own
 * floor and its reserve.
 *
 * Throws InvalidParameterError naming a setting that is out of its domain, or a volatility that is not positive.
 *
 * @example
 * planMargin(0.7, 1.22, defaultSettings); // { targetHealth: 1.9, minHealth: 1.5 }: the settings ask for more than the market
 * planMargin(4, 1.55, defaultSettings); // { targetHealth: 2.47, minHealth: 1.74 } or so
 */
export function planMargin(
  volatilityAnnual: number,
  healthFloor: number | undefined,
  settings: Pick<PolicySettings, "targetHealth" | "minHealth" | "marginPlan">,
): Pick<Targets, "targetHealth" | "minHealth"> {
  const plan = settings.marginPlan;
  requireMarginSettings(plan);
  requirePositive("volatilityAnnual", volatilityAnnual);
  const volatility = Math.min(volatilityAnnual, MAX_VOLATILITY);
  const unwatched = computeUpMoveAtProbability({
    probability: plan.liquidationProbability,
    volatility,
    drift: 0,
    years: (plan.keeperOutageHours + plan.topUpLatencyHours) / HOURS_PER_YEAR,
  });
  const between = computeUpMoveAtProbability({
    probability: plan.topUpProbability,
    volatility,
    drift: 0,
    years: plan.topUpDays / DAYS_PER_YEAR,
  });
  const minHealth = Math.max(
    settings.minHealth,
    (1 + unwatched) * (1 + plan.jumpFraction),
    healthFloor === undefined ? 0 : healthFloor + plan.floorReserve,
  );
  return { minHealth, targetHealth: Math.max(settings.targetHealth, minHealth * (1 + between)) };
}

function requireMarginSettings(plan: MarginSettings): void {
  requirePositive("marginPlan.keeperOutageHours", plan.keeperOutageHours);
  requireNonNegative("marginPlan.topUpLatencyHours", plan.topUpLatencyHours);
  requireProbability("marginPlan.liquidationProbability", plan.liquidationProbability);
  requireBetween("marginPlan.jumpFraction", plan.jumpFraction, 0, 1);
  requirePositive("marginPlan.topUpDays", plan.topUpDays);
  requireProbability("marginPlan.topUpProbability", plan.topUpProbability);
  requireNonNegative("marginPlan.floorReserve", plan.floorReserve);
}

function requireProbability(parameter: string, value: number): void {
  if (!(value > 0 && value < 1)) throw new InvalidParameterError(parameter, value, "lie strictly between 0 and 1");
}
