import { bandFor } from "../../policy/band.ts";
import type { Band, Market, PolicySettings, Situation } from "../../policy/types.ts";

/** Relative change of NAV or gas price, and width of a cell of prices, within which a band is taken again. */
const TOLERANCE = 0.01;
const LOG_CELL = Math.log1p(TOLERANCE);
/**
 * Volatility may move this much further: it cancels out of the optimal band (see sdk/math/bands.ts), so this only guards
 * against a future band that depends on it.
 */
const VOLATILITY_TOLERANCE = 0.25;

interface Entry {
  readonly band: Band;
  readonly navQuote: number;
  readonly hedgeGasQuote: number;
  readonly price: number;
  readonly volatilityAnnual: number;
}

/** {@link bandFor} that remembers: the band of a cell of prices is computed again once an input moved by more than 1 %. */
export interface BandMemo {
  bandOf(situation: Situation, market: Market): Band;
  /** How often the band was computed rather than remembered. */
  readonly computed: number;
}

/** A memory for one vault; the liquidity of its ranges empties it. */
export function createBandMemo(settings: PolicySettings): BandMemo {
  const cells = new Map<number, Entry>();
  let liquidity = -1;
  let computed = 0;
  let lastCell = Number.NaN;
  let last: Entry | undefined;
  return {
    bandOf: (situation, market) => {
      const { exposure, ranges } = situation;
      const held = ranges.length === 0 ? 0 : ranges[0]!.liquidity;
      if (held !== liquidity) {
        cells.clear();
        last = undefined;
        liquidity = held;
      }
      const cell = Math.floor(Math.log(exposure.price) / LOG_CELL);
      if (cell !== lastCell || last === undefined) {
        last = cells.get(cell);
        lastCell = cell;
      }
      if (last === undefined || !isClose(last, situation, market)) {
        last = {
          band: bandFor(situation, market, settings),
          navQuote: exposure.navQuote,
          hedgeGasQuote: market.hedgeGasQuote,
          price: exposure.price,
          volatilityAnnual: market.volatilityAnnual,
        };
        cells.set(cell, last);
        computed += 1;
      }
      return last.band;
    },
    get computed() {
      return computed;
    },
  };
}

function isClose(entry: Entry, { exposure }: Situation, market: Market): boolean {
  // Gas is paid in base: only its price in base counts here, the cell takes care of the other factor.
  const gas = market.hedgeGasQuote * entry.price - entry.hedgeGasQuote * exposure.price;
  return (
    Math.abs(exposure.navQuote - entry.navQuote) <= TOLERANCE * entry.navQuote &&
    Math.abs(gas) <= TOLERANCE * entry.hedgeGasQuote * exposure.price &&
    Math.abs(market.volatilityAnnual - entry.volatilityAnnual) <= VOLATILITY_TOLERANCE * entry.volatilityAnnual
  );
}
