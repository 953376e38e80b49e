import type { ShortReading } from "./aaveShort.ts";
import type { OracleReading } from "./feeds.ts";
import type { LiquidityReading } from "./ranges.ts";
import { abs, BPS, max, min, type PairScale, quoteOfDown, quoteOfUp } from "./units.ts";

/** The vault valued at one price; fields as in the contracts' Book. */
export interface Book {
  readonly priceWad: bigint;
  readonly navQuote: bigint;
  readonly navMinQuote: bigint;
  readonly navMaxQuote: bigint;
  readonly deltaBase: bigint;
  readonly hedgeDeltaBase: bigint;
  readonly healthWad: bigint;
}

/**
 * Valuation.bookOf: idle funds, ranges and fees at the oracle's price, and one hedge. The lowest value over the oracle's band is
 * computed always, and needs a liquidity reading with the band. Amounts are token units, the delta is signed. Never throws.
 *
 * @example
 * computeBook(pair, reading, { base: 0n, quote: 10n ** 12n }, emptyRanges, noShort).navQuote; // 10n ** 12n
 */
export function computeBook(
  pair: PairScale,
  reading: OracleReading,
  idle: { readonly base: bigint; readonly quote: bigint },
  liquidity: LiquidityReading,
  short: ShortReading,
): Book {
  const { priceWad, bandBps } = reading;
  const heldBase = idle.base + liquidity.feesBase;
  const heldQuote = idle.quote + liquidity.feesQuote;
  const deltaBase = heldBase + liquidity.base + short.deltaBase;
  const mid = heldQuote + liquidity.quote + quoteOfDown(pair, heldBase + liquidity.base, priceWad);
  const step = (priceWad * bandBps) / BPS;
  // bigint division rounds towards zero, as Solidity's
  const navQuote = max(mid + (short.equityMinQuote + short.equityMaxQuote) / 2n, 0n);
  const top = mid + short.equityMaxQuote;
  const hedge = short.deltaBase;
  const move = hedge >= 0n ? quoteOfDown(pair, hedge, step) : -quoteOfUp(pair, -hedge, step);
  const low = liquidity.quoteLow + quoteOfDown(pair, heldBase + liquidity.baseLow, priceWad - step) - move;
  const high = liquidity.quoteHigh + quoteOfDown(pair, heldBase + liquidity.baseHigh, priceWad + step) + move;
  return {
    priceWad,
    navQuote,
    navMaxQuote: top > 0n ? top + quoteOfUp(pair, abs(deltaBase), step) : 0n,
    navMinQuote: max(min(mid, heldQuote + min(low, high)) + short.equityMinQuote, 0n),
    deltaBase,
    hedgeDeltaBase: hedge,
    healthWad: short.healthWad,
  };
}
