import { expect } from "chai";
import {
  Contract,
  ContractFactory,
  type ContractTransactionReceipt,
  Interface,
  type InterfaceAbi,
  parseUnits,
  type Result,
  type Signer,
} from "ethers";
import hre from "hardhat";
import { after, before, beforeEach } from "mocha";

import type { LocalChain } from "../../localnet/chain.ts";
import { createMarketActors, type MarketActors } from "../../localnet/market.ts";
import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import type { TwinMarket } from "../../localnet/types.ts";
import { venuesOf } from "../../localnet/venues.ts";
import { erc20Contract, registryContract, vaultContract, vaultInterface } from "../../sdk/chain/contracts.ts";
import { deploySystem, deployVault, type SystemAddresses, type VaultAddresses } from "../../sdk/chain/deployment.ts";
import { AdapterKind, type VaultFees } from "../../sdk/chain/vaultSpec.ts";
import { encodePlan } from "../../sdk/chain/encode.ts";
import { planFor } from "../../sdk/policy/plan.ts";
import { parseRevert } from "../../sdk/chain/revert.ts";
import { readSnapshot } from "../../sdk/chain/snapshot.ts";
import { decide } from "../../sdk/policy/decide.ts";
import { defaultSettings } from "../../sdk/policy/settings.ts";
import type { Decision, Market, Plan, PolicyParams, PolicySettings, Snapshot } from "../../sdk/policy/types.ts";
import type { HedgedVault } from "../../types/contracts/HedgedVault.ts";
import type { HostileHedge } from "../../types/test/contracts/HostileHedge.ts";

/** What the keeper assumes about the market in these tests. */
export const TEST_MARKET: Market = { volatilityAnnual: 0.7, hedgeGasQuote: 1 };

/** A vault on a market of a chain, with its people. */
export interface VaultWorld<Chain extends LocalChain = Twin> {
  readonly twin: Chain;
  readonly market: TwinMarket;
  readonly actors: MarketActors;
  readonly system: SystemAddresses;
  readonly addresses: VaultAddresses;
  readonly vault: HedgedVault;
  readonly admin: Signer;
  readonly keeper: Signer;
  readonly guardian: Signer;
  readonly alice: Signer;
  readonly bob: Signer;
  snapshot(): Promise<Snapshot>;
  /** Gives quote to somebody and deposits it. */
  deposit(who: Signer, amount: string): Promise<ContractTransactionReceipt>;
  /** Sends a plan as the keeper. */
  send(plan: Plan): Promise<ContractTransactionReceipt>;
  /** One keeper tick without the keeper's machinery: snapshot, decide, plan, send. */
  tick(settings?: Partial<PolicySettings>): Promise<{ decision: Decision; receipt?: ContractTransactionReceipt }>;
}

export type People = Pick<VaultWorld, "admin" | "keeper" | "guardian" | "alice" | "bob">;

export async function peopleOf(twin: LocalChain): Promise<People> {
  const [admin, keeper, guardian, alice, bob] = await twin.ethers.getSigners();
  if (!admin || !keeper || !guardian || !alice || !bob) throw new Error("the network has fewer than five accounts");
  return { admin, keeper, guardian, alice, bob };
}

export async function createVaultWorld(
  twin: Twin,
  options: {
    readonly market?: TwinMarket;
    readonly policy?: Partial<PolicyParams>;
    readonly fees?: VaultFees;
  } = {},
): Promise<VaultWorld> {
  const market = options.market ?? twin.market;
  const people = await peopleOf(twin);
  const { admin, keeper, guardian } = people;
  const system = await deploySystem(admin, twin.addresses);
  const addresses = await deployVault(
    admin,
    system,
    venuesOf(twin, market),
    {
      admin: await admin.getAddress(),
      keeper: await keeper.getAddress(),
      guardian: await guardian.getAddress(),
      adminDelaySeconds: 0,
    },
    {
      name: "Hedgerow test vault",
      symbol: "hrTEST",
      depositCapQuote: parseUnits("100000000", market.quoteDecimals),
      policy: { cooldownSeconds: 0n, ...options.policy },
      ...(options.fees === undefined ? {} : { fees: options.fees }),
    },
  );
  return worldAround(twin, market, people, system, addresses);
}

