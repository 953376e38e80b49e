import { MAX_UINT128, MAX_UINT256 } from "../fullMath.ts";
import { computeSwapStep, FEE_PIPS_PER_UNIT } from "../swapMath.ts";
import { MAX_SQRT_RATIO, MIN_SQRT_RATIO } from "../tickMath.ts";
import type { PoolState } from "./poolState.ts";
import { PoolRevertError } from "./revert.ts";
import { addLiquidity, type TickRecord } from "./tickTable.ts";

/** What a swap moved, in raw units from the pool's side: positive came in, negative went out. */
export interface SwapResult {
  readonly amount0: bigint;
  readonly amount1: bigint;
  /** Fee in the token that came in, the protocol's part included. */
  readonly feeAmount: bigint;
  /** Initialised ticks that were crossed. */
  readonly crossings: number;
}

/** Amounts above it take the long way, where the contract's fallback for products beyond 256 bits is. */
const MAX_SHORT_AMOUNT = 1n << 95n;
const MAX_INT256 = (1n << 255n) - 1n;

/**
 * UniswapV3Pool.swap, bit for bit, without the transfers.
 *
 * `amountSpecified` is raw units: positive to give exactly that much, fee included; negative to take that much. Every swap that
 * ends inside its first segment is one step whose form is known (see Segment), all others walk as the contract does.
 * Throws PoolRevertError: LOK, AS, SPL, "cast" on an amount beyond 256 bits.
 *
 * @example
 * swapExact(state, true, 10n ** 15n, MIN_SQRT_RATIO + 1n); // gives 10^15 of token0 for what token1 there is to have
 */
export function swapExact(
  state: PoolState,
  zeroForOne: boolean,
  amountSpecified: bigint,
  sqrtPriceLimitX96: bigint,
): SwapResult {
  if (amountSpecified === 0n) throw new PoolRevertError("AS", { amountSpecified });
  if (!state.isInitialized) throw new PoolRevertError("LOK");
  const { sqrtPriceX96 } = state;
  const isLimitInOrder = zeroForOne
    ? sqrtPriceLimitX96 < sqrtPriceX96 && sqrtPriceLimitX96 > MIN_SQRT_RATIO
    : sqrtPriceLimitX96 > sqrtPriceX96 && sqrtPriceLimitX96 < MAX_SQRT_RATIO;
  if (!isLimitInOrder) throw new PoolRevertError("SPL", { zeroForOne, sqrtPriceX96, sqrtPriceLimitX96 });

  const short =
    amountSpecified > 0n
      ? amountSpecified < MAX_SHORT_AMOUNT && swapShortInput(state, zeroForOne, amountSpecified, sqrtPriceLimitX96)
      : amountSpecified > -MAX_SHORT_AMOUNT && swapShortOutput(state, zeroForOne, -amountSpecified, sqrtPriceLimitX96);
  return short === false ? swapStepwise(state, zeroForOne, amountSpecified, sqrtPriceLimitX96) : short;
}

/** An exact input that ends short of the next stop; false, with nothing changed, when it is not certain to. */
function swapShortInput(state: PoolState, zeroForOne: boolean, amount: bigint, limitX96: bigint): SwapResult | false {
  const segment = state.placedSegment();
  if (!segment.isShortAllowed) return false;
  const price = state.sqrtPriceX96;
  const amountIn = (amount * (FEE_PIPS_PER_UNIT - state.feePips)) / FEE_PIPS_PER_UNIT;
  if (zeroForOne) {
    const product = amountIn * price;
    // price - ceil(N price / (N + product)): the same integer with a shorter quotient
    const way = (product * price) / (segment.numeratorX96 + product);
    const nextX96 = price - way;
    if (nextX96 <= segment.inputDownX96 || nextX96 <= limitX96) return false;
    settleShort(state, true, nextX96, way, amount - amountIn);
    return {
      amount0: amount,
      amount1: -((state.liquidity * way) >> 96n),
      feeAmount: amount - amountIn,
      crossings: 0,
    };
  }
  const way = (amountIn << 96n) / state.liquidity;
  const nextX96 = price + way;
  if (nextX96 >= segment.inputUpX96 || nextX96 >= limitX96) return false;
  const amountOut = (segment.numeratorX96 * way) / (price * nextX96);
  settleShort(state, false, nextX96, way, amount - amountIn);
  return { amount0: -amountOut, amount1: amount, feeAmount: amount - amountIn, crossings: 0 };
}

