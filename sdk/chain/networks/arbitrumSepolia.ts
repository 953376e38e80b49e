import { AaveV3ArbitrumSepolia } from "@bgd-labs/aave-address-book";

import { aaveV3From, tokenFrom } from "./aave.ts";
import { gmxV2On } from "./gmx.ts";
import type { NetworkDescription } from "./types.ts";
import { uniswapV3FactoryOn } from "./uniswap.ts";

const CHAIN_ID = 421_614;
const { WETH, USDC } = AaveV3ArbitrumSepolia.ASSETS;

/**
 * Arbitrum Sepolia. Aave and GMX lend and trade different tokens of the same names here: WETH and USDC are Aave's,
 * gmxWETH and gmxUSDC are GMX's; a vault has a hedge on one of the two. Aave's own price sources are Chainlink's feeds.
 */
export const arbitrumSepolia: NetworkDescription = {
  name: "arbitrumSepolia",
  title: "Arbitrum Sepolia",
  chainId: CHAIN_ID,
  isTestnet: true,
  isPublic: true,
  isRollup: true,
  rpcVariable: "ARBITRUM_SEPOLIA_RPC_URL",
  explorer: "https://sepolia.arbiscan.io",
  blockscoutApi: "https://arbitrum-sepolia.blockscout.com/api",
  blockSeconds: 1,
  confirmations: 1,
  uniswapV3Factory: uniswapV3FactoryOn(CHAIN_ID),
  tokens: [
    tokenFrom(AaveV3ArbitrumSepolia, "WETH", "WETH", "ETH / USD"),
    tokenFrom(AaveV3ArbitrumSepolia, "USDC", "USDC", "USDC / USD"),
    {
      symbol: "gmxWETH",
      address: "0x980B62Da83eFf3D4576C647993b0c1D7faf17c73",
      decimals: 18,
      feed: "ETH / USD",
    },
    {
      symbol: "gmxUSDC",
      address: "0x3321Fd36aEaB0d5CdfD26f4A3A93E2D2aAcCB99f",
      decimals: 6,
      feed: "USDC / USD",
    },
  ],
  feeds: {
    "ETH / USD": { address: WETH.ORACLE, heartbeatSeconds: 86_400 },
    "USDC / USD": { address: USDC.ORACLE, heartbeatSeconds: 86_400 },
  },
  aaveV3: aaveV3From(AaveV3ArbitrumSepolia),
  gmxV2: gmxV2On(CHAIN_ID),
};
