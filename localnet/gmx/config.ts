import { AbiCoder, keccak256 } from "ethers";

import { gmxKey } from "../../sdk/chain/gmxKeys.ts";

const FLOAT = 10n ** 30n;
const YEAR_SECONDS = 31_536_000n;

/** A factor of GMX, 30 decimals, from a percentage written with up to six decimals. */
export function percent(value: number): bigint {
  return (BigInt(Math.round(value * 1e6)) * FLOAT) / 10n ** 8n;
}

const aYear = (value: number): bigint => percent(value) / YEAR_SECONDS;

/** Settings of the whole venue on Arbitrum (GMX's published configuration, 2026-03). */
export const GMX_GENERAL = {
  REQUEST_EXPIRATION_TIME: 300n,
  MIN_POSITION_SIZE_USD: FLOAT,
  MIN_COLLATERAL_USD: FLOAT,
  MAX_CALLBACK_GAS_LIMIT: 4_000_000n,
  REFUND_EXECUTION_FEE_GAS_LIMIT: 200_000n,
  MIN_HANDLE_EXECUTION_ERROR_GAS_TO_FORWARD: 1_000_000n,
  MIN_ADDITIONAL_GAS_FOR_EXECUTION: 1_000_000n,
  INCREASE_ORDER_GAS_LIMIT: 3_000_000n,
  DECREASE_ORDER_GAS_LIMIT: 3_000_000n,
  ESTIMATED_GAS_FEE_BASE_AMOUNT_V2_1: 600_000n,
  ESTIMATED_GAS_FEE_PER_ORACLE_PRICE: 250_000n,
  ESTIMATED_GAS_FEE_MULTIPLIER_FACTOR: FLOAT,
  EXECUTION_GAS_FEE_BASE_AMOUNT_V2_1: 600_000n,
  EXECUTION_GAS_FEE_PER_ORACLE_PRICE: 250_000n,
  EXECUTION_GAS_FEE_MULTIPLIER_FACTOR: FLOAT,
  POSITION_FEE_RECEIVER_FACTOR: percent(37),
  BORROWING_FEE_RECEIVER_FACTOR: percent(37),
  CLAIMABLE_COLLATERAL_TIME_DIVISOR: 3_600n,
  CLAIMABLE_COLLATERAL_DELAY: 432_000n,
} as const;

/** Terms of ETH/USD [WETH-USDC], that are the same for both sides. */
export const GMX_MARKET = {
  MIN_COLLATERAL_FACTOR: percent(0.5),
  MIN_COLLATERAL_FACTOR_FOR_LIQUIDATION: percent(0.5),
  MAX_POSITION_IMPACT_FACTOR_FOR_LIQUIDATIONS: 0n,
  LIQUIDATION_FEE_FACTOR: percent(0.2),
  FUNDING_INCREASE_FACTOR_PER_SECOND: aYear(75) / 10_800n,
  FUNDING_DECREASE_FACTOR_PER_SECOND: aYear(75) / 172_800n,
  MIN_FUNDING_FACTOR_PER_SECOND: aYear(1),
  MAX_FUNDING_FACTOR_PER_SECOND: aYear(75),
  THRESHOLD_FOR_STABLE_FUNDING: percent(4),
  THRESHOLD_FOR_DECREASE_FUNDING: 0n,
} as const;

/** … and those that differ: for impact and fees `true` = balance improved, for the rest `true` = longs. */
export const GMX_MARKET_BY_SIDE = {
  POSITION_FEE_FACTOR: { true: percent(0.04), false: percent(0.06) },
  POSITION_IMPACT_FACTOR: { true: 3n * 10n ** 19n, false: 9n * 10n ** 19n }, // 3e-11 and 9e-11
  POSITION_IMPACT_EXPONENT_FACTOR: { true: FLOAT, false: 2n * FLOAT },
  MAX_POSITION_IMPACT_FACTOR: { true: percent(0.4), false: percent(0.5) },
  MIN_COLLATERAL_FACTOR_FOR_OPEN_INTEREST_MULTIPLIER: { true: 6n * 10n ** 19n, false: 6n * 10n ** 19n }, // 6e-11
  MAX_OPEN_INTEREST: { true: 110_000_000n * FLOAT, false: 110_000_000n * FLOAT },
  OPEN_INTEREST_RESERVE_FACTOR: { true: percent(270), false: percent(270) },
  OPTIMAL_USAGE_FACTOR: { true: percent(85), false: percent(85) },
  BASE_BORROWING_FACTOR: { true: aYear(45), false: aYear(45) },
  ABOVE_OPTIMAL_USAGE_BORROWING_FACTOR: { true: aYear(90), false: aYear(90) },
} as const;

/** Most of the pool that a side's profit may be: for payouts, and before positions are deleveraged. */
export const GMX_PNL_FACTORS = {
  MAX_PNL_FACTOR_FOR_TRADERS: percent(90),
  MAX_PNL_FACTOR_FOR_ADL: percent(85),
} as const;

/** Key of a field of a stored order, position or market. */
export function gmxFieldKey(key: string, field: string): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes32"], [key, gmxKey(field)]));
}
