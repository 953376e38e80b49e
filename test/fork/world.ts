import { type ContractTransactionReceipt, parseUnits, ZeroAddress } from "ethers";

import { ACTORS } from "../../localnet/actors.ts";
import { enforceBlockRules } from "../../localnet/blockRules.ts";
import type { LocalChain } from "../../localnet/chain.ts";
import { approveMax } from "../../localnet/place/tokens.ts";
import { FACTORY_ABI, POOL_ABI, POSITION_MANAGER_ABI } from "../../localnet/place/uniswap.ts";
import { fullRangeTicks, priceFromSqrtPriceX96, toFeedAnswer, toRaw } from "../../localnet/price.ts";
import { createRpc, type Rpc, toQuantity } from "../../localnet/rpc.ts";
import { openFork } from "../../localnet/serve.ts";
import { attachTwin } from "../../localnet/twin.ts";
import type { TwinMarket } from "../../localnet/types.ts";
import { venuesOf } from "../../localnet/venues.ts";
import { gmxHedgeContract } from "../../sdk/chain/contracts.ts";
import { deploySystem, deployVault } from "../../sdk/chain/deployment.ts";
import { defaultOracleSettings, gmxV2HedgeSpec } from "../../sdk/chain/vaultSpec.ts";
import type { GmxV2Hedge } from "../../types/contracts/hedges/GmxV2Hedge.sol/GmxV2Hedge.ts";
import { adjust, rebalance } from "../integration/actions.ts";
import { peopleOf, type VaultWorld, worldAround } from "../integration/world.ts";
import { prepareAave, readAnswer, takeOverFeed } from "./feeds.ts";
import { createBalanceWriter, giveWrappedEther } from "./funding.ts";
import { type GmxForkKeeper, playGmxKeeper } from "./gmxKeeper.ts";
import type { ForkNetwork } from "./networks.ts";

/** A vault on a fork of a genuine chain. */
export type ForkWorld = VaultWorld<LocalChain>;

/** A vault on a fork whose only hedge is a short on GMX. */
export interface GmxForkWorld extends ForkWorld {
  readonly hedge: GmxV2Hedge;
  readonly keeperOfGmx: GmxForkKeeper;
  /** USD a whole quote, as its feed was found. */
  readonly quoteUsd: number;
  /** One AdjustHedge action as the vault's keeper. */
  adjust(deltaChangeBase: bigint, marginChangeQuote?: bigint): Promise<ContractTransactionReceipt>;
}

/** More than moving the price of a genuine pool by a quarter takes. */
const TRADER_BASE = 1_000_000;
const TRADER_QUOTE = 5_000_000_000;
/**
 * Full-range liquidity beside the genuine one, in whole quote: whoever moves a market by a third also plays those who follow
 * it. What genuine providers left behind down there is not what a vault would find after a true move.
 */
const FOLLOWERS_QUOTE = 40_000_000;
/** Deadline of the position manager: never. */
const NO_DEADLINE = (1n << 64n) - 1n;
/** Slots that the pool's memory should have at least; those in use are few seconds each on a quick chain. */
const OBSERVATIONS = 300;
/** After this the pool's average and its volatility have a past, however short the pool's memory is. */
const QUIET_SECONDS = 3_600;
/** A round may be this late before the vault calls its feed stale. */
const HEARTBEAT_SLACK_SECONDS = 600;

/** Deploys the system and a vault with a loan on Aave on a fork of a network. */
export async function openForkWorld(network: ForkNetwork, url: string): Promise<ForkWorld> {
  const chain = await openForkChain(network, url);
  const people = await peopleOf(chain);
  const system = await deploySystem(people.admin, chain.addresses);
  const addresses = await deployVault(people.admin, system, venuesOf(chain), await rolesOf(people), {
    ...vaultOptions(network),
    policy: { cooldownSeconds: 0n },
  });
  return worldAround(chain, chain.market, people, system, addresses);
}

