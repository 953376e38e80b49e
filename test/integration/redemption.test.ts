import { expect } from "chai";
import type { Signer } from "ethers";
import { describe, it } from "mocha";
import { uniformBigInt } from "pure-rand/distribution/uniformBigInt";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

import type { Twin } from "../../localnet/twin.ts";
import { vaultInterface } from "../../sdk/chain/contracts.ts";
import { OracleFlag } from "../../sdk/policy/types.ts";
import {
  claimAll,
  createVaultWorld,
  expectRevert,
  quoteOf,
  quoteUnits,
  redeemNow,
  requestRedeem,
  sharePrice,
  type VaultWorld,
  useTwin,
} from "./world.ts";

const SEED = 20261122;
/** Shares that cost one quote token at first. */
const TOKEN = 10n ** 12n;
/** Smallest request that the vault takes. */
const MINIMUM = TOKEN / 100n;
const BASE_HEARTBEAT_PASSED = 4_000;

describe("redemptions", () => {
  let twin: Twin;
  let world: VaultWorld;
  let alice: string;
  let bob: string;
  let carol: Signer;

  useTwin(async (started) => {
    twin = started;
    world = await createVaultWorld(twin);
    [alice, bob] = await Promise.all([world.alice.getAddress(), world.bob.getAddress()]);
    carol = (await twin.ethers.getSigners())[5] as Signer;
    await world.deposit(world.alice, "1000000");
    await world.deposit(world.bob, "100000");
    await world.tick();
    await world.actors.step({ price: 2_470, volumeQuote: 1e6, seconds: 900 });
  });

  const stopOracle = async (): Promise<void> => twin.advance(BASE_HEARTBEAT_PASSED);
  const restartOracle = async (): Promise<void> => world.actors.pushOracle({ baseUsd: 2_470, quoteUsd: 1 });
  const settle = async (max: bigint, by: Signer = carol): Promise<bigint> => {
    const settled = await world.vault.connect(by).settle.staticCall(max);
    await (await world.vault.connect(by).settle(max)).wait();
    return settled;
  };
  const pending = (id: bigint, who: string): Promise<bigint> => world.vault.pendingRedeemRequest(id, who);
  const claimable = (id: bigint, who: string): Promise<bigint> => world.vault.claimableRedeemRequest(id, who);

  describe("ERC-7540", () => {
    it("names its interfaces and no other (ERC-165)", async () => {
      // ERC-165, operators, asynchronous redemption and ERC-7575, as their texts give the numbers.
      for (const id of ["0x01ffc9a7", "0xe3bc4e65", "0x620ee8e4", "0x2f0a18c5"]) {
        expect(await world.vault.supportsInterface(id), id).to.equal(true);
      }
      // Asynchronous deposits it does not have.
      for (const id of ["0xce3bbe50", "0xffffffff", "0x00000000"]) {
        expect(await world.vault.supportsInterface(id), id).to.equal(false);
      }
    });

    it("reverts both exit previews", async () => {
      await expectRevert(world.vault.previewRedeem(1n), "HedgedVault_AsyncOnly", []);
      await expectRevert(world.vault.previewWithdraw(1n), "HedgedVault_AsyncOnly", []);
    });

    it("settles in the transaction of the request, at what the part comes to", async () => {
      const shares = 50_000n * TOKEN;
      const nav = await world.vault.totalAssets();
      const supply = await world.vault.totalSupply();
      const id = await requestRedeem(world, world.alice, shares);
      expect(id).to.equal(1n);
      expect(await pending(id, alice)).to.equal(0n);
      expect(await claimable(id, alice)).to.equal(shares);
      expect(await world.vault.totalSupply()).to.equal(supply - shares);
      const assets = await world.vault.maxWithdraw(alice);
      const worth = (nav * shares) / supply;
      expect(assets).to.be.within((worth * 9_990n) / 10_000n, worth + 5_000n);
      expect(await world.vault.reservedQuote()).to.equal(assets);
      expect(await claimAll(world, world.alice)).to.equal(assets);
      expect(await world.vault.reservedQuote()).to.equal(0n);
    });

    it("emits the request, its settlement and its claim", async () => {
      const shares = 1_000n * TOKEN;
      const receipt = await (await world.vault.connect(world.alice).requestRedeem(shares, bob, alice)).wait();
      const events = (receipt?.logs ?? [])
        .filter((log) => log.address === world.addresses.vault)
        .map((log) => vaultInterface.parseLog(log));
      const argsOf = (name: string): unknown[] => [...(events.find((e) => e?.name === name)?.args ?? [])];
      expect(argsOf("RedeemRequest")).to.deep.equal([bob, alice, 1n, alice, shares]);
      const assets = await world.vault.maxWithdraw(bob);
      expect(argsOf("RedeemSettled")).to.deep.equal([1n, bob, shares, assets]);
      const claim = await (await world.vault.connect(world.bob).redeem(shares, alice, bob)).wait();
      const withdraw = claim?.logs.map((log) => vaultInterface.parseLog(log)).find((e) => e?.name === "Withdraw");
      expect([...(withdraw?.args ?? [])]).to.deep.equal([bob, alice, bob, assets, shares]);
    });

    it("refuses zero shares, nobody as controller, and shares that are not there", async () => {
      const { vault } = world;
      await expectRevert(vault.connect(world.alice).requestRedeem(0n, alice, alice), "HedgedVault_ZeroAmount", []);
      await expectRevert(
        vault.connect(world.alice).requestRedeem(1n, `0x${"0".repeat(40)}`, alice),
        "HedgedVault_ZeroAmount",
        [],
      );
      const balance = await vault.balanceOf(bob);
      await expectRevert(vault.connect(world.bob).requestRedeem(balance + 1n, bob, bob), "ERC20InsufficientBalance", [
        bob,
        balance,
        balance + 1n,
      ]);
    });
  });

  describe("queue", () => {
    it("waits while the oracle is stale, then anybody settles it", async () => {
      await stopOracle();
      const shares = 10_000n * TOKEN;
      const id = await requestRedeem(world, world.alice, shares);
      expect(await pending(id, alice)).to.equal(shares);
      expect(await claimable(id, alice)).to.equal(0n);
      expect(await world.vault.balanceOf(world.addresses.vault), "in escrow").to.equal(shares);
      await expectRevert(world.vault.connect(carol).settle(1n), "HedgedVault_OracleUnhealthy", [OracleFlag.baseStale]);
      await restartOracle();
      expect(await settle(1n)).to.equal(1n);
      expect(await pending(id, alice)).to.equal(0n);
      expect(await claimable(id, alice)).to.equal(shares);
      await expectRevert(world.vault.connect(carol).settle(1n), "HedgedVault_NothingToSettle", []);
    });

    it("is first in, first out, over several controllers", async () => {
      await stopOracle();
      const ids = [
        await requestRedeem(world, world.alice, 100n * TOKEN),
        await requestRedeem(world, world.bob, 200n * TOKEN),
        await requestRedeem(world, world.alice, 300n * TOKEN),
        await requestRedeem(world, world.bob, 400n * TOKEN),
      ] as const;
      expect(ids).to.deep.equal([1n, 2n, 3n, 4n]);
      await restartOracle();
      expect(await settle(2n)).to.equal(2n);
      expect([await claimable(1n, alice), await claimable(2n, bob)]).to.deep.equal([100n * TOKEN, 200n * TOKEN]);
      expect([await pending(3n, alice), await pending(4n, bob)]).to.deep.equal([300n * TOKEN, 400n * TOKEN]);
      expect(await world.vault.queueHead()).to.equal(3n);
      // A new request takes those before it along, three places at most.
      await requestRedeem(world, world.alice, TOKEN);
      expect(await world.vault.queueHead()).to.equal(6n);
      expect(await world.vault.maxRedeem(alice)).to.equal(401n * TOKEN);
      expect(await world.vault.maxRedeem(bob)).to.equal(600n * TOKEN);
    });

    it("shares the proceeds of one settlement out by shares", async () => {
      await stopOracle();
      await requestRedeem(world, world.alice, 1_000n * TOKEN);
      await requestRedeem(world, world.bob, 3_000n * TOKEN);
      await restartOracle();
      await settle(10n);
      const [a, b] = [await world.vault.maxWithdraw(alice), await world.vault.maxWithdraw(bob)];
      expect(b - 3n * a).to.be.within(0n, 3n);
    });

    it("claims in parts, by shares and by assets, oldest request first", async () => {
      await stopOracle();
      await requestRedeem(world, world.alice, 100n * TOKEN);
      await requestRedeem(world, world.alice, 200n * TOKEN);
      await restartOracle();
      await settle(10n);
      const assets = await world.vault.maxWithdraw(alice);
      const start = await quoteOf(world, alice);
      await (await world.vault.connect(world.alice).redeem(120n * TOKEN, alice, alice)).wait();
      expect([await claimable(1n, alice), await claimable(2n, alice)]).to.deep.equal([0n, 180n * TOKEN]);
      expect((await quoteOf(world, alice)) - start).to.equal((assets * 120n) / 300n);
      await (await world.vault.connect(world.alice).withdraw(assets / 3n, alice, alice)).wait();
      expect(await world.vault.maxWithdraw(alice)).to.equal(assets - (assets * 120n) / 300n - assets / 3n);
      await claimAll(world, world.alice);
      expect((await quoteOf(world, alice)) - start, "to the unit").to.equal(assets);
      expect([await world.vault.maxRedeem(alice), await world.vault.maxWithdraw(alice)]).to.deep.equal([0n, 0n]);
      expect([await claimable(1n, alice), await claimable(2n, alice)]).to.deep.equal([0n, 0n]);
    });

    it("gives no more than the claim", async () => {
      await requestRedeem(world, world.alice, 100n * TOKEN);
      const assets = await world.vault.maxWithdraw(alice);
      const { vault } = world;
      await expectRevert(
        vault.connect(world.alice).redeem(100n * TOKEN + 1n, alice, alice),
        "HedgedVault_ClaimExceedsMax",
        [100n * TOKEN + 1n, 100n * TOKEN],
      );
      await expectRevert(
        vault.connect(world.alice).withdraw(assets + 1n, alice, alice),
        "HedgedVault_ClaimExceedsMax",
        [assets + 1n, assets],
      );
      await expectRevert(vault.connect(world.alice).redeem(0n, alice, alice), "HedgedVault_ZeroAmount", []);
    });

    it("V14: pays a stranger nothing, and nobody twice", async () => {
      await requestRedeem(world, world.alice, 100n * TOKEN);
      const nav = await world.vault.totalAssets();
      const carolAddress = await carol.getAddress();
      for (const call of [
        () => world.vault.connect(carol).redeem(TOKEN, carol, alice),
        () => world.vault.connect(carol).withdraw(1n, carol, alice),
      ]) {
        await expectRevert(call(), "HedgedVault_NotController", [carolAddress, alice]);
      }
      await expectRevert(world.vault.connect(carol).redeem(TOKEN, carol, carol), "HedgedVault_ClaimExceedsMax", [
        TOKEN,
        0n,
      ]);
      const paid = await claimAll(world, world.alice);
      expect(paid).to.be.greaterThan(0n);
      await expectRevert(world.vault.connect(world.alice).redeem(1n, alice, alice), "HedgedVault_ClaimExceedsMax", [
        1n,
        0n,
      ]);
      expect((await world.vault.totalAssets()) >= nav - quoteUnits(world, "0.01"), "claims are not NAV").to.equal(true);
    });

    it("lets an operator request, cancel and claim, until it is dismissed", async () => {
      const carolAddress = await carol.getAddress();
      const { vault } = world;
      const asCarol = vault.connect(carol);
      await (await vault.connect(world.alice).setOperator(carol, true)).wait();
      expect(await vault.isOperator(alice, carolAddress)).to.equal(true);
      await (await asCarol.requestRedeem(10n * TOKEN, alice, alice)).wait();
      await (await asCarol.redeem(4n * TOKEN, carol, alice)).wait();
      expect(await quoteOf(world, carolAddress)).to.be.greaterThan(0n);
      await stopOracle();
      await (await asCarol.requestRedeem(5n * TOKEN, alice, alice)).wait();
      await (await asCarol.cancelRedeemRequest(2n, alice)).wait();
      await (await vault.connect(world.alice).setOperator(carol, false)).wait();
      await expectRevert(asCarol.redeem(TOKEN, carol, alice), "HedgedVault_NotController", [carolAddress, alice]);
      await expectRevert(asCarol.requestRedeem(TOKEN, alice, alice), "ERC20InsufficientAllowance", [
        carolAddress,
        0n,
        TOKEN,
      ]);
    });

    it("spends an allowance of shares like a transfer would", async () => {
      const carolAddress = await carol.getAddress();
      await (await world.vault.connect(world.alice).approve(carol, 10n * TOKEN)).wait();
      await (await world.vault.connect(carol).requestRedeem(4n * TOKEN, alice, alice)).wait();
      expect(await world.vault.allowance(alice, carolAddress)).to.equal(6n * TOKEN);
      await expectRevert(
        world.vault.connect(carol).requestRedeem(7n * TOKEN, alice, alice),
        "ERC20InsufficientAllowance",
        [carolAddress, 6n * TOKEN, 7n * TOKEN],
      );
    });
  });

  describe("cancelling", () => {
    it("returns the shares before settlement, and its place is skipped", async () => {
      await stopOracle();
      const balance = await world.vault.balanceOf(alice);
      await requestRedeem(world, world.alice, 10n * TOKEN);
      await requestRedeem(world, world.bob, 20n * TOKEN);
      await requestRedeem(world, world.alice, 30n * TOKEN);
      await (await world.vault.connect(world.alice).cancelRedeemRequest(1n, alice)).wait();
      expect(await pending(1n, alice)).to.equal(0n);
      expect(await world.vault.pendingCancelRedeemRequest(1n, alice), "never waits").to.equal(false);
      expect(await world.vault.claimableCancelRedeemRequest(1n, alice)).to.equal(10n * TOKEN);
      expect(await world.vault.claimableCancelRedeemRequest(1n, bob)).to.equal(0n);
      await (await world.vault.connect(world.alice).claimCancelRedeemRequest(1n, alice, alice)).wait();
      expect(await world.vault.balanceOf(alice)).to.equal(balance - 30n * TOKEN);
      await expectRevert(
        world.vault.connect(world.alice).claimCancelRedeemRequest(1n, alice, alice),
        "HedgedVault_UnknownRequest",
        [1n],
      );
      await restartOracle();
      expect(await settle(2n), "a place that is empty is no request").to.equal(1n);
      expect(await world.vault.maxRedeem(bob)).to.equal(20n * TOKEN);
      expect(await world.vault.queueHead()).to.equal(3n);
    });

    it("skips a run of empty places even while the oracle is dead", async () => {
      await stopOracle();
      for (let i = 0; i < 3; i++) await requestRedeem(world, world.alice, TOKEN);
      for (const id of [1n, 2n, 3n])
        await (await world.vault.connect(world.alice).cancelRedeemRequest(id, alice)).wait();
      expect(await settle(10n)).to.equal(0n);
      expect(await world.vault.queueHead()).to.equal(await world.vault.queueTail());
      await expectRevert(world.vault.settle(10n), "HedgedVault_NothingToSettle", []);
    });

    it("is over once settled, and is nobody else's right", async () => {
      await requestRedeem(world, world.alice, TOKEN);
      await expectRevert(
        world.vault.connect(world.alice).cancelRedeemRequest(1n, alice),
        "HedgedVault_UnknownRequest",
        [1n],
      );
      await expectRevert(
        world.vault.connect(world.alice).cancelRedeemRequest(9n, alice),
        "HedgedVault_UnknownRequest",
        [9n],
      );
      await stopOracle();
      const id = await requestRedeem(world, world.alice, TOKEN);
      await expectRevert(world.vault.connect(carol).cancelRedeemRequest(id, carol), "HedgedVault_NotController", [
        await carol.getAddress(),
        alice,
      ]);
      expect(await pending(id, alice)).to.equal(TOKEN);
    });
  });

  describe("those who stay", () => {
    for (const [words, price] of [
      ["long", 2_430],
      ["short", 2_570],
      ["above the range", 4_100],
      ["below the range", 1_500],
    ] as const) {
      it(`lose nothing when others leave, ${words} (seed ${SEED})`, async () => {
        await world.actors.step({ price, volumeQuote: 1e6, seconds: 900 });
        const random = xoroshiro128plus(SEED);
        for (let i = 0; i < 10; i++) {
          const balance = await world.vault.balanceOf(alice);
          const decades = uniformInt(random, 0, 5);
          const shares = uniformBigInt(random, MINIMUM, balance / 10n ** BigInt(decades));
          const before = await sharePrice(world);
          const id = await requestRedeem(world, world.alice, shares);
          if ((await claimable(id, alice)) === 0n) {
            await (await world.vault.connect(world.alice).cancelRedeemRequest(id, alice)).wait();
            continue;
          }
          expect((await sharePrice(world)) + 1n >= before, `${shares} of ${balance} shares`).to.equal(true);
        }
        expect(await world.vault.maxRedeem(alice), "some left (control)").to.be.greaterThan(0n);
      });
    }

    it("keep their idle base: a deficit that it does not cover is bought in the pool", async () => {
      // A shade short: the leaver's deficit is small enough to be matched inside the vault, but the idle base of those
      // few who stay is smaller still.
      await world.actors.step({ price: 2_500.8, seconds: 900, push: true });
      const { vault: v } = await world.snapshot();
      const shares = (await world.vault.balanceOf(alice)) - TOKEN;
      const deficit = (-v.book.deltaBase * shares) / v.totalSupply;
      const idleOfOthers = (v.idleBase * (v.totalSupply - shares)) / v.totalSupply;
      expect(deficit, "the state that this is about").to.be.greaterThan(idleOfOthers);
      const before = await sharePrice(world);
      await redeemNow(world, world.alice, shares);
      expect((await sharePrice(world)) + 1n >= before).to.equal(true);
    });

    for (const price of [2_430, 2_500.5, 2_570]) {
      it(`V06: lose nothing to hundreds of the smallest exits, at ${price}`, async () => {
        await world.actors.step({ price, volumeQuote: 1e6, seconds: 900, push: true });
        const before = await sharePrice(world);
        const exits = 150n;
        for (let i = 0n; i < exits; i++) {
          await (
            await world.vault.connect(world.bob).requestRedeem(MINIMUM, bob, bob, { gasLimit: 2_000_000n })
          ).wait();
          expect((await sharePrice(world)) + 1n >= before, `value a share after ${i + 1n} exits`).to.equal(true);
        }
        expect(await world.vault.maxRedeem(bob), "none had to wait").to.equal(exits * MINIMUM);
        const worth = (before * exits * MINIMUM) / 10n ** 24n;
        expect(await world.vault.maxWithdraw(bob)).to.be.within((worth * 99n) / 100n, worth + 1_000n);
      });
    }

    it("do not exist: the last one leaves dust and nothing else", async () => {
      await redeemNow(world, world.bob, await world.vault.balanceOf(bob));
      await redeemNow(world, world.alice, await world.vault.balanceOf(alice));
      const { vault: s } = await world.snapshot();
      expect(s.totalSupply).to.equal(0n);
      expect(s.ranges).to.deep.equal([]);
      expect(s.hedges[0]?.deltaBase).to.equal(0n);
      expect(s.hedges[0]?.equityMinQuote).to.equal(0n);
      expect(s.book.navQuote).to.be.lessThan(1_000n);
      // And the vault is as good as new.
      await world.deposit(world.bob, "1000");
      expect(await redeemNow(world, world.bob, await world.vault.balanceOf(bob))).to.be.greaterThan(
        quoteUnits(world, "999.99"),
      );
    });
  });

  describe("V08: just in time", () => {
    it("earns nothing of fees that were there before, harvested in between or not", async () => {
      await world.actors.step({ price: 2_470, volumeQuote: 2e8, seconds: 900 });
      const { vault: s } = await world.snapshot();
      const fees = s.liquidity.feesQuote + (s.liquidity.feesBase * s.oracle.priceWad) / 10n ** 30n;
      expect(fees, "there is something to snatch (control)").to.be.greaterThan(quoteUnits(world, "250"));
      const assets = quoteUnits(world, "5000000");
      await world.deposit(carol, "5000000");
      const { decision } = await world.tick();
      expect(decision.kind).to.equal("recentre");
      const got = await redeemNow(world, carol, await world.vault.balanceOf(carol));
      expect(got).to.be.lessThan(assets + 1n);
      expect(got).to.be.greaterThan((assets * 9_950n) / 10_000n);
    });

    it("earns of a block's own fees at most what all earned, and takes nothing else", async () => {
      const deposited = quoteUnits(world, "5000000");
      const priceBefore = await sharePrice(world);
      await world.deposit(carol, "5000000");
      const navBefore = await world.vault.totalAssets();
      await world.actors.trade(5e7);
      const earned = (await world.vault.totalAssets()) - navBefore;
      const got = await redeemNow(world, carol, await world.vault.balanceOf(carol));
      expect(earned).to.be.greaterThan(quoteUnits(world, "100"));
      expect(got - deposited).to.be.lessThan(earned);
      expect(await sharePrice(world)).to.be.greaterThan(priceBefore);
    });
  });

  describe("V25: spam", () => {
    it("settles hundreds of small requests in bounded steps", async () => {
      await stopOracle();
      const requests = 300n;
      for (let i = 0n; i < requests; i++) {
        await (
          await world.vault.connect(world.bob).requestRedeem(TOKEN / 10n, bob, bob, { gasLimit: 2_000_000n })
        ).wait();
      }
      await requestRedeem(world, world.alice, 1_000n * TOKEN);
      await restartOracle();
      const gas: bigint[] = [];
      for (const step of [1n, 100n]) {
        const receipt = await (await world.vault.connect(carol).settle(step)).wait();
        gas.push(receipt?.gasUsed ?? 0n);
      }
      const [one, hundred] = gas as [bigint, bigint];
      expect((hundred - one) / 99n, "gas of a further request").to.be.lessThan(50_000n);
      expect(await settle(1_000n)).to.equal(requests + 1n - 101n);
      expect(await world.vault.maxRedeem(bob)).to.equal((requests * TOKEN) / 10n);
      expect(await world.vault.maxRedeem(alice)).to.equal(1_000n * TOKEN);
    });

    for (const price of [2_425, 2_500.5, 2_560]) {
      it(`is not stopped by the smallest requests, at ${price}`, async () => {
        await world.actors.step({ price, volumeQuote: 1e6, seconds: 900, push: true });
        for (const shares of [MINIMUM, MINIMUM + 1n, 3n * MINIMUM, 10n * MINIMUM]) {
          const id = await requestRedeem(world, world.bob, shares);
          expect(await claimable(id, bob), `${shares} shares`).to.equal(shares);
        }
      });
    }

    it("takes no request below a hundredth of a share", async () => {
      await expectRevert(
        world.vault.connect(world.bob).requestRedeem(MINIMUM - 1n, bob, bob),
        "HedgedVault_RequestTooSmall",
        [MINIMUM - 1n, MINIMUM],
      );
    });

    it("is settled whole when asked for more than there is", async () => {
      await stopOracle();
      await requestRedeem(world, world.alice, TOKEN);
      await restartOracle();
      expect(await settle((1n << 256n) - 1n)).to.equal(1n);
    });
  });
});
