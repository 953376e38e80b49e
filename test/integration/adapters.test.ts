import { expect } from "chai";
import {
  AbiCoder,
  ContractFactory,
  encodeBytes32String,
  getBytes,
  type InterfaceAbi,
  type Signer,
  ZeroAddress,
} from "ethers";
import hre from "hardhat";
import { describe, it } from "mocha";

import type { Twin } from "../../localnet/twin.ts";
import type { TwinMarket } from "../../localnet/types.ts";
import { venuesOf } from "../../localnet/venues.ts";
import {
  aaveHedgeContract,
  artifacts,
  factoryContract,
  liquidityContract,
  registryContract,
  vaultContract,
  vaultInterface,
} from "../../sdk/chain/contracts.ts";
import { AdapterKind, defaultPolicyParams } from "../../sdk/chain/vaultSpec.ts";
import { parseRevert } from "../../sdk/chain/revert.ts";
import type { HostileHedge } from "../../types/test/contracts/HostileHedge.ts";
import type { AdapterSpecStruct, VaultSpecStruct } from "../../types/contracts/VaultFactory.ts";
import {
  add,
  adjust,
  confirmed,
  eventOf,
  rangeHeld,
  rebalance,
  refreshFeeds,
  remove,
  sendAt,
  setParams,
} from "./actions.ts";
import {
  abs,
  baseOf,
  claimAll,
  createHostileWorld,
  createVaultWorld,
  deployTestContract,
  donateCollateral,
  donateRepayment,
  expectRevert,
  fundAndApprove,
  HARMLESS_STATE,
  hedgeOf,
  type HostileWorld,
  liquidateHedge,
  quoteOf,
  quoteUnits,
  requestRedeem,
  sharePrice,
  type VaultWorld,
  useTwin,
} from "./world.ts";

const WETH = 10n ** 18n;
const DAY = 86_400;
const EXIT_WINDOW = 15 * DAY;
const BOTH = [AdapterKind.liquidity, AdapterKind.hedge] as const;

const coder = AbiCoder.defaultAbiCoder();
const scaleOf = ({ baseDecimals, quoteDecimals }: TwinMarket): bigint =>
  10n ** BigInt(18 + baseDecimals - quoteDecimals);

function liquiditySpec(world: VaultWorld, market: TwinMarket = world.market): AdapterSpecStruct {
  const venues = venuesOf(world.twin, market);
  return {
    implementation: world.system.uniswapV3Implementation,
    args: coder.encode(
      ["address", "address", "address", "bool", "uint256"],
      [venues.pool, venues.token0, venues.token1, venues.base === venues.token0, scaleOf(market)],
    ),
  };
}

function hedgeSpec(world: VaultWorld, market: TwinMarket = world.market): AdapterSpecStruct {
  const venues = venuesOf(world.twin, market);
  return {
    implementation: world.system.aaveV3Implementation,
    args: coder.encode(
      ["address", "address", "address", "address", "address", "uint256"],
      [venues.aavePool, venues.base, venues.quote, venues.quoteAToken, venues.baseDebtToken, scaleOf(market)],
    ),
  };
}

/** Clones an adapter as anybody may; returns its address. */
async function cloneFor(
  world: VaultWorld,
  spec: AdapterSpecStruct,
  kind: number,
  vault: string = world.addresses.vault,
): Promise<string> {
  const factory = factoryContract(world.system.factory, world.bob);
  const receipt = confirmed(await (await factory.cloneAdapter(spec, vault, kind)).wait());
  return String(eventOf(receipt, "AdapterCloned", factory.interface).args["adapter"]);
}

/** A vault like the world's, of nobody in particular. */
function vaultSpec(world: VaultWorld, market: TwinMarket = world.market): VaultSpecStruct {
  return {
    authority: world.addresses.authority,
    base: market.base,
    quote: market.quote,
    oracle: world.addresses.oracle,
    volatility: world.addresses.volatility,
    liquidity: liquiditySpec(world, market),
    hedges: [hedgeSpec(world, market)],
    policy: defaultPolicyParams,
    depositCapQuote: 1_000n * 10n ** BigInt(market.quoteDecimals),
    feeRecipient: ZeroAddress,
    managementBps: 0n,
    performanceBps: 0n,
    name: "A vault",
    symbol: "hrA",
  };
}

/** Creates another vault of the same market; returns its address. */
async function createAnother(world: VaultWorld): Promise<string> {
  const factory = factoryContract(world.system.factory, world.bob);
  const receipt = confirmed(await (await factory.create(vaultSpec(world))).wait());
  return String(eventOf(receipt, "VaultCreated", factory.interface).args["vault"]);
}

async function propose(world: VaultWorld, current: string, next: string, by: Signer = world.admin): Promise<number> {
  await (await world.vault.connect(by).proposeAdapterChange(current, next)).wait();
  return Number((await world.vault.adapterChange()).readyAt);
}

