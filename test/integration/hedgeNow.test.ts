import { expect } from "chai";
import type { ContractTransactionReceipt, Signer } from "ethers";
import { after, before, describe, it } from "mocha";

import { ACTORS } from "../../localnet/actors.ts";
import { DEPLOYERS, MAINNET } from "../../localnet/addresses.ts";
import { sqrtPriceX96FromPrice } from "../../localnet/price.ts";
import { abiOf } from "../../localnet/rpc.ts";
import { startTwin, type Twin } from "../../localnet/twin.ts";
import { aaveHedgeContract, erc20Interface, policyContract, vaultInterface } from "../../sdk/chain/contracts.ts";
import { parseRevert } from "../../sdk/chain/revert.ts";
import { OracleFlag, type Snapshot, type VaultState } from "../../sdk/policy/types.ts";
import { adjust, confirmed, eventOf, eventsOf, rebalance, refreshFeeds, sendAt, setParams, swap } from "./actions.ts";
import {
  abs,
  baseOf,
  createHostileWorld,
  createVaultWorld,
  expectRevert,
  fundAndApprove,
  HARMLESS_STATE,
  hedgeOf,
  type HostileWorld,
  liquidateHedge,
  quoteOf,
  quoteUnits,
  redeemNow,
  revertOf,
  valueOfBase,
  type VaultWorld,
  useTwin,
} from "./world.ts";

const WETH = 10n ** 18n;
const BPS = 10_000n;
const GRACE = 3_600;
/** Narrow bands, so that a move of a tenth is an emergency. */
const POLICY = { maxDeltaBps: 300n, emergencyDeltaBps: 500n, keeperGraceSeconds: BigInt(GRACE) } as const;

/** Halfway between the pool's fee of 0.05 % and the bound of 1 %. */
const SLIPPAGE_BPS = 52n;
/** How much more than needed is taken out of liquidity. */
const RESERVE_BPS = 500n;

const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

/** What one call did, from its events alone. */
interface Done {
  readonly receipt: ContractTransactionReceipt;
  readonly turnoverQuote: bigint;
  readonly bountyQuote: bigint;
  readonly deltaBefore: bigint;
  readonly deltaAfter: bigint;
  readonly lossQuote: bigint;
  /** Signed base of every swap, + bought. */
  readonly swapped: readonly bigint[];
  /** Signed change of the short at every change of a hedge, - = larger. */
  readonly adjusted: readonly bigint[];
}

const ROUTER = abiOf([
  "function exactInputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96) params) payable returns (uint256 amountOut)",
]);
const SWAPPED = abiOf(["event Swapped(int256 baseFlow, int256 quoteFlow)"]);
const ADJUSTED = abiOf(["event HedgeAdjusted(int256 deltaChangeBase, int256 marginChangeQuote)"]);
const CHARGED = abiOf(["event LossCharged(uint256 lossQuote, uint256 bucketQuote, uint256 capacityQuote)"]);

function outcomeOf(receipt: ContractTransactionReceipt): Done {
  const hedged = eventOf(receipt, "HedgedNow").args;
  const moved = eventOf(receipt, "Rebalanced").args;
  return {
    receipt,
    turnoverQuote: hedged["turnoverQuote"] as bigint,
    bountyQuote: hedged["bountyQuote"] as bigint,
    deltaBefore: moved["deltaBeforeBase"] as bigint,
    deltaAfter: moved["deltaAfterBase"] as bigint,
    lossQuote: (moved["navBeforeQuote"] as bigint) - (moved["navAfterQuote"] as bigint),
    swapped: eventsOf(receipt, "Swapped", SWAPPED).map(({ args }) => args["baseFlow"] as bigint),
    adjusted: eventsOf(receipt, "HedgeAdjusted", ADJUSTED).map(({ args }) => args["deltaChangeBase"] as bigint),
  };
}

/** As somebody without any role. */
async function hedgeNow(world: VaultWorld, by: Signer = world.bob): Promise<Done> {
  return outcomeOf(confirmed(await (await world.vault.connect(by).hedgeNow()).wait()));
}

/** Base worth `bps` of NAV, as the policy counts it. */
function bandOf({ vault: v }: Snapshot, bps: bigint): bigint {
  const scale = 10n ** BigInt(18 + v.base.decimals - v.quote.decimals);
  return (((v.book.navQuote * bps) / BPS) * scale) / v.oracle.priceWad;
}

/** Oracle's value of a trade, rounded up: what counts as turnover. */
function tradedQuote(world: VaultWorld, base: bigint, priceWad: bigint): bigint {
  return ceilDiv(abs(base) * priceWad, 10n ** BigInt(18 + world.market.baseDecimals - world.market.quoteDecimals));
}

/** Most quote that a purchase may cost. */
function purchaseLimit(world: VaultWorld, base: bigint, priceWad: bigint, slippageBps: bigint): bigint {
  return ceilDiv(valueOfBase(world, base, priceWad) * (BPS + slippageBps), BPS) + 2n;
}

/** Part of `held` that liquidity is cut by for `wanted` of it. */
function partOf(wanted: bigint, held: bigint): bigint {
  const part = ceilDiv(wanted * (BPS + RESERVE_BPS), BPS);
  return part < held ? part : held;
}

/** What is left of it. */
function leftOf(v: VaultState, wanted: bigint, held: bigint): bigint {
  return liquidityOf(v) - (liquidityOf(v) * partOf(wanted, held)) / held;
}

const liquidityOf = (v: VaultState): bigint => v.ranges[0]?.liquidity ?? 0n;
const shortOf = (v: VaultState): bigint => -(v.hedges[0]?.deltaBase ?? 0n);

