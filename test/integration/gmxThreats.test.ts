import { expect } from "chai";
import { id, ZeroAddress, ZeroHash } from "ethers";
import { after, afterEach, before, describe, it } from "mocha";

import { gmxFieldKey } from "../../localnet/gmx/config.ts";
import { gmxKey } from "../../sdk/chain/gmxKeys.ts";
import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import { adjust, rebalance, remove, add, swap } from "./actions.ts";
import { callBack, createGmxWorld, type GmxWorld, moveMarket, openLong, USD, USDC, WETH } from "./gmxWorld.ts";
import { claimAll, expectRevert, quoteOf, requestRedeem } from "./world.ts";

const DAY = 86_400;
const NO_HEDGE_LEFT = 0n;

/** What has gone wrong with perpetual hedges elsewhere, against the hedge on GMX v2. */
describe("a perpetual hedge", () => {
  let twin: Twin;
  let world: GmxWorld;
  let start: TwinSnapshot;

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    world = await createGmxWorld(twin);
    await world.deposit(world.alice, "600000");
    await world.deposit(world.bob, "400000");
    start = await twin.snapshot();
  });
  afterEach(async () => {
    await twin.revert(start);
    await world.gmx.setPrices(2_500);
  });
  after(() => twin.close());

  const open = async (base = 100n * WETH, margin = 100_000n * USDC): Promise<void> => {
    await world.adjust(-base, margin);
    expect(await world.answer()).to.deep.equal(["executed"]);
    await (await world.vault.reconcile()).wait();
  };
  const equityOf = async (): Promise<readonly [bigint, bigint]> => {
    const { equityMinQuote, equityMaxQuote } = await world.read();
    return [equityMinQuote, equityMaxQuote];
  };
  const feeds = async (): Promise<void> => {
    const price = await world.actors.readPrice();
    await world.actors.pushOracle({ baseUsd: price, quoteUsd: 1 });
  };

  it("V09 every change of size and margin is one order of the right direction, or refused by name", async () => {
    await open();
    for (const [delta, margin] of [
      [-10n * WETH, 0n],
      [-10n * WETH, 5_000n * USDC],
      [0n, 5_000n * USDC],
      [0n, -5_000n * USDC],
      [10n * WETH, 0n],
      [10n * WETH, -5_000n * USDC],
      [-10n * WETH, -5_000n * USDC],
      [10n * WETH, 5_000n * USDC],
    ] as const) {
      const before = await twin.snapshot();
      if (delta !== 0n && margin !== 0n && delta < 0n === margin < 0n) {
        await expectRevert(world.adjust(delta, margin), "GmxV2Hedge_NotOneOrder", [delta, margin]);
      } else {
        const from = await world.read();
        await world.adjust(delta, margin);
        expect(await world.hedge.pendingDeltaBase()).to.equal(delta);
        expect(await world.answer(), `${delta} ${margin}`).to.deep.equal(["executed"]);
        const to = await world.read();
        expect(to.deltaBase - from.deltaBase).to.be.within(delta - 10n, delta + 10n);
        if (margin === 0n && delta === 0n) expect(to.healthWad).to.equal(from.healthWad);
        if (delta === 0n && margin > 0n) expect(to.healthWad > from.healthWad).to.equal(true);
        if (delta === 0n && margin < 0n) expect(to.healthWad < from.healthWad).to.equal(true);
        if (delta > 0n && margin === 0n) expect(to.healthWad > from.healthWad).to.equal(true);
      }
      await twin.revert(before);
    }
  });

  it("V10 the lowest value is never above and the highest never below what the hedge comes to, whatever waits", async () => {
    await openLong(world, world.guardian, 2_000_000n * USD, 300n * WETH);
    await open();
    const worth = async (): Promise<bigint> => {
      const { shortBase } = await world.hedge.position();
      if (shortBase > 0n) {
        await world.adjust(shortBase);
        expect(await world.answer()).to.deep.equal(["executed"]);
      }
      await world.hedge.claimFunding();
      await (await world.vault.reconcile()).wait();
      const { equityMinQuote, equityMaxQuote } = await world.read();
      expect(equityMaxQuote).to.equal(equityMinQuote);
      return equityMinQuote;
    };
    for (const price of [2_500, 2_300, 2_700]) {
      for (const pending of ["nothing", "increase", "decrease", "margin"] as const) {
        const before = await twin.snapshot();
        await moveMarket(world, price);
        if (pending === "increase") await world.adjust(-40n * WETH, 10_000n * USDC);
        if (pending === "decrease") await world.adjust(40n * WETH, -5_000n * USDC);
        if (pending === "margin") await world.adjust(0n, 10_000n * USDC);
        const [low, high] = await equityOf();
        // Executed, and cancelled for want of anybody executing it.
        for (const executed of [true, false]) {
          const waiting = await twin.snapshot();
          // What an order hands to the vault on the way counts as the hedge's; the tests' sum takes it back in.
          const idleBefore = (await world.vault.idle())[1];
          if (executed) await world.answer();
          else if (pending !== "nothing") {
            await twin.advance(301);
            await (await world.hedge.cancelStale()).wait();
            await feeds();
          }
          const left = await worth();
          const true_ = left + (await world.vault.idle())[1] - idleBefore;
          expect(low <= true_ && true_ <= high, `${price} ${pending} ${executed}: ${low} ${true_} ${high}`).to.equal(
            true,
          );
          await twin.revert(waiting);
        }
        await twin.revert(before);
      }
    }
  });

  it("V11 a redemption waits for the venue's answer and is paid out of what the keeper had released", async () => {
    await open();
    await world.adjust(-10n * WETH, 10_000n * USDC);
    const shares = (await world.vault.balanceOf(world.bob)) / 4n;
    await requestRedeem(world, world.bob, shares);
    expect(await world.vault.maxRedeem(world.bob), "waits").to.equal(0n);
    await expectRevert(world.vault.settle.staticCall(10n), "HedgedVault_HedgePending", [0n]);
    expect(await world.answer()).to.deep.equal(["executed"]);
    // Answered, but nothing has been released yet.
    await expectRevert(world.vault.settle.staticCall(10n), "HedgedVault_HedgePending", [0n]);
    await world.adjust(11n * WETH, -12_000n * USDC);
    expect(await world.answer()).to.deep.equal(["executed"]);
    await (await world.vault.settle(10n)).wait();
    const paid = await claimAll(world, world.bob);
    // A tenth of a vault of about a million.
    expect(paid).to.be.within(99_500n * USDC, 100_000n * USDC);
  });

  for (const [what, price] of [
    ["a loss", 2_700],
    ["a gain", 2_350],
  ] as const) {
    it(`V11 leaves in kind with the own part of ${what} through an order, and again when GMX cancelled it`, async () => {
      await open();
      const shares = await world.vault.balanceOf(world.bob);
      const request = await requestRedeem(world, world.bob, shares);
      await twin.advance(DAY + 1);
      await moveMarket(world, price);
      const [low, high] = await equityOf();
      await (await world.vault.connect(world.bob).exitInKind(request, world.bob, 0n, NO_HEDGE_LEFT)).wait();
      const inHand = await quoteOf(world, world.bob);
      const left = await world.read();
      // His part no longer counts as the vault's, executed or not.
      expect(left.deltaBase).to.be.within(-60n * WETH - 10n, -60n * WETH + 10n);
      expect(left.equityMaxQuote).to.be.within((high * 599n) / 1_000n, (high * 601n) / 1_000n);
      await (await world.hedge.connect(world.bob).payExit(world.bob, { value: 10n ** 17n })).wait();
      // Nobody executes it: it is cancelled by a stranger, and sent again by another.
      await expectRevert(world.hedge.connect(world.guardian).cancelStale(), "GmxV2Hedge_NotExpired");
      await twin.advance(300);
      await (await world.hedge.connect(world.guardian).cancelStale()).wait();
      expect(await world.hedge.owedTo(world.bob)).to.be.greaterThan(0n);
      await feeds();
      await (await world.hedge.connect(world.keeper).payExit(world.bob, { value: 10n ** 17n })).wait();
      expect(await world.answer()).to.deep.equal(["executed"]);
      const received = (await quoteOf(world, world.bob)) - inHand;
      // Four tenths of the hedge's lowest value; those who stay keep six.
      expect(received).to.be.within((low * 398n) / 1_000n, (low * 400n) / 1_000n);
      await (await world.vault.reconcile()).wait();
      const after_ = await world.read();
      expect(after_.equityMinQuote).to.be.greaterThanOrEqual((low * 599n) / 1_000n);
      expect(after_.equityMaxQuote).to.be.lessThanOrEqual((high * 601n) / 1_000n);
      expect([await world.hedge.owedTo(world.bob), await world.hedge.owedSizeUsd()]).to.deep.equal([0n, 0n]);
      expect(after_.lost).to.equal(false);
      await expectRevert(world.hedge.payExit(world.bob, { value: 10n ** 17n }), "GmxV2Hedge_NothingOwed");
    });
  }

  it("V12 callbacks that are forged, repeated, late or wrong change nothing; without them reconcile finds the truth", async () => {
    const { hedge, gmx } = world;
    const names = ["afterOrderExecution", "afterOrderCancellation", "afterOrderFrozen", "refundExecutionFee"];
    await world.adjust(-100n * WETH, 100_000n * USDC);
    const key = await hedge.orderKey();
    const waiting = [...(await world.read())];
    for (const name of names) {
      await expectRevert(callBack(world, await world.bob.getAddress(), name, key), "GmxV2Hedge_OnlyController", [
        await world.bob.getAddress(),
      ]);
      for (const k of [key, key, id("another"), ZeroHash]) await callBack(world, gmx.addresses.orderHandler, name, k);
    }
    expect([...(await world.read())], "a handler's word is not the venue's state").to.deep.equal(waiting);
    expect(await hedge.inFlight()).to.equal(true);
    // Missing: the order names nobody to call any more, and the position is found all the same.
    await gmx.setAddress(gmxFieldKey(key, "CALLBACK_CONTRACT"), ZeroAddress);
    expect(await world.answer()).to.deep.equal(["executed"]);
    expect((await world.read()).deltaBase).to.equal(-100n * WETH);
    await (await world.vault.connect(world.bob).reconcile()).wait();
    expect(await hedge.recordedSizeUsd()).to.equal(250_000n * USD);
    for (const name of names) await callBack(world, gmx.addresses.orderHandler, name, key);
    expect((await world.read()).deltaBase).to.equal(-100n * WETH);
    // Out of gas: GMX swallows it, the order is executed and the refund comes all the same.
    await world.adjust(0n, 1_000n * USDC);
    await gmx.setUint(gmxFieldKey(await hedge.orderKey(), "CALLBACK_GAS_LIMIT"), 1n);
    const wei = await twin.rpc.balanceOf(world.hedgeAddress);
    expect(await world.answer()).to.deep.equal(["executed"]);
    expect(await twin.rpc.balanceOf(world.hedgeAddress)).to.be.greaterThan(wei);
    expect((await world.read()).pending).to.equal(false);
  });

  it("V12 a stranger's reconcile tells of a loss and remembers nothing", async () => {
    await open();
    const { hedge } = world;
    await moveMarket(world, 3_495);
    await world.gmx.liquidate(world.hedgeAddress);
    expect(await hedge.connect(world.bob).reconcile.staticCall()).to.equal(true);
    await (await hedge.connect(world.bob).reconcile()).wait();
    expect((await world.read()).lost).to.equal(true);
    expect(await hedge.recordedSizeUsd()).to.equal(250_000n * USD);
  });

  it("V13 a successful receipt that executed nothing is found: a price beyond the bound cancels", async () => {
    await world.adjust(-100n * WETH, 100_000n * USDC);
    const nav = (await world.vault.book())[0].navQuote;
    // The policy's bound is 1 %: 2,470 is below it.
    await world.gmx.setPrices(2_470);
    const [answer] = await world.gmx.executeAll();
    expect([answer?.outcome, answer?.receipt.status]).to.deep.equal(["cancelled", "0x1"]);
    const state = await world.read();
    expect([state.pending, state.lost, state.deltaBase]).to.deep.equal([false, false, 0n]);
    // The margin came back, and so did what the expected cost had lowered the value by.
    expect(state.equityMinQuote).to.equal(100_000n * USDC);
    expect((await world.vault.book())[0].navQuote).to.be.greaterThan(nav);
    await world.adjust(0n);
    expect((await world.vault.idle())[1]).to.equal(1_000_000n * USDC);
  });

  it("V14 what a stranger claims for the hedge stays the holders'", async () => {
    await openLong(world, world.guardian, 5_000_000n * USD, 600n * WETH);
    await open();
    await twin.advance(10 * DAY);
    await feeds();
    await world.gmx.setPrices(2_500);
    // Funding is settled by the next change of the position.
    await world.adjust(0n, 1_000n * USDC);
    expect(await world.answer()).to.deep.equal(["executed"]);
    await (await world.vault.reconcile()).wait();
    const owed = await world.gmx.getUint(
      gmxKey(
        "CLAIMABLE_FUNDING_AMOUNT",
        ["address", world.gmx.addresses.market],
        ["address", world.market.base],
        ["address", world.hedgeAddress],
      ),
    );
    expect(owed, "longs pay shorts in the base").to.be.greaterThan(WETH / 10n);
    await feeds();
    const assets = await world.vault.totalAssets();
    const { deltaBase } = await world.read();
    await (await world.hedge.connect(world.bob).claimFunding()).wait();
    // Accrued borrowing and funding of one second apart.
    const now = await world.vault.totalAssets();
    expect(now > assets ? now - assets : assets - now).to.be.lessThan(USDC);
    const after_ = (await world.read()).deltaBase;
    expect(after_ > deltaBase ? after_ - deltaBase : deltaBase - after_).to.be.lessThan(WETH / 1_000n);
    await world.adjust(0n);
    expect((await world.vault.idle())[0]).to.be.greaterThanOrEqual(owed);
  });

  it("V15 a liquidation leaves old shares with their part of what is left, and closes deposits until somebody looked", async () => {
    await open();
    const before = await world.vault.totalAssets();
    await moveMarket(world, 3_495);
    expect((await world.read()).healthWad).to.be.lessThan(WETH);
    expect((await world.vault.book())[0].lost).to.equal(false);
    await world.gmx.liquidate(world.hedgeAddress);
    expect((await world.vault.book())[0].lost).to.equal(true);
    expect(await world.vault.maxDeposit(world.bob)).to.equal(0n);
    await (await world.vault.connect(world.bob).reconcile()).wait();
    expect(await world.vault.degraded()).to.equal(true);
    const state = await world.read();
    expect([state.lost, state.deltaBase]).to.deep.equal([false, 0n]);
    await (await world.vault.connect(world.admin).clearDegraded()).wait();
    const left = await world.vault.totalAssets();
    expect(left).to.be.within(before - 101_000n * USDC, before - 95_000n * USDC);
    await world.deposit(world.guardian, "100000");
    for (const [who, part] of [
      [world.alice, 600n],
      [world.bob, 400n],
    ] as const) {
      await requestRedeem(world, who, await world.vault.balanceOf(who));
      const paid = await claimAll(world, who);
      expect(paid).to.be.within((left * (part - 1n)) / 1_000n, (left * part) / 1_000n);
    }
    await requestRedeem(world, world.guardian, await world.vault.balanceOf(world.guardian));
    expect(await claimAll(world, world.guardian)).to.be.within(99_999n * USDC, 100_001n * USDC);
  });

  for (const [what, part] of [
    ["half", 2n],
    ["all", 1n],
  ] as const) {
    it(`V20 ${what} of the hedge deleveraged in one block: degraded, nothing shorts again, liquidity may go first`, async () => {
      // Liquidity of 40 WETH or so beside the short.
      await rebalance(world, [swap(40n * WETH)]);
      await open(40n * WETH, 60_000n * USDC);
      const range = { tickLower: 196_250, tickUpper: 200_250 };
      await rebalance(world, [add(range, 3n * 10n ** 15n)]);
      await moveMarket(world, 2_400);
      for (const side of [true, false]) {
        await world.gmx.setUint(
          gmxKey(
            "MAX_PNL_FACTOR",
            ["bytes32", gmxKey("MAX_PNL_FACTOR_FOR_ADL")],
            ["address", world.gmx.addresses.market],
            ["bool", side],
          ),
          1n,
        );
      }
      const size = await world.hedge.recordedSizeUsd();
      const [low] = await equityOf();
      expect(await world.vault.maxDeposit(world.bob)).to.be.greaterThan(0n);
      await world.gmx.deleverage(world.hedgeAddress, size / part);
      // Nothing is gone but the hedge: what it was worth waits here.
      const [lowAfter] = await equityOf();
      expect(lowAfter).to.be.greaterThan(low - 100n * USDC);
      expect((await world.vault.book())[0].lost).to.equal(true);
      expect(await world.vault.maxDeposit(world.bob)).to.equal(0n);
      // Before anybody reconciled the keeper cannot short again either.
      await expectRevert(rebalance(world, [adjust(0, -20n * WETH)]), "HedgedVault_RiskMayOnlyFall", [0n]);
      await expectRevert(rebalance(world, [adjust(0, 0n, 1_000n * USDC)]), "GmxV2Hedge_ReconcileFirst", [
        size,
        size - size / part,
      ]);
      await (await world.vault.connect(world.bob).reconcile()).wait();
      expect(await world.vault.degraded()).to.equal(true);
      await expectRevert(rebalance(world, [adjust(0, -20n * WETH)]), "HedgedVault_RiskMayOnlyFall", [0n]);
      const [held] = (await world.snapshot()).vault.ranges;
      if (held === undefined) throw new Error("no range");
      await expectRevert(rebalance(world, [add(range, 10n ** 14n)]), "HedgedVault_RiskMayOnlyFall", [0n]);
      const { deltaBase } = (await world.vault.book())[0];
      expect(deltaBase).to.be.greaterThan(10n * WETH);
      await rebalance(world, [remove(held), swap(-deltaBase)]);
      const now = (await world.vault.book())[0];
      expect(now.deltaBase < deltaBase / 10n).to.equal(true);
      // Exits go on: a part of the rest is paid.
      await (await world.vault.connect(world.admin).clearDegraded()).wait();
    });
  }
});
