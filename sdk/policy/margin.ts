import { computeFirstPassageProbability, computeUpMoveAtProbability } from "../math/margin.ts";
import { requireBetween, requireNonNegative, requirePositive } from "../math/require.ts";
import { DAYS_PER_YEAR } from "../math/units.ts";
import { InvalidParameterError } from "../errors.ts";
import type { MarginPlan, MarginSettings, PolicySettings } from "./types.ts";

const HOURS_PER_YEAR = DAYS_PER_YEAR * 24;
/** A higher estimate is a fault of the feed; no margin would do for it. 1,000 % a year. */
const MAX_VOLATILITY = 10;
const EXACT = 1 + 1e-12;

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
 * planMargin(4, 1.55, defaultSettings); // { targetHealth: 2.392, minHealth: 1.724 }
 */
export function planMargin(
  volatilityAnnual: number,
  healthFloor: number | undefined,
  settings: Pick<PolicySettings, "targetHealth" | "minHealth" | "marginPlan">,
): MarginPlan {
  const plan = settings.marginPlan;
  requireMarginSettings(plan);
  requirePositive("volatilityAnnual", volatilityAnnual);
  const volatility = Math.min(volatilityAnnual, MAX_VOLATILITY);
  const jump = 1 + plan.jumpFraction;
  const floor = healthFloor === undefined ? 0 : healthFloor + plan.floorReserve;
  const leastMin = Math.max(settings.minHealth, floor);
  const unwatchedYears = (plan.keeperOutageHours + plan.topUpLatencyHours) / HOURS_PER_YEAR;
  const minHealth = jump * largerFactor(leastMin / jump, plan.liquidationProbability, volatility, unwatchedYears);
  const leastRatio = settings.targetHealth / minHealth;
  const ratio = largerFactor(leastRatio, plan.topUpProbability, volatility, plan.topUpDays / DAYS_PER_YEAR);
  return {
    // Exactly what was asked for where that is enough, whatever a division and a multiplication make of it.
    minHealth: minHealth <= leastMin * EXACT ? leastMin : minHealth,
    targetHealth: ratio === leastRatio ? settings.targetHealth : minHealth * ratio,
  };
}

/**
 * The larger of `least` and the factor by which a price rises within `years` with exactly that probability. Solves for the
 * latter only where `least` is not enough: a simulator asks at every step.
 */
function largerFactor(least: number, probability: number, volatility: number, years: number): number {
  const isEnough =
    least > 1 &&
    computeFirstPassageProbability({ price: 1, barrier: least, volatility, drift: 0, years }) <= probability;
  return isEnough ? least : 1 + computeUpMoveAtProbability({ probability, volatility, drift: 0, years });
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