describe("hedgeNow", () => {
  let twin: Twin;
  let world: VaultWorld;

  useTwin(async (started) => {
    twin = started;
    world = await createVaultWorld(twin, { policy: POLICY });
    await world.deposit(world.alice, "1000000");
    await world.tick();
  });

  /** The market moves, and nobody hears from the keeper until its grace time is over. */
  const drift = async (price: number): Promise<Snapshot> => {
    await world.actors.step({ price, volumeQuote: 1e6, seconds: GRACE + 100 });
    return await world.snapshot();
  };

  const expectClosed = async (done: Done, before: Snapshot): Promise<void> => {
    const sign = before.vault.book.deltaBase > 0n ? 1n : -1n;
    expect(abs(done.deltaBefore), "outside (control)").to.be.greaterThan(bandOf(before, POLICY.emergencyDeltaBps));
    expect(sign * done.deltaBefore).to.be.greaterThan(0n);
    const after = await world.snapshot();
    const inside = abs(done.deltaAfter) <= bandOf(after, POLICY.maxDeltaBps);
    const smaller = sign * done.deltaAfter >= 0n && abs(done.deltaAfter) < abs(done.deltaBefore);
    expect(inside || smaller, `${done.deltaBefore} to ${done.deltaAfter}`).to.equal(true);
  };

  describe("V09: both signs", () => {
    it("sells base when the price fell, exactly the delta, out of liquidity where idle base is too little", async () => {
      const was = await drift(2_200);
      const { idleBase, liquidity } = was.vault;
      expect(idleBase).to.be.greaterThan(0n);
      const done = await hedgeNow(world);
      await expectClosed(done, was);
      expect(done.swapped).to.deep.equal([-done.deltaBefore]);
      expect(done.adjusted, "nothing is borrowed").to.deep.equal([]);
      const { vault: v } = await world.snapshot();
      expect(liquidityOf(v), "what is idle is sold first").to.equal(
        leftOf(was.vault, done.deltaBefore - idleBase, liquidity.base),
      );
      expect(shortOf(v)).to.be.within(shortOf(was.vault), shortOf(was.vault) + WETH / 1_000n);
      expect(done.deltaAfter, "what the vault's own liquidity earned of the sale").to.be.within(
        v.liquidity.feesBase - 10n ** 12n,
        v.liquidity.feesBase + 10n ** 12n,
      );
      expect(v.liquidity.feesBase).to.be.lessThan((done.deltaBefore * 5n) / BPS / 10n);
    });

    it("buys base when the price rose and repays it, out of liquidity where idle quote is too little", async () => {
      const was = await drift(2_800);
      const { idleQuote, liquidity, oracle } = was.vault;
      const done = await hedgeNow(world);
      await expectClosed(done, was);
      const short = -done.deltaBefore;
      expect(done.swapped).to.deep.equal([short]);
      expect(done.adjusted).to.deep.equal([short]);
      const missing = purchaseLimit(world, short, oracle.priceWad, SLIPPAGE_BPS) - idleQuote;
      expect(missing, "idle quote alone would not do (control)").to.be.greaterThan(quoteUnits(world, "50000"));
      const { vault: v } = await world.snapshot();
      expect(liquidityOf(v)).to.equal(leftOf(was.vault, missing, liquidity.quote));
      expect(abs(done.deltaAfter), "what the pool's fees in base may still weigh").to.be.lessThan(10n ** 12n);
    });

    it("buys out of idle quote alone where that is enough, and touches no liquidity", async () => {
      const was = await drift(2_800);
      // A depositor's quote, idle until the keeper comes back.
      await world.deposit(world.alice, "150000");
      const done = await hedgeNow(world);
      expect(done.swapped).to.deep.equal([-done.deltaBefore]);
      expect((await world.snapshot()).vault.ranges).to.deep.equal(was.vault.ranges);
      expect(done.deltaAfter).to.be.within(-1n, 1n);
    });

    it("sells idle base alone where that is the whole delta", async () => {
      await setParams(world, { maxDeltaBps: 5_000n, emergencyDeltaBps: 5_000n });
      await world.deposit(world.alice, "150000");
      await rebalance(world, [swap(60n * WETH)]);
      await setParams(world, POLICY);
      await twin.advance(GRACE);
      await refreshFeeds(world, 2_500);
      await world.actors.moveTo(2_500);
      const was = await world.snapshot();
      const done = await hedgeNow(world);
      expect(done.swapped).to.deep.equal([-done.deltaBefore]);
      expect(done.adjusted).to.deep.equal([]);
      const { vault: v } = await world.snapshot();
      expect(v.idleBase).to.equal(was.vault.idleBase - done.deltaBefore);
      expect(v.ranges).to.deep.equal(was.vault.ranges);
      expect(done.deltaAfter, "what the vault's own liquidity earned of the sale").to.equal(
        v.liquidity.feesBase - was.vault.liquidity.feesBase,
      );
    });
  });

  describe("when", () => {
    it("V02 not before the keeper was silent for the grace time, to the second", async () => {
      await world.actors.step({ price: 2_200, volumeQuote: 1e6, seconds: 900 });
      const silentAt = Number((await world.snapshot()).vault.lastActionAt) + GRACE;
      const call = (at: number): Promise<ContractTransactionReceipt> =>
        sendAt(twin, at, (overrides) => world.vault.connect(world.bob).hedgeNow(overrides));
      await expectRevert(call(silentAt - 1), "RiskPolicy_KeeperNotSilent", [BigInt(silentAt)]);
      expect(await twin.timestamp()).to.equal(silentAt - 1);
      outcomeOf(await call(silentAt));
      expect(await twin.timestamp()).to.equal(silentAt);
    });

    it("not inside the emergency band, however silent the keeper is", async () => {
      const was = await drift(2_400);
      const limit = bandOf(was, POLICY.emergencyDeltaBps);
      const { name, args } = await revertOf(world.vault.connect(world.bob).hedgeNow());
      expect(name).to.equal("RiskPolicy_InsideEmergencyBand");
      expect(args[0], "long, and outside the keeper's own band").to.be.within(bandOf(was, 300n), limit);
      expect(args[1]).to.be.within(limit - 10n ** 12n, limit + 10n ** 12n);
    });

    it("not while pool and oracle disagree", async () => {
      await drift(2_200);
      await world.actors.step({ price: 2_175, baseUsd: 2_200, seconds: 60 });
      await expectRevert(world.vault.connect(world.bob).hedgeNow(), "HedgedVault_OracleUnhealthy", [
        OracleFlag.spotDeviation,
      ]);
      await world.actors.step({ price: 2_200, seconds: 60 });
      await hedgeNow(world);
    });

    it("does not count as a sign of life of the keeper, and outdates the keeper's plans", async () => {
      await drift(2_200);
      const { lastActionAt } = (await world.snapshot()).vault;
      const epoch = await world.vault.epoch();
      await hedgeNow(world);
      expect((await world.snapshot()).vault.lastActionAt).to.equal(lastActionAt);
      await expectRevert(rebalance(world, [], { expectedEpoch: epoch }), "HedgedVault_WrongEpoch", [epoch, epoch + 1n]);
      // So that the next emergency waits for nobody.
      await world.actors.step({ price: 1_900, volumeQuote: 1e6, seconds: 60 });
      await hedgeNow(world);
      expect((await world.snapshot()).vault.lastActionAt).to.equal(lastActionAt);
      // Control: the keeper's own action ends the silence.
      await rebalance(world, []);
      await world.actors.step({ price: 1_700, volumeQuote: 1e6, seconds: 60 });
      expect((await revertOf(world.vault.connect(world.bob).hedgeNow())).name).to.equal("RiskPolicy_KeeperNotSilent");
    });

    it("the guardian stopped the keeper", async () => {
      await drift(2_200);
      await (await world.vault.connect(world.guardian).pauseKeeper()).wait();
      await expectRevert(rebalance(world, []), "HedgedVault_KeeperPaused", []);
      await (await world.vault.connect(world.guardian).pauseDeposits()).wait();
      const done = await hedgeNow(world);
      expect(done.deltaAfter).to.be.within(0n, WETH / 4_000n);
    });

    it("again and again while the market runs away, and every call closes what there is", async () => {
      for (const price of [2_250, 2_000, 2_300, 2_550, 2_250]) {
        const was = await drift(price);
        await expectClosed(await hedgeNow(world), was);
        expect((await revertOf(world.vault.connect(world.bob).hedgeNow())).name, "nothing is left to do").to.equal(
          "RiskPolicy_InsideEmergencyBand",
        );
      }
    });
  });

  describe("bounty", () => {
    for (const price of [2_200, 2_800]) {
      it(`is 0.05 % of what was traded, to the unit, at ${price}`, async () => {
        const { oracle, idleQuote } = (await drift(price)).vault;
        const before = await quoteOf(world, world.bob);
        const done = await hedgeNow(world);
        const [swapped = 0n, ...more] = done.swapped;
        expect(more).to.deep.equal([]);
        const turnover = tradedQuote(world, swapped, oracle.priceWad);
        expect(done.turnoverQuote, "of swaps, not of what is repaid").to.equal(turnover);
        expect(done.bountyQuote).to.equal((turnover * 5n) / BPS);
        expect(done.bountyQuote).to.be.greaterThan(quoteUnits(world, "40"));
        expect((await quoteOf(world, world.bob)) - before).to.equal(done.bountyQuote);
        expect(idleQuote).to.be.greaterThan(0n);
      });
    }

    it("V03 is a loss like any other: charged with it to the bucket, to the unit", async () => {
      const was = await drift(2_200);
      const capacity = (was.vault.book.navQuote * 50n) / BPS;
      const done = await hedgeNow(world);
      const charged = eventOf(done.receipt, "LossCharged", CHARGED).args;
      expect(charged["lossQuote"]).to.equal(done.lossQuote);
      expect(done.lossQuote).to.be.greaterThan(done.bountyQuote);
      expect(charged["bucketQuote"], "the bucket was empty").to.equal(done.lossQuote);
      expect(charged["capacityQuote"]).to.be.within(capacity - 100n, capacity + 100n);
      // Bounty aside, selling 90,000 costs the pool's fee and what the trade moves the price by.
      const sold = tradedQuote(world, done.deltaBefore, was.vault.oracle.priceWad);
      expect(done.lossQuote - done.bountyQuote).to.be.within((sold * 5n) / BPS, (sold * 20n) / BPS);
    });

    it("V03 never takes the bucket above its brim", async () => {
      await drift(2_200);
      await setParams(world, { maxLossBpsPerDay: 3n });
      const { navQuote } = (await world.snapshot()).vault.book;
      const { name, args } = await revertOf(world.vault.connect(world.bob).hedgeNow());
      expect(name).to.equal("RiskPolicy_LossBudgetExceeded");
      const [level, capacity] = args as readonly bigint[];
      expect(capacity, "half of three bps").to.be.within((navQuote * 3n) / 20_000n - 10n, (navQuote * 3n) / 20_000n);
      expect(level).to.be.greaterThan(capacity ?? 0n);
      // Control: with a bucket that holds it the same call goes through, and leaves exactly that level.
      await setParams(world, { maxLossBpsPerDay: 5n });
      const done = await hedgeNow(world);
      expect(done.lossQuote).to.be.within((level ?? 0n) - quoteUnits(world, "0.1"), level ?? 0n);
      expect(done.lossQuote).to.be.greaterThan(capacity ?? 0n);
    });
  });

  describe("V24: sandwiched", () => {
    const VALUES = abiOf(["function balanceOf(address) view returns (uint256)"]);
    /** What the attacker owns outside the vault, at the oracle's price. */
    const wealth = async (price: number): Promise<bigint> => {
      const balance = async (token: string): Promise<bigint> =>
        (await twin.rpc.read(token, VALUES, "balanceOf", [ACTORS.trader]))[0] as bigint;
      const priceWad = BigInt(price) * WETH;
      return (await balance(world.market.quote)) + valueOfBase(world, await balance(world.market.base), priceWad);
    };

    for (const [price, direction, words] of [
      [2_200, -1, "sells"],
      [2_800, 1, "buys"],
    ] as const) {
      it(`by somebody who bends the pool before it ${words} and straightens it afterwards: never more than slippage and bounty`, async () => {
        const was = await drift(price);
        const armed = await twin.snapshot();
        const found: string[] = [];
        let passed = 0;
        for (const bend of [0, 10, 20, 30, 35, 40, 45, 50, 60, 75, 99, 102]) {
          await twin.revert(armed);
          const before = await wealth(price);
          await world.actors.moveTo(price * (1 + (direction * bend) / 10_000));
          const call = hedgeNow(world);
          const done = await call.catch(() => undefined);
          if (done === undefined) {
            const { name } = await revertOf(call);
            expect(bend, "a pool as near as this can be traded in").to.be.greaterThan(45);
            expect(name).to.equal(bend > 100 ? "HedgedVault_OracleUnhealthy" : "HedgedVault_NothingToHedge");
            found.push(`${bend} bps: ${name}`);
            continue;
          }
          await world.actors.moveTo(price);
          const profit = (await wealth(price)) - before;
          const traded = done.turnoverQuote;
          found.push(
            `${bend} bps: traded ${traded}, profit ${profit}, bounty ${done.bountyQuote}, vault's loss ${done.lossQuote}`,
          );
          expect(done.lossQuote, "the slippage of what is traded, and the bounty").to.be.lessThan(
            (traded * SLIPPAGE_BPS) / BPS + done.bountyQuote + 10n,
          );
          expect(profit, "out of nobody's pocket but the vault's").to.be.lessThan(done.lossQuote - done.bountyQuote);
          passed++;
        }
        expect(passed, `control: most of them go through\n${found.join("\n")}`).to.be.greaterThan(4);
        console.log(
          `      at ${price}, ${tradedQuote(world, was.vault.book.deltaBase, was.vault.oracle.priceWad)} traded`,
        );
        for (const line of found) console.log(`      ${line}`);
      });
    }
  });

  describe("whatever the margin would carry", () => {
    it("borrows nothing and does the same at every floor of health", async () => {
      const was = await drift(2_200);
      const armed = await twin.snapshot();
      const { idleBase, liquidity } = was.vault;
      for (const healthFloorWad of [(WETH * 102n) / 100n, 2n * WETH, 5n * WETH]) {
        await twin.revert(armed);
        await setParams(world, { healthFloorWad });
        const done = await hedgeNow(world);
        await expectClosed(done, was);
        expect(done.adjusted).to.deep.equal([]);
        expect(done.swapped).to.deep.equal([-done.deltaBefore]);
        const { vault: v } = await world.snapshot();
        expect(liquidityOf(v)).to.equal(leftOf(was.vault, done.deltaBefore - idleBase, liquidity.base));
        expect(shortOf(v)).to.be.within(shortOf(was.vault), shortOf(was.vault) + WETH / 1_000n);
      }
    });

    it("V24 also while somebody holds the pool above the oracle, where liquidity yields less base", async () => {
      const narrow = await createVaultWorld(twin, { policy: POLICY });
      await narrow.deposit(narrow.alice, "1000000");
      await narrow.tick({ rangeWidth: 1.2 });
      await narrow.actors.step({ price: 2_350, volumeQuote: 1e6, seconds: GRACE + 100 });
      await setParams(narrow, { healthFloorWad: 5n * WETH });
      const armed = await twin.snapshot();
      // The range ends at 3,000: one per cent above the oracle, as far as the oracle lets the pool go, it holds 4.3 % less
      // base than at the oracle's price.
      for (const bend of [0, 0.002, 0.004, 0.006, 0.008, 0.0095]) {
        await twin.revert(armed);
        await narrow.actors.moveTo(2_350 * (1 + bend));
        const done = await hedgeNow(narrow).catch(async (error: Error) => {
          const { name, args } = await revertOf(Promise.reject(error));
          throw new Error(`pool ${bend * 100} % above the oracle: ${name}(${args.join(", ")})`);
        });
        expect(abs(done.deltaAfter)).to.be.lessThan(abs(done.deltaBefore) / 10n);
      }
    });
  });

  describe("where liquidity has to pay for a purchase", () => {
    for (const [width, price] of [
      [1.2, 2_650],
      [1.1, 2_620],
    ] as const) {
      it(`V24 enough is taken wherever the pool stands that a purchase may be made in, in a range of ×/÷ ${width} at ${price}`, async () => {
        const narrow = await createVaultWorld(twin, {
          policy: { ...POLICY, maxDeltaBps: 100n, emergencyDeltaBps: 100n, minRangeTicks: 20n },
        });
        await narrow.deposit(narrow.alice, "1000000");
        await narrow.tick({ rangeWidth: width });
        await narrow.actors.step({ price, volumeQuote: 1e6, seconds: GRACE + 100 });
        const armed = await twin.snapshot();
        for (const bend of [-0.0095, -0.006, -0.003, 0, 0.003]) {
          await twin.revert(armed);
          await narrow.actors.moveTo(price * (1 + bend));
          const done = await hedgeNow(narrow).catch((error: Error) => {
            throw new Error(`pool ${bend * 100} % off the oracle: ${error.message}`);
          });
          expect(abs(done.deltaAfter)).to.be.lessThan(abs(done.deltaBefore) / 10n);
        }
        // Somewhat dearer, half of it is bought.
        await twin.revert(armed);
        await narrow.actors.moveTo(price * 1.004);
        const half = await hedgeNow(narrow);
        expect(half.swapped).to.deep.equal([-half.deltaBefore / 2n]);
        expect(half.deltaAfter).to.be.within((half.deltaBefore * 6n) / 10n, (half.deltaBefore * 4n) / 10n);
        // Dearer than that, base is not bought: not a sixteenth of it.
        for (const bend of [0.0055, 0.0095]) {
          await twin.revert(armed);
          await narrow.actors.moveTo(price * (1 + bend));
          const { name, args } = await revertOf(narrow.vault.connect(narrow.bob).hedgeNow());
          expect(name).to.equal("HedgedVault_NothingToHedge");
          expect(args[0]).to.be.lessThan(-10n * WETH);
        }
      });
    }
  });

  describe("where the venue has nothing to lend", () => {
    it("cuts liquidity instead", async () => {
      await drift(2_200);
      await borrowAll(world, world.guardian, "base");
      const held = liquidityOf((await world.snapshot()).vault);
      const done = await hedgeNow(world);
      expect(done.adjusted).to.deep.equal([]);
      expect(liquidityOf((await world.snapshot()).vault)).to.be.lessThan(held);
      expect(done.swapped).to.deep.equal([-done.deltaBefore]);
      expect(done.deltaAfter).to.be.within(0n, WETH / 4_000n);
    });
  });

  describe("where the venue lends less than the floor allows", () => {
    it("cuts liquidity instead", async () => {
      // Aave lends up to 75 % of the collateral and liquidates at 78 %: it refuses what would leave a health below 1.04.
      await setParams(world, { healthFloorWad: (WETH * 102n) / 100n, healthPerVolatilityBps: 0n });
      const { collateralQuote } = await aaveHedgeContract(hedgeOf(world), world.admin).position();
      // 155.1 WETH at 2,200, times 1.035 / 0.78.
      await rebalance(world, [adjust(0, 0n, quoteUnits(world, "452780") - collateralQuote)]);
      const was = await drift(2_200);
      const done = await hedgeNow(world);
      await expectClosed(done, was);
      expect(done.adjusted).to.deep.equal([]);
      expect(done.swapped).to.deep.equal([-done.deltaBefore]);
    });
  });

  describe("where the venue takes no repayment", () => {
    it("keeps idle what it buys: the delta is closed all the same", async () => {
      const was = await drift(2_800);
      await pauseReserve(twin, world.market.base);
      const done = await hedgeNow(world);
      await expectClosed(done, was);
      expect(done.swapped).to.deep.equal([-done.deltaBefore]);
      expect(done.adjusted).to.deep.equal([]);
      const { vault: v } = await world.snapshot();
      expect(shortOf(v)).to.be.within(shortOf(was.vault), shortOf(was.vault) + WETH / 1_000n);
      expect(v.idleBase).to.be.at.least(was.vault.idleBase - done.deltaBefore);
      expect(abs(done.deltaAfter)).to.be.lessThan(10n ** 12n);
      expect(done.turnoverQuote).to.equal(tradedQuote(world, done.deltaBefore, was.vault.oracle.priceWad));
      expect(done.bountyQuote).to.equal((done.turnoverQuote * 5n) / BPS);
    });
  });

  describe("in a pool that is too thin for all of it", () => {
    it("closes what the pool's depth allows", async () => {
      // Above 3,750 most of the pool's liquidity is behind: buying 114 WETH moves it by more than the slippage bound.
      await drift(4_200);
      const was = await world.snapshot();
      expect(was.vault.book.healthWad).to.be.within(WETH, (WETH * 12n) / 10n);
      const done = await hedgeNow(world);
      expect(done.deltaBefore).to.be.lessThan(-100n * WETH);
      expect(done.deltaAfter).to.be.within(done.deltaBefore + 10n * WETH, 0n);
    });
  });

  describe("in wind-down", () => {
    for (const price of [2_200, 2_800]) {
      it(`cuts liquidity and opens no short, at ${price}`, async () => {
        const was = await drift(price);
        await (await world.vault.connect(world.guardian).startWindDown()).wait();
        const done = await hedgeNow(world);
        await expectClosed(done, was);
        for (const change of done.adjusted) expect(change, "less short only").to.be.greaterThan(0n);
        const { vault: v } = await world.snapshot();
        expect(liquidityOf(v)).to.be.lessThan(liquidityOf(was.vault));
        expect(shortOf(v)).to.be.lessThan(shortOf(was.vault) + WETH / 1_000n);
        const got = await redeemNow(world, world.alice, await world.vault.balanceOf(world.alice));
        expect(got).to.be.within((v.book.navQuote * 999n) / 1_000n, v.book.navQuote);
      });
    }
  });
});

