import process from "node:process";
import { pathToFileURL } from "node:url";

import { ExactPool } from "../sdk/exact/pool/pool.ts";
import { getSqrtRatioAtTick, MAX_SQRT_RATIO, MIN_SQRT_RATIO } from "../sdk/exact/tickMath.ts";
import { createRandomSource } from "../sdk/sim/random.ts";

/** What one run measured. */
export interface ExactSwapsResult {
  readonly exactSwapsPerSecond: number;
  readonly swaps: number;
  /** Initialised ticks crossed on the way. */
  readonly crossings: number;
}

const SWAPS = 1_000_000;
/** Swaps that are drawn beforehand and repeated, so that drawing them is not measured. */
const DISTINCT = 4_096;
const START_TICK = 199_045;
/** Runs before the one that counts, for the compiler. */
const WARM_UP_SWAPS = 200_000;
/** A real block holds one swap of this pool or two; every third swap opens a new block here and writes the oracle. */
const SWAPS_PER_BLOCK = 3;

interface Order {
  readonly zeroForOne: boolean;
  readonly amount: bigint;
  readonly limitX96: bigint;
}

/**
 * Exact swaps a second of processor time: of all threads of the process together, the garbage collector's too, so that neighbours
 * on the machine do not count.
 *
 * The pool is shaped like mainnet's USDC/WETH 0.05 %: depth of 1.2e19 around the price, an initialised tick every ten. Sizes are
 * log-normal around 4,000 USDC, which crosses as many ticks a swap as that pool's swaps of 2024-01-05 did (0.12); one in four is
 * an exact output; an arbitrage home every 64 swaps keeps the pool among its ticks.
 *
 * @example
 * measureExactSwaps().exactSwapsPerSecond; // about 1e6
 */
export function measureExactSwaps(swaps: number = SWAPS): ExactSwapsResult {
  const orders = drawOrders();
  run(createPool(), orders, WARM_UP_SWAPS);
  const pool = createPool();
  const start = process.cpuUsage();
  const crossings = run(pool, orders, swaps);
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  return { exactSwapsPerSecond: swaps / seconds, swaps, crossings };
}

function run(pool: ExactPool, orders: readonly Order[], swaps: number): number {
  const home = getSqrtRatioAtTick(START_TICK);
  let crossings = 0;
  for (let i = 0; i < swaps; i++) {
    if (i % SWAPS_PER_BLOCK === 0) pool.advanceTo(i * 4);
    const order = orders[i % DISTINCT] as Order;
    // Every 64th is an arbitrage home.
    if (i % 64 === 63 && pool.sqrtPriceX96 !== home) {
      crossings += pool.swap(pool.sqrtPriceX96 > home, 1n << 100n, home).crossings;
    } else {
      crossings += pool.swap(order.zeroForOne, order.amount, order.limitX96).crossings;
    }
  }
  return crossings;
}

function createPool(): ExactPool {
  const pool = new ExactPool({ feePips: 500, tickSpacing: 10 });
  pool.advanceTo(1_704_412_800);
  pool.initialize(getSqrtRatioAtTick(START_TICK));
  pool.increaseObservationCardinalityNext(720);
  const owner = "background";
  pool.mint({ owner, tickLower: -887_270, tickUpper: 887_270 }, 10n ** 18n);
  for (let width = 10; width <= 1_000; width += 10) {
    const centre = Math.floor(START_TICK / 10) * 10;
    pool.mint({ owner, tickLower: centre - width, tickUpper: centre + width + 10 }, 11n * 10n ** 16n);
  }
  return pool;
}

function drawOrders(): readonly Order[] {
  const random = createRandomSource(20_240_105);
  return Array.from({ length: DISTINCT }, () => {
    const zeroForOne = random.uniform() < 0.5;
    const isExactOutput = random.uniform() < 0.25;
    const quote = 4e9 * Math.exp(2.1 * random.normal());
    // token0 is USDC with 6 decimals, token1 WETH at about 2,260 USDC.
    const size = zeroForOne !== isExactOutput ? quote : (quote / 2_260) * 1e12;
    const amount = BigInt(Math.ceil(size));
    return {
      zeroForOne,
      amount: isExactOutput ? -amount : amount,
      limitX96: zeroForOne ? MIN_SQRT_RATIO + 1n : MAX_SQRT_RATIO - 1n,
    };
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const wallStart = performance.now();
  const { exactSwapsPerSecond, swaps, crossings } = measureExactSwaps();
  const wallSeconds = (performance.now() - wallStart) / 1_000;
  console.log(
    `${Math.round(exactSwapsPerSecond).toLocaleString("en")} exact swaps a second on one core ` +
      `(${swaps.toLocaleString("en")} swaps, ${crossings.toLocaleString("en")} initialised ticks crossed; with warming up ${wallSeconds.toFixed(1)} s by the clock)`,
  );
}
