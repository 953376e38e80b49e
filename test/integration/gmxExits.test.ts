import { expect } from "chai";
import { after, afterEach, before, describe, it } from "mocha";

import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import { gmxKey } from "../../sdk/chain/gmxKeys.ts";
import { createGmxWorld, type GmxWorld, moveMarket, USD, USDC, WETH } from "./gmxWorld.ts";
import { expectRevert, quoteOf, requestRedeem } from "./world.ts";

const DAY = 86_400;
/** HedgeStatus of a call that the venue answers later. */
const PENDING = 1n;
const FEE = { value: 10n ** 17n };

/** Who leaves a short on GMX in kind is owed a part of it until an order paid it: what happens in between. */
describe("leaving a short on GMX v2 in kind", () => {
  let twin: Twin;
  let world: GmxWorld;
  let start: TwinSnapshot;

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    world = await createGmxWorld(twin);
    await world.deposit(world.alice, "600000");
    await world.deposit(world.bob, "400000");
    await world.adjust(-100n * WETH, 100_000n * USDC);
    await answered();
    start = await twin.snapshot();
  });
  afterEach(async () => {
    await twin.revert(start);
    await world.gmx.setPrices(2_500);
  });
  after(() => twin.close());

  const answered = async (): Promise<void> => {
    expect(await world.answer()).to.deep.equal(["executed"]);
    expect((await world.read()).lost, "what was ordered is no loss").to.equal(false);
    await (await world.vault.reconcile()).wait();
    expect(await world.vault.degraded()).to.equal(false);
  };
  /** Bob leaves in kind with all he has, two fifths of the vault, and is owed his part of the short. */
  const bobLeaves = async (): Promise<void> => {
    const request = await requestRedeem(world, world.bob, await world.vault.balanceOf(world.bob));
    await twin.advance(DAY + 1);
    await moveMarket(world, 2_500);
    await (await world.vault.connect(world.bob).exitInKind(request, world.bob, 0n, 0n)).wait();
  };
  const payBob = async (): Promise<bigint> => {
    const before_ = await quoteOf(world, world.bob);
    await (await world.hedge.connect(world.keeper).payExit(world.bob, FEE)).wait();
    await answered();
    return (await quoteOf(world, world.bob)) - before_;
  };
  const difference = (a: bigint, b: bigint): bigint => (a > b ? a - b : b - a);

  it("a part that was paid is not taken from the rest again, before anybody looked", async () => {
    await bobLeaves();
    await (await world.hedge.connect(world.bob).payExit(world.bob, FEE)).wait();
    const waiting = await world.read();
    expect(await world.answer()).to.deep.equal(["executed"]);
    // The vault's memory does not know of it yet: a deposit now must not be cheap.
    const paid = await world.read();
    const assets = await world.vault.totalAssets();
    expect(paid.deltaBase).to.equal(waiting.deltaBase);
    expect(paid.equityMinQuote).to.be.within(waiting.equityMinQuote - USDC, waiting.equityMinQuote + 50n * USDC);
    expect([await world.hedge.owedTo(world.bob), await world.hedge.owedSizeUsd()]).to.deep.equal([0n, 0n]);
    await (await world.vault.connect(world.alice).reconcile()).wait();
    const known = await world.read();
    expect(known.deltaBase).to.equal(paid.deltaBase);
    expect(difference(known.equityMinQuote, paid.equityMinQuote), "a second's borrowing").to.be.lessThan(USDC);
    expect(difference(await world.vault.totalAssets(), assets)).to.be.lessThan(USDC);
  });

  for (const [what, order] of [
    ["margin is posted", [0n, 60_000n * USDC]],
    ["margin is released", [0n, -20_000n * USDC]],
    ["the rest grows", [-30n * WETH, 0n]],
    ["the rest is closed and its margin left", [60n * WETH, 0n]],
  ] as const) {
    it(`${what}: neither the leaver nor who stays gains by it`, async () => {
      await bobLeaves();
      const own = await twin.snapshot();
      const fair = await payBob();
      await twin.revert(own);
      await moveMarket(world, 2_500);
      const assets = await world.vault.totalAssets();
      await world.adjust(order[0], order[1]);
      await answered();
      const received = await payBob();
      // Fees and impact of an order, half of a percent of what it trades at most, and an hour's borrowing.
      const size = (order[0] < 0n ? -order[0] : order[0]) * 2_500n * USDC;
      const costs = size / WETH / 200n + 20n * USDC;
      expect(difference(received, fair), "the leaver").to.be.lessThan(costs / 2n + 30n * USDC);
      expect(difference(await world.vault.totalAssets(), assets), "who stays").to.be.lessThan(costs + 200n * USDC);
      expect(await world.hedge.owedSizeUsd()).to.equal(0n);
      // Whatever stayed at the venue is the vault's to close.
      const { shortBase } = await world.hedge.position();
      if (shortBase > 0n) {
        await world.adjust(shortBase);
        await answered();
      }
      await world.adjust(0n);
      expect(await world.hedge.isEmpty()).to.equal(true);
    });
  }

  it("a settlement asks and is told to wait while an order is in flight, and nothing moves", async () => {
    await world.adjust(0n, 5_000n * USDC);
    await twin.rpc.impersonate(await world.vault.getAddress());
    const vault = await twin.ethers.getSigner(await world.vault.getAddress());
    const held = await quoteOf(world, vault);
    for (const [numerator, denominator] of [
      [1n, 2n],
      [1n, 1n],
    ] as const) {
      const flow = await world.hedge.connect(vault).unwind.staticCall(numerator, denominator);
      expect([...flow], `${numerator} of ${denominator}`).to.deep.equal([PENDING, 0n, 0n]);
    }
    expect(await quoteOf(world, vault)).to.equal(held);
    await answered();
    const flow = await world.hedge.connect(vault).unwind.staticCall(0n, 1n);
    expect([...flow], "answered").to.deep.equal([0n, 0n, 0n]);
  });

  it("the keeper cannot release the leaver's margin, whatever health the whole still has", async () => {
    await bobLeaves();
    await expectRevert(world.adjust(0n, -75_000n * USDC), "GmxV2Hedge_MarginOwed");
    await world.adjust(0n, -20_000n * USDC);
    await answered();
  });

  describe("while the exit's order waits", () => {
    /** Ordered at 2,500 and answered at another price of GMX. */
    const orderedThenAnsweredAt = async (price: number): Promise<readonly string[]> => {
      await bobLeaves();
      await (await world.hedge.connect(world.bob).payExit(world.bob, FEE)).wait();
      await world.gmx.setPrices(price);
      return await world.answer();
    };

    it("a price that rose further than the policy's slippage cancels it: the others do not pay what the part lost", async () => {
      expect(await orderedThenAnsweredAt(2_675)).to.deep.equal(["cancelled"]);
      expect(await world.hedge.owedTo(world.bob)).to.be.greaterThan(0n);
      await moveMarket(world, 2_675);
      await (await world.vault.reconcile()).wait();
      const assets = await world.vault.totalAssets();
      const received = await payBob();
      // Two fifths of 100,000 less what 40 WETH lost, 175 each, and what closing costs.
      expect(received).to.be.within(32_600n * USDC, 33_000n * USDC);
      expect(difference(await world.vault.totalAssets(), assets), "who stays").to.be.lessThan(200n * USDC);
    });

    it("a price that rose less is taken", async () => {
      expect(await orderedThenAnsweredAt(2_520)).to.deep.equal(["executed"]);
      expect(await world.hedge.owedTo(world.bob)).to.equal(0n);
    });

    it("a price that fell is taken, however far", async () => {
      expect(await orderedThenAnsweredAt(2_250)).to.deep.equal(["executed"]);
      expect(await world.hedge.owedTo(world.bob)).to.equal(0n);
    });
  });

  it("at an old price only the leaver may order it: it may be one that leaves a part to the others", async () => {
    await bobLeaves();
    await twin.advance(2 * DAY);
    await expectRevert(world.hedge.connect(world.keeper).payExit(world.bob, FEE), "GmxV2Hedge_NoPrice");
    await (await world.hedge.connect(world.bob).payExit(world.bob, FEE)).wait();
    expect(await world.hedge.inFlight()).to.equal(true);
  });

  it("a positive impact is paid once: by the venue, not by those who stay", async () => {
    const { gmx } = world;
    const market = ["address", gmx.addresses.market] as const;
    // The venue gives a thousandth to whoever closes a short, out of a pool that has it.
    for (const isPositive of [true, false]) {
      await gmx.setUint(gmxKey("POSITION_IMPACT_FACTOR", market, ["bool", isPositive]), 10n ** 27n);
      await gmx.setUint(gmxKey("POSITION_IMPACT_EXPONENT_FACTOR", market, ["bool", isPositive]), 10n ** 30n);
    }
    await gmx.setUint(gmxKey("POSITION_IMPACT_POOL_AMOUNT", market), 1_000n * WETH);
    await bobLeaves();
    await moveMarket(world, 2_300);
    const before_ = await world.read();
    const paid = await payBob();
    const after_ = await world.read();
    // 40 WETH that fell by 200, two fifths of the collateral, and 92 of impact.
    expect(paid).to.be.within(47_800n * USDC, 48_200n * USDC);
    expect(difference(after_.equityMinQuote, before_.equityMinQuote), "who stays").to.be.lessThan(30n * USDC);
  });

  it("a position that GMX deleveraged to its least still pays the part, out of the collateral alone", async () => {
    const { gmx, hedgeAddress } = world;
    await bobLeaves();
    await moveMarket(world, 2_450);
    const market = ["address", gmx.addresses.market] as const;
    const purpose = ["bytes32", gmxKey("MAX_PNL_FACTOR_FOR_ADL")] as const;
    await gmx.setUint(gmxKey("MAX_PNL_FACTOR", purpose, market, ["bool", false]), 0n);
    const sizeUsd = await world.hedge.recordedSizeUsd();
    await gmx.deleverage(hedgeAddress, sizeUsd - USD);
    await (await world.vault.reconcile()).wait();
    const before_ = await world.read();

    const held = await quoteOf(world, world.bob);
    await (await world.hedge.connect(world.bob).payExit(world.bob, FEE)).wait();
    // Cancelled, it was not paid, however often it is asked for.
    await twin.advance(301);
    await (await world.hedge.cancelStale()).wait();
    expect(await world.hedge.owedTo(world.bob)).to.equal((sizeUsd * 2n) / 5n);
    await moveMarket(world, 2_450);
    await (await world.hedge.connect(world.bob).payExit(world.bob, FEE)).wait();
    expect(await world.answer()).to.deep.equal(["executed"]);
    expect([await world.hedge.owedTo(world.bob), await world.hedge.owedSizeUsd()]).to.deep.equal([0n, 0n]);
    await (await world.vault.reconcile()).wait();

    // Two fifths of the collateral, and 40 WETH that fell by 50.
    expect((await quoteOf(world, world.bob)) - held).to.be.within(41_850n * USDC, 42_000n * USDC);
    const after_ = await world.read();
    expect(difference(after_.equityMinQuote, before_.equityMinQuote), "who stays").to.be.lessThan(5n * USDC);
    expect(await world.hedge.recordedSizeUsd(), "the size is what it was").to.equal(USD);
  });
});
