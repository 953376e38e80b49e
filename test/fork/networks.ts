import { createRequire } from "node:module";

import { MAINNET } from "../../localnet/addresses.ts";
import type { VenueAddresses } from "../../localnet/chain.ts";
import type { TwinReserve } from "../../localnet/types.ts";
import type { GmxV2Venue } from "../../sdk/chain/deployment.ts";
import { networks } from "../../sdk/chain/networks/all.ts";
import type { NetworkDescription } from "../../sdk/chain/networks/types.ts";

/** A Chainlink feed: what its proxy says it is, and when a new round is due. */
export interface ForkFeed {
  readonly proxy: string;
  /** Compared with the chain's before the feed is touched. */
  readonly description: string;
  readonly deviationBps: number;
  readonly heartbeatSeconds: number;
}

/** A genuine chain to fork: where its contracts are, and as of which block. */
export interface ForkNetwork {
  readonly name: string;
  readonly chainId: number;
  /** How Hardhat reads its blocks. */
  readonly chainType: "l1" | "generic";
  /** Variable with the URL of a node. */
  readonly rpcVariable: string;
  /** Variable that names another block than `block`. */
  readonly blockVariable: string;
  readonly block: bigint;
  /** Of every block on the fork. */
  readonly baseFeeWei: bigint;
  readonly addresses: VenueAddresses;
  /** Uniswap's, for those who follow the price that the test moves. */
  readonly positionManager: string;
  readonly feePips: number;
  /** Wrapped ETH: given by depositing. */
  readonly base: ForkToken;
  /** Circle's own USDC: given by writing its balance. */
  readonly quote: ForkToken;
  readonly baseFeed: ForkFeed;
  readonly quoteFeed: ForkFeed;
  /** Chainlink's record of when the sequencer was up; absent on Ethereum. */
  readonly sequencerFeed?: string;
  readonly gmx?: GmxV2Venue & { readonly market: string };
}

export interface ForkToken {
  readonly address: string;
  readonly decimals: number;
  readonly reserve: TwinReserve;
}

/** What a fork needs beyond the description that deployments go by. */
interface ForkSettings extends Pick<ForkNetwork, "chainType" | "blockVariable" | "block" | "baseFeeWei"> {
  /** Of ETH/USD; that of USDC/USD is the same everywhere. */
  readonly baseDeviationBps: number;
}

const QUOTE_DEVIATION_BPS = 25;

/** The package's modules for browsers do not resolve in Node; those for CommonJS do. */
const uniswap = createRequire(import.meta.url)("@uniswap/sdk-core") as {
  readonly NONFUNGIBLE_POSITION_MANAGER_ADDRESSES: Readonly<Record<number, string>>;
  SWAP_ROUTER_02_ADDRESSES(chainId: number): string;
};

function forkOf(network: NetworkDescription, { baseDeviationBps, ...settings }: ForkSettings): ForkNetwork {
  const { name, chainId, rpcVariable, tokens, feeds, aaveV3, gmxV2, sequencerFeed, uniswapV3Factory } = network;
  const lacks = (what: string): never => {
    throw new Error(`The description of ${name} lacks ${what}.`);
  };
  const tokenOf = (symbol: string): ForkToken => {
    const token = tokens.find((candidate) => candidate.symbol === symbol) ?? lacks(symbol);
    const reserve = aaveV3.reserves.find(({ asset }) => asset === token.address) ?? lacks(`Aave's ${symbol}`);
    return { address: token.address, decimals: token.decimals, reserve };
  };
  const feedOf = (description: string, deviationBps: number): ForkFeed => {
    const { address, heartbeatSeconds } = feeds[description] ?? lacks(description);
    return { proxy: address, description, deviationBps, heartbeatSeconds };
  };
  const [base, quote] = [tokenOf("WETH"), tokenOf("USDC")];
  const market = gmxV2?.markets.find(
    ({ indexToken, longToken, shortToken }) =>
      indexToken === base.address && longToken === base.address && shortToken === quote.address,
  );
  return {
    ...settings,
    name,
    chainId,
    rpcVariable,
    addresses: {
      uniswapV3Factory,
      swapRouter02: uniswap.SWAP_ROUTER_02_ADDRESSES(chainId),
      aavePool: aaveV3.pool,
      multicall3: MAINNET.multicall3, // the same on every chain
    },
    positionManager: uniswap.NONFUNGIBLE_POSITION_MANAGER_ADDRESSES[chainId] ?? lacks("a position manager"),
    feePips: 500,
    base,
    quote,
    baseFeed: feedOf("ETH / USD", baseDeviationBps),
    quoteFeed: feedOf("USDC / USD", QUOTE_DEVIATION_BPS),
    ...(sequencerFeed === undefined ? {} : { sequencerFeed }),
    ...(gmxV2 === undefined || market === undefined ? {} : { gmx: { ...gmxV2.venue, market: market.market } }),
  };
}

/** Ethereum. */
export const MAINNET_FORK = forkOf(networks.mainnet, {
  chainType: "l1",
  blockVariable: "MAINNET_FORK_BLOCK",
  // March 2026 like the others: after Aave v3.5 and the Fusaka upgrade, and the time of the address books in use.
  block: 24_600_000n,
  baseFeeWei: 1_000_000_000n,
  baseDeviationBps: 50,
});

/** Arbitrum One. */
export const ARBITRUM_FORK = forkOf(networks.arbitrum, {
  chainType: "generic",
  blockVariable: "ARBITRUM_FORK_BLOCK",
  // March 2026. GMX's router in the address book was deployed in block 401,119,771: nothing before it will do.
  block: 442_000_000n,
  baseFeeWei: 100_000_000n,
  baseDeviationBps: 5,
});

/** Base. */
export const BASE_FORK = forkOf(networks.base, {
  chainType: "generic",
  blockVariable: "BASE_FORK_BLOCK",
  // 1 March 2026: Base makes a block every two seconds since 15 June 2023.
  block: 42_800_000n,
  baseFeeWei: 100_000_000n,
  baseDeviationBps: 15,
});

export const FORK_NETWORKS: readonly ForkNetwork[] = [MAINNET_FORK, ARBITRUM_FORK, BASE_FORK];
