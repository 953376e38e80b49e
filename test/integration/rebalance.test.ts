import { expect } from "chai";
import { Interface, type Signer } from "ethers";
import { describe, it } from "mocha";

import { sqrtPriceX96FromPrice } from "../../localnet/price.ts";
import type { Twin } from "../../localnet/twin.ts";
import {
  aaveHedgeContract,
  erc20Contract,
  erc20Interface,
  policyContract,
  vaultInterface,
} from "../../sdk/chain/contracts.ts";
import { parseRevert } from "../../sdk/chain/revert.ts";
import { OracleFlag, type PolicyParams, type RangeState } from "../../sdk/policy/types.ts";
import {
  abs,
  baseOf,
  createHostileWorld,
  expectRevert,
  HARMLESS_STATE,
  type HostileWorld,
  quoteOf,
  quoteUnits,
  redeemNow,
  requestRedeem,
  revertOf,
  useTwin,
} from "./world.ts";

const WETH = 10n ** 18n;
const UNLIMITED = (1n << 200n) - 1n;
const AAVE = 0;
const HOSTILE = 1;

/** Bounds that the figures below rely on. */
const POLICY = {
  maxDeltaBps: 500n,
  maxLossBpsPerDay: 100n,
  maxSlippageBps: 50n,
  healthFloorWad: 1_250_000_000_000_000_000n,
} as const;

interface ActionInput {
  readonly kind: number;
  readonly hedgeIndex?: number;
  readonly range?: Pick<RangeState, "tickLower" | "tickUpper">;
  readonly amount?: bigint;
  readonly marginQuote?: bigint;
}

const remove = (range: RangeState, amount = range.liquidity): ActionInput => ({ kind: 0, range, amount });
const add = (range: Pick<RangeState, "tickLower" | "tickUpper">, amount: bigint): ActionInput => ({
  kind: 1,
  range,
  amount,
});
const adjust = (hedgeIndex: number, amount: bigint, marginQuote = 0n): ActionInput => ({
  kind: 2,
  hedgeIndex,
  amount,
  marginQuote,
});
const swap = (amount: bigint): ActionInput => ({ kind: 3, amount });

interface HostileCall {
  readonly target: string;
  readonly data: string;
}

const ROUTER = new Interface([
  "function exactInputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96) params) payable returns (uint256 amountOut)",
]);

