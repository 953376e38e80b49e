import { expect } from "chai";
import { id } from "ethers";
import { after, before, describe, it } from "mocha";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import { callBack, createGmxWorld, type GmxWorld, openLong, USD, USDC, WETH } from "./gmxWorld.ts";
import { claimAll, requestRedeem, revertOf } from "./world.ts";

/**
 * Sequences of events at the venue in any order, each followed by leaving altogether. The long form:
 * `HEDGEROW_GMX_SEQUENCES=100000 npm test -- --grep "GMX-1"`; `HEDGEROW_GMX_SEED` starts it elsewhere.
 */
const SEQUENCES = Number(process.env["HEDGEROW_GMX_SEQUENCES"] ?? 25);
const FIRST_SEED = Number(process.env["HEDGEROW_GMX_SEED"] ?? 1);
const STEPS = 8;
const CALLBACKS = ["afterOrderExecution", "afterOrderCancellation", "afterOrderFrozen", "refundExecutionFee"] as const;

/** What a step may be refused with. Anything else is a defect. */
const REFUSALS: readonly string[] = [
  "GmxV2Hedge_OrderInFlight",
  "GmxV2Hedge_ReconcileFirst",
  "GmxV2Hedge_NotExpired",
  "GmxV2Hedge_NothingOwed",
  "GmxV2Hedge_PositionTooSmall",
  "HedgedVault_HedgePending",
  "HedgedVault_HealthMayOnlyRise",
  "HedgedVault_NothingToSettle",
  "HedgedVault_RiskMayOnlyFall",
  "HedgedVault_ShortNotBuyable",
  "HedgedVault_InsufficientIdle",
  "Hedge_NothingPending",
  "Hedge_ReduceExceedsShort",
  "RiskPolicy_DeltaOutsideBand",
  "RiskPolicy_HealthBelowFloor",
  "RiskPolicy_LossBudgetExceeded",
  "RiskPolicy_TurnoverExceeded",
];

