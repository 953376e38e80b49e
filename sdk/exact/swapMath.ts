import { InvalidParameterError } from "../errors.ts";
import { divRoundingUp } from "./fullMath.ts";
import {
  coversAmount0DeltaUp,
  coversAmount1DeltaUp,
  getAmount0DeltaDown,
  getAmount0DeltaUp,
  getAmount1DeltaDown,
  getAmount1DeltaUp,
  getNextSqrtPriceFromInput,
  getNextSqrtPriceFromOutput,
} from "./sqrtPriceMath.ts";

/** Hundredths of a basis point in 1, the unit of pool fees. */
export const FEE_PIPS_PER_UNIT = 1_000_000n;

/** Outcome of one step: the price reached [Q64.96] and raw token amounts; the fee is in the input token, on top of `amountIn`. */
export interface SwapStep {
  readonly sqrtRatioNextX96: bigint;
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly feeAmount: bigint;
}

/**
 * One step of a swap within constant liquidity: SwapMath.computeSwapStep of Uniswap v3, bit for bit.
 *
 * The price moves from current to target [Q64.96], falling (token0 in) when target <= current. `amountRemaining` is raw units:
 * at least 0 for an exact input, fee included; negative for an exact output. `feePips` is below 1e6 (3000n = 0.3 %).
 * Throws InvalidParameterError on another fee, and where the contract reverts: a price that is not positive, or a result beyond
 * 160 bits.
 *
 * @example
 * computeSwapStep(2n ** 96n, 2n ** 95n, 10n ** 18n, 10n ** 15n, 3000n);
 * // token0 in, target not reached: amountIn + feeAmount = 10^15, amountOut 996006981039903n
 */
export function computeSwapStep(
  sqrtRatioCurrentX96: bigint,
  sqrtRatioTargetX96: bigint,
  liquidity: bigint,
  amountRemaining: bigint,
  feePips: bigint,
): SwapStep {
  if (feePips < 0n || feePips >= FEE_PIPS_PER_UNIT) {
    throw new InvalidParameterError("feePips", feePips, `be at least 0 and below ${FEE_PIPS_PER_UNIT}`);
  }
  return amountRemaining >= 0n
    ? computeExactInputStep(sqrtRatioCurrentX96, sqrtRatioTargetX96, liquidity, amountRemaining, feePips)
    : computeExactOutputStep(sqrtRatioCurrentX96, sqrtRatioTargetX96, liquidity, -amountRemaining, feePips);
}

function computeExactInputStep(
  currentX96: bigint,
  targetX96: bigint,
  liquidity: bigint,
  amountRemaining: bigint,
  feePips: bigint,
): SwapStep {
  const zeroForOne = currentX96 >= targetX96;
  const lessFee = (amountRemaining * (FEE_PIPS_PER_UNIT - feePips)) / FEE_PIPS_PER_UNIT;
  const reachesTarget = zeroForOne
    ? coversAmount0DeltaUp(lessFee, targetX96, currentX96, liquidity)
    : coversAmount1DeltaUp(lessFee, currentX96, targetX96, liquidity);
  const nextX96 = reachesTarget ? targetX96 : getNextSqrtPriceFromInput(currentX96, liquidity, lessFee, zeroForOne);
  const amountIn = zeroForOne
    ? getAmount0DeltaUp(nextX96, currentX96, liquidity)
    : getAmount1DeltaUp(currentX96, nextX96, liquidity);
  const amountOut = zeroForOne
    ? getAmount1DeltaDown(nextX96, currentX96, liquidity)
    : getAmount0DeltaDown(currentX96, nextX96, liquidity);
  // short of the target the input ran out: whatever the price did not need is the fee, so that both add up to the amount given
  const feeAmount = nextX96 === targetX96 ? feeOnTop(amountIn, feePips) : amountRemaining - amountIn;
  return { sqrtRatioNextX96: nextX96, amountIn, amountOut, feeAmount };
}

function computeExactOutputStep(
  currentX96: bigint,
  targetX96: bigint,
  liquidity: bigint,
  wanted: bigint,
  feePips: bigint,
): SwapStep {
  const zeroForOne = currentX96 >= targetX96;
  const amountOutToTarget = zeroForOne
    ? getAmount1DeltaDown(targetX96, currentX96, liquidity)
    : getAmount0DeltaDown(currentX96, targetX96, liquidity);
  const nextX96 =
    wanted >= amountOutToTarget ? targetX96 : getNextSqrtPriceFromOutput(currentX96, liquidity, wanted, zeroForOne);
  const amountIn = zeroForOne
    ? getAmount0DeltaUp(nextX96, currentX96, liquidity)
    : getAmount1DeltaUp(currentX96, nextX96, liquidity);
  let amountOut = amountOutToTarget;
  if (nextX96 !== targetX96) {
    amountOut = zeroForOne
      ? getAmount1DeltaDown(nextX96, currentX96, liquidity)
      : getAmount0DeltaDown(currentX96, nextX96, liquidity);
  }
  if (amountOut > wanted) amountOut = wanted; // the price was rounded past the target
  return { sqrtRatioNextX96: nextX96, amountIn, amountOut, feeAmount: feeOnTop(amountIn, feePips) };
}

/** Fee that, with `amountIn` net of it, makes up the gross input; rounded up, for the pool. */
function feeOnTop(amountIn: bigint, feePips: bigint): bigint {
  return divRoundingUp(amountIn * feePips, FEE_PIPS_PER_UNIT - feePips);
}
