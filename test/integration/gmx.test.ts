import { expect } from "chai";
import { after, afterEach, before, describe, it } from "mocha";

import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import { createGmxWorld, type GmxWorld, USDC, WETH } from "./gmxWorld.ts";

describe("GmxV2Hedge", () => {
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

  it("opens, grows, shrinks and closes a short, each with an order that GMX executes later", async () => {
    const { hedge, vault } = world;
    expect(await hedge.isGenuine()).to.equal(true);
    const before = (await vault.book())[0].navQuote;
    await world.adjust(-100n * WETH, 100_000n * USDC);
    let state = await world.read();
    expect([state.pending, state.deltaBase]).to.deep.equal([true, 0n]);
    expect(await hedge.pendingDeltaBase()).to.equal(-100n * WETH);
    expect(await world.answer()).to.deep.equal(["executed"]);
    await (await vault.reconcile()).wait();
    state = await world.read();
    expect([state.pending, state.lost, state.deltaBase]).to.deep.equal([false, false, -100n * WETH]);
    // A quarter of a million at 0.06 %, impact of 9e-11 of its square, and 0.04 % for closing, which improves the balance.
    expect(state.equityMaxQuote).to.be.within(99_844n * USDC, 99_845n * USDC);
    expect(state.equityMinQuote).to.be.within(99_744n * USDC, 99_745n * USDC);

    await world.adjust(-20n * WETH, 10_000n * USDC);
    expect(await world.answer()).to.deep.equal(["executed"]);
    await world.adjust(60n * WETH, -20_000n * USDC);
    expect(await world.answer()).to.deep.equal(["executed"]);
    state = await world.read();
    expect(state.deltaBase).to.be.within(-60n * WETH - 10n, -60n * WETH + 10n);
    await world.adjust(-state.deltaBase);
    expect(await world.answer()).to.deep.equal(["executed"]);
    await world.adjust(0n);
    expect(await hedge.isEmpty()).to.equal(true);
    state = await world.read();
    expect([state.deltaBase, state.equityMaxQuote]).to.deep.equal([0n, 0n]);
    const spent = before - (await vault.book())[0].navQuote;
    // 240 WETH × 2,500 × 0.06 % or 0.04 %, and impact both ways.
    expect(spent).to.be.within(240n * USDC, 500n * USDC);
  });
});
