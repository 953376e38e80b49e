import { type BandInputs, computeOptimalBand } from "../math/bands.ts";
import type { Band, Market, PolicySettings, Situation } from "./types.ts";

/**
 * The no-trade band for a situation: optimal trigger and target of sdk/math/bands for the liquidity in the ranges, the
 * pool's fee and depth and the cost of gas, cut to what the vault's RiskPolicy allows.
 *
 * Outside its range a position has no gamma, but it will have it again the moment the price returns: the band is that
 * of the position inside.
 *
 * @returns Zero band when there is no liquidity: any delta is then to be closed.
 */
export function bandFor(situation: Situation, market: Market, settings: PolicySettings): Band {
  let liquidity = 0;
  for (const range of situation.ranges) liquidity += range.liquidity;
  return bandOfPosition(situation, market, settings, liquidity, situation.exposure.liquidityQuote);
}

/** The same for a position of that liquidity [sqrt(base · quote)] and value [quote], whether the vault has it or not. */
export function bandOfPosition(
  situation: Situation,
  market: Market,
  settings: PolicySettings,
  liquidity: number,
  valueQuote: number,
): Band {
  if (liquidity === 0 || valueQuote === 0) return { triggerBase: 0, targetBase: 0 };
  const { exposure, limits } = situation;
  const limitBase = (exposure.navQuote * limits.maxDeltaFraction) / exposure.price;
  const optimal = computeOptimalBand(bandInputsOf(situation, market, settings, liquidity, valueQuote));
  const triggerBase = Math.min(optimal.triggerBase, limitBase * settings.bandSafety);
  // Cut in proportion: a target at the trigger would mean infinitely many trades, each at the cost of its gas.
  return { triggerBase, targetBase: optimal.targetBase * (triggerBase / optimal.triggerBase) };
}

/** What the band of such a position depends on. */
export function bandInputsOf(
  { exposure, pool, hedgeCost }: Situation,
  market: Market,
  settings: PolicySettings,
  liquidity: number,
  valueQuote: number,
): BandInputs {
  return {
    gamma: -(liquidity / 2) * exposure.price ** -1.5,
    price: exposure.price,
    volatility: market.volatilityAnnual,
    riskAversion: settings.relativeRiskAversion / valueQuote,
    fixedCostQuote: market.hedgeGasQuote,
    proportionalCost: hedgeCost?.proportional ?? pool.feeFraction,
    // Swapping q base in a pool of liquidity L costs q² P^1.5 / L against the price before it.
    impactQuotePerBaseSquared:
      hedgeCost?.impactQuotePerBaseSquared ?? (pool.liquidity > 0 ? exposure.price ** 1.5 / pool.liquidity : 0),
  };
}
