import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type * as V3SdkModule from "@uniswap/v3-sdk";
import { HedgerowError } from "../errors.ts";

/*
 * The only file that touches @uniswap/v3-sdk: an independent implementation to test the exact maths against.
 *
 * Its ESM build imports directories, which Node refuses, so the CommonJS build is required; and its package root also loads the
 * staker's artifacts, a dependency this project leaves out, so the maths folder is required directly. Its numbers are JSBI objects;
 * bigint goes in and comes out here.
 */

type V3Sdk = typeof V3SdkModule;
type V3Maths = Pick<
  V3Sdk,
  | "encodeSqrtRatioX96"
  | "FullMath"
  | "maxLiquidityForAmounts"
  | "nearestUsableTick"
  | "PositionLibrary"
  | "SqrtPriceMath"
  | "SwapMath"
  | "TickLibrary"
  | "TickMath"
>;
type Jsbi = ReturnType<V3Sdk["TickMath"]["getSqrtRatioAtTick"]>;

const requireHere = createRequire(import.meta.url);
const sdkEntry = requireHere.resolve("@uniswap/v3-sdk");
const maths = requireHere(join(dirname(sdkEntry), "utils", "index.js")) as V3Maths;
const jsbi = createRequire(sdkEntry)("jsbi") as { BigInt(value: string): Jsbi };

function toJsbi(value: bigint): Jsbi {
  return jsbi.BigInt(value.toString());
}

/** Accepts undefined because the SDK types some pairs as arrays; a missing value is an error, not 0. */
function toBigInt(value: Jsbi | undefined): bigint {
  if (value === undefined)
    throw new HedgerowError("@uniswap/v3-sdk returned fewer values than its documentation says.");
  return BigInt(value.toString());
}

/*
 * Functions carry the names and argument order of sdk/exact with the prefix `v3Sdk`. They throw plain errors of the SDK's own
 * (tiny-invariant) where the contracts revert; a few bounds that only a machine word gives, it does not check.
 */

/** Square-root price [Q64.96] at a tick. @example v3SdkSqrtRatioAtTick(0); // 2n ** 96n */
export function v3SdkSqrtRatioAtTick(tick: number): bigint {
  return toBigInt(maths.TickMath.getSqrtRatioAtTick(tick));
}

/** Tick at a square-root price [Q64.96]. @example v3SdkTickAtSqrtRatio(2n ** 96n); // 0 */
export function v3SdkTickAtSqrtRatio(sqrtPriceX96: bigint): number {
  return maths.TickMath.getTickAtSqrtRatio(toJsbi(sqrtPriceX96));
}

/** ceil(a · b / denominator). @example v3SdkMulDivRoundingUp(7n, 3n, 2n); // 11n */
export function v3SdkMulDivRoundingUp(a: bigint, b: bigint, denominator: bigint): bigint {
  return toBigInt(maths.FullMath.mulDivRoundingUp(toJsbi(a), toJsbi(b), toJsbi(denominator)));
}

/** token0 between two square-root prices [raw]. @example v3SdkAmount0Delta(2n ** 96n, 2n ** 97n, 1000n, true); // 500n */
export function v3SdkAmount0Delta(a: bigint, b: bigint, liquidity: bigint, roundUp: boolean): bigint {
  return toBigInt(maths.SqrtPriceMath.getAmount0Delta(toJsbi(a), toJsbi(b), toJsbi(liquidity), roundUp));
}

/** token1 between two square-root prices [raw]. @example v3SdkAmount1Delta(2n ** 96n, 2n ** 97n, 1000n, true); // 1000n */
export function v3SdkAmount1Delta(a: bigint, b: bigint, liquidity: bigint, roundUp: boolean): bigint {
  return toBigInt(maths.SqrtPriceMath.getAmount1Delta(toJsbi(a), toJsbi(b), toJsbi(liquidity), roundUp));
}

/** Square-root price after an input. @example v3SdkNextSqrtPriceFromInput(2n ** 96n, 10n ** 18n, 0n, true); // 2n ** 96n */
export function v3SdkNextSqrtPriceFromInput(
  sqrtPriceX96: bigint,
  liquidity: bigint,
  amountIn: bigint,
  zeroForOne: boolean,
): bigint {
  return toBigInt(
    maths.SqrtPriceMath.getNextSqrtPriceFromInput(
      toJsbi(sqrtPriceX96),
      toJsbi(liquidity),
      toJsbi(amountIn),
      zeroForOne,
    ),
  );
}

/** Square-root price after an output. @example v3SdkNextSqrtPriceFromOutput(2n ** 96n, 10n ** 18n, 0n, true); // 2n ** 96n */
export function v3SdkNextSqrtPriceFromOutput(
  sqrtPriceX96: bigint,
  liquidity: bigint,
  amountOut: bigint,
  zeroForOne: boolean,
): bigint {
  return toBigInt(
    maths.SqrtPriceMath.getNextSqrtPriceFromOutput(
      toJsbi(sqrtPriceX96),
      toJsbi(liquidity),
      toJsbi(amountOut),
      zeroForOne,
    ),
  );
}

