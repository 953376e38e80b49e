import hre from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import { ACTORS } from "./actors.ts";
import { MAINNET, type PlacedAddresses, RESERVE_NONCES, SEPOLIA } from "./addresses.ts";
import { enforceBlockRules } from "./blockRules.ts";
import type { ChainSnapshot, LocalChain } from "./chain.ts";
import { expectedCodeHashes, verifyCodeHashes } from "./codeHashes.ts";
import { placeAave, type AaveMarket } from "./place/aave.ts";
import { placeFeed, readRound, submitAnswer } from "./place/chainlink.ts";
import { assembleMarket, fundPoolActors, placePool } from "./place/market.ts";
import { deployTokenPair, mintToken, placeMulticall3, placeTokens } from "./place/tokens.ts";
import { placeUniswap, POOL_ABI, registerPool } from "./place/uniswap.ts";
import { priceFromSqrtPriceX96, toFeedAnswer } from "./price.ts";
import { installRecordedState, type RecordedState } from "./recordedState.ts";
import { createRpc, toQuantity } from "./rpc.ts";
import type { LiquidityLayer, TwinMarket } from "./types.ts";

/** 2026-01-01T00:00:00Z. A fixed start makes every run of the twin the same. */
export const DEFAULT_START_TIMESTAMP = 1_767_225_600;
/** The pool is this old when the twin is handed over, so that time-weighted prices have a past. */
const POOL_AGE_SECONDS = 7_200;

/** A slot holds one block with a swap: far more than any averaging window of a scenario needs. */
const DEFAULT_OBSERVATION_CARDINALITY = 300;

const DEFAULT_BASE_FEE_WEI = 1_000_000_000n;

/** About $60M: enough depth that a vault of $1M is small, at any price the scenario reaches. */
export const DEFAULT_LIQUIDITY: readonly LiquidityLayer[] = [
  { rangeFactor: "full", valueQuote: 20_000_000 },
  { rangeFactor: 1.5, valueQuote: 40_000_000 },
];

export interface TwinOptions {
  /** Whose addresses the contracts stand at. Default mainnet; the chain id is a test chain's unless `chainId` says more. */
  readonly site?: "mainnet" | "sepolia";
  /** Default 31337. */
  readonly chainId?: number;
  /** Lets several blocks have one timestamp, for blocks quicker than a second by the wall clock. Default false. */
  readonly allowBlocksWithSameTimestamp?: boolean;
  /** Start price in USDC for one WETH. Default 2,500; ignored with `recorded`, whose pool has a price. */
  readonly priceUsdcPerWeth?: number;
  /** USDC price in dollars. Default 1. */
  readonly usdcUsd?: number;
  /** Fee tier of the USDC/WETH pool. Default 500 (0.05 %). */
  readonly feePips?: 500 | 3_000;
  /** Background liquidity. Default `DEFAULT_LIQUIDITY`. */
  readonly liquidity?: readonly LiquidityLayer[];
  /** Oracle slots of the pool. Default 300. */
  readonly observationCardinality?: number;
  /** Timestamp of the block at which the twin is handed over. Default 2026-01-01T00:00:00Z. */
  readonly startTimestampSeconds?: number;
  /** Base fee of blocks after set-up. Default 1 gwei. */
  readonly baseFeeWei?: bigint;
  /** Recorded mainnet USDC, WETH9, SwapRouter and 0.3 % pool, used instead of ours. */
  readonly recorded?: RecordedState;
}

export interface MarketOptions {
  readonly baseDecimals: number;
  readonly quoteDecimals: number;
  readonly baseIsToken0: boolean;
  /** Default 2,500. */
  readonly priceQuotePerBase?: number;
  /** Quote token in dollars. Default 1. */
  readonly quoteUsd?: number;
  /** Default 500. */
  readonly feePips?: 100 | 500 | 3_000 | 10_000;
  readonly liquidity?: readonly LiquidityLayer[];
  readonly observationCardinality?: number;
}