/** Aave's emergency admin stops everything that may be done with a token there. */
async function pauseReserve(twin: Twin, asset: string): Promise<void> {
  const CONFIGURATOR = abiOf(["function setReservePause(address asset, bool paused)"]);
  await twin.rpc.impersonate(DEPLOYERS.aaveGovernance);
  const { aavePoolConfigurator } = MAINNET;
  await twin.rpc.write(DEPLOYERS.aaveGovernance, aavePoolConfigurator, CONFIGURATOR, "setReservePause", [asset, true]);
}

/** Somebody with far more collateral than needed borrows all that Aave has of a token. */
async function borrowAll(world: VaultWorld, who: Signer, token: "base" | "quote"): Promise<void> {
  const { aavePool } = world.twin.addresses;
  const { market } = world;
  const [asset, collateral] = token === "base" ? [market.base, market.quote] : [market.quote, market.base];
  const { aToken } = token === "base" ? market.baseReserve : market.quoteReserve;
  const AAVE = abiOf([
    "function supply(address asset, uint256 amount, address onBehalfOf, uint16 referralCode)",
    "function borrow(address asset, uint256 amount, uint256 interestRateMode, uint16 referralCode, address onBehalfOf)",
  ]);
  const decimals = token === "base" ? market.quoteDecimals : market.baseDecimals;
  const amount = (token === "base" ? 1_000_000_000n : 1_000_000n) * 10n ** BigInt(decimals);
  await fundAndApprove(world, who, collateral, amount, aavePool);
  const address = await who.getAddress();
  const send = async (method: string, args: readonly unknown[]): Promise<void> => {
    await (await who.sendTransaction({ to: aavePool, data: AAVE.encodeFunctionData(method, args) })).wait();
  };
  await send("supply", [collateral, amount, address, 0]);
  const available = token === "base" ? await baseOf(world, aToken) : await quoteOf(world, aToken);
  await send("borrow", [asset, available, 2, 0, address]);
}

