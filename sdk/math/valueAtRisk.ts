import { requireFinite, requireLength, requireStrictlyBetween } from "./require.ts";
import { computeMean, computeQuantile } from "./statistics.ts";

/*
 * Historical risk figures of a series of profits (+) and losses (-), in its own unit. Results are losses: a positive number is what is lost,
 * a negative one means that even the tail earned something.
 */

/** Loss that is exceeded in 1 - confidence of cases, and the mean of that tail; both in the unit of the profits, + for a loss. */
export interface TailRisk {
  readonly valueAtRisk: number;
  readonly expectedShortfall: number;
}

/** The two confidences of the risk report. */
export interface RiskReport {
  readonly meanProfit: number;
  readonly at95: TailRisk;
  readonly at99: TailRisk;
}

/**
 * Historical value at risk and expected shortfall of `profits` at `confidence` (0.95), losses positive.
 *
 * Value at risk is the quantile of the losses, interpolated between order statistics (Hyndman and Fan type 7, as in R and numpy). The
 * expected shortfall averages exactly the worst 1 - confidence of the sample, the case on its edge in part.
 * Source: Acerbi and Tasche, "On the Coherence of Expected Shortfall" (2002).
 * Throws InvalidParameterError on no profits, one that is not finite or a confidence not strictly between 0 and 1.
 *
 * @example
 * computeTailRisk([-10, -8, -6, -4, -2, 0, 2, 4, 6, 8], 0.8); // { valueAtRisk: 6.4, expectedShortfall: 9 }
 */
export function computeTailRisk(profits: ArrayLike<number>, confidence: number): TailRisk {
  requireLength("profits", profits, 1);
  requireStrictlyBetween("confidence", confidence, 0, 1);
  const losses = Float64Array.from(profits, (profit) => -profit).sort(); // typed arrays sort numerically, NaN last
  requireFinite("profits", losses[0]!);
  requireFinite("profits", losses[losses.length - 1]!);
  const tail = losses.length * (1 - confidence);
  let remaining = tail;
  let sum = 0;
  for (let i = losses.length - 1; i >= 0 && remaining > 0; i--) {
    const share = Math.min(1, remaining);
    sum += share * losses[i]!;
    remaining -= share;
  }
  return { valueAtRisk: computeQuantile(losses, confidence), expectedShortfall: sum / tail };
}

/**
 * Mean profit with value at risk and expected shortfall at 95 and 99 %, all in the unit of `profits`; see {@link computeTailRisk}.
 *
 * For a hedged position pass the fee-inclusive residual of each path or day. Throws InvalidParameterError on no profits or one that is not finite.
 *
 * @example
 * computeRiskReport(residualsQuote).at95.expectedShortfall;
 */
export function computeRiskReport(profits: ArrayLike<number>): RiskReport {
  const at95 = computeTailRisk(profits, 0.95);
  return { meanProfit: computeMean(profits), at95, at99: computeTailRisk(profits, 0.99) };
}