/** The same with a short on GMX in the place of the loan, its execution fees funded. */
export async function openGmxForkWorld(network: ForkNetwork, url: string): Promise<GmxForkWorld> {
  const { gmx } = network;
  if (gmx === undefined) throw new Error(`there is no GMX on ${network.name}`);
  const chain = await openForkChain(network, url);
  const people = await peopleOf(chain);
  const { admin } = people;
  const venues = venuesOf(chain);
  const system = await deploySystem(admin, { ...chain.addresses, gmxV2: gmx });
  const addresses = await deployVault(admin, system, venues, await rolesOf(people), {
    ...vaultOptions(network),
    // A short of several steps: each of them is further from neutral than a keeper would go.
    policy: { cooldownSeconds: 0n, maxDeltaBps: 5_000n, emergencyDeltaBps: 6_000n },
    aave: false,
    hedges: [gmxV2HedgeSpec(system.gmxV2Implementation ?? "", venues, gmx.market)],
  });
  const [hedgeAddress] = addresses.hedges;
  if (hedgeAddress === undefined) throw new Error("the vault has no hedge");
  await (await admin.sendTransaction({ to: hedgeAddress, value: 10n ** 18n })).wait();
  const world = worldAround(chain, chain.market, people, system, addresses);
  return {
    ...world,
    hedge: gmxHedgeContract(hedgeAddress, admin),
    keeperOfGmx: await playGmxKeeper(chain.rpc, gmx, chain.market),
    quoteUsd: Number(await readAnswer(chain.rpc, network.quoteFeed.proxy)) / 1e8,
    adjust: (deltaChangeBase, marginChangeQuote = 0n) =>
      rebalance(world, [adjust(0, deltaChangeBase, marginChangeQuote)]),
  };
}

/** A fork with a market that can be moved: traders with funds, and feeds that take what the test submits. */
async function openForkChain(network: ForkNetwork, url: string): Promise<LocalChain> {
  const connection = await openFork(url, { chainType: network.chainType, blockNumber: Number(network.block) });
  enforceBlockRules(connection, network.baseFeeWei);
  const rpc = createRpc(connection.provider);
  await advance(rpc, QUIET_SECONDS);
  const { base, quote, baseFeed, quoteFeed } = network;
  const found = await readMarket(rpc, network);
  const writeQuote = await createBalanceWriter(rpc, quote.address);
  const mint = async (token: string, to: string, amount: bigint): Promise<void> => {
    if (token.toLowerCase() === base.address.toLowerCase()) await giveWrappedEther(rpc, token, to, amount);
    else if (token.toLowerCase() === quote.address.toLowerCase()) await writeQuote(to, amount);
    else throw new Error(`the fork's market has no token ${token}`);
  };

  const { trader } = ACTORS;
  await rpc.impersonate(trader);
  await mint(base.address, trader, toRaw(TRADER_BASE, base.decimals));
  await mint(quote.address, trader, toRaw(TRADER_QUOTE, quote.decimals));
  for (const { address } of [base, quote]) await approveMax(rpc, trader, address, network.addresses.swapRouter02);
  await rpc.write(trader, found.pool, POOL_ABI, "increaseObservationCardinalityNext", [OBSERVATIONS]);

  const quoteAnswer = await readAnswer(rpc, quoteFeed.proxy);
  const [sqrtPriceX96] = await rpc.read(found.pool, POOL_ABI, "slot0");
  const price = priceFromSqrtPriceX96(sqrtPriceX96 as bigint, found);
  await addFollowers(rpc, network.positionManager, found, price);
  const baseAnswer = toFeedAnswer((price * Number(quoteAnswer)) / 1e8);
  const market: TwinMarket = {
    ...found,
    baseFeed: await takeOverFeed(rpc, baseFeed, baseAnswer),
    quoteFeed: await takeOverFeed(rpc, quoteFeed, quoteAnswer),
  };
  await prepareAave(rpc, network, baseAnswer);

  const attached = await attachTwin(connection, {
    market,
    aave: { aTokenImpl: ZeroAddress, stableDebtTokenImpl: ZeroAddress, variableDebtTokenImpl: ZeroAddress },
    baseFeeWei: network.baseFeeWei,
  });
  // What a twin can do beyond this rests on tokens and admins of its own.
  return { ...attached, addresses: network.addresses, mint };
}

