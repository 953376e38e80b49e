import { InvalidParameterError } from "../errors.ts";
import { computeFirstPassageProbability } from "./margin.ts";
import type { FirstPassageInputs } from "./margin.ts";
import { requireNonNegative, requirePositive } from "./require.ts";

/*
 * Liquidation of a short when the price also jumps. The diffusion's first passage alone says nothing of a gap; these two figures do.
 */

/** A short's case of {@link FirstPassageInputs}: the `barrier` is at or above the `price`. */
export type LiquidationInputs = FirstPassageInputs;

/**
 * Probability (0 to 1) of touching the barrier above given that the price jumps up by `upJump` (0.1 = +10 %) at the start.
 *
 * The continuous path then goes on from the higher price; 1 when the jump alone reaches the barrier. An early jump is the worst: a later one
 * could only leave less time after it.
 * Throws InvalidParameterError on a negative jump, a barrier below the price, or inputs computeFirstPassageProbability refuses.
 *
 * @example
 * // 3x short, 30 days, 70 % volatility: 0.159 without a jump
 * computeJumpStressProbability({ price: 2000, barrier: 2614.38, volatility: 0.7, drift: 0, years: 30 / 365 }, 0.1); // 0.357
 */
export function computeJumpStressProbability(inputs: LiquidationInputs, upJump: number): number {
  requireNonNegative("upJump", upJump);
  requireAbove(inputs);
  const price = inputs.price * (1 + upJump);
  return price >= inputs.barrier ? 1 : computeFirstPassageProbability({ ...inputs, price });
}

/** Poisson terms are added until what is left of them is below this. */
const NEGLIGIBLE = 1e-15;

/**
 * Upper bound (0 to 1) on the probability of touching the barrier above when up jumps of `upJump` arrive at `jumpsPerYear` on average.
 *
 * Sum over n of Poisson(n; jumpsPerYear·T) · P(hit | n jumps, all at the start): moving up jumps forward can only raise the highest price, path
 * by path, so this bounds the compound Poisson process from above, whatever the jumps down. For jumps of uncertain size take a high quantile of
 * it for `upJump`. `drift` is that of the continuous part: add jumpsPerYear·upJump to it for the growth of the whole.
 * Source: conditioning of Merton, "Option Pricing When Underlying Stock Returns Are Discontinuous" (1976).
 * Throws InvalidParameterError on a negative rate, a jump that is not positive, a barrier below the price, or inputs
 * computeFirstPassageProbability refuses.
 *
 * @example
 * computeJumpLiquidationBound(
 *   { price: 2000, barrier: 2614.38, volatility: 0.7, drift: 0, years: 30 / 365 }, { jumpsPerYear: 12, upJump: 0.07 },
 * ); // 0.312
 */
export function computeJumpLiquidationBound(
  inputs: LiquidationInputs,
  jumps: { readonly jumpsPerYear: number; readonly upJump: number },
): number {
  requireNonNegative("jumpsPerYear", jumps.jumpsPerYear);
  requirePositive("upJump", jumps.upJump);
  requireAbove(inputs);
  requirePositive("years", inputs.years);
  const expected = jumps.jumpsPerYear * inputs.years;
  const enough = Math.log(inputs.barrier / inputs.price) / Math.log1p(jumps.upJump);
  let bound = 0;
  let left = 1;
  let weight = Math.exp(-expected);
  for (let n = 0; n < enough && left > NEGLIGIBLE; n++) {
    bound += weight * computeJumpStressProbability(inputs, (1 + jumps.upJump) ** n - 1);
    left -= weight;
    weight *= expected / (n + 1);
  }
  return Math.min(1, bound + Math.max(0, left)); // n jumps and more reach the barrier by themselves
}

function requireAbove(inputs: LiquidationInputs): void {
  requirePositive("price", inputs.price);
  if (!(inputs.barrier >= inputs.price)) {
    throw new InvalidParameterError("barrier", inputs.barrier, `be at least the price (${inputs.price})`);
  }
}
