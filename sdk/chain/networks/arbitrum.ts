import { AaveV3Arbitrum, ChainlinkArbitrum } from "@bgd-labs/aave-address-book";

import { aaveV3From, tokenFrom } from "./aave.ts";
import { gmxV2On } from "./gmx.ts";
import type { NetworkDescription } from "./types.ts";
import { uniswapV3FactoryOn } from "./uniswap.ts";

const CHAIN_ID = 42_161;

/** Arbitrum One. Its USDC is the native one; Aave's address book calls it USDCn and the bridged one USDC. */
export const arbitrum: NetworkDescription = {
  name: "arbitrum",
  title: "Arbitrum One",
  chainId: CHAIN_ID,
  isTestnet: false,
  isPublic: true,
  isRollup: true,
  rpcVariable: "ARBITRUM_RPC_URL",
  explorer: "https://arbiscan.io",
  blockscoutApi: "https://arbitrum.blockscout.com/api",
  blockSeconds: 1,
  confirmations: 1,
  uniswapV3Factory: uniswapV3FactoryOn(CHAIN_ID),
  tokens: [
    tokenFrom(AaveV3Arbitrum, "WETH", "WETH", "ETH / USD"),
    tokenFrom(AaveV3Arbitrum, "USDCn", "USDC", "USDC / USD"),
  ],
  feeds: {
    "ETH / USD": { address: ChainlinkArbitrum.ETH__USD, heartbeatSeconds: 86_400 },
    "USDC / USD": { address: ChainlinkArbitrum.USDC__USD, heartbeatSeconds: 86_400 },
  },
  aaveV3: aaveV3From(AaveV3Arbitrum),
  gmxV2: gmxV2On(CHAIN_ID),
  sequencerFeed: ChainlinkArbitrum.L2_Sequencer_Uptime_Status_Feed,
};
