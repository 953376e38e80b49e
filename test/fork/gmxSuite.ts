import { expect } from "chai";
import type { ContractTransactionReceipt } from "ethers";
import { after, before, describe, it } from "mocha";

import type { GmxOutcome } from "../../localnet/gmx/driver.ts";
import { abs, quoteUnits, redeemNow, valueOfBase } from "../integration/world.ts";
import type { GmxForkWorld } from "./world.ts";

const DEPOSIT = "250000";
const WAD = 10n ** 18n;
const BPS = 10_000n;

export interface GmxSuiteOptions {
  /** Of one test. Default: mocha's. */
  readonly timeoutMs?: number;
  readonly onGas?: (action: string, gasUsed: bigint) => void;
}

/**
 * The life of a short on GMX v2: ordered, executed, cancelled, reduced, closed and paid out. In order: the tests build on each
 * other. The plans are written by hand, one step each, and every amount is a part of the vault's value at the pool's price.
 */
export function describeGmxHedge(
  name: string,
  openWorld: () => Promise<GmxForkWorld>,
  options: GmxSuiteOptions = {},
): void {
  describe(name, function () {
    if (options.timeoutMs !== undefined) this.timeout(options.timeoutMs);
    let world: GmxForkWorld;
    let close: (() => Promise<void>) | undefined;
    let shortBase: bigint;
    let margin: bigint;

    before(async () => {
      world = await openWorld();
      close = () => world.twin.close();
      const { priceWad } = await world.vault.book().then(([book]) => book);
      // A fifth of the deposit short, a tenth as its margin: leverage two.
      shortBase = (quoteUnits(world, DEPOSIT) * 10n ** BigInt(18 + 18 - world.market.quoteDecimals)) / (5n * priceWad);
      margin = quoteUnits(world, DEPOSIT) / 10n;
    });
    after(() => close?.());

    const read = async (): Promise<Awaited<ReturnType<GmxForkWorld["hedge"]["read"]>>> =>
      await world.hedge.read((await world.vault.book())[0].priceWad);
    const navQuote = async (): Promise<bigint> => (await world.vault.book())[0].navQuote;
    /** GMX's keeper answers the order in flight, at the pool's price times a factor; then the vault takes note. */
    const answer = async (action: string, factor = 1): Promise<GmxOutcome> => {
      const { quoteUsd, keeperOfGmx, hedge, actors } = world;
      const baseUsd = (await actors.readPrice()) * quoteUsd * factor;
      const { outcome, receipt } = await keeperOfGmx.execute(await hedge.orderKey(), { baseUsd, quoteUsd });
      options.onGas?.(`GMX: execute, ${action}`, BigInt(receipt.gasUsed));
      await (await world.vault.reconcile()).wait();
      return outcome;
    };
    const order = async (action: string, deltaBase: bigint, marginQuote = 0n): Promise<ContractTransactionReceipt> => {
      const receipt = await world.adjust(deltaBase, marginQuote);
      options.onGas?.(`GMX: order, ${action}`, receipt.gasUsed);
      expect(await world.hedge.inFlight(), "the order waits at the venue").to.equal(true);
      return receipt;
    };

    it("trades at a genuine market of the pair and takes deposits", async () => {
      expect(await world.hedge.isGenuine()).to.equal(true);
      await world.deposit(world.alice, DEPOSIT);
      expect(await navQuote()).to.equal(quoteUnits(world, DEPOSIT));
    });

    it("opens a short with an order that a keeper of GMX executes later", async () => {
      await order("open", -shortBase, margin);
      const waiting = await read();
      expect([waiting.pending, waiting.deltaBase]).to.deep.equal([true, 0n]);
      expect(await answer("open")).to.equal("executed");
      const state = await read();
      expect([state.pending, state.lost]).to.deep.equal([false, false]);
      expect(abs(state.deltaBase + shortBase), `${state.deltaBase}, ordered -${shortBase}`).to.be.lessThan(
        shortBase / 100n,
      );
      // Fees and impact of opening and closing, on twice the margin.
      expect(state.equityMaxQuote).to.be.within((margin * 98n) / 100n, (margin * 101n) / 100n);
      expect(state.healthWad).to.be.greaterThan(WAD + WAD / 4n);
      expect(await navQuote()).to.be.greaterThan((quoteUnits(world, DEPOSIT) * 9_970n) / BPS);
    });

    it("has its margin back when GMX cancels an order, and the position as it was", async () => {
      const [before, nav] = [await read(), await navQuote()];
      await order("increase that is cancelled", -shortBase / 2n, margin / 2n);
      // A short sells: 3 % lower is beyond the slippage that the vault allows.
      expect(await answer("cancel", 0.97)).to.equal("cancelled");
      const state = await read();
      expect([state.pending, state.lost]).to.deep.equal([false, false]);
      expect(abs(state.deltaBase - before.deltaBase)).to.be.lessThan(shortBase / 10_000n);
      expect(abs((await navQuote()) - nav), "nothing is lost but a few seconds of fees").to.be.lessThan(nav / 10_000n);
      // What came back waits at the hedge until the next call.
      const idle = (await world.snapshot()).vault.idleQuote;
      await world.adjust(0n);
      expect((await world.snapshot()).vault.idleQuote - idle).to.be.within(margin / 2n, margin / 2n + 1n);
    });

    it("gains when the price falls, and takes half off with the gain", async () => {
      const before = await read();
      const price = await world.actors.readPrice();
      await world.actors.step({ price: price * 0.98, volumeQuote: 1e5, seconds: 900 });
      const after = await read();
      const gain = valueOfBase(world, shortBase, BigInt(Math.round(price * 0.02 * 1e9)) * 10n ** 9n);
      const gained = after.equityMaxQuote - before.equityMaxQuote;
      expect(gained, `gained ${gained}, two percent are ${gain}`).to.be.within((gain * 9n) / 10n, (gain * 11n) / 10n);
      await order("decrease", shortBase / 2n);
      expect(await answer("decrease")).to.equal("executed");
      const state = await read();
      expect(abs(state.deltaBase + shortBase / 2n)).to.be.lessThan(shortBase / 50n);
    });

    it("closes and hands everything over", async () => {
      const { shortBase: left } = await world.hedge.position();
      await order("close", left);
      expect(await answer("close")).to.equal("executed");
      await world.adjust(0n);
      expect(await world.hedge.isEmpty()).to.equal(true);
      const state = await read();
      expect(state.deltaBase).to.equal(0n);
      expect(state.equityMaxQuote).to.be.lessThan(quoteUnits(world, "1"));
    });

    it("pays the depositor out, who has lost no more than the venue's fees", async () => {
      const nav = await navQuote();
      expect(nav).to.be.within(
        (quoteUnits(world, DEPOSIT) * 9_950n) / BPS,
        (quoteUnits(world, DEPOSIT) * 10_100n) / BPS,
      );
      const paid = await redeemNow(world, world.alice, await world.vault.balanceOf(world.alice));
      expect(nav - paid).to.be.within(-1n, quoteUnits(world, "1"));
      expect(await world.vault.totalSupply()).to.equal(0n);
    });
  });
}
