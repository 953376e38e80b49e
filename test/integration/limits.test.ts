import { expect } from "chai";
import { Contract, Interface, type Signer } from "ethers";
import { beforeEach, describe, it } from "mocha";

import type { Twin } from "../../localnet/twin.ts";
import {
  aaveHedgeContract,
  artifacts,
  policyContract,
  vaultInterface,
  volatilityContract,
} from "../../sdk/chain/contracts.ts";
import { Role } from "../../sdk/chain/roles.ts";
import type { PolicyParams } from "../../sdk/policy/types.ts";
import type { RiskPolicy } from "../../types/contracts/RiskPolicy.ts";
import { createPoolRandom } from "../unit/sdk/exact/random.ts";
import {
  type ActionInput,
  add,
  adjust,
  confirmed,
  eventOf,
  eventsOf,
  rangeHeld,
  rebalance,
  refreshFeeds,
  remove,
  setParams,
  swap,
  UNLIMITED,
} from "./actions.ts";
import {
  abs,
  claimAll,
  createVaultWorld,
  expectRevert,
  fundAndApprove,
  hedgeOf,
  quoteUnits,
  redeemNow,
  requestRedeem,
  revertOf,
  type VaultWorld,
  useTwin,
} from "./world.ts";

const WETH = 10n ** 18n;
const WAD = 10n ** 18n;
const USDC = 10n ** 6n;
const DAY = 86_400;
const MAX_UINT256 = 2n ** 256n - 1n;
const NAV = 1_000_000n * USDC;

const policyInterface = new Interface(artifacts.riskPolicy.abi);
const volatilityInterface = new Interface(artifacts.realizedVolatility.abi);

interface Books {
  readonly navQuote?: bigint;
  readonly deltaBase?: bigint;
  readonly healthWad?: bigint;
}

/** Speaks to a policy as its vault. */
async function judgeOf(
  twin: Twin,
  world: VaultWorld,
): Promise<{
  readonly policy: RiskPolicy;
  readonly judge: (from: Books, to: Books, turnoverQuote?: bigint) => Promise<unknown>;
  readonly enforce: (from: Books, to: Books, turnoverQuote?: bigint) => Promise<unknown>;
}> {
  await twin.rpc.impersonate(world.addresses.vault);
  const policy = policyContract(world.addresses.policy, await twin.ethers.getSigner(world.addresses.vault));
  const book = (books: Books) => ({
    priceWad: 2_500n * WAD,
    navQuote: NAV,
    navMinQuote: NAV,
    navMaxQuote: NAV,
    deltaBase: 0n,
    hedgeDeltaBase: 0n,
    healthWad: MAX_UINT256,
    pending: false,
    lost: false,
    ...books,
  });
  const promise = {
    expectedEpoch: 0n,
    deadline: 0n,
    maxResidualDeltaBase: MAX_UINT256,
    maxLossQuote: MAX_UINT256,
  };
  return {
    policy,
    judge: (from, to, turnoverQuote = 0n) => policy.enforce.staticCall(book(from), book(to), promise, turnoverQuote),
    enforce: async (from, to, turnoverQuote = 0n) =>
      await (await policy.enforce(book(from), book(to), promise, turnoverQuote)).wait(),
  };
}

