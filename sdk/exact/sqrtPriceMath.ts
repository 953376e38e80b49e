import { InvalidParameterError } from "../errors.ts";
import { divRoundingUp, MAX_UINT160, MAX_UINT256 } from "./fullMath.ts";

/*
 * SqrtPriceMath.sol of Uniswap v3, bit for bit. Square-root prices are Q64.96 and uint160, liquidity uint128, amounts raw token
 * units and uint256. Those widths are the caller's to keep, as they are the caller's types in Solidity; intermediate values are exact,
 * so a checked multiplication that cannot overflow for such arguments is a plain one here.
 */

/**
 * token0 between two square-root prices (in either order), rounded up: what a pool takes in.
 *
 * Throws InvalidParameterError when the lower price is not positive, where the contract reverts.
 *
 * @example
 * getAmount0DeltaUp(2n ** 96n, 2n ** 97n, 1000n); // 500n
 */
export function getAmount0DeltaUp(sqrtRatioAX96: bigint, sqrtRatioBX96: bigint, liquidity: bigint): bigint {
  if (sqrtRatioAX96 > sqrtRatioBX96) return getAmount0DeltaUp(sqrtRatioBX96, sqrtRatioAX96, liquidity);
  requirePositivePrice(sqrtRatioAX96);
  // ceil(ceil(x / b) / a) = ceil(x / (a · b)) for integers: one long division is cheaper than the contract's two
  return divRoundingUp((liquidity * (sqrtRatioBX96 - sqrtRatioAX96)) << 96n, sqrtRatioAX96 * sqrtRatioBX96);
}

/**
 * token0 between two square-root prices (in either order), rounded down: what a pool pays out, and what a position is worth.
 *
 * Throws InvalidParameterError when the lower price is not positive, where the contract reverts.
 *
 * @example
 * getAmount0DeltaDown(2n ** 96n, 2n ** 97n, 1001n); // 500n
 */
export function getAmount0DeltaDown(sqrtRatioAX96: bigint, sqrtRatioBX96: bigint, liquidity: bigint): bigint {
  if (sqrtRatioAX96 > sqrtRatioBX96) return getAmount0DeltaDown(sqrtRatioBX96, sqrtRatioAX96, liquidity);
  requirePositivePrice(sqrtRatioAX96);
  return ((liquidity * (sqrtRatioBX96 - sqrtRatioAX96)) << 96n) / (sqrtRatioAX96 * sqrtRatioBX96);
}

/**
 * Whether `amount0` is at least {@link getAmount0DeltaUp} between two square-root prices, lower first: the same answer without its
 * division, which is most of the cost of a swap step that ends before its target.
 *
 * Throws InvalidParameterError when the lower price is not positive.
 *
 * @example
 * coversAmount0DeltaUp(500n, 2n ** 96n, 2n ** 97n, 1000n); // true
 */
export function coversAmount0DeltaUp(
  amount0: bigint,
  sqrtRatioLowerX96: bigint,
  sqrtRatioUpperX96: bigint,
  liquidity: bigint,
): boolean {
  requirePositivePrice(sqrtRatioLowerX96);
  return (
    amount0 * (sqrtRatioLowerX96 * sqrtRatioUpperX96) >= (liquidity * (sqrtRatioUpperX96 - sqrtRatioLowerX96)) << 96n
  );
}

/**
 * Whether `amount1` is at least {@link getAmount1DeltaUp} between two square-root prices, lower first. Never throws.
 *
 * @example
 * coversAmount1DeltaUp(999n, 2n ** 96n, 2n ** 97n, 1000n); // false
 */
export function coversAmount1DeltaUp(
  amount1: bigint,
  sqrtRatioLowerX96: bigint,
  sqrtRatioUpperX96: bigint,
  liquidity: bigint,
): boolean {
  return amount1 << 96n >= liquidity * (sqrtRatioUpperX96 - sqrtRatioLowerX96);
}

/**
 * token1 between two square-root prices (in either order), rounded up: what a pool takes in. Never throws.
 *
 * @example
 * getAmount1DeltaUp(2n ** 96n, 2n ** 97n, 1000n); // 1000n
 */
export function getAmount1DeltaUp(sqrtRatioAX96: bigint, sqrtRatioBX96: bigint, liquidity: bigint): bigint {
  const width = sqrtRatioAX96 > sqrtRatioBX96 ? sqrtRatioAX96 - sqrtRatioBX96 : sqrtRatioBX96 - sqrtRatioAX96;
  return (liquidity * width + Q96_MINUS_1) >> 96n;
}

/**
 * token1 between two square-root prices (in either order), rounded down: what a pool pays out, and what a position is worth.
 * Never throws.
 *
 * @example
 * getAmount1DeltaDown(2n ** 96n, 3n * 2n ** 95n, 1001n); // 500n
 */
export function getAmount1DeltaDown(sqrtRatioAX96: bigint, sqrtRatioBX96: bigint, liquidity: bigint): bigint {
  const width = sqrtRatioAX96 > sqrtRatioBX96 ? sqrtRatioAX96 - sqrtRatioBX96 : sqrtRatioBX96 - sqrtRatioAX96;
  return (liquidity * width) >> 96n;
}

