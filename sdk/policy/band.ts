import { computeOptimalBand } from "../math/bands.ts";
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
  const { exposure, pool, limits, ranges } = situation;
  const limitBase = (exposure.navQuote * limits.maxDeltaFraction) / exposure.price;
  let liquidity = 0;
  for (const range of ranges) liquidity += range.liquidity;
  if (liquidity === 0 || exposure.liquidityQuote === 0) return { triggerBase: 0, targetBase: 0 };
  const optimal = computeOptimalBand({
    gamma: -(liquidity / 2) * exposure.price ** -1.5,
    price: exposure.price,
    volatility: market.volatilityAnnual,
    riskAversion: settings.relativeRiskAversion / exposure.liquidityQuote,
    fixedCostQuote: market.hedgeGasQuote,
    proportionalCost: pool.feeFraction,
    // Swapping q base in a pool of liquidity L costs q² P^1.5 / L against the price before it.
    impactQuotePerBaseSquared: pool.liquidity > 0 ? exposure.price ** 1.5 / pool.liquidity : 0,
  });
  const triggerBase = Math.min(optimal.triggerBase, limitBase * settings.bandSafety);
  return { triggerBase, targetBase: Math.min(optimal.targetBase, triggerBase) };
}