/** One swap step; arguments as computeSwapStep. @example v3SdkSwapStep(2n ** 96n, 2n ** 95n, 10n ** 18n, 10n ** 15n, 3000n) */
export function v3SdkSwapStep(
  sqrtRatioCurrentX96: bigint,
  sqrtRatioTargetX96: bigint,
  liquidity: bigint,
  amountRemaining: bigint,
  feePips: bigint,
): {
  readonly sqrtRatioNextX96: bigint;
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly feeAmount: bigint;
} {
  const [next, amountIn, amountOut, feeAmount] = maths.SwapMath.computeSwapStep(
    toJsbi(sqrtRatioCurrentX96),
    toJsbi(sqrtRatioTargetX96),
    toJsbi(liquidity),
    toJsbi(amountRemaining),
    toJsbi(feePips),
  );
  return {
    sqrtRatioNextX96: toBigInt(next),
    amountIn: toBigInt(amountIn),
    amountOut: toBigInt(amountOut),
    feeAmount: toBigInt(feeAmount),
  };
}

/** Liquidity for amounts with the periphery's rounding. @example v3SdkLiquidityForAmounts(2n ** 96n, 2n ** 95n, 2n ** 97n, 500n, 500n) */
export function v3SdkLiquidityForAmounts(
  sqrtPriceX96: bigint,
  sqrtRatioAX96: bigint,
  sqrtRatioBX96: bigint,
  amount0: bigint,
  amount1: bigint,
): bigint {
  return toBigInt(
    maths.maxLiquidityForAmounts(
      toJsbi(sqrtPriceX96),
      toJsbi(sqrtRatioAX96),
      toJsbi(sqrtRatioBX96),
      amount0.toString(),
      amount1.toString(),
      false,
    ),
  );
}

/** Fee growth inside a range [Q128.128] of token0 and token1; the edges' fee growth outside as pool.ticks gives it. */
export function v3SdkFeeGrowthInside(inputs: {
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly tickCurrent: number;
  readonly feeGrowthGlobal0X128: bigint;
  readonly feeGrowthGlobal1X128: bigint;
  readonly lower: { readonly feeGrowthOutside0X128: bigint; readonly feeGrowthOutside1X128: bigint };
  readonly upper: { readonly feeGrowthOutside0X128: bigint; readonly feeGrowthOutside1X128: bigint };
}): { readonly feeGrowthInside0X128: bigint; readonly feeGrowthInside1X128: bigint } {
  const outside = (tick: { readonly feeGrowthOutside0X128: bigint; readonly feeGrowthOutside1X128: bigint }) => ({
    feeGrowthOutside0X128: toJsbi(tick.feeGrowthOutside0X128),
    feeGrowthOutside1X128: toJsbi(tick.feeGrowthOutside1X128),
  });
  const [inside0, inside1] = maths.TickLibrary.getFeeGrowthInside(
    outside(inputs.lower),
    outside(inputs.upper),
    inputs.tickLower,
    inputs.tickUpper,
    inputs.tickCurrent,
    toJsbi(inputs.feeGrowthGlobal0X128),
    toJsbi(inputs.feeGrowthGlobal1X128),
  );
  return { feeGrowthInside0X128: toBigInt(inside0), feeGrowthInside1X128: toBigInt(inside1) };
}

/** Fees owed [raw] since the last fee growth, not cut to 128 bits. @example v3SdkFeesOwed(3n << 128n, 1n << 128n, 5n); // 10n */
export function v3SdkFeesOwed(feeGrowthInsideX128: bigint, feeGrowthInsideLastX128: bigint, liquidity: bigint): bigint {
  const last = toJsbi(feeGrowthInsideLastX128);
  const current = toJsbi(feeGrowthInsideX128);
  const [owed] = maths.PositionLibrary.getTokensOwed(last, last, toJsbi(liquidity), current, current);
  return toBigInt(owed);
}

/** sqrt(amount1/amount0) · 2^96, rounded down. @example v3SdkEncodeSqrtRatioX96(1n, 1n); // 2n ** 96n */
export function v3SdkEncodeSqrtRatioX96(amount1: bigint, amount0: bigint): bigint {
  return toBigInt(maths.encodeSqrtRatioX96(amount1.toString(), amount0.toString()));
}

/** The usable tick nearest to a tick. @example v3SdkNearestUsableTick(7, 10); // 10 */
export function v3SdkNearestUsableTick(tick: number, tickSpacing: number): number {
  return maths.nearestUsableTick(tick, tickSpacing);
}
