import type { GmxV2Venue } from "../deployment.ts";

/** Names of the networks that a vault can be deployed to. */
export type NetworkName = "mainnet" | "arbitrum" | "base" | "sepolia" | "arbitrumSepolia" | "baseSepolia" | "local";

/** A token that a vault can be made of. */
export interface NetworkToken {
  readonly symbol: string;
  readonly address: string;
  readonly decimals: number;
  /** Description of the Chainlink feed that prices it, a key of the network's `feeds`. */
  readonly feed: string;
}

/** A Chainlink feed as Chainlink publishes it. */
export interface NetworkFeed {
  readonly address: string;
  /** Longest time between two rounds, in seconds. */
  readonly heartbeatSeconds: number;
}

/** What Aave v3 issues for one asset. */
export interface AaveReserve {
  readonly asset: string;
  readonly aToken: string;
  readonly variableDebtToken: string;
}

export interface AaveV3Deployment {
  readonly pool: string;
  readonly protocolDataProvider: string;
  readonly reserves: readonly AaveReserve[];
}

/** A market of GMX v2. */
export interface GmxV2Market {
  readonly market: string;
  readonly indexToken: string;
  readonly longToken: string;
  readonly shortToken: string;
}

export interface GmxV2Deployment {
  readonly venue: GmxV2Venue;
  readonly markets: readonly GmxV2Market[];
}

/** What a deployment has to know of a chain. Addresses have checksums. */
export interface NetworkDescription {
  readonly name: NetworkName;
  /** For people: "Arbitrum Sepolia". */
  readonly title: string;
  readonly chainId: number;
  readonly isTestnet: boolean;
  /** False for a chain of one machine, where nothing is at stake. */
  readonly isPublic: boolean;
  /** True where a part of a transaction's cost is paid for data on another chain. */
  readonly isRollup: boolean;
  /** Environment variable with the URL of a node. */
  readonly rpcVariable: string;
  readonly explorer: string;
  /** Where the API of its Blockscout is; empty where there is none. */
  readonly blockscoutApi: string;
  /** Seconds between two blocks, at least 1: clocks of blocks count whole seconds. */
  readonly blockSeconds: number;
  /** Blocks on top of a transaction after which a deployment goes on. */
  readonly confirmations: number;
  readonly uniswapV3Factory: string;
  readonly tokens: readonly NetworkToken[];
  /** By Chainlink's description, such as "ETH / USD". */
  readonly feeds: Readonly<Record<string, NetworkFeed>>;
  readonly aaveV3: AaveV3Deployment;
  /** Absent where GMX v2 is not. */
  readonly gmxV2?: GmxV2Deployment;
  /** Tells whether the rollup's sequencer works; absent on chains without one, and on testnets, where nobody publishes one. */
  readonly sequencerFeed?: string;
}
