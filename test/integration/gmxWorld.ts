import {
  Contract,
  type ContractTransactionReceipt,
  Interface,
  type InterfaceAbi,
  parseUnits,
  type Signer,
  ZeroAddress,
  ZeroHash,
} from "ethers";
import hre from "hardhat";

import { createGmxV2SimulatorDriver, type GmxV2SimulatorDriver } from "../../localnet/gmx/driver.ts";
import { placeGmxV2Simulator } from "../../localnet/gmx/place.ts";
import type { Twin } from "../../localnet/twin.ts";
import { venuesOf } from "../../localnet/venues.ts";
import { erc20Contract, gmxHedgeContract } from "../../sdk/chain/contracts.ts";
import { deploySystem, deployVault } from "../../sdk/chain/deployment.ts";
import { gmxV2HedgeSpec } from "../../sdk/chain/vaultSpec.ts";
import type { PolicyParams } from "../../sdk/policy/types.ts";
import type { GmxV2Hedge } from "../../types/contracts/hedges/GmxV2Hedge.sol/GmxV2Hedge.ts";
import { adjust, rebalance } from "./actions.ts";
import { peopleOf, type VaultWorld, worldAround } from "./world.ts";

export const USDC = 10n ** 6n;
export const WETH = 10n ** 18n;
export const USD = 10n ** 30n;

/** A vault whose only hedge is a short on the simulated GMX. */
export interface GmxWorld extends VaultWorld {
  readonly hedge: GmxV2Hedge;
  readonly hedgeAddress: string;
  readonly gmx: GmxV2SimulatorDriver;
  /** State of the hedge at the oracle's price. */
  read(): Promise<Awaited<ReturnType<GmxV2Hedge["read"]>>>;
  /** One AdjustHedge action as the keeper. */
  adjust(deltaChangeBase: bigint, marginChangeQuote?: bigint): Promise<void>;
  /** New oracle timestamps at the same prices, then every order that waits is executed. */
  answer(): Promise<readonly string[]>;
}

/** Places the simulator, deploys a vault on it, funds its execution fees and lets others hold longs. */
export async function createGmxWorld(
  twin: Twin,
  options: {
    readonly policy?: Partial<PolicyParams>;
    readonly price?: number;
    /** Default false: the short on GMX is the only hedge, else it is the second. */
    readonly aave?: boolean;
  } = {},
): Promise<GmxWorld> {
  const addresses = await placeGmxV2Simulator(twin);
  const gmx = await createGmxV2SimulatorDriver(twin, addresses);
  const price = options.price ?? 2_500;
  await gmx.setPrices(price);
  const people = await peopleOf(twin);
  const { admin, keeper, guardian } = people;
  const venues = venuesOf(twin, twin.market);
  const system = await deploySystem(admin, { ...twin.addresses, gmxV2: addresses });
  const vaultAddresses = await deployVault(
    admin,
    system,
    venues,
    {
      admin: await admin.getAddress(),
      keeper: await keeper.getAddress(),
      guardian: await guardian.getAddress(),
      adminDelaySeconds: 0,
    },
    {
      name: "Vault on GMX",
      symbol: "hrGMX",
      depositCapQuote: parseUnits("100000000", 6),
      policy: { cooldownSeconds: 0n, maxDeltaBps: 5_000n, emergencyDeltaBps: 6_000n, ...options.policy },
      aave: options.aave ?? false,
      hedges: [gmxV2HedgeSpec(system.gmxV2Implementation ?? "", venues, addresses.market)],
    },
  );
  const world = worldAround(twin, twin.market, people, system, vaultAddresses);
  const hedgeAddress = vaultAddresses.hedges.at(-1);
  if (hedgeAddress === undefined) throw new Error("the vault has no hedge");
  const hedge = gmxHedgeContract(hedgeAddress, admin);
  await (await admin.sendTransaction({ to: hedgeAddress, value: 10n ** 18n })).wait();
  let shown = price;
  const driver: GmxV2SimulatorDriver = {
    ...gmx,
    async setPrices(baseUsd, quoteUsd, spread) {
      shown = baseUsd;
      await gmx.setPrices(baseUsd, quoteUsd, spread);
    },
  };
  return {
    ...world,
    hedge,
    hedgeAddress,
    gmx: driver,
    async read() {
      const { priceWad } = (await world.vault.book())[0];
      return await hedge.read(priceWad);
    },
    async adjust(deltaChangeBase, marginChangeQuote = 0n) {
      await rebalance(world, [adjust(0, deltaChangeBase, marginChangeQuote)]);
    },
    async answer() {
      await driver.setPrices(shown);
      return (await driver.executeAll()).map(({ outcome }) => outcome);
    },
  };
}

