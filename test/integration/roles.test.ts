import { expect } from "chai";
import { Contract, type Signer } from "ethers";
import { describe, it } from "mocha";

import type { Twin } from "../../localnet/twin.ts";
import {
  aaveHedgeContract,
  artifacts,
  liquidityContract,
  policyContract,
  vaultContract,
} from "../../sdk/chain/contracts.ts";
import { deployVault } from "../../sdk/chain/deployment.ts";
import { Role } from "../../sdk/chain/roles.ts";
import { createVaultWorld, expectRevert, hedgeOf, revertOf, type VaultWorld, useTwin } from "./world.ts";
import { venuesOf } from "../../localnet/venues.ts";

describe("roles", () => {
  let twin: Twin;
  let world: VaultWorld;
  let people: Readonly<Record<"admin" | "keeper" | "guardian" | "stranger", Signer>>;

  useTwin(async (started) => {
    twin = started;
    world = await createVaultWorld(twin);
    people = { admin: world.admin, keeper: world.keeper, guardian: world.guardian, stranger: world.bob };
    await world.deposit(world.alice, "1000");
  });

  const promise = async (): Promise<{
    readonly expectedEpoch: bigint;
    readonly deadline: number;
    readonly maxResidualDeltaBase: bigint;
    readonly maxLossQuote: bigint;
  }> => ({
    expectedEpoch: await world.vault.epoch(),
    deadline: (await twin.timestamp()) + 60,
    maxResidualDeltaBase: 0n,
    maxLossQuote: 0n,
  });

  describe("restricted functions", () => {
    type Caller = keyof typeof people;
    const calls: readonly (readonly [
      string,
      readonly Caller[],
      (by: Signer) => Promise<{ wait(): Promise<unknown> }>,
    ])[] = [
      ["rebalance", ["keeper"], async (by) => world.vault.connect(by).rebalance([], await promise())],
      ["pauseDeposits()", ["guardian"], (by) => world.vault.connect(by).pauseDeposits()],
      ["resumeDeposits()", ["admin"], (by) => world.vault.connect(by).resumeDeposits()],
      ["startWindDown", ["guardian"], (by) => world.vault.connect(by).startWindDown()],
      ["setDepositCap", ["admin"], (by) => world.vault.connect(by).setDepositCap(7n)],
      ["clearDegraded", ["admin"], (by) => world.vault.connect(by).clearDegraded()],
      [
        "policy.setParams",
        ["admin"],
        async (by) => {
          const policy = policyContract(world.addresses.policy, by);
          const { params } = (await world.snapshot()).vault.policy;
          return policy.setParams({ ...params, maxDeltaBps: 77n });
        },
      ],
    ];
    for (const [name, allowed, call] of calls) {
      for (const caller of ["admin", "keeper", "guardian", "stranger"] as const) {
        if (allowed.includes(caller)) {
          it(`${name} obeys the ${caller}`, async () => {
            await (await call(people[caller])).wait();
          });
        } else {
          it(`${name} refuses the ${caller}`, async () => {
            await expectRevert(call(people[caller]), "AccessManagedUnauthorized", [await people[caller].getAddress()]);
          });
        }
      }
    }

    it("take effect", async () => {
      await (await world.vault.connect(world.guardian).pauseDeposits()).wait();
      await (await world.vault.connect(world.guardian).startWindDown()).wait();
      await (await world.vault.connect(world.admin).setDepositCap(7n)).wait();
      const { vault: v } = await world.snapshot();
      expect([v.depositsPaused, v.windDown, v.depositCapQuote]).to.deep.equal([true, true, 7n]);
    });

    it("a wind-down is for good", () => {
      const names = vaultContract(world.addresses.vault, world.admin).interface.fragments.map((f) =>
        "name" in f ? String(f.name) : "",
      );
      expect(names.filter((name) => /wind/i.test(name)).sort()).to.deep.equal([
        "WindDownStarted",
        "startWindDown",
        "windDown",
      ]);
    });
  });

  describe("access manager", () => {
    const manager = (by: Signer): Contract => new Contract(world.addresses.authority, artifacts.accessManager.abi, by);

    it("knows the three roles, and only the admin hands them out", async () => {
      const holds = async (role: bigint, who: Signer): Promise<boolean> =>
        ((await manager(world.admin).getFunction("hasRole")(role, who)) as readonly [boolean])[0];
      expect(await holds(Role.admin, world.admin)).to.equal(true);
      expect(await holds(Role.keeper, world.keeper)).to.equal(true);
      expect(await holds(Role.guardian, world.guardian)).to.equal(true);
      for (const role of [Role.admin, Role.keeper, Role.guardian]) expect(await holds(role, world.bob)).to.equal(false);
      for (const who of [world.keeper, world.guardian, world.bob]) {
        const { name } = await revertOf(manager(who).getFunction("grantRole")(Role.keeper, world.bob, 0));
        expect(name).to.equal("AccessManagerUnauthorizedAccount");
      }
      await (await manager(world.admin).getFunction("revokeRole")(Role.keeper, world.keeper)).wait();
      await expectRevert(
        world.vault.connect(world.keeper).rebalance([], await promise()),
        "AccessManagedUnauthorized",
        [await world.keeper.getAddress()],
      );
    });

    it("leaves the deployer without power, and makes a delayed admin wait", async () => {
      const day = 86_400;
      const deployed = await deployVault(
        world.bob,
        world.system,
        venuesOf(twin, world.market),
        {
          admin: await world.admin.getAddress(),
          keeper: await world.keeper.getAddress(),
          guardian: await world.guardian.getAddress(),
          adminDelaySeconds: day,
        },
        { name: "delayed", symbol: "hrDELAY", depositCapQuote: 10n ** 12n },
      );
      const vault = vaultContract(deployed.vault, world.admin);
      await expectRevert(vault.connect(world.bob).setDepositCap(1n), "AccessManagedUnauthorized", [
        await world.bob.getAddress(),
      ]);
      expect((await revertOf(vault.setDepositCap(1n))).name).to.equal("AccessManagerNotScheduled");
      const data = vault.interface.encodeFunctionData("setDepositCap", [1n]);
      const authority = new Contract(deployed.authority, artifacts.accessManager.abi, world.admin);
      await (await authority.getFunction("schedule")(deployed.vault, data, 0)).wait();
      expect((await revertOf(vault.setDepositCap(1n))).name).to.equal("AccessManagerNotReady");
      await twin.advance(day);
      await (await vault.setDepositCap(1n)).wait();
      expect(await vault.depositCapQuote()).to.equal(1n);
    });
  });

  describe("parts of a vault", () => {
    it("obey their vault alone", async () => {
      const bob = await world.bob.getAddress();
      const liquidity = liquidityContract(world.addresses.liquidity, world.bob);
      for (const call of [
        () => liquidity.add(-10, 10, 1n),
        () => liquidity.remove(-10, 10, 1n),
        () => liquidity.removeShare(1n, 1n),
        () => liquidity.swap(1n, 1n),
      ]) {
        await expectRevert(call(), "Liquidity_OnlyVault", [bob]);
      }
      for (const call of [
        () => liquidity.uniswapV3MintCallback(1n, 1n, "0x"),
        () => liquidity.uniswapV3SwapCallback(1n, 1n, "0x"),
      ]) {
        await expectRevert(call(), "Liquidity_OnlyPool", [bob]);
      }
      const hedge = aaveHedgeContract(hedgeOf(world), world.bob);
      await expectRevert(hedge.adjust(0n, 0n), "Hedge_OnlyVault", [bob]);
      await expectRevert(hedge.unwind(1n, 1n), "Hedge_OnlyVault", [bob]);
      const { book } = (await world.snapshot()).vault;
      const judged = { ...book, priceWad: 1n, hedgeDeltaBase: 0n };
      const policy = policyContract(world.addresses.policy, world.bob);
      await expectRevert(policy.enforce(judged, judged, await promise(), 0n), "RiskPolicy_OnlyVault", [bob]);
    });

    it("let anybody reconcile, without effect while nothing is lost", async () => {
      await (await world.vault.connect(world.bob).reconcile()).wait();
      await (await aaveHedgeContract(hedgeOf(world), world.bob).reconcile()).wait();
      expect(await world.vault.degraded()).to.equal(false);
      await expectRevert(aaveHedgeContract(hedgeOf(world), world.bob).cancelStale(), "Hedge_NothingPending", []);
    });
  });

  describe("initialisation", () => {
    const initialize = (address: string): Promise<unknown> =>
      vaultContract(address, world.bob).initialize({
        liquidity: world.addresses.liquidity,
        hedges: [],
        depositCapQuote: 1n,
        feeRecipient: world.bob,
        managementBps: 0n,
        performanceBps: 0n,
      });
    const initializePolicy = async (address: string): Promise<unknown> =>
      policyContract(address, world.bob).initialize(world.bob, (await world.snapshot()).vault.policy.params);

    it("happens once to a clone", async () => {
      await expectRevert(initialize(world.addresses.vault), "HedgedVault_AlreadyInitialized", []);
      await expectRevert(initializePolicy(world.addresses.policy), "RiskPolicy_AlreadyInitialized", []);
    });

    it("never happens to the code that clones share", async () => {
      await expectRevert(initialize(world.system.vaultImplementation), "CloneArgs_NotAClone");
      await expectRevert(initializePolicy(world.system.policyImplementation), "CloneArgs_NotAClone");
    });

    it("leaves the shared code useless: it has no arguments and no authority", async () => {
      const implementation = vaultContract(world.system.vaultImplementation, world.admin);
      await expectRevert(implementation.pair(), "CloneArgs_NotAClone");
      await expectRevert(implementation.authority(), "CloneArgs_NotAClone");
      await expectRevert(implementation.pauseDeposits(), "CloneArgs_NotAClone");
      expect((await world.vault.pair()).quote, "a clone has them (control)").to.equal(world.market.quote);
    });
  });
});
