import { divRoundingUp } from "../../exact/fullMath.ts";
import type { ExactPool } from "../../exact/pool/pool.ts";
import { PoolRevertError } from "../../exact/pool/revert.ts";
import { sqrtDown } from "../../exact/priceMath.ts";
import { max, min, WAD } from "./units.ts";

/** What is reported where the pool remembers too little [bps a year]. */
export const MAX_VOLATILITY_BPS = 30_000n;
const HALF_LIFE_SECONDS = 21_600;
/** Constants of RealizedVolatility.sol: squared bps a year for a squared tick a second, and what a second leaves of a value. */
const SQUARE_BPS_WAD = 47_299_270_033_580_583_600_028_903n;
const LEFT_AFTER_A_SECOND_X128 = 340_271_447_384_883_720_029_923_845_454_074_990_679n;

/** How a measure is set up; see RealizedVolatility.sol. */
export interface VolatilitySettings {
  readonly windowSeconds: number;
  readonly minWindowSeconds: number;
  readonly refreshSeconds: number;
  readonly intervals: number;
}

interface VolatilityStorage {
  readonly bpsX64: bigint;
  readonly measuredAt: number;
}

/**
 * RealizedVolatility: a year's volatility in bps from the pool's own observations, up at once and down slowly.
 *
 * The pool must stand at the timestamp given.
 *
 * @example
 * new SimulatedVolatility({ windowSeconds: 86_400, minWindowSeconds: 1_800, refreshSeconds: 3_600, intervals: 12 })
 *   .volatilityBps(pool, now); // 7_000n for 70 % a year
 */
export class SimulatedVolatility {
  readonly settings: VolatilitySettings;
  #storage: VolatilityStorage = { bpsX64: 0n, measuredAt: 0 };

  constructor(settings: VolatilitySettings) {
    this.settings = settings;
  }

  save(): VolatilityStorage {
    return this.#storage;
  }

  restore(storage: VolatilityStorage): void {
    this.#storage = storage;
  }

  /** What a reader sees, without measuring for others. */
  volatilityBps(pool: ExactPool, timestamp: number): bigint {
    return toBpsUp(this.#isFresh(timestamp) ? this.#storage.bpsX64 : this.#smoothed(pool, timestamp));
  }

  /** Measures unless the last measurement is still good; returns what is reported from here on. */
  refresh(pool: ExactPool, timestamp: number): bigint {
    if (!this.#isFresh(timestamp)) {
      this.#storage = { bpsX64: this.#smoothed(pool, timestamp), measuredAt: timestamp };
    }
    return toBpsUp(this.#storage.bpsX64);
  }

  #isFresh(timestamp: number): boolean {
    return timestamp - this.#storage.measuredAt <= this.settings.refreshSeconds;
  }

  #smoothed(pool: ExactPool, timestamp: number): bigint {
    const left = this.#storage.bpsX64 * leftX128(timestamp - this.#storage.measuredAt);
    return max(this.#measure(pool, timestamp) << 64n, divRoundingUp(left, 1n << 128n));
  }

  #measure(pool: ExactPool, timestamp: number): bigint {
    const seconds = this.#intervalSeconds(pool, timestamp);
    if (seconds === 0) return MAX_VOLATILITY_BPS;
    const { intervals } = this.settings;
    try {
      const cumulatives = Array.from(
        { length: intervals + 1 },
        (_, i) => pool.observe((intervals - i) * seconds).tickCumulative,
      );
      const growths = cumulatives.slice(1).map((cumulative, i) => cumulative - cumulatives[i]!);
      const squares = growths.slice(1).reduce((sum, growth, i) => sum + (growth - growths[i]!) ** 2n, 0n);
      const variance = divRoundingUp(squares * SQUARE_BPS_WAD, BigInt(intervals - 1) * BigInt(seconds) ** 3n * WAD);
      const root = sqrtDown(variance);
      return min(root * root === variance ? root : root + 1n, MAX_VOLATILITY_BPS);
    } catch (error) {
      if (error instanceof PoolRevertError) return MAX_VOLATILITY_BPS; // as the contract: unknown
      throw error;
    }
  }

  /** Length of an interval of what the pool remembers; 0 = it remembers too little. */
  #intervalSeconds({ observations }: ExactPool, timestamp: number): number {
    const { index, cardinality } = observations;
    if (cardinality === 0) return 0;
    const oldest = observations.at((index + 1) % cardinality) ?? observations.at(0);
    if (oldest === undefined) return 0;
    const age = timestamp - oldest.blockTimestamp;
    const { windowSeconds, minWindowSeconds, intervals } = this.settings;
    if (age >= windowSeconds) return Math.floor(windowSeconds / intervals);
    return age < minWindowSeconds || cardinality < intervals ? 0 : Math.floor(age / intervals);
  }
}

/** 2^128 · 2^(-seconds / half-life), by squaring as the contract does. */
function leftX128(seconds: number): bigint {
  let left = 1n << 128n;
  let factor = LEFT_AFTER_A_SECOND_X128;
  for (let rest = seconds % HALF_LIFE_SECONDS; rest !== 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) left = (left * factor) >> 128n;
    factor = (factor * factor) >> 128n;
  }
  return left >> BigInt(Math.floor(seconds / HALF_LIFE_SECONDS));
}

function toBpsUp(bpsX64: bigint): bigint {
  return divRoundingUp(bpsX64, 1n << 64n);
}
