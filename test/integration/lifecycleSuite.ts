import { expect } from "chai";
import type { ContractTransactionReceipt } from "ethers";
import { after, before, describe, it } from "mocha";

import type { LocalChain } from "../../localnet/chain.ts";
import { vaultInterface } from "../../sdk/chain/contracts.ts";
import { planFor } from "../../sdk/policy/plan.ts";
import { decide } from "../../sdk/policy/decide.ts";
import { defaultSettings } from "../../sdk/policy/settings.ts";
import type { Decision, Plan, Snapshot } from "../../sdk/policy/types.ts";
import {
  abs,
  baseOf,
  claimAll,
  expectRevert,
  fundAndApprove,
  quoteOf,
  quoteUnits,
  requestRedeem,
  sharePrice,
  TEST_MARKET,
  valueOfBase,
  type VaultWorld,
} from "./world.ts";

const BPS = 10_000n;
/** Just past the part of the way to the edge at which the range is moved. */
const NEAR_LOWER_EDGE = defaultSettings.rangeWidth ** -(defaultSettings.recentreAt + 0.03);

/** Largest move of one swap: 10 %. */
const MAX_LOG_MOVE = 0.1;

/** What one plan did, by its event. */
interface Outcome {
  readonly decision: Decision;
  readonly plan: Plan;
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** As the vault reported it; negative = gain. */
  readonly lossQuote: bigint;
}

export interface LifecycleOptions {
  /** False where the caller closes the twin. */
  readonly closeTwin?: boolean;
  /** Price move that leaves the band, as a fraction; the band is wider where trading is dearer. */
  readonly driftMove?: number;
  /** First deposit in whole quote, a multiple of four; the second is a quarter of it. Default a million. */
  readonly depositQuote?: number;
  /** Of one test; a fork waits for its node. Default: mocha's. */
  readonly timeoutMs?: number;
  /** Called with the gas of what people and the keeper did. */
  readonly onGas?: (action: string, gasUsed: bigint) => void;
}

/**
 * The life of a vault from the first deposit to the last claim, in order: the tests of one suite build on each other.
 * Runs on whatever chain `createWorld` provides; every price is relative to the pool's price at the start.
 *
 */
