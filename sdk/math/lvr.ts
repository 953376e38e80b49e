import { InvalidParameterError } from "../errors.ts";
import { computeLpGamma } from "./lp.ts";
import type { LpPosition } from "./lp.ts";
import { requireBetween, requireNonNegative, requirePositive } from "./require.ts";
import { BPS_PER_UNIT, SECONDS_PER_YEAR } from "./units.ts";

/*
 * Loss versus rebalancing: what a position loses to better-informed traders, whatever the direction of the price.
 * Source: Milionis, Moallemi, Roughgarden and Zhang, "Automated Market Making and Loss-Versus-Rebalancing" (2022).
 * All losses are returned as positive numbers.
 */

/**
 * LVR [quote a year, at least 0] at `price` [quote per base] and annual `volatility`.
 *
 * sigma² P² |Gamma| / 2, which is sigma² L sqrt(P) / 4 in range and 0 outside.
 * Gross: set it against fee income that includes the arbitrageurs' fees, without {@link computeArbitrageFactor}.
 * Throws InvalidParameterError on a price that is not positive, a negative volatility or an impossible position.
 *
 * @example
 * computeLvrQuotePerYear({ liquidity: 9925.4203, priceLower: 2000 / 1.27, priceUpper: 2000 * 1.27 }, 2000, 0.7); // 54,375
 */
export function computeLvrQuotePerYear(position: LpPosition, price: number, volatility: number): number {
  requireNonNegative("volatility", volatility);
  const gamma = Math.abs(computeLpGamma(position, price));
  return gamma === 0 ? 0 : 0.5 * (volatility * price) ** 2 * gamma;
}

/**
 * LVR as a fraction of the position's value a year, with the price at the centre of a range from P/w to P·w.
 *
 * (sigma²/8)/(1 - w^(-1/2)); `rangeFactor` is w and exceeds 1. Infinity gives the full range, sigma²/8.
 * Throws InvalidParameterError on a negative volatility or a factor of 1 or less.
 *
 * @example
 * computeLvrFractionAtRangeCentre(0.7, 1.27); // 0.54375: a ±27 % range needs 54 % a year in fees at this volatility
 */
export function computeLvrFractionAtRangeCentre(volatility: number, rangeFactor: number): number {
  requireNonNegative("volatility", volatility);
  if (!(rangeFactor > 1)) throw new InvalidParameterError("rangeFactor", rangeFactor, "be greater than 1");
  return volatility ** 2 / 8 / (1 - 1 / Math.sqrt(rangeFactor));
}

/**
 * LVR of a full-range position [basis points of its value a day], from volatility *a day* (0.05 = 5 %).
 *
 * sigma²/8. Throws InvalidParameterError on a negative volatility.
 *
 * @example
 * computeFullRangeLvrBpPerDay(0.05); // 3.125
 */
export function computeFullRangeLvrBpPerDay(volatilityPerDay: number): number {
  requireNonNegative("volatilityPerDay", volatilityPerDay);
  return (volatilityPerDay ** 2 / 8) * BPS_PER_UNIT;
}

/**
 * Fraction (0 to 1) of LVR that arbitrageurs keep after paying the pool's fee; the rest comes back to the position as fees.
 *
 * 1/(1 + g sqrt(2/dt)/sigma), g the pool fee as a fraction, dt the mean time between blocks [seconds here], sigma annual.
 * Source: Milionis, Moallemi and Roughgarden, "Automated Market Making and Arbitrage Profits in the Presence of Fees" (2023).
 * Do not apply it where fee income already counts arbitrage trades: the same fee would be credited twice.
 * Throws InvalidParameterError on a fee outside 0 to 1, or a block time or volatility that is not positive.
 *
 * @example
 * computeArbitrageFactor({ feeFraction: 0.0005, blockSeconds: 12, volatility: 0.7 }); // 0.379
 */
export function computeArbitrageFactor(inputs: {
  readonly feeFraction: number;
  readonly blockSeconds: number;
  readonly volatility: number;
}): number {
  requireBetween("feeFraction", inputs.feeFraction, 0, 1);
  requirePositive("blockSeconds", inputs.blockSeconds);
  requirePositive("volatility", inputs.volatility);
  const blockYears = inputs.blockSeconds / SECONDS_PER_YEAR;
  return 1 / (1 + (inputs.feeFraction * Math.sqrt(2 / blockYears)) / inputs.volatility);
}
