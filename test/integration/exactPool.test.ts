import { expect } from "chai";
import { after, before, describe, it } from "mocha";

import { startTwin, type Twin } from "../../localnet/twin.ts";
import { ExactPool } from "../../sdk/exact/pool/pool.ts";
import { PoolRevertError } from "../../sdk/exact/pool/revert.ts";
import { getSqrtRatioAtTick, MAX_SQRT_RATIO, MAX_TICK, MIN_SQRT_RATIO, MIN_TICK } from "../../sdk/exact/tickMath.ts";
import { createPoolRandom, type PoolRandom } from "../unit/sdk/exact/random.ts";
import { createGenuinePool, type GenuinePool, type SwapOrder } from "./exactPoolDriver.ts";

const OWNER = "provider";
const MAX_UINT128 = (1n << 128n) - 1n;
/** [fee in pips, seed, tick of the first price, largest bits of liquidity and amounts, operations] */
const SEQUENCES: readonly (readonly [number, number, number, number, number])[] = [
  [100, 101, 3, 70, 70],
  [500, 102, 199_045, 72, 90],
  [500, 103, -200_311, 90, 60],
  [3_000, 104, -75_000, 80, 70],
  [3_000, 105, 460_000, 60, 60],
  [10_000, 106, 0, 100, 60],
  [10_000, 107, -590_000, 50, 60],
];

describe("the exact pool beside the genuine one", () => {
  let twin: Twin;
  before(async () => {
    twin = await startTwin();
  });
  after(() => twin.close());

  for (const [feePips, seed, startTick, bits, count] of SEQUENCES) {
    it(`is equal after each of ${count} operations: fee ${feePips / 10_000} %, from tick ${startTick}, seed ${seed}`, async () => {
      const random = createPoolRandom(seed);
      const sqrtPriceX96 = getSqrtRatioAtTick(startTick) + random.bits(40);
      const genuine = await createGenuinePool(twin, { feePips, sqrtPriceX96 });
      const exact = new ExactPool(genuine);
      exact.advanceTo(await genuine.timestamp());
      exact.initialize(sqrtPriceX96);
      const pair = new Pair(twin, genuine, exact);
      await pair.expectEqual("after initialize");

      const seen = await runSequence(pair, random, startTick, bits, count);
      await pair.expectEverythingEqual();
      // Control: the sequence did what it is meant to try.
      expect(seen.crossings, "ticks crossed").to.be.greaterThan(5);
      expect(seen.swaps, "swaps").to.be.greaterThan(20);
      expect(seen.fees > 0n, "fees collected").to.equal(true);
      expect(pair.reverts, "reverts of both").to.be.greaterThan(0);
    });
  }
});

/** The router's callback requires that something comes in: it has no swaps through nothing but empty ranges. */
function isRefusedByRouter(amounts: unknown): boolean {
  return Array.isArray(amounts) && amounts.some((swap) => Array.isArray(swap) && swap.every((amount) => amount <= 0n));
}

/** Both pools; every call is made on both, and what they answer must be the same. */
class Pair {
  readonly twin: Twin;
  readonly genuine: GenuinePool;
  exact: ExactPool;
  readonly ranges: { tickLower: number; tickUpper: number; liquidity: bigint }[] = [];
  reverts = 0;

  constructor(twin: Twin, genuine: GenuinePool, exact: ExactPool) {
    this.twin = twin;
    this.genuine = genuine;
    this.exact = exact;
  }

  async both<T>(what: string, onGenuine: () => Promise<T>, onExact: () => T): Promise<T | undefined> {
    const time = (await this.genuine.timestamp()) + 12;
    await this.twin.setNextTimestamp(time);
    this.exact.advanceTo(time);
    let expected: T | undefined;
    let refusal: string | undefined;
    try {
      expected = await onGenuine();
    } catch (error) {
      refusal = String(error);
    }
    let actual: T | undefined;
    const storage = this.exact.toStorage();
    try {
      actual = onExact();
    } catch (error) {
      if (!(error instanceof PoolRevertError)) throw error;
      this.reverts++;
      // A transaction is undone as a whole, the swaps before the one that failed included.
      this.exact = ExactPool.fromStorage(this.genuine, storage);
      expect(refusal, `${what}: only the exact pool reverts, ${error.message}`).not.to.equal(undefined);
      // Of two swaps the router may have refused the first, where the pool would only have refused the second.
      const isPair = what.includes(",swap");
      if (/^[A-Z]+$/.test(error.reason) && !(isPair && /without a reason/.test(refusal ?? ""))) {
        expect(refusal, what).to.include(`'${error.reason}'`);
      }
      return undefined;
    }
    if (refusal !== undefined && isRefusedByRouter(actual)) {
      this.exact = ExactPool.fromStorage(this.genuine, storage);
      return undefined;
    }
    expect(refusal, `${what}: only the genuine pool reverts`).to.equal(undefined);
    expect(actual, what).to.deep.equal(expected);
    await this.expectEqual(what);
    return actual;
  }

