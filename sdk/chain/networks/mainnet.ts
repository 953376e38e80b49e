import { AaveV3Ethereum, ChainlinkEthereum } from "@bgd-labs/aave-address-book";

import { aaveV3From, tokenFrom } from "./aave.ts";
import type { NetworkDescription } from "./types.ts";
import { uniswapV3FactoryOn } from "./uniswap.ts";

const CHAIN_ID = 1;

/** Ethereum. */
export const mainnet: NetworkDescription = {
  name: "mainnet",
  title: "Ethereum",
  chainId: CHAIN_ID,
  isTestnet: false,
  isPublic: true,
  isRollup: false,
  rpcVariable: "MAINNET_RPC_URL",
  explorer: "https://etherscan.io",
  blockscoutApi: "https://eth.blockscout.com/api",
  blockSeconds: 12,
  confirmations: 3,
  uniswapV3Factory: uniswapV3FactoryOn(CHAIN_ID),
  tokens: [
    tokenFrom(AaveV3Ethereum, "WETH", "WETH", "ETH / USD"),
    tokenFrom(AaveV3Ethereum, "USDC", "USDC", "USDC / USD"),
  ],
  feeds: {
    "ETH / USD": { address: ChainlinkEthereum.ETH__USD, heartbeatSeconds: 3_600 },
    "USDC / USD": { address: ChainlinkEthereum.USDC__USD, heartbeatSeconds: 86_400 },
  },
  aaveV3: aaveV3From(AaveV3Ethereum),
};