describe("turnover cap", () => {
  let twin: Twin;
  let world: VaultWorld;
  let policy: RiskPolicy;
  let judge: Awaited<ReturnType<typeof judgeOf>>["judge"];
  let enforce: Awaited<ReturnType<typeof judgeOf>>["enforce"];

  /** Twice the NAV a day, of which the bucket holds half. */
  const POLICY: Partial<PolicyParams> = { maxTurnoverBpsPerDay: 20_000n };
  const CAP = 2n * NAV;
  const CAPACITY = NAV;

  useTwin(async (started) => {
    twin = started;
    world = await createVaultWorld(twin, { policy: POLICY });
    ({ policy, judge, enforce } = await judgeOf(twin, world));
  });

  const trade = (turnoverQuote: bigint, from: Books = {}, to: Books = {}) => enforce(from, to, turnoverQuote);
  /** At the time of the latest block: this much passes, one unit more is refused. */
  const expectRoom = async (room: bigint): Promise<void> => {
    await judge({}, {}, room);
    await expectRevert(judge({}, {}, room + 1n), "RiskPolicy_TurnoverExceeded", [CAPACITY + 1n, CAPACITY]);
  };

  it("V02 lets half of a day's turnover through at once, and not a unit more", async () => {
    await expectRoom(CAPACITY);
    const receipt = confirmed(await trade(CAPACITY));
    expect([...eventOf(receipt, "TurnoverCharged", policyInterface).args]).to.deep.equal([
      CAPACITY,
      CAPACITY,
      CAPACITY,
    ]);
    expect(await policy.turnoverBucketQuote(NAV)).to.equal(CAPACITY);
    await expectRevert(judge({}, {}, CAPACITY / BigInt(DAY) + 2n), "RiskPolicy_TurnoverExceeded");
    await judge({}, {});
  });

  it("drains evenly, and is empty after a day", async () => {
    await trade(CAPACITY);
    const at = await twin.timestamp();
    for (const elapsed of [1, 60, 3_600, DAY / 4, DAY / 2, DAY - 1, DAY, 30 * DAY]) {
      await twin.advanceTo(at + elapsed);
      const leaked = (CAPACITY * BigInt(Math.min(elapsed, DAY))) / BigInt(DAY);
      expect(await policy.turnoverBucketQuote(NAV), `after ${elapsed} s`).to.equal(CAPACITY - leaked);
    }
    await twin.advanceTo(at + 40 * DAY);
    await expectRoom(CAPACITY);
  });

  it("V02 has exactly a quarter of its room back after a quarter of a day", async () => {
    await trade(CAPACITY);
    await twin.advance(DAY / 4);
    await expectRoom(CAPACITY / 4n);
  });

  it("V03 holds for any 24 hours, however the trades are spread", async () => {
    const random = createPoolRandom(91);
    const charges: { readonly at: number; readonly turnover: bigint }[] = [];
    const from = await twin.timestamp();
    while ((await twin.timestamp()) - from < 5 * DAY) {
      await twin.advance(random.int(0, 9) === 0 ? DAY : random.int(60, 9_000));
      const room = CAPACITY - (await policy.turnoverBucketQuote(NAV));
      const turnover = random.int(0, 2) !== 0 ? room : (room * BigInt(random.int(0, 100))) / 100n;
      if (turnover === 0n) continue;
      await trade(turnover);
      charges.push({ at: await twin.timestamp(), turnover });
    }
    let worst = 0n;
    for (const { at } of charges) {
      const day = charges
        .filter((charge) => charge.at >= at && charge.at <= at + DAY)
        .reduce((sum, { turnover }) => sum + turnover, 0n);
      if (day > worst) worst = day;
    }
    expect(worst <= CAP, `${worst} in a day`).to.equal(true);
    expect(worst > (CAP * 9n) / 10n, `control: ${worst} of ${CAP}`).to.equal(true);
  });

  it("V02 is waived for what leaves less net delta, by a unit, and for nothing else", async () => {
    const long = { deltaBase: 10n * WETH };
    const huge = 10n * CAPACITY;
    await judge(long, { deltaBase: 10n * WETH - 1n }, huge);
    await judge(long, { deltaBase: 1n - 10n * WETH }, huge);
    for (const deltaBase of [10n * WETH, -10n * WETH, 10n * WETH + 1n]) {
      await expectRevert(judge(long, { deltaBase }, huge), "RiskPolicy_TurnoverExceeded", [huge, CAPACITY]);
    }
    // Held against the keeper for no longer than a full bucket is.
    await trade(huge, long, { deltaBase: 0n });
    expect(await policy.turnoverBucketQuote(NAV)).to.equal(CAPACITY);
    await judge(long, { deltaBase: 0n }, huge);
    await expectRevert(judge({}, {}, CAPACITY / BigInt(DAY) + 2n), "RiskPolicy_TurnoverExceeded");
    await twin.advance(DAY);
    await expectRoom(CAPACITY);
  });

  it("is not passed off to another NAV: the bucket holds a fraction", async () => {
    await trade(CAPACITY / 2n);
    await twin.advance(0 + 1);
    const level = await policy.turnoverBucketQuote(NAV);
    expect(await policy.turnoverBucketQuote(3n * NAV)).to.be.within(3n * level - 3n, 3n * level);
    // Nothing passes without any NAV, except what leaves less delta.
    const none = { navQuote: 0n };
    await expectRevert(judge(none, none, 1n), "RiskPolicy_TurnoverExceeded", [1n, 0n]);
    await judge({ ...none, deltaBase: 2n }, { ...none, deltaBase: 1n }, 1n);
  });

  describe("around a real vault", () => {
    /** 10 WETH bought and sold: 50,000 traded, about 50 lost. */
    const churn: readonly ActionInput[] = [swap(10n * WETH), swap(-10n * WETH)];
    const TURN = 50_000n * USDC;

    const deposited = async (changes: Partial<PolicyParams>): Promise<void> => {
      await world.deposit(world.alice, "1000000");
      await setParams(world, { maxLossBpsPerDay: 1_000n, maxDeltaBps: 5_000n, emergencyDeltaBps: 5_000n, ...changes });
    };

    it("counts every swap and every change of a hedge, at the oracle's price", async () => {
      await deposited({});
      const receipt = await rebalance(world, [
        adjust(0, 0n, quoteUnits(world, "500000")),
        adjust(0, -20n * WETH),
        swap(-20n * WETH),
        swap(3n * WETH + 1n),
        adjust(0, 3n * WETH),
      ]);
      const { args } = eventOf(receipt, "TurnoverCharged", policyInterface);
      // 20 + 20 + 3 + 3 WETH, and a unit for the wei; margin is no trade.
      expect(args["turnoverQuote"]).to.equal(46n * 2_500n * USDC + 1n);
      expect(args["capacityQuote"]).to.equal(NAV);
    });

    it("V03 V22 stops a keeper who churns, after the very trade that fills the bucket", async () => {
      await deposited({ maxTurnoverBpsPerDay: 4_000n });
      await rebalance(world, [swap(3n * WETH)]);
      let traded = 7_500n * USDC;
      for (;;) {
        const { navQuote } = (await world.snapshot()).vault.book;
        const capacity = (navQuote * 4_000n) / 20_000n;
        const round = rebalance(world, churn);
        const passed = await round.then(
          () => true,
          () => false,
        );
        if (passed) {
          traded += TURN;
          continue;
        }
        const { name, args } = await revertOf(round);
        expect(name).to.equal("RiskPolicy_TurnoverExceeded");
        expect(args[1]).to.be.within(capacity - 10n, capacity);
        break;
      }
      expect(traded, "three rounds of 50,000 fit into 200,000").to.equal(7_500n * USDC + 3n * TURN);
      // Control: what takes delta away goes through, and fills the bucket to the brim at most.
      await rebalance(world, [swap(-2n * WETH), ...churn]);
      const { args } = await revertOf(rebalance(world, [swap(WETH / 2n)]));
      expect(args[0]).to.be.within(args[1], (args[1] as bigint) + 1_250n * USDC);
    });

    it("V03 V22 N rebalances in one transaction are worth no more than one", async () => {
      await deposited({ maxTurnoverBpsPerDay: 4_000n });
      const { multicall3 } = twin.addresses;
      const manager = new Contract(world.addresses.authority, artifacts.accessManager.abi, world.admin);
      await (await manager.getFunction("grantRole")(Role.keeper, multicall3, 0)).wait();
      const epoch = await world.vault.epoch();
      const calls = Array.from({ length: 8 }, (_, i) => ({
        target: world.addresses.vault,
        allowFailure: true,
        callData: vaultInterface.encodeFunctionData("rebalance", [
          churn.map(({ kind, amount }) => [kind, 0, 0, 0, amount, 0]),
          [epoch + BigInt(i), 2n ** 48n - 1n, UNLIMITED, UNLIMITED],
        ]),
      }));
      const MULTICALL = new Interface([
        "function aggregate3((address target, bool allowFailure, bytes callData)[] calls) payable returns ((bool success, bytes returnData)[] results)",
      ]);
      const sent = await world.bob.sendTransaction({
        to: multicall3,
        data: MULTICALL.encodeFunctionData("aggregate3", [calls]),
        gasLimit: 16_000_000n,
      });
      const receipt = confirmed(await sent.wait());
      const turnovers = eventsOf(receipt, "TurnoverCharged", policyInterface).map(({ args }) => args["turnoverQuote"]);
      expect(turnovers).to.deep.equal([TURN, TURN, TURN]);
      expect(await world.vault.epoch()).to.equal(epoch + 3n);
    });

    it("V03 V22 N rebalances in a day come to no more than the cap", async () => {
      await deposited({ maxTurnoverBpsPerDay: 4_000n });
      const nav = (await world.snapshot()).vault.book.navQuote;
      const from = await twin.timestamp();
      let traded = 0n;
      for (let hour = 0; hour <= 23; hour++) {
        await twin.advanceTo(from + 5 + hour * 3_600);
        await refreshFeeds(world, 2_500);
        for (let i = 0; i < 5; i++) {
          const ok = await rebalance(world, churn).then(
            () => true,
            () => false,
          );
          if (!ok) break;
          traded += TURN;
        }
      }
      expect((await twin.timestamp()) - from).to.be.lessThan(DAY);
      const cap = (nav * 4_000n) / 10_000n;
      expect(traded).to.be.within((cap * 8n) / 10n, cap);
    });
  });
});

