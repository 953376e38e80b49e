import { ACTORS } from "../../localnet/actors.ts";
import { DEPLOYERS, MAINNET } from "../../localnet/addresses.ts";
import { initCodeOf, localArtifact } from "../../localnet/artifacts.ts";
import { GMX_ARBITRUM } from "../../localnet/gmx/addresses.ts";
import { placeGmxV2Simulator } from "../../localnet/gmx/place.ts";
import { placeFeed, submitAnswer } from "../../localnet/place/chainlink.ts";
import { toFeedAnswer } from "../../localnet/price.ts";
import { abiOf } from "../../localnet/rpc.ts";
import { serveTwin, type ServedTwin } from "../../localnet/serve.ts";
import type { LiquidityLayer } from "../../localnet/types.ts";
import { ARBITRUM_FORK, type ForkNetwork, MAINNET_FORK } from "./networks.ts";

const TWIN_CHAIN_ID = 31_337;

/** A twin served over HTTP, and how to fork it as if it were a genuine network. */
export interface TwinAsNetwork {
  readonly served: ServedTwin;
  readonly network: ForkNetwork;
}

/** A pool that thins out a tenth away from its price. */
const THIN: readonly LiquidityLayer[] = [
  { rangeFactor: "full", valueQuote: 3_000_000 },
  { rangeFactor: 1.1, valueQuote: 20_000_000 },
];
const AAVE_ORACLE_ABI = abiOf(["function setAssetSources(address[] assets, address[] sources)"]);
const CONFIGURATOR_ABI = abiOf([
  "function setSupplyCap(address asset, uint256 newSupplyCap)",
  "function setBorrowCap(address asset, uint256 newBorrowCap)",
]);

/**
 * As Ethereum: the twin has its contracts at their addresses. Less tidy than other tests need it: a thin pool that remembers
 * one observation, a quote a little off its peg, an Aave that reads a feed of its own and whose reserves are full.
 */
export async function serveAsMainnet(): Promise<TwinAsNetwork> {
  const price = 1_973.37;
  const served = await serveTwin({
    priceUsdcPerWeth: price,
    usdcUsd: 0.9997,
    liquidity: THIN,
    observationCardinality: 1,
  });
  const { rpc } = served.twin;
  const { weth, usdc, aaveOracle, aavePoolConfigurator } = MAINNET;
  const ownFeed = await placeFeed(rpc, { description: "ETH / USD", deviationBps: 50, heartbeatSeconds: 3_600 });
  await submitAnswer(rpc, ownFeed, toFeedAnswer(price * 1.01));
  const governance = DEPLOYERS.aaveGovernance;
  await rpc.impersonate(governance);
  await rpc.write(governance, aaveOracle, AAVE_ORACLE_ABI, "setAssetSources", [[weth], [ownFeed.proxy]]);
  await rpc.write(governance, aavePoolConfigurator, CONFIGURATOR_ABI, "setSupplyCap", [usdc, 1n]);
  await rpc.write(governance, aavePoolConfigurator, CONFIGURATOR_ABI, "setBorrowCap", [weth, 1n]);
  return { served, network: { ...MAINNET_FORK, chainId: TWIN_CHAIN_ID, block: await headOf(served) } };
}

/**
 * As Arbitrum, in what is different there: GMX (its simulator, at GMX's addresses), a record of the sequencer, and the kind
 * of chain. Tokens, pool and Aave are at Ethereum's addresses.
 */
export async function serveAsArbitrum(): Promise<TwinAsNetwork> {
  const served = await serveTwin({ priceUsdcPerWeth: 2_500 });
  const { rpc } = served.twin;
  await placeGmxV2Simulator(served.twin);
  const feed = await localArtifact("ScriptedFeed");
  const sequencerFeed = await rpc.deploy(ACTORS.deployer, initCodeOf(feed, [0]));
  const longAgo = BigInt(await served.twin.timestamp()) - 1_000_000n;
  await rpc.write(ACTORS.deployer, sequencerFeed, feed.abi, "set", [0n, longAgo, longAgo]);
  const { name, chainType, baseFeeWei } = ARBITRUM_FORK;
  const network: ForkNetwork = {
    ...MAINNET_FORK,
    name,
    chainType,
    baseFeeWei,
    chainId: TWIN_CHAIN_ID,
    block: await headOf(served),
    sequencerFeed,
    gmx: { ...GMX_ARBITRUM, market: GMX_ARBITRUM.marketEthUsd },
  };
  return { served, network };
}

async function headOf({ twin }: ServedTwin): Promise<bigint> {
  return BigInt(await twin.rpc.request<string>("eth_blockNumber"));
}
