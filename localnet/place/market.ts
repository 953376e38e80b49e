import { ACTORS, lenderOf } from "../actors.ts";
import type { Orientation } from "../../sdk/exact/orientation.ts";
import { fullRangeTicks, sqrtPriceX96FromPrice, ticksAround, toRaw } from "../price.ts";
import type { Rpc } from "../rpc.ts";
import type { LiquidityLayer, TwinFeed, TwinMarket, TwinReserve } from "../types.ts";
import { type AaveMarket, listReserve, seedReserves, STABLE_PROFILE, VOLATILE_PROFILE } from "./aave.ts";
import { approveMax, mintToken } from "./tokens.ts";
import { createPool, POOL_ABI, POSITION_MANAGER_ABI } from "./uniswap.ts";

/** Far beyond what any scenario trades; the token totals of the twin mean nothing anyway. */
const TRADER_QUOTE = 1e12;
const TRADER_BASE = 1e9;
/** Deadline of router and position manager calls: never. */
const NO_DEADLINE = (1n << 64n) - 1n;

/** Lenders of a market: $200M of the quote, and of the base 50,000 or as much as is worth half the quote. */
const SUPPLY_QUOTE = 200_000_000;
const SUPPLY_BASE = 50_000;

export interface PoolOptions extends Orientation {
  readonly base: string;
  readonly quote: string;
  readonly feePips: number;
  readonly priceQuotePerBase: number;
  readonly observationCardinality: number;
  readonly liquidity: readonly LiquidityLayer[];
}

/** Tokens and allowances of the accounts that trade on the pool and provide its background liquidity. */
export async function fundPoolActors(rpc: Rpc, options: Orientation & { base: string; quote: string }): Promise<void> {
  const { base, quote, baseDecimals, quoteDecimals } = options;
  for (const actor of [ACTORS.trader, ACTORS.liquidityProvider]) {
    await rpc.impersonate(actor);
    await mintToken(rpc, quote, actor, toRaw(TRADER_QUOTE, quoteDecimals));
    await mintToken(rpc, base, actor, toRaw(TRADER_BASE, baseDecimals));
  }
  for (const token of [base, quote]) {
    await approveMax(rpc, ACTORS.trader, token, rpc.addresses.swapRouter02);
    await approveMax(rpc, ACTORS.liquidityProvider, token, rpc.addresses.nonfungiblePositionManager);
  }
}

/** Creates the pool, starts it at the price, reserves oracle slots and adds the background liquidity. */
export async function placePool(rpc: Rpc, options: PoolOptions): Promise<string> {
  const { base, quote, feePips, priceQuotePerBase } = options;
  const { liquidityProvider } = ACTORS;
  await rpc.impersonate(liquidityProvider);
  const pool = await createPool(rpc, liquidityProvider, base, quote, feePips);
  const sqrtPriceX96 = sqrtPriceX96FromPrice(priceQuotePerBase, options);
  await rpc.write(liquidityProvider, pool, POOL_ABI, "initialize", [sqrtPriceX96]);
  await rpc.write(liquidityProvider, pool, POOL_ABI, "increaseObservationCardinalityNext", [
    options.observationCardinality,
  ]);
  const [tickSpacing] = await rpc.read(pool, POOL_ABI, "tickSpacing");
  for (const layer of options.liquidity) {
    await addLayer(rpc, options, Number(tickSpacing), layer);
  }
  return pool;
}

