import { InvalidParameterError } from "../errors.ts";
import { MAX_UINT128 } from "./fullMath.ts";
import { getAmount0DeltaDown, getAmount0DeltaUp, getAmount1DeltaDown, getAmount1DeltaUp } from "./sqrtPriceMath.ts";

/** Raw amounts of a pool's two tokens. */
export interface TokenAmounts {
  readonly amount0: bigint;
  readonly amount1: bigint;
}

/**
 * Liquidity that `amount0` raw units buy between two square-root prices [Q64.96, in either order], rounded down.
 *
 * LiquidityAmounts.getLiquidityForAmount0 of v3-periphery, bit for bit, including the precision it loses by dividing by 2^96 first.
 * Throws InvalidParameterError where the contract reverts: equal prices or a result beyond 128 bits.
 *
 * @example
 * getLiquidityForAmount0Down(2n ** 96n, 2n ** 97n, 500n); // 1000n
 */
export function getLiquidityForAmount0Down(sqrtRatioAX96: bigint, sqrtRatioBX96: bigint, amount0: bigint): bigint {
  const width = requireWidth(sqrtRatioAX96, sqrtRatioBX96);
  return requireUint128((amount0 * ((sqrtRatioAX96 * sqrtRatioBX96) >> 96n)) / width);
}

/**
 * Liquidity that `amount1` raw units buy between two square-root prices [Q64.96, in either order], rounded down.
 *
 * LiquidityAmounts.getLiquidityForAmount1 of v3-periphery, bit for bit.
 * Throws InvalidParameterError where the contract reverts: equal prices or a result beyond 128 bits.
 *
 * @example
 * getLiquidityForAmount1Down(2n ** 96n, 2n ** 97n, 1000n); // 1000n
 */
export function getLiquidityForAmount1Down(sqrtRatioAX96: bigint, sqrtRatioBX96: bigint, amount1: bigint): bigint {
  return requireUint128((amount1 << 96n) / requireWidth(sqrtRatioAX96, sqrtRatioBX96));
}

/**
 * Most liquidity that both amounts can pay for at the current square-root price, as the position manager computes it when minting.
 *
 * LiquidityAmounts.getLiquidityForAmounts of v3-periphery, bit for bit; prices [Q64.96], edges in either order, amounts raw.
 * Throws InvalidParameterError where the contract reverts: equal edges or a result beyond 128 bits.
 *
 * @example
 * getLiquidityForAmountsDown(2n ** 96n, 2n ** 95n, 2n ** 97n, 500n, 500n); // 1000n
 */
export function getLiquidityForAmountsDown(
  sqrtPriceX96: bigint,
  sqrtRatioAX96: bigint,
  sqrtRatioBX96: bigint,
  amount0: bigint,
  amount1: bigint,
): bigint {
  if (sqrtRatioAX96 > sqrtRatioBX96) {
    return getLiquidityForAmountsDown(sqrtPriceX96, sqrtRatioBX96, sqrtRatioAX96, amount0, amount1);
  }
  if (sqrtPriceX96 <= sqrtRatioAX96) return getLiquidityForAmount0Down(sqrtRatioAX96, sqrtRatioBX96, amount0);
  if (sqrtPriceX96 >= sqrtRatioBX96) return getLiquidityForAmount1Down(sqrtRatioAX96, sqrtRatioBX96, amount1);
  const liquidity0 = getLiquidityForAmount0Down(sqrtPriceX96, sqrtRatioBX96, amount0);
  const liquidity1 = getLiquidityForAmount1Down(sqrtRatioAX96, sqrtPriceX96, amount1);
  return liquidity0 < liquidity1 ? liquidity0 : liquidity1;
}

/**
 * What `liquidity` between two square-root prices holds at the current one, rounded down: what burning it pays, and its value.
 *
 * LiquidityAmounts.getAmountsForLiquidity of v3-periphery, bit for bit; prices [Q64.96], edges in either order, amounts raw.
 * Throws InvalidParameterError on an edge that is not positive when token0 is held.
 *
 * @example
 * getAmountsForLiquidityDown(2n ** 96n, 2n ** 95n, 2n ** 97n, 1001n); // { amount0: 500n, amount1: 500n }
 */
export function getAmountsForLiquidityDown(
  sqrtPriceX96: bigint,
  sqrtRatioAX96: bigint,
  sqrtRatioBX96: bigint,
  liquidity: bigint,
): TokenAmounts {
  if (sqrtRatioAX96 > sqrtRatioBX96) {
    return getAmountsForLiquidityDown(sqrtPriceX96, sqrtRatioBX96, sqrtRatioAX96, liquidity);
  }
  const root = clamp(sqrtPriceX96, sqrtRatioAX96, sqrtRatioBX96);
  return {
    amount0: getAmount0DeltaDown(root, sqrtRatioBX96, liquidity),
    amount1: getAmount1DeltaDown(sqrtRatioAX96, root, liquidity),
  };
}

/**
 * What the pool charges for minting `liquidity` between two square-root prices at the current one, rounded up.
 *
 * The amounts of UniswapV3Pool.mint, bit for bit; prices [Q64.96], edges in either order, amounts raw.
 * Throws InvalidParameterError on an edge that is not positive when token0 is charged.
 *
 * @example
 * getAmountsForLiquidityUp(2n ** 96n, 2n ** 95n, 2n ** 97n, 1001n); // { amount0: 501n, amount1: 501n }
 */
export function getAmountsForLiquidityUp(
  sqrtPriceX96: bigint,
  sqrtRatioAX96: bigint,
  sqrtRatioBX96: bigint,
  liquidity: bigint,
): TokenAmounts {
  if (sqrtRatioAX96 > sqrtRatioBX96) {
    return getAmountsForLiquidityUp(sqrtPriceX96, sqrtRatioBX96, sqrtRatioAX96, liquidity);
  }
  const root = clamp(sqrtPriceX96, sqrtRatioAX96, sqrtRatioBX96);
  return {
    amount0: getAmount0DeltaUp(root, sqrtRatioBX96, liquidity),
    amount1: getAmount1DeltaUp(sqrtRatioAX96, root, liquidity),
  };
}

function clamp(value: bigint, lower: bigint, upper: bigint): bigint {
  return value < lower ? lower : value > upper ? upper : value;
}

function requireWidth(sqrtRatioAX96: bigint, sqrtRatioBX96: bigint): bigint {
  const width = sqrtRatioAX96 > sqrtRatioBX96 ? sqrtRatioAX96 - sqrtRatioBX96 : sqrtRatioBX96 - sqrtRatioAX96;
  if (width === 0n) throw new InvalidParameterError("sqrtRatioBX96", sqrtRatioBX96, "differ from sqrtRatioAX96");
  return width;
}

function requireUint128(liquidity: bigint): bigint {
  if (liquidity > MAX_UINT128) throw new InvalidParameterError("liquidity", liquidity, "fit 128 bits");
  return liquidity;
}
