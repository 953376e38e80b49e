import type { Venues } from "../sdk/chain/vaultSpec.ts";
import type { LocalChain } from "./chain.ts";
import type { TwinMarket } from "./types.ts";

/** A market of a chain as a deployment wants it: the pool, its feeds and both tokens' reserves in Aave. */
export function venuesOf(twin: LocalChain, market: TwinMarket = twin.market): Venues {
  return {
    base: market.base,
    quote: market.quote,
    pool: market.pool,
    token0: market.token0,
    token1: market.token1,
    baseDecimals: market.baseDecimals,
    quoteDecimals: market.quoteDecimals,
    aavePool: twin.addresses.aavePool,
    quoteAToken: market.quoteReserve.aToken,
    baseDebtToken: market.baseReserve.variableDebtToken,
    baseFeed: market.baseFeed.proxy,
    quoteFeed: market.quoteFeed.proxy,
  };
}
