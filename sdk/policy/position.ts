import type { PolicySettings, Situation, Targets } from "./types.ts";

/** Base as a part of a position's value, with the price at the centre of its range. */
const BASE_PART = 0.5;

/** A position with the price at the centre of its range, hedged in full; quote amounts at the oracle's price. */
export interface CentredPosition {
  readonly valueQuote: number;
  /** In sqrt(base · quote). */
  readonly liquidity: number;
  readonly shortQuote: number;
  readonly marginQuote: number;
}

/**
 * Value [quote] of one unit of liquidity with the price at the centre of a range from P/w to P·w: 2 sqrt(P) (1 - w^(-1/2)).
 *
 * @example
 * computeUnitValueQuote(2000, 1.27); // 10.0752: 100,000 quote are 9,925 units
 */
export function computeUnitValueQuote(price: number, rangeWidth: number): number {
  return 2 * Math.sqrt(price) * (1 - 1 / Math.sqrt(rangeWidth));
}

/**
 * The position that the policy would build now from all that the vault has: with h the target health, t the hedge's margin
 * factor and i the idle fraction, V = (1 - i) NAV / (1/2 + h/(2t)), half of it base, which is borrowed (see liquidityFor in plan.ts).
 *
 * @returns All zero for a vault without value.
 */
export function wantedPosition(
  situation: Situation,
  settings: Pick<PolicySettings, "idleFraction">,
  targets: Targets,
): CentredPosition {
  const { price, navQuote } = situation.exposure;
  const marginPerShort = targets.targetHealth / (situation.marginFactor ?? 1);
  const valueQuote =
    (Math.max(0, navQuote) * (1 - settings.idleFraction)) / (1 - BASE_PART + BASE_PART * marginPerShort);
  const shortQuote = valueQuote * BASE_PART;
  return {
    valueQuote,
    liquidity: valueQuote / computeUnitValueQuote(price, targets.rangeWidth),
    shortQuote,
    marginQuote: shortQuote * marginPerShort,
  };
}

/**
 * What a position of that liquidity and width would earn in fees, as a fraction of its value a year, where one unit of liquidity
 * earns `feeQuotePerLiquidityYear` now.
 *
 * The pool's fees are shared by all liquidity in range: what the vault would add to its own thins them out.
 */
export function expectedFeeApr(
  { exposure, pool, ranges }: Situation,
  feeQuotePerLiquidityYear: number,
  rangeWidth: number,
  liquidity: number,
): number {
  let own = 0;
  for (const range of ranges) {
    if (range.priceLower <= exposure.spotPrice && exposure.spotPrice < range.priceUpper) own += range.liquidity;
  }
  const shared = Math.max(0, pool.liquidity - own) + liquidity;
  const thinning = shared > 0 ? pool.liquidity / shared : 0;
  return (feeQuotePerLiquidityYear * thinning) / computeUnitValueQuote(exposure.price, rangeWidth);
}