describe("a short on GMX, whatever happens in whatever order", () => {
  let twin: Twin;
  let world: GmxWorld;
  let start: TwinSnapshot;
  const seen = new Map<string, number>();
  const count = (what: string): void => {
    seen.set(what, (seen.get(what) ?? 0) + 1);
  };

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    world = await createGmxWorld(twin, { policy: { maxLossBpsPerDay: 1_000n } });
    await world.deposit(world.alice, "1000000");
    await openLong(world, world.guardian, 1_000_000n * USD, 150n * WETH);
    start = await twin.snapshot();
  });
  after(() => twin.close());

  /** True when the call went through; a refusal must be one that a step may meet. */
  const attempt = async (
    what: string,
    call: () => Promise<unknown>,
    again: () => Promise<unknown>,
  ): Promise<boolean> => {
    const done = await call().then(
      () => true,
      () => false,
    );
    if (done) count(what);
    else {
      const { name } = await revertOf(again());
      expect(REFUSALS, `${what} was refused with ${name}`).to.include(name);
      count(`${what} refused`);
    }
    return done;
  };
  /** The venue's own calls: they may be refused by the venue. */
  const venue = async (what: string, call: () => Promise<unknown>): Promise<void> => {
    await call().then(
      () => count(what),
      () => count(`${what} refused`),
    );
  };
  const refresh = async (price: number): Promise<void> => {
    await world.actors.pushOracle({ baseUsd: price, quoteUsd: 1 });
    await world.gmx.setPrices(price);
  };

  const runSequence = async (seed: number): Promise<void> => {
    const random = xoroshiro128plus(seed);
    const pick = (below: number): number => uniformInt(random, 0, below - 1);
    const { hedge, vault, gmx } = world;
    let price = 2_500;
    for (let i = 0; i < STEPS; i++) {
      switch (pick(12)) {
        case 0:
        case 1:
        case 2: {
          const delta = BigInt(pick(161) - 80) * WETH;
          const margin = BigInt(pick(81) - (delta > 0n ? 80 : delta < 0n ? 0 : 40)) * 1_000n * USDC;
          const change = delta > 0n && margin > 0n ? -margin : margin;
          await attempt(
            "adjust",
            () => world.adjust(delta, change),
            () => world.adjust(delta, change),
          );
          break;
        }
        case 3:
        case 4:
          await venue("answer", () => world.answer());
          break;
        case 5:
          // Executed or not, GMX's handler may say anything of any order, any number of times.
          for (let n = pick(3); n >= 0; n--) {
            const key = pick(2) === 0 ? await hedge.orderKey() : id(`order ${seed} ${i}`);
            await callBack(world, gmx.addresses.orderHandler, CALLBACKS[pick(4)] ?? "", key);
            count("callback");
          }
          break;
        case 6:
          await twin.advance(pick(2) === 0 ? 30 : 400);
          break;
        case 7:
          await attempt(
            "cancelStale",
            async () => (await hedge.connect(world.bob).cancelStale()).wait(),
            () => hedge.connect(world.bob).cancelStale.staticCall(),
          );
          break;
        case 8: {
          price = 2_300 + pick(401);
          await world.actors.moveTo(price);
          await refresh(price);
          break;
        }
        case 9:
          if (pick(2) === 0) {
            const size = await hedge.recordedSizeUsd();
            await venue("deleverage", () => gmx.deleverage(world.hedgeAddress, size / BigInt(1 + pick(3))));
          } else {
            // A spike at the venue alone, and a liquidation in it.
            await gmx.setPrices(price * 1.6);
            await venue("liquidate", () => gmx.liquidate(world.hedgeAddress));
            await gmx.setPrices(price);
          }
          break;
        case 10:
          if (pick(2) === 0) await venue("freeze", async () => gmx.freeze((await gmx.orders())[0] ?? ""));
          await (await vault.connect(world.bob).reconcile()).wait();
          count("reconcile");
          break;
        default: {
          const shares = (await vault.balanceOf(world.alice)) / 50n;
          await requestRedeem(world, world.alice, shares);
          count("request");
        }
      }
      const state = await world.read();
      expect(state.equityMinQuote <= state.equityMaxQuote, `seed ${seed}, step ${i}`).to.equal(true);
    }

    // Whatever happened: the order is answered or cancelled, the position closed, and everybody leaves.
    const away = async (): Promise<void> => {
      if (await hedge.inFlight()) {
        await twin.advance(301);
        await (await hedge.connect(world.bob).cancelStale()).wait();
      }
      await (await vault.connect(world.bob).reconcile()).wait();
      await refresh(await world.actors.readPrice());
    };
    await away();
    if (await vault.degraded()) await (await vault.connect(world.admin).clearDegraded()).wait();
    const { deltaBase } = await world.read();
    if (deltaBase < 0n) {
      await world.adjust(-deltaBase);
      expect((await world.gmx.executeAll()).length + (await world.answer()).length).to.be.greaterThan(0);
      await away();
    }
    expect((await world.read()).deltaBase, `seed ${seed}: closed`).to.be.greaterThanOrEqual(0n);
    const nav = (await vault.book())[0].navQuote;
    const owned = await vault.balanceOf(world.alice);
    if (owned > 0n) await requestRedeem(world, world.alice, owned);
    if ((await vault.queueHead()) !== (await vault.queueTail())) await (await vault.settle(100n)).wait();
    const claimed = await claimAll(world, world.alice);
    expect(await vault.totalSupply(), `seed ${seed}: nobody is stuck`).to.equal(0n);
    expect(claimed, `seed ${seed}: paid`).to.be.greaterThanOrEqual((nav * 98n) / 100n);
    expect(await hedge.isEmpty(), `seed ${seed}: empty`).to.equal(true);
  };

  it(`GMX-1 no sequence of orders, answers, callbacks, losses and exits gets stuck (${SEQUENCES} sequences)`, async function () {
    this.timeout(Math.max(240_000, SEQUENCES * 10_000));
    for (let n = 0; n < SEQUENCES; n++) {
      await runSequence(FIRST_SEED + n);
      await twin.revert(start);
    }
    // A fuzzer that never met the interesting states proves nothing.
    for (const what of ["adjust", "answer", "callback", "cancelStale", "reconcile", "request"]) {
      expect(seen.get(what) ?? 0, JSON.stringify([...seen])).to.be.greaterThan(0);
    }
    if (process.env["HEDGEROW_GMX_SEQUENCES"] !== undefined) console.log(JSON.stringify(Object.fromEntries(seen)));
  });
});