  async expectEqual(what: string): Promise<void> {
    const { exact } = this;
    const { index, cardinality, cardinalityNext } = exact.observations;
    const newest = exact.observations.at(index);
    expect(
      {
        sqrtPriceX96: exact.sqrtPriceX96,
        tick: BigInt(exact.tick),
        liquidity: exact.liquidity,
        feeGrowthGlobal0X128: exact.feeGrowthGlobal0X128,
        feeGrowthGlobal1X128: exact.feeGrowthGlobal1X128,
        protocolFees0: exact.protocolFees.token0,
        protocolFees1: exact.protocolFees.token1,
        index: BigInt(index),
        cardinality: BigInt(cardinality),
        cardinalityNext: BigInt(cardinalityNext),
        time: BigInt(newest?.blockTimestamp ?? -1),
        tickCumulative: newest?.tickCumulative,
        secondsPerLiquidity: newest?.secondsPerLiquidityCumulativeX128,
      },
      what,
    ).to.deep.equal(await this.genuine.globals());
  }

  /** Every tick and position ever used, and the oracle's past. */
  async expectEverythingEqual(): Promise<void> {
    const none = {
      liquidityGross: 0n,
      liquidityNet: 0n,
      feeGrowthOutside0X128: 0n,
      feeGrowthOutside1X128: 0n,
    };
    for (const { tickLower, tickUpper } of this.ranges) {
      for (const tick of [tickLower, tickUpper]) {
        expect(this.exact.tickInfo(tick) ?? none, `tick ${tick}`).to.deep.equal(await this.genuine.tickInfo(tick));
      }
      expect(this.exact.position({ owner: OWNER, tickLower, tickUpper }), `${tickLower} to ${tickUpper}`).to.deep.equal(
        await this.genuine.position(tickLower, tickUpper),
      );
    }
    this.exact.advanceTo(await this.genuine.timestamp());
    const oldest = this.exact.observations.at(
      (this.exact.observations.index + 1) % this.exact.observations.cardinality,
    );
    const first = oldest ?? this.exact.observations.at(0);
    const age = (await this.genuine.timestamp()) - (first?.blockTimestamp ?? 0);
    const moments = [0, 1, 12, 30, 61, 200, age - 1, age].filter((ago) => ago >= 0 && ago <= age);
    expect(
      moments.map((ago) => {
        const { tickCumulative, secondsPerLiquidityCumulativeX128 } = this.exact.observe(ago);
        return [tickCumulative, secondsPerLiquidityCumulativeX128];
      }),
    ).to.deep.equal(await this.genuine.observe(moments));
    expect(() => this.exact.observe(age + 1)).to.throw(PoolRevertError, "OLD");
  }

  async mint(tickLower: number, tickUpper: number, liquidity: bigint): Promise<void> {
    const done = await this.both(
      `mint ${liquidity} from ${tickLower} to ${tickUpper}`,
      () => this.genuine.mint(tickLower, tickUpper, liquidity),
      () => amountsOf(this.exact.mint({ owner: OWNER, tickLower, tickUpper }, liquidity)),
    );
    if (done === undefined) return;
    const held = this.ranges.find((range) => range.tickLower === tickLower && range.tickUpper === tickUpper);
    if (held === undefined) this.ranges.push({ tickLower, tickUpper, liquidity });
    else held.liquidity += liquidity;
  }

  async burn(range: { tickLower: number; tickUpper: number; liquidity: bigint }, liquidity: bigint): Promise<void> {
    const { tickLower, tickUpper } = range;
    const done = await this.both(
      `burn ${liquidity} from ${tickLower} to ${tickUpper}`,
      () => this.genuine.burn(tickLower, tickUpper, liquidity),
      () => amountsOf(this.exact.burn({ owner: OWNER, tickLower, tickUpper }, liquidity)),
    );
    if (done !== undefined) Object.assign(range, { liquidity: range.liquidity - liquidity });
  }

  async collect(tickLower: number, tickUpper: number, amount0: bigint, amount1: bigint): Promise<bigint> {
    const done = await this.both(
      `collect from ${tickLower} to ${tickUpper}`,
      () => this.genuine.collect(tickLower, tickUpper, amount0, amount1),
      () => amountsOf(this.exact.collect({ owner: OWNER, tickLower, tickUpper }, amount0, amount1)),
    );
    return (done ?? []).reduce((sum, amount) => sum + amount, 0n);
  }

  async swap(orders: readonly SwapOrder[]): Promise<number> {
    let crossings = 0;
    await this.both(
      orders.map((o) => `swap ${o.amountSpecified} ${o.zeroForOne ? "down" : "up"} to ${o.sqrtPriceLimitX96}`).join(),
      () => this.genuine.swap(orders),
      () =>
        orders.map(({ zeroForOne, amountSpecified, sqrtPriceLimitX96 }) => {
          const result = this.exact.swap(zeroForOne, amountSpecified, sqrtPriceLimitX96);
          crossings += result.crossings;
          return amountsOf(result);
        }),
    );
    return crossings;
  }
}