describe("V20: hedgeNow after a venue took the hedge", () => {
  let twin: Twin;
  let world: VaultWorld;

  useTwin(async (started) => {
    twin = started;
    // Little margin and a wide range: there is base in the pool when the price has risen to the liquidation.
    world = await createVaultWorld(twin, { policy: POLICY });
    await world.deposit(world.alice, "1000000");
    await world.tick({ rangeWidth: 4, targetHealth: 1.25, minHealth: 1.2 });
  });

  for (const [words, price, left] of [
    ["half", 3_300, 50n],
    ["all", 3_600, 0n],
  ] as const) {
    for (const noticed of [true, false]) {
      it(`${words} of the short gone, ${noticed ? "found out" : "noticed by nobody"}: liquidity is cut, nothing is shorted again`, async () => {
        await world.actors.step({ price, volumeQuote: 1e6, seconds: GRACE + 100 });
        const held = await world.snapshot();
        await liquidateHedge(world, world.guardian);
        if (noticed) await (await world.vault.connect(world.bob).reconcile()).wait();
        const was = await world.snapshot();
        expect(was.vault.degraded).to.equal(noticed);
        expect(was.vault.book.lost).to.equal(!noticed);
        const kept = (shortOf(held.vault) * left) / 100n;
        expect(shortOf(was.vault)).to.be.within(kept, kept + WETH / 1_000n);
        expect(await world.vault.maxDeposit(world.bob), "no deposits").to.equal(0n);

        const done = await hedgeNow(world);
        const { vault: v } = await world.snapshot();
        const { idleBase, liquidity } = was.vault;
        expect(done.adjusted, "the hedge is not touched").to.deep.equal([]);
        expect(done.swapped.length).to.equal(1);
        const unsold = done.deltaBefore + (done.swapped[0] ?? 0n);
        // Where all of it goes, what there is decides: the pool's price of it, not the oracle's.
        expect(unsold).to.be.within(0n, left === 0n ? done.deltaBefore / 10n ** 6n : 0n);
        expect(done.deltaAfter).to.be.within(0n, bandOf(was, POLICY.maxDeltaBps));
        expect(liquidityOf(v)).to.equal(leftOf(was.vault, done.deltaBefore - idleBase, liquidity.base));
        if (left === 0n) expect(v.ranges, "all of it").to.deep.equal([]);
        expect(shortOf(v)).to.be.within(kept, kept + WETH / 1_000n);
        expect(v.book.healthWad >= was.vault.book.healthWad - WETH / 1_000_000n).to.equal(true);
        // Who wants out gets what is left.
        const got = await redeemNow(world, world.alice, await world.vault.balanceOf(world.alice));
        // What is left of the margin earns interest.
        expect(got).to.be.within((v.book.navQuote * 998n) / 1_000n, v.book.navQuote + quoteUnits(world, "0.001"));
      });
    }
  }
});

