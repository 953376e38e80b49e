import { expect } from "chai";
import { describe, it } from "mocha";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

import type { Twin } from "../../localnet/twin.ts";
import { planFor } from "../../sdk/policy/plan.ts";
import { decide } from "../../sdk/policy/decide.ts";
import { exposureOf } from "../../sdk/policy/exposure.ts";
import { defaultSettings } from "../../sdk/policy/settings.ts";
import { deltaLimit, rebalancedOf } from "./lifecycleSuite.ts";
import {
  abs,
  createVaultWorld,
  quoteUnits,
  requestRedeem,
  sharePrice,
  TEST_MARKET,
  type VaultWorld,
  useTwin,
} from "./world.ts";

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const STEPS = 14;

describe("plans on the twin", () => {
  let twin: Twin;
  let world: VaultWorld;

  useTwin(async (started) => {
    twin = started;
    world = await createVaultWorld(twin);
  });

  /** Plans and sends until the policy is content; asserts the promises of every plan. Returns the kinds of the plans. */
  const actUntilContent = async (words: string): Promise<readonly string[]> => {
    const kinds: string[] = [];
    for (let i = 0; i < 8; i++) {
      const before = await world.snapshot();
      const decision = decide(before, TEST_MARKET, defaultSettings);
      const plan = planFor(before, decision, defaultSettings);
      if (plan === undefined) {
        expect(decision.kind, `${words}: nothing planned for ${kinds.join()}`).to.equal("hold");
        return kinds;
      }
      const priceBefore = await sharePrice(world);
      const receipt = await world.send(plan).catch((error: unknown) => {
        throw new Error(`${words}: ${decision.kind} after ${kinds.join()} reverted`, { cause: error });
      });
      kinds.push(decision.kind);
      const event = rebalancedOf(world, receipt);
      const after = await world.snapshot();
      const said = `${words}, ${kinds.join()}`;
      expect(abs(event.deltaAfterBase) <= plan.promise.maxResidualDeltaBase, `${said}: residual`).to.equal(true);
      const isInside = abs(event.deltaAfterBase) <= deltaLimit(after);
      const shrank = abs(event.deltaAfterBase) < abs(event.deltaBeforeBase);
      expect(isInside || shrank, `${said}: delta in the vault's band`).to.equal(true);
      expect(
        after.vault.book.healthWad >= after.vault.policy.params.healthFloorWad ||
          after.vault.book.healthWad > before.vault.book.healthWad,
        `${said}: health`,
      ).to.equal(true);
      const loss = event.navBeforeQuote - event.navAfterQuote;
      expect(loss <= plan.promise.maxLossQuote, `${said}: loss ${loss}`).to.equal(true);
      if (loss <= 0n) expect((await sharePrice(world)) >= priceBefore - priceBefore / 10n ** 9n, said).to.equal(true);
    }
    throw new Error(`${words}: not content after ${kinds.join()}`);
  };

  for (const seed of SEEDS) {
    it(`never revert and end inside the band, whatever happened before (seed ${seed})`, async () => {
      const random = xoroshiro128plus(seed);
      const pick = (from: number, to: number): number => uniformInt(random, from, to);
      await world.deposit(world.alice, String(10 ** pick(4, 6)));
      let price = 2_500;
      let actions = 0;
      const story: string[] = [];
      for (let step = 0; step < STEPS; step++) {
        const what = pick(0, 9);
        if (what < 6) {
          price *= 1 + (pick(-600, 600) / 10_000) * (what === 5 ? 3 : 1);
          await world.actors.step({ price, volumeQuote: 10 ** pick(4, 7), seconds: pick(400, 7_200) });
          story.push(price.toFixed(0));
        } else if (what < 8) {
          const nav = Number((await world.vault.totalAssets()) / quoteUnits(world, "1"));
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
        // Others trade the pool back to where the feed is, as they do between two plans of a real keeper.
        const kinds = await actUntilContent(`seed ${seed}: ${story.join(" ")}`);
        actions += kinds.length;
        if (kinds.length > 0) await world.actors.step({ price, seconds: 400 });
      }
      expect(actions, "there was something to do (control)").to.be.greaterThan(2);
      const exposure = exposureOf(await world.snapshot());
      expect(Math.abs(exposure.deltaBase * exposure.price)).to.be.lessThan(exposure.navQuote * 0.05);
    });
  }

  for (const factor of [0.75, 0.93, 1, 1.06, 1.3]) {
    it(`exit from a position at ${factor} of its centre, down to dust`, async () => {
      await world.deposit(world.alice, "1000000");
      await actUntilContent("entering");
      await world.actors.step({ price: 2_500 * factor, volumeQuote: 1e6, seconds: 900 });
      await (await world.vault.connect(world.guardian).startWindDown()).wait();
      const nav = await world.vault.totalAssets();
      expect(await actUntilContent(`exit at ${factor}`)).to.include("exit");
      const { vault: v } = await world.snapshot();
      expect(v.ranges).to.deep.equal([]);
      expect(v.idleQuote).to.be.greaterThan((v.book.navQuote * 99n) / 100n);
      expect(v.book.navQuote).to.be.within((nav * 99n) / 100n, nav);
    });
  }

  it("deleverage when the price runs away from the margin", async () => {
    await world.deposit(world.alice, "1000000");
    await actUntilContent("entering");
    await world.actors.step({ price: 3_300, volumeQuote: 1e6, seconds: 900 });
    const { health } = exposureOf(await world.snapshot());
    expect(health).to.be.lessThan(defaultSettings.minHealth);
    const kinds = await actUntilContent("deleverage");
    expect(kinds[0]).to.equal("deleverage");
    expect(exposureOf(await world.snapshot()).health).to.be.greaterThan(defaultSettings.minHealth);
  });
});
