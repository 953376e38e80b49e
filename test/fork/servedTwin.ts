import { ACTORS } from "../../localnet/actors.ts";
import { initCodeOf, localArtifact } from "../../localnet/artifacts.ts";
import { GMX_ARBITRUM } from "../../localnet/gmx/addresses.ts";
import { placeGmxV2Simulator } from "../../localnet/gmx/place.ts";
import { serveTwin, type ServedTwin } from "../../localnet/serve.ts";
import { ARBITRUM_FORK, type ForkNetwork, MAINNET_FORK } from "./networks.ts";

const TWIN_CHAIN_ID = 31_337;

/** A twin served over HTTP, and how to fork it as if it were a genuine network. */
export interface TwinAsNetwork {
  readonly served: ServedTwin;
  readonly network: ForkNetwork;
}

/** As Ethereum: the twin has its contracts at their addresses. */
export async function serveAsMainnet(): Promise<TwinAsNetwork> {
  const served = await serveTwin({ priceUsdcPerWeth: 2_500 });
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
    gmx: GMX_ARBITRUM,
  };
  return { served, network };
}

async function headOf({ twin }: ServedTwin): Promise<bigint> {
  return BigInt(await twin.rpc.request<string>("eth_blockNumber"));
}