async function addLayer(rpc: Rpc, options: PoolOptions, tickSpacing: number, layer: LiquidityLayer): Promise<void> {
  const { base, quote, baseIsToken0, priceQuotePerBase } = options;
  const { tickLower, tickUpper } =
    layer.rangeFactor === "full"
      ? fullRangeTicks(tickSpacing)
      : ticksAround(priceQuotePerBase, layer.rangeFactor, tickSpacing, options);
  const baseAmount = toRaw(layer.valueQuote / 2 / priceQuotePerBase, options.baseDecimals);
  const quoteAmount = toRaw(layer.valueQuote / 2, options.quoteDecimals);
  await rpc.write(ACTORS.liquidityProvider, rpc.addresses.nonfungiblePositionManager, POSITION_MANAGER_ABI, "mint", [
    {
      token0: baseIsToken0 ? base : quote,
      token1: baseIsToken0 ? quote : base,
      fee: options.feePips,
      tickLower,
      tickUpper,
      amount0Desired: baseIsToken0 ? baseAmount : quoteAmount,
      amount1Desired: baseIsToken0 ? quoteAmount : baseAmount,
      amount0Min: 0n, // nobody front-runs the twin's set-up
      amount1Min: 0n,
      recipient: ACTORS.liquidityProvider,
      deadline: NO_DEADLINE,
    },
  ]);
}

export interface MarketAssembly extends Orientation {
  readonly name: string;
  readonly base: string;
  readonly quote: string;
  readonly baseSymbol: string;
  readonly quoteSymbol: string;
  readonly pool: string;
  readonly baseFeed: TwinFeed;
  readonly quoteFeed: TwinFeed;
  /** Only sizes the base supply of the lenders. */
  readonly priceQuotePerBase: number;
  /** Configurator nonces that give the mainnet aToken addresses. */
  readonly reserveNonces?: { readonly base: number; readonly quote: number };
}

/** Lists both tokens in Aave, seeds the lenders, and describes the finished market. */
export async function assembleMarket(rpc: Rpc, aave: AaveMarket, assembly: MarketAssembly): Promise<TwinMarket> {
  const { base, quote, baseIsToken0, baseDecimals, quoteDecimals, pool, baseFeed, quoteFeed, reserveNonces } = assembly;
  const listBase = (): Promise<TwinReserve> =>
    listReserve(rpc, aave, {
      asset: base,
      decimals: baseDecimals,
      symbol: assembly.baseSymbol,
      priceFeed: baseFeed.proxy,
      profile: VOLATILE_PROFILE,
      ...(reserveNonces === undefined ? {} : { configuratorNonce: reserveNonces.base }),
    });
  const listQuote = (): Promise<TwinReserve> =>
    listReserve(rpc, aave, {
      asset: quote,
      decimals: quoteDecimals,
      symbol: assembly.quoteSymbol,
      priceFeed: quoteFeed.proxy,
      profile: STABLE_PROFILE,
      ...(reserveNonces === undefined ? {} : { configuratorNonce: reserveNonces.quote }),
    });
  // A nonce only grows: first whichever was listed first.
  const quoteIsFirst = reserveNonces !== undefined && reserveNonces.quote < reserveNonces.base;
  const early = quoteIsFirst ? await listQuote() : undefined;
  const baseReserve = await listBase();
  const quoteReserve = early ?? (await listQuote());
  const supplyBase = Math.max(SUPPLY_BASE, (0.5 * SUPPLY_QUOTE) / assembly.priceQuotePerBase);
  await seedReserves(rpc, lenderOf(base), [
    { asset: base, amount: toRaw(supplyBase, baseDecimals), profile: VOLATILE_PROFILE },
    { asset: quote, amount: toRaw(SUPPLY_QUOTE, quoteDecimals), profile: STABLE_PROFILE },
  ]);
  const [feePips] = await rpc.read(pool, POOL_ABI, "fee");
  const [tickSpacing] = await rpc.read(pool, POOL_ABI, "tickSpacing");
  return {
    name: assembly.name,
    base,
    quote,
    baseDecimals,
    quoteDecimals,
    baseIsToken0,
    token0: baseIsToken0 ? base : quote,
    token1: baseIsToken0 ? quote : base,
    pool,
    feePips: Number(feePips),
    tickSpacing: Number(tickSpacing),
    baseFeed,
    quoteFeed,
    baseReserve,
    quoteReserve,
  };
}
