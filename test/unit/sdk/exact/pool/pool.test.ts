import { expect } from "chai";
import { describe, it } from "mocha";

import { InvalidParameterError } from "../../../../../sdk/errors.ts";
import { ExactPool } from "../../../../../sdk/exact/pool/pool.ts";
import { PoolRevertError, type PoolRevertReason } from "../../../../../sdk/exact/pool/revert.ts";
import { getSqrtRatioAtTick, MAX_SQRT_RATIO, MIN_SQRT_RATIO } from "../../../../../sdk/exact/tickMath.ts";
import { createPoolRandom } from "../random.ts";
import { referenceSwap } from "../referencePool.ts";

const ONE = 2n ** 96n;
const MAX_UINT128 = 2n ** 128n - 1n;
const LP = { owner: "lp", tickLower: -600, tickUpper: 600 };

function createPool(): ExactPool {
  const pool = new ExactPool({ feePips: 3_000, tickSpacing: 60 });
  pool.advanceTo(1_000);
  pool.initialize(ONE);
  return pool;
}

function expectRevert(call: () => unknown, reason: PoolRevertReason): void {
  try {
    call();
  } catch (error) {
    expect(error).to.be.instanceOf(PoolRevertError);
    expect((error as PoolRevertError).reason).to.equal(reason);
    return;
  }
  expect.fail(`expected the pool to revert with ${reason}`);
}

