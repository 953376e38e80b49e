import { InvalidParameterError } from "../errors.ts";
import { computeBandCostQuotePerYear } from "../math/bands.ts";
import { computeBreakEvenFeeApr } from "../math/breakEven.ts";
import { computeLvrFractionAtRangeCentre } from "../math/lvr.ts";
import { requireFinite, requireNonNegative, requirePositive } from "../math/require.ts";
import { DAYS_PER_YEAR } from "../math/units.ts";
import { bandInputsOf, bandOfPosition } from "./band.ts";
import { expectedFeeApr, wantedPosition } from "./position.ts";
import { computeRecentresPerYear } from "./range.ts";
import type { Band, GateSettings, GateVerdict, Market, PolicySettings, Situation, Targets } from "./types.ts";

/** Transactions of leaving and entering again. */
const ROUND_TRIP_TRANSACTIONS = 2;
const UNKNOWN: GateVerdict = { opinion: "unknown" };

/**
 * Whether fees pay for the hedge: the fee APR that the wanted range can expect against the one at which it breaks even.
 *
 * Break-even is gross LVR at the volatility of the moment (measured fees hold the arbitrageurs' already), the trades of the no-trade
 * band, the carry of the short, what the margin could earn elsewhere and the moving of the range (sdk/math/breakEven.ts).
 * Hysteresis needs no memory: a vault in the pool leaves below break-even × leaveRatio, one outside enters above
 * break-even × enterRatio, and both bounds are pushed apart by what leaving and entering again cost, spread over
 * `holdingDays`: a change pays only if what it saves in that time exceeds its own price.
 *
 * @param band The band in force, of the position that the vault has; ignored when it has none.
 * @returns `unknown` when fee flow or volatility are not known, or there is nothing to invest.
 * Throws InvalidParameterError naming a setting or measurement that is out of its domain.
 *
 * @example
 * computeGate(situation, band, { volatilityAnnual: 0.7, hedgeGasQuote: 1, feeQuotePerLiquidityYear: 0.6 }, settings, targets).opinion
 */
export function computeGate(
  situation: Situation,
  band: Band,
  market: Market,
  settings: PolicySettings,
  targets: Targets,
): GateVerdict {
  requireGateSettings(settings.feeGate);
  const { volatilityAnnual, feeQuotePerLiquidityYear } = market;
  if (feeQuotePerLiquidityYear === undefined || !(volatilityAnnual > 0 && volatilityAnnual < Infinity)) return UNKNOWN;
  if (!(situation.exposure.navQuote > 0)) return UNKNOWN;
  requireNonNegative("market.feeQuotePerLiquidityYear", feeQuotePerLiquidityYear);

  const { exposure, pool } = situation;
  const { feeGate } = settings;
  const wanted = wantedPosition(situation, settings, targets);
  const hasBand = situation.ranges.length > 0 && band.triggerBase > 0;
  const valueQuote = hasBand ? exposure.liquidityQuote : wanted.valueQuote;
  const liquidity = hasBand ? sumLiquidity(situation) : wanted.liquidity;
  const inForce = hasBand ? band : bandOfPosition(situation, market, settings, liquidity, valueQuote);
  const tradeQuote = market.hedgeGasQuote + pool.feeFraction * exposure.price * inForce.triggerBase;

  const carryPerYear = market.shortCarryPerYear ?? feeGate.carryPriorPerYear;
  requireFinite("market.shortCarryPerYear", carryPerYear);
  const perValue = valueQuote / wanted.valueQuote;
  const breakEven = computeBreakEvenFeeApr(valueQuote, {
    lvrQuotePerYear: computeLvrFractionAtRangeCentre(volatilityAnnual, targets.rangeWidth) * valueQuote,
    rebalancingQuotePerYear: computeBandCostQuotePerYear(
      bandInputsOf(situation, market, settings, liquidity, valueQuote),
      inForce,
    ),
    fundingQuotePerYear: carryPerYear * wanted.shortQuote * perValue,
    marginQuote: wanted.marginQuote * perValue,
    marginRatePerYear: feeGate.marginRatePerYear,
    optionPremiumQuotePerYear: 0,
  });
  const { lvr, rebalancing, funding, margin } = breakEven;
  const moves = computeRecentresPerYear(volatilityAnnual, targets.rangeWidth, settings.recentreAt);
  const recentring = (moves * tradeQuote) / valueQuote;
  const breakEvenApr = breakEven.total + recentring;

  const switchApr = (ROUND_TRIP_TRANSACTIONS * tradeQuote * DAYS_PER_YEAR) / (valueQuote * feeGate.holdingDays);
  const threshold = Math.max(0, breakEvenApr);
  const enterAboveApr = threshold * feeGate.enterRatio + switchApr;
  const leaveBelowApr = threshold * feeGate.leaveRatio - switchApr;
  const feeApr = expectedFeeApr(situation, feeQuotePerLiquidityYear, targets.rangeWidth, wanted.liquidity);
  requireFinite("feeApr", feeApr);
  const opinion = feeApr < leaveBelowApr ? "leave" : feeApr > enterAboveApr ? "enter" : "keep";
  const costs = { lvr, rebalancing, funding, margin, recentring };
  return { opinion, feeApr, breakEvenApr, enterAboveApr, leaveBelowApr, costs };
}

function sumLiquidity({ ranges }: Situation): number {
  let liquidity = 0;
  for (const range of ranges) liquidity += range.liquidity;
  return liquidity;
}

function requireGateSettings(gate: GateSettings): void {
  requirePositive("feeGate.leaveRatio", gate.leaveRatio);
  if (!(gate.enterRatio >= gate.leaveRatio && gate.enterRatio < Infinity)) {
    const requirement = `be finite and at least feeGate.leaveRatio (${gate.leaveRatio}): a vault must not leave what it would enter`;
    throw new InvalidParameterError("feeGate.enterRatio", gate.enterRatio, requirement);
  }
  requirePositive("feeGate.holdingDays", gate.holdingDays);
  requireFinite("feeGate.marginRatePerYear", gate.marginRatePerYear);
  requireFinite("feeGate.carryPriorPerYear", gate.carryPriorPerYear);
}
