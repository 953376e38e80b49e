import { expect } from "chai";
import { id } from "ethers";
import { after, afterEach, before, describe, it } from "mocha";

import { gmxKey } from "../../sdk/chain/gmxKeys.ts";
import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import { createGmxWorld, fundFees, type GmxWorld, USD, USDC, WETH } from "./gmxWorld.ts";
import { claimAll, expectRevert, quoteOf, requestRedeem } from "./world.ts";

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
  /** Selector of what a call reverts with, ours or the venue's. */
  const selectorOf = async (call: Promise<unknown>): Promise<string> => {
    const failure = await call.then(
      () => undefined,
      (error: unknown) => error as { readonly data?: string },
    );
    return failure?.data?.slice(0, 10) ?? "none";
  };
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

  // Each of what GMX may refuse: the keeper's order fails by name or is cancelled, and who wants to leave leaves.
  const disableFeature = async (name: string, orderType: bigint, disabled: boolean): Promise<void> =>
    await world.gmx.setBool(
      gmxKey(name, ["address", world.gmx.addresses.orderHandler], ["uint256", orderType]),
      disabled,
    );
  const refusals: readonly {
    readonly what: string;
    readonly spoil: () => Promise<void>;
    readonly restore: () => Promise<void>;
    /** Delta and margin of the keeper's order where a short of 40 WETH does not stand already. */
    readonly order?: readonly [bigint, bigint];
    /** Error, or what becomes of the order. */
    readonly outcome: string;
    /** An exit's own order meets the same until it is restored. */
    readonly holdsExits: boolean;
  }[] = [
    {
      what: "a disabled market",
      spoil: async () => await world.gmx.setBool(gmxKey("IS_MARKET_DISABLED", market()), true),
      restore: async () => await world.gmx.setBool(gmxKey("IS_MARKET_DISABLED", market()), false),
      outcome: "DisabledMarket(address)",
      holdsExits: true,
    },
    {
      what: "a paused feature",
      spoil: async () => await disableFeature("CREATE_ORDER_FEATURE_DISABLED", 2n, true),
      restore: async () => await disableFeature("CREATE_ORDER_FEATURE_DISABLED", 2n, false),
      outcome: "DisabledFeature(bytes32)",
      holdsExits: false,
    },
    {
      what: "a cap on open interest",
      spoil: async () =>
        await world.gmx.setUint(gmxKey("MAX_OPEN_INTEREST", market(), ["bool", false]), 100_000n * USD),
      restore: async () => undefined,
      outcome: "cancelled",
      holdsExits: false,
    },
    {
      what: "an order too small",
      spoil: async () => undefined,
      restore: async () => undefined,
      order: [-WETH / 10_000n, 100n * USDC],
      outcome: "GmxV2Hedge_PositionTooSmall(uint256,uint256)",
      holdsExits: false,
    },
    {
      what: "an execution fee too low",
      spoil: async () => await twin.rpc.setBalance(world.hedgeAddress, 0n),
      restore: async () => undefined,
      outcome: "GmxV2Hedge_ExecutionFeeNotFunded(uint256,uint256)",
      holdsExits: false,
    },
    {
      what: "an oracle that is off",
      spoil: async () => await world.gmx.switchOracleOff(),
      restore: async () => await world.gmx.setPrices(2_500),
      outcome: "waiting",
      holdsExits: true,
    },
  ];
  for (const { what, spoil, restore, order: small, outcome, holdsExits } of refusals) {
    it(`${what} (${outcome}): the vault knows, and whoever leaves gets out`, async () => {
      const { vault, hedge, bob } = world;
      await world.deposit(bob, "250000");
      if (small === undefined) {
        await world.adjust(-40n * WETH, 60_000n * USDC);
        expect(await world.answer()).to.deep.equal(["executed"]);
        await (await vault.reconcile()).wait();
      }
      const before_ = await world.read();
      await spoil();
      const order = async (): Promise<void> => await world.adjust(...(small ?? [-10n * WETH, 10_000n * USDC]));
      if (outcome === "cancelled") {
        await order();
        expect(await world.answer()).to.deep.equal(["cancelled"]);
      } else if (outcome === "waiting") {
        await order();
        expect(await failed(world.gmx.executeAll())).to.equal(true);
        expect((await vault.book())[0].pending).to.equal(true);
        await twin.advance(301);
        await (await hedge.connect(bob).cancelStale()).wait();
      } else {
        expect(await selectorOf(order())).to.equal(id(outcome).slice(0, 10));
      }
      await (await vault.reconcile()).wait();
      // What was refused is as if it had not been asked for.
      const known = await world.read();
      expect([known.pending, known.lost, known.deltaBase]).to.deep.equal([false, false, before_.deltaBase]);
      expect(await vault.degraded()).to.equal(false);

      const shares = await vault.balanceOf(bob);
      const request = await requestRedeem(world, bob, shares);
      if (small !== undefined) {
        // Nothing is at the venue: the request is settled with the call that makes it.
        expect(await claimAll(world, bob)).to.be.within(249_999n * USDC, 250_000n * USDC);
        return;
      }
      await twin.advance(86_401);
      await world.actors.pushOracle({ baseUsd: 2_500, quoteUsd: 1 });
      await (await vault.connect(bob).exitInKind(request, bob, 0n, 0n)).wait();
      const inHand = await quoteOf(world, bob);
      const leave = async (): Promise<readonly string[]> => {
        await (await hedge.connect(bob).payExit(bob, { value: WETH / 10n })).wait();
        if (outcome === "waiting") return (await world.gmx.executeAll()).map(({ outcome: o }) => o);
        return await world.answer();
      };
      if (holdsExits) {
        expect(await failed(leave()), "held as long as the venue is down").to.equal(true);
        if (await hedge.inFlight()) {
          await twin.advance(301);
          await (await hedge.connect(bob).cancelStale()).wait();
        }
        expect(await hedge.owedTo(bob)).to.be.greaterThan(0n);
        await restore();
        await world.actors.pushOracle({ baseUsd: 2_500, quoteUsd: 1 });
        await (await hedge.connect(bob).payExit(bob, { value: WETH / 10n })).wait();
        expect(await world.answer()).to.deep.equal(["executed"]);
      } else {
        expect(await leave()).to.deep.equal(["executed"]);
      }
      expect(await hedge.owedTo(bob)).to.equal(0n);
      // A fifth of a hedge of about 60,000.
      expect((await quoteOf(world, bob)) - inHand).to.be.within(11_800n * USDC, 12_050n * USDC);
      await (await vault.reconcile()).wait();
      expect((await world.read()).lost).to.equal(false);
    });
  }
});