/** The handles on a vault that is deployed. */
export function worldAround<Chain extends LocalChain>(
  twin: Chain,
  market: TwinMarket,
  people: People,
  system: SystemAddresses,
  addresses: VaultAddresses,
): VaultWorld<Chain> {
  const { admin, keeper, guardian, alice, bob } = people;
  const vault = vaultContract(addresses.vault, admin);
  const snapshot = async (): Promise<Snapshot> =>
    await readSnapshot(twin.ethers.provider, system.lens, addresses.vault);
  const send = async (plan: Plan): Promise<ContractTransactionReceipt> => {
    const { to, data } = encodePlan(plan);
    const receipt = await (await keeper.sendTransaction({ to, data })).wait();
    if (receipt === null) throw new Error("no receipt");
    return receipt as ContractTransactionReceipt;
  };
  return {
    twin,
    market,
    actors: createMarketActors(twin, market),
    system,
    addresses,
    vault,
    admin,
    keeper,
    guardian,
    alice,
    bob,
    snapshot,
    send,
    async deposit(who, amount) {
      const assets = parseUnits(amount, market.quoteDecimals);
      const address = await who.getAddress();
      await twin.mint(market.quote, address, assets);
      const token = erc20Contract(market.quote, who);
      await (await token.getFunction("approve")(addresses.vault, assets)).wait();
      const receipt = await (await vault.connect(who).deposit(assets, address)).wait();
      if (receipt === null) throw new Error("no receipt");
      return receipt;
    },
    async tick(overrides = {}) {
      const settings = { ...defaultSettings, ...overrides };
      const now = await snapshot();
      const decision = decide(now, TEST_MARKET, settings);
      const plan = planFor(now, decision, settings);
      return plan === undefined ? { decision } : { decision, receipt: await send(plan) };
    },
  };
}

// --- a vault with a second hedge that lies

/** A vault with two hedges: the genuine one (index 0) and one that does what a test tells it to (index 1). */
export interface HostileWorld extends VaultWorld {
  readonly hostile: HostileHedge;
}

/** State that the hostile hedge reports at first: nothing owned, nothing owed, nothing to liquidate. */
export const HARMLESS_STATE = {
  deltaBase: 0n,
  equityMinQuote: 0n,
  equityMaxQuote: 0n,
  healthWad: (1n << 256n) - 1n,
  pending: false,
  lost: false,
} as const;

/** Deploys a vault whose second hedge is `HostileHedge`. */
export async function createHostileWorld(
  twin: Twin,
  options: { readonly policy?: Partial<PolicyParams>; readonly fees?: VaultFees } = {},
): Promise<HostileWorld> {
  const market = twin.market;
  const people = await peopleOf(twin);
  const { admin, keeper, guardian } = people;
  const system = await deploySystem(admin, twin.addresses);
  const implementation = await deployTestContract(admin, "HostileHedge");
  await (await registryContract(system.registry, admin).admit(implementation, AdapterKind.hedge)).wait();
  const addresses = await deployVault(
    admin,
    system,
    venuesOf(twin, market),
    {
      admin: await admin.getAddress(),
      keeper: await keeper.getAddress(),
      guardian: await guardian.getAddress(),
      adminDelaySeconds: 0,
    },
    {
      name: "Vault with a hostile hedge",
      symbol: "hrBAD",
      depositCapQuote: parseUnits("100000000", market.quoteDecimals),
      policy: { cooldownSeconds: 0n, ...options.policy },
      hedges: [{ implementation, args: "0x" }],
      ...(options.fees === undefined ? {} : { fees: options.fees }),
    },
  );
  const hostile = new Contract(
    addresses.hedges[1] ?? "",
    (await hre.artifacts.readArtifact("HostileHedge")).abi as InterfaceAbi,
    admin,
  ) as unknown as HostileHedge;
  await (await hostile.setState(HARMLESS_STATE)).wait();
  return { ...worldAround(twin, market, people, system, addresses), hostile };
}

/** Deploys one of test/contracts; returns its address. */
export async function deployTestContract(deployer: Signer, name: string): Promise<string> {
  const { abi, bytecode } = await hre.artifacts.readArtifact(name);
  const contract = await new ContractFactory(abi as InterfaceAbi, bytecode, deployer).deploy();
  await contract.waitForDeployment();
  return await contract.getAddress();
}

// --- what tests say about calls

/** A revert as its error's name and values; values in the order of the error's declaration. */
export interface Revert {
  readonly name: string;
  readonly args: readonly unknown[];
}

/**
 * The error that a call or transaction reverts with.
 *
 * Throws when it does not revert, or reverts with something no contract of the project declares.
 */
export async function revertOf(call: Promise<unknown>): Promise<Revert> {
  let failure: unknown;
  try {
    await call;
  } catch (error) {
    failure = error;
  }
  if (failure === undefined) throw new Error("The call was expected to revert and went through.");
  const data = revertDataOf(failure);
  if (data === undefined) throw new Error("The call failed without revert data.", { cause: failure });
  const parsed = parseRevert(data);
  if (parsed === undefined) throw new Error(`Reverted with unknown data ${data}`, { cause: failure });
  return { name: parsed.name, args: [...parsed.args] };
}

