import { computeOptimalBand } from "../math/bands.ts";
import { humanRange } from "./exposure.ts";
import type { Band, Exposure, Market, PolicySettings, Snapshot } from "./types.ts";

const BPS = 10_000;
const PIPS = 1_000_000;

/**
 * The no-trade band for a snapshot: optimal trigger and target of sdk/math/bands for the liquidity in the ranges, the
 * pool's fee and depth and the cost of gas, cut to what the vault's RiskPolicy allows.
 *
 * Outside its range a position has no gamma, but it will have it again the moment the price returns: the band is that
 * of the position inside.
 *
 * @returns Zero band when there is no liquidity: any delta is then to be closed.
 */
export function bandFor(snapshot: Snapshot, exposure: Exposure, market: Market, settings: PolicySettings): Band {
  const v = snapshot.vault;
  const limitBase = (exposure.navQuote * Number(v.policy.params.maxDeltaBps)) / BPS / exposure.price;
  const liquidity = v.ranges.reduce((sum, r) => sum + humanRange(r, v).liquidity, 0);
  if (liquidity === 0 || exposure.liquidityQuote === 0) return { triggerBase: 0, targetBase: 0 };
  const poolLiquidity = humanRange({ tickLower: 0, tickUpper: 1, liquidity: v.pool.liquidity }, v).liquidity;
  const optimal = computeOptimalBand({
    gamma: -(liquidity / 2) * exposure.price ** -1.5,
    price: exposure.price,
    volatility: market.volatilityAnnual,
    riskAversion: settings.relativeRiskAversion / exposure.liquidityQuote,
    fixedCostQuote: market.hedgeGasQuote,
    proportionalCost: v.pool.feePips / PIPS,
    // Swapping q base in a pool of liquidity L costs q² P^1.5 / L against the price before it.
    impactQuotePerBaseSquared: poolLiquidity > 0 ? exposure.price ** 1.5 / poolLiquidity : 0,
  });
  const triggerBase = Math.min(optimal.triggerBase, limitBase * settings.bandSafety);
  return { triggerBase, targetBase: Math.min(optimal.targetBase, triggerBase) };
}
