import { AaveV3Sepolia } from "@bgd-labs/aave-address-book";

import { aaveV3From, tokenFrom } from "./aave.ts";
import type { NetworkDescription } from "./types.ts";
import { uniswapV3FactoryOn } from "./uniswap.ts";

const CHAIN_ID = 11_155_111;

/**
 * Sepolia. The tokens are those of Aave's faucet (the address book's FAUCET), not Circle's USDC and the usual WETH: Aave
 * lends no others. No package carries Chainlink's feeds here; they are of docs.chain.link, and a preflight asks each what
 * it is.
 */
export const sepolia: NetworkDescription = {
  name: "sepolia",
  title: "Sepolia",
  chainId: CHAIN_ID,
  isTestnet: true,
  isPublic: true,
  isRollup: false,
  rpcVariable: "SEPOLIA_RPC_URL",
  explorer: "https://sepolia.etherscan.io",
  blockscoutApi: "https://eth-sepolia.blockscout.com/api",
  blockSeconds: 12,
  confirmations: 2,
  uniswapV3Factory: uniswapV3FactoryOn(CHAIN_ID),
  tokens: [
    tokenFrom(AaveV3Sepolia, "WETH", "WETH", "ETH / USD"),
    tokenFrom(AaveV3Sepolia, "USDC", "USDC", "USDC / USD"),
  ],
  feeds: {
    "ETH / USD": { address: "0x694AA1769357215DE4FAC081bf1f309aDC325306", heartbeatSeconds: 3_600 },
    "USDC / USD": { address: "0xA2F78ab2355fe2f984D808B5CeE7FD0A93D5270E", heartbeatSeconds: 86_400 },
  },
  aaveV3: aaveV3From(AaveV3Sepolia),
};
