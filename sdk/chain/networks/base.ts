import { AaveV3Base, ChainlinkBase } from "@bgd-labs/aave-address-book";

import { aaveV3From, tokenFrom } from "./aave.ts";
import type { NetworkDescription } from "./types.ts";
import { uniswapV3FactoryOn } from "./uniswap.ts";

const CHAIN_ID = 8_453;

/** Base. */
export const base: NetworkDescription = {
  name: "base",
  title: "Base",
  chainId: CHAIN_ID,
  isTestnet: false,
  isPublic: true,
  isRollup: true,
  rpcVariable: "BASE_RPC_URL",
  explorer: "https://basescan.org",
  blockscoutApi: "https://base.blockscout.com/api",
  blockSeconds: 2,
  confirmations: 1,
  uniswapV3Factory: uniswapV3FactoryOn(CHAIN_ID),
  tokens: [tokenFrom(AaveV3Base, "WETH", "WETH", "ETH / USD"), tokenFrom(AaveV3Base, "USDC", "USDC", "USDC / USD")],
  feeds: {
    "ETH / USD": { address: ChainlinkBase.ETH__USD, heartbeatSeconds: 1_200 },
    "USDC / USD": { address: ChainlinkBase.USDC__USD, heartbeatSeconds: 86_400 },
  },
  aaveV3: aaveV3From(AaveV3Base),
  sequencerFeed: ChainlinkBase.L2_Sequencer_Uptime_Status_Feed,
};
