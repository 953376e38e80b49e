import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import type { NetworkConnection } from "hardhat/types/network";
import type { EthereumProvider } from "hardhat/types/providers";

import type { Rpc } from "./rpc.ts";
import type { TwinMarket } from "./types.ts";

/** Contracts of a chain that vaults and the market around them use. */
export interface VenueAddresses {
  readonly uniswapV3Factory: string;
  readonly swapRouter02: string;
  readonly aavePool: string;
  readonly multicall3: string;
}

/** A point to return to, any number of times. */
export interface ChainSnapshot {
  /** Changes at every revert: the node forgets an id once it was used. */
  id: string;
  /** Markets that existed; later ones are gone after a revert. */
  readonly marketCount: number;
}

/** A chain inside this process with a market on it, whether it is a twin or a fork of a genuine chain. */
export interface LocalChain {
  readonly connection: NetworkConnection<"l1">;
  readonly provider: EthereumProvider;
  readonly ethers: HardhatEthers;
  readonly rpc: Rpc;
  readonly addresses: VenueAddresses;
  /** The USDC/WETH market. */
  readonly market: TwinMarket;
  /** Gives raw units of a token of a market to somebody, beside what the account has. */
  mint(token: string, to: string, amount: bigint): Promise<void>;
  snapshot(): Promise<ChainSnapshot>;
  revert(snapshot: ChainSnapshot): Promise<void>;
  /** Timestamp of the latest block. */
  timestamp(): Promise<number>;
  /** Mines one empty block `seconds` after the latest one. */
  advance(seconds: number): Promise<void>;
  /** Mines one empty block with this timestamp. */
  advanceTo(timestampSeconds: number): Promise<void>;
  /** Mines `count` empty blocks, `secondsApart` each (default 12). */
  mineBlocks(count: number, secondsApart?: number): Promise<void>;
  /** Timestamp of the next block. Without it a block follows its parent by one second. */
  setNextTimestamp(timestampSeconds: number): Promise<void>;
  /** Base fee of every block from now on. */
  setBaseFee(wei: bigint): void;
  close(): Promise<void>;
}