/** Lets the exit window pass, with feeds that are fresh at its end. */
async function awaitWindow(world: VaultWorld, readyAt: number, baseUsd = 2_500): Promise<void> {
  await world.twin.advanceTo(readyAt - 60);
  await refreshFeeds(world, baseUsd);
  await world.twin.advanceTo(readyAt);
}

async function change(world: VaultWorld, current: string, next: string, baseUsd = 2_500): Promise<void> {
  await awaitWindow(world, await propose(world, current, next), baseUsd);
  await (await world.vault.executeAdapterChange()).wait();
}

/** Takes everything out of the loan, as a keeper would: the debt out of liquidity, then the margin in two steps. */
async function emptyLoan(world: VaultWorld): Promise<void> {
  const hedge = aaveHedgeContract(hedgeOf(world), world.admin);
  const range = await rangeHeld(world);
  await rebalance(world, [remove(range)]);
  const { idleBase } = (await world.snapshot()).vault;
  const { debtBase } = await hedge.position();
  await rebalance(world, [adjust(0, idleBase < debtBase ? idleBase : debtBase)]);
  // The rest grows by the second: anybody may pay it off, and Aave takes no more than is owed.
  await donateRepayment(world, world.guardian, WETH);
  for (let i = 0; i < 2; i++) await rebalance(world, [adjust(0, 0n, -(await hedge.position()).collateralQuote)]);
}

describe("AdapterRegistry", () => {
  let twin: Twin;
  let world: VaultWorld;

  useTwin(async (started) => {
    twin = started;
    world = await createVaultWorld(twin);
  });

  const registry = (by: Signer) => registryContract(world.system.registry, by);
  const isAdapter = async (adapter: string, vault = world.addresses.vault): Promise<readonly boolean[]> =>
    await Promise.all([0, 1, 2].map(async (kind) => await registry(world.bob).isAdapterOf(adapter, vault, kind)));

  it("knows the two adapters that ship with it", async () => {
    expect(await registry(world.bob).kindOf(world.system.uniswapV3Implementation)).to.equal(1n);
    expect(await registry(world.bob).kindOf(world.system.aaveV3Implementation)).to.equal(2n);
    expect(await registry(world.bob).kindOf(world.system.policyImplementation)).to.equal(0n);
  });

  it("admits and revokes at its admin's word alone, and says so", async () => {
    const implementation = world.system.policyImplementation;
    for (const who of [world.bob, world.keeper, world.guardian]) {
      const address = await who.getAddress();
      await expectRevert(registry(who).admit(implementation, 1), "AccessManagedUnauthorized", [address]);
      await expectRevert(registry(who).revoke(world.system.aaveV3Implementation), "AccessManagedUnauthorized", [
        address,
      ]);
    }
    const admin = registry(world.admin);
    await expect(admin.admit(implementation, 2)).to.emit(admin, "AdapterAdmitted").withArgs(implementation, 2);
    expect(await admin.kindOf(implementation)).to.equal(2n);
    await expect(admin.revoke(implementation)).to.emit(admin, "AdapterRevoked").withArgs(implementation);
    expect(await admin.kindOf(implementation)).to.equal(0n);
    await expectRevert(admin.revoke(implementation), "AdapterRegistry_NotAdmitted", [implementation, 0n]);
  });

  it("admits neither an address without code nor the kind that is none", async () => {
    const nobody = await world.bob.getAddress();
    await expectRevert(registry(world.admin).admit(nobody, 1), "AdapterRegistry_NoCode", [nobody]);
    await expectRevert(registry(world.admin).admit(world.system.lens, 0), "AdapterRegistry_BadKind", []);
  });

  it("recognises a vault's own adapters, each as its kind and nothing else", async () => {
    expect(await isAdapter(world.addresses.liquidity)).to.deep.equal([false, true, false]);
    expect(await isAdapter(hedgeOf(world))).to.deep.equal([false, false, true]);
    const clone = await cloneFor(world, hedgeSpec(world), AdapterKind.hedge);
    expect(await isAdapter(clone)).to.deep.equal([false, false, true]);
  });

  it("takes no one else's: an account, a plain contract, the code itself, a clone for another vault", async () => {
    const another = await createAnother(world);
    const elsewhere = await cloneFor(world, hedgeSpec(world), AdapterKind.hedge, another);
    for (const adapter of [
      await world.bob.getAddress(),
      world.system.lens,
      world.system.aaveV3Implementation,
      world.addresses.policy,
      world.addresses.vault,
      elsewhere,
    ]) {
      expect(await isAdapter(adapter), adapter).to.deep.equal([false, false, false]);
    }
    expect((await isAdapter(elsewhere, another))[2], "control").to.equal(true);
  });

  it("takes no clone any more once its code is revoked", async () => {
    await (await registry(world.admin).revoke(world.system.aaveV3Implementation)).wait();
    expect(await isAdapter(hedgeOf(world))).to.deep.equal([false, false, false]);
    expect((await isAdapter(world.addresses.liquidity))[1]).to.equal(true);
    await (await registry(world.admin).admit(world.system.aaveV3Implementation, 2)).wait();
    expect((await isAdapter(hedgeOf(world)))[2]).to.equal(true);
  });

  it("takes no clone whose code is tampered with, in any byte that counts", async () => {
    const genuine = await twin.rpc.codeAt(hedgeOf(world));
    const at = "0x00000000000000000000000000000000000f00d5";
    const check = async (code: string): Promise<boolean> => {
      await twin.rpc.request("hardhat_setCode", [at, code]);
      return (await isAdapter(at))[2] ?? false;
    };
    expect(await check(genuine), "control").to.equal(true);
    // Proxy (45 bytes) and the vault's word (32): every single byte of them.
    const bytes = getBytes(genuine);
    for (let i = 0; i < 45 + 32; i++) {
      const tampered = Uint8Array.from(bytes);
      tampered[i] = (tampered[i] ?? 0) ^ 1;
      expect(await check(`0x${Buffer.from(tampered).toString("hex")}`), `byte ${i}`).to.equal(false);
    }
    expect(await check(genuine.slice(0, 2 + 2 * (45 + 31))), "cut off within the vault's word").to.equal(false);
    expect(await check(genuine.slice(0, 2 + 2 * 45)), "no arguments").to.equal(false);
  });
});

