import { InvalidParameterError } from "../errors.ts";
import { MAX_UINT256 } from "./fullMath.ts";

/** Lowest tick a pool can have: the price 1.0001^-887272, about 2^-128. */
export const MIN_TICK = -887_272;

/** Highest tick a pool can have. */
export const MAX_TICK = 887_272;

/** getSqrtRatioAtTick(MIN_TICK), the lowest square-root price of a pool. */
export const MIN_SQRT_RATIO = 4_295_128_739n;

/** getSqrtRatioAtTick(MAX_TICK); a pool's square-root price stays below it. */
export const MAX_SQRT_RATIO = 1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_342n;

/** 1.0001^(-2^i / 2) as Q128.128, for i = 0 … 19: the constants of TickMath.sol. */
const RATIO_OF_BIT: readonly bigint[] = [
  0xfffcb933bd6fad37aa2d162d1a594001n,
  0xfff97272373d413259a46990580e213an,
  0xfff2e50f5f656932ef12357cf3c7fdccn,
  0xffe5caca7e10e4e61c3624eaa0941cd0n,
  0xffcb9843d60f6159c9db58835c926644n,
  0xff973b41fa98c081472e6896dfb254c0n,
  0xff2ea16466c96a3843ec78b326b52861n,
  0xfe5dee046a99a2a811c461f1969c3053n,
  0xfcbe86c7900a88aedcffc83b479aa3a4n,
  0xf987a7253ac413176f2b074cf7815e54n,
  0xf3392b0822b70005940c7a398e4b70f3n,
  0xe7159475a2c29b7443b29c7fa6e889d9n,
  0xd097f3bdfd2022b8845ad8f792aa5825n,
  0xa9f746462d870fdf8a65dc1f90e061e5n,
  0x70d869a156d2a1b890bb3df62baf32f7n,
  0x31be135f97d08fd981231505542fcfa6n,
  0x9aa508b5b7a84e1c677de54f3e99bc9n,
  0x5d6af8dedb81196699c329225ee604n,
  0x2216e584f5fa1ea926041bedfe98n,
  0x48a170391f7dc42444e8fa2n,
];

/**
 * The contract multiplies the constants from the lowest bit up and truncates after each, so what it holds after the low bits depends
 * on them alone. Tabulating that halves the work and keeps every truncation.
 */
const LOW_BITS = 10;
const LOW_MASK = (1 << LOW_BITS) - 1;
const RATIO_OF_LOW_BITS: readonly bigint[] = tabulateLowBits();

function tabulateLowBits(): bigint[] {
  let table: bigint[] = [1n << 128n];
  for (const ratioOfBit of RATIO_OF_BIT.slice(0, LOW_BITS)) {
    table = table.concat(table.map((ratioOfRest) => (ratioOfRest * ratioOfBit) >> 128n));
  }
  return table;
}

/**
 * Square-root price [Q64.96, token1 per token0] at `tick`: TickMath.getSqrtRatioAtTick, bit for bit.
 *
 * Throws InvalidParameterError on a tick that is not an integer between MIN_TICK and MAX_TICK.
 *
 * @example
 * getSqrtRatioAtTick(0); // 2n ** 96n
 */
export function getSqrtRatioAtTick(tick: number): bigint {
  const absoluteTick = tick < 0 ? -tick : tick;
  if (!Number.isInteger(tick) || absoluteTick > MAX_TICK) {
    throw new InvalidParameterError("tick", tick, `be an integer between ${MIN_TICK} and ${MAX_TICK}`);
  }
  // both indices are in bounds: the mask keeps ten bits, and a tick within MAX_TICK has at most twenty
  let ratio = RATIO_OF_LOW_BITS[absoluteTick & LOW_MASK] as bigint;
  for (let bit = LOW_BITS, rest = absoluteTick >> LOW_BITS; rest !== 0; bit++, rest >>= 1) {
    if (rest & 1) ratio = (ratio * (RATIO_OF_BIT[bit] as bigint)) >> 128n;
  }
  if (tick > 0) ratio = MAX_UINT256 / ratio;
  return (ratio + 0xffffffffn) >> 32n; // from Q128.128 to Q128.96, rounded up
}

const LOG_SQRT_PRICE_PER_TICK = Math.log1p(0.0001) / 2;
const TWO_POW_MINUS_96 = 2 ** -96;

/**
 * Half-width, in ticks, of the zone around a whole tick where the float logarithm is not trusted and the exact boundary decides.
 * The logarithm is off by less than 1e-9 ticks anywhere, and a boundary, rounded up to an integer, by at most 1 in 2^32 or 5e-6 ticks
 * (at MIN_TICK). 1e-4 covers both twenty times over, and sends one price in five thousand to the exact comparison.
 */
const UNCERTAIN_TICKS = 1e-4;

/**
 * Greatest tick whose square-root price does not exceed `sqrtPriceX96` [Q64.96]: TickMath.getTickAtSqrtRatio, bit for bit.
 *
 * The contract's fixed-point logarithm only serves to find this tick, so a float logarithm with an exact comparison near the
 * boundaries returns the same integer far faster.
 * Throws InvalidParameterError outside MIN_SQRT_RATIO <= price < MAX_SQRT_RATIO, where the contract reverts.
 *
 * @example
 * getTickAtSqrtRatio(2n ** 96n - 1n); // -1
 */
export function getTickAtSqrtRatio(sqrtPriceX96: bigint): number {
  if (sqrtPriceX96 < MIN_SQRT_RATIO || sqrtPriceX96 >= MAX_SQRT_RATIO) {
    throw new InvalidParameterError(
      "sqrtPriceX96",
      sqrtPriceX96,
      `be at least ${MIN_SQRT_RATIO} and below ${MAX_SQRT_RATIO}`,
    );
  }
  const estimate = Math.log(Number(sqrtPriceX96) * TWO_POW_MINUS_96) / LOG_SQRT_PRICE_PER_TICK;
  const nearest = Math.round(estimate);
  if (Math.abs(estimate - nearest) > UNCERTAIN_TICKS) return Math.floor(estimate);
  return getSqrtRatioAtTick(nearest) <= sqrtPriceX96 ? nearest : nearest - 1;
}

/**
 * Lowest tick a position may use with `tickSpacing`: the first multiple of it inside the bounds.
 *
 * Throws InvalidParameterError on a spacing that is not an integer from 1 to 16383, the factory's limit.
 *
 * @example
 * minUsableTick(60); // -887220
 */
export function minUsableTick(tickSpacing: number): number {
  return -maxUsableTick(tickSpacing);
}

/**
 * Highest tick a position may use with `tickSpacing`: the last multiple of it inside the bounds.
 *
 * Throws InvalidParameterError on a spacing that is not an integer from 1 to 16383, the factory's limit.
 *
 * @example
 * maxUsableTick(60); // 887220
 */
export function maxUsableTick(tickSpacing: number): number {
  if (!Number.isInteger(tickSpacing) || tickSpacing < 1 || tickSpacing > 16_383) {
    throw new InvalidParameterError("tickSpacing", tickSpacing, "be an integer between 1 and 16383");
  }
  return Math.floor(MAX_TICK / tickSpacing) * tickSpacing;
}