describe("health floor that rises with realised volatility", () => {
  let twin: Twin;
  let world: VaultWorld;
  const LOWEST = (WAD * 115n) / 100n;
  const HIGHEST = (WAD * 145n) / 100n;

  const prepared = useTwin(async (started) => {
    twin = started;
    world = await createVaultWorld(twin, {
      policy: { healthFloorWad: LOWEST, healthPerVolatilityBps: 1_000n, maxDeltaBps: 1_000n },
    });
    await world.deposit(world.alice, "1000000");
    await world.tick();
    // A day in which nothing happens.
    await twin.advance(DAY);
    await refreshFeeds(world, 2_500);
  });

  /** A day of moves of this part up and down, two hours each; ends where it began. */
  const swing = async (part: number): Promise<void> => {
    for (let i = 0; i < 12; i++) {
      await world.actors.step({ price: i % 2 === 0 ? 2_500 * (1 + part) : 2_500, volumeQuote: 1e5, seconds: 7_200 });
    }
    await refreshFeeds(world, 2_500);
  };
  const measure = () => volatilityContract(world.addresses.volatility, world.admin);
  const policyOf = () => policyContract(world.addresses.policy, world.admin);
  /** Releases margin until the health is this. */
  const lowerTo = async (healthWad: bigint) => {
    const { book } = (await world.snapshot()).vault;
    const { collateralQuote } = await aaveHedgeContract(hedgeOf(world), world.admin).position();
    return await rebalance(world, [
      adjust(0, 0n, -((collateralQuote * (book.healthWad - healthWad)) / book.healthWad)),
    ]);
  };

  it("is at its lowest in a market that does not move, and at its highest where nothing can be known", async () => {
    expect(await measure().volatilityBps()).to.equal(0n);
    expect(await policyOf().healthFloorNowWad()).to.equal(LOWEST);
  });

  it("rises by a tenth for every 100 % of volatility a year, to the unit", async () => {
    const found: bigint[] = [0n];
    for (const part of [0.002, 0.006, 0.012, 0.05]) {
      await prepared.restore();
      await swing(part);
      const volatility = await measure().volatilityBps();
      expect(await policyOf().healthFloorNowWad()).to.equal(LOWEST + (volatility * WAD) / 100_000n);
      found.push(volatility);
    }
    console.log(`      volatility ${found.join(", ")} bps`);
    expect(found).to.deep.equal([...found].sort((a, b) => Number(a - b)));
    expect(new Set(found).size, "each wilder than the one before").to.equal(5);
    expect(found[4], "no more than 300 % is ever reported").to.equal(30_000n);
    expect(await policyOf().healthFloorNowWad()).to.equal(HIGHEST);
  });

  it("lets pass in a calm market what it refuses in a wild one", async () => {
    const health = (WAD * 125n) / 100n;
    await lowerTo(health);
    expect((await world.snapshot()).vault.book.healthWad).to.be.within(health - WAD / 1_000n, health + WAD / 1_000n);
    await prepared.restore();
    await swing(0.018);
    const floor = await policyOf().healthFloorNowWad();
    expect(floor).to.be.within(health + WAD / 50n, HIGHEST - 1n);
    const { name, args } = await revertOf(lowerTo(health));
    expect(name).to.equal("RiskPolicy_HealthBelowFloor");
    expect(args[0]).to.be.within(health - WAD / 1_000n, health + WAD / 1_000n);
    // The floor falls by the second as what was measured halves away; nothing was stored yet.
    expect(args[1]).to.be.within(floor - WAD / 100n, floor + WAD / 100n);
    // Control: as much as the floor of now allows.
    await lowerTo((args[1] as bigint) + WAD / 50n);
  });

  it("bars new borrowing, too, not only the release of margin", async () => {
    await lowerTo((WAD * 130n) / 100n);
    const more: readonly ActionInput[] = [adjust(0, -3n * WETH), swap(-3n * WETH)];
    const armed = await twin.snapshot();
    await rebalance(world, more);
    await twin.revert(armed);
    await swing(0.02);
    expect((await revertOf(rebalance(world, more))).name).to.equal("RiskPolicy_HealthBelowFloor");
    // What is below the floor already is left alone, and may be made better.
    await rebalance(world, []);
    await rebalance(world, [adjust(0, 0n, quoteUnits(world, "1000"))]);
  });

  it("V02 at the floor passes, one unit below is refused; both in a calm and in a wild market", async () => {
    const { judge } = await judgeOf(twin, world);
    const check = async (): Promise<bigint> => {
      // Stored, so that the answer does not change by the second.
      await (await measure().refresh()).wait();
      const floor = LOWEST + ((await measure().volatilityBps()) * WAD) / 100_000n;
      await judge({}, { healthWad: floor });
      await expectRevert(judge({}, { healthWad: floor - 1n }), "RiskPolicy_HealthBelowFloor", [floor - 1n, floor]);
      return floor;
    };
    expect(await check()).to.equal(LOWEST);
    await swing(0.018);
    expect(await check()).to.be.within(LOWEST + WAD / 10n, HIGHEST - 1n);
  });

  it("V02 is measured only for a health that could be below it: at the highest floor nothing is paid for", async () => {
    const { enforce } = await judgeOf(twin, world);
    const before = await measure().measuredAt();
    const cheap = confirmed(await enforce({}, { healthWad: HIGHEST }));
    expect(eventsOf(cheap, "VolatilityMeasured", volatilityInterface)).to.have.length(0);
    expect(await measure().measuredAt()).to.equal(before);
    const dear = confirmed(await enforce({}, { healthWad: HIGHEST - 1n }));
    expect(eventsOf(dear, "VolatilityMeasured", volatilityInterface)).to.have.length(1);
    expect(await measure().measuredAt()).to.equal(BigInt(await twin.timestamp()));
    expect(dear.gasUsed - cheap.gasUsed).to.be.greaterThan(50_000n);
  });

  it("costs a keeper's plan nothing while the health is well above it", async () => {
    const receipt = await rebalance(world, [adjust(0, -WETH), swap(-WETH)]);
    expect(eventsOf(receipt, "VolatilityMeasured", volatilityInterface)).to.have.length(0);
    const low = await lowerTo((WAD * 130n) / 100n);
    expect(eventsOf(low, "VolatilityMeasured", volatilityInterface)).to.have.length(1);
    expect(low.gasUsed - receipt.gasUsed).to.be.greaterThan(0n);
  });
});