export function describeLifecycle(
  name: string,
  createWorld: () => Promise<VaultWorld<LocalChain>>,
  options: LifecycleOptions = {},
): void {
  const driftMove = options.driftMove ?? 0.035;
  const depositQuote = options.depositQuote ?? 1_000_000;
  describe(name, function () {
    if (options.timeoutMs !== undefined) this.timeout(options.timeoutMs);
    let world: VaultWorld<LocalChain>;
    /** Absent while there is no world, so that a world that could not be made is the only failure. */
    let close: (() => Promise<void>) | undefined;
    let startPrice: number;
    const started = new Set<string>();

    before(async () => {
      world = await createWorld();
      close = () => world.twin.close();
      startPrice = await world.actors.readPrice();
    });
    after(async () => {
      if (options.closeTwin !== false) await close?.();
    });

    const moveTo = async (factor: number): Promise<void> => {
      const from = await world.actors.readPrice();
      // In parts: each tick that a genuine pool crosses costs gas, and a transaction has a limit.
      const parts = Math.ceil(Math.abs(Math.log((startPrice * factor) / from)) / MAX_LOG_MOVE);
      for (let part = 1; part < parts; part++) {
        await world.actors.moveTo(from * ((startPrice * factor) / from) ** (part / parts));
      }
      await world.actors.step({ price: startPrice * factor, volumeQuote: 1e6, seconds: 900 });
    };

    /** One keeper tick; asserts what holds for every plan, whatever it was for. */
    const act = async (expected: Plan["decision"], name: string): Promise<Outcome> => {
      const first = await world.snapshot();
      const decision = decide(first, TEST_MARKET, defaultSettings);
      expect(decision.kind, decision.reasons.map(({ text }) => text).join()).to.equal(expected);
      const plan = planFor(first, decision, defaultSettings);
      if (plan === undefined) throw new Error(`no plan for ${decision.kind}`);
      const supply = await world.vault.totalSupply();
      const receipt = await world.send(plan);
      options.onGas?.(name, receipt.gasUsed);
      const last = await world.snapshot();
      const event = rebalancedOf(world, receipt);

      expect(event.epoch).to.equal(first.vault.epoch);
      expect(last.vault.epoch).to.equal(first.vault.epoch + 1n);
      expect(abs(event.deltaAfterBase) <= plan.promise.maxResidualDeltaBase, "residual delta promised").to.equal(true);
      expect(abs(event.deltaAfterBase) <= deltaLimit(last), "delta inside the vault's band").to.equal(true);
      const lossQuote = event.navBeforeQuote - event.navAfterQuote;
      expect(lossQuote <= plan.promise.maxLossQuote, `loss ${lossQuote} <= ${plan.promise.maxLossQuote}`).to.equal(
        true,
      );
      expect(last.vault.book.healthWad >= last.vault.policy.params.healthFloorWad, "health above the floor").to.equal(
        true,
      );
      expect(await world.vault.totalSupply(), "a plan mints and burns nothing").to.equal(supply);
      started.add(expected);
      return { decision, plan, before: first, after: last, lossQuote };
    };

    it("gives the first depositor a million shares for a unit of quote", async () => {
      await world.deposit(world.alice, String(depositQuote));
      const assets = quoteUnits(world, String(depositQuote));
      expect(await world.vault.balanceOf(world.alice)).to.equal(assets * 1_000_000n);
      expect(await world.vault.totalAssets()).to.equal(assets);
      expect((await world.snapshot()).vault.idleQuote).to.equal(assets);
    });

    it("puts the money to work without a price bet", async () => {
      const { after: s, lossQuote } = await act("recentre", "first range and hedge");
      expect(s.vault.ranges).to.have.length(1);
      expect(s.vault.liquidity.base > 0n && s.vault.liquidity.quote > 0n, "both sides of the range").to.equal(true);
      expect(s.vault.hedges[0]?.deltaBase).to.be.lessThan(0n);
      expect(valueOfBase(world, abs(s.vault.book.deltaBase), s.vault.oracle.priceWad)).to.be.lessThan(
        s.vault.book.navQuote / 1_000n,
      );
      // Entering borrows the base instead of buying it: no swap, so next to nothing is lost.
      expect(lossQuote).to.be.lessThan(quoteUnits(world, "10"));
    });

    it("has nothing to do while nothing moves", async () => {
      const { decision, receipt } = await world.tick();
      expect(decision.kind).to.equal("hold");
      expect(decision.reasons[0]?.code).to.equal("inside-band");
      expect(receipt).to.equal(undefined);
    });

    for (const [words, factor, sign, action] of [
      ["falls (long)", 1 - driftMove, 1n, "hedge only, short more"],
      ["rises (short)", 1 + driftMove, -1n, "hedge only, buy back"],
    ] as const) {
      it(`brings the delta back when the price ${words}`, async () => {
        await moveTo(factor);
        const { before: s, after: hedged, decision, lossQuote } = await act("hedge", action);
        expect(s.vault.book.deltaBase * sign, "drifted to the expected side").to.be.greaterThan(0n);
        expect(abs(hedged.vault.book.deltaBase)).to.be.lessThan(abs(s.vault.book.deltaBase));
        expect(hedged.vault.book.deltaBase * sign, "does not overshoot").to.be.greaterThan(0n);
        const target = decision.kind === "hedge" ? Math.abs(decision.targetDeltaBase) : NaN;
        const left = Number(abs(hedged.vault.book.deltaBase)) / 10 ** world.market.baseDecimals;
        expect(Math.abs(left / target - 1), `delta ${left}, target ${target}`).to.be.lessThan(0.05);
        // The swap's fee and impact, on the base it moved.
        const moved = abs(s.vault.book.deltaBase - hedged.vault.book.deltaBase);
        expect(lossQuote).to.be.lessThan((valueOfBase(world, moved, s.vault.oracle.priceWad) * 50n) / BPS);
      });
    }

    it("sells a share to the second depositor for at least what it is worth", async () => {
      const priceBefore = await sharePrice(world);
      const navBefore = await world.vault.totalAssets();
      const { gasUsed } = await world.deposit(world.bob, String(depositQuote / 4));
      options.onGas?.("deposit, new holder", gasUsed);
      const assets = quoteUnits(world, String(depositQuote / 4));
      const priceAfter = await sharePrice(world);
      // Interest of a few blocks is all that may differ.
      expect(abs((await world.vault.totalAssets()) - navBefore - assets)).to.be.lessThan(quoteUnits(world, "0.01"));
      expect(priceAfter >= priceBefore - 1n, `${priceAfter} >= ${priceBefore}`).to.equal(true);
      expect(priceAfter - priceBefore).to.be.lessThan(priceBefore / 10_000n);
    });

    it("moves the range when the price nears its edge, and the new money with it", async () => {
      await moveTo(NEAR_LOWER_EDGE);
      const priceBefore = await sharePrice(world);
      const { before: s, after: recentred, lossQuote, decision } = await act("recentre", "recentre with re-hedge");
      expect(decision.reasons[0]?.code).to.equal("range-edge");
      expect(recentred.vault.ranges[0]?.tickLower).to.not.equal(s.vault.ranges[0]?.tickLower);
      const supply = await world.vault.totalSupply();
      const fall = ((priceBefore - (await sharePrice(world))) * supply) / 10n ** 24n;
      expect(abs(fall - lossQuote), "the share price falls by the priced loss").to.be.lessThan(
        quoteUnits(world, "0.01"),
      );
      for (let tick = 0; tick < 4 && (await world.tick()).receipt !== undefined; tick++);
      const settled = await world.snapshot();
      expect(settled.vault.idleQuote * 10n).to.be.lessThan(settled.vault.book.navQuote);
      expect(abs(settled.vault.book.deltaBase) <= deltaLimit(settled)).to.equal(true);
    });

    it("pays half of the first depositor out in one transaction, at that depositor's own cost", async () => {
      await moveTo(NEAR_LOWER_EDGE); // arbitrage after the keeper's own swaps: a thin pool is off by almost the bound
      const navBefore = await world.vault.totalAssets();
      const supply = await world.vault.totalSupply();
      const priceBefore = await sharePrice(world);
      const shares = (await world.vault.balanceOf(world.alice)) / 2n;
      const sent = await (
        await world.vault.connect(world.alice).requestRedeem(shares, world.alice, world.alice)
      ).wait();
      options.onGas?.("redeem: request and settle", sent?.gasUsed ?? 0n);
      expect(await world.vault.maxRedeem(world.alice), "settled in the same transaction").to.equal(shares);
      const paid = await claimAll(world, world.alice);
      const worth = (navBefore * shares) / supply;
      expect(paid <= worth + quoteUnits(world, "0.01"), `paid ${paid} of ${worth}`).to.equal(true);
      expect(paid, "costs a few basis points at most").to.be.greaterThan((worth * 9_990n) / BPS);
      expect((await sharePrice(world)) + 1n >= priceBefore, "those who stay lose nothing").to.equal(true);
      const s = await world.snapshot();
      expect(abs(s.vault.book.deltaBase) <= deltaLimit(s), "no bet is left behind").to.equal(true);
      expect(s.vault.queue.reservedQuote).to.equal(0n);
    });

    it("lets people leave in kind while the feeds are silent, and anybody settles the rest afterwards", async () => {
      const { vault, twin, market } = world;
      const [alice, bob] = await Promise.all([world.alice.getAddress(), world.bob.getAddress()]);
      const { baseFeed, quoteFeed } = market;
      await twin.advance(2 * Math.max(baseFeed.heartbeatSeconds, quoteFeed.heartbeatSeconds));
      const waiting = (await vault.balanceOf(alice)) / 4n;
      const leaving = (await vault.balanceOf(bob)) / 2n;
      await requestRedeem(world, world.alice, waiting);
      const id = await requestRedeem(world, world.bob, leaving);
      await expectRevert(vault.connect(world.guardian).settle(10n), "HedgedVault_OracleUnhealthy");
      await twin.advanceTo(Number((await vault.requestOf(id)).exitOpensAt));

      await fundAndApprove(world, world.bob, market.base, 10n ** 20n, world.addresses.vault);
      const { vault: before } = await world.snapshot();
      const due = (before.book.navQuote * leaving) / before.totalSupply;
      const [base, quote] = [await baseOf(world, bob), await quoteOf(world, bob)];
      const exit = await (await vault.connect(world.bob).exitInKind(id, bob, 10n ** 20n, 0n)).wait();
      options.onGas?.("exit in kind", exit?.gasUsed ?? 0n);
      const gotBase = (await baseOf(world, bob)) - base;
      const value = valueOfBase(world, abs(gotBase), before.oracle.priceWad);
      const got = (await quoteOf(world, bob)) - quote + (gotBase < 0n ? -value : value);
      expect(abs(got - due), `got ${got} of ${due}`).to.be.lessThan(due / 200n);

      await moveTo(NEAR_LOWER_EDGE);
      expect(await vault.maxRedeem(alice), "still waits").to.equal(0n);
      const priceBefore = await sharePrice(world);
      const settled = await (await vault.connect(world.guardian).settle(10n)).wait();
      options.onGas?.("settle a request that waited", settled?.gasUsed ?? 0n);
      expect(await vault.maxRedeem(alice)).to.equal(waiting);
      const paid = await claimAll(world, world.alice);
      expect(paid).to.be.greaterThan((priceBefore * waiting * 9_950n) / (BPS * 10n ** 24n));
      expect((await sharePrice(world)) + 1n >= priceBefore, "those who stay lose nothing").to.equal(true);
    });

    it("pays everybody out, and the claims with what is left are the NAV less the cost of leaving", async () => {
      const idsBefore = (await world.snapshot()).vault.queue.tail;
      for (const who of [world.bob, world.alice]) {
        await world.actors.step({ price: startPrice * NEAR_LOWER_EDGE, seconds: 900 });
        const nav = await world.vault.totalAssets();
        const part = (nav * (await world.vault.balanceOf(who))) / (await world.vault.totalSupply());
        await requestRedeem(world, who, await world.vault.balanceOf(who));
        const paid = await claimAll(world, who);
        const cost = nav - paid - (await world.vault.totalAssets());
        expect(cost, "nobody is paid more than there was").to.be.greaterThan(-quoteUnits(world, "0.01"));
        expect(cost, `leaving with ${part} cost ${cost}`).to.be.lessThan((part * 20n) / BPS);
      }
      const { vault: s } = await world.snapshot();
      expect(s.queue.head).to.equal(idsBefore + 2n);
      expect(await world.vault.totalSupply()).to.equal(0n);
      expect(s.queue.reservedQuote).to.equal(0n);
      expect(s.ranges).to.have.length(0);
      expect(s.hedges[0]?.deltaBase).to.equal(0n);
      expect(s.book.navQuote, "only rounding stays").to.be.lessThan(quoteUnits(world, "0.01"));
    });

    it("went through every kind of plan that a healthy vault needs", () => {
      expect([...started].sort()).to.deep.equal(["hedge", "recentre"]);
    });
  });
}