describe("hedgeNow beside a second hedge", () => {
  let twin: Twin;
  let world: HostileWorld;
  /** Ten per cent of a million at 2,500. */
  const BAND = 40n * WETH;

  const prepared = useTwin(async (started) => {
    twin = started;
    world = await createHostileWorld(twin, { policy: { maxDeltaBps: 500n, emergencyDeltaBps: 1_000n } });
    await world.deposit(world.alice, "1000000");
  });

  const report = async (deltaBase: bigint, equityQuote = 0n): Promise<void> => {
    const state = { ...HARMLESS_STATE, deltaBase, equityMinQuote: equityQuote, equityMaxQuote: equityQuote };
    await (await world.hostile.setState(state)).wait();
    // A loan: hedgeNow gives base back only to a venue that takes it.
    await (await world.hostile.setBaseToUnwind(deltaBase < 0n ? 1n : 0n)).wait();
  };

  it("has nothing to do without a delta", async () => {
    await expectRevert(world.vault.connect(world.bob).hedgeNow(), "HedgedVault_NothingToHedge", [0n]);
  });

  it("has nothing to do where a long comes from a hedge that nothing here can offset", async () => {
    await report(BAND * 2n);
    await expectRevert(world.vault.connect(world.bob).hedgeNow(), "HedgedVault_NothingToHedge", [BAND * 2n]);
  });

  it("V02 short: exactly at the emergency band it is refused, one unit beyond it goes through", async () => {
    await report(-BAND);
    await expectRevert(world.vault.connect(world.bob).hedgeNow(), "RiskPolicy_InsideEmergencyBand", [-BAND, BAND]);
    await report(-BAND - 1n);
    const done = await hedgeNow(world);
    expect([done.deltaBefore, done.deltaAfter]).to.deep.equal([-BAND - 1n, 0n]);
    expect(done.swapped).to.deep.equal([BAND + 1n]);
  });

  it("V02 long: exactly at the emergency band it is refused, one unit beyond it goes through", async () => {
    await setParams(world, { maxDeltaBps: 5_000n, emergencyDeltaBps: 5_000n });
    await rebalance(world, [swap(50n * WETH)]);
    await setParams(world, { maxDeltaBps: 500n, emergencyDeltaBps: 1_000n });
    await twin.advance(GRACE);
    await refreshFeeds(world, 2_500);
    const snapshot = await world.snapshot();
    const limit = bandOf(snapshot, 1_000n);
    await report(limit - 50n * WETH);
    await expectRevert(world.vault.connect(world.bob).hedgeNow(), "RiskPolicy_InsideEmergencyBand", [limit, limit]);
    await report(limit + 1n - 50n * WETH);
    const done = await hedgeNow(world);
    expect([done.deltaBefore, done.deltaAfter]).to.deep.equal([limit + 1n, 0n]);
    expect(done.swapped).to.deep.equal([-(limit + 1n)]);
  });

  it("V02 one unit either side of the band, as the policy sees the books", async () => {
    await twin.rpc.impersonate(world.addresses.vault);
    const policy = policyContract(world.addresses.policy, await twin.ethers.getSigner(world.addresses.vault));
    const navQuote = quoteUnits(world, "1000000");
    const book = (deltaBase: bigint) => ({
      priceWad: 2_500n * WETH,
      navQuote,
      navMinQuote: navQuote,
      navMaxQuote: navQuote,
      deltaBase,
      hedgeDeltaBase: 0n,
      healthWad: 2n ** 256n - 1n,
      pending: false,
      lost: false,
    });
    for (const sign of [1n, -1n]) {
      const judge = (from: bigint, to: bigint): Promise<unknown> =>
        policy.enforceEmergency.staticCall(book(sign * from), book(sign * to), 0n);
      await expectRevert(judge(BAND, 0n), "RiskPolicy_InsideEmergencyBand", [sign * BAND, BAND]);
      await judge(BAND + 1n, 0n);
      await judge(BAND + 1n, BAND);
      await expectRevert(judge(BAND + 1n, BAND + 1n), "RiskPolicy_DeltaOutsideBand", [sign * (BAND + 1n), BAND + 1n]);
      await judge(2n * BAND, -BAND / 2n);
      const beyond = -BAND / 2n - 1n;
      await expectRevert(judge(2n * BAND, beyond), "RiskPolicy_DeltaOutsideBand", [sign * beyond, BAND / 2n]);
    }
    const stranger = policyContract(world.addresses.policy, world.bob);
    await expectRevert(stranger.enforceEmergency(book(2n * BAND), book(0n), 0n), "RiskPolicy_OnlyVault", [
      await world.bob.getAddress(),
    ]);
  });

  it("pays no more bounty than what is idle", async () => {
    await redeemNow(world, world.alice, ((await world.vault.balanceOf(world.alice)) * 9n) / 10n);
    const { idleQuote } = (await world.snapshot()).vault;
    // The whole of it is what the purchase may cost at most.
    const short = ((idleQuote - 10n) * BPS * 10n ** 12n) / (BPS + SLIPPAGE_BPS) / 2_500n;
    expect(idleQuote - purchaseLimit(world, short, 2_500n * WETH, SLIPPAGE_BPS)).to.be.within(0n, 10n);
    await report(-short, quoteUnits(world, "100000"));
    // A dear pool takes all but some of what the slippage bound keeps back.
    await world.actors.moveTo(2_500 * 1.0035);
    const done = await hedgeNow(world);
    expect((await world.snapshot()).vault.idleQuote).to.equal(0n);
    expect(done.bountyQuote).to.be.within(1n, (done.turnoverQuote * 5n) / BPS - 1n);
    // Control: a quarter of a per cent cheaper there is enough.
    await prepared.restore();
    await redeemNow(world, world.alice, ((await world.vault.balanceOf(world.alice)) * 9n) / 10n);
    await report(-short, quoteUnits(world, "100000"));
    await world.actors.moveTo(2_500 * 1.001);
    const cheaper = await hedgeNow(world);
    expect(cheaper.bountyQuote).to.equal((cheaper.turnoverQuote * 5n) / BPS);
    expect((await world.snapshot()).vault.idleQuote).to.be.greaterThan(0n);
  });

  it("buys what it can afford where quote is short, and what is left when it is called again", async () => {
    await world.tick({ rangeWidth: 1.5 });
    await report(-200n * WETH, quoteUnits(world, "500000"));
    await twin.advance(GRACE);
    await refreshFeeds(world, 2_500);
    const { vault: v } = await world.snapshot();
    const done = await hedgeNow(world);
    const short = -done.deltaBefore;
    const price = purchaseLimit(world, short, v.oracle.priceWad, SLIPPAGE_BPS);
    const affordable = v.idleQuote + v.liquidity.quote + v.liquidity.feesQuote;
    expect(affordable, "not enough (control)").to.be.lessThan(price);
    const [bought = 0n, ...more] = done.swapped;
    expect(more).to.deep.equal([]);
    const expected = (short * affordable) / price;
    expect((bought - expected) * 10n ** 6n, "but for the pool's price of it").to.be.within(-expected, expected);
    expect(done.deltaAfter).to.be.within(done.deltaBefore + 1n, -BAND);
    expect((await world.snapshot()).vault.ranges).to.deep.equal([]);
    // That purchase bent the pool; what the bound kept back is spent when the pool is straight again.
    await expectRevert(world.vault.connect(world.bob).hedgeNow(), "HedgedVault_NothingToHedge");
    await world.actors.moveTo(2_500);
    const again = await hedgeNow(world);
    expect(again.deltaAfter).to.be.within(again.deltaBefore + 1n, 0n);
  });

  describe("V21: re-entered in the middle", () => {
    const refused = "ReentrancyGuardReentrantCall";
    it("refuses every call and every valuation, and the call goes on", async () => {
      const hostile = await world.hostile.getAddress();
      const calls = [
        ["hedgeNow", []],
        ["settle", [1n]],
        ["deposit", [1n, hostile]],
        ["requestRedeem", [1n, hostile, hostile]],
        ["redeem", [0n, hostile, hostile]],
        ["reconcile", []],
        ["accrueFees", []],
        ["totalAssets", []],
        ["book", []],
        ["previewDeposit", [1n]],
      ] as const;
      await (
        await world.hostile.setCalls(
          calls.map(([name, args]) => ({
            target: world.addresses.vault,
            data: vaultInterface.encodeFunctionData(name, args),
          })),
        )
      ).wait();
      await report(-BAND * 2n);
      const done = await hedgeNow(world);
      expect(done.deltaAfter).to.equal(0n);
      const results = await world.hostile.results();
      expect(results.map(({ success, data }) => (success ? "answered" : parseRevert(data)?.name))).to.deep.equal(
        calls.map(() => refused),
      );
    });

    it("what the hedge pays itself is a loss, and more than the bucket holds is refused", async () => {
      const pay = (amount: bigint) => ({
        target: world.addresses.vault,
        data: vaultInterface.encodeFunctionData("pay", [world.market.quote, amount, world.addresses.vault]),
      });
      await report(-BAND * 2n);
      const capacity = quoteUnits(world, "5000");
      await (await world.hostile.setCalls([pay(capacity)])).wait();
      expect((await revertOf(world.vault.connect(world.bob).hedgeNow())).name).to.equal(
        "RiskPolicy_LossBudgetExceeded",
      );
      const modest = quoteUnits(world, "4000");
      await (await world.hostile.setCalls([pay(modest)])).wait();
      const done = await hedgeNow(world);
      expect(done.lossQuote).to.be.within(modest + done.bountyQuote, capacity);
    });

    it("V04 a pool that the hedge moves in the middle is found afterwards", async () => {
      const { market } = world;
      const hostile = await world.hostile.getAddress();
      const { swapRouter02 } = twin.addresses;
      const move = async (price: number): Promise<void> => {
        const calls = [
          {
            target: market.quote,
            data: erc20Interface.encodeFunctionData("approve", [swapRouter02, 1n << 200n]),
          },
          {
            target: swapRouter02,
            data: ROUTER.encodeFunctionData("exactInputSingle", [
              {
                tokenIn: market.quote,
                tokenOut: market.base,
                fee: market.feePips,
                recipient: hostile,
                amountIn: quoteUnits(world, "100000000"),
                amountOutMinimum: 0n,
                sqrtPriceLimitX96: sqrtPriceX96FromPrice(price, market),
              },
            ]),
          },
        ];
        await (await world.hostile.setCalls(calls)).wait();
      };
      await twin.mint(market.quote, hostile, quoteUnits(world, "1000000000"));
      await report(-BAND * 2n);
      await move(2_526);
      await expectRevert(world.vault.connect(world.bob).hedgeNow(), "HedgedVault_OracleUnhealthy", [
        OracleFlag.spotDeviation,
      ]);
      // Control: inside of what is allowed it is nobody's business.
      await move(2_524);
      expect((await hedgeNow(world)).deltaAfter).to.equal(0n);
      expect(Math.abs((await world.actors.readPrice()) - 2_524)).to.be.lessThan(0.001);
    });
  });

  it("repays the largest short, whatever its place", async () => {
    await world.tick({ rangeWidth: 1.5 });
    const loan = shortOf((await world.snapshot()).vault);
    await twin.advance(GRACE);
    await refreshFeeds(world, 2_500);
    await report(-loan - WETH, quoteUnits(world, "300000"));
    const done = await hedgeNow(world);
    expect(done.adjusted, "not the loan's").to.deep.equal([]);
    expect(shortOf((await world.snapshot()).vault)).to.be.within(loan, loan + WETH / 1_000n);
    expect(done.deltaAfter).to.be.within(-(10n ** 12n), 10n ** 12n);
    // Control: one that is smaller than the loan is left alone.
    await prepared.restore();
    await world.tick({ rangeWidth: 1.5 });
    await twin.advance(GRACE);
    await refreshFeeds(world, 2_500);
    await report(-loan + 2n * WETH, quoteUnits(world, "300000"));
    expect((await hedgeNow(world)).adjusted.length).to.equal(1);
  });
});

