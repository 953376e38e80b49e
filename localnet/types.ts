import type { Orientation } from "../sdk/exact/orientation.ts";

/** A Chainlink feed of the twin: consumers read the proxy, the twin's oracle node submits to the aggregator. */
export interface TwinFeed {
  readonly proxy: string;
  readonly aggregator: string;
  /** A new answer is due when the price moved by at least this much since the last one. */
  readonly deviationBps: number;
  /** … or when the last answer is this old. */
  readonly heartbeatSeconds: number;
}

/** One reserve of the twin's Aave market. */
export interface TwinReserve {
  readonly asset: string;
  readonly aToken: string;
  readonly variableDebtToken: string;
}

/** A base/quote pair: genuine Uniswap v3 pool, Chainlink feeds, and both tokens listed in Aave. */
export interface TwinMarket extends Orientation {
  readonly name: string;
  readonly base: string;
  readonly quote: string;
  readonly token0: string;
  readonly token1: string;
  readonly pool: string;
  readonly feePips: number;
  readonly tickSpacing: number;
  readonly baseFeed: TwinFeed;
  readonly quoteFeed: TwinFeed;
  readonly baseReserve: TwinReserve;
  readonly quoteReserve: TwinReserve;
}

/** One background liquidity position. */
export interface LiquidityLayer {
  /** The range is [price / rangeFactor, price * rangeFactor]; "full" spans every tick. */
  readonly rangeFactor: number | "full";
  /** Value at the start price, in whole quote tokens, half of it in each token. */
  readonly valueQuote: number;
}
