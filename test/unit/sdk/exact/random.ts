import { uniformBigInt } from "pure-rand/distribution/uniformBigInt";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import {
  getSqrtRatioAtTick,
  MAX_SQRT_RATIO,
  MAX_TICK,
  MIN_SQRT_RATIO,
  MIN_TICK,
} from "../../../../sdk/exact/tickMath.ts";

/** Seeded draws shaped for pool arithmetic: every order of magnitude is as likely as any other, and edges come up often. */
export interface PoolRandom {
  /** Integer from `from` to `to`, both included. */
  readonly int: (from: number, to: number) => number;
  /** Unsigned integer of at most `bits` bits, its length uniform; 0 and the largest value are common. */
  readonly bits: (bits: number) => bigint;
  /** Any tick, the extreme ones included. */
  readonly tick: () => number;
  /** Square-root price: on a tick, beside a tick, at the bounds, or anywhere between. */
  readonly sqrtPriceX96: () => bigint;
}

export function createPoolRandom(seed: number): PoolRandom {
  const generator = xoroshiro128plus(seed);
  const int = (from: number, to: number): number => uniformInt(generator, from, to);
  const bits = (length: number): bigint => {
    const largest = (1n << BigInt(length)) - 1n;
    const dice = int(0, 39);
    if (dice === 0) return 0n;
    if (dice === 1) return largest;
    return uniformBigInt(generator, 0n, (1n << BigInt(int(1, length))) - 1n);
  };
  const tick = (): number => {
    const dice = int(0, 19);
    if (dice === 0) return MIN_TICK;
    if (dice === 1) return MAX_TICK;
    return dice < 10 ? int(MIN_TICK, MAX_TICK) : int(-2000, 2000);
  };
  const sqrtPriceX96 = (): bigint => {
    const onTick = getSqrtRatioAtTick(tick());
    const dice = int(0, 9);
    const price =
      dice < 3
        ? onTick
        : dice < 5
          ? onTick + BigInt(int(-2, 2))
          : uniformBigInt(generator, onTick, onTick + onTick / 10_000n);
    if (price < MIN_SQRT_RATIO) return MIN_SQRT_RATIO;
    return price < MAX_SQRT_RATIO ? price : MAX_SQRT_RATIO - 1n;
  };
  return { int, bits, tick, sqrtPriceX96 };
}

/** What a call came to: its value, or that it threw. Lets two implementations be compared on refusals as well. */
export function outcomeOf<T>(call: () => T): T | "threw" {
  try {
    return call();
  } catch {
    return "threw";
  }
}
