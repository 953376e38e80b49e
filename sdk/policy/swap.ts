import { computePriceWadDown } from "../exact/priceMath.ts";
import {
  getAmount0DeltaUp,
  getAmount1DeltaUp,
  getNextSqrtPriceFromInput,
  getNextSqrtPriceFromOutput,
} from "../exact/sqrtPriceMath.ts";
import { abs, ceilDiv, orientationOf, quoteOf } from "./amounts.ts";
import type { RangeState, VaultState } from "./types.ts";

const BPS = 10_000n;
const PIPS = 1_000_000n;
/** Part of the slippage bound that a plan leaves unused: 0.05 %. */
const SLIPPAGE_RESERVE_BPS = 5n;

/** Active liquidity of the pool once these ranges are gone. */
function liquidityWithout(v: VaultState, removed: readonly RangeState[]): bigint {
  return removed
    .filter((r) => r.tickLower <= v.pool.tick && v.pool.tick < r.tickUpper)
    .reduce((left, r) => left - r.liquidity, v.pool.liquidity);
}

/**
 * The largest part of a swap that the pool's depth fills within the vault's slippage bound, with a reserve for ticks on
 * the way; zero when even the pool's price is outside it.
 */
export function fittingSwap(v: VaultState, removed: readonly RangeState[], baseChange: bigint): bigint {
  const liquidity = liquidityWithout(v, removed);
  if (liquidity <= 0n) return 0n;
  for (let part = 16n; part > 0n; part--) {
    const candidate = (baseChange * part) / 16n;
    if (candidate !== 0n && isWithinSlippage(v, liquidity, candidate)) return candidate;
  }
  return 0n;
}

/**
 * Whether a swap at constant liquidity meets the bound that the vault sets from the oracle's price, and leaves the pool
 * within the same distance of it: the vault looks at the pool's price again after the plan.
 */
function isWithinSlippage(v: VaultState, liquidity: bigint, baseChange: bigint): boolean {
  const { baseIsToken0 } = v.pool;
  const start = v.pool.sqrtPriceX96;
  const fee = BigInt(v.pool.feePips);
  const slippageBps = v.policy.params.maxSlippageBps - SLIPPAGE_RESERVE_BPS;
  const worth = quoteOf(v, abs(baseChange));
  const quoteDelta = baseIsToken0 ? getAmount1DeltaUp : getAmount0DeltaUp;
  if (baseChange > 0n) {
    if (!coversPurchase(start, liquidity, baseChange, baseIsToken0)) return false;
    const end = getNextSqrtPriceFromOutput(start, liquidity, baseChange, !baseIsToken0);
    const paid = ceilDiv(quoteDelta(start, end, liquidity) * PIPS, PIPS - fee);
    return paid * BPS <= worth * (BPS + slippageBps) && isNearOracle(v, end, slippageBps);
  }
  const end = getNextSqrtPriceFromInput(start, liquidity, (-baseChange * (PIPS - fee)) / PIPS, baseIsToken0);
  return quoteDelta(start, end, liquidity) * BPS >= worth * (BPS - slippageBps) && isNearOracle(v, end, slippageBps);
}

function isNearOracle(v: VaultState, sqrtPriceX96: bigint, bps: bigint): boolean {
  const price = computePriceWadDown(sqrtPriceX96, orientationOf(v));
  return abs(price - v.oracle.priceWad) * BPS <= v.oracle.priceWad * bps;
}

/** Whether the liquidity holds more base above the price than is to be bought. */
function coversPurchase(sqrtPriceX96: bigint, liquidity: bigint, base: bigint, baseIsToken0: boolean): boolean {
  const held = baseIsToken0 ? (liquidity << 96n) / sqrtPriceX96 : (liquidity * sqrtPriceX96) >> 96n;
  return base < held;
}

/** The pool's square-root price after a swap of that much base, at constant liquidity once these ranges are gone. */
export function sqrtPriceAfter(v: VaultState, removed: readonly RangeState[], baseChange: bigint): bigint {
  const { baseIsToken0 } = v.pool;
  const start = v.pool.sqrtPriceX96;
  const liquidity = liquidityWithout(v, removed);
  if (baseChange === 0n || liquidity <= 0n) return start;
  if (baseChange > 0n) {
    if (!coversPurchase(start, liquidity, baseChange, baseIsToken0)) return start;
    return getNextSqrtPriceFromOutput(start, liquidity, baseChange, !baseIsToken0);
  }
  const sold = (-baseChange * (PIPS - BigInt(v.pool.feePips))) / PIPS;
  return getNextSqrtPriceFromInput(start, liquidity, sold, baseIsToken0);
}
