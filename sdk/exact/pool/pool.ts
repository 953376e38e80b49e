import { InvalidParameterError } from "../../errors.ts";
import type { TokenAmounts } from "../liquidityAmounts.ts";
import { getTickAtSqrtRatio, MAX_SQRT_RATIO, maxUsableTick, MIN_SQRT_RATIO } from "../tickMath.ts";
import type { FeeGrowthInside } from "../feeGrowth.ts";
import { computePoolGrowthInside, modifyPosition, parsePositionKey, positionKey } from "./modifyPosition.ts";
import type { Observation } from "./observations.ts";
import { PoolState, type PositionInfo } from "./poolState.ts";
import { PoolRevertError } from "./revert.ts";
import { swapExact, type SwapResult } from "./swap.ts";
import type { TickInfo } from "./tickTable.ts";

/** Range of one owner. */
export interface PositionRange {
  readonly owner: string;
  readonly tickLower: number;
  readonly tickUpper: number;
}

/** Storage of a pool at one moment, as its getters return it; positions by owner and range. */
export interface PoolStorage {
  readonly timestamp: number;
  readonly sqrtPriceX96: bigint;
  readonly tick: number;
  readonly liquidity: bigint;
  readonly feeGrowthGlobal0X128: bigint;
  readonly feeGrowthGlobal1X128: bigint;
  readonly feeProtocol0?: number;
  readonly feeProtocol1?: number;
  readonly protocolFees0?: bigint;
  readonly protocolFees1?: bigint;
  readonly ticks: readonly (TickInfo & { readonly tick: number })[];
  readonly positions: readonly (PositionInfo & PositionRange)[];
  /** Default: a fresh ring of one observation at `timestamp`. */
  readonly observations?: {
    readonly entries: readonly (Observation | undefined)[];
    readonly index: number;
    readonly cardinality: number;
    readonly cardinalityNext: number;
  };
}

const MAX_INT128 = (1n << 127n) - 1n;
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/**
 * A Uniswap v3 pool in memory: every amount, price, tick, liquidity, fee growth and observation is what the genuine contract
 * would have, bit for bit. Tokens are not moved; callbacks, flash loans and the cumulative seconds of ticks are left out.
 *
 * Amounts are raw units, bigint; square-root prices Q64.96, token1 per token0; fees in hundredths of a basis point; times whole
 * unix seconds. Where the contract reverts a PoolRevertError is thrown and nothing has changed.
 *
 * @example
 * const pool = new ExactPool({ feePips: 500, tickSpacing: 10 });
 * pool.initialize(2n ** 96n);
 * pool.mint({ owner: "lp", tickLower: -100, tickUpper: 100 }, 10n ** 18n);
 * pool.swap(true, 10n ** 15n, MIN_SQRT_RATIO + 1n); // { amount0: 10n ** 15n, amount1: -998501997253744n, feeAmount: 5n * 10n ** 11n, crossings: 0 }
 */
export class ExactPool {
  readonly feePips: number;
  readonly tickSpacing: number;
  readonly #state: PoolState;

  /** Throws InvalidParameterError on a fee outside 0 … 999,999 or a spacing that no factory allows. */
  constructor({ feePips, tickSpacing }: { readonly feePips: number; readonly tickSpacing: number }) {
    if (!(Number.isInteger(feePips) && feePips >= 0 && feePips < 1_000_000)) {
      throw new InvalidParameterError("feePips", feePips, "be an integer from 0 to 999999");
    }
    maxUsableTick(tickSpacing);
    this.feePips = feePips;
    this.tickSpacing = tickSpacing;
    this.#state = new PoolState(feePips, tickSpacing);
  }

  /** A pool that continues from the storage of another, on the chain or in memory. */
  static fromStorage(
    parameters: { readonly feePips: number; readonly tickSpacing: number },
    storage: PoolStorage,
  ): ExactPool {
    const pool = new ExactPool(parameters);
    const state = pool.#state;
    pool.advanceTo(storage.timestamp);
    state.isInitialized = true;
    state.moveToStop(storage.sqrtPriceX96, storage.tick);
    state.liquidity = storage.liquidity;
    state.feeGrowthGlobal0X128 = storage.feeGrowthGlobal0X128;
    state.feeGrowthGlobal1X128 = storage.feeGrowthGlobal1X128;
    state.feeProtocol0 = BigInt(storage.feeProtocol0 ?? 0);
    state.feeProtocol1 = BigInt(storage.feeProtocol1 ?? 0);
    state.protocolFees0 = storage.protocolFees0 ?? 0n;
    state.protocolFees1 = storage.protocolFees1 ?? 0n;
    for (const { tick, ...info } of storage.ticks) state.ticks.load(tick, info);
    for (const { owner, tickLower, tickUpper, ...info } of storage.positions) {
      state.positions.set(positionKey(owner, tickLower, tickUpper), info);
    }
    if (storage.observations === undefined) state.observations.initialize(state.time);
    else state.observations.load(storage.observations);
    return pool;
  }