describe("V17: hedgeNow in other units", () => {
  let twin: Twin;

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
  });
  after(async () => {
    await twin.close();
  });

  for (const [baseDecimals, quoteDecimals, baseIsToken0] of [
    [8, 6, true],
    [18, 18, false],
    [6, 8, true],
    [8, 18, false],
  ] as const) {
    it(`closes both signs with base ${baseDecimals}, quote ${quoteDecimals}, base is token${baseIsToken0 ? 0 : 1}`, async () => {
      const start = await twin.snapshot();
      const market = await twin.createMarket({ baseDecimals, quoteDecimals, baseIsToken0 });
      const world = await createVaultWorld(twin, { market, policy: POLICY });
      await world.deposit(world.alice, "1000000");
      await world.tick();
      const parked = await twin.snapshot();
      for (const price of [2_200, 2_800]) {
        await twin.revert(parked);
        await world.actors.step({ price, volumeQuote: 1e6, seconds: GRACE + 100 });
        const was = await world.snapshot();
        const done = await hedgeNow(world);
        expect(abs(done.deltaBefore)).to.be.greaterThan(bandOf(was, 500n));
        expect(done.deltaBefore > 0n).to.equal(price < 2_500);
        const dust = 10n ** BigInt(baseDecimals) / 4_000n;
        expect(abs(done.deltaAfter)).to.be.lessThan(dust);
        expect(done.swapped).to.deep.equal([-done.deltaBefore]);
        expect(done.bountyQuote).to.equal((done.turnoverQuote * 5n) / BPS);
        // 90,000 or 96,000 of drift, traded once.
        expect(done.turnoverQuote).to.be.within(quoteUnits(world, "85000"), quoteUnits(world, "100000"));
        expect(done.lossQuote).to.be.within(quoteUnits(world, "100"), quoteUnits(world, "250"));
      }
      await twin.revert(start);
    });
  }
});
