import {
  aaveV3HedgeAbi,
  addresses,
  hedgedVaultAbi,
  riskPolicyAbi,
  uniswapV3LiquidityAbi,
  vaultFactoryAbi,
} from "hedgerow-abi";
import { createConfig, factory } from "ponder";
import { getAbiItem } from "viem";

/**
 * PONDER_CHAIN_ID and PONDER_RPC_URL say which chain; PONDER_FACTORY names its VaultFactory where the ABI package knows no deployment
 * of it, and PONDER_START_BLOCK the block that created the factory.
 */
const chainId = Number(process.env.PONDER_CHAIN_ID ?? "1");
const factoryAddress = (process.env.PONDER_FACTORY ?? addresses[chainId]?.factory) as `0x${string}` | undefined;
if (factoryAddress === undefined) throw new Error(`Chain ${chainId} has no known deployment. Set PONDER_FACTORY.`);
const startBlock = Number(process.env.PONDER_START_BLOCK ?? "0");

const created = getAbiItem({ abi: vaultFactoryAbi, name: "VaultCreated" });
const of = (parameter: "vault" | "policy") =>
  factory({ address: factoryAddress, event: created, parameter, startBlock });

export default createConfig({
  chains: { main: { id: chainId, rpc: process.env.PONDER_RPC_URL } },
  contracts: {
    VaultFactory: { abi: vaultFactoryAbi, chain: "main", address: factoryAddress, startBlock },
    HedgedVault: { abi: hedgedVaultAbi, chain: "main", address: of("vault"), startBlock },
    RiskPolicy: { abi: riskPolicyAbi, chain: "main", address: of("policy"), startBlock },
    // Adapters come and go by an event of the vaults, which are children of a factory themselves. They are found by topic, and events
    // of adapters that no vault uses are passed over.
    UniswapV3Liquidity: {
      abi: uniswapV3LiquidityAbi,
      chain: "main",
      startBlock,
      filter: [
        { event: "RangeChanged", args: {} },
        { event: "Swapped", args: {} },
      ],
    },
    AaveV3Hedge: {
      abi: aaveV3HedgeAbi,
      chain: "main",
      startBlock,
      filter: [
        { event: "HedgeAdjusted", args: {} },
        { event: "HedgeLost", args: {} },
        { event: "HedgeAbandoned", args: [] },
      ],
    },
  },
});