describe("bounds on a plan", () => {
  let twin: Twin;
  let world: VaultWorld;

  const prepared = useTwin(async (started) => {
    twin = started;
    world = await createVaultWorld(twin, { policy: { maxDeltaBps: 5_000n, emergencyDeltaBps: 5_000n } });
    await world.deposit(world.alice, "1000000");
    await world.tick();
  });

  describe("V02: the narrowest range", () => {
    const place = async (width: number): Promise<unknown> => {
      const { tick } = (await world.snapshot()).vault.pool;
      const tickLower = Math.floor(tick / 10) * 10 - 50;
      return await rebalance(world, [
        remove(await rangeHeld(world)),
        add({ tickLower, tickUpper: tickLower + width }, 10n ** 12n),
      ]);
    };

    it("is taken at the bound and refused below it", async () => {
      await expectRevert(place(190), "HedgedVault_RangeTooNarrow", [1n, 190n, 200n]);
      await place(200);
      const [range] = (await world.snapshot()).vault.ranges;
      expect((range?.tickUpper ?? 0) - (range?.tickLower ?? 0)).to.equal(200);
    });

    it("is the bound's to the tick, although the pool counts in tens", async () => {
      for (const [bound, width, passes] of [
        [191n, 190, false],
        [190n, 190, true],
        [201n, 200, false],
        [20n, 20, true],
        [20n, 10, false],
      ] as const) {
        await prepared.restore();
        await setParams(world, { minRangeTicks: bound });
        if (passes) await place(width);
        else await expectRevert(place(width), "HedgedVault_RangeTooNarrow", [1n, BigInt(width), bound]);
      }
    });

    it("is no range that is empty or upside down", async () => {
      for (const width of [0, -200, -400]) {
        await expectRevert(place(width), "HedgedVault_RangeTooNarrow", [1n, BigInt(width), 200n]);
      }
    });

    it("is asked of what is added, not of what is taken out", async () => {
      await place(200);
      await setParams(world, { minRangeTicks: 400n });
      await rebalance(world, [remove(await rangeHeld(world))]);
      expect((await world.snapshot()).vault.ranges).to.deep.equal([]);
    });
  });

  describe("a short that nobody could buy back", () => {
    const SHORT = 100n * WETH;
    /** 250,000, 1 % and the units that the pool rounds away. */
    const NEEDED = 252_500n * USDC + 2n;
    const ROUNDING = 4n;

    /** Nothing but quote: the position is taken apart first. */
    beforeEach(async () => {
      const fresh = await createVaultWorld(twin, {
        policy: { maxDeltaBps: 5_000n, emergencyDeltaBps: 5_000n, maxLossBpsPerDay: 1_000n },
      });
      await fresh.deposit(fresh.alice, "1000000");
      shorted = fresh;
    });
    let shorted: VaultWorld;

    const shortAndPost = (margin: bigint) =>
      rebalance(shorted, [
        adjust(0, 0n, 500_000n * USDC),
        adjust(0, -SHORT),
        swap(-SHORT),
        ...(margin === 0n ? [] : [adjust(0, 0n, margin)]),
      ]);

    it("V02 is refused when more quote is missing outside of the hedge than a trade may be rounded by, and no sooner", async () => {
      const fresh = await twin.snapshot();
      await shortAndPost(0n);
      const { idleQuote } = (await shorted.snapshot()).vault;
      await twin.revert(fresh);
      const missing = ROUNDING + 1n;
      await expectRevert(shortAndPost(idleQuote - NEEDED + missing), "HedgedVault_ShortNotBuyable", [missing, 0n]);
      const unposted = await twin.snapshot();
      await shortAndPost(idleQuote - NEEDED + ROUNDING);
      expect((await shorted.snapshot()).vault.idleQuote).to.equal(NEEDED - ROUNDING);
      await twin.revert(unposted);
      await shortAndPost(idleQuote - NEEDED);
      const { vault: v } = await shorted.snapshot();
      expect(v.idleQuote).to.equal(NEEDED);
      expect(v.book.deltaBase).to.be.within(-SHORT - 10n ** 13n, -SHORT);
      // And whoever wants out gets out.
      expect(await redeemNow(shorted, shorted.alice, await shorted.vault.balanceOf(shorted.alice))).to.be.greaterThan(
        quoteUnits(shorted, "995000"),
      );
    });

    it("counts what liquidity would yield, and no longer what was taken out of it and posted", async () => {
      const range = await rangeHeld(world);
      const more: readonly ActionInput[] = [adjust(0, -50n * WETH), swap(-50n * WETH)];
      const needed = 126_250n * USDC + 2n;
      for (const [plan, passes] of [
        [more, true],
        [[remove(range), ...more], false],
      ] as const) {
        await prepared.restore();
        await rebalance(world, plan);
        const { idleQuote } = (await world.snapshot()).vault;
        await prepared.restore();
        const posted = rebalance(world, [...plan, adjust(0, 0n, idleQuote)]);
        if (passes) {
          await posted;
          expect((await world.snapshot()).vault.idleQuote).to.equal(0n);
        } else {
          const { name, args } = await revertOf(posted);
          expect(name).to.equal("HedgedVault_ShortNotBuyable");
          expect(args[0]).to.be.within(needed, needed + USDC);
          expect(args[1]).to.equal(0n);
        }
      }
    });

    it("V22 is not arrived at in two steps either: the short first, the quote afterwards", async () => {
      await shortAndPost(0n);
      const { idleQuote } = (await shorted.snapshot()).vault;
      const { name, args } = await revertOf(rebalance(shorted, [adjust(0, 0n, idleQuote)]));
      expect(name).to.equal("HedgedVault_ShortNotBuyable");
      // All of it, and interest of some seconds.
      expect(args[0]).to.be.within(NEEDED, NEEDED + USDC);
      expect(args[1]).to.equal(0n);
      // Nor by selling base that a short was covered with.
      await rebalance(shorted, [swap(SHORT)]);
      const covered = (await shorted.snapshot()).vault.idleQuote;
      // But for the interest of the next seconds.
      await rebalance(shorted, [adjust(0, 0n, covered - USDC)]);
      const uncovered = await revertOf(rebalance(shorted, [swap(-SHORT)]));
      expect(uncovered.name).to.equal("HedgedVault_ShortNotBuyable");
      expect(uncovered.args[1]).to.equal(0n);
    });

    it("that the market made so may be left as it is or be made smaller, but no larger", async () => {
      const fresh = await twin.snapshot();
      await shortAndPost(0n);
      const { idleQuote } = (await shorted.snapshot()).vault;
      await twin.revert(fresh);
      await shortAndPost(idleQuote - NEEDED);
      await shorted.actors.step({ price: 2_600, volumeQuote: 1e5, seconds: 60 });
      await rebalance(shorted, []);
      // Base that is borrowed and kept leaves the net short as it is.
      await rebalance(shorted, [adjust(0, -WETH)]);
      for (const plan of [[adjust(0, 0n, USDC)], [swap(-WETH)]]) {
        const { name, args } = await revertOf(rebalance(shorted, plan));
        expect(name).to.equal("HedgedVault_ShortNotBuyable");
        const before = args[1] as bigint;
        // 4 % of 250,000 and of its slippage.
        expect(before).to.be.within(quoteUnits(shorted, "10000"), quoteUnits(shorted, "10200"));
        expect(args[0]).to.be.greaterThan(before + ROUNDING);
      }
      await rebalance(shorted, [swap(10n * WETH), adjust(0, 10n * WETH)]);
    });
  });
});

