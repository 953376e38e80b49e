import { InvalidParameterError } from "../errors.ts";

/** Fee growth per unit of liquidity on the far side of an initialised tick [Q128.128, uint256]; names as in `pool.ticks(tick)`. */
export interface TickFeeGrowth {
  readonly feeGrowthOutside0X128: bigint;
  readonly feeGrowthOutside1X128: bigint;
}

/** Fee growth per unit of liquidity inside a range [Q128.128, uint256, wrapping]: meaningful only as a difference between two moments. */
export interface FeeGrowthInside {
  readonly feeGrowthInside0X128: bigint;
  readonly feeGrowthInside1X128: bigint;
}

/**
 * Inputs of {@link computeFeeGrowthInside}: the range, the pool's current tick (`slot0().tick`), its global fee growth, and what
 * `pool.ticks` returns for either edge.
 */
export interface FeeGrowthInputs {
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly tickCurrent: number;
  readonly feeGrowthGlobal0X128: bigint;
  readonly feeGrowthGlobal1X128: bigint;
  readonly lower: TickFeeGrowth;
  readonly upper: TickFeeGrowth;
}

/**
 * Fee growth inside a range: Tick.getFeeGrowthInside of Uniswap v3, bit for bit, with its wrap-around modulo 2^256.
 *
 * Throws InvalidParameterError unless tickLower < tickUpper.
 *
 * @example
 * computeFeeGrowthInside({
 *   tickLower: -60, tickUpper: 60, tickCurrent: 0, feeGrowthGlobal0X128: 9n, feeGrowthGlobal1X128: 9n,
 *   lower: { feeGrowthOutside0X128: 2n, feeGrowthOutside1X128: 0n }, upper: { feeGrowthOutside0X128: 3n, feeGrowthOutside1X128: 0n },
 * }); // { feeGrowthInside0X128: 4n, feeGrowthInside1X128: 9n }
 */
export function computeFeeGrowthInside(inputs: FeeGrowthInputs): FeeGrowthInside {
  const { tickLower, tickUpper, tickCurrent, lower, upper } = inputs;
  if (!(tickLower < tickUpper)) {
    throw new InvalidParameterError("tickUpper", tickUpper, `be greater than tickLower (${tickLower})`);
  }
  const inside = (global: bigint, lowerOutside: bigint, upperOutside: bigint): bigint => {
    const below = tickCurrent >= tickLower ? lowerOutside : global - lowerOutside;
    const above = tickCurrent < tickUpper ? upperOutside : global - upperOutside;
    // wrapping once at the end equals wrapping after every subtraction
    return BigInt.asUintN(256, global - below - above);
  };
  return {
    feeGrowthInside0X128: inside(inputs.feeGrowthGlobal0X128, lower.feeGrowthOutside0X128, upper.feeGrowthOutside0X128),
    feeGrowthInside1X128: inside(inputs.feeGrowthGlobal1X128, lower.feeGrowthOutside1X128, upper.feeGrowthOutside1X128),
  };
}

/**
 * Fees [raw units of one token] earned by `liquidity` since fee growth inside its range stood at `feeGrowthInsideLastX128`.
 *
 * Position.update of Uniswap v3, bit for bit: the growth wraps modulo 2^256, the result is rounded down and cut to 128 bits, so a
 * position left alone until it earned 2^128 units would lose them, as it does on chain. Add the tokensOwed already stored.
 * Never throws.
 *
 * @example
 * computeFeesOwedDown({ feeGrowthInsideX128: 3n << 128n, feeGrowthInsideLastX128: 1n << 128n, liquidity: 5n }); // 10n
 */
export function computeFeesOwedDown(inputs: {
  readonly feeGrowthInsideX128: bigint;
  readonly feeGrowthInsideLastX128: bigint;
  readonly liquidity: bigint;
}): bigint {
  const growth = BigInt.asUintN(256, inputs.feeGrowthInsideX128 - inputs.feeGrowthInsideLastX128);
  return BigInt.asUintN(128, (growth * inputs.liquidity) >> 128n);
}
