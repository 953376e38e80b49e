import { ACTORS } from "../../localnet/actors.ts";
import { deployAggregator, submitAnswer } from "../../localnet/place/chainlink.ts";
import { abiOf, type Rpc } from "../../localnet/rpc.ts";
import type { TwinFeed } from "../../localnet/types.ts";
import type { ForkFeed, ForkNetwork } from "./networks.ts";

const PROXY_ABI = abiOf([
  "function owner() view returns (address)",
  "function aggregator() view returns (address)",
  "function description() view returns (string)",
  "function decimals() view returns (uint8)",
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
  "function proposeAggregator(address aggregator)",
  "function confirmAggregator(address aggregator)",
]);

const POOL_ABI = abiOf(["function ADDRESSES_PROVIDER() view returns (address)"]);
const PROVIDER_ABI = abiOf([
  "function getPriceOracle() view returns (address)",
  "function getACLAdmin() view returns (address)",
  "function getACLManager() view returns (address)",
  "function getPoolConfigurator() view returns (address)",
]);
const ACL_ABI = abiOf(["function addPoolAdmin(address admin)"]);
const AAVE_ORACLE_ABI = abiOf([
  "function setAssetSources(address[] assets, address[] sources)",
  "function getAssetPrice(address asset) view returns (uint256)",
]);
const CONFIGURATOR_ABI = abiOf([
  "function setSupplyCap(address asset, uint256 newSupplyCap)",
  "function setBorrowCap(address asset, uint256 newBorrowCap)",
]);

/** Answer of a feed as it was found, with 8 decimals. */
export async function readAnswer(rpc: Rpc, proxy: string): Promise<bigint> {
  return (await rpc.read(proxy, PROXY_ABI, "latestRoundData"))[1] as bigint;
}

/**
 * Puts an aggregator that the test may submit to behind a genuine proxy, as Chainlink does with a new one of its own: the
 * proxy's owner proposes and confirms it.
 *
 * @param answer first answer, 8 decimals.
 * Throws when the proxy is not the feed it should be, or does not answer as told afterwards.
 */
export async function takeOverFeed(rpc: Rpc, feed: ForkFeed, answer: bigint): Promise<TwinFeed> {
  const { proxy, deviationBps, heartbeatSeconds } = feed;
  const [description] = await rpc.read(proxy, PROXY_ABI, "description");
  const [decimals] = await rpc.read(proxy, PROXY_ABI, "decimals");
  if (description !== feed.description || decimals !== 8n) {
    throw new Error(`${proxy} is ${String(description)} with ${String(decimals)} decimals, not ${feed.description}`);
  }
  const aggregator = await deployAggregator(rpc, feed.description);
  const taken = { proxy, aggregator, deviationBps, heartbeatSeconds };
  await submitAnswer(rpc, taken, answer);
  const [owner] = (await rpc.read(proxy, PROXY_ABI, "owner")) as readonly string[];
  if (owner === undefined) throw new Error(`${proxy} has no owner`);
  await rpc.impersonate(owner);
  await rpc.write(owner, proxy, PROXY_ABI, "proposeAggregator", [aggregator]);
  await rpc.write(owner, proxy, PROXY_ABI, "confirmAggregator", [aggregator]);
  if ((await readAnswer(rpc, proxy)) !== answer)
    throw new Error(`${proxy} does not show the answer that was submitted`);
  return taken;
}

/**
 * Makes Aave value the base by the feed that the vault reads (on Ethereum Aave uses another one, on which the test has no
 * hand), and lifts the caps of both reserves, so that a market that is full that day does not end the test. By Aave's own
 * means: its ACL admin appoints a pool admin.
 */
export async function prepareAave(rpc: Rpc, network: ForkNetwork, baseAnswer: bigint): Promise<void> {
  const { aavePool } = network.addresses;
  const [provider] = (await rpc.read(aavePool, POOL_ABI, "ADDRESSES_PROVIDER")) as readonly [string];
  const ask = async (method: string): Promise<string> => (await rpc.read(provider, PROVIDER_ABI, method))[0] as string;
  const [oracle, aclAdmin, aclManager, configurator] = await Promise.all(
    ["getPriceOracle", "getACLAdmin", "getACLManager", "getPoolConfigurator"].map(ask),
  );
  if (!oracle || !aclAdmin || !aclManager || !configurator) throw new Error("Aave's addresses provider is incomplete");
  const admin = ACTORS.deployer;
  await rpc.impersonate(aclAdmin);
  await rpc.impersonate(admin);
  await rpc.write(aclAdmin, aclManager, ACL_ABI, "addPoolAdmin", [admin]);
  const { base, quote, baseFeed } = network;
  await rpc.write(admin, oracle, AAVE_ORACLE_ABI, "setAssetSources", [[base.address], [baseFeed.proxy]]);
  for (const { address } of [base, quote]) {
    await rpc.write(admin, configurator, CONFIGURATOR_ABI, "setSupplyCap", [address, 0n]);
    await rpc.write(admin, configurator, CONFIGURATOR_ABI, "setBorrowCap", [address, 0n]);
  }
  const [price] = await rpc.read(oracle, AAVE_ORACLE_ABI, "getAssetPrice", [base.address]);
  if (price !== baseAnswer) throw new Error(`Aave values the base at ${String(price)}, the feed says ${baseAnswer}`);
}