describe("VaultFactory", () => {
  let twin: Twin;
  let world: VaultWorld;

  useTwin(async (started) => {
    twin = started;
    world = await createVaultWorld(twin);
  });

  const spec = (changes: Partial<VaultSpecStruct> = {}): VaultSpecStruct => ({ ...vaultSpec(world), ...changes });
  const factory = () => factoryContract(world.system.factory, world.bob);

  it("makes a vault for anybody and gives the creator nothing", async () => {
    const receipt = confirmed(await (await factory().create(spec())).wait());
    const { args } = eventOf(receipt, "VaultCreated", factory().interface);
    expect(args["creator"]).to.equal(await world.bob.getAddress());
    const vault = vaultContract(String(args["vault"]), world.bob);
    await expectRevert(vault.setDepositCap(1n), "AccessManagedUnauthorized", [await world.bob.getAddress()]);
    expect([await vault.liquidity(), ...(await vault.hedges())]).to.deep.equal([
      args["liquidity"],
      ...(args["hedges"] as readonly string[]),
    ]);
  });

  for (const field of ["authority", "oracle", "volatility"] as const) {
    it(`takes no ${field} without code`, async () => {
      const nobody = await world.alice.getAddress();
      await expectRevert(factory().create(spec({ [field]: nobody })), "VaultFactory_NoCode", [nobody]);
    });
  }

  it("is itself made of code", async () => {
    const { abi, bytecode } = artifacts.vaultFactory;
    const nobody = await world.alice.getAddress();
    const { vaultImplementation, policyImplementation } = world.system;
    const make = new ContractFactory(abi, bytecode, world.bob);
    await expectRevert(make.deploy(nobody, policyImplementation), "VaultFactory_NoCode", [nobody]);
    await expectRevert(make.deploy(vaultImplementation, nobody), "VaultFactory_NoCode", [nobody]);
    await make.deploy(vaultImplementation, policyImplementation);
  });

  it("V17 takes tokens of 6 to 18 decimals and no others, on either side", async () => {
    const { abi, bytecode } = await hre.artifacts.readArtifact("StandInToken");
    for (const decimals of [5, 19]) {
      const token = await new ContractFactory(abi as InterfaceAbi, bytecode, world.bob).deploy("T", "T", decimals);
      const address = await token.getAddress();
      for (const side of ["base", "quote"] as const) {
        const call = factory().create.staticCall(spec({ [side]: address }));
        await expectRevert(call, "VaultFactory_DecimalsOutOfBounds", [address, BigInt(decimals), 6n, 18n]);
      }
    }
    for (const [baseDecimals, quoteDecimals] of [
      [6, 18],
      [18, 6],
    ] as const) {
      const market = await twin.createMarket({ baseDecimals, quoteDecimals, baseIsToken0: true });
      await factory().create.staticCall(vaultSpec(world, market));
    }
  });

  it("V02 takes names and symbols of up to 31 bytes", async () => {
    const fits = "a".repeat(31);
    const wide = "é".repeat(16);
    await factory().create.staticCall(spec({ name: fits, symbol: fits }));
    for (const text of [`${fits}a`, wide]) {
      await expectRevert(factory().create(spec({ name: text })), "StringTooLong", [text]);
      await expectRevert(factory().create(spec({ symbol: text })), "StringTooLong", [text]);
    }
  });

  it("clones admitted adapters only, each as its kind", async () => {
    const other = { implementation: world.system.lens, args: "0x" };
    const { lens, aaveV3Implementation, uniswapV3Implementation } = world.system;
    for (const [changes, ...args] of [
      [{ liquidity: other }, lens, 0n, 1n],
      [{ hedges: [other] }, lens, 0n, 2n],
      [{ liquidity: hedgeSpec(world) }, aaveV3Implementation, 2n, 1n],
      [{ hedges: [hedgeSpec(world), liquiditySpec(world)] }, uniswapV3Implementation, 1n, 2n],
    ] as const) {
      await expectRevert(
        factory().create(spec(changes as Partial<VaultSpecStruct>)),
        "VaultFactory_NotAnAdapter",
        args,
      );
    }
    const { vault } = world.addresses;
    for (const kind of [0, ...BOTH]) {
      const call = factory().cloneAdapter(other, vault, kind);
      await expectRevert(call, "VaultFactory_NotAnAdapter", [lens, 0n, BigInt(kind)]);
    }
    await expectRevert(factory().cloneAdapter(hedgeSpec(world), vault, 0), "VaultFactory_NotAnAdapter", [
      aaveV3Implementation,
      2n,
      0n,
    ]);
    const nobody = await world.alice.getAddress();
    const accounts = factory().cloneAdapter({ implementation: nobody, args: "0x" }, vault, 1);
    await expectRevert(accounts, "VaultFactory_NoCode", [nobody]);
  });

  it("V22 clones no adapter that names another pair or another venue than the code's own, in any argument", async () => {
    const { vault } = world.addresses;
    const { market, system } = world;
    const other = await twin.createMarket({ baseDecimals: 18, quoteDecimals: 6, baseIsToken0: market.baseIsToken0 });
    const venues = venuesOf(twin, market);
    const others = venuesOf(twin, other);
    const forgedPool = await deployTestContract(world.bob, "BillingPool");
    for (const [genuine, kind, forgeries] of [
      [
        liquiditySpec(world),
        AdapterKind.liquidity,
        [
          [0, forgedPool],
          [0, others.pool],
          [1, others.token0],
          [2, others.token1],
          [3, !market.baseIsToken0],
          [4, scaleOf(market) * 10n],
        ],
      ],
      [
        hedgeSpec(world),
        AdapterKind.hedge,
        [
          [0, forgedPool],
          [1, others.base],
          [2, others.quote],
          [2, venues.base],
          [3, others.quoteAToken],
          [3, forgedPool],
          [4, others.baseDebtToken],
          [4, forgedPool],
          [5, scaleOf(market) * 10n],
        ],
      ],
    ] as const) {
      await cloneFor(world, genuine, kind);
      const words = getBytes(genuine.args);
      for (const [word, value] of forgeries) {
        const encoded = getBytes(
          typeof value === "string"
            ? coder.encode(["address"], [value])
            : coder.encode(["uint256"], [typeof value === "boolean" ? Number(value) : value]),
        );
        const args = Uint8Array.from(words);
        args.set(encoded, 32 * word);
        const call = factory().cloneAdapter({ ...genuine, args }, vault, kind);
        await expectRevert(call, "VaultFactory_NotAnAdapter", [genuine.implementation, BigInt(kind), BigInt(kind)]);
      }
      // One word too many or too few.
      for (const args of [words.slice(0, -32), Uint8Array.from([...words, ...new Uint8Array(32)])]) {
        const call = factory().cloneAdapter({ ...genuine, args }, vault, kind);
        const expected = BigInt(45 + 32 + words.length);
        await expectRevert(call, "CloneArgs_NotAClone", [BigInt(45 + 32 + args.length), expected]);
      }
    }
    expect(system.uniswapV3Implementation).to.not.equal(system.aaveV3Implementation);
  });

  it("makes a vault with no hedge and with three, and none with four", async () => {
    const hedges = (count: number): AdapterSpecStruct[] => Array.from({ length: count }, () => hedgeSpec(world));
    await factory().create.staticCall(spec({ hedges: [] }));
    const receipt = confirmed(await (await factory().create(spec({ hedges: hedges(3) }))).wait());
    const vault = vaultContract(String(eventOf(receipt, "VaultCreated", factory().interface).args["vault"]), world.bob);
    expect(await vault.hedges()).to.have.length(3);
    await expectRevert(factory().create(spec({ hedges: hedges(4) })), "HedgedVault_ParamOutOfBounds", [
      encodeBytes32String("hedges"),
      4n,
      0n,
      3n,
    ]);
  });

  it("spends at most 300,000 gas on a vault, besides cloning its adapters", async function () {
    // Compiled without the optimiser, as for the mutants, the vault is above the limit on code and gas means nothing.
    const code = await twin.ethers.provider.getCode(world.system.vaultImplementation);
    if (getBytes(code).length > 24_576) this.skip();
    const intrinsic = (data: string): bigint =>
      getBytes(data).reduce((gas, byte) => gas + (byte === 0 ? 4n : 16n), 21_000n);
    const executionOf = async (call: Promise<{ wait(): Promise<unknown>; readonly data: string }>): Promise<bigint> => {
      const sent = await call;
      return confirmed(await sent.wait()).gasUsed - intrinsic(sent.data);
    };
    const { vault } = world.addresses;
    const clones =
      (await executionOf(factory().cloneAdapter(liquiditySpec(world), vault, AdapterKind.liquidity))) +
      (await executionOf(factory().cloneAdapter(hedgeSpec(world), vault, AdapterKind.hedge)));
    const created = confirmed(await (await factory().create(spec())).wait()).gasUsed;
    expect(clones).to.be.greaterThan(100_000n);
    expect(created - clones).to.be.at.most(300_000n);
  });
});

