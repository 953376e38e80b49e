import { Q96 } from "../fullMath.ts";
import { MAX_TICK, MIN_TICK } from "../tickMath.ts";
import type { TickRecord, TickTable } from "./tickTable.ts";

/**
 * The stretch of prices around the current one in which both next stops of a swap stay the same, with what that makes constant.
 *
 * A stop is what TickBitmap.nextInitializedTickWithinOneWord finds: the next initialised tick, or the end of the bitmap's word
 * of 256 compressed ticks. While the price stays between `lowX96` (included) and `highX96` (excluded) the stops need not be
 * looked for, and the tick need not be known at all.
 */
export class Segment {
  lowX96 = 0n;
  highX96 = 0n;
  downTick = 0;
  downX96 = 0n;
  /** The initialised tick at the stop below, if it is one. */
  down: TickRecord | undefined = undefined;
  upTick = 0;
  upX96 = 0n;
  up: TickRecord | undefined = undefined;
  /** liquidity · 2^96 */
  numeratorX96 = 0n;
  /** Whether the four bounds below hold; not without liquidity, nor with more than 2^96 of it. */
  isShortAllowed = false;
  /**
   * Bounds between which a swap certainly ends short of its stop and leaves no unit over, by what is given exactly and the way
   * the price goes: see {@link Segment.place}.
   */
  inputDownX96 = 0n;
  inputUpX96 = 0n;
  outputDownX96 = 0n;
  outputUpX96 = 0n;
  #hasOutputBounds = false;

  /**
   * Finds the stops from `tick`, the pool's, and the bounds between which a swap is one step of known form.
   *
   * With L liquidity, s and n the square-root prices (Q64.96) before and after, T the stop, N = L · 2^96:
   *
   * - Exact input a of token0: n = ceil(N s / (N + a s)), and a covers the way to T exactly when n <= T. So n > T ends short.
   *   The amount charged is ceil(N (s - n) / (s n)); as n is less than 1 above the exact price x of a, it is a itself as long as
   *   N (n - x) / (n x) < 1, for which n (n - 1) >= N suffices, and so T² >= N.
   * - Exact input a of token1: n = s + floor(a 2^96 / L), which ends short exactly when n < T; charged is a itself while L <= 2^96.
   * - Exact output w of token1: n = s - ceil(w 2^96 / L). The contract goes to T when w >= floor(L (s - T) / 2^96), which may
   *   be with n > T; it does not when w + 1 <= L (s - T) / 2^96, for which n - 2^96 / L - 1 > T suffices. Paid out is then w.
   * - Exact output w of token0: n = ceil(N s / (N - w s)). It ends short when w + 1 <= N (T - s) / (s T); from n one unit more moves
   *   the price to n / (1 - n / N), which is at most T when n <= T - T² / N. Paid out is then w.
   */
  place(ticks: TickTable, tick: number, liquidity: bigint): void {
    const { tickSpacing } = ticks;
    const compressed = Math.floor(tick / tickSpacing);
    const index = ticks.indexAtOrBelow(compressed * tickSpacing);
    const below = ticks.records[index];
    const above = ticks.records[index + 1];

    const wordStart = ticks.wordStart(compressed);
    const wordEnd = ticks.wordEnd(compressed + 1);
    this.down = below !== undefined && below.tick >= wordStart ? below : undefined;
    this.up = above !== undefined && above.tick <= wordEnd ? above : undefined;
    this.downTick = this.down === undefined ? Math.max(wordStart, MIN_TICK) : this.down.tick;
    this.upTick = this.up === undefined ? Math.min(wordEnd, MAX_TICK) : this.up.tick;
    this.downX96 = this.down === undefined ? ticks.sqrtRatioAt(this.downTick) : this.down.sqrtRatioX96;
    this.upX96 = this.up === undefined ? ticks.sqrtRatioAt(this.upTick) : this.up.sqrtRatioX96;

    // Upwards a word is searched from the tick above, so its last tick belongs to the next search, and the words overlap.
    const lowTick = Math.max(this.downTick, ticks.wordStart(compressed + 1) - tickSpacing);
    const highTick = Math.min(this.upTick, ticks.wordStart(compressed) + 256 * tickSpacing);
    this.lowX96 = lowTick === this.downTick ? this.downX96 : ticks.sqrtRatioAt(lowTick);
    this.highX96 = highTick === this.upTick ? this.upX96 : ticks.sqrtRatioAt(highTick);

    this.numeratorX96 = liquidity << 96n;
    this.isShortAllowed = liquidity > 0n && liquidity <= Q96;
    if (!this.isShortAllowed) return;
    this.inputDownX96 = this.downX96 * this.downX96 >= this.numeratorX96 ? this.downX96 : ABOVE_EVERY_PRICE;
    this.inputUpX96 = this.upX96;
    this.#hasOutputBounds = false;
  }

  /** Works out the two bounds of exact outputs, which most segments are left without ever having needed. */
  placeOutputBounds(liquidity: bigint): void {
    if (this.#hasOutputBounds) return;
    this.outputDownX96 = this.downX96 + Q96 / liquidity + 2n;
    this.outputUpX96 = this.upX96 - (this.upX96 * this.upX96) / this.numeratorX96 - 2n;
    this.#hasOutputBounds = true;
  }
}

const ABOVE_EVERY_PRICE = 1n << 160n;