/** A point to return to, any number of times. */
export type TwinSnapshot = ChainSnapshot;

/** Handle on a running twin: a chain of this process with everything of mainnet that the project uses. */
export interface Twin extends LocalChain {
  readonly addresses: PlacedAddresses;
  /** What `forkTwin` and `attachTwin` need to take hold of this twin from elsewhere. Plain data. */
  describe(): TwinDescription;
  /** Adds ETH (wei), USDC (6 decimals) and WETH (18 decimals) to what `address` has. */
  fund(
    address: string,
    amounts: { readonly eth?: bigint; readonly usdc?: bigint; readonly weth?: bigint },
  ): Promise<void>;
  /** A further pair of stand-in tokens with its own pool, feeds and Aave listing. Takes about 0.2 s. */
  createMarket(options: MarketOptions): Promise<TwinMarket>;
}

/**
 * Starts a network inside this process and places the genuine contracts at their mainnet addresses. Takes about a second.
 * @throws Error when a placed contract is not the expected bytecode or not at its address.
 * @example
 * const twin = await startTwin({ priceUsdcPerWeth: 3_000 });
 * await twin.fund(depositor, { eth: 10n ** 18n, usdc: 1_000_000n * 10n ** 6n });
 */
export async function startTwin(options: TwinOptions = {}): Promise<Twin> {
  return placeTwin(await hre.network.create(twinNetwork(options)), options);
}

/** Network parameters for `startTwin` and for the served twin. */
export function twinNetwork(options: TwinOptions): {
  readonly network: "twin";
  readonly chainType: "l1";
  readonly override: {
    readonly initialDate: string;
    readonly chainId?: number;
    readonly allowBlocksWithSameTimestamp?: boolean;
  };
} {
  const genesis = startTimestampOf(options) - POOL_AGE_SECONDS;
  return {
    network: "twin",
    chainType: "l1",
    override: {
      initialDate: new Date(genesis * 1_000).toISOString(),
      ...(options.chainId === undefined ? {} : { chainId: options.chainId }),
      ...(options.allowBlocksWithSameTimestamp === true ? { allowBlocksWithSameTimestamp: true } : {}),
    },
  };
}

function startTimestampOf(options: TwinOptions): number {
  return (
    options.startTimestampSeconds ??
    (options.recorded === undefined
      ? DEFAULT_START_TIMESTAMP
      : options.recorded.blockTimestampSeconds + POOL_AGE_SECONDS)
  );
}