describe("ExactPool", () => {
  describe("swap", () => {
    for (const [seed, bits, startTick] of [
      [1, 60, 0],
      [2, 100, 200_000],
      [3, 40, -200_000],
      [4, 110, 700_000],
      [5, 90, -850_000],
    ] as const) {
      it(`equals the contract's loop written down line by line (seed ${seed}, 4,000 swaps)`, function () {
        this.timeout(20_000);
        const random = createPoolRandom(seed);
        const parameters = { feePips: 500, tickSpacing: 10 };
        const centre = startTick / 10;
        const netOf = new Map<number, bigint>();
        const pool = new ExactPool(parameters);
        pool.initialize(getSqrtRatioAtTick(startTick));
        for (let i = 0; i < 30; i++) {
          const low = centre + random.int(-600, 400);
          const [tickLower, tickUpper] = [low * 10, (low + random.int(1, 300)) * 10];
          const liquidity = random.bits(bits) + 1n;
          pool.mint({ owner: "lp", tickLower, tickUpper }, liquidity);
          netOf.set(tickLower, (netOf.get(tickLower) ?? 0n) + liquidity);
          netOf.set(tickUpper, (netOf.get(tickUpper) ?? 0n) - liquidity);
        }
        const [lowest, highest] = [getSqrtRatioAtTick(startTick - 8_000), getSqrtRatioAtTick(startTick + 9_000)];
        let crossings = 0;
        let short = 0;
        for (let i = 0; i < 4_000; i++) {
          const zeroForOne = random.int(0, 1) === 0;
          const drawn = (random.bits(bits) + 1n) * (random.int(0, 1) === 0 ? 1n : -1n);
          const ticks = pool.initializedTicks;
          const nearTick =
            random.int(0, 1) === 0
              ? Math.round((pool.tick + random.int(-500, 500)) / 10) * 10
              : ticks[random.int(0, ticks.length - 1)]!;
          const near = getSqrtRatioAtTick(nearTick) + BigInt(random.int(-1, 1));
          const limit = random.int(0, 2) === 0 ? near : zeroForOne ? lowest : highest;
          const before = {
            sqrtPriceX96: pool.sqrtPriceX96,
            tick: pool.tick,
            liquidity: pool.liquidity,
            feeGrowthGlobal0X128: pool.feeGrowthGlobal0X128,
            feeGrowthGlobal1X128: pool.feeGrowthGlobal1X128,
          };
          if (zeroForOne ? limit >= before.sqrtPriceX96 : limit <= before.sqrtPriceX96) continue;
          // Now and then what it takes to get exactly there, or what that pays, give or take a unit.
          const there = referenceSwap(before, netOf, 10, 500n, zeroForOne, 1n << 200n, limit);
          const given = (random.int(0, 1) === 0 ? there.amount0 : there.amount1) + BigInt(random.int(-1, 1));
          const isNear = random.int(0, 2) === 0 && given !== 0n;
          const amount = isNear ? given : drawn;
          const end = isNear ? (zeroForOne ? lowest : highest) : limit;
          if (zeroForOne ? end >= before.sqrtPriceX96 : end <= before.sqrtPriceX96) continue;
          const expected = referenceSwap(before, netOf, 10, 500n, zeroForOne, amount, end);
          const { amount0, amount1, crossings: crossed } = pool.swap(zeroForOne, amount, end);
          crossings += crossed;
          if (crossed === 0) short++;
          expect(
            {
              amount0,
              amount1,
              sqrtPriceX96: pool.sqrtPriceX96,
              tick: pool.tick,
              liquidity: pool.liquidity,
              feeGrowthGlobal0X128: pool.feeGrowthGlobal0X128,
              feeGrowthGlobal1X128: pool.feeGrowthGlobal1X128,
            },
            `swap ${i}: ${amount} ${zeroForOne ? "down" : "up"} from ${before.sqrtPriceX96}`,
          ).to.deep.equal({ amount0: expected.amount0, amount1: expected.amount1, ...expected.state });
        }
        expect(crossings).to.be.greaterThan(100);
        expect(short).to.be.greaterThan(300);
      });
    }

    it("sets the tick below a stop that it falls onto, and the stop itself when it rises onto it", () => {
      const pool = createPool();
      pool.mint(LP, 10n ** 18n);
      pool.swap(true, 10n ** 30n, getSqrtRatioAtTick(-600));
      expect([pool.sqrtPriceX96, pool.tick]).to.deep.equal([getSqrtRatioAtTick(-600), -601]);
      expect(pool.liquidity).to.equal(0n);
      pool.swap(false, 10n ** 30n, getSqrtRatioAtTick(600));
      expect([pool.sqrtPriceX96, pool.tick]).to.deep.equal([getSqrtRatioAtTick(600), 600]);
      expect(pool.liquidity).to.equal(0n);
    });

    it("lets fee growth wrap around at 2^256", () => {
      const full = 2n ** 256n - 1n;
      const grown = createPool();
      grown.mint(LP, 10n ** 18n);
      const pool = ExactPool.fromStorage(grown, {
        ...grown.toStorage(),
        feeGrowthGlobal0X128: full,
        ticks: grown.toStorage().ticks.map((info) => ({ ...info, feeGrowthOutside0X128: 0n })),
      });
      const before = pool.feeGrowthInside(-600, 600).feeGrowthInside0X128;
      const { feeAmount } = pool.swap(true, 10n ** 15n, MIN_SQRT_RATIO + 1n);
      expect(pool.feeGrowthGlobal0X128).to.equal((feeAmount << 128n) / 10n ** 18n - 1n);
      const growth = BigInt.asUintN(256, pool.feeGrowthInside(-600, 600).feeGrowthInside0X128 - before);
      expect(growth).to.equal((feeAmount << 128n) / 10n ** 18n);
    });

    it("splits the fee with the protocol, and leaves it a unit when it takes all", () => {
      const pool = createPool();
      pool.mint(LP, 10n ** 18n);
      pool.setFeeProtocol(4, 0);
      const { feeAmount } = pool.swap(true, 10n ** 15n, MIN_SQRT_RATIO + 1n);
      expect(pool.protocolFees).to.deep.equal({ token0: feeAmount / 4n, token1: 0n });
      expect(pool.feeGrowthGlobal0X128).to.equal(((feeAmount - feeAmount / 4n) << 128n) / 10n ** 18n);
      expect(pool.collectProtocol(MAX_UINT128, MAX_UINT128)).to.deep.equal({
        amount0: feeAmount / 4n - 1n,
        amount1: 0n,
      });
    });
  });

  describe("positions", () => {
    it("pay out what came in, less a unit of rounding, and their fees", () => {
      const pool = createPool();
      const paid = pool.mint(LP, 10n ** 18n);
      const { feeAmount } = pool.swap(true, 10n ** 15n, MIN_SQRT_RATIO + 1n);
      pool.swap(false, 1n << 200n, ONE);
      const back = pool.burn(LP, 10n ** 18n);
      expect(back).to.deep.equal({ amount0: paid.amount0 - 1n, amount1: paid.amount1 - 1n });
      const collected = pool.collect(LP, MAX_UINT128, MAX_UINT128);
      // The way down rounds in the pool's favour, and the growth per unit of liquidity rounds down.
      expect(collected.amount0 - back.amount0).to.equal(feeAmount - 1n);
      expect(collected.amount1 > back.amount1).to.equal(true);
      expect(pool.initializedTicks).to.deep.equal([]);
      expect(pool.tickInfo(600)).to.equal(undefined);
    });

    it("continue from a storage as they would have", () => {
      const pool = createPool();
      pool.mint(LP, 10n ** 18n);
      pool.swap(true, 10n ** 15n, MIN_SQRT_RATIO + 1n);
      const copy = ExactPool.fromStorage(pool, pool.toStorage());
      for (const each of [pool, copy]) {
        each.advanceTo(2_000);
        each.swap(false, 10n ** 16n, MAX_SQRT_RATIO - 1n);
        each.burn(LP, 1n);
      }
      expect(copy.toStorage()).to.deep.equal(pool.toStorage());
    });
  });

  describe("refusals", () => {
    it("are the contract's, and change nothing", () => {
      const pool = createPool();
      pool.mint(LP, 10n ** 18n);
      const before = pool.toStorage();
      const range = (tickLower: number, tickUpper: number) => ({ owner: "lp", tickLower, tickUpper });
      expectRevert(() => pool.initialize(ONE), "AI");
      expectRevert(() => pool.mint(range(60, 60), 1n), "TLU");
      expectRevert(() => pool.mint(range(-887_280, 60), 1n), "TLM");
      expectRevert(() => pool.mint(range(-60, 887_280), 1n), "TUM");
      expectRevert(() => pool.mint(range(-61, 60), 1n), "tick spacing");
      expectRevert(() => pool.mint(range(-60, 60), 0n), "zero liquidity");
      expectRevert(() => pool.mint(range(-60, 60), 2n ** 127n), "cast");
      expectRevert(() => pool.mint(range(-60, 60), 2n ** 126n), "LO");
      expectRevert(() => pool.burn(LP, 10n ** 18n + 1n), "LS");
      expectRevert(() => pool.burn(range(-60, 60), 0n), "NP");
      expectRevert(() => pool.swap(true, 0n, MIN_SQRT_RATIO + 1n), "AS");
      expectRevert(() => pool.swap(true, 1n, MIN_SQRT_RATIO), "SPL");
      expectRevert(() => pool.swap(true, 1n, ONE), "SPL");
      expectRevert(() => pool.swap(false, 1n, ONE), "SPL");
      expectRevert(() => pool.swap(false, 1n, MAX_SQRT_RATIO), "SPL");
      expectRevert(() => pool.swap(false, 2n ** 255n, MAX_SQRT_RATIO - 1n), "cast");
      expectRevert(() => pool.setFeeProtocol(3, 0), "fee protocol");
      expectRevert(() => pool.observe(1_000_000), "OLD");
      expect(pool.toStorage()).to.deep.equal(before);
    });

    it("come before the first price for everything but that", () => {
      const pool = new ExactPool({ feePips: 500, tickSpacing: 10 });
      expectRevert(() => pool.swap(true, 1n, MIN_SQRT_RATIO + 1n), "LOK");
      expectRevert(() => pool.mint({ ...LP, tickLower: -10 }, 1n), "LOK");
      expectRevert(() => pool.observe(0), "I");
      expectRevert(() => pool.initialize(MIN_SQRT_RATIO - 1n), "R");
      expectRevert(() => pool.initialize(MAX_SQRT_RATIO), "R");
    });

    it("name the parameter that no pool could have", () => {
      expect(() => new ExactPool({ feePips: 1_000_000, tickSpacing: 10 })).to.throw(InvalidParameterError, "feePips");
      expect(() => new ExactPool({ feePips: 500, tickSpacing: 0 })).to.throw(InvalidParameterError, "tickSpacing");
      expect(() => createPool().advanceTo(1.5)).to.throw(InvalidParameterError, "timestamp");
    });
  });
});