/** An exact output that ends short of the next stop; false, with nothing changed, when it is not certain to. */
function swapShortOutput(state: PoolState, zeroForOne: boolean, wanted: bigint, limitX96: bigint): SwapResult | false {
  const segment = state.placedSegment();
  if (!segment.isShortAllowed) return false;
  segment.placeOutputBounds(state.liquidity);
  const price = state.sqrtPriceX96;
  if (zeroForOne) {
    const way = ((wanted << 96n) + state.liquidity - 1n) / state.liquidity;
    const nextX96 = price - way;
    if (nextX96 <= segment.outputDownX96 || nextX96 <= limitX96) return false;
    const amountIn = (segment.numeratorX96 * way - 1n) / (price * nextX96) + 1n;
    const feeAmount = feeOnTop(amountIn, state.feePips);
    settleShort(state, true, nextX96, way, feeAmount);
    return { amount0: amountIn + feeAmount, amount1: -wanted, feeAmount, crossings: 0 };
  }
  const product = wanted * price;
  if (product >= segment.numeratorX96) return false;
  const rest = segment.numeratorX96 - product;
  // ceil(N price / rest) - price = ceil(product price / rest)
  const way = (product * price + rest - 1n) / rest;
  const nextX96 = price + way;
  if (nextX96 >= segment.outputUpX96 || nextX96 >= limitX96) return false;
  const amountIn = (state.liquidity * way + Q96_MINUS_1) >> 96n;
  const feeAmount = feeOnTop(amountIn, state.feePips);
  settleShort(state, false, nextX96, way, feeAmount);
  return { amount0: -wanted, amount1: amountIn + feeAmount, feeAmount, crossings: 0 };
}

const Q96_MINUS_1 = (1n << 96n) - 1n;

function feeOnTop(amountIn: bigint, feePips: bigint): bigint {
  const rest = FEE_PIPS_PER_UNIT - feePips;
  return (amountIn * feePips + rest - 1n) / rest;
}

/** Books a step inside the segment. */
function settleShort(state: PoolState, zeroForOne: boolean, nextX96: bigint, way: bigint, feeAmount: bigint): void {
  const { segment, observations } = state;
  // The first move of a block writes the oracle, and for that the ticks before and after must be known.
  const isFirstOfBlock = observations.lastTime !== state.time;
  const tickBefore = isFirstOfBlock ? state.tick : 0;
  if (way !== 0n) {
    state.moveTo(nextX96);
    if (zeroForOne ? nextX96 < segment.lowX96 : nextX96 >= segment.highX96) state.isPlaced = false;
    if (isFirstOfBlock && state.tick !== tickBefore) observations.write(state.time, tickBefore, state.liquidity);
  }
  const toProviders = takeProtocolFee(state, zeroForOne, feeAmount);
  const growth = (toProviders << 128n) / state.liquidity;
  if (zeroForOne) state.feeGrowthGlobal0X128 = wrap256(state.feeGrowthGlobal0X128 + growth);
  else state.feeGrowthGlobal1X128 = wrap256(state.feeGrowthGlobal1X128 + growth);
}

function wrap256(value: bigint): bigint {
  return value > MAX_UINT256 ? value & MAX_UINT256 : value;
}

