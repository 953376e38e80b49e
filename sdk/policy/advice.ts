import { computeGate } from "./gate.ts";
import { planMargin } from "./margin.ts";
import { chooseRangeWidth } from "./range.ts";
import type { Advice, Band, MarginPlan, Market, PolicySettings, Situation, Targets } from "./types.ts";

/**
 * What market and settings say about a situation beside the band: the range and the health that a new position is built for,
 * and whether fees pay for the hedge.
 *
 * @param health What planMargin says, where the caller knows it already.
 * @example
 * const band = bandFor(situation, market, settings);
 * judge(situation, band, settings, adviseOn(situation, band, market, settings));
 */
export function adviseOn(
  situation: Situation,
  band: Band,
  market: Market,
  settings: PolicySettings,
  health: MarginPlan = planMargin(market.volatilityAnnual, situation.limits.healthFloor, settings),
): Advice {
  const rangeWidth = chooseRangeWidth(situation, market, settings, health);
  const targets: Targets = { rangeWidth, ...health };
  return { targets, gate: computeGate(situation, band, market, settings, targets) };
}

/** What a position is built for when nobody looked at the market: the settings themselves. */
export function targetsOf({ rangeWidth, autoRange, targetHealth, minHealth }: PolicySettings): Targets {
  return { rangeWidth: rangeWidth === "auto" ? autoRange.fallbackWidth : rangeWidth, targetHealth, minHealth };
}