/** Places the contracts on a fresh network. Most callers want `startTwin` or `serveTwin`. */
export async function placeTwin(connection: NetworkConnection<"l1">, options: TwinOptions = {}): Promise<Twin> {
  const site = options.site ?? "mainnet";
  const addresses = site === "mainnet" ? MAINNET : SEPOLIA;
  const rpc = createRpc(connection.provider, addresses);
  const baseFeeWei = options.baseFeeWei ?? DEFAULT_BASE_FEE_WEI;
  enforceBlockRules(connection, baseFeeWei);
  const { recorded } = options;
  const usdcUsd = options.usdcUsd ?? 1;
  const observationCardinality = options.observationCardinality ?? DEFAULT_OBSERVATION_CARDINALITY;

  if (recorded === undefined) await placeTokens(rpc);
  else await installRecordedState(rpc, recorded);
  await placeMulticall3(rpc);
  await placeUniswap(rpc, { keepSwapRouter: recorded !== undefined });
  const { weth: base, usdc: quote } = addresses;
  const scale = { base, quote, baseDecimals: 18, quoteDecimals: 6, baseIsToken0: BigInt(base) < BigInt(quote) };
  await fundPoolActors(rpc, scale);

  let pool: string;
  let price: number;
  if (recorded === undefined) {
    price = options.priceUsdcPerWeth ?? 2_500;
    pool = await placePool(rpc, {
      ...scale,
      feePips: options.feePips ?? 500,
      priceQuotePerBase: price,
      observationCardinality,
      liquidity: options.liquidity ?? DEFAULT_LIQUIDITY,
    });
  } else {
    pool = MAINNET.poolUsdcWeth30bp;
    await registerPool(rpc, MAINNET.usdc, MAINNET.weth, 3_000, pool);
    const [sqrtPriceX96] = await rpc.read(pool, POOL_ABI, "slot0");
    price = priceFromSqrtPriceX96(sqrtPriceX96 as bigint, scale);
    await rpc.write(ACTORS.trader, pool, POOL_ABI, "increaseObservationCardinalityNext", [observationCardinality]);
  }

  const baseFeed = await placeFeed(rpc, {
    proxyAddress: addresses.chainlinkEthUsd,
    description: "ETH / USD",
    deviationBps: 50,
    heartbeatSeconds: 3_600,
  });
  const quoteFeed = await placeFeed(rpc, {
    proxyAddress: addresses.chainlinkUsdcUsd,
    description: "USDC / USD",
    deviationBps: 25,
    heartbeatSeconds: 86_400,
  });
  await submitAnswer(rpc, baseFeed, toFeedAnswer(price * usdcUsd));
  await submitAnswer(rpc, quoteFeed, toFeedAnswer(usdcUsd));

  const aave = await placeAave(rpc);
  const market = await assembleMarket(rpc, aave, {
    ...scale,
    name: "USDC/WETH",
    baseSymbol: "WETH",
    quoteSymbol: "USDC",
    pool,
    baseFeed,
    quoteFeed,
    priceQuotePerBase: price,
    reserveNonces: RESERVE_NONCES[site],
  });
  if (site === "mainnet") {
    await verifyCodeHashes(
      rpc,
      expectedCodeHashes({
        pool: market.feePips === 500 ? "poolUsdcWeth5bp" : "poolUsdcWeth30bp",
        recorded: recorded !== undefined,
      }),
    );
  }

  const twin = await attachTwin(connection, { site, market, aave, baseFeeWei });
  const start = startTimestampOf(options);
  await twin.setNextTimestamp(start - 24);
  await submitAnswer(rpc, baseFeed, toFeedAnswer(price * usdcUsd));
  await twin.setNextTimestamp(start - 12);
  await submitAnswer(rpc, quoteFeed, toFeedAnswer(usdcUsd));
  await twin.advanceTo(start);
  return twin;
}

/** What has to be known about a twin to take hold of it from another connection, such as a fork of a served one. */
export interface TwinDescription {
  /** Default mainnet. */
  readonly site?: "mainnet" | "sepolia";
  readonly market: TwinMarket;
  readonly aave: AaveMarket;
  readonly baseFeeWei: bigint;
}

