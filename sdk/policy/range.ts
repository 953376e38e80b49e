import { InvalidParameterError } from "../errors.ts";
import { computeOptimalBand } from "../math/bands.ts";
import { computeLvrFractionAtRangeCentre } from "../math/lvr.ts";
import { requirePositive } from "../math/require.ts";
import { bandInputsOf } from "./band.ts";
import { expectedFeeApr, wantedPosition } from "./position.ts";
import type { MarginPlan, Market, PolicySettings, RangeSettings, Situation, Targets } from "./types.ts";

/** How far the price is from the centre of the outermost range, 0 = centre, 1 = edge, in log price. */
export function travelledToEdge({ ranges, exposure }: Pick<Situation, "ranges" | "exposure">): number {
  let furthest = 0;
  for (const { priceLower, priceUpper } of ranges) {
    const halfWidth = Math.log(priceUpper / priceLower) / 2;
    const travelled = Math.abs(Math.log(exposure.price / Math.sqrt(priceLower * priceUpper))) / halfWidth;
    furthest = Math.max(furthest, travelled);
  }
  return furthest;
}

/**
 * Times a year that a range P ×/÷ w is moved when it is moved after a part `recentreAt` of the way to an edge: sigma²/(recentreAt ln w)²,
 * the inverse of the mean time in which a Brownian log price leaves ±(recentreAt ln w).
 *
 * Throws InvalidParameterError on a volatility, width or part out of domain.
 *
 * @example
 * computeRecentresPerYear(0.7, 1.5, 0.8); // 4.66
 */
export function computeRecentresPerYear(volatilityAnnual: number, rangeWidth: number, recentreAt: number): number {
  requirePositive("volatilityAnnual", volatilityAnnual);
  requirePositive("recentreAt", recentreAt);
  requireWidth("rangeWidth", rangeWidth);
  return (volatilityAnnual / (recentreAt * Math.log(rangeWidth))) ** 2;
}

/**
 * The width for a new range: a number in the settings as it is; "auto" = the one of the settings' grid with the highest net yield,
 * or the fallback while fees or volatility are not known.
 *
 * Net yield a year, per quote of the position's value: fees - LVR - what the optimal no-trade band costs in trades and in
 * variance left standing (the objective of sdk/math/bands at the owner's risk aversion) - moving the range. Fees and LVR are both in
 * proportion to 1/(1 - w^(-1/2)): where fees exceed LVR a narrow range earns more of the difference, until trades, risk and moves
 * eat it; where they do not, the widest loses least.
 *
 * Throws InvalidParameterError naming a setting that is out of its domain.
 *
 * @example
 * chooseRangeWidth(situation, market, { ...settings, rangeWidth: "auto" }, health); // 1.35 or so
 */
export function chooseRangeWidth(
  situation: Situation,
  market: Market,
  settings: PolicySettings,
  health: MarginPlan,
): number {
  if (settings.rangeWidth !== "auto") return settings.rangeWidth;
  const { autoRange } = settings;
  requireRangeSettings(autoRange);
  const { volatilityAnnual, feeQuotePerLiquidityYear } = market;
  if (feeQuotePerLiquidityYear === undefined || !(volatilityAnnual > 0) || !(situation.exposure.navQuote > 0)) {
    return autoRange.fallbackWidth;
  }
  let best = autoRange.minWidth;
  let bestYield = -Infinity;
  for (const rangeWidth of gridOf(autoRange)) {
    const net = computeNetYield(situation, market, settings, { ...health, rangeWidth }, feeQuotePerLiquidityYear);
    if (net > bestYield) [best, bestYield] = [rangeWidth, net];
  }
  return best;
}

/** Expected yield a year of a width, net of the price of risk, per quote of the position's value. */
function computeNetYield(
  situation: Situation,
  market: Market,
  settings: PolicySettings,
  targets: Targets,
  feeQuotePerLiquidityYear: number,
): number {
  const { volatilityAnnual, hedgeGasQuote } = market;
  const { exposure, pool } = situation;
  const { valueQuote, liquidity } = wantedPosition(situation, settings, targets);
  const fees = expectedFeeApr(situation, feeQuotePerLiquidityYear, targets.rangeWidth, liquidity);
  const lvr = computeLvrFractionAtRangeCentre(volatilityAnnual, targets.rangeWidth);
  const hedging = computeOptimalBand(bandInputsOf(situation, market, settings, liquidity, valueQuote));
  const moveQuote = hedgeGasQuote + pool.feeFraction * exposure.price * hedging.triggerBase;
  const moves = computeRecentresPerYear(volatilityAnnual, targets.rangeWidth, settings.recentreAt);
  return fees - lvr - (hedging.objectiveQuotePerYear + moves * moveQuote) / valueQuote;
}

/** Widths evenly spaced in log price, both bounds among them. */
function gridOf({ minWidth, maxWidth, steps }: RangeSettings): readonly number[] {
  const ratio = (maxWidth / minWidth) ** (1 / (steps - 1));
  return Array.from({ length: steps }, (_, i) => (i === steps - 1 ? maxWidth : minWidth * ratio ** i));
}

function requireRangeSettings(settings: RangeSettings): void {
  requireWidth("autoRange.minWidth", settings.minWidth);
  requireWidth("autoRange.fallbackWidth", settings.fallbackWidth);
  if (!(settings.maxWidth > settings.minWidth && settings.maxWidth < Infinity)) {
    throw new InvalidParameterError(
      "autoRange.maxWidth",
      settings.maxWidth,
      `be finite and greater than autoRange.minWidth (${settings.minWidth})`,
    );
  }
  if (!Number.isInteger(settings.steps) || settings.steps < 2) {
    throw new InvalidParameterError("autoRange.steps", settings.steps, "be a whole number, at least 2");
  }
}

function requireWidth(parameter: string, value: number): void {
  if (!(value > 1 && value < Infinity)) {
    throw new InvalidParameterError(parameter, value, "be finite and greater than 1");
  }
}