/** Asserts error and values; values are left out only where they are somebody else's. */
export async function expectRevert(call: Promise<unknown>, name: string, args?: readonly unknown[]): Promise<void> {
  const revert = await revertOf(call);
  expect(revert.name, `${revert.name}(${revert.args.join(", ")})`).to.equal(name);
  if (args !== undefined) expect(revert.args).to.deep.equal(args);
}

/** Hardhat keeps revert data in `data` of an error or of one of its causes. */
function revertDataOf(error: unknown): string | undefined {
  for (let e = error; typeof e === "object" && e !== null; e = (e as { cause?: unknown }).cause) {
    const { data } = e as { data?: unknown };
    if (typeof data === "string") return data;
    if (typeof data === "object" && data !== null) {
      const inner = (data as { data?: unknown }).data;
      if (typeof inner === "string") return inner;
    }
  }
  return undefined;
}

// --- what depositors do

/** Quote of an amount in whole tokens. */
export function quoteUnits(world: VaultWorld<LocalChain>, amount: string): bigint {
  return parseUnits(amount, world.market.quoteDecimals);
}

/** Requests a redemption for oneself; returns the id. It is settled when the vault could. */
export async function requestRedeem(world: VaultWorld<LocalChain>, who: Signer, shares: bigint): Promise<bigint> {
  const receipt = await (await world.vault.connect(who).requestRedeem(shares, who, who)).wait();
  for (const log of receipt?.logs ?? []) {
    const parsed = log.address === world.addresses.vault ? vaultInterface.parseLog(log) : null;
    if (parsed?.name === "RedeemRequest") return parsed.args["requestId"] as bigint;
  }
  throw new Error("no RedeemRequest was emitted");
}

/** Claims all that is settled; returns the assets received. */
export async function claimAll(world: VaultWorld<LocalChain>, who: Signer): Promise<bigint> {
  const before = await quoteOf(world, who);
  const shares = await world.vault.maxRedeem(who);
  await (await world.vault.connect(who).redeem(shares, who, who)).wait();
  return (await quoteOf(world, who)) - before;
}

/** Redeems shares at once and claims them; returns the assets received. Fails when the request had to wait. */
export async function redeemNow(world: VaultWorld<LocalChain>, who: Signer, shares: bigint): Promise<bigint> {
  await requestRedeem(world, who, shares);
  expect(await world.vault.maxRedeem(who), "settled in the same transaction").to.equal(shares);
  return await claimAll(world, who);
}

/** Quote that somebody holds outside the vault. */
export async function quoteOf(world: VaultWorld<LocalChain>, who: Signer | string): Promise<bigint> {
  const address = typeof who === "string" ? who : await who.getAddress();
  return await erc20Contract(world.market.quote, world.admin).balanceOf(address);
}

/** Base that somebody holds outside the vault. */
export async function baseOf(world: VaultWorld<LocalChain>, who: Signer | string): Promise<bigint> {
  const address = typeof who === "string" ? who : await who.getAddress();
  return await erc20Contract(world.market.base, world.admin).balanceOf(address);
}

/** Value of base units at a price in WAD, in quote units, rounded down. */
export function valueOfBase(world: VaultWorld<LocalChain>, base: bigint, priceWad: bigint): bigint {
  return (base * priceWad) / 10n ** BigInt(18 + world.market.baseDecimals - world.market.quoteDecimals);
}

/** Quote units that 10^24 shares are worth, virtual shares left out: what those who stay compare. */
export async function sharePrice(world: VaultWorld<LocalChain>): Promise<bigint> {
  return ((await world.vault.totalAssets()) * 10n ** 24n) / (await world.vault.totalSupply());
}

const MULTICALL_ABI = [
  "function aggregate3((address target, bool allowFailure, bytes callData)[] calls) payable returns ((bool success, bytes returnData)[] results)",
];

/**
 * Results of calls of the vault made one after the other in one transaction that is then forgotten: what they say of one
 * moment. The caller is Multicall3, which may be given funds and allowances (`multicallSigner`) to deposit or leave.
 */