/** Handle on a network that already carries a twin. Unlocks the actors again, which a fork does not inherit. */
export async function attachTwin(connection: NetworkConnection<"l1">, description: TwinDescription): Promise<Twin> {
  const { provider, ethers } = connection;
  const site = description.site ?? "mainnet";
  const addresses = site === "mainnet" ? MAINNET : SEPOLIA;
  const rpc = createRpc(provider, addresses);
  for (const actor of Object.values(ACTORS)) await rpc.impersonate(actor);
  const { market, aave } = description;
  const rules = enforceBlockRules(connection, description.baseFeeWei);

  const timestamp = async (): Promise<number> => {
    const block = await rpc.request<{ timestamp: string }>("eth_getBlockByNumber", ["latest", false]);
    return Number(BigInt(block.timestamp));
  };
  const markets: TwinMarket[] = [market];
  const sendHeartbeats = async (): Promise<void> => {
    for (const feed of markets.flatMap(({ baseFeed, quoteFeed }) => [baseFeed, quoteFeed])) {
      const last = await readRound(rpc, feed);
      if (last !== undefined && (await timestamp()) - last.updatedAtSeconds >= feed.heartbeatSeconds) {
        await submitAnswer(rpc, feed, last.answer);
      }
    }
  };
  const advanceTo = async (timestampSeconds: number): Promise<void> => {
    await rpc.request("evm_mine", [toQuantity(BigInt(timestampSeconds))]);
  };

  return {
    connection,
    provider,
    ethers,
    rpc,
    addresses,
    market,
    describe: () => ({ site, market, aave, baseFeeWei: rules.baseFeeWei }),
    fund: async (address, { eth = 0n, usdc = 0n, weth = 0n }) => {
      if (eth !== 0n) await rpc.setBalance(address, (await rpc.balanceOf(address)) + eth);
      await mintToken(rpc, addresses.usdc, address, usdc);
      await mintToken(rpc, addresses.weth, address, weth);
    },
    mint: async (token, to, amount) => {
      await mintToken(rpc, token, to, amount);
    },
    createMarket: async (options) => {
      const priceQuotePerBase = options.priceQuotePerBase ?? 2_500;
      const quoteUsd = options.quoteUsd ?? 1;
      const tokens = await deployTokenPair(rpc, options);
      const { baseDecimals, quoteDecimals, baseIsToken0 } = options;
      const scale = { ...tokens, baseDecimals, quoteDecimals, baseIsToken0 };
      await fundPoolActors(rpc, scale);
      const pool = await placePool(rpc, {
        ...scale,
        feePips: options.feePips ?? 500,
        priceQuotePerBase,
        observationCardinality: options.observationCardinality ?? DEFAULT_OBSERVATION_CARDINALITY,
        liquidity: options.liquidity ?? DEFAULT_LIQUIDITY,
      });
      const baseFeed = await placeFeed(rpc, { description: "BASE / USD", deviationBps: 50, heartbeatSeconds: 3_600 });
      const quoteFeed = await placeFeed(rpc, {
        description: "QUOTE / USD",
        deviationBps: 25,
        heartbeatSeconds: 86_400,
      });
      await submitAnswer(rpc, baseFeed, toFeedAnswer(priceQuotePerBase * quoteUsd));
      await submitAnswer(rpc, quoteFeed, toFeedAnswer(quoteUsd));
      const created = await assembleMarket(rpc, aave, {
        ...scale,
        name: `base ${baseDecimals} / quote ${quoteDecimals}, base is token${baseIsToken0 ? 0 : 1}`,
        baseSymbol: `BASE${baseDecimals}`,
        quoteSymbol: `QUOTE${quoteDecimals}`,
        pool,
        baseFeed,
        quoteFeed,
        priceQuotePerBase,
      });
      markets.push(created);
      // Age the pool so that time-weighted prices have a past, then send the heartbeats that fell due meanwhile.
      await advanceTo((await timestamp()) + POOL_AGE_SECONDS);
      await sendHeartbeats();
      return created;
    },
    snapshot: async () => ({ id: await rpc.request<string>("evm_snapshot"), marketCount: markets.length }),
    revert: async (snapshot) => {
      const done = await rpc.request<boolean>("evm_revert", [snapshot.id]);
      if (!done)
        throw new Error(`Snapshot ${snapshot.id} is gone: a revert to an earlier one discards the later ones.`);
      markets.length = snapshot.marketCount;
      snapshot.id = await rpc.request<string>("evm_snapshot");
    },
    timestamp,
    advance: async (seconds) => advanceTo((await timestamp()) + seconds),
    advanceTo,
    mineBlocks: async (count, secondsApart = 12) => {
      const from = await timestamp();
      for (let i = 1; i <= count; i++) await advanceTo(from + i * secondsApart);
    },
    setNextTimestamp: async (timestampSeconds) => {
      await rpc.request("evm_setNextBlockTimestamp", [toQuantity(BigInt(timestampSeconds))]);
    },
    setBaseFee: (wei) => {
      rules.baseFeeWei = wei;
    },
    close: () => connection.close(),
  };
}
