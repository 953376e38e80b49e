import { expect } from "chai";
import { before, describe, it } from "mocha";

import { startTwin, type Twin } from "../../localnet/twin.ts";
import { exposureOf } from "../../sdk/policy/exposure.ts";
import { createVaultWorld, type VaultWorld } from "./world.ts";

describe("vault lifecycle on the twin", () => {
  let twin: Twin;
  let world: VaultWorld;

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    world = await createVaultWorld(twin);
  });

  it("goes the whole way: deposit, recentre, hedge, redeem", async () => {
    const d = await world.deposit(world.alice, "1000000");
    console.log("deposit gas", d.gasUsed);
    const first = await world.tick();
    console.log(first.decision.kind, first.decision.reasons, first.receipt?.gasUsed);
    let s = await world.snapshot();
    console.log(exposureOf(s), s.vault.book, s.vault.bucketQuote);
    await world.actors.step({ price: 2_425, volumeQuote: 1e6, seconds: 900 });
    s = await world.snapshot();
    console.log(exposureOf(s), s.vault.oracle);
    const second = await world.tick();
    console.log(second.decision.kind, second.decision.reasons, second.decision.band, second.receipt?.gasUsed);
    s = await world.snapshot();
    console.log(exposureOf(s), s.vault.book);
    await world.actors.step({ price: 2_500, volumeQuote: 1e6, seconds: 900 });
    const third = await world.tick();
    console.log(third.decision.kind, third.decision.reasons, third.decision.band, third.receipt?.gasUsed);
    const d2 = await world.deposit(world.bob, "100000");
    console.log("deposit gas", d2.gasUsed);
    await world.actors.step({ price: 2_050, volumeQuote: 1e6, seconds: 900 });
    const fourth = await world.tick();
    console.log(fourth.decision.kind, fourth.decision.reasons, fourth.decision.band, fourth.receipt?.gasUsed);
    const fifth = await world.tick();
    console.log(fifth.decision.kind, fifth.decision.reasons, fifth.decision.band, fifth.receipt?.gasUsed);
    s = await world.snapshot();
    console.log(exposureOf(s), s.vault.book);
    const shares = await world.vault.balanceOf(world.alice);
    const tx = await world.vault.connect(world.alice).requestRedeem(shares / 2n, world.alice, world.alice);
    const r = await tx.wait();
    console.log("redeem gas", r?.gasUsed, await world.vault.maxWithdraw(world.alice));
    s = await world.snapshot();
    console.log(exposureOf(s), s.vault.queue, s.vault.book);
    expect(s.vault.queue.pendingShares).to.equal(0n);
  });
});