describe("rebalancing", () => {
  let twin: Twin;
  let world: HostileWorld;
  let hostileAddress: string;

  const prepared = useTwin(async (started) => {
    twin = started;
    world = await createHostileWorld(twin, { policy: POLICY });
    hostileAddress = await world.hostile.getAddress();
    await world.deposit(world.alice, "1000000");
    await world.tick();
  });

  const rebalance = async (
    actions: readonly ActionInput[],
    overrides: {
      readonly by?: Signer;
      readonly expectedEpoch?: bigint;
      readonly deadline?: number;
      readonly maxResidualDeltaBase?: bigint;
      readonly maxLossQuote?: bigint;
    } = {},
  ): Promise<void> => {
    const sent = await world.vault.connect(overrides.by ?? world.keeper).rebalance(
      actions.map((action) => ({
        kind: action.kind,
        hedgeIndex: action.hedgeIndex ?? 0,
        tickLower: action.range?.tickLower ?? 0,
        tickUpper: action.range?.tickUpper ?? 0,
        amount: action.amount ?? 0n,
        marginQuote: action.marginQuote ?? 0n,
      })),
      {
        expectedEpoch: overrides.expectedEpoch ?? (await world.vault.epoch()),
        deadline: overrides.deadline ?? (await twin.timestamp()) + 300,
        maxResidualDeltaBase: overrides.maxResidualDeltaBase ?? UNLIMITED,
        maxLossQuote: overrides.maxLossQuote ?? UNLIMITED,
      },
    );
    await sent.wait();
  };
  const rangeHeld = async (): Promise<RangeState> => {
    const [range] = (await world.snapshot()).vault.ranges;
    if (range === undefined) throw new Error("no range");
    return range;
  };
  const setParams = async (changes: Partial<PolicyParams>): Promise<void> => {
    const { params } = (await world.snapshot()).vault.policy;
    const policy = policyContract(world.addresses.policy, world.admin);
    await (await policy.setParams({ ...params, ...changes })).wait();
  };
  /** What the hostile hedge has to call to move the pool to a price; it holds the tokens. */
  const poolMove = (price: number): readonly [HostileCall, HostileCall] => {
    const { market } = world;
    const isUp = price > 2_500;
    const [tokenIn, tokenOut] = isUp ? [market.quote, market.base] : [market.base, market.quote];
    const { swapRouter02 } = twin.addresses;
    return [
      { target: tokenIn, data: erc20Interface.encodeFunctionData("approve", [swapRouter02, UNLIMITED]) },
      {
        target: swapRouter02,
        data: ROUTER.encodeFunctionData("exactInputSingle", [
          {
            tokenIn,
            tokenOut,
            fee: market.feePips,
            recipient: hostileAddress,
            amountIn: isUp ? quoteUnits(world, "100000000") : 100_000n * WETH,
            amountOutMinimum: 0n,
            sqrtPriceLimitX96: sqrtPriceX96FromPrice(price, market),
          },
        ]),
      },
    ];
  };
  const armWithFunds = async (calls: readonly HostileCall[]): Promise<void> => {
    await twin.mint(world.market.quote, hostileAddress, quoteUnits(world, "1000000000"));
    await twin.mint(world.market.base, hostileAddress, 1_000_000n * WETH);
    await (await world.hostile.setCalls([...calls])).wait();
  };

  describe("envelope", () => {
    it("runs an empty plan, and counts it (control)", async () => {
      const epoch = await world.vault.epoch();
      await rebalance([]);
      expect(await world.vault.epoch()).to.equal(epoch + 1n);
    });

    it("refuses another epoch, so that no plan runs twice", async () => {
      const epoch = await world.vault.epoch();
      for (const expected of [epoch - 1n, epoch + 1n]) {
        await expectRevert(rebalance([], { expectedEpoch: expected }), "HedgedVault_WrongEpoch", [expected, epoch]);
      }
      await rebalance([], { expectedEpoch: epoch });
      await expectRevert(rebalance([], { expectedEpoch: epoch }), "HedgedVault_WrongEpoch", [epoch, epoch + 1n]);
    });

    it("refuses a plan past its deadline, and takes one in its last second", async () => {
      const deadline = (await twin.timestamp()) + 30;
      await twin.setNextTimestamp(deadline + 1);
      await twin.rpc.request("evm_mine");
      const { name, args } = await revertOf(rebalance([], { deadline }));
      expect(name).to.equal("HedgedVault_DeadlinePassed");
      expect(args[0]).to.equal(BigInt(deadline));
      const last = (await twin.timestamp()) + 10;
      await twin.setNextTimestamp(last);
      await rebalance([], { deadline: last });
      expect(await twin.timestamp()).to.equal(last);
    });

    it("is the keeper's alone", async () => {
      for (const who of [world.alice, world.admin, world.guardian]) {
        await expectRevert(rebalance([], { by: who }), "AccessManagedUnauthorized", [await who.getAddress()]);
      }
    });

    it("needs feeds that are fresh and a pool that agrees with them", async () => {
      await world.actors.step({ price: 2_530, baseUsd: 2_500, seconds: 60 });
      await expectRevert(rebalance([]), "HedgedVault_OracleUnhealthy", [OracleFlag.spotDeviation]);
      await world.actors.step({ price: 2_520, baseUsd: 2_500, seconds: 60 });
      await rebalance([]);
      await twin.advance(4_000);
      await expectRevert(rebalance([]), "HedgedVault_OracleUnhealthy", [OracleFlag.baseStale]);
    });
  });

  describe("actions", () => {
    it("refuses liquidity that is no liquidity", async () => {
      const range = await rangeHeld();
      await expectRevert(rebalance([remove(range, -1n)]), "HedgedVault_BadAmount", [0n, -1n]);
      const tooMuch = 1n << 128n;
      await expectRevert(rebalance([swap(1n * WETH), add(range, tooMuch)]), "HedgedVault_BadAmount", [1n, tooMuch]);
      await expectRevert(rebalance([remove(range, range.liquidity + 1n)]), "Liquidity_RangeTooSmall", [
        range.liquidity + 1n,
        range.liquidity,
      ]);
      const elsewhere = { ...range, tickLower: range.tickLower - 10 };
      await expectRevert(rebalance([remove(elsewhere)]), "Liquidity_UnknownRange", [
        BigInt(elsewhere.tickLower),
        BigInt(elsewhere.tickUpper),
      ]);
      await rebalance([remove(range, range.liquidity / 100n)]);
      expect((await rangeHeld()).liquidity).to.equal(range.liquidity - range.liquidity / 100n);
    });

    it("refuses a fifth range", async () => {
      const range = await rangeHeld();
      const others = [1, 2, 3, 4].map((i) => add({ ...range, tickLower: range.tickLower - 10 * i }, 10n ** 10n));
      await expectRevert(rebalance(others), "Liquidity_TooManyRanges", [5n, 4n]);
      await rebalance(others.slice(0, 3));
      expect((await world.snapshot()).vault.ranges).to.have.length(4);
    });

    it("refuses a hedge that does not exist and a swap of nothing", async () => {
      await expectRevert(rebalance([adjust(2, 0n)]), "HedgedVault_UnknownHedge", [2n]);
      await expectRevert(rebalance([swap(0n)]), "HedgedVault_BadAmount", [0n, 0n]);
    });

    it("spends no more than idle funds, in either token", async () => {
      const { vault: v } = await world.snapshot();
      await expectRevert(rebalance([adjust(AAVE, 0n, v.idleQuote + 1n)]), "HedgedVault_InsufficientIdle", [
        world.market.quote,
        v.idleQuote + 1n,
        v.idleQuote,
      ]);
      await expectRevert(rebalance([adjust(AAVE, v.idleBase + 1n)]), "HedgedVault_InsufficientIdle", [
        world.market.base,
        v.idleBase + 1n,
        v.idleBase,
      ]);
      await rebalance([adjust(AAVE, v.idleBase / 2n, v.idleQuote / 2n)]);
    });

    it("repays no more than is owed", async () => {
      const range = await rangeHeld();
      const { name, args } = await revertOf(rebalance([remove(range), swap(WETH), adjust(AAVE, 10_000n * WETH)]));
      expect(name).to.equal("Hedge_ReduceExceedsShort");
      expect(args[0]).to.equal(10_000n * WETH);
    });
  });

  describe("policy", () => {
    it("refuses a delta outside the band, on either side, and takes one inside", async () => {
      const limit = 20n * WETH; // 5 % of a million at 2,500
      const { name, args } = await revertOf(rebalance([adjust(AAVE, -22n * WETH), swap(-22n * WETH)]));
      expect(name).to.equal("RiskPolicy_DeltaOutsideBand");
      expect(args[0]).to.be.within(-22n * WETH - WETH / 10n, -22n * WETH + WETH / 10n);
      expect(args[1]).to.be.within(limit - WETH / 10n, limit);
      const range = await rangeHeld();
      const long = await revertOf(rebalance([remove(range, range.liquidity / 3n), swap(22n * WETH)]));
      expect(long.name).to.equal("RiskPolicy_DeltaOutsideBand");
      expect(long.args[0]).to.be.greaterThan(20n * WETH);
      await rebalance([adjust(AAVE, -18n * WETH), swap(-18n * WETH)]);
    });

    it("takes a smaller delta of the same sign although it is outside the band, and no overshoot", async () => {
      await setParams({ maxDeltaBps: 1n });
      await world.actors.step({ price: 2_400, volumeQuote: 1e6, seconds: 900 });
      const { deltaBase } = (await world.snapshot()).vault.book;
      expect(deltaBase, "long, far outside").to.be.greaterThan(5n * WETH);
      const { name } = await revertOf(rebalance([adjust(AAVE, -2n * deltaBase), swap(-2n * deltaBase)]));
      expect(name).to.equal("RiskPolicy_DeltaOutsideBand");
      await rebalance([adjust(AAVE, -deltaBase / 2n), swap(-deltaBase / 2n)]);
      expect((await world.snapshot()).vault.book.deltaBase).to.be.within(deltaBase / 3n, (deltaBase * 2n) / 3n);
    });

    it("holds the keeper to what it promised", async () => {
      const { name, args } = await revertOf(
        rebalance([adjust(AAVE, -5n * WETH), swap(-5n * WETH)], { maxResidualDeltaBase: 4n * WETH }),
      );
      expect(name).to.equal("RiskPolicy_PromisedDeltaMissed");
      expect(args[1]).to.equal(4n * WETH);
      const loss = await revertOf(
        rebalance([adjust(AAVE, -5n * WETH), swap(-5n * WETH)], { maxLossQuote: 1_000_000n }),
      );
      expect(loss.name).to.equal("RiskPolicy_PromisedLossExceeded");
      expect(loss.args[0], "the pool's fee and impact on 12,500").to.be.within(
        quoteUnits(world, "6"),
        quoteUnits(world, "10"),
      );
      await rebalance([adjust(AAVE, -5n * WETH), swap(-5n * WETH)], {
        maxResidualDeltaBase: 6n * WETH,
        maxLossQuote: quoteUnits(world, "10"),
      });
    });

    it("keeps the hedge's health above the floor, unless it rises", async () => {
      const { healthWad } = (await world.snapshot()).vault.book;
      const { collateralQuote } = await aaveHedgeContract(world.addresses.hedges[AAVE] ?? "", world.admin).position();
      const { name, args } = await revertOf(rebalance([adjust(AAVE, 0n, -(collateralQuote * 4n) / 10n)]));
      expect(name).to.equal("RiskPolicy_HealthBelowFloor");
      expect(args[0]).to.be.within((healthWad * 59n) / 100n, (healthWad * 61n) / 100n);
      expect(args[1]).to.equal(1_250_000_000_000_000_000n);
      await setParams({ healthFloorWad: 5n * 10n ** 18n });
      const { idleQuote } = (await world.snapshot()).vault;
      await rebalance([adjust(AAVE, 0n, idleQuote / 2n)]);
      expect((await revertOf(rebalance([adjust(AAVE, 0n, -1_000_000n)]))).name).to.equal("RiskPolicy_HealthBelowFloor");
    });

    it("cools down between actions, but never stands in the way of less risk", async () => {
      await rebalance([]);
      await setParams({ cooldownSeconds: 3_600n });
      const readyAt = (await world.snapshot()).vault.lastActionAt + 3_600n;
      await expectRevert(rebalance([]), "RiskPolicy_CoolingDown", [readyAt]);
      const { idleQuote } = (await world.snapshot()).vault;
      await rebalance([adjust(AAVE, 0n, idleQuote / 2n)]);
      const again = (await world.snapshot()).vault.lastActionAt + 3_600n;
      expect(again).to.be.greaterThan(readyAt);
      await twin.advanceTo(Number(again) - 2);
      await world.actors.pushOracle({ baseUsd: 2_500, quoteUsd: 1 });
      await rebalance([]);
    });

    it("V03: lets all actions together lose half the budget at once, and more only as time passes", async () => {
      await setParams({ maxLossBpsPerDay: 4n });
      const nav = await world.vault.totalAssets();
      const atOnce = (nav * 2n) / 10_000n;
      let rounds = 0;
      let stopped: string | undefined;
      while (stopped === undefined && rounds < 40) {
        const round = rebalance([adjust(AAVE, -8n * WETH), swap(-8n * WETH), swap(8n * WETH), adjust(AAVE, 8n * WETH)]);
        try {
          await round;
          rounds++;
        } catch {
          stopped = (await revertOf(round)).name;
        }
      }
      expect(stopped).to.equal("RiskPolicy_LossBudgetExceeded");
      expect(rounds, "some went through (control)").to.be.greaterThan(2);
      const lost = nav - (await world.vault.totalAssets());
      expect(lost).to.be.within(atOnce / 2n, atOnce + quoteUnits(world, "1"));
      // The bucket leaks: half a day later there is room again.
      await twin.advance(43_200);
      await world.actors.pushOracle({ baseUsd: await world.actors.readPrice(), quoteUsd: 1 });
      await rebalance([adjust(AAVE, -8n * WETH), swap(-8n * WETH), swap(8n * WETH), adjust(AAVE, 8n * WETH)]);
    });

    it("V13: does not believe a hedge that says it is done", async () => {
      await world.actors.step({ price: 2_400, volumeQuote: 1e6, seconds: 900 });
      const { deltaBase } = (await world.snapshot()).vault.book;
      expect(deltaBase).to.be.greaterThan(8n * WETH);
      const promise = { maxResidualDeltaBase: deltaBase / 2n };
      const { name, args } = await revertOf(rebalance([adjust(HOSTILE, -deltaBase)], promise));
      expect(name).to.equal("RiskPolicy_PromisedDeltaMissed");
      expect(args[1]).to.equal(deltaBase / 2n);
      // Control: a hedge whose venue shows the position is believed.
      await (await world.hostile.setState({ ...HARMLESS_STATE, deltaBase: -deltaBase })).wait();
      await rebalance([adjust(HOSTILE, -deltaBase)], promise);
    });
  });

  describe("when risk may only fall", () => {
    const expectOnlyLess = async (): Promise<void> => {
      const range = await rangeHeld();
      await expectRevert(rebalance([add(range, 1_000n)]), "HedgedVault_RiskMayOnlyFall", [0n]);
      await expectRevert(rebalance([remove(range, 1_000n), adjust(AAVE, -1n)]), "HedgedVault_RiskMayOnlyFall", [1n]);
      await rebalance([remove(range, range.liquidity / 10n), adjust(AAVE, WETH / 10n)]);
    };

    it("takes nothing but reductions in wind-down", async () => {
      await rebalance([add(await rangeHeld(), 1_000n)]); // control
      await (await world.vault.connect(world.guardian).startWindDown()).wait();
      await expectOnlyLess();
    });

    it("takes nothing but reductions once a venue holds less than it should, noticed by anybody or not", async () => {
      await (await world.hostile.setState({ ...HARMLESS_STATE, lost: true })).wait();
      await expectOnlyLess();
      await (await world.vault.connect(world.bob).reconcile()).wait();
      await (await world.hostile.setState(HARMLESS_STATE)).wait();
      expect(await world.vault.degraded()).to.equal(true);
      await expectOnlyLess();
      await (await world.vault.connect(world.admin).clearDegraded()).wait();
      await rebalance([add(await rangeHeld(), 1_000n)]);
    });

    for (const [words, price] of [
      ["the moment after it entered", undefined],
      ["while it is long", 2_450],
      ["while it is short", 2_560],
    ] as const) {
      it(`winds down to nothing by the keeper's own plans, ${words}`, async () => {
        if (price !== undefined) await world.actors.step({ price, volumeQuote: 1e6, seconds: 900 });
        await (await world.vault.connect(world.guardian).startWindDown()).wait();
        for (let i = 0; i < 5 && (await world.tick()).receipt !== undefined; i++);
        const { vault: v } = await world.snapshot();
        expect(v.ranges).to.deep.equal([]);
        const short = -(v.hedges[AAVE]?.deltaBase ?? 0n);
        expect((short * v.oracle.priceWad) / 10n ** 30n, "dust").to.be.lessThan(v.book.navQuote / 9_000n);
        const nav = v.book.navQuote;
        const got = await redeemNow(world, world.alice, await world.vault.balanceOf(world.alice));
        expect(got).to.be.within((nav * 9_999n) / 10_000n, nav + 10n);
      });
    }
  });

  describe("V04: pool moved in the middle of a plan", () => {
    it("is found afterwards, in both directions", async () => {
      for (const price of [2_540, 2_460]) {
        await armWithFunds(poolMove(price));
        await expectRevert(rebalance([adjust(HOSTILE, 0n)]), "HedgedVault_OracleUnhealthy", [OracleFlag.spotDeviation]);
      }
      // Control: the move itself works, and one inside the deviation is nobody's business.
      await armWithFunds(poolMove(2_515));
      await rebalance([adjust(HOSTILE, 0n)]);
      expect(Math.abs((await world.actors.readPrice()) - 2_515)).to.be.lessThan(0.001);
    });

    it("does not worsen a swap beyond the slippage bound", async () => {
      await armWithFunds(poolMove(2_480));
      const { name, args } = await revertOf(
        rebalance([adjust(HOSTILE, 0n), adjust(AAVE, -5n * WETH), swap(-5n * WETH)]),
      );
      expect(name).to.equal("Liquidity_SwapBelowMinimum");
      expect(args[1], "12,500 less 0.5 %, and the two wei of base that the pool may round away").to.equal(
        quoteUnits(world, "12437.499999"),
      );
      await prepared.restore();
      await armWithFunds(poolMove(2_520));
      const buy = await revertOf(rebalance([adjust(HOSTILE, 0n), swap(5n * WETH)]));
      expect(buy.name).to.equal("Liquidity_SwapAboveMaximum");
      expect(buy.args[1], "12,500 and 0.5 %, and the pool's own rounding").to.be.within(
        quoteUnits(world, "12562.5"),
        quoteUnits(world, "12562.500003"),
      );
    });

    it("is paid for when liquidity is placed in between and the pool goes back", async () => {
      const range = await rangeHeld();
      // Up, then, on its next call, down again to where it was: the vault mints at the bent price in between.
      const next = {
        target: hostileAddress,
        data: world.hostile.interface.encodeFunctionData("setCalls", [[...poolMove(2_500)]]),
      };
      const plan = [remove(range), adjust(HOSTILE, 0n), add(range, range.liquidity / 2n), adjust(HOSTILE, 0n)];
      await setParams({ maxDeltaBps: 5_000n, emergencyDeltaBps: 10_000n });
      await armWithFunds([...poolMove(3_000), next]);
      const { name, args } = await revertOf(rebalance(plan, { maxLossQuote: quoteUnits(world, "100") }));
      expect(name).to.equal("RiskPolicy_PromisedLossExceeded");
      expect(args[0]).to.be.greaterThan(quoteUnits(world, "1000"));
      // Control: without the detour the same plan goes through.
      await (await world.hostile.setCalls([])).wait();
      await rebalance(plan, { maxLossQuote: quoteUnits(world, "100") });
    });
  });

  describe("an adapter that lies", () => {
    for (const token of ["quote", "base"] as const) {
      it(`is found out when it reports more ${token} than it brought`, async () => {
        const amount = token === "quote" ? quoteUnits(world, "1000") : WETH;
        await (
          await world.hostile.setFlow({
            status: 0n,
            baseReceived: token === "base" ? amount : 0n,
            quoteReceived: token === "quote" ? amount : 0n,
          })
        ).wait();
        const { name, args } = await revertOf(rebalance([adjust(HOSTILE, 0n)]));
        expect(name).to.equal("HedgedVault_Insolvent");
        expect(args[0]).to.equal(world.market[token]);
        expect((args[2] as bigint) - (args[1] as bigint), "exactly what is missing").to.equal(amount);
        // Control: the same report is right when the tokens are there.
        await twin.mint(world.market[token], world.addresses.vault, amount);
        await rebalance([adjust(HOSTILE, 0n)], { maxResidualDeltaBase: UNLIMITED });
      });
    }

    it("cannot spend what is set aside for claims", async () => {
      await requestRedeem(world, world.alice, 100_000n * 10n ** 12n);
      const reserved = await world.vault.reservedQuote();
      const { idleQuote } = (await world.snapshot()).vault;
      await (
        await world.hostile.setCalls([
          {
            target: world.addresses.vault,
            data: vaultInterface.encodeFunctionData("pay", [world.market.quote, idleQuote + 1n, hostileAddress]),
          },
        ])
      ).wait();
      await rebalance([adjust(HOSTILE, 0n)]);
      const [result] = await world.hostile.results();
      expect(result?.success).to.equal(false);
      expect(parseRevert(result?.data ?? "")?.name).to.equal("HedgedVault_InsufficientIdle");
      expect(await world.vault.reservedQuote()).to.equal(reserved);
    });

    it("is paid nothing outside an operation, and inside one its take is a loss like any other", async () => {
      const call = (amount: bigint): HostileCall => ({
        target: world.addresses.vault,
        data: vaultInterface.encodeFunctionData("pay", [world.market.quote, amount, hostileAddress]),
      });
      await (await world.hostile.setCalls([call(1n)])).wait();
      await (await world.hostile.strike()).wait();
      const [outside] = await world.hostile.results();
      expect(outside?.success).to.equal(false);
      const parsed = parseRevert(outside?.data ?? "");
      expect([parsed?.name, parsed?.args[0]]).to.deep.equal(["HedgedVault_OnlyAdapter", hostileAddress]);
      await expectRevert(
        world.vault.connect(world.bob).pay(world.market.quote, 1n, world.bob),
        "HedgedVault_OnlyAdapter",
        [await world.bob.getAddress()],
      );
      const taken = quoteUnits(world, "500");
      await (await world.hostile.setCalls([call(taken)])).wait();
      const { name } = await revertOf(rebalance([adjust(HOSTILE, 0n)], { maxLossQuote: taken - 1n }));
      expect(name).to.equal("RiskPolicy_PromisedLossExceeded");
      // Control: with a promise that allows it the payment happens, and is charged.
      await rebalance([adjust(HOSTILE, 0n)], { maxLossQuote: taken + 1n });
      expect(await quoteOf(world, hostileAddress)).to.equal(taken);
      expect((await world.snapshot()).vault.bucketQuote).to.be.within(taken - quoteUnits(world, "1"), taken);
    });

    it("holds a settlement up while it has an order pending, and nobody is paid wrongly", async () => {
      await (await world.hostile.setFlow({ status: 1n, baseReceived: 0n, quoteReceived: 0n })).wait();
      const shares = 10n ** 12n;
      const id = await requestRedeem(world, world.alice, shares);
      expect(await world.vault.pendingRedeemRequest(id, world.alice)).to.equal(shares);
      await expectRevert(world.vault.settle(1n), "HedgedVault_HedgePending", [1n]);
      await (await world.hostile.setFlow({ status: 0n, baseReceived: 0n, quoteReceived: 0n })).wait();
      await (await world.vault.settle(1n)).wait();
      expect(await world.vault.maxRedeem(world.alice)).to.equal(shares);
    });
  });

  describe("V21: re-entered in the middle", () => {
    const reenter = async (calls: readonly (readonly [string, readonly unknown[]])[]): Promise<readonly string[]> => {
      const encoded = calls.map(([name, args]) => ({
        target: world.addresses.vault,
        data: vaultInterface.encodeFunctionData(name, args),
      }));
      await (await world.hostile.setCalls(encoded)).wait();
      await rebalance([adjust(HOSTILE, 0n)]);
      const results = await world.hostile.results();
      return results.map(({ success, data }) => (success ? "answered" : (parseRevert(data)?.name ?? data)));
    };
    const refused = "ReentrancyGuardReentrantCall";

    it("refuses every call that changes something", async () => {
      const promise = [1n, 1n << 40n, 0n, 0n];
      const calls = [
        ["deposit", [1n, hostileAddress]],
        ["mint", [1n, hostileAddress]],
        ["requestRedeem", [1n, hostileAddress, hostileAddress]],
        ["cancelRedeemRequest", [1n, hostileAddress]],
        ["settle", [1n]],
        ["redeem", [1n, hostileAddress, hostileAddress]],
        ["withdraw", [1n, hostileAddress, hostileAddress]],
        ["claimCancelRedeemRequest", [1n, hostileAddress, hostileAddress]],
        ["settleShares", [1n, 1n]],
        ["exitInKind", [1n, hostileAddress, 0n, 0n]],
        ["hedgeNow", []],
        ["accrueFees", []],
        ["applyFees", []],
        ["reconcile", []],
      ] as const;
      expect(await reenter(calls)).to.deep.equal(calls.map(() => refused));
      expect(await reenter([["rebalance", [[], promise]]])).to.deep.equal(["AccessManagedUnauthorized"]);
    });

    it("refuses every view that values the vault", async () => {
      const calls = [
        ["totalAssets", []],
        ["convertToShares", [1n]],
        ["convertToAssets", [1n]],
        ["book", []],
      ] as const;
      expect(await reenter(calls)).to.deep.equal(calls.map(() => refused));
      // Control: outside they answer.
      await (await world.hostile.strike()).wait();
      expect((await world.hostile.results()).every(({ success }) => success)).to.equal(true);
    });

    it("refuses the views that quote a deposit", async () => {
      const calls = [
        ["previewDeposit", [1_000_000n]],
        ["previewMint", [1_000_000n]],
      ] as const;
      expect(await reenter(calls)).to.deep.equal(calls.map(() => refused));
      // ERC-4626 wants an answer from these two: nothing can be deposited now.
      await reenter([
        ["maxDeposit", [hostileAddress]],
        ["maxMint", [hostileAddress]],
      ]);
      const answers = (await world.hostile.results()).map(({ success, data }) => [success, BigInt(data)]);
      expect(answers).to.deep.equal([
        [true, 0n],
        [true, 0n],
      ]);
    });

    it("refuses them inside a settlement, too", async () => {
      await (
        await world.hostile.setCalls([
          { target: world.addresses.vault, data: vaultInterface.encodeFunctionData("totalAssets") },
          { target: world.addresses.vault, data: vaultInterface.encodeFunctionData("settle", [1n]) },
        ])
      ).wait();
      await requestRedeem(world, world.alice, 10n ** 15n);
      expect(await world.vault.maxRedeem(world.alice)).to.equal(10n ** 15n);
      const names = (await world.hostile.results()).map(({ data }) => parseRevert(data)?.name);
      expect(names).to.deep.equal([refused, refused]);
    });
  });

  it("leaves no allowance behind and nothing in the adapters", async () => {
    for (const spender of [world.addresses.liquidity, ...world.addresses.hedges, twin.addresses.aavePool]) {
      for (const asset of [world.market.base, world.market.quote]) {
        for (const owner of [world.addresses.vault, world.addresses.liquidity, world.addresses.hedges[AAVE] ?? ""]) {
          expect(await erc20Contract(asset, world.admin).allowance(owner, spender)).to.equal(0n);
        }
      }
    }
    for (const adapter of [world.addresses.liquidity, world.addresses.hedges[AAVE] ?? ""]) {
      expect([await baseOf(world, adapter), await quoteOf(world, adapter)]).to.deep.equal([0n, 0n]);
    }
    expect(abs((await world.snapshot()).vault.book.deltaBase)).to.be.lessThan(WETH / 10n);
  });
});
