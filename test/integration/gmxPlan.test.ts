import { expect } from "chai";
import { describe, it } from "mocha";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

import type { Twin } from "../../localnet/twin.ts";
import { decide } from "../../sdk/policy/decide.ts";
import { exposureOf } from "../../sdk/policy/exposure.ts";
import { planFor } from "../../sdk/policy/plan.ts";
import { defaultSettings } from "../../sdk/policy/settings.ts";
import type { Market } from "../../sdk/policy/types.ts";
import { settleableShares } from "../../sdk/policy/redemption.ts";
import { createGmxWorld, type GmxWorld, moveMarket } from "./gmxWorld.ts";
import { expectRevert, requestRedeem, TEST_MARKET, useTwin } from "./world.ts";

const DEFAULT_BANDS = { maxDeltaBps: 500n, emergencyDeltaBps: 1_000n, cooldownSeconds: 60n } as const;

const STEPS = 8;

describe("plans on the simulated GMX", () => {
  let twin: Twin;
  let world: GmxWorld;

  useTwin(async (started) => {
    twin = started;
    world = await createGmxWorld(twin, { policy: DEFAULT_BANDS });
  });

  /** Plans, sends and has the venue answer until the policy is content. Returns what it did. */
  const actUntilContent = async (words: string, market: Market = TEST_MARKET): Promise<readonly string[]> => {
    const kinds: string[] = [];
    for (let i = 0; i < 40; i++) {
      await twin.advance(60);
      const before = await world.snapshot();
      const decision = decide(before, market, defaultSettings);
      const plan = planFor(before, decision, defaultSettings);
      if (plan === undefined) {
        expect(
          decision.kind,
          `${words}: nothing planned after ${kinds.join()}: ${decision.reasons[0]?.text ?? ""}`,
        ).to.equal("hold");
        return kinds;
      }
      await world.send(plan).catch((error: unknown) => {
        throw new Error(`${words}: ${decision.kind} after ${kinds.join()} reverted`, { cause: error });
      });
      kinds.push(decision.kind);
      const answers = await world.answer();
      expect(
        answers.every((answer) => answer === "executed"),
        answers.join(),
      ).to.equal(true);
      const { vault: v } = await world.snapshot();
      expect(v.book.pending).to.equal(false);
    }
    throw new Error(`${words}: not content after ${kinds.join()}`);
  };

  it("build a hedged position by steps that never leave the band, and follow the price", async () => {
    await world.deposit(world.alice, "1000000");
    await actUntilContent("entering");
    const entered = exposureOf(await world.snapshot());
    expect(entered.liquidityQuote).to.be.greaterThan(entered.navQuote * 0.6);
    expect(Math.abs(entered.deltaBase)).to.be.lessThan(entered.shortBase * 0.01);
    expect(entered.health).to.be.greaterThan(defaultSettings.minHealth);
    for (const price of [2_600, 2_900, 2_500, 2_100, 2_400]) {
      await moveMarket(world, price);
      await actUntilContent(`to ${price}`);
      const { deltaBase, navQuote } = exposureOf(await world.snapshot());
      expect(Math.abs(deltaBase * price), `at ${price}`).to.be.lessThan(navQuote * 0.05);
    }
  });

  it("pay whoever leaves out of what the venue paid before", async () => {
    await world.gmx.setPrices(2_500);
    await world.deposit(world.alice, "1000000");
    await world.deposit(world.bob, "200000");
    await actUntilContent("entering");
    const shares = await world.vault.balanceOf(world.bob);
    const worth = await world.vault.convertToAssets(shares);
    const alicesShares = await world.vault.balanceOf(world.alice);
    const alicesWorth = await world.vault.convertToAssets(alicesShares);
    await requestRedeem(world, world.bob, shares);
    await expectRevert(world.vault.settle(10n), "HedgedVault_HedgePending");
    const kinds: string[] = [];
    for (let i = 0; i < 40 && (await world.snapshot()).vault.queue.pendingShares > 0n; i++) {
      kinds.push(...(await actUntilContent("paying")));
      const { vault: v } = await world.snapshot();
      const settleable = settleableShares(v);
      expect(settleable, `after ${kinds.join()}`).to.be.greaterThan(0n);
      await (await world.vault.settleShares(10n, settleable)).wait();
    }
    expect(kinds).to.include("raise");
    const paid = (await world.snapshot()).vault.queue.reservedQuote;
    // Fees of GMX and the pool, and the lowest value of the position.
    expect(paid).to.be.within((worth * 985n) / 1_000n, (worth * 1_005n) / 1_000n);
    expect(await world.vault.convertToAssets(alicesShares), "who stays").to.be.greaterThan(
      (alicesWorth * 9_990n) / 10_000n,
    );
    const rest = exposureOf(await world.snapshot());
    expect(Math.abs(rest.deltaBase * rest.price)).to.be.lessThan(rest.navQuote * 0.05);
  });

  it("wind down to quote, and pay the last one out", async () => {
    await world.gmx.setPrices(2_500);
    await world.deposit(world.alice, "1000000");
    await actUntilContent("entering");
    await moveMarket(world, 2_700);
    await (await world.vault.connect(world.guardian).startWindDown()).wait();
    const nav = await world.vault.totalAssets();
    expect(await actUntilContent("leaving")).to.include("exit");
    const { vault: v } = await world.snapshot();
    expect(v.ranges).to.deep.equal([]);
    expect(await world.hedge.isEmpty()).to.equal(true);
    expect(v.idleQuote).to.be.greaterThan((v.book.navQuote * 999n) / 1_000n);
    expect(v.book.navQuote).to.be.within((nav * 985n) / 1_000n, nav);
    await requestRedeem(world, world.alice, await world.vault.balanceOf(world.alice));
    // Nothing has to be sold for it: the request itself settles.
    const { vault: left } = await world.snapshot();
    expect(left.totalSupply).to.equal(0n);
    expect(left.queue.reservedQuote).to.be.within((v.book.navQuote * 999n) / 1_000n, v.book.navQuote);
  });

  it("rebuild a range that the price has left, both ways", async () => {
    for (const price of [3_500, 1_750]) {
      await world.gmx.setPrices(2_500);
      const start = await twin.snapshot();
      await world.deposit(world.alice, "1000000");
      await actUntilContent("entering");
      await moveMarket(world, price);
      expect(await actUntilContent(`to ${price}`)).to.include("recentre");
      const exposure = exposureOf(await world.snapshot());
      expect(exposure.liquidityQuote, `at ${price}`).to.be.greaterThan(exposure.navQuote * 0.5);
      expect(Math.abs(exposure.deltaBase * price)).to.be.lessThan(exposure.navQuote * 0.05);
      await twin.revert(start);
    }
  });

  for (const seed of [1, 2, 3, 4]) {
    it(`never revert and end inside the band, whatever happened before (seed ${seed})`, async () => {
      const random = xoroshiro128plus(seed);
      const pick = (from: number, to: number): number => uniformInt(random, from, to);
      let price = 2_500;
      await world.gmx.setPrices(price);
      await world.deposit(world.alice, String(10 ** pick(4, 6)));
      const story: string[] = [];
      for (let step = 0; step < STEPS; step++) {
        const what = pick(0, 9);
        if (what < 6) {
          price *= 1 + (pick(-600, 600) / 10_000) * (what === 5 ? 3 : 1);
          await moveMarket(world, price);
          story.push(price.toFixed(0));
        } else if (what < 8) {
          const nav = Number((await world.vault.totalAssets()) / 10n ** 6n);
          await world.deposit(world.bob, String(Math.ceil(nav / pick(2, 20))));
          story.push("in");
        } else {
          const who = pick(0, 1) === 0 ? world.alice : world.bob;
          const shares = (await world.vault.balanceOf(who)) / BigInt(pick(2, 10));
          if (shares > 0n) {
            await requestRedeem(world, who, shares);
            story.push("out");
          }
        }
        const words = `seed ${seed}: ${story.join(" ")}`;
        await actUntilContent(words);
        for (let i = 0; i < 20; i++) {
          const settleable = settleableShares((await world.snapshot()).vault);
          if (settleable === 0n) break;
          await (await world.vault.settleShares(10n, settleable)).wait();
          await moveMarket(world, price);
          await actUntilContent(words);
        }
        const { vault } = await world.snapshot();
        expect(vault.queue.pendingShares, words).to.equal(0n);
        const { deltaBase, navQuote } = exposureOf(await world.snapshot());
        expect(Math.abs(deltaBase * price), words).to.be.lessThan(navQuote * 0.05);
      }
    });
  }
});