function amountsOf({ amount0, amount1 }: { readonly amount0: bigint; readonly amount1: bigint }): readonly bigint[] {
  return [amount0, amount1];
}

async function runSequence(
  pair: Pair,
  random: PoolRandom,
  startTick: number,
  bits: number,
  count: number,
): Promise<{ readonly crossings: number; readonly swaps: number; readonly fees: bigint }> {
  const { genuine } = pair;
  const { tickSpacing } = genuine;
  const highest = Math.floor(MAX_TICK / tickSpacing) * tickSpacing;
  const nearTick = (spread: number): number => {
    const centre = Math.floor(pair.exact.tick / tickSpacing);
    return Math.max(-highest, Math.min(highest, (centre + random.int(-spread, spread)) * tickSpacing));
  };
  const drawRange = (): readonly [number, number] => {
    if (random.int(0, 9) === 0) return [-highest, highest];
    const [a, b] = [nearTick(random.int(0, 1) === 0 ? 8 : 300), nearTick(random.int(0, 1) === 0 ? 8 : 300)];
    return a === b ? [a, a + tickSpacing] : a < b ? [a, b] : [b, a];
  };
  const drawLimit = (zeroForOne: boolean): bigint => {
    const dice = random.int(0, 9);
    // With a spacing of 1 the way to the end of all prices has more words of the bitmap than a block has gas for.
    if (dice < 4 && tickSpacing > 1) return zeroForOne ? MIN_SQRT_RATIO + 1n : MAX_SQRT_RATIO - 1n;
    const home = getSqrtRatioAtTick(startTick);
    if (dice === 9 && zeroForOne !== home > pair.exact.sqrtPriceX96) return home;
    const distance = random.int(1, dice < 8 ? 20 * tickSpacing : 400 * tickSpacing);
    const tick = Math.max(MIN_TICK + 1, Math.min(MAX_TICK - 1, pair.exact.tick + (zeroForOne ? -distance : distance)));
    // A part stops right at a tick that can be initialised, where price and tick part company.
    const usable = Math.max(-highest, Math.min(highest, Math.round(tick / tickSpacing) * tickSpacing));
    const target = dice < 7 ? usable : tick;
    return getSqrtRatioAtTick(target) + (dice < 7 ? 0n : BigInt(random.int(-1, 1)));
  };
  const drawSwap = (): SwapOrder => {
    const zeroForOne = random.int(0, 1) === 0;
    const sqrtPriceLimitX96 = drawLimit(zeroForOne);
    const isToLimit = sqrtPriceLimitX96 !== MIN_SQRT_RATIO + 1n && sqrtPriceLimitX96 !== MAX_SQRT_RATIO - 1n;
    const size = isToLimit && random.int(0, 2) > 0 ? 1n << 160n : random.bits(bits) + 1n;
    return { zeroForOne, amountSpecified: random.int(0, 2) === 0 ? -size : size, sqrtPriceLimitX96 };
  };

  for (let i = 0; i < 6; i++) await pair.mint(...drawRange(), (1n << BigInt(bits - 8)) + random.bits(bits - 6));
  await pair.mint(-highest, highest, 1n << BigInt(bits - 12));

  let [crossings, swaps, fees] = [0, 0, 0n];
  for (let i = 0; i < count; i++) {
    const range = pair.ranges[random.int(0, pair.ranges.length - 1)]!;
    const dice = random.int(0, 19);
    if (dice < 11) {
      const orders = Array.from({ length: random.int(0, 3) === 0 ? 2 : 1 }, drawSwap);
      crossings += await pair.swap(orders);
      swaps += orders.length;
    } else if (dice < 13) {
      await pair.mint(...drawRange(), random.bits(bits - 4) + 1n);
    } else if (dice < 15) {
      await pair.burn(range, random.int(0, 1) === 0 ? range.liquidity : random.bits(bits - 6));
    } else if (dice < 17) {
      await pair.burn(range, 0n);
      fees += await pair.collect(range.tickLower, range.tickUpper, MAX_UINT128, MAX_UINT128);
    } else if (dice === 17) {
      await pair.collect(range.tickLower, range.tickUpper, random.bits(40), random.bits(40));
    } else if (dice === 18) {
      const [part0, part1] = [random.int(3, 10), random.int(0, 1) === 0 ? 0 : random.int(4, 10)];
      await pair.both(
        `protocol fee ${part0}, ${part1}`,
        () => genuine.setFeeProtocol(part0, part1),
        () => pair.exact.setFeeProtocol(part0, part1),
      );
      const asked = random.int(0, 1) === 0 ? 7n : MAX_UINT128;
      await pair.both(
        "collect the protocol's fees",
        () => genuine.collectProtocol(asked, MAX_UINT128),
        () => amountsOf(pair.exact.collectProtocol(asked, MAX_UINT128)),
      );
    } else {
      const next = random.int(2, 12);
      await pair.both(
        "more observations",
        () => genuine.increaseObservationCardinalityNext(next),
        () => pair.exact.increaseObservationCardinalityNext(next),
      );
    }
  }
  return { crossings, swaps, fees };
}