/** Largest delta that the vault's policy lets a plan leave, in base units. */
export function deltaLimit({ vault: v }: Snapshot): bigint {
  const scale = 10n ** BigInt(18 + v.base.decimals - v.quote.decimals);
  return (((v.book.navQuote * v.policy.params.maxDeltaBps) / BPS) * scale) / v.oracle.priceWad;
}

/** The `Rebalanced` event of a plan's receipt. */
export function rebalancedOf(
  world: VaultWorld<LocalChain>,
  receipt: ContractTransactionReceipt,
): {
  readonly epoch: bigint;
  readonly deltaBeforeBase: bigint;
  readonly deltaAfterBase: bigint;
  readonly navBeforeQuote: bigint;
  readonly navAfterQuote: bigint;
} {
  for (const log of receipt.logs) {
    const parsed = log.address === world.addresses.vault ? vaultInterface.parseLog(log) : null;
    if (parsed?.name !== "Rebalanced") continue;
    const value = (key: string): bigint => parsed.args[key] as bigint;
    return {
      epoch: value("epoch"),
      deltaBeforeBase: value("deltaBeforeBase"),
      deltaAfterBase: value("deltaAfterBase"),
      navBeforeQuote: value("navBeforeQuote"),
      navAfterQuote: value("navAfterQuote"),
    };
  }
  throw new Error("no Rebalanced event");
}
