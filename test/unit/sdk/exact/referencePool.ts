import { computeSwapStep } from "../../../../sdk/exact/swapMath.ts";
import { getSqrtRatioAtTick, getTickAtSqrtRatio, MAX_TICK, MIN_TICK } from "../../../../sdk/exact/tickMath.ts";

/** State of the reference, by value. */
export interface ReferenceState {
  readonly sqrtPriceX96: bigint;
  readonly tick: number;
  readonly liquidity: bigint;
  readonly feeGrowthGlobal0X128: bigint;
  readonly feeGrowthGlobal1X128: bigint;
}

/**
 * UniswapV3Pool.swap written down line by line, with nothing clever in it: the loop over the words of the bitmap, one step at a time,
 * the tick computed in each. Slow, and the yardstick of what is fast.
 */
export function referenceSwap(
  start: ReferenceState,
  netOf: ReadonlyMap<number, bigint>,
  tickSpacing: number,
  feePips: bigint,
  zeroForOne: boolean,
  amountSpecified: bigint,
  sqrtPriceLimitX96: bigint,
): { readonly amount0: bigint; readonly amount1: bigint; readonly state: ReferenceState } {
  let { sqrtPriceX96, tick, liquidity } = start;
  let growth = zeroForOne ? start.feeGrowthGlobal0X128 : start.feeGrowthGlobal1X128;
  let remaining = amountSpecified;
  let calculated = 0n;
  while (remaining !== 0n && sqrtPriceX96 !== sqrtPriceLimitX96) {
    const next = nextInitializedTickWithinOneWord(netOf, tick, tickSpacing, zeroForOne);
    const tickNext = Math.max(MIN_TICK, Math.min(MAX_TICK, next));
    const stopX96 = getSqrtRatioAtTick(tickNext);
    const isLimitFirst = zeroForOne ? stopX96 < sqrtPriceLimitX96 : stopX96 > sqrtPriceLimitX96;
    const step = computeSwapStep(
      sqrtPriceX96,
      isLimitFirst ? sqrtPriceLimitX96 : stopX96,
      liquidity,
      remaining,
      feePips,
    );
    const before = sqrtPriceX96;
    sqrtPriceX96 = step.sqrtRatioNextX96;
    if (amountSpecified > 0n) {
      remaining -= step.amountIn + step.feeAmount;
      calculated -= step.amountOut;
    } else {
      remaining += step.amountOut;
      calculated += step.amountIn + step.feeAmount;
    }
    if (liquidity > 0n) growth = BigInt.asUintN(256, growth + (step.feeAmount << 128n) / liquidity);
    if (sqrtPriceX96 === stopX96) {
      const net = netOf.get(tickNext) ?? 0n;
      liquidity += zeroForOne ? -net : net;
      tick = zeroForOne ? tickNext - 1 : tickNext;
    } else if (sqrtPriceX96 !== before) {
      tick = getTickAtSqrtRatio(sqrtPriceX96);
    }
  }
  const used = amountSpecified - remaining;
  const isAmount0Used = zeroForOne === amountSpecified > 0n;
  return {
    amount0: isAmount0Used ? used : calculated,
    amount1: isAmount0Used ? calculated : used,
    state: {
      sqrtPriceX96,
      tick,
      liquidity,
      feeGrowthGlobal0X128: zeroForOne ? growth : start.feeGrowthGlobal0X128,
      feeGrowthGlobal1X128: zeroForOne ? start.feeGrowthGlobal1X128 : growth,
    },
  };
}

function nextInitializedTickWithinOneWord(
  netOf: ReadonlyMap<number, bigint>,
  tick: number,
  tickSpacing: number,
  isDown: boolean,
): number {
  const start = Math.floor(tick / tickSpacing) + (isDown ? 0 : 1);
  for (let compressed = start; ; compressed += isDown ? -1 : 1) {
    const bit = ((compressed % 256) + 256) % 256;
    if (netOf.has(compressed * tickSpacing) || bit === (isDown ? 0 : 255)) return compressed * tickSpacing;
  }
}
