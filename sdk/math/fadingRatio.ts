import { requireFinite, requireNonNegative, requirePositive } from "./require.ts";

/** Sum of amounts over sum of weights, both counting half after every half-life. */
export interface FadingRatio {
  /** Lets `elapsed` pass, in the unit of the half-life, and then adds; 0 and 0 only lets it pass. */
  add(amount: number, weight: number, elapsed: number): void;
  /** In the unit of an amount per weight; undefined before any weight. */
  readonly value: number | undefined;
}

/**
 * What volatility, fee flow and carry are estimated with: older observations fade, uneven spacing is weighed by what it covers. On even
 * spacing it is the exponentially weighted mean of RiskMetrics.
 *
 * `start`: what is believed before anything was seen; it fades like the rest. The caller sees to amounts and weights that are finite.
 * Throws InvalidParameterError on a half-life that is not positive, or a start that is not finite or of negative weight.
 *
 * @example
 * const fees = createFadingRatio(24);
 * fees.add(2, 1, 1);
 * fees.add(4, 1, 24);
 * fees.value; // (2/2 + 4) / (1/2 + 1) = 3.33
 */
export function createFadingRatio(halfLife: number, start = { amount: 0, weight: 0 }): FadingRatio {
  requirePositive("halfLife", halfLife);
  requireFinite("start.amount", start.amount);
  requireNonNegative("start.weight", start.weight);
  let { amount, weight } = start;
  let fadedFor = -1;
  let fade = 1;
  return {
    add: (added, addedWeight, elapsed) => {
      // Observations come at an even pace, mostly: the power is computed when it changes.
      if (elapsed !== fadedFor) {
        fadedFor = elapsed;
        fade = 2 ** (-elapsed / halfLife);
      }
      amount = amount * fade + added;
      weight = weight * fade + addedWeight;
    },
    get value() {
      return weight === 0 ? undefined : amount / weight;
    },
  };
}
