import { InvalidParameterError } from "../errors.ts";

/** 2^96, the denominator of square-root prices. */
export const Q96 = 1n << 96n;

/** 2^128, the denominator of fee growth. */
export const Q128 = 1n << 128n;

/** 2^256 - 1, the largest EVM word. */
export const MAX_UINT256 = (1n << 256n) - 1n;

/** 2^160 - 1, the largest square-root price the EVM type holds. */
export const MAX_UINT160 = (1n << 160n) - 1n;

/** 2^128 - 1, the largest liquidity. */
export const MAX_UINT128 = Q128 - 1n;

/**
 * floor(a · b / denominator), as FullMath.mulDiv of Uniswap v3 computes it; arguments are uint256.
 *
 * Throws InvalidParameterError where the contract reverts: denominator 0, or a result above 2^256 - 1.
 *
 * @example
 * mulDiv(7n, 3n, 2n); // 10n
 */
export function mulDiv(a: bigint, b: bigint, denominator: bigint): bigint {
  if (denominator <= 0n) throw new InvalidParameterError("denominator", denominator, "be greater than 0");
  return requireUint256((a * b) / denominator);
}

/**
 * ceil(a · b / denominator), as FullMath.mulDivRoundingUp of Uniswap v3 computes it; arguments are uint256.
 *
 * Throws InvalidParameterError where the contract reverts: denominator 0, or a result above 2^256 - 1.
 *
 * @example
 * mulDivRoundingUp(7n, 3n, 2n); // 11n
 */
export function mulDivRoundingUp(a: bigint, b: bigint, denominator: bigint): bigint {
  if (denominator <= 0n) throw new InvalidParameterError("denominator", denominator, "be greater than 0");
  return requireUint256(divRoundingUp(a * b, denominator));
}

/**
 * ceil(numerator / denominator) for a numerator of at least 0 and a denominator above 0, which the caller has checked.
 *
 * @example
 * divRoundingUp(7n, 2n); // 4n
 */
export function divRoundingUp(numerator: bigint, denominator: bigint): bigint {
  return numerator === 0n ? 0n : (numerator - 1n) / denominator + 1n;
}

function requireUint256(value: bigint): bigint {
  if (value > MAX_UINT256) throw new InvalidParameterError("a * b / denominator", value, "fit 256 bits");
  return value;
}