export async function atOnce(
  world: VaultWorld,
  calls: readonly (readonly [name: string, ...args: readonly unknown[]])[],
): Promise<readonly Result[]> {
  const { multicall3 } = world.twin.addresses;
  const results = (await new Contract(multicall3, MULTICALL_ABI, world.bob)
    .getFunction("aggregate3")
    .staticCall(
      calls.map(([name, ...args]) => [
        world.addresses.vault,
        false,
        vaultInterface.encodeFunctionData(name, [...args]),
      ]),
    )) as readonly { readonly returnData: string }[];
  return results.map(({ returnData }, i) => vaultInterface.decodeFunctionResult(calls[i]?.[0] ?? "", returnData));
}

/** The account that `atOnce` calls from. */
export async function multicallSigner(world: VaultWorld): Promise<Signer> {
  const { multicall3 } = world.twin.addresses;
  await world.twin.rpc.impersonate(multicall3);
  return await world.twin.ethers.getSigner(multicall3);
}

/** Arguments of every event of this name that the vault, or another contract, emitted in a transaction. */
export function eventsOf(
  receipt: { readonly logs: readonly { readonly topics: readonly string[]; readonly data: string }[] } | null,
  name: string,
  contract: Interface = vaultInterface,
): readonly (readonly unknown[])[] {
  return (receipt?.logs ?? []).flatMap((log) => {
    const parsed = contract.parseLog(log);
    return parsed?.name === name ? [[...parsed.args]] : [];
  });
}

export const abs = (x: bigint): bigint => (x < 0n ? -x : x);

// --- what venues and feeds do

const AAVE_INTERFACE = new Interface([
  "function supply(address asset, uint256 amount, address onBehalfOf, uint16 referralCode)",
  "function repay(address asset, uint256 amount, uint256 interestRateMode, address onBehalfOf) returns (uint256)",
  "function liquidationCall(address collateralAsset, address debtAsset, address user, uint256 debtToCover, bool receiveAToken)",
]);

/** Gives somebody tokens of the market and approves a spender for them. */
export async function fundAndApprove(
  world: VaultWorld<LocalChain>,
  who: Signer,
  token: string,
  amount: bigint,
  spender: string,
): Promise<void> {
  await world.twin.mint(token, await who.getAddress(), amount);
  await (await erc20Contract(token, who).getFunction("approve")(spender, amount)).wait();
}

/** Supplies quote to Aave in the name of the vault's hedge: a donation of collateral. */
export async function donateCollateral(world: VaultWorld, who: Signer, amount: bigint): Promise<void> {
  const { aavePool } = world.twin.addresses;
  await fundAndApprove(world, who, world.market.quote, amount, aavePool);
  const data = AAVE_INTERFACE.encodeFunctionData("supply", [world.market.quote, amount, hedgeOf(world), 0]);
  await (await who.sendTransaction({ to: aavePool, data })).wait();
}

/** Repays debt of the vault's hedge out of somebody else's pocket. */
export async function donateRepayment(world: VaultWorld, who: Signer, amount: bigint): Promise<void> {
  const { aavePool } = world.twin.addresses;
  await fundAndApprove(world, who, world.market.base, amount, aavePool);
  const data = AAVE_INTERFACE.encodeFunctionData("repay", [world.market.base, amount, 2, hedgeOf(world)]);
  await (await who.sendTransaction({ to: aavePool, data })).wait();
}

/** Liquidates the hedge as far as Aave allows. Fails while its health is above one. */
export async function liquidateHedge(world: VaultWorld, liquidator: Signer): Promise<void> {
  const { aavePool } = world.twin.addresses;
  const debt = -((await world.snapshot()).vault.hedges[0]?.deltaBase ?? 0n);
  await fundAndApprove(world, liquidator, world.market.base, debt * 2n, aavePool);
  const data = AAVE_INTERFACE.encodeFunctionData("liquidationCall", [
    world.market.quote,
    world.market.base,
    hedgeOf(world),
    (1n << 256n) - 1n,
    false,
  ]);
  await (await liquidator.sendTransaction({ to: aavePool, data, gasLimit: 5_000_000n })).wait();
}

/** The genuine hedge of the vault. */
export function hedgeOf(world: VaultWorld): string {
  const [hedge] = world.addresses.hedges;
  if (hedge === undefined) throw new Error("the vault has no hedge");
  return hedge;
}

/**
 * A twin for the tests of the surrounding `describe`: started and prepared once, put back to where `prepare` left it before each
 * test, closed after the last.
 *
 * @returns `restore` puts it back in the middle of a test.
 */
export function useTwin(prepare: (twin: Twin) => Promise<void>): { restore(): Promise<void> } {
  let twin: Twin;
  let prepared: TwinSnapshot;
  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    await prepare(twin);
    prepared = await twin.snapshot();
  });
  beforeEach(() => twin.revert(prepared));
  after(() => twin.close());
  return { restore: () => twin.revert(prepared) };
}
