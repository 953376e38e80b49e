import type { Exposure, HumanRange, Market, Situation } from "../../policy/types.ts";
import { computeBookDelta } from "./actions.ts";
import { computeBookNav } from "./book.ts";
import type { Book } from "./book.ts";
import { computePoolLiquidity } from "./pool.ts";
import type { BacktestModel } from "./model.ts";
import { computeBookHealth } from "./venue.ts";
import type { HedgeVenue } from "./venue.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What the keeper knows besides the snapshot, with what a gate on fees asks for; both undefined while unknown. */
export type GateMarket = Market & {
  /** Expected fees of a unit of liquidity in range [quote a year]. */
  readonly feeQuotePerLiquidityYear?: number | undefined;
  /** Expected cost of the short a year as a fraction of its value, + paid. */
  readonly shortCarryPerYear?: number | undefined;
};

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
    pool: { feeFraction: venue.tradeFeeFraction, liquidity: 0 },
    limits: { maxDeltaFraction: model.limits.maxDeltaFraction, cooldownEndsAt: 0 },
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
      // With a loan the pool that fills the hedge is the vault's own, less what the vault has in it.
      pool.liquidity = venue.lendsBase ? computePoolLiquidity(model.pool, price) : venue.tradeDepth(price);
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