  /** The storage as it is, for a copy to continue from. */
  toStorage(): PoolStorage {
    const state = this.#state;
    const { observations } = state;
    return {
      timestamp: state.time,
      sqrtPriceX96: state.sqrtPriceX96,
      tick: state.tick,
      liquidity: state.liquidity,
      feeGrowthGlobal0X128: state.feeGrowthGlobal0X128,
      feeGrowthGlobal1X128: state.feeGrowthGlobal1X128,
      feeProtocol0: Number(state.feeProtocol0),
      feeProtocol1: Number(state.feeProtocol1),
      protocolFees0: state.protocolFees0,
      protocolFees1: state.protocolFees1,
      ticks: state.ticks.records.map(({ tick }) => ({ tick, ...(this.tickInfo(tick) as TickInfo) })),
      positions: [...state.positions].map(([key, info]) => ({ ...parsePositionKey(key), ...info })),
      observations: observations.toStorage(),
    };
  }

  // --- what the pool stores

  get isInitialized(): boolean {
    return this.#state.isInitialized;
  }
  get sqrtPriceX96(): bigint {
    return this.#state.sqrtPriceX96;
  }
  get tick(): number {
    return this.#state.tick;
  }
  get liquidity(): bigint {
    return this.#state.liquidity;
  }
  get feeGrowthGlobal0X128(): bigint {
    return this.#state.feeGrowthGlobal0X128;
  }
  get feeGrowthGlobal1X128(): bigint {
    return this.#state.feeGrowthGlobal1X128;
  }
  /** Not yet collected [raw units]. */
  get protocolFees(): { readonly token0: bigint; readonly token1: bigint } {
    return { token0: this.#state.protocolFees0, token1: this.#state.protocolFees1 };
  }
  /** The oracle's ring: slots written so far, and where it stands. */
  get observations(): {
    readonly index: number;
    readonly cardinality: number;
    readonly cardinalityNext: number;
    at(slot: number): Observation | undefined;
  } {
    return this.#state.observations;
  }
  /** Initialised ticks, lowest first. */
  get initializedTicks(): readonly number[] {
    return this.#state.ticks.records.map(({ tick }) => tick);
  }

  /** What is stored at an initialised tick; undefined at any other. */
  tickInfo(tick: number): TickInfo | undefined {
    const record = this.#state.ticks.find(tick);
    if (record === undefined) return undefined;
    const { liquidityGross, liquidityNet, feeGrowthOutside0X128, feeGrowthOutside1X128 } = record;
    return { liquidityGross, liquidityNet, feeGrowthOutside0X128, feeGrowthOutside1X128 };
  }

  /** What is stored of a position; undefined when there never was one. */
  position({ owner, tickLower, tickUpper }: PositionRange): PositionInfo | undefined {
    return this.#state.positions.get(positionKey(owner, tickLower, tickUpper));
  }

  /** Fee growth inside a range now [Q128.128, uint256, wrapping]. Throws InvalidParameterError on a range upside down. */
  feeGrowthInside(tickLower: number, tickUpper: number): FeeGrowthInside {
    return computePoolGrowthInside(this.#state, tickLower, tickUpper);
  }

  /**
   * Tick and seconds-per-liquidity cumulatives `secondsAgo` before now, by the genuine oracle's interpolation.
   *
   * Throws PoolRevertError: I before the pool is initialised, OLD beyond its memory.
   */
  observe(secondsAgo: number): Omit<Observation, "blockTimestamp"> {
    const { observations, time, tick, liquidity } = this.#state;
    return observations.observe(time, secondsAgo, tick, liquidity);
  }

  // --- what changes it

  /** Time of the block that the following calls belong to [unix seconds]. Throws InvalidParameterError unless a whole number. */
  advanceTo(timestamp: number): void {
    if (!(Number.isInteger(timestamp) && timestamp >= 0)) {
      throw new InvalidParameterError("timestamp", timestamp, "be a whole number of seconds, at least 0");
    }
    this.#state.time = timestamp % 2 ** 32;
  }

  /** Sets the first price. Throws PoolRevertError: AI, R. */
  initialize(sqrtPriceX96: bigint): void {
    const state = this.#state;
    if (state.isInitialized) throw new PoolRevertError("AI");
    if (sqrtPriceX96 < MIN_SQRT_RATIO || sqrtPriceX96 >= MAX_SQRT_RATIO)
      throw new PoolRevertError("R", { sqrtPriceX96 });
    state.moveToStop(sqrtPriceX96, getTickAtSqrtRatio(sqrtPriceX96));
    state.observations.initialize(state.time);
    state.isInitialized = true;
  }

  /** Reserves slots of the oracle, to be used once the ring comes round. Throws PoolRevertError: LOK. */
  increaseObservationCardinalityNext(observationCardinalityNext: number): void {
    this.#requireUnlocked();
    this.#state.observations.grow(observationCardinalityNext);
  }

  /**
   * Adds liquidity; returns the amounts that the pool charges [raw units], rounded up.
   *
   * Throws PoolRevertError: LOK, "zero liquidity", TLU, TLM, TUM, LO, LA, "tick spacing", "cast".
   */
  mint({ owner, tickLower, tickUpper }: PositionRange, liquidity: bigint): TokenAmounts {
    this.#requireUnlocked();
    if (liquidity <= 0n) throw new PoolRevertError("zero liquidity", { liquidity });
    requireInt128(liquidity);
    return modifyPosition(this.#state, owner, tickLower, tickUpper, liquidity);
  }

  /**
   * Takes liquidity out, or with 0n only counts the fees; the amounts [raw units, rounded down] are added to what `collect` pays.
   *
   * Throws PoolRevertError: LOK, TLU, TLM, TUM, LS, NP, "cast".
   */
  burn({ owner, tickLower, tickUpper }: PositionRange, liquidity: bigint): TokenAmounts {
    this.#requireUnlocked();
    requireInt128(liquidity);
    const amounts = modifyPosition(this.#state, owner, tickLower, tickUpper, -liquidity);
    const { amount0, amount1 } = amounts;
    if (amount0 > 0n || amount1 > 0n) {
      const key = positionKey(owner, tickLower, tickUpper);
      const info = this.#state.positions.get(key) as PositionInfo;
      this.#state.positions.set(key, {
        ...info,
        tokensOwed0: BigInt.asUintN(128, info.tokensOwed0 + amount0),
        tokensOwed1: BigInt.asUintN(128, info.tokensOwed1 + amount1),
      });
    }
    return amounts;
  }

  /** Pays what a position is owed, at most the amounts asked for [raw units]. Throws PoolRevertError: LOK. */
  collect(range: PositionRange, amount0Requested: bigint, amount1Requested: bigint): TokenAmounts {
    this.#requireUnlocked();
    const key = positionKey(range.owner, range.tickLower, range.tickUpper);
    const info = this.#state.positions.get(key);
    if (info === undefined) return { amount0: 0n, amount1: 0n };
    const amount0 = min(amount0Requested, info.tokensOwed0);
    const amount1 = min(amount1Requested, info.tokensOwed1);
    this.#state.positions.set(key, {
      ...info,
      tokensOwed0: info.tokensOwed0 - amount0,
      tokensOwed1: info.tokensOwed1 - amount1,
    });
    return { amount0, amount1 };
  }