/**
 * Square-root price after `amountIn` raw units (fee already off) entered the pool; rounded so that the target is not passed.
 *
 * `zeroForOne`: token0 comes in and the price falls. Throws InvalidParameterError where the contract reverts: no liquidity, no
 * price, or a result beyond 160 bits.
 *
 * @example
 * getNextSqrtPriceFromInput(2n ** 96n, 10n ** 18n, 10n ** 17n, false); // 87150978765690771352898345369n, the root up by a tenth
 */
export function getNextSqrtPriceFromInput(
  sqrtPriceX96: bigint,
  liquidity: bigint,
  amountIn: bigint,
  zeroForOne: boolean,
): bigint {
  requirePositivePrice(sqrtPriceX96);
  requireLiquidity(liquidity);
  return zeroForOne
    ? priceAfterAmount0AddedRoundingUp(sqrtPriceX96, liquidity, amountIn)
    : priceAfterAmount1AddedRoundingDown(sqrtPriceX96, liquidity, amountIn);
}

/**
 * Square-root price after `amountOut` raw units left the pool; rounded so that the target is passed.
 *
 * `zeroForOne`: token1 goes out and the price falls. Throws InvalidParameterError where the contract reverts: no liquidity, no
 * price, more asked than the liquidity holds, or a result beyond 160 bits.
 *
 * @example
 * getNextSqrtPriceFromOutput(2n ** 96n, 10n ** 18n, 10n ** 17n, true); // 71305346262837903834189555302n, the root down by a tenth
 */
export function getNextSqrtPriceFromOutput(
  sqrtPriceX96: bigint,
  liquidity: bigint,
  amountOut: bigint,
  zeroForOne: boolean,
): bigint {
  requirePositivePrice(sqrtPriceX96);
  requireLiquidity(liquidity);
  return zeroForOne
    ? priceAfterAmount1RemovedRoundingDown(sqrtPriceX96, liquidity, amountOut)
    : priceAfterAmount0RemovedRoundingUp(sqrtPriceX96, liquidity, amountOut);
}

const Q96_MINUS_1 = (1n << 96n) - 1n;

function priceAfterAmount0AddedRoundingUp(sqrtPriceX96: bigint, liquidity: bigint, amount: bigint): bigint {
  if (amount === 0n) return sqrtPriceX96;
  const numerator = liquidity << 96n;
  const product = amount * sqrtPriceX96;
  const denominator = numerator + product;
  // the contract takes a coarser formula when these would not fit its word; the sum overflows whenever the product does
  if (denominator <= MAX_UINT256) return divRoundingUp(numerator * sqrtPriceX96, denominator);
  return divRoundingUp(numerator, requireSum256(numerator / sqrtPriceX96 + amount));
}

function priceAfterAmount0RemovedRoundingUp(sqrtPriceX96: bigint, liquidity: bigint, amount: bigint): bigint {
  if (amount === 0n) return sqrtPriceX96;
  const numerator = liquidity << 96n;
  const product = amount * sqrtPriceX96;
  if (numerator <= product) {
    throw new InvalidParameterError(
      "amountOut",
      amount,
      `stay below the token0 in reach (${numerator / sqrtPriceX96})`,
    );
  }
  return requirePrice160(divRoundingUp(numerator * sqrtPriceX96, numerator - product));
}

function priceAfterAmount1AddedRoundingDown(sqrtPriceX96: bigint, liquidity: bigint, amount: bigint): bigint {
  return requirePrice160(sqrtPriceX96 + (amount << 96n) / liquidity);
}

function priceAfterAmount1RemovedRoundingDown(sqrtPriceX96: bigint, liquidity: bigint, amount: bigint): bigint {
  const quotient = divRoundingUp(amount << 96n, liquidity);
  if (sqrtPriceX96 <= quotient) {
    throw new InvalidParameterError(
      "amountOut",
      amount,
      `stay below the token1 in reach (${(liquidity * sqrtPriceX96) >> 96n})`,
    );
  }
  return sqrtPriceX96 - quotient;
}

function requirePositivePrice(sqrtPriceX96: bigint): void {
  if (sqrtPriceX96 <= 0n) throw new InvalidParameterError("sqrtPriceX96", sqrtPriceX96, "be greater than 0");
}

function requireLiquidity(liquidity: bigint): void {
  if (liquidity <= 0n) throw new InvalidParameterError("liquidity", liquidity, "be greater than 0");
}

function requirePrice160(sqrtPriceX96: bigint): bigint {
  if (sqrtPriceX96 > MAX_UINT160) throw new InvalidParameterError("next sqrtPriceX96", sqrtPriceX96, "fit 160 bits");
  return sqrtPriceX96;
}

function requireSum256(value: bigint): bigint {
  if (value > MAX_UINT256) throw new InvalidParameterError("amountIn", value, "leave the denominator within 256 bits");
  return value;
}