/** Moves feeds, pool, its average and the venue's oracle to one price. */
export async function moveMarket(world: GmxWorld, price: number): Promise<void> {
  await world.actors.moveTo(price);
  await world.twin.advance(400);
  await world.actors.pushOracle({ baseUsd: price, quoteUsd: 1 });
  await world.gmx.setPrices(price);
}

/** Somebody's ETH to the hedge. */
export async function fundFees(world: GmxWorld, from: Signer, wei: bigint): Promise<void> {
  await (await from.sendTransaction({ to: world.hedgeAddress, value: wei })).wait();
}

// --- the rest of the venue's market

/** Arguments of `createOrder` for a market order of somebody else. */
export interface PlainOrder {
  readonly isLong: boolean;
  readonly isIncrease: boolean;
  readonly sizeUsd: bigint;
  /** Collateral in units of the base for longs, of the quote for shorts. */
  readonly collateral: bigint;
  readonly executionFeeWei: bigint;
  readonly callbackContract?: string;
}

/** Makes an order at the venue as any account does: one multicall. Returns the transaction's gas. */
export async function createPlainOrder(world: GmxWorld, who: Signer, order: PlainOrder): Promise<bigint> {
  const { addresses } = world.gmx;
  const router = new Contract(addresses.exchangeRouter, await routerAbi(), who);
  const account = await who.getAddress();
  const token = order.isLong ? world.market.base : world.market.quote;
  if (order.isIncrease && order.collateral > 0n) {
    await world.twin.mint(token, account, order.collateral);
    await (await erc20Contract(token, who).getFunction("approve")(addresses.router, order.collateral)).wait();
  }
  const calls = [
    router.interface.encodeFunctionData("sendWnt", [addresses.orderVault, order.executionFeeWei]),
    ...(order.isIncrease && order.collateral > 0n
      ? [router.interface.encodeFunctionData("sendTokens", [token, addresses.orderVault, order.collateral])]
      : []),
    router.interface.encodeFunctionData("createOrder", [
      {
        addresses: {
          receiver: account,
          cancellationReceiver: account,
          callbackContract: order.callbackContract ?? ZeroAddress,
          uiFeeReceiver: ZeroAddress,
          market: addresses.market,
          initialCollateralToken: token,
          swapPath: [],
        },
        numbers: {
          sizeDeltaUsd: order.sizeUsd,
          initialCollateralDeltaAmount: order.collateral,
          triggerPrice: 0n,
          acceptablePrice: order.isLong === order.isIncrease ? (1n << 256n) - 1n : 0n,
          executionFee: order.executionFeeWei,
          callbackGasLimit: 0n,
          minOutputAmount: 0n,
          validFromTime: 0n,
        },
        orderType: order.isIncrease ? 2 : 4,
        decreasePositionSwapType: 0,
        isLong: order.isLong,
        shouldUnwrapNativeToken: false,
        autoCancel: false,
        referralCode: ZeroHash,
        dataList: [],
      },
    ]),
  ];
  const receipt = (await (
    await router.getFunction("multicall")(calls, { value: order.executionFeeWei })
  ).wait()) as ContractTransactionReceipt;
  return receipt.gasUsed;
}

async function routerAbi(): Promise<InterfaceAbi> {
  return (await hre.artifacts.readArtifact("IGmxV2ExchangeRouter")).abi as InterfaceAbi;
}

/** Somebody holds a long, so that shorts have a counterparty and receive funding. */
export async function openLong(world: GmxWorld, who: Signer, sizeUsd: bigint, collateralBase: bigint): Promise<void> {
  await createPlainOrder(world, who, {
    isLong: true,
    isIncrease: true,
    sizeUsd,
    collateral: collateralBase,
    executionFeeWei: 10n ** 17n,
  });
  const outcomes = await world.answer();
  if (outcomes.some((outcome) => outcome !== "executed")) throw new Error("the long was not opened");
}

/** Calls a callback of the hedge as GMX's handler does, or as anybody who pretends to. */
export async function callBack(world: GmxWorld, from: string, name: string, key: string): Promise<void> {
  const { rpc } = world.twin;
  await rpc.impersonate(from);
  const none = [[], []];
  const data = [none, none, none, none, none, none, none];
  const args = name === "refundExecutionFee" ? [key, data] : [key, data, data];
  await rpc.write(from, world.hedgeAddress, new Interface(world.hedge.interface.fragments), name, args);
}