  /**
   * Swaps: `zeroForOne` gives token0 for token1 and lets the price fall. `amountSpecified` [raw units] is positive to give exactly that
   * much, fee included, negative to take exactly that much; the price stops at the limit, and then less was swapped.
   *
   * Throws PoolRevertError: LOK, AS, SPL, "cast".
   */
  swap(zeroForOne: boolean, amountSpecified: bigint, sqrtPriceLimitX96: bigint): SwapResult {
    return swapExact(this.#state, zeroForOne, amountSpecified, sqrtPriceLimitX96);
  }

  /** The protocol's part of fees paid in either token: 0 = none, 4 … 10 = one part in so many. Throws PoolRevertError. */
  setFeeProtocol(feeProtocol0: number, feeProtocol1: number): void {
    this.#requireUnlocked();
    const isAllowed = (part: number): boolean => part === 0 || (Number.isInteger(part) && part >= 4 && part <= 10);
    if (!isAllowed(feeProtocol0) || !isAllowed(feeProtocol1)) {
      throw new PoolRevertError("fee protocol", { feeProtocol0, feeProtocol1 });
    }
    this.#state.feeProtocol0 = BigInt(feeProtocol0);
    this.#state.feeProtocol1 = BigInt(feeProtocol1);
  }

  /** Pays the protocol's fees [raw units]; the contract leaves a unit behind when all is asked for. Throws PoolRevertError: LOK. */
  collectProtocol(amount0Requested: bigint, amount1Requested: bigint): TokenAmounts {
    this.#requireUnlocked();
    const state = this.#state;
    const pay = (requested: bigint, held: bigint): bigint => {
      const amount = min(requested, held);
      return amount > 0n && amount === held ? amount - 1n : amount;
    };
    const amount0 = pay(amount0Requested, state.protocolFees0);
    const amount1 = pay(amount1Requested, state.protocolFees1);
    state.protocolFees0 -= amount0;
    state.protocolFees1 -= amount1;
    return { amount0, amount1 };
  }

  #requireUnlocked(): void {
    if (!this.#state.isInitialized) throw new PoolRevertError("LOK");
  }
}

function requireInt128(liquidity: bigint): void {
  if (liquidity > MAX_INT128) throw new PoolRevertError("cast", { liquidity });
}
