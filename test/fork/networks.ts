import { createRequire } from "node:module";

import { AaveV3Arbitrum, AaveV3Base, AaveV3Ethereum } from "@bgd-labs/aave-address-book";

import { MAINNET } from "../../localnet/addresses.ts";
import type { VenueAddresses } from "../../localnet/chain.ts";
import { GMX_ARBITRUM } from "../../localnet/gmx/addresses.ts";
import type { TwinReserve } from "../../localnet/types.ts";

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
  readonly aaveAddressesProvider: string;
  readonly feePips: number;
  /** Wrapped ETH: given by depositing. */
  readonly base: ForkToken;
  /** Circle's own USDC: given by writing its balance. */
  readonly quote: ForkToken;
  readonly baseFeed: ForkFeed;
  readonly quoteFeed: ForkFeed;
  /** Chainlink's record of when the sequencer was up; absent on Ethereum. */
  readonly sequencerFeed?: string;
  readonly gmx?: typeof GMX_ARBITRUM;
}

export interface ForkToken {
  readonly address: string;
  readonly decimals: number;
  readonly reserve: TwinReserve;
}

/** The package's modules for browsers do not resolve in Node; those for CommonJS do. */
const uniswap = createRequire(import.meta.url)("@uniswap/sdk-core") as {
  readonly V3_CORE_FACTORY_ADDRESSES: Readonly<Record<number, string>>;
  readonly NONFUNGIBLE_POSITION_MANAGER_ADDRESSES: Readonly<Record<number, string>>;
  SWAP_ROUTER_02_ADDRESSES(chainId: number): string;
};

interface AaveAsset {
  readonly decimals: number;
  readonly UNDERLYING: string;
  readonly A_TOKEN: string;
  readonly V_TOKEN: string;
}

function tokenOf(asset: AaveAsset): ForkToken {
  return {
    address: asset.UNDERLYING,
    decimals: asset.decimals,
    reserve: { asset: asset.UNDERLYING, aToken: asset.A_TOKEN, variableDebtToken: asset.V_TOKEN },
  };
}

function uniswapAndAaveOf(
  chainId: number,
  aave: { readonly POOL: string; readonly POOL_ADDRESSES_PROVIDER: string },
): Pick<ForkNetwork, "chainId" | "addresses" | "positionManager" | "aaveAddressesProvider"> {
  const uniswapV3Factory = uniswap.V3_CORE_FACTORY_ADDRESSES[chainId];
  const positionManager = uniswap.NONFUNGIBLE_POSITION_MANAGER_ADDRESSES[chainId];
  if (uniswapV3Factory === undefined || positionManager === undefined) {
    throw new Error(`Uniswap's address book has no v3 on chain ${chainId}.`);
  }
  return {
    chainId,
    addresses: {
      uniswapV3Factory,
      swapRouter02: uniswap.SWAP_ROUTER_02_ADDRESSES(chainId),
      aavePool: aave.POOL,
      multicall3: MAINNET.multicall3, // the same on every chain
    },
    positionManager,
    aaveAddressesProvider: aave.POOL_ADDRESSES_PROVIDER,
  };
}

const ETH_USD = { description: "ETH / USD" };
/** Deviation and heartbeat of USDC/USD are the same on the three chains. */
const USDC_USD = { description: "USDC / USD", deviationBps: 25, heartbeatSeconds: 86_400 };

/** Ethereum. */
export const MAINNET_FORK: ForkNetwork = {
  name: "mainnet",
  ...uniswapAndAaveOf(1, AaveV3Ethereum),
  chainType: "l1",
  rpcVariable: "MAINNET_RPC_URL",
  blockVariable: "MAINNET_FORK_BLOCK",
  // March 2026 like the others: after Aave v3.5 and the Fusaka upgrade, and the time of the address books in use.
  block: 24_600_000n,
  baseFeeWei: 1_000_000_000n,
  feePips: 500,
  base: tokenOf(AaveV3Ethereum.ASSETS.WETH),
  quote: tokenOf(AaveV3Ethereum.ASSETS.USDC),
  baseFeed: { ...ETH_USD, proxy: MAINNET.chainlinkEthUsd, deviationBps: 50, heartbeatSeconds: 3_600 },
  quoteFeed: { ...USDC_USD, proxy: MAINNET.chainlinkUsdcUsd },
};

/** Arbitrum One. Feeds and heartbeats as Chainlink publishes them. */
export const ARBITRUM_FORK: ForkNetwork = {
  name: "arbitrum",
  ...uniswapAndAaveOf(42_161, AaveV3Arbitrum),
  chainType: "generic",
  rpcVariable: "ARBITRUM_RPC_URL",
  blockVariable: "ARBITRUM_FORK_BLOCK",
  // March 2026. GMX's router in the address book was deployed in block 401,119,771: nothing before it will do.
  block: 442_000_000n,
  baseFeeWei: 100_000_000n,
  feePips: 500,
  base: tokenOf(AaveV3Arbitrum.ASSETS.WETH),
  quote: tokenOf(AaveV3Arbitrum.ASSETS.USDCn), // "USDC" is the bridged one there
  baseFeed: {
    ...ETH_USD,
    proxy: "0x639Fe6ab55C921f74e7fac1ee960C0B6293ba612",
    deviationBps: 5,
    heartbeatSeconds: 86_400,
  },
  quoteFeed: { ...USDC_USD, proxy: "0x50834F3163758fcC1Df9973b6e91f0F0F0434aD3" },
  sequencerFeed: "0xFdB631F5EE196F0ed6FAa767959853A9F217697D",
  gmx: GMX_ARBITRUM,
};

/** Base. Feeds and heartbeats as Chainlink publishes them. */
export const BASE_FORK: ForkNetwork = {
  name: "base",
  ...uniswapAndAaveOf(8_453, AaveV3Base),
  chainType: "generic",
  rpcVariable: "BASE_RPC_URL",
  blockVariable: "BASE_FORK_BLOCK",
  // 1 March 2026: Base makes a block every two seconds since 15 June 2023.
  block: 42_800_000n,
  baseFeeWei: 100_000_000n,
  feePips: 500,
  base: tokenOf(AaveV3Base.ASSETS.WETH),
  quote: tokenOf(AaveV3Base.ASSETS.USDC),
  baseFeed: {
    ...ETH_USD,
    proxy: "0x71041dddad3595F9CEd3DcCFBe3D1F4b0a16Bb70",
    deviationBps: 15,
    heartbeatSeconds: 1_200,
  },
  quoteFeed: { ...USDC_USD, proxy: "0x7e860098F58bBFC8648a4311b374B1D669a2bc6B" },
  sequencerFeed: "0xBCF85224fc0756B9Fa45aA7892530B47e10b6433",
};

export const FORK_NETWORKS: readonly ForkNetwork[] = [MAINNET_FORK, ARBITRUM_FORK, BASE_FORK];
