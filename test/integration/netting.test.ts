import { expect } from "chai";
import { type Signer, ZeroAddress } from "ethers";
import { describe, it } from "mocha";
import { uniformBigInt } from "pure-rand/distribution/uniformBigInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

import type { Twin } from "../../localnet/twin.ts";
import {
  atOnce,
  baseOf,
  claimAll,
  createVaultWorld,
  eventsOf,
  expectRevert,
  fundAndApprove,
  multicallSigner,
  quoteOf,
  quoteUnits,
  redeemNow,
  requestRedeem,
  sharePrice,
  type VaultWorld,
  useTwin,
} from "./world.ts";

const SEED = 20261122;
const TOKEN = 10n ** 12n;
const VIRTUAL_SHARES = 10n ** 6n;
const BASE_HEARTBEAT_PASSED = 4_000;
const DAY = 86_400;
const UNLIMITED = (1n << 255n) - 1n;
const PRICE = 2_430;

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);

describe("paying those who wait", () => {
  let twin: Twin;
  /** Alice and bob in a vault with position and hedge, long by a market that fell. */
  let world: VaultWorld;
  /** The same two in a vault that holds nothing but idle quote: every figure can be computed by hand. */
  let idle: VaultWorld;
  let alice: string;
  let bob: string;
  let carol: Signer;

  const prepared = useTwin(async (started) => {
    twin = started;
    world = await createVaultWorld(twin);
    idle = await createVaultWorld(twin);
    [alice, bob] = await Promise.all([world.alice.getAddress(), world.bob.getAddress()]);
    carol = (await twin.ethers.getSigners())[5] as Signer;
    for (const each of [world, idle]) {
      await each.deposit(each.alice, "1000000");
      await each.deposit(each.bob, "100000.777777");
    }
    await world.tick();
    await world.actors.step({ price: PRICE, volumeQuote: 1e7, seconds: 900 });
  });

  const stopOracle = async (): Promise<void> => twin.advance(BASE_HEARTBEAT_PASSED);
  const restartOracle = async (): Promise<void> => world.actors.pushOracle({ baseUsd: PRICE, quoteUsd: 1 });
  const pending = (id: bigint, who: string, on = world): Promise<bigint> => on.vault.pendingRedeemRequest(id, who);
  const claimable = (id: bigint, who: string, on = world): Promise<bigint> => on.vault.claimableRedeemRequest(id, who);
  /** Requests that have to wait, by ids, and an oracle that is back. */
  const wait = async (requests: readonly (readonly [Signer, bigint])[], on = world): Promise<readonly bigint[]> => {
    await stopOracle();
    const ids: bigint[] = [];
    for (const [who, shares] of requests) ids.push(await requestRedeem(on, who, shares));
    await restartOracle();
    return ids;
  };
  const settleShares = async (maxRequests: bigint, maxShares: bigint, on = world): Promise<bigint> => {
    const vault = on.vault.connect(carol);
    const settled = await vault.settleShares.staticCall(maxRequests, maxShares);
    await (await vault.settleShares(maxRequests, maxShares)).wait();
    return settled;
  };

  describe("by a deposit", () => {
    interface Netting {
      /** Shares taken from the head, in all. */
      readonly taken: bigint;
      readonly paid: bigint;
      readonly minted: bigint;
      readonly aliceClaims: readonly [shares: bigint, assets: bigint];
      readonly bobClaims: readonly [shares: bigint, assets: bigint];
    }
    /** A deposit, all of its figures from one moment, and what they must be: `asked` stands at the head of the queue. */
    const net = async (assets: bigint, asked: bigint): Promise<Netting & { readonly expected: Netting["paid"] }> => {
      // A keeper's action counts the fees so far; those of the trade behind it are young.
      expect((await world.tick({ bandSafety: 0.01 })).receipt).to.not.equal(undefined);
      await world.actors.trade(2e7);
      const caller = await multicallSigner(world);
      await fundAndApprove(world, caller, world.market.quote, assets, world.addresses.vault);
      const results = (await atOnce(world, [
        ["book"],
        ["totalSupply"],
        ["idle"],
        ["reservedQuote"],
        ["previewDeposit", assets],
        ["deposit", assets, await carol.getAddress()],
        ["feeLedger"],
        ["totalSupply"],
        ["idle"],
        ["reservedQuote"],
        ["maxRedeem", alice],
        ["maxWithdraw", alice],
        ["maxRedeem", bob],
        ["maxWithdraw", bob],
      ])) as unknown as readonly [
        [{ navQuote: bigint; navMinQuote: bigint; navMaxQuote: bigint }],
        [bigint],
        [bigint, bigint],
        [bigint],
        [bigint],
        [bigint],
        [{ lockedQuote: bigint }],
        [bigint],
        [bigint, bigint],
        [bigint],
        [bigint],
        [bigint],
        [bigint],
        [bigint],
      ];
      const [[book], [supply], [idleBase, idleQuote], [reserved], [preview], [minted], [ledger]] = results;
      const [, , , , , , , [supplyAfter], [idleBaseAfter, idleQuoteAfter], [reservedAfter], ...claims] = results;
      expect(book.navMinQuote, "the band gives NAV-min a distance").to.be.lessThan(book.navQuote);
      expect(ledger.lockedQuote, "some fees are young").to.be.greaterThan(0n);
      // Those who wait are paid at NAV-min, and leave young fees behind, like anybody who leaves.
      const nav = book.navMinQuote - ledger.lockedQuote;
      const affordable = (assets * (supply + VIRTUAL_SHARES)) / (nav + 1n);
      const taken = min(asked, affordable);
      const expected = min((taken * (nav + 1n)) / (supply + VIRTUAL_SHARES), assets);
      const paid = reservedAfter - reserved;
      expect(minted, "the depositor gets what the preview says, queue or not").to.equal(preview);
      expect(supplyAfter - supply).to.equal(minted - taken);
      expect(idleBaseAfter).to.equal(idleBase);
      expect(idleQuoteAfter, "idle").to.equal(idleQuote + assets - paid);
      const [[aliceShares], [aliceAssets], [bobShares], [bobAssets]] = claims;
      expect(aliceShares + bobShares).to.equal(taken);
      expect(aliceAssets + bobAssets, "reserved").to.equal(reservedAfter);
      return {
        taken,
        paid,
        expected,
        minted,
        aliceClaims: [aliceShares, aliceAssets],
        bobClaims: [bobShares, bobAssets],
      };
    };

    it("pays all of a short queue at NAV-min, shared out by shares, to the unit", async () => {
      const [a, b] = [10_000n * TOKEN, 20_000n * TOKEN];
      await wait([
        [world.alice, a],
        [world.bob, b],
      ]);
      const { aliceClaims, bobClaims, paid, expected, taken } = await net(quoteUnits(world, "50000"), a + b);
      expect(taken).to.equal(a + b);
      expect(aliceClaims).to.deep.equal([a, (expected * a) / (a + b)]);
      expect(bobClaims).to.deep.equal([b, (expected * b) / (a + b)]);
      expect(expected - paid, "what the division left").to.be.within(0n, 1n);
    });

    it("takes a part of a head that is larger than the deposit: views, idle and reserved exact", async () => {
      const shares = 500_000n * TOKEN;
      const [id] = (await wait([[world.alice, shares]])) as [bigint];
      const assets = quoteUnits(world, "10000");
      const { taken, paid, expected } = await net(assets, shares);
      expect(taken).to.be.lessThan(shares);
      expect(paid).to.equal(expected);
      expect(assets - paid, "all of the deposit but a unit").to.be.within(0n, 1n);

      // The same as a transaction.
      const idleBefore = (await world.vault.idle()).quote;
      const receipt = await world.deposit(carol, "10000");
      const [settled] = eventsOf(receipt, "RedeemSettled") as [readonly [bigint, string, bigint, bigint]];
      const [settledId, controller, part, assetsPaid] = settled;
      expect([settledId, controller]).to.deep.equal([id, alice]);
      expect(await pending(id, alice)).to.equal(shares - part);
      expect(await claimable(id, alice)).to.equal(part);
      expect(await world.vault.headSettledShares()).to.equal(part);
      expect(await world.vault.queueHead(), "it keeps its place").to.equal(id);
      expect(await world.vault.balanceOf(world.addresses.vault), "the rest in escrow").to.equal(shares - part);
      expect(await world.vault.reservedQuote()).to.equal(assetsPaid);
      expect((await world.vault.idle()).quote).to.equal(idleBefore + assets - assetsPaid);
      expect(await claimAll(world, world.alice)).to.equal(assetsPaid);
      expect([await claimable(id, alice), await pending(id, alice)]).to.deep.equal([0n, shares - part]);

      // A second deposit goes on where the first one ended, and settling takes the rest.
      await world.deposit(carol, "20000");
      const more = await claimable(id, alice);
      expect(await pending(id, alice)).to.equal(shares - part - more);
      expect(await settleShares(1n, UNLIMITED)).to.equal(1n);
      expect(await claimable(id, alice)).to.equal(shares - part);
      expect(await world.vault.headSettledShares()).to.equal(0n);
      expect(await world.vault.queueHead()).to.equal(await world.vault.queueTail());
    });

    it("is first in, first out, three places a deposit", async () => {
      const ids = (await wait([
        [world.alice, 100n * TOKEN],
        [world.bob, 200n * TOKEN],
        [world.alice, 300n * TOKEN],
        [world.bob, 400n * TOKEN],
      ])) as [bigint, bigint, bigint, bigint];
      await world.deposit(carol, "150");
      const part = await claimable(ids[1], bob);
      expect(await claimable(ids[0], alice)).to.equal(100n * TOKEN);
      expect(part).to.be.within(45n * TOKEN, 55n * TOKEN);
      expect([await claimable(ids[2], alice), await claimable(ids[3], bob)]).to.deep.equal([0n, 0n]);
      await world.deposit(carol, "100000");
      expect(await claimable(ids[1], bob)).to.equal(200n * TOKEN);
      expect(await claimable(ids[2], alice)).to.equal(300n * TOKEN);
      expect(await claimable(ids[3], bob), "two, three and four are three places").to.equal(400n * TOKEN);
      expect(await world.vault.queueHead()).to.equal(5n);
    });

    it("leaves a fourth one for the next deposit, and skips places that are empty", async () => {
      const ids = await wait([
        [world.alice, TOKEN],
        [world.alice, TOKEN],
        [world.bob, TOKEN],
        [world.bob, TOKEN],
      ]);
      await (await world.vault.connect(world.alice).cancelRedeemRequest(ids[1] ?? 0n, alice)).wait();
      await world.deposit(carol, "1000");
      expect([await world.vault.maxRedeem(alice), await world.vault.maxRedeem(bob)]).to.deep.equal([TOKEN, TOKEN]);
      expect(await world.vault.queueHead()).to.equal(4n);
      await world.deposit(carol, "1000");
      expect(await world.vault.maxRedeem(bob)).to.equal(2n * TOKEN);
      expect((await world.vault.claimableCancelRedeemRequest(2n, alice)) === TOKEN, "still his").to.equal(true);
    });

    it("pays by mint as by deposit, and no one while nobody waits", async () => {
      await wait([[world.alice, 100n * TOKEN]]);
      await fundAndApprove(world, carol, world.market.quote, quoteUnits(world, "5000"), world.addresses.vault);
      await (await world.vault.connect(carol).mint(1_000n * TOKEN, carol)).wait();
      expect(await world.vault.maxRedeem(alice)).to.equal(100n * TOKEN);
      const reserved = await world.vault.reservedQuote();
      const receipt = await (await world.vault.connect(carol).mint(1_000n * TOKEN, carol)).wait();
      expect(eventsOf(receipt, "RedeemSettled")).to.deep.equal([]);
      expect(await world.vault.reservedQuote()).to.equal(reserved);
    });

    for (const [words, deposits] of [
      ["one large deposit", ["80000"]],
      ["many small ones", Array.from({ length: 40 }, () => "200")],
      ["crumbs", Array.from({ length: 60 }, (_, i) => `0.0000${String(10 + i)}`)],
    ] as const) {
      it(`costs nobody anything: ${words}`, async () => {
        await wait([
          [world.alice, 30_000n * TOKEN],
          [world.bob, 20_000n * TOKEN],
        ]);
        const start = await sharePrice(world);
        let value = start;
        for (const amount of deposits) {
          await world.deposit(carol, amount);
          const now = await sharePrice(world);
          expect(now + 1n >= value, `value a share after a deposit of ${amount}`).to.equal(true);
          value = now;
        }
        const shares = (await world.vault.maxRedeem(alice)) + (await world.vault.maxRedeem(bob));
        const assets = (await world.vault.maxWithdraw(alice)) + (await world.vault.maxWithdraw(bob));
        expect(shares).to.be.greaterThan(0n);
        // Those who were paid: NAV-min is within 0.2 % of NAV here; a deposit's rounding costs them a unit at most.
        const worth = (start * shares) / 10n ** 24n;
        expect(assets).to.be.within((worth * 998n) / 1_000n - BigInt(deposits.length), worth);
      });
    }

    /** What a visitor makes of paying those who wait and leaving, all in one transaction, by the size of the visit. */
    const visit = async (price: number): Promise<readonly (readonly [cost: bigint, profit: bigint])[]> => {
      await world.deposit(carol, "1"); // counts the fees so far; below they have vested, so that they hide nothing
      await world.actors.step({ price, seconds: 7_200 });
      await stopOracle();
      await requestRedeem(world, world.alice, 500_000n * TOKEN);
      await world.actors.pushOracle({ baseUsd: price, quoteUsd: 1 });
      const visitor = await multicallSigner(world);
      await fundAndApprove(world, visitor, world.market.quote, quoteUnits(world, "50000000"), world.addresses.vault);
      const who = await visitor.getAddress();
      const outcomes: (readonly [bigint, bigint])[] = [];
      for (const shares of [10n ** 15n, 10n ** 17n, 6n * 10n ** 17n, 10n ** 19n]) {
        const [[cost], , [settled], [got]] = (await atOnce(world, [
          ["mint", shares, who],
          ["requestRedeem", shares, who, who],
          ["maxRedeem", who],
          ["maxWithdraw", who],
        ])) as unknown as [[bigint], unknown, [bigint], [bigint]];
        expect(settled, "left in the same transaction").to.equal(shares);
        outcomes.push([cost, got - cost]);
      }
      return outcomes;
    };
    for (const price of [2_330, 2_500, 2_600]) {
      it(`earns nothing for a visitor who pays those who wait and leaves at once, at ${price}`, async () => {
        for (const on of [2_510, 2_450, 2_500]) {
          await world.actors.step({ price: on, seconds: 900, push: true });
          await world.tick({ bandSafety: 0.01 });
        }
        expect((await world.vault.feeLedger()).moveCostPpm, "moving was measured").to.be.greaterThan(0n);
        for (const [cost, profit] of await visit(price)) expect(profit, `of ${cost}`).to.be.lessThan(0n);
      });

      it(`earns them a hundred-thousandth at most while no cost was measured yet, at ${price}`, async () => {
        // NAV-min lies below NAV by the curvature of the liquidity over the band, which NAV-max does not lie above it.
        expect((await world.vault.feeLedger()).moveCostPpm).to.equal(0n);
        for (const [cost, profit] of await visit(price)) expect(profit).to.be.lessThan(cost / 100_000n + 1n);
      });
    }

    it("pays no one out of a deposit that is refused", async () => {
      const [id] = (await wait([[world.alice, 100n * TOKEN]])) as [bigint];
      await (await world.vault.connect(world.guardian).pauseDeposits()).wait();
      await fundAndApprove(world, carol, world.market.quote, quoteUnits(world, "500"), world.addresses.vault);
      const refused = world.vault.connect(carol).deposit(quoteUnits(world, "500"), carol);
      await expectRevert(refused, "HedgedVault_DepositsClosed");
      expect(await pending(id, alice)).to.equal(100n * TOKEN);
      expect(await settleShares(1n, UNLIMITED), "settling stays open (control)").to.equal(1n);
    });
  });

  describe("in parts, by settleShares", () => {
    it(`adds up: parts never pay more than all at once, nor less by more than a unit each (seed ${SEED})`, async () => {
      const random = xoroshiro128plus(SEED);
      for (let round = 0; round < 5; round++) {
        await prepared.restore();
        const shares = uniformBigInt(random, 1_000n * TOKEN, await idle.vault.balanceOf(bob));
        const [id] = (await wait([[idle.bob, shares]], idle)) as [bigint];
        const supply = await idle.vault.totalSupply();
        const held = (await idle.vault.idle()).quote;
        const atOncePaid = (held * shares) / supply;
        let left = shares;
        let parts = 0n;
        while (left > 0n) {
          const part = min(left, uniformBigInt(random, 1n, shares / 4n));
          const [supplyNow, heldNow, reserved] = [
            await idle.vault.totalSupply(),
            (await idle.vault.idle()).quote,
            await idle.vault.reservedQuote(),
          ];
          expect(await settleShares(1n, part, idle)).to.equal(part === left ? 1n : 0n);
          left -= part;
          parts += 1n;
          const paid = (heldNow * part) / supplyNow;
          expect((await idle.vault.reservedQuote()) - reserved, "of this part").to.equal(paid);
          expect((await idle.vault.idle()).quote).to.equal(heldNow - paid);
          expect(await pending(id, bob, idle)).to.equal(left);
          expect(await claimable(id, bob, idle)).to.equal(shares - left);
          expect(await idle.vault.totalSupply()).to.equal(supplyNow - part);
        }
        const total = await idle.vault.maxWithdraw(bob);
        expect(total).to.be.within(atOncePaid - parts, atOncePaid);
        expect(await claimAll(idle, idle.bob)).to.equal(total);
      }
    });

    it(`never costs those who stay anything, in a vault with a position, down to parts of one share unit (seed ${SEED})`, async () => {
      await wait([
        [world.alice, 300_000n * TOKEN],
        [world.bob, 50_000n * TOKEN],
      ]);
      const random = xoroshiro128plus(SEED);
      const start = await sharePrice(world);
      let value = start;
      for (let i = 0; i < 40; i++) {
        const part = i % 4 === 0 ? 1n + BigInt(i) : uniformBigInt(random, 1n, 10n ** BigInt(7 + (i % 10)));
        await settleShares(2n, part);
        const now = await sharePrice(world);
        expect(now + 1n >= value, `value a share after part ${i} of ${part} share units`).to.equal(true);
        value = now;
      }
      const shares = await world.vault.maxRedeem(alice);
      const worth = (start * shares) / 10n ** 24n;
      expect(await world.vault.maxWithdraw(alice), "and pays for every part").to.be.within(
        (worth * 99n) / 100n - 40n * 5n,
        worth,
      );
    });

    it("goes over several requests, the last of them in part, and counts those that left the queue", async () => {
      const ids = (await wait([
        [world.alice, 100n * TOKEN],
        [world.bob, 200n * TOKEN],
        [world.alice, 300n * TOKEN],
      ])) as [bigint, bigint, bigint];
      expect(await settleShares(10n, 350n * TOKEN)).to.equal(2n);
      expect(await claimable(ids[0], alice)).to.equal(100n * TOKEN);
      expect(await claimable(ids[1], bob)).to.equal(200n * TOKEN);
      expect([await claimable(ids[2], alice), await pending(ids[2], alice)]).to.deep.equal([50n * TOKEN, 250n * TOKEN]);
      // All of one settlement share its proceeds by shares.
      const [a, b] = [await world.vault.maxWithdraw(alice), await world.vault.maxWithdraw(bob)];
      expect(4n * a - 3n * b).to.be.within(-12n, 12n);
      expect(await settleShares(1n, 250n * TOKEN)).to.equal(1n);
      await expectRevert(world.vault.settleShares(1n, 1n), "HedgedVault_NothingToSettle", []);
    });

    it("settles nothing for nothing", async () => {
      await wait([[world.alice, 100n * TOKEN]]);
      await expectRevert(world.vault.settleShares(1n, 0n), "HedgedVault_NothingToSettle", []);
      await expectRevert(world.vault.settleShares(0n, UNLIMITED), "HedgedVault_NothingToSettle", []);
      await stopOracle();
      await expectRevert(world.vault.settleShares(1n, TOKEN), "HedgedVault_OracleUnhealthy");
    });

    it("leaves the rest to be cancelled, and the settled part to be claimed", async () => {
      const [id, behind] = (await wait([
        [world.alice, 100n * TOKEN],
        [world.bob, 10n * TOKEN],
      ])) as [bigint, bigint];
      await settleShares(1n, 30n * TOKEN);
      const assets = await world.vault.maxWithdraw(alice);
      const balance = await world.vault.balanceOf(alice);
      await (await world.vault.connect(world.alice).cancelRedeemRequest(id, alice)).wait();
      expect([await pending(id, alice), await claimable(id, alice)]).to.deep.equal([0n, 30n * TOKEN]);
      expect(await world.vault.claimableCancelRedeemRequest(id, alice)).to.equal(70n * TOKEN);
      expect(await world.vault.headSettledShares()).to.equal(0n);
      expect(await world.vault.queueHead()).to.equal(behind);
      await expectRevert(
        world.vault.connect(world.alice).cancelRedeemRequest(id, alice),
        "HedgedVault_UnknownRequest",
        [id],
      );
      await (await world.vault.connect(world.alice).claimCancelRedeemRequest(id, alice, alice)).wait();
      expect(await world.vault.balanceOf(alice)).to.equal(balance + 70n * TOKEN);
      expect(await claimAll(world, world.alice)).to.equal(assets);
      expect(await claimable(id, alice)).to.equal(0n);
      // The one behind is whole and next.
      expect(await settleShares(1n, 4n * TOKEN)).to.equal(0n);
      expect([await pending(behind, bob), await claimable(behind, bob)]).to.deep.equal([6n * TOKEN, 4n * TOKEN]);
      expect(await settleShares(1n, UNLIMITED)).to.equal(1n);
      expect(await world.vault.maxRedeem(bob)).to.equal(10n * TOKEN);
      expect(await world.vault.balanceOf(world.addresses.vault), "nothing left in escrow").to.equal(0n);
    });

    it("leaves the rest to go in kind, its age that of the request", async () => {
      const shares = 40_000n * TOKEN;
      const [id] = (await wait([[world.bob, shares]])) as [bigint];
      const part = 15_000n * TOKEN;
      await settleShares(1n, part);
      const assets = await world.vault.maxWithdraw(bob);
      const opensAt = (await world.vault.requestOf(id)).exitOpensAt;
      await twin.advance(DAY);
      await fundAndApprove(world, world.bob, world.market.base, 10n ** 20n, world.addresses.vault);
      expect(BigInt(await twin.timestamp())).to.be.greaterThan(opensAt);
      const before = { supply: await world.vault.totalSupply(), base: await baseOf(world, bob) };
      const { vault: v } = await world.snapshot();
      const receipt = await (await world.vault.connect(world.bob).exitInKind(id, bob, UNLIMITED, 0n)).wait();
      const [exited] = eventsOf(receipt, "ExitedInKind") as [readonly [bigint, string, bigint, bigint, bigint, bigint]];
      expect(exited.slice(0, 3)).to.deep.equal([id, bob, shares - part]);
      expect(await world.vault.totalSupply()).to.equal(before.supply - (shares - part));
      expect((await baseOf(world, bob)) - before.base).to.equal(exited[4] - exited[3]);
      const { vault: w } = await world.snapshot();
      const left = before.supply - (shares - part);
      const range = v.ranges[0]?.liquidity ?? 0n;
      expect(w.ranges[0]?.liquidity).to.equal(range - (range * (shares - part)) / before.supply);
      expect(w.totalSupply).to.equal(left);
      expect([await pending(id, bob), await claimable(id, bob)]).to.deep.equal([0n, part]);
      expect(await claimAll(world, world.bob)).to.equal(assets);
      expect(await world.vault.reservedQuote()).to.equal(0n);
      await expectRevert(
        world.vault.connect(world.bob).exitInKind(id, bob, UNLIMITED, 0n),
        "HedgedVault_UnknownRequest",
        [id],
      );
    });

    it("is claimed across parts by shares and by assets, oldest first, to the last unit", async () => {
      const [first, second] = (await wait([
        [world.alice, 100n * TOKEN],
        [world.alice, 50n * TOKEN],
      ])) as [bigint, bigint];
      const start = await quoteOf(world, alice);
      await settleShares(1n, 40n * TOKEN);
      const one = await world.vault.maxWithdraw(alice);
      await (await world.vault.connect(world.alice).redeem(10n * TOKEN, alice, alice)).wait();
      expect((await quoteOf(world, alice)) - start).to.equal((one * 10n) / 40n);
      expect([await claimable(first, alice), await pending(first, alice)]).to.deep.equal([30n * TOKEN, 60n * TOKEN]);
      await settleShares(1n, 35n * TOKEN);
      const assets = await world.vault.maxWithdraw(alice);
      const sharesLeft = await world.vault.maxRedeem(alice);
      expect(sharesLeft).to.equal(65n * TOKEN);
      await (await world.vault.connect(world.alice).withdraw(assets / 2n, alice, alice)).wait();
      const burnt = sharesLeft - (await world.vault.maxRedeem(alice));
      expect(burnt, "rounded up").to.equal((sharesLeft * (assets / 2n) + assets - 1n) / assets);
      expect(await claimable(first, alice)).to.equal(65n * TOKEN - burnt);
      await settleShares(2n, UNLIMITED);
      expect(await claimable(first, alice)).to.equal(65n * TOKEN - burnt + 25n * TOKEN);
      expect(await claimable(second, alice)).to.equal(50n * TOKEN);
      await (await world.vault.connect(world.alice).redeem(90n * TOKEN - burnt + TOKEN, alice, alice)).wait();
      expect([await claimable(first, alice), await claimable(second, alice)]).to.deep.equal([0n, 49n * TOKEN]);
      await (
        await world.vault.connect(world.alice).withdraw(await world.vault.maxWithdraw(alice), alice, alice)
      ).wait();
      expect([await world.vault.maxRedeem(alice), await world.vault.maxWithdraw(alice)]).to.deep.equal([0n, 0n]);
      expect(await world.vault.reservedQuote()).to.equal(0n);
    });

    it("F5: brings a head through that is larger than the pool's depth, and those behind it", async () => {
      const market = await twin.createMarket({
        baseDecimals: 18,
        quoteDecimals: 6,
        baseIsToken0: false,
        liquidity: [{ rangeFactor: "full", valueQuote: 4_000_000 }],
      });
      const thin = await createVaultWorld(twin, { market });
      await thin.deposit(thin.alice, "1000000");
      await thin.deposit(thin.bob, "50000");
      await thin.tick();
      // Above the range: nothing but quote and a short that has to be bought back.
      await thin.actors.step({ price: 3_900, seconds: 900 });
      const shares = (await thin.vault.balanceOf(alice)) - TOKEN;
      const id = await requestRedeem(thin, thin.alice, shares);
      expect(await pending(id, alice, thin), "the request could not settle").to.equal(shares);
      await expectRevert(thin.vault.settle(1n), "Liquidity_SwapAboveMaximum");
      const behind = await requestRedeem(thin, thin.bob, 1_000n * TOKEN);
      expect(await pending(behind, bob, thin), "nor the one behind it").to.equal(1_000n * TOKEN);
      await expectRevert(thin.vault.settleShares(1n, shares), "Liquidity_SwapAboveMaximum");

      const start = await sharePrice(thin);
      let parts = 0;
      while ((await thin.vault.queueHead()) === id) {
        await settleShares(1n, shares / 25n, thin);
        expect((await sharePrice(thin)) + 1n >= start, `those who stay, after part ${parts}`).to.equal(true);
        await thin.actors.step({ price: 3_900, seconds: 60 }); // the market refills the pool
        parts += 1;
      }
      expect(parts).to.equal(25);
      expect(await claimable(id, alice, thin)).to.equal(shares);
      expect(await settleShares(1n, UNLIMITED, thin)).to.equal(1n);
      expect(await claimable(behind, bob, thin)).to.equal(1_000n * TOKEN);
      const worth = (start * shares) / 10n ** 24n;
      expect(await thin.vault.maxWithdraw(alice), "within the slippage that a settlement may cost").to.be.within(
        (worth * 97n) / 100n,
        worth,
      );
    });
  });

  describe("cancelling, as ERC-7887 says", () => {
    const SHARES = 25n * TOKEN;

    it("emits both events with controller, receiver, id, sender and shares; operators may do both", async () => {
      const [id] = (await wait([[world.alice, SHARES]])) as [bigint];
      const carolAddress = await carol.getAddress();
      await (await world.vault.connect(world.alice).setOperator(carol, true)).wait();
      const asCarol = world.vault.connect(carol);
      const supply = await world.vault.totalSupply();

      const cancelled = await (await asCarol.cancelRedeemRequest(id, alice)).wait();
      expect(eventsOf(cancelled, "CancelRedeemRequest")).to.deep.equal([[alice, id, carolAddress]]);
      expect(eventsOf(cancelled, "Transfer"), "nothing is pushed").to.deep.equal([]);
      expect(await world.vault.pendingCancelRedeemRequest(id, alice), "at once claimable").to.equal(false);
      expect(await world.vault.claimableCancelRedeemRequest(id, alice)).to.equal(SHARES);
      expect(await world.vault.totalSupply(), "they are still shares").to.equal(supply);

      expect(await asCarol.claimCancelRedeemRequest.staticCall(id, bob, alice)).to.equal(SHARES);
      const before = await world.vault.balanceOf(bob);
      const claimed = await (await asCarol.claimCancelRedeemRequest(id, bob, alice)).wait();
      expect(eventsOf(claimed, "CancelRedeemClaim")).to.deep.equal([[alice, bob, id, carolAddress, SHARES]]);
      expect(await world.vault.balanceOf(bob)).to.equal(before + SHARES);
      expect(await world.vault.balanceOf(world.addresses.vault)).to.equal(0n);
      expect(await world.vault.claimableCancelRedeemRequest(id, alice)).to.equal(0n);
      await expectRevert(asCarol.claimCancelRedeemRequest(id, bob, alice), "HedgedVault_UnknownRequest", [id]);
    });

    it("knows its controller: no stranger, no owner who named another, no dismissed operator", async () => {
      await stopOracle();
      await (await world.vault.connect(world.alice).requestRedeem(SHARES, bob, alice)).wait();
      const id = 1n;
      const carolAddress = await carol.getAddress();
      // Alice owned the shares; the request, and all that becomes of it, is bob's.
      await expectRevert(world.vault.connect(world.alice).cancelRedeemRequest(id, alice), "HedgedVault_NotController", [
        alice,
        bob,
      ]);
      await expectRevert(world.vault.connect(world.alice).cancelRedeemRequest(id, bob), "HedgedVault_NotController", [
        alice,
        bob,
      ]);
      await expectRevert(world.vault.connect(carol).cancelRedeemRequest(id, bob), "HedgedVault_NotController", [
        carolAddress,
        bob,
      ]);
      await (await world.vault.connect(world.bob).cancelRedeemRequest(id, bob)).wait();
      expect(await world.vault.claimableCancelRedeemRequest(id, alice)).to.equal(0n);
      await expectRevert(
        world.vault.connect(world.alice).claimCancelRedeemRequest(id, alice, alice),
        "HedgedVault_UnknownRequest",
        [id],
      );
      await expectRevert(
        world.vault.connect(carol).claimCancelRedeemRequest(id, carol, bob),
        "HedgedVault_NotController",
        [carolAddress, bob],
      );
      await (await world.vault.connect(world.bob).setOperator(carol, true)).wait();
      await (await world.vault.connect(world.bob).setOperator(carol, false)).wait();
      await expectRevert(
        world.vault.connect(carol).claimCancelRedeemRequest(id, carol, bob),
        "HedgedVault_NotController",
        [carolAddress, bob],
      );
      await expectRevert(
        world.vault.connect(world.bob).claimCancelRedeemRequest(id, ZeroAddress, bob),
        "ERC20InvalidReceiver",
        [ZeroAddress],
      );
      await (await world.vault.connect(world.bob).claimCancelRedeemRequest(id, bob, bob)).wait();
    });

    it("blocks nothing: no new request, no settlement of others, no claim", async () => {
      const ids = (await wait([
        [world.alice, SHARES],
        [world.bob, 2n * SHARES],
      ])) as [bigint, bigint];
      await (await world.vault.connect(world.alice).cancelRedeemRequest(ids[0], alice)).wait();
      // What was cancelled stays in escrow beside what is settled now, and is not burnt with it.
      const id = await requestRedeem(world, world.alice, TOKEN);
      expect([await claimable(ids[1], bob), await claimable(id, alice)]).to.deep.equal([2n * SHARES, TOKEN]);
      expect(await world.vault.balanceOf(world.addresses.vault)).to.equal(SHARES);
      await claimAll(world, world.alice);
      await claimAll(world, world.bob);
      const before = await world.vault.balanceOf(alice);
      await (await world.vault.connect(world.alice).claimCancelRedeemRequest(ids[0], alice, alice)).wait();
      expect(await world.vault.balanceOf(alice)).to.equal(before + SHARES);
    });

    it("keeps the shares in what they were: they gain and lose with all others until they are claimed", async () => {
      const [id] = (await wait([[idle.bob, SHARES]], idle)) as [bigint];
      await (await idle.vault.connect(idle.bob).cancelRedeemRequest(id, bob)).wait();
      const part = (await idle.vault.balanceOf(alice)) / 2n;
      const paid = await redeemNow(idle, idle.alice, part);
      expect(paid).to.equal((quoteUnits(idle, "1100000.777777") * part) / (1_100_000_777_777n * 10n ** 6n));
      await (await idle.vault.connect(idle.bob).claimCancelRedeemRequest(id, bob, bob)).wait();
      const shares = await idle.vault.balanceOf(bob);
      expect(await redeemNow(idle, idle.bob, shares)).to.be.within(
        quoteUnits(idle, "100000.777777") - 2n,
        quoteUnits(idle, "100000.777777"),
      );
    });

    it("is refused for what is settled, cancelled or was never asked for", async () => {
      const id = await requestRedeem(world, world.alice, SHARES);
      const { vault } = world;
      const asAlice = vault.connect(world.alice);
      await expectRevert(asAlice.cancelRedeemRequest(id, alice), "HedgedVault_UnknownRequest", [id]);
      await expectRevert(asAlice.cancelRedeemRequest(0n, alice), "HedgedVault_UnknownRequest", [0n]);
      await expectRevert(asAlice.cancelRedeemRequest(77n, alice), "HedgedVault_UnknownRequest", [77n]);
      await expectRevert(asAlice.claimCancelRedeemRequest(id, alice, alice), "HedgedVault_UnknownRequest", [id]);
      const [waiting] = (await wait([[world.alice, SHARES]])) as [bigint];
      await (await asAlice.cancelRedeemRequest(waiting, alice)).wait();
      await expectRevert(asAlice.cancelRedeemRequest(waiting, alice), "HedgedVault_UnknownRequest", [waiting]);
      expect(await claimAll(world, world.alice), "the settled one is untouched (control)").to.be.greaterThan(0n);
    });
  });
});