describe("adapter changes", () => {
  let twin: Twin;
  let world: VaultWorld;

  useTwin(async (started) => {
    twin = started;
    world = await createVaultWorld(twin);
    await world.deposit(world.alice, "1000000");
    await world.deposit(world.bob, "250000");
    await world.tick();
  });

  const nextLiquidity = (): Promise<string> => cloneFor(world, liquiditySpec(world), AdapterKind.liquidity);
  const nextHedge = (): Promise<string> => cloneFor(world, hedgeSpec(world), AdapterKind.hedge);

  describe("who and when", () => {
    it("are proposed and made by the owner alone, and dropped by the guardian alone", async () => {
      const next = await nextLiquidity();
      for (const who of [world.keeper, world.guardian, world.bob]) {
        const refused = [await who.getAddress()];
        await expectRevert(propose(world, world.addresses.liquidity, next, who), "AccessManagedUnauthorized", refused);
        await expectRevert(world.vault.connect(who).executeAdapterChange(), "AccessManagedUnauthorized", refused);
      }
      const readyAt = await propose(world, world.addresses.liquidity, next);
      for (const who of [world.keeper, world.admin, world.bob]) {
        await expectRevert(world.vault.connect(who).cancelAdapterChange(), "AccessManagedUnauthorized", [
          await who.getAddress(),
        ]);
      }
      expect(await world.vault.adapterChange()).to.deep.equal([world.addresses.liquidity, BigInt(readyAt), next]);
      const cancelled = world.vault.connect(world.guardian).cancelAdapterChange();
      await expect(cancelled).to.emit(world.vault, "AdapterChangeCancelled").withArgs(world.addresses.liquidity, next);
      expect((await world.vault.adapterChange()).readyAt).to.equal(0n);
      await expectRevert(world.vault.connect(world.guardian).cancelAdapterChange(), "HedgedVault_NotReady", [0n]);
      await twin.advance(EXIT_WINDOW);
      await expectRevert(world.vault.executeAdapterChange(), "HedgedVault_NotReady", [0n]);
    });

    it("V02 wait for fifteen days, to the second", async () => {
      const next = await nextHedge();
      const proposed = await world.vault.proposeAdapterChange(ZeroAddress, next);
      await expect(proposed)
        .to.emit(world.vault, "AdapterChangeProposed")
        .withArgs(ZeroAddress, next, (await twin.timestamp()) + EXIT_WINDOW);
      const readyAt = (await twin.timestamp()) + EXIT_WINDOW;
      const execute = (at: number) => sendAt(twin, at, (overrides) => world.vault.executeAdapterChange(overrides));
      await expectRevert(execute(readyAt - 1), "HedgedVault_NotReady", [BigInt(readyAt)]);
      const receipt = await execute(readyAt);
      expect([...eventOf(receipt, "AdapterChanged").args]).to.deep.equal([ZeroAddress, next]);
      expect(await world.vault.hedges()).to.deep.equal([hedgeOf(world), next]);
      await expectRevert(world.vault.executeAdapterChange(), "HedgedVault_NotReady", [0n]);
    });

    it("begin to wait again when something else is proposed", async () => {
      const first = await propose(world, ZeroAddress, await nextHedge());
      await twin.advance(DAY);
      const other = await nextHedge();
      const second = await propose(world, ZeroAddress, other);
      expect(second).to.be.greaterThan(first + DAY);
      await twin.advanceTo(first + 10);
      await expectRevert(world.vault.executeAdapterChange(), "HedgedVault_NotReady", [BigInt(second)]);
      await twin.advanceTo(second);
      await (await world.vault.executeAdapterChange()).wait();
      expect((await world.vault.hedges())[1]).to.equal(other);
    });

    it("are longer than the longest exit delay: who dislikes one is gone before it, even in kind", async () => {
      const readyAt = await propose(world, world.addresses.liquidity, await nextLiquidity());
      // One leaves the ordinary way …
      await requestRedeem(world, world.alice, await world.vault.balanceOf(world.alice));
      expect(await claimAll(world, world.alice)).to.be.greaterThan(quoteUnits(world, "999000"));
      // … and one in kind, although no feed answers any more and the delay is the longest there can be.
      await setParams(world, { exitDelaySeconds: 14n * 86_400n });
      await twin.advance(DAY - 3_600);
      const id = await requestRedeem(world, world.bob, await world.vault.balanceOf(world.bob));
      expect(await world.vault.maxRedeem(world.bob), "it had to wait").to.equal(0n);
      const { exitOpensAt } = await world.vault.requestOf(id);
      expect(Number(exitOpensAt)).to.be.lessThan(readyAt);
      await twin.advanceTo(Number(exitOpensAt));
      await fundAndApprove(world, world.bob, world.market.base, 10n * WETH, world.addresses.vault);
      await (await world.vault.connect(world.bob).exitInKind(id, world.bob, 10n * WETH, 0n)).wait();
      expect(await twin.timestamp()).to.be.lessThan(readyAt);
      expect(await world.vault.totalSupply()).to.equal(0n);
    });

    it("are refused at the end when the adapter was revoked in between", async () => {
      const next = await nextHedge();
      await awaitWindow(world, await propose(world, ZeroAddress, next));
      const registry = registryContract(world.system.registry, world.admin);
      await (await registry.revoke(world.system.aaveV3Implementation)).wait();
      await expectRevert(world.vault.executeAdapterChange(), "HedgedVault_BadAdapter", [next]);
      expect((await world.vault.adapterChange()).next, "still announced").to.equal(next);
      expect(await world.vault.hedges()).to.deep.equal([hedgeOf(world)]);
      // What runs goes on running.
      await rebalance(world, []);
      await (await registry.admit(world.system.aaveV3Implementation, AdapterKind.hedge)).wait();
      await (await world.vault.executeAdapterChange()).wait();
    });
  });

  describe("what", () => {
    it("must be a clone of admitted code for this vault, of the kind of what it replaces", async () => {
      const { liquidity } = world.addresses;
      const hedge = hedgeOf(world);
      const otherVault = await cloneFor(world, hedgeSpec(world), AdapterKind.hedge, await createAnother(world));
      const asLiquidity = await nextLiquidity();
      const asHedge = await nextHedge();
      for (const [current, next] of [
        [hedge, await world.bob.getAddress()],
        [hedge, world.system.aaveV3Implementation],
        [hedge, otherVault],
        [hedge, asLiquidity],
        [ZeroAddress, asLiquidity],
        [liquidity, asHedge],
        // In use already.
        [hedge, hedge],
        [ZeroAddress, hedge],
        [liquidity, liquidity],
        [hedge, liquidity],
        // A vault has one liquidity, always.
        [liquidity, ZeroAddress],
        [ZeroAddress, ZeroAddress],
      ] as const) {
        await expectRevert(propose(world, current, next), "HedgedVault_BadAdapter", [next]);
      }
      // What is replaced must be there.
      await expectRevert(propose(world, asLiquidity, asHedge), "HedgedVault_BadAdapter", [asLiquidity]);
      await expectRevert(propose(world, asHedge, ZeroAddress), "HedgedVault_BadAdapter", [asHedge]);
      await propose(world, liquidity, asLiquidity);
      await propose(world, hedge, asHedge);
      await propose(world, hedge, ZeroAddress);
    });

    it("V22 must be bound to a venue that is one: a forged pool is refused however the clone was made", async () => {
      const pool = await deployTestContract(world.bob, "BillingPool");
      const genuine = await nextLiquidity();
      const code = (await twin.rpc.codeAt(genuine)).toLowerCase();
      const word = (address: string): string => address.slice(2).toLowerCase();
      expect(code.split(word(world.market.pool))).to.have.length(2);
      const forged = "0x00000000000000000000000000000000000f00d6";
      await twin.rpc.request("hardhat_setCode", [forged, code.replace(word(world.market.pool), word(pool))]);
      const refused = propose(world, world.addresses.liquidity, forged);
      await expectRevert(refused, "HedgedVault_BadAdapter", [forged]);
      await twin.rpc.request("hardhat_setCode", [forged, code]);
      await propose(world, world.addresses.liquidity, forged);
    });

    it("waits until the old adapter is empty", async () => {
      for (const [current, next] of [
        [world.addresses.liquidity, await nextLiquidity()],
        [hedgeOf(world), await nextHedge()],
        [hedgeOf(world), ZeroAddress],
      ] as const) {
        await awaitWindow(world, await propose(world, current, next));
        await expectRevert(world.vault.executeAdapterChange(), "HedgedVault_AdapterInUse", [current]);
        expect((await world.vault.adapterChange()).next, "still announced").to.equal(next);
      }
    });

    it("replaces liquidity that the keeper moves out before and in afterwards: the value of a share stays", async () => {
      const next = await nextLiquidity();
      const readyAt = await propose(world, world.addresses.liquidity, next);
      await awaitWindow(world, readyAt);
      const range = await rangeHeld(world);
      const was = await world.snapshot();
      const price = await sharePrice(world);
      await rebalance(world, [remove(range)]);
      await (await world.vault.executeAdapterChange()).wait();
      expect(await world.vault.liquidity()).to.equal(next);
      await rebalance(world, [add(range, range.liquidity)]);
      const is = await world.snapshot();
      expect(is.vault.ranges).to.deep.equal([range]);
      expect(await liquidityContract(next, world.bob).ranges()).to.have.length(1);
      expect(await liquidityContract(world.addresses.liquidity, world.bob).ranges()).to.have.length(0);
      // What the pool rounds away, a unit each time.
      expect(is.vault.idleBase - was.vault.idleBase).to.be.within(-3n, 0n);
      expect(is.vault.idleQuote - was.vault.idleQuote).to.be.within(-3n, 0n);
      // Four parts in 10^9 are the interest of a few seconds.
      expect(((await sharePrice(world)) - price) * 10n ** 9n).to.be.within(0n, 4n * price);
      expect(abs(is.vault.book.deltaBase - was.vault.book.deltaBase)).to.be.lessThan(10n ** 13n);
      for (const token of [baseOf, quoteOf]) {
        for (const adapter of [world.addresses.liquidity, next]) expect(await token(world, adapter)).to.equal(0n);
      }
      // The vault goes on with it: it rebalances, it pays out, and the old one answers to nobody.
      await world.actors.step({ price: 2_400, volumeQuote: 1e6, seconds: 900 });
      expect((await world.tick()).decision.kind).to.equal("hedge");
      const shares = await world.vault.balanceOf(world.alice);
      await requestRedeem(world, world.alice, shares);
      expect(await claimAll(world, world.alice)).to.be.greaterThan(quoteUnits(world, "990000"));
    });

    it("replaces the hedge, and the keeper builds the position on the new one", async () => {
      const next = await nextHedge();
      const old = hedgeOf(world);
      const readyAt = await propose(world, old, next);
      await awaitWindow(world, readyAt);
      await emptyLoan(world);
      expect(await aaveHedgeContract(old, world.bob).isEmpty()).to.equal(true);
      const price = await sharePrice(world);
      await (await world.vault.executeAdapterChange()).wait();
      expect(await world.vault.hedges()).to.deep.equal([next]);
      expect(((await sharePrice(world)) - price) * 10n ** 12n).to.be.within(-price, price);
      expect((await world.tick()).decision.kind).to.equal("recentre");
      const { vault: v } = await world.snapshot();
      expect(v.hedges.map(({ hedge }) => hedge)).to.deep.equal([next]);
      expect(-(v.hedges[0]?.deltaBase ?? 0n)).to.be.greaterThan(100n * WETH);
      expect(abs(v.book.deltaBase)).to.be.lessThan(WETH);
      const { collateralQuote } = await aaveHedgeContract(old, world.bob).position();
      expect(collateralQuote, "Aave's rounding at most").to.be.at.most(20n);
    });

    for (const amount of [100n, 1_000_000_000n])
      it(`V25: ${amount} units that a stranger supplies for it do not keep the old hedge in`, async () => {
        const old = hedgeOf(world);
        await awaitWindow(world, await propose(world, old, await nextHedge()));
        await emptyLoan(world);
        expect(await aaveHedgeContract(old, world.bob).isEmpty(), "empty (control)").to.equal(true);
        // In the block before the change.
        await donateCollateral(world, world.bob, amount);
        await (await world.vault.executeAdapterChange()).wait();
        expect(await world.vault.hedges()).to.not.include(old);
      });

    it("adds hedges up to three, in order", async () => {
      const added = [await nextHedge(), await nextHedge()];
      for (const next of added) await change(world, ZeroAddress, next);
      expect(await world.vault.hedges()).to.deep.equal([hedgeOf(world), ...added]);
      await expectRevert(propose(world, ZeroAddress, await nextHedge()), "HedgedVault_BadAdapter", [ZeroAddress]);
      // They work, each as the one its place says.
      await rebalance(world, [adjust(1, 0n, quoteUnits(world, "5000")), adjust(2, 0n, quoteUnits(world, "6000"))]);
      const { hedges } = (await world.snapshot()).vault;
      expect(hedges[1]?.equityMinQuote).to.be.within(quoteUnits(world, "5000") - 2n, quoteUnits(world, "5000"));
      expect(hedges[2]?.equityMinQuote).to.be.within(quoteUnits(world, "6000") - 2n, quoteUnits(world, "6000"));
    });

    for (const place of [1, 2] as const) {
      it(`takes out hedge ${place} of 0 to 2 and closes up the order`, async () => {
        const added = [await nextHedge(), await nextHedge()];
        for (const next of added) await change(world, ZeroAddress, next);
        const gone = added[place - 1] ?? "";
        const stays = added[2 - place] ?? "";
        await change(world, gone, ZeroAddress);
        expect(await world.vault.hedges()).to.deep.equal([hedgeOf(world), stays]);
        await rebalance(world, [adjust(1, 0n, quoteUnits(world, "5000"))]);
        expect((await aaveHedgeContract(stays, world.bob).position()).collateralQuote).to.be.greaterThan(0n);
        await expectRevert(rebalance(world, [adjust(2, 0n)]), "HedgedVault_UnknownHedge", [2n]);
        const readded = await nextHedge();
        await change(world, ZeroAddress, readded);
        expect(await world.vault.hedges()).to.deep.equal([hedgeOf(world), stays, readded]);
      });
    }

    it("takes out the first hedge, and the second one's debt stays the second one's", async () => {
      const second = await nextHedge();
      await change(world, ZeroAddress, second);
      await emptyLoan(world);
      const margin = quoteUnits(world, "200000");
      await rebalance(world, [adjust(1, -10n * WETH, margin)]);
      await change(world, hedgeOf(world), ZeroAddress);
      expect(await world.vault.hedges()).to.deep.equal([second]);
      const { vault: v } = await world.snapshot();
      expect(v.hedges).to.have.length(1);
      expect(-(v.hedges[0]?.deltaBase ?? 0n)).to.be.within(10n * WETH, 10n * WETH + WETH / 50n);
      const id = await requestRedeem(world, world.alice, await world.vault.balanceOf(world.alice));
      expect(await world.vault.pendingRedeemRequest(id, world.alice)).to.equal(0n);
    });
  });

  describe("V20: after a liquidation that took all", () => {
    it("replaces the loan that was given up, though its debt is not paid", async () => {
      await world.actors.step({ price: 6_500, volumeQuote: 1e6, seconds: 900 });
      await liquidateHedge(world, world.guardian);
      await (await world.vault.reconcile()).wait();
      const old = hedgeOf(world);
      expect(await aaveHedgeContract(old, world.bob).abandoned()).to.equal(true);
      expect((await aaveHedgeContract(old, world.bob).position()).debtBase, "owed for ever").to.be.greaterThan(0n);
      await expectRevert(rebalance(world, [adjust(0, 0n, 1n)]), "Hedge_Abandoned", []);
      const next = await nextHedge();
      await change(world, old, next, 6_500);
      expect(await world.vault.hedges()).to.deep.equal([next]);
      expect(await world.vault.degraded(), "that is for the owner to look into").to.equal(true);
      await (await world.vault.clearDegraded()).wait();
      expect((await world.tick()).decision.kind).to.equal("recentre");
      const { vault: v } = await world.snapshot();
      expect(-(v.hedges[0]?.deltaBase ?? 0n)).to.be.greaterThan(10n * WETH);
      expect(abs(v.book.deltaBase)).to.be.lessThan(WETH);
      await world.deposit(world.bob, "1000");
    });
  });
});

