import { computeFeeGrowthInside, computeFeesOwedDown } from "../feeGrowth.ts";
import type { TokenAmounts } from "../liquidityAmounts.ts";
import { getAmount0DeltaDown, getAmount0DeltaUp, getAmount1DeltaDown, getAmount1DeltaUp } from "../sqrtPriceMath.ts";
import type { PoolState, PositionInfo } from "./poolState.ts";
import { PoolRevertError } from "./revert.ts";
import { addLiquidity, checkTicks, type TickRecord } from "./tickTable.ts";

const NO_POSITION: PositionInfo = {
  liquidity: 0n,
  feeGrowthInside0LastX128: 0n,
  feeGrowthInside1LastX128: 0n,
  tokensOwed0: 0n,
  tokensOwed1: 0n,
};
const NO_GROWTH = { feeGrowthOutside0X128: 0n, feeGrowthOutside1X128: 0n };
const uint128 = (value: bigint): bigint => BigInt.asUintN(128, value);

/** Key of a position in a pool's map; the contract hashes the same three. */
export function positionKey(owner: string, tickLower: number, tickUpper: number): string {
  return `${owner}:${tickLower}:${tickUpper}`;
}

/** The inverse of {@link positionKey}; an owner may hold colons itself. */
export function parsePositionKey(key: string): {
  readonly owner: string;
  readonly tickLower: number;
  readonly tickUpper: number;
} {
  const parts = key.split(":");
  const tickUpper = Number(parts.pop());
  const tickLower = Number(parts.pop());
  return { owner: parts.join(":"), tickLower, tickUpper };
}

/**
 * UniswapV3Pool._modifyPosition, bit for bit: updates ticks, position and active liquidity, and returns the amounts that the change is
 * worth [raw units, at least 0], rounded up for a mint and down for a burn.
 *
 * Throws PoolRevertError, before anything is changed: TLU, TLM, TUM, LS, LA, LO, NP, "tick spacing", "cast".
 *
 * @example
 * modifyPosition(state, "lp", -60, 60, 0n); // counts the fees of the position, and returns nothing
 */
export function modifyPosition(
  state: PoolState,
  owner: string,
  tickLower: number,
  tickUpper: number,
  liquidityDelta: bigint,
): TokenAmounts {
  checkTicks(tickLower, tickUpper);
  const { ticks, tick } = state;
  const key = positionKey(owner, tickLower, tickUpper);
  const before = state.positions.get(key) ?? NO_POSITION;
  const isActive = tick >= tickLower && tick < tickUpper;
  if (liquidityDelta === 0n) {
    if (before.liquidity === 0n) throw new PoolRevertError("NP", { tickLower, tickUpper });
  } else {
    ticks.checkUpdate(tickLower, liquidityDelta, false);
    ticks.checkUpdate(tickUpper, liquidityDelta, true);
  }
  const liquidity = addLiquidity(before.liquidity, liquidityDelta);
  const activeLiquidity = isActive ? addLiquidity(state.liquidity, liquidityDelta) : state.liquidity;

  const changed = liquidityDelta === 0n ? [] : updateTicks(state, tickLower, tickUpper, liquidityDelta);
  const { feeGrowthInside0X128, feeGrowthInside1X128 } = computePoolGrowthInside(state, tickLower, tickUpper);
  const owed0 = computeFeesOwedDown({
    feeGrowthInsideX128: feeGrowthInside0X128,
    feeGrowthInsideLastX128: before.feeGrowthInside0LastX128,
    liquidity: before.liquidity,
  });
  const owed1 = computeFeesOwedDown({
    feeGrowthInsideX128: feeGrowthInside1X128,
    feeGrowthInsideLastX128: before.feeGrowthInside1LastX128,
    liquidity: before.liquidity,
  });
  state.positions.set(key, {
    liquidity,
    feeGrowthInside0LastX128: feeGrowthInside0X128,
    feeGrowthInside1LastX128: feeGrowthInside1X128,
    tokensOwed0: uint128(before.tokensOwed0 + owed0),
    tokensOwed1: uint128(before.tokensOwed1 + owed1),
  });
  if (liquidityDelta < 0n) for (const record of changed) ticks.clearIfUnused(record);
  if (liquidityDelta === 0n) return { amount0: 0n, amount1: 0n };

  if (isActive) state.observations.write(state.time, tick, state.liquidity);
  state.liquidity = activeLiquidity;
  state.isPlaced = false;
  return computeAmounts(state, tickLower, tickUpper, liquidityDelta);
}

/** Fee growth inside a range of a pool [Q128.128, uint256, wrapping]; an end without a position counts as never crossed. */
export function computePoolGrowthInside(
  state: PoolState,
  tickLower: number,
  tickUpper: number,
): { readonly feeGrowthInside0X128: bigint; readonly feeGrowthInside1X128: bigint } {
  return computeFeeGrowthInside({
    tickLower,
    tickUpper,
    tickCurrent: state.tick,
    feeGrowthGlobal0X128: state.feeGrowthGlobal0X128,
    feeGrowthGlobal1X128: state.feeGrowthGlobal1X128,
    lower: state.ticks.find(tickLower) ?? NO_GROWTH,
    upper: state.ticks.find(tickUpper) ?? NO_GROWTH,
  });
}

function updateTicks(
  state: PoolState,
  tickLower: number,
  tickUpper: number,
  liquidityDelta: bigint,
): readonly TickRecord[] {
  const update = (tick: number, isUpper: boolean): TickRecord =>
    state.ticks.update(
      tick,
      liquidityDelta,
      isUpper,
      state.tick,
      state.feeGrowthGlobal0X128,
      state.feeGrowthGlobal1X128,
    );
  return [update(tickLower, false), update(tickUpper, true)];
}

/** By the pool's tick and not its price, as the contract: on a stop that was reached from above they disagree. */
function computeAmounts(state: PoolState, tickLower: number, tickUpper: number, liquidityDelta: bigint): TokenAmounts {
  const { tick, sqrtPriceX96 } = state;
  const lowerX96 = state.ticks.sqrtRatioAt(tickLower);
  const upperX96 = state.ticks.sqrtRatioAt(tickUpper);
  const amount0Of = liquidityDelta > 0n ? getAmount0DeltaUp : getAmount0DeltaDown;
  const amount1Of = liquidityDelta > 0n ? getAmount1DeltaUp : getAmount1DeltaDown;
  const liquidity = liquidityDelta > 0n ? liquidityDelta : -liquidityDelta;
  if (tick < tickLower) return { amount0: amount0Of(lowerX96, upperX96, liquidity), amount1: 0n };
  if (tick >= tickUpper) return { amount0: 0n, amount1: amount1Of(lowerX96, upperX96, liquidity) };
  return {
    amount0: amount0Of(sqrtPriceX96, upperX96, liquidity),
    amount1: amount1Of(lowerX96, sqrtPriceX96, liquidity),
  };
}
