import { MAX_UINT128 } from "../fullMath.ts";
import { getSqrtRatioAtTick, MAX_TICK, MIN_TICK } from "../tickMath.ts";
import { PoolRevertError } from "./revert.ts";

/** What the pool stores at an initialised tick; fee growth is Q128.128, uint256, on the far side of the tick. */
export interface TickInfo {
  readonly liquidityGross: bigint;
  readonly liquidityNet: bigint;
  readonly feeGrowthOutside0X128: bigint;
  readonly feeGrowthOutside1X128: bigint;
}

/** The same with its index and price, for the pool to change. */
export interface TickRecord {
  readonly tick: number;
  readonly sqrtRatioX96: bigint;
  liquidityGross: bigint;
  liquidityNet: bigint;
  feeGrowthOutside0X128: bigint;
  feeGrowthOutside1X128: bigint;
}

/** Largest int128. */
const MAX_INT128 = (1n << 127n) - 1n;
/** Square-root prices kept of ticks that end a word of the bitmap; a pool meets few of them. */
const MAX_CACHED_RATIOS = 8_192;

/**
 * The initialised ticks of a pool in order, in place of the contract's mapping and bitmap.
 *
 * The words of the bitmap still matter: a swap stops at the end of each and rounds there, so {@link TickTable.wordStart} and
 * {@link TickTable.wordEnd} say where those are.
 */
export class TickTable {
  readonly tickSpacing: number;
  readonly maxLiquidityPerTick: bigint;
  readonly #records: TickRecord[] = [];
  readonly #ratios = new Map<number, bigint>();

  constructor(tickSpacing: number) {
    this.tickSpacing = tickSpacing;
    // as in Tick.tickSpacingToMaxLiquidityPerTick
    this.maxLiquidityPerTick = MAX_UINT128 / BigInt(2 * Math.floor(MAX_TICK / tickSpacing) + 1);
  }

  /** Initialised ticks, lowest first. */
  get records(): readonly TickRecord[] {
    return this.#records;
  }

  /** Position of the highest initialised tick at or below `tick`; -1 when there is none. */
  indexAtOrBelow(tick: number): number {
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#records[middle] as TickRecord).tick <= tick) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  find(tick: number): TickRecord | undefined {
    const record = this.#records[this.indexAtOrBelow(tick)];
    return record?.tick === tick ? record : undefined;
  }

  /** First tick of the bitmap's word that holds this compressed tick. */
  wordStart(compressed: number): number {
    return (compressed >> 8) * 256 * this.tickSpacing;
  }

  /** Last tick of the bitmap's word that holds this compressed tick. */
  wordEnd(compressed: number): number {
    return ((compressed >> 8) * 256 + 255) * this.tickSpacing;
  }

  /** Square-root price at a tick, remembered. */
  sqrtRatioAt(tick: number): bigint {
    const known = this.#ratios.get(tick);
    if (known !== undefined) return known;
    const ratio = getSqrtRatioAtTick(tick);
    if (this.#ratios.size >= MAX_CACHED_RATIOS) this.#ratios.clear();
    this.#ratios.set(tick, ratio);
    return ratio;
  }

  /**
   * The liquidity that `liquidityDelta` would leave at one end of a range, checked as Tick.update and TickBitmap.flipTick do.
   *
   * Throws PoolRevertError: LS, LA, LO, "cast" beyond 128 bits of net liquidity, "tick spacing".
   */
  checkUpdate(tick: number, liquidityDelta: bigint, isUpper: boolean): void {
    const record = this.find(tick);
    const gross = addLiquidity(record?.liquidityGross ?? 0n, liquidityDelta);
    if (gross > this.maxLiquidityPerTick) {
      throw new PoolRevertError("LO", { tick, liquidityGross: gross, maxLiquidityPerTick: this.maxLiquidityPerTick });
    }
    const net = (record?.liquidityNet ?? 0n) + (isUpper ? -liquidityDelta : liquidityDelta);
    if (net > MAX_INT128 || net < -MAX_INT128 - 1n) throw new PoolRevertError("cast", { tick, liquidityNet: net });
    const flips = (gross === 0n) !== (record === undefined);
    if (flips && tick % this.tickSpacing !== 0) {
      throw new PoolRevertError("tick spacing", { tick, tickSpacing: this.tickSpacing });
    }
  }

  /** Adds to what a checked update left; a new tick at or below the pool's counts all growth so far as below it. */
  update(
    tick: number,
    liquidityDelta: bigint,
    isUpper: boolean,
    tickCurrent: number,
    feeGrowthGlobal0X128: bigint,
    feeGrowthGlobal1X128: bigint,
  ): TickRecord {
    const index = this.indexAtOrBelow(tick);
    let record = this.#records[index];
    if (record === undefined || record.tick !== tick) {
      const isBelow = tick <= tickCurrent;
      record = {
        tick,
        sqrtRatioX96: this.sqrtRatioAt(tick),
        liquidityGross: 0n,
        liquidityNet: 0n,
        feeGrowthOutside0X128: isBelow ? feeGrowthGlobal0X128 : 0n,
        feeGrowthOutside1X128: isBelow ? feeGrowthGlobal1X128 : 0n,
      };
      this.#records.splice(index + 1, 0, record);
    }
    record.liquidityGross += liquidityDelta;
    record.liquidityNet += isUpper ? -liquidityDelta : liquidityDelta;
    return record;
  }

  /** Forgets a tick that no position uses any more. */
  clearIfUnused(record: TickRecord): void {
    if (record.liquidityGross === 0n) this.#records.splice(this.indexAtOrBelow(record.tick), 1);
  }

  /** Puts a tick in as another pool had it. */
  load(tick: number, info: TickInfo): void {
    const index = this.indexAtOrBelow(tick);
    if (this.#records[index]?.tick === tick) this.#records.splice(index, 1);
    this.#records.splice(this.indexAtOrBelow(tick) + 1, 0, { tick, sqrtRatioX96: this.sqrtRatioAt(tick), ...info });
  }
}

/**
 * LiquidityMath.addDelta: `x` is uint128, `delta` int128.
 *
 * Throws PoolRevertError: LS below zero, LA beyond 128 bits.
 *
 * @example
 * addLiquidity(5n, -2n); // 3n
 */
export function addLiquidity(x: bigint, delta: bigint): bigint {
  const sum = x + delta;
  if (sum < 0n) throw new PoolRevertError("LS", { liquidity: x, liquidityDelta: delta });
  if (sum > MAX_UINT128) throw new PoolRevertError("LA", { liquidity: x, liquidityDelta: delta });
  return sum;
}

/**
 * UniswapV3Pool.checkTicks.
 *
 * Throws PoolRevertError: TLU, TLM, TUM.
 *
 * @example
 * checkTicks(60, -60); // throws TLU
 */
export function checkTicks(tickLower: number, tickUpper: number): void {
  if (!(tickLower < tickUpper)) throw new PoolRevertError("TLU", { tickLower, tickUpper });
  if (tickLower < MIN_TICK) throw new PoolRevertError("TLM", { tickLower, minTick: MIN_TICK });
  if (tickUpper > MAX_TICK) throw new PoolRevertError("TUM", { tickUpper, maxTick: MAX_TICK });
}