/** Books the protocol's part of a fee; returns what is left for the liquidity. */
function takeProtocolFee(state: PoolState, zeroForOne: boolean, feeAmount: bigint): bigint {
  const feeProtocol = zeroForOne ? state.feeProtocol0 : state.feeProtocol1;
  if (feeProtocol === 0n) return feeAmount;
  const part = feeAmount / feeProtocol;
  state.addProtocolFee(zeroForOne, part & MAX_UINT128);
  return feeAmount - part;
}

/** The contract's loop: from stop to stop until the amount is used up or the limit reached. */
function swapStepwise(
  state: PoolState,
  zeroForOne: boolean,
  amountSpecified: bigint,
  sqrtPriceLimitX96: bigint,
): SwapResult {
  if (amountSpecified > MAX_INT256 || amountSpecified < -MAX_INT256 - 1n) {
    throw new PoolRevertError("cast", { amountSpecified });
  }
  const isExactInput = amountSpecified > 0n;
  const tickBefore = state.tick;
  const liquidityBefore = state.liquidity;
  let remaining = amountSpecified;
  let calculated = 0n;
  let fees = 0n;
  let crossings = 0;

  while (remaining !== 0n && state.sqrtPriceX96 !== sqrtPriceLimitX96) {
    const segment = state.placedSegment();
    const stopX96 = zeroForOne ? segment.downX96 : segment.upX96;
    const stopTick = zeroForOne ? segment.downTick : segment.upTick;
    const stop = zeroForOne ? segment.down : segment.up;
    const isLimitFirst = zeroForOne ? stopX96 < sqrtPriceLimitX96 : stopX96 > sqrtPriceLimitX96;
    const targetX96 = isLimitFirst ? sqrtPriceLimitX96 : stopX96;
    const start = state.sqrtPriceX96;
    const step = computeSwapStep(start, targetX96, state.liquidity, remaining, state.feePips);

    if (isExactInput) {
      remaining -= step.amountIn + step.feeAmount;
      calculated -= step.amountOut;
    } else {
      remaining += step.amountOut;
      calculated += step.amountIn + step.feeAmount;
    }
    fees += step.feeAmount;
    bookFee(state, zeroForOne, step.feeAmount);

    const nextX96 = step.sqrtRatioNextX96;
    if (nextX96 === stopX96) {
      if (stop !== undefined) {
        cross(state, stop, zeroForOne);
        crossings++;
      }
      state.moveToStop(nextX96, zeroForOne ? stopTick - 1 : stopTick);
    } else if (nextX96 !== start) {
      state.moveTo(nextX96);
      state.isPlaced = nextX96 >= segment.lowX96 && nextX96 < segment.highX96;
    }
  }

  if (state.observations.lastTime !== state.time && state.tick !== tickBefore) {
    state.observations.write(state.time, tickBefore, liquidityBefore);
  }
  const used = amountSpecified - remaining;
  return zeroForOne === isExactInput
    ? { amount0: used, amount1: calculated, feeAmount: fees, crossings }
    : { amount0: calculated, amount1: used, feeAmount: fees, crossings };
}

function bookFee(state: PoolState, zeroForOne: boolean, feeAmount: bigint): void {
  const toProviders = takeProtocolFee(state, zeroForOne, feeAmount);
  if (state.liquidity === 0n) return;
  const growth = (toProviders << 128n) / state.liquidity;
  if (zeroForOne) state.feeGrowthGlobal0X128 = wrap256(state.feeGrowthGlobal0X128 + growth);
  else state.feeGrowthGlobal1X128 = wrap256(state.feeGrowthGlobal1X128 + growth);
}

function cross(state: PoolState, stop: TickRecord, zeroForOne: boolean): void {
  stop.feeGrowthOutside0X128 = BigInt.asUintN(256, state.feeGrowthGlobal0X128 - stop.feeGrowthOutside0X128);
  stop.feeGrowthOutside1X128 = BigInt.asUintN(256, state.feeGrowthGlobal1X128 - stop.feeGrowthOutside1X128);
  state.liquidity = addLiquidity(state.liquidity, zeroForOne ? -stop.liquidityNet : stop.liquidityNet);
}
