import { expect } from "chai";
import { after, afterEach, before, describe, it } from "mocha";

import { gmxKey } from "../../localnet/gmx/config.ts";
import { adjust, rebalance } from "./actions.ts";
import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import { createGmxWorld, createPlainOrder, fundFees, type GmxWorld, USD, USDC, WETH } from "./gmxWorld.ts";
import { expectRevert } from "./world.ts";

/** What GMX refuses or cancels leaves the vault with what it had. */
describe("GMX v2 says no", () => {
  let twin: Twin;
  let world: GmxWorld;
  let start: TwinSnapshot;

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    world = await createGmxWorld(twin);
    await world.deposit(world.alice, "1000000");
    start = await twin.snapshot();
  });
  afterEach(() => twin.revert(start));
  after(() => twin.close());

  const market = (): readonly [string, string] => ["address", world.gmx.addresses.market];
  const failed = async (call: Promise<unknown>): Promise<boolean> =>
    await call.then(
      () => false,
      () => true,
    );
  /** The order is cancelled with a successful receipt, and everything is back. */
  const expectCancelled = async (base: bigint, margin: bigint): Promise<void> => {
    await world.adjust(-base, margin);
    expect(await world.answer()).to.deep.equal(["cancelled"]);
    await (await world.vault.reconcile()).wait();
    const state = await world.read();
    expect([state.pending, state.lost, state.deltaBase, state.equityMinQuote]).to.deep.equal([
      false,
      false,
      0n,
      margin,
    ]);
    await world.adjust(0n);
    expect((await world.vault.idle())[1]).to.equal(1_000_000n * USDC);
    expect(await world.vault.degraded()).to.equal(false);
  };

  it("a disabled market or a paused feature refuses the order at once", async () => {
    await world.gmx.setBool(gmxKey("IS_MARKET_DISABLED", market()), true);
    expect(await failed(world.adjust(-10n * WETH, 10_000n * USDC))).to.equal(true);
    await world.gmx.setBool(gmxKey("IS_MARKET_DISABLED", market()), false);
    const feature = gmxKey(
      "CREATE_ORDER_FEATURE_DISABLED",
      ["address", world.gmx.addresses.orderHandler],
      ["uint256", 2n],
    );
    await world.gmx.setBool(feature, true);
    expect(await failed(world.adjust(-10n * WETH, 10_000n * USDC))).to.equal(true);
    expect((await world.vault.idle())[1]).to.equal(1_000_000n * USDC);
    await world.gmx.setBool(feature, false);
    await world.adjust(-10n * WETH, 10_000n * USDC);
    expect(await world.answer()).to.deep.equal(["executed"]);
  });

  it("an execution that is paused leaves the order waiting, until anybody cancels it after its time", async () => {
    await world.adjust(-10n * WETH, 10_000n * USDC);
    await world.gmx.setBool(
      gmxKey("EXECUTE_ORDER_FEATURE_DISABLED", ["address", world.gmx.addresses.orderHandler], ["uint256", 2n]),
      true,
    );
    expect(await failed(world.answer())).to.equal(true);
    expect((await world.read()).pending).to.equal(true);
    await expectRevert(world.adjust(0n), "GmxV2Hedge_OrderInFlight", [await world.hedge.orderKey()]);
    await twin.advance(301);
    await (await world.hedge.connect(world.bob).cancelStale()).wait();
    await expectRevert(world.hedge.cancelStale(), "Hedge_NothingPending");
    expect((await world.read()).equityMinQuote).to.equal(10_000n * USDC);
  });

  it("an oracle that is off leaves the order waiting, too", async () => {
    await world.adjust(-10n * WETH, 10_000n * USDC);
    await world.gmx.switchOracleOff();
    expect(await failed(world.gmx.executeAll())).to.equal(true);
    expect(await world.hedge.inFlight()).to.equal(true);
    expect(await world.answer()).to.deep.equal(["executed"]);
  });

  it("prices from after the order's expiration do not execute it", async () => {
    await world.adjust(-10n * WETH, 10_000n * USDC);
    await twin.advance(400);
    expect(await failed(world.answer())).to.equal(true);
    expect(await world.hedge.inFlight()).to.equal(true);
  });

  it("a cap on open interest, too little margin and a frozen order end with everything back", async () => {
    await world.gmx.setUint(gmxKey("MAX_OPEN_INTEREST", market(), ["bool", false]), 20_000n * USD);
    await expectCancelled(10n * WETH, 10_000n * USDC);
    await twin.revert(start);
    // The policy would not let so little margin through; the venue asks for more than it does.
    await expectRevert(world.adjust(-100n * WETH, 1_000n * USDC), "RiskPolicy_HealthBelowFloor");
    await world.gmx.setUint(gmxKey("MIN_COLLATERAL_FACTOR", market()), USD / 2n);
    await expectCancelled(10n * WETH, 10_000n * USDC);
    await twin.revert(start);
    await world.adjust(-10n * WETH, 10_000n * USDC);
    const key = await world.hedge.orderKey();
    expect((await world.gmx.freeze(key)).outcome).to.equal("frozen");
    expect(await world.hedge.inFlight()).to.equal(true);
    expect(await failed(world.answer())).to.equal(true);
    await twin.advance(301);
    await (await world.hedge.cancelStale()).wait();
    expect((await world.read()).equityMinQuote).to.equal(10_000n * USDC);
  });

  it("an order too small for the venue is refused with both values", async () => {
    await expectRevert(world.adjust(-(WETH / 10_000n), 100n * USDC), "GmxV2Hedge_PositionTooSmall", [USD / 4n, USD]);
    await expectRevert(world.adjust(WETH), "Hedge_ReduceExceedsShort", [WETH, 0n]);
  });

  it("an execution fee that nobody funded is refused with both values; anybody may fund it, refunds pay the next", async () => {
    await twin.rpc.setBalance(world.hedgeAddress, 0n);
    const { hedge } = world;
    const failure = world.adjust(-10n * WETH, 10_000n * USDC);
    await expectRevert(failure, "GmxV2Hedge_ExecutionFeeNotFunded");
    await fundFees(world, world.bob, 10n ** 17n);
    await world.adjust(-10n * WETH, 10_000n * USDC);
    const paid = 10n ** 17n - (await twin.rpc.balanceOf(world.hedgeAddress));
    expect(await world.answer()).to.deep.equal(["executed"]);
    const left = await twin.rpc.balanceOf(world.hedgeAddress);
    // The venue keeps what the execution used; the rest is back before the next order.
    expect(left).to.be.greaterThan(10n ** 17n - paid);
    expect((await world.read()).equityMaxQuote, "ETH is nobody's equity").to.be.lessThan(10_000n * USDC);
    expect(await hedge.executionFeeWei(true, 1n)).to.equal(((600_000n + 750_000n + 3_060_000n) * 12n) / 10n);
  });

  it("costs about what a plain account pays to make the same order, on top of what any action of a keeper costs", async () => {
    const order = {
      isLong: false,
      isIncrease: true,
      sizeUsd: 25_000n * USD,
      collateral: 10_000n * USDC,
      executionFeeWei: 10n ** 16n,
    };
    const gasOf = async (delta: bigint, margin: bigint): Promise<bigint> =>
      (await rebalance(world, [adjust(0, delta, margin)])).gasUsed;
    // Both accounts hold a position and have made an order before.
    await createPlainOrder(world, world.bob, order);
    await gasOf(-10n * WETH, 10_000n * USDC);
    await world.answer();
    const plain = await createPlainOrder(world, world.bob, order);
    const collecting = await gasOf(0n, 0n);
    const ordering = await gasOf(-10n * WETH, 10_000n * USDC);
    const measured = `plain ${plain}, rebalance without an order ${collecting}, with one ${ordering}`;
    expect(plain, measured).to.be.within(600_000n, 1_000_000n);
    expect(ordering - collecting, measured).to.be.lessThan((plain * 11n) / 10n);
    if (process.env["HEDGEROW_GMX_GAS"] !== undefined) console.log(`      ${measured}`);
  });
});