describe("an adapter that was replaced", () => {
  let twin: Twin;
  let world: HostileWorld;
  let second: HostileHedge;

  const prepared = useTwin(async (started) => {
    twin = started;
    world = await createHostileWorld(twin);
    await world.deposit(world.alice, "1000000");
    // Of the same code as the first.
    const code = await twin.rpc.codeAt(await world.hostile.getAddress());
    const clone = await cloneFor(world, { implementation: `0x${code.slice(22, 62)}`, args: "0x" }, AdapterKind.hedge);
    second = world.hostile.attach(clone) as HostileHedge;
    await (await second.setState(HARMLESS_STATE)).wait();
    await change(world, ZeroAddress, clone);
  });

  it("V25 is let go when it answers nothing any more, and not before its window is over", async () => {
    const first = await world.hostile.getAddress();
    const claimed = { ...HARMLESS_STATE, equityMinQuote: 1n, equityMaxQuote: 1n };
    await (await world.hostile.setState(claimed)).wait();
    const readyAt = await propose(world, first, ZeroAddress);
    await awaitWindow(world, readyAt);
    await expectRevert(world.vault.executeAdapterChange(), "HedgedVault_AdapterInUse", [first]);
    await (await world.hostile.setFrozen(true)).wait();
    await expect(world.vault.totalAssets()).to.be.revertedWithCustomError(world.hostile, "HostileHedge_Frozen");
    await (await world.vault.executeAdapterChange()).wait();
    expect(await world.vault.hedges()).to.deep.equal([hedgeOf(world), await second.getAddress()]);
    expect(await world.vault.totalAssets()).to.be.greaterThan(quoteUnits(world, "999000"));
    await prepared.restore();
    await (await world.hostile.setFrozen(true)).wait();
    const again = await propose(world, first, ZeroAddress);
    const early = sendAt(twin, again - 1, (overrides) => world.vault.executeAdapterChange(overrides));
    await expectRevert(early, "HedgedVault_NotReady", [BigInt(again)]);
  });

  it("pays itself nothing any more, not even in the middle of an operation", async () => {
    const first = await world.hostile.getAddress();
    const amount = quoteUnits(world, "10");
    const call = (target: string, data: string) => ({ target, data });
    const pay = vaultInterface.encodeFunctionData("pay", [world.market.quote, amount, first]);
    await (await world.hostile.setCalls([call(world.addresses.vault, pay)])).wait();
    await (await second.setCalls([call(first, world.hostile.interface.encodeFunctionData("strike"))])).wait();
    const middle = async (index: number): Promise<string> => {
      await rebalance(world, [adjust(index, 0n)]);
      const [result] = await world.hostile.results();
      return result?.success === true ? "paid" : (parseRevert(result?.data ?? "")?.name ?? "?");
    };
    expect(await middle(2), "control: as one of the vault's hedges it is").to.equal("paid");
    expect(await quoteOf(world, first)).to.equal(amount);
    await change(world, first, ZeroAddress);
    expect(await world.vault.hedges()).to.deep.equal([hedgeOf(world), await second.getAddress()]);
    expect(await middle(1)).to.equal("HedgedVault_OnlyAdapter");
    expect(await quoteOf(world, first)).to.equal(amount);
  });
});