describe("what the owner may and may not", () => {
  let twin: Twin;
  let world: VaultWorld;

  useTwin(async (started) => {
    twin = started;
    world = await createVaultWorld(twin);
    await world.deposit(world.alice, "1000000");
    await world.tick();
  });

  it("V22 the guardian stops the keeper at once; only the owner lets it go on", async () => {
    for (const who of [world.keeper, world.admin, world.bob]) {
      await expectRevert(world.vault.connect(who).pauseKeeper(), "AccessManagedUnauthorized", [await who.getAddress()]);
    }
    await expect(world.vault.connect(world.guardian).pauseKeeper()).to.emit(world.vault, "KeeperPaused").withArgs(true);
    expect(await world.vault.keeperPaused()).to.equal(true);
    await expectRevert(rebalance(world, []), "HedgedVault_KeeperPaused", []);
    // Deposits and exits are none of the keeper's business.
    await world.deposit(world.bob, "1000");
    await redeemNow(world, world.bob, await world.vault.balanceOf(world.bob));
    for (const who of [world.guardian, world.keeper, world.bob]) {
      await expectRevert(world.vault.connect(who).resumeKeeper(), "AccessManagedUnauthorized", [
        await who.getAddress(),
      ]);
    }
    await expect(world.vault.resumeKeeper()).to.emit(world.vault, "KeeperPaused").withArgs(false);
    await rebalance(world, []);
  });

  it("an exit delay counts as it was when the request was made", async () => {
    await twin.advance(100_000);
    const id = await requestRedeem(world, world.alice, 10n ** 15n);
    const opensAt = (await twin.timestamp()) + DAY;
    expect((await world.vault.requestOf(id)).exitOpensAt).to.equal(BigInt(opensAt));
    await setParams(world, { exitDelaySeconds: 14n * 86_400n });
    expect((await world.vault.requestOf(id)).exitOpensAt).to.equal(BigInt(opensAt));
    const later = await requestRedeem(world, world.alice, 10n ** 15n);
    expect((await world.vault.requestOf(later)).exitOpensAt).to.equal(BigInt((await twin.timestamp()) + 14 * DAY));
    await fundAndApprove(world, world.alice, world.market.base, WETH, world.addresses.vault);
    await twin.advanceTo(opensAt);
    const leave = (request: bigint) => world.vault.connect(world.alice).exitInKind(request, world.alice, WETH, 0n);
    expect((await revertOf(leave(later))).name).to.equal("HedgedVault_ExitTooEarly");
    await (await leave(id)).wait();
    // Lowering it helps nobody who asked before.
    await setParams(world, { exitDelaySeconds: 0n });
    expect((await revertOf(leave(later))).name).to.equal("HedgedVault_ExitTooEarly");
    const at_once = await requestRedeem(world, world.alice, 10n ** 15n);
    await (await leave(at_once)).wait();
  });

  it("V22 nobody changes anything once the owner renounced; keeper, guardian and exits go on", async () => {
    const manager = (by: Signer): Contract => new Contract(world.addresses.authority, artifacts.accessManager.abi, by);
    const { params } = (await world.snapshot()).vault.policy;
    // Control: until then the owner may.
    await (await world.vault.setDepositCap(10n ** 14n)).wait();
    await (await manager(world.admin).getFunction("renounceRole")(Role.admin, world.admin)).wait();

    for (const who of [world.admin, world.keeper, world.guardian, world.alice, world.bob]) {
      const refused = [await who.getAddress()];
      const vault = world.vault.connect(who);
      const policy = policyContract(world.addresses.policy, who);
      for (const call of [
        () => vault.setDepositCap(1n),
        () => vault.resumeDeposits(),
        () => vault.resumeKeeper(),
        () => vault.clearDegraded(),
        () => vault.setFees(who, 1n, 1n),
        () => vault.proposeAdapterChange(hedgeOf(world), hedgeOf(world)),
        () => vault.executeAdapterChange(),
        () => vault.setAuthority(who),
        () => policy.setParams(params),
        () => policy.setAuthority(who),
      ]) {
        await expectRevert(call(), "AccessManagedUnauthorized", refused);
      }
      for (const [method, args] of [
        ["grantRole", [Role.admin, who, 0]],
        ["grantRole", [Role.keeper, who, 0]],
        ["revokeRole", [Role.guardian, world.guardian]],
        ["setTargetFunctionRole", [world.addresses.vault, ["0x12345678"], Role.keeper]],
        ["setTargetClosed", [world.addresses.vault, true]],
        ["updateAuthority", [world.addresses.vault, who]],
        ["setRoleAdmin", [Role.keeper, Role.guardian]],
      ] as const) {
        const { name } = await revertOf(manager(who).getFunction(method)(...args) as Promise<unknown>);
        expect(name, method).to.equal("AccessManagerUnauthorizedAccount");
      }
    }

    await world.actors.step({ price: 2_400, volumeQuote: 1e6, seconds: 900 });
    expect((await world.tick()).decision.kind).to.equal("hedge");
    await world.deposit(world.bob, "1000");
    await (await world.vault.connect(world.guardian).startWindDown()).wait();
    for (const who of [world.alice, world.bob]) await requestRedeem(world, who, await world.vault.balanceOf(who));
    expect(await world.vault.totalSupply()).to.equal(0n);
    expect(await claimAll(world, world.alice)).to.be.greaterThan(quoteUnits(world, "990000"));
    expect(abs((await world.snapshot()).vault.book.deltaBase)).to.be.lessThan(10n ** 12n);
  });
});