async function addFollowers(rpc: Rpc, positionManager: string, market: TwinMarket, price: number): Promise<void> {
  const { trader } = ACTORS;
  const { token0, token1, baseIsToken0, baseDecimals, quoteDecimals } = market;
  for (const token of [token0, token1]) await approveMax(rpc, trader, token, positionManager);
  const base = toRaw(FOLLOWERS_QUOTE / 2 / price, baseDecimals);
  const quote = toRaw(FOLLOWERS_QUOTE / 2, quoteDecimals);
  await rpc.write(trader, positionManager, POSITION_MANAGER_ABI, "mint", [
    {
      token0,
      token1,
      fee: market.feePips,
      ...fullRangeTicks(market.tickSpacing),
      amount0Desired: baseIsToken0 ? base : quote,
      amount1Desired: baseIsToken0 ? quote : base,
      amount0Min: 0n, // nobody else trades on a fork
      amount1Min: 0n,
      recipient: trader,
      deadline: NO_DEADLINE,
    },
  ]);
}

async function advance(rpc: Rpc, seconds: number): Promise<void> {
  const { timestamp } = await rpc.request<{ readonly timestamp: string }>("eth_getBlockByNumber", ["latest", false]);
  await rpc.request("evm_mine", [toQuantity(BigInt(timestamp) + BigInt(seconds))]);
}

/** The pool of the pair at the fee tier, with feeds that are not the test's yet. */
async function readMarket(rpc: Rpc, { base, quote, feePips, addresses, ...network }: ForkNetwork): Promise<TwinMarket> {
  const [pool] = (await rpc.read(addresses.uniswapV3Factory, FACTORY_ABI, "getPool", [
    base.address,
    quote.address,
    feePips,
  ])) as readonly [string];
  if (pool === ZeroAddress) throw new Error(`${network.name} has no pool of the pair at ${feePips}`);
  const baseIsToken0 = BigInt(base.address) < BigInt(quote.address);
  const [tickSpacing] = await rpc.read(pool, POOL_ABI, "tickSpacing");
  return {
    name: `USDC/WETH on ${network.name}`,
    base: base.address,
    quote: quote.address,
    baseDecimals: base.decimals,
    quoteDecimals: quote.decimals,
    baseIsToken0,
    token0: baseIsToken0 ? base.address : quote.address,
    token1: baseIsToken0 ? quote.address : base.address,
    pool,
    feePips,
    tickSpacing: Number(tickSpacing),
    baseFeed: { ...network.baseFeed, aggregator: ZeroAddress },
    quoteFeed: { ...network.quoteFeed, aggregator: ZeroAddress },
    baseReserve: base.reserve,
    quoteReserve: quote.reserve,
  };
}

function vaultOptions(
  network: ForkNetwork,
): Pick<Parameters<typeof deployVault>[4], "name" | "symbol" | "depositCapQuote" | "oracle"> {
  return {
    name: "Vault on a fork",
    symbol: "hrFORK",
    depositCapQuote: parseUnits("100000000", network.quote.decimals),
    oracle: {
      ...defaultOracleSettings,
      baseHeartbeatSeconds: network.baseFeed.heartbeatSeconds + HEARTBEAT_SLACK_SECONDS,
      quoteHeartbeatSeconds: network.quoteFeed.heartbeatSeconds + HEARTBEAT_SLACK_SECONDS,
      ...(network.sequencerFeed === undefined ? {} : { sequencerFeed: network.sequencerFeed }),
    },
  };
}

async function rolesOf({
  admin,
  keeper,
  guardian,
}: Pick<ForkWorld, "admin" | "keeper" | "guardian">): Promise<Parameters<typeof deployVault>[3]> {
  return {
    admin: await admin.getAddress(),
    keeper: await keeper.getAddress(),
    guardian: await guardian.getAddress(),
    adminDelaySeconds: 0,
  };
}
