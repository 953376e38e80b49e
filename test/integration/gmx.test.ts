import { expect } from "chai";
import { ContractFactory, type InterfaceAbi } from "ethers";
import hre from "hardhat";
import { after, afterEach, before, describe, it } from "mocha";

import { venuesOf } from "../../localnet/venues.ts";
import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import { factoryContract } from "../../sdk/chain/contracts.ts";
import { gmxV2HedgeSpec } from "../../sdk/chain/vaultSpec.ts";
import type { AdapterSpecStruct } from "../../types/contracts/VaultFactory.ts";
import { rebalance, setParams, swap } from "./actions.ts";
import { createGmxWorld, type GmxWorld, USDC, WETH } from "./gmxWorld.ts";
import { expectRevert, revertOf } from "./world.ts";

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
  afterEach(async () => {
    await twin.revert(start);
    await world.gmx.setPrices(2_500);
  });
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

  it("V22 judges the delta both ways: no order beyond the band, no position against an order that may be cancelled", async () => {
    const { vault } = world;
    // 5 % of a million at 2,500 are 20 WETH.
    await setParams(world, { maxDeltaBps: 500n, emergencyDeltaBps: 1_000n });
    const limit = async (): Promise<bigint> => {
      const { navQuote } = (await vault.book())[0];
      return (navQuote * 500n * 10n ** 30n) / 10_000n / (2_500n * WETH);
    };
    expect(await limit()).to.equal(20n * WETH);
    await expectRevert(world.adjust(-21n * WETH, 20_000n * USDC), "RiskPolicy_DeltaOutsideBand");
    await world.adjust(-19n * WETH, 20_000n * USDC);
    // Long against the order: in order once it is executed, 30 WETH long when it is cancelled.
    await expectRevert(rebalance(world, [swap(30n * WETH)]), "RiskPolicy_DeltaOutsideBand");
    await rebalance(world, [swap(19n * WETH)]);
    expect(await world.answer()).to.deep.equal(["executed"]);
    expect((await vault.book())[0].deltaBase).to.be.within(-WETH / 100n, WETH / 100n);
    // Twice the band in one step: from one side of it to the other.
    await rebalance(world, [swap(19n * WETH)]);
    await world.adjust(-38n * WETH, 30_000n * USDC);
    expect(await world.answer()).to.deep.equal(["executed"]);
    expect((await vault.book())[0].deltaBase).to.be.within(-20n * WETH, -18n * WETH);
  });

  it("charges what a round trip costs when it is ordered, and the loss budget stops a keeper that churns", async () => {
    const { vault } = world;
    const before = (await vault.book())[0].navQuote;
    await world.adjust(-100n * WETH, 100_000n * USDC);
    const ordered = (await vault.book())[0].navQuote;
    // 250,000 × (0.06 % + 0.5 % / 2): the fee, and half of the most that impact may take.
    expect(before - ordered).to.equal(775n * USDC);
    let name = "";
    for (let i = 0; i < 40 && name === ""; i++) {
      await world.answer();
      const { shortBase } = await world.hedge.position();
      const [delta, margin] = shortBase > 0n ? [shortBase, 0n] : [-100n * WETH, 100_000n * USDC];
      try {
        await world.adjust(delta, margin);
      } catch {
        ({ name } = await revertOf(world.adjust(delta, margin)));
      }
    }
    expect(name).to.equal("RiskPolicy_LossBudgetExceeded");
    expect(before - (await vault.book())[0].navQuote, "1 % a day, half at once").to.be.lessThan(10_000n * USDC);
  });

  it("is bound to its venue and its vault's own pair and feed", async () => {
    const { system } = world;
    const venues = venuesOf(twin);
    const implementation = system.gmxV2Implementation ?? "";
    const factory = factoryContract(system.factory, world.admin);
    const cloned = async (spec: AdapterSpecStruct): Promise<unknown> =>
      await factory.cloneAdapter.staticCall(spec, world.addresses.vault, 2);
    const { market } = world.gmx.addresses;
    await cloned(gmxV2HedgeSpec(implementation, venues, market));
    for (const wrong of [
      gmxV2HedgeSpec(implementation, { ...venues, quoteFeed: venues.baseFeed }, market),
      gmxV2HedgeSpec(implementation, { ...venues, base: venues.quote, quote: venues.base }, market),
      gmxV2HedgeSpec(implementation, { ...venues, baseDecimals: 17 }, market),
      gmxV2HedgeSpec(implementation, venues, world.hedgeAddress),
    ]) {
      await expectRevert(cloned(wrong), "VaultFactory_NotAnAdapter");
    }
    const stranger = world.hedge.connect(world.bob);
    for (const call of [stranger.adjust(0n, 0n), stranger.unwind(1n, 1n), stranger.unwindInKind(1n, 1n, world.bob)]) {
      await expectRevert(call, "Hedge_OnlyVault", [await world.bob.getAddress()]);
    }
  });

  it("follows GMX to a new router only once the old one has lost its role, and only to one that has it", async () => {
    const { gmx, hedge } = world;
    const { exchangeRouter, orderHandler } = gmx.addresses;
    await expectRevert(hedge.adoptRouter(orderHandler), "GmxV2Hedge_RouterAlive", [exchangeRouter]);
    await world.adjust(-10n * WETH, 10_000n * USDC);
    await world.answer();
    const next = await deployNextRouter(world);
    await gmx.revokeRole(exchangeRouter, "CONTROLLER");
    await expectRevert(hedge.adoptRouter(next), "GmxV2Hedge_BadRouter", [next]);
    await gmx.grantRole(next, "CONTROLLER");
    await gmx.grantRole(next, "ROUTER_PLUGIN");
    await (await hedge.connect(world.bob).adoptRouter(next)).wait();
    await world.adjust(10n * WETH);
    expect(await world.answer()).to.deep.equal(["executed"]);
    await world.adjust(0n);
    expect(await hedge.isEmpty()).to.equal(true);
    // The first one is back and the second dead: whoever adopted it must not have locked the hedge out.
    await expectRevert(hedge.adoptRouter(exchangeRouter), "GmxV2Hedge_BadRouter", [exchangeRouter]);
    await gmx.grantRole(exchangeRouter, "CONTROLLER");
    await gmx.revokeRole(next, "CONTROLLER");
    await (await hedge.connect(world.bob).adoptRouter(exchangeRouter)).wait();
    await world.adjust(-10n * WETH, 10_000n * USDC);
    expect(await world.answer()).to.deep.equal(["executed"]);
    expect((await hedge.position()).shortBase).to.equal(10n * WETH);
  });

  it("hedgeNow closes a net short with base alone and leaves the short where it is", async () => {
    await setParams(world, { maxDeltaBps: 5_000n, emergencyDeltaBps: 5_000n, keeperGraceSeconds: 300n });
    await world.adjust(-190n * WETH, 250_000n * USDC);
    await world.answer();
    await setParams(world, { maxDeltaBps: 500n, emergencyDeltaBps: 1_000n });
    await twin.advance(301);
    await world.actors.pushOracle({ baseUsd: 2_500, quoteUsd: 1 });
    await (await world.vault.connect(world.bob).hedgeNow()).wait();
    const [book] = await world.vault.book();
    expect(book.deltaBase).to.be.within(-WETH, WETH);
    expect([await world.hedge.inFlight(), (await world.hedge.position()).shortBase]).to.deep.equal([
      false,
      190n * WETH,
    ]);
  });

  it("counts a depeg of the quote as the market does, not as a loss of the short", async () => {
    await world.adjust(-100n * WETH, 100_000n * USDC);
    await world.answer();
    const before = await world.read();
    // USDC at 0.90, ETH unchanged in dollars: 100,000 USDC and a position that stands at its entry.
    await world.actors.pushOracle({ baseUsd: 2_500, quoteUsd: 0.9 });
    const after_ = await world.hedge.read((2_500n * WETH * 10n) / 9n);
    const moved = after_.equityMaxQuote - before.equityMaxQuote;
    expect(moved > -5n * USDC && moved < 5n * USDC, `${moved}`).to.equal(true);
  });
});

/** Another router of the simulated venue, at an address of its own. */
async function deployNextRouter(world: GmxWorld): Promise<string> {
  const { abi, bytecode } = await hre.artifacts.readArtifact("GmxV2SimulatorExchangeRouter");
  const { dataStore, orderHandler, router } = world.gmx.addresses;
  const contract = await new ContractFactory(abi as InterfaceAbi, bytecode, world.admin).deploy(
    dataStore,
    orderHandler,
    router,
    world.market.base,
  );
  return await contract.getAddress();
}
