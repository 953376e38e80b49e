import type { Exposure, HumanRange, Situation } from "../../policy/types.ts";
import { computeBookDelta } from "./actions.ts";
import { computeBookNav } from "./book.ts";
import type { Book } from "./book.ts";
import { computePoolLiquidity } from "./pool.ts";
import type { BacktestModel } from "./model.ts";
import { computeBookHealth } from "./venue.ts";
import type { HedgeVenue } from "./venue.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A {@link Situation} whose parts can be written, because a backtest asks about millions of them. */
export interface MutableSituation extends Situation {
  timestamp: number;
  exposure: Mutable<Exposure>;
  ranges: readonly Mutable<HumanRange>[];
  pool: Mutable<Situation["pool"]>;
  limits: Mutable<Situation["limits"]>;
  status: Mutable<Situation["status"]>;
}

const NO_RANGES: readonly Mutable<HumanRange>[] = [];

/** The vault as the policy sees it, kept in one object that {@link SituationView.update} writes over. */
export interface SituationView {
  readonly situation: MutableSituation;
  update(book: Book, timestamp: number): void;
}

/** A view of a vault in a market whose base goes by a neutral name. */
export function createSituationView(model: BacktestModel, venue: HedgeVenue): SituationView {
  const range: Mutable<HumanRange> = { priceLower: 0, priceUpper: 0, liquidity: 0 };
  const oneRange = [range];
  const situation: MutableSituation = {
    blockNumber: 0,
    blockHash: "",
    timestamp: 0,
    exposure: {
      price: 0,
      spotPrice: 0,
      navQuote: 0,
      deltaBase: 0,
      liquidityBase: 0,
      liquidityQuote: 0,
      gammaBase: 0,
      shortBase: 0,
      idleQuote: 0,
      health: Infinity,
    },
    ranges: NO_RANGES,
    pool: { feeFraction: model.pool.feeFraction, liquidity: 0 },
    hedgeCost: venue.tradeCost,
    limits: { maxDeltaFraction: model.limits.maxDeltaFraction, cooldownEndsAt: 0 },
    marginFactor: venue.marginFactor,
    status: { oracleFlags: 0n, hedgeLost: false, hedgePending: false, windDown: false, degraded: false },
    baseSymbol: "base",
  };
  return {
    situation,
    update: (book, timestamp) => {
      const { exposure, pool } = situation;
      const { price } = book;
      situation.timestamp = timestamp;
      exposure.price = price;
      exposure.spotPrice = price;
      exposure.navQuote = computeBookNav(book);
      exposure.deltaBase = computeBookDelta(book);
      exposure.liquidityBase = book.liquidityBase;
      exposure.liquidityQuote = book.liquidityBase * price + book.liquidityQuote;
      exposure.shortBase = book.shortBase;
      exposure.idleQuote = book.idleQuote;
      exposure.health = computeBookHealth(book, venue.marginFactor);
      // With what the vault itself has in it, as the chain reports it.
      pool.liquidity = computePoolLiquidity(model.pool, price) + computeActiveLiquidity(book);
      if (book.liquidity === 0) {
        situation.ranges = NO_RANGES;
        exposure.gammaBase = 0;
        return;
      }
      situation.ranges = oneRange;
      if (range.liquidity !== book.liquidity) {
        range.liquidity = book.liquidity;
        range.priceLower = book.rootLower ** 2;
        range.priceUpper = book.rootUpper ** 2;
      }
      const isInside = price >= range.priceLower && price < range.priceUpper;
      exposure.gammaBase = isInside ? (-0.5 * book.liquidity) / (price * Math.sqrt(price)) : 0;
    },
  };
}

function computeActiveLiquidity(book: Book): number {
  const { price, rootLower, rootUpper } = book;
  return price >= rootLower ** 2 && price < rootUpper ** 2 ? book.liquidity : 0;
}
