import { computeLpGamma } from "../math/lp.ts";
import { toFloat } from "../math/units.ts";
import type { Exposure, HumanRange, RangeState, Situation, Snapshot, VaultState } from "./types.ts";

const WAD = 1e18;
const Q96 = 2 ** 96;

/** Quote per base at a tick, in human units. */
export function priceAtTick(tick: number, vault: VaultState): number {
  return toQuotePerBase(1.0001 ** tick, vault);
}

/** Quote per base at a square-root price (token1 per token0, Q64.96), in human units. */
export function priceAtSqrt(sqrtPriceX96: bigint, vault: VaultState): number {
  return toQuotePerBase((Number(sqrtPriceX96) / Q96) ** 2, vault);
}

/** A range of the vault in human units; the lower price comes first in either token order. */
export function humanRange(range: RangeState, vault: VaultState): HumanRange {
  const a = priceAtTick(range.tickLower, vault);
  const b = priceAtTick(range.tickUpper, vault);
  return {
    priceLower: Math.min(a, b),
    priceUpper: Math.max(a, b),
    liquidity: toFloat(range.liquidity, (vault.base.decimals + vault.quote.decimals) / 2),
  };
}

/**
 * What the vault is exposed to, in human units.
 *
 * @returns Floats for models; amounts that go on-chain are computed from the snapshot's integers.
 */
export function exposureOf(snapshot: Snapshot): Exposure {
  const v = snapshot.vault;
  const price = Number(v.oracle.priceWad) / WAD;
  const base = (units: bigint): number => toFloat(units, v.base.decimals);
  const quote = (units: bigint): number => toFloat(units, v.quote.decimals);
  const liquidityBase = base(v.liquidity.base);
  const shorts = v.hedges.map((h) => Math.max(0, -base(h.deltaBase)));
  const noDebt = v.hedges.every((h) => h.deltaBase === 0n);
  return {
    price,
    spotPrice: priceAtSqrt(v.pool.sqrtPriceX96, v),
    navQuote: quote(v.book.navQuote),
    deltaBase: base(v.book.deltaBase),
    liquidityBase,
    liquidityQuote: liquidityBase * price + quote(v.liquidity.quote),
    gammaBase: v.ranges.reduce((sum, r) => sum + computeLpGamma(humanRange(r, v), price), 0),
    shortBase: shorts.reduce((sum, x) => sum + x, 0),
    idleQuote: quote(v.hedges.reduce((sum, { waitingQuote }) => sum + waitingQuote, v.idleQuote)),
    idleBase: base(v.idleBase),
    health: noDebt ? Infinity : Number(v.book.healthWad) / WAD,
  };
}

/** Part of NAV that is in no position: quote, or base that a step of the short left over, whichever is more. */
export function idleFractionOf({ exposure }: Pick<Situation, "exposure">): number {
  return Math.max(exposure.idleQuote, (exposure.idleBase ?? 0) * exposure.price) / exposure.navQuote;
}

function toQuotePerBase(token1PerToken0Units: number, vault: VaultState): number {
  const { baseIsToken0 } = vault.pool;
  const shift = vault.base.decimals - vault.quote.decimals;
  // token1 per token0 in units, then in whole tokens, then the right way round.
  return baseIsToken0 ? token1PerToken0Units * 10 ** shift : 10 ** shift / token1PerToken0Units;
}
