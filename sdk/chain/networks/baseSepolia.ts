import { AaveV3BaseSepolia } from "@bgd-labs/aave-address-book";

import { aaveV3From, tokenFrom } from "./aave.ts";
import type { NetworkDescription } from "./types.ts";
import { uniswapV3FactoryOn } from "./uniswap.ts";

const CHAIN_ID = 84_532;
const { WETH, USDC } = AaveV3BaseSepolia.ASSETS;

/** Base Sepolia. The USDC is that of Aave's faucet; Aave's own price sources are Chainlink's feeds. */
export const baseSepolia: NetworkDescription = {
  name: "baseSepolia",
  title: "Base Sepolia",
  chainId: CHAIN_ID,
  isTestnet: true,
  isPublic: true,
  isRollup: true,
  rpcVariable: "BASE_SEPOLIA_RPC_URL",
  explorer: "https://sepolia.basescan.org",
  blockscoutApi: "https://base-sepolia.blockscout.com/api",
  blockSeconds: 2,
  confirmations: 1,
  uniswapV3Factory: uniswapV3FactoryOn(CHAIN_ID),
  tokens: [
    tokenFrom(AaveV3BaseSepolia, "WETH", "WETH", "ETH / USD"),
    tokenFrom(AaveV3BaseSepolia, "USDC", "USDC", "USDC / USD"),
  ],
  feeds: {
    "ETH / USD": { address: WETH.ORACLE, heartbeatSeconds: 86_400 },
    "USDC / USD": { address: USDC.ORACLE, heartbeatSeconds: 86_400 },
  },
  aaveV3: aaveV3From(AaveV3BaseSepolia),
};
