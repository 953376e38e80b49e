import { expect } from "chai";
import { Contract, encodeBytes32String } from "ethers";
import hre from "hardhat";
import { describe, it } from "mocha";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

import { sqrtPriceX96FromPrice } from "../../localnet/price.ts";
import type { Twin } from "../../localnet/twin.ts";
import { vaultInterface } from "../../sdk/chain/contracts.ts";
import { OracleFlag } from "../../sdk/policy/types.ts";
import type { HostileDepositor } from "../../types/test/contracts/HostileDepositor.ts";
import {
  abs,
  baseOf,
  claimAll,
  createVaultWorld,
  deployTestContract,
  donateCollateral,
  donateRepayment,
  expectRevert,
  fundAndApprove,
  liquidateHedge,
  quoteOf,
  quoteUnits,
  redeemNow,
  requestRedeem,
  revertOf,
  sharePrice,
  valueOfBase,
  type VaultWorld,
  useTwin,
} from "./world.ts";

const SEED = 20261122;
const VIRTUAL_SHARES = 1_000_000n;
const MULTICALL_ABI = [
  "function aggregate3((address target, bool allowFailure, bytes callData)[] calls) payable returns ((bool success, bytes returnData)[] results)",
];

describe("deposits", () => {
  let twin: Twin;
  let world: VaultWorld;
  let depositor: HostileDepositor;

  useTwin(async (started) => {
    twin = started;
    world = await createVaultWorld(twin);
    const { abi } = await hre.artifacts.readArtifact("HostileDepositor");
    depositor = new Contract(
      await deployTestContract(world.admin, "HostileDepositor"),
      abi,
      world.bob,
    ) as unknown as HostileDepositor;
    await world.deposit(world.alice, "1000000");
    await world.tick();
  });

  describe("ERC-4626", () => {
    it("names the quote as asset, the vault as share, and six decimals more than the quote", async () => {
      expect(await world.vault.asset()).to.equal(world.market.quote);
      expect(await world.vault.share()).to.equal(world.addresses.vault);
      expect(await world.vault.decimals()).to.equal(12n);
      expect(await world.vault.name()).to.equal("Hedgerow test vault");
      expect(await world.vault.symbol()).to.equal("hrTEST");
    });

    it("prices shares at the highest NAV of the oracle's band", async () => {
      await world.actors.step({ price: 2_425, seconds: 900 });
      const { vault: s } = await world.snapshot();
      const bandValue = (abs(s.book.deltaBase) * s.oracle.priceWad * s.oracle.bandBps) / 10_000n / 10n ** 30n;
      expect(bandValue, "the delta gives the band a width").to.be.greaterThan(quoteUnits(world, "100"));
      expect(abs(s.book.navMaxQuote - s.book.navQuote - bandValue)).to.be.lessThan(5n);
      const assets = quoteUnits(world, "12345");
      const shares = (assets * (s.totalSupply + VIRTUAL_SHARES)) / (s.book.navMaxQuote + 1n);
      // The book above may be a unit off: it also counts the curvature of the liquidity.
      const preview = await world.vault.previewDeposit(assets);
      expect(abs(preview - shares)).to.be.lessThan(shares / 1_000_000n);
      expect(preview).to.be.lessThan(await world.vault.convertToShares(assets));
    });

    it("gives exactly what the previews said, in the same block", async () => {
      await world.actors.step({ price: 2_425, seconds: 900 });
      const { multicall3 } = twin.addresses;
      const assets = quoteUnits(world, "4321.123456");
      const shares = 777_777_777_777_777n;
      await twin.rpc.impersonate(multicall3);
      await fundAndApprove(
        world,
        await twin.ethers.getSigner(multicall3),
        world.market.quote,
        assets * 2n,
        world.addresses.vault,
      );
      const { vault } = world.addresses;
      const call = (name: string, args: readonly unknown[]): readonly unknown[] => [
        vault,
        false,
        vaultInterface.encodeFunctionData(name, args),
      ];
      const results = (await new Contract(multicall3, MULTICALL_ABI, world.bob)
        .getFunction("aggregate3")
        .staticCall([
          call("previewDeposit", [assets]),
          call("deposit", [assets, await world.bob.getAddress()]),
          call("previewMint", [shares]),
          call("mint", [shares, await world.bob.getAddress()]),
        ])) as readonly { readonly returnData: string }[];
      const [previewDeposit, deposit, previewMint, mint] = results.map(({ returnData }) => BigInt(returnData));
      expect(deposit).to.equal(previewDeposit);
      expect(deposit).to.be.greaterThan(0n);
      expect(mint).to.equal(previewMint);
      expect(mint).to.be.greaterThan(0n);
    });

    it(`rounds in the vault's favour at every size (seed ${SEED})`, async () => {
      const random = xoroshiro128plus(SEED);
      await fundAndApprove(world, world.bob, world.market.quote, quoteUnits(world, "1000000"), world.addresses.vault);
      for (let i = 0; i < 25; i++) {
        const assets = BigInt(uniformInt(random, 1, 10 ** uniformInt(random, 1, 9)));
        const priceBefore = await sharePrice(world);
        const sharesBefore = await world.vault.balanceOf(world.bob);
        await (await world.vault.connect(world.bob).deposit(assets, world.bob)).wait();
        const shares = (await world.vault.balanceOf(world.bob)) - sharesBefore;
        expect(await world.vault.convertToAssets(shares), `${assets} units`).to.be.lessThan(assets + 1n);
        expect((await sharePrice(world)) + 1n >= priceBefore, `${assets} units dilute nobody`).to.equal(true);
      }
    });

    it("never mints for less than a unit", async () => {
      await fundAndApprove(world, world.bob, world.market.quote, 10n, world.addresses.vault);
      const before = await quoteOf(world, world.bob);
      await (await world.vault.connect(world.bob).mint(1n, world.bob)).wait();
      expect(await quoteOf(world, world.bob)).to.equal(before - 1n);
      expect(await world.vault.balanceOf(world.bob)).to.equal(1n);
    });

    it("refuses nothing: neither zero assets nor zero shares", async () => {
      await expectRevert(world.vault.connect(world.bob).deposit(0n, world.bob), "HedgedVault_ZeroAmount", []);
      await expectRevert(world.vault.connect(world.bob).mint(0n, world.bob), "HedgedVault_ZeroAmount", []);
    });

    it("emits Deposit with sender, receiver and both amounts", async () => {
      const receipt = await world.deposit(world.bob, "1000");
      const logs = receipt.logs.filter((log) => log.address === world.addresses.vault);
      const deposit = logs.map((log) => vaultInterface.parseLog(log)).find((log) => log?.name === "Deposit");
      const bob = await world.bob.getAddress();
      expect([...(deposit?.args ?? [])]).to.deep.equal([
        bob,
        bob,
        quoteUnits(world, "1000"),
        await world.vault.balanceOf(bob),
      ]);
    });
  });

  describe("V05: inflation and donations", () => {
    it("ignores tokens sent to the vault", async () => {
      const before = await world.vault.totalAssets();
      await twin.mint(world.market.quote, world.addresses.vault, quoteUnits(world, "500000"));
      await twin.mint(world.market.base, world.addresses.vault, 10n ** 20n);
      expect(abs((await world.vault.totalAssets()) - before)).to.be.lessThan(quoteUnits(world, "0.01"));
      const { vault: s } = await world.snapshot();
      expect(s.idleQuote).to.be.lessThan(quoteUnits(world, "100000"));
      // Control: what reaches the venue in the vault's name does count, since the venue would pay it out.
      await donateCollateral(world, world.bob, quoteUnits(world, "1000"));
      expect((await world.vault.totalAssets()) - before).to.be.greaterThan(quoteUnits(world, "999"));
    });

    for (const kind of ["tokens", "collateral", "both"] as const) {
      it(`leaves the first depositor nothing of a later one's money: ${kind} donated (seed ${SEED})`, async () => {
        const fresh = await createVaultWorld(twin);
        const random = xoroshiro128plus(SEED);
        for (let i = 0; i < 8; i++) {
          const round = await twin.snapshot();
          const seedDeposit = BigInt(uniformInt(random, 10_000, 10 ** uniformInt(random, 5, 7)));
          const donation = BigInt(uniformInt(random, 1, 1_000_000)) * 10n ** BigInt(uniformInt(random, 0, 7));
          const victimDeposit = BigInt(uniformInt(random, 1_000, 1_000_000)) * 10n ** BigInt(uniformInt(random, 0, 6));
          await fundAndApprove(fresh, fresh.bob, fresh.market.quote, seedDeposit, fresh.addresses.vault);
          await (await fresh.vault.connect(fresh.bob).deposit(seedDeposit, fresh.bob)).wait();
          if (kind !== "collateral") await twin.mint(fresh.market.quote, fresh.addresses.vault, donation);
          if (kind !== "tokens") await donateCollateral(fresh, fresh.bob, donation);

          await fundAndApprove(fresh, fresh.alice, fresh.market.quote, victimDeposit, fresh.addresses.vault);
          await (await fresh.vault.connect(fresh.alice).deposit(victimDeposit, fresh.alice)).wait();
          const spent = kind === "both" ? seedDeposit + 2n * donation : seedDeposit + donation;
          const got = await redeemNow(fresh, fresh.bob, await fresh.vault.balanceOf(fresh.bob));
          // Aave pays interest on the donation for the few seconds that this takes.
          const interest = donation / 10_000_000n;
          expect(got - spent <= interest + 2n, `profit ${got - spent} of ${seedDeposit} + ${donation}`).to.equal(true);
          // What the victim would be paid: settlement counts no virtual shares. (Too few shares for a request, at times.)
          const shares = await fresh.vault.balanceOf(fresh.alice);
          const back = ((await fresh.vault.totalAssets()) * shares) / (await fresh.vault.totalSupply());
          // Worst case for the victim: one share's rounding, and a share is a two-millionth of the donation at most.
          const rounding = (seedDeposit + donation) / 1_000_000n + 3n;
          expect(back + rounding >= victimDeposit, `victim got ${back} of ${victimDeposit}`).to.equal(true);
          await twin.revert(round);
        }
      });
    }

    it("cannot lock a later depositor in: a whole balance may always leave, however few shares it is", async () => {
      const fresh = await createVaultWorld(twin);
      await fresh.deposit(fresh.bob, "0.01");
      await donateCollateral(fresh, fresh.bob, quoteUnits(fresh, "10000"));
      await fresh.deposit(fresh.alice, "5000");
      const shares = await fresh.vault.balanceOf(fresh.alice);
      expect(shares).to.be.greaterThan(0n);
      expect(await redeemNow(fresh, fresh.alice, shares)).to.be.greaterThan(quoteUnits(fresh, "4900"));
    });

    it("leaves whoever repays the vault's debt poorer, too", async () => {
      await world.deposit(world.bob, "100000");
      const shares = await world.vault.balanceOf(world.bob);
      const navBefore = await world.vault.totalAssets();
      const repaid = 2n * 10n ** 18n;
      await donateRepayment(world, world.bob, repaid);
      const value = valueOfBase(world, repaid, (await world.snapshot()).vault.oracle.priceWad);
      expect((await world.vault.totalAssets()) - navBefore, "the gift counts").to.be.greaterThan((value * 99n) / 100n);
      const got = await redeemNow(world, world.bob, shares);
      expect(got).to.be.lessThan(quoteUnits(world, "100000") + value / 9n);
    });
  });

  describe("V01: pool moved around a deposit, in one transaction", () => {
    const attempt = async (
      target: VaultWorld,
      input: { readonly deposit: number; readonly exit: number; readonly assets: bigint },
    ): Promise<{ readonly profit: bigint; readonly gain: bigint }> => {
      const address = await depositor.getAddress();
      const { market } = target;
      await twin.mint(market.quote, address, input.assets + 10n ** BigInt(market.quoteDecimals + 10));
      await twin.mint(market.base, address, 10n ** BigInt(market.baseDecimals + 7));
      const { priceWad } = (await target.snapshot()).vault.oracle;
      const price = await target.actors.readPrice();
      const worth = async (): Promise<bigint> =>
        (await quoteOf(target, address)) + valueOfBase(target, await baseOf(target, address), priceWad);
      const before = await worth();
      const shareBefore = await sharePrice(target);
      const at = (factor: number): bigint => (factor === 1 ? 0n : sqrtPriceX96FromPrice(price * factor, market));
      await (
        await depositor.attack(target.addresses.vault, market.pool, {
          priceAtDeposit: at(input.deposit),
          assets: input.assets,
          priceAtExit: at(input.exit),
        })
      ).wait();
      return { profit: (await worth()) - before, gain: (await sharePrice(target)) - shareBefore };
    };

    it("costs the visitor next to nothing when the pool is left alone (control)", async () => {
      const { profit } = await attempt(world, { deposit: 1, exit: 1, assets: quoteUnits(world, "100000") });
      expect(profit).to.be.lessThan(1n);
      expect(profit).to.be.greaterThan(-quoteUnits(world, "50"));
    });

    it(`never pays within the allowed deviation, and never at the cost of those who stay (seed ${SEED})`, async () => {
      await world.actors.step({ price: 2_440, seconds: 900 });
      const random = xoroshiro128plus(SEED);
      const moved = await twin.snapshot();
      for (let i = 0; i < 14; i++) {
        await twin.revert(moved);
        const factor = (): number => 1 + uniformInt(random, -95, 95) / 10_000;
        const input = {
          deposit: i % 4 === 0 ? 1 : factor(),
          exit: i % 4 === 1 ? 1 : factor(),
          assets: quoteUnits(world, String(10 ** uniformInt(random, 1, 6) * uniformInt(random, 1, 50))),
        };
        const { profit, gain } = await attempt(world, input);
        const words = JSON.stringify({ ...input, assets: String(input.assets) });
        expect(profit, words).to.be.lessThan(1n);
        expect(gain, words).to.be.greaterThan(-2n);
      }
    });

    for (const [words, deposit, exit] of [
      ["before the deposit", 1.012, 1],
      ["before the deposit, downwards", 0.985, 1],
    ] as const) {
      it(`refuses a pool beyond the deviation ${words}`, async () => {
        await expectRevert(
          attempt(world, { deposit, exit, assets: quoteUnits(world, "100000") }),
          "HedgedVault_OracleUnhealthy",
          [OracleFlag.spotDeviation],
        );
      });
    }

    it("does not settle on a pool beyond the deviation; the request waits", async () => {
      // The visitor's contract insists on settlement and reverts; a plain request only waits, see redemption.test.ts.
      const failure = await attempt(world, { deposit: 1, exit: 1.02, assets: quoteUnits(world, "1000") }).then(
        () => undefined,
        (error: unknown) => error as { readonly message: string },
      );
      expect(failure?.message).to.contain("HostileDepositor_NotSettled");
    });
  });

  describe("closed", () => {
    const expectClosed = async (name: string, args: readonly unknown[]): Promise<void> => {
      await fundAndApprove(world, world.bob, world.market.quote, quoteUnits(world, "10"), world.addresses.vault);
      await expectRevert(world.vault.connect(world.bob).deposit(quoteUnits(world, "10"), world.bob), name, args);
      await expectRevert(world.vault.connect(world.bob).mint(10n ** 12n, world.bob), name, args);
      await expectRevert(world.vault.previewDeposit(1n), name, args);
      await expectRevert(world.vault.previewMint(1n), name, args);
      expect(await world.vault.maxDeposit(world.bob)).to.equal(0n);
      expect(await world.vault.maxMint(world.bob)).to.equal(0n);
    };
    const expectExitOpen = async (): Promise<bigint> => {
      const shares = (await world.vault.balanceOf(world.alice)) / 10n;
      return await redeemNow(world, world.alice, shares);
    };

    it("above the cap, and open up to it", async () => {
      const cap = (await world.vault.totalAssets()) + quoteUnits(world, "100");
      await (await world.vault.connect(world.admin).setDepositCap(cap)).wait();
      expect(await world.vault.maxDeposit(world.bob)).to.be.within(quoteUnits(world, "99.9"), quoteUnits(world, "100"));
      await fundAndApprove(world, world.bob, world.market.quote, quoteUnits(world, "500"), world.addresses.vault);
      const { name, args } = await revertOf(
        world.vault.connect(world.bob).deposit(quoteUnits(world, "100.1"), world.bob),
      );
      expect(name).to.equal("HedgedVault_DepositAboveCap");
      expect(args[1]).to.equal(cap);
      expect(args[0]).to.be.within(cap, cap + quoteUnits(world, "0.2"));
      await (await world.vault.connect(world.bob).deposit(quoteUnits(world, "99"), world.bob)).wait();
      await (await world.vault.connect(world.admin).setDepositCap(1n)).wait();
      expect(await world.vault.maxDeposit(world.bob)).to.equal(0n);
    });

    it("while paused; exits stay open; open again afterwards", async () => {
      await (await world.vault.connect(world.guardian).pauseDeposits()).wait();
      await expectClosed("HedgedVault_DepositsClosed", [encodeBytes32String("paused")]);
      await expectExitOpen();
      await (await world.vault.connect(world.admin).resumeDeposits()).wait();
      await world.deposit(world.bob, "10");
    });

    it("in wind-down; exits stay open", async () => {
      await (await world.vault.connect(world.guardian).startWindDown()).wait();
      await expectClosed("HedgedVault_DepositsClosed", [encodeBytes32String("wind-down")]);
      await expectExitOpen();
    });

    it("once a hedge was lost, before and after anybody reconciled; exits stay open", async () => {
      await world.actors.step({ price: 5_200, seconds: 900 });
      await liquidateHedge(world, world.bob);
      expect((await world.snapshot()).vault.book.lost).to.equal(true);
      await expectClosed("HedgedVault_DepositsClosed", [encodeBytes32String("degraded")]);
      await (await world.vault.connect(world.bob).reconcile()).wait();
      const { vault: s } = await world.snapshot();
      expect(s.book.lost).to.equal(false);
      expect(s.degraded).to.equal(true);
      await expectClosed("HedgedVault_DepositsClosed", [encodeBytes32String("degraded")]);
      expect(await expectExitOpen()).to.be.greaterThan(0n);
      await (await world.vault.connect(world.admin).clearDegraded()).wait();
      await world.deposit(world.bob, "10");
    });

    it("when a feed is stale, by flag of the feed", async () => {
      await twin.advance(4_000);
      await expectClosed("HedgedVault_OracleUnhealthy", [OracleFlag.baseStale]);
      await twin.advance(90_000);
      await expectClosed("HedgedVault_OracleUnhealthy", [OracleFlag.baseStale | OracleFlag.quoteStale]);
      await world.actors.pushOracle({ baseUsd: 2_500, quoteUsd: 1 });
      await world.deposit(world.bob, "10");
    });

    it("when the pool or its average left the feeds", async () => {
      await world.actors.step({ price: 2_450, baseUsd: 2_500, seconds: 12 });
      await expectClosed("HedgedVault_OracleUnhealthy", [OracleFlag.spotDeviation]);
      await world.actors.step({ price: 2_430, baseUsd: 2_500, seconds: 900 });
      await expectClosed("HedgedVault_OracleUnhealthy", [OracleFlag.spotDeviation | OracleFlag.twapDeviation]);
      await world.actors.step({ price: 2_500, baseUsd: 2_500, seconds: 12 });
      await expectClosed("HedgedVault_OracleUnhealthy", [OracleFlag.twapDeviation]);
      await world.actors.step({ price: 2_500, baseUsd: 2_500, seconds: 900 });
      await world.deposit(world.bob, "10");
    });

    it("V23: off the peg; NAV stays honest in quote, exits and the keeper stay open", async () => {
      const navBefore = await world.vault.totalAssets();
      // A dollar of base costs more quote: 2,500 / 0.88.
      await world.actors.step({ price: 2_500 / 0.88, baseUsd: 2_500, quoteUsd: 0.88, seconds: 900 });
      const { vault: s } = await world.snapshot();
      expect(s.oracle.flags).to.equal(OracleFlag.depeg);
      expect(Number(s.oracle.priceWad) / 1e18).to.be.within(2_840.9, 2_840.91);
      await expectClosed("HedgedVault_OracleUnhealthy", [OracleFlag.depeg]);
      const nav = await world.vault.totalAssets();
      expect(nav, "hedged: the quote's own fall leaves the amount of quote alone").to.be.within(
        (navBefore * 97n) / 100n,
        navBefore,
      );
      const supply = await world.vault.totalSupply();
      const shares = (await world.vault.balanceOf(world.alice)) / 10n;
      const paid = await expectExitOpen();
      expect(paid).to.be.within((((nav * shares) / supply) * 99n) / 100n, (nav * shares) / supply);
      const { decision } = await world.tick();
      expect(decision.kind).to.equal("hedge");
    });
  });

  it("keeps its helpers honest: an unsettled claim is nothing", async () => {
    await twin.advance(4_000);
    await requestRedeem(world, world.alice, 10n ** 12n);
    expect(await world.vault.maxRedeem(world.alice)).to.equal(0n);
    await expectRevert(claimAll(world, world.alice), "HedgedVault_ZeroAmount", []);
    expect(await quoteOf(world, world.alice)).to.equal(0n);
  });
});
