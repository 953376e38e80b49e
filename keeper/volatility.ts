import { InvalidParameterError } from "../sdk/errors.ts";
import { requirePositive } from "../sdk/math/require.ts";
import { createRunningVolatility } from "../sdk/math/runningVolatility.ts";
import type { RunningVolatilitySettings } from "../sdk/math/runningVolatility.ts";
import type { PriceSample } from "../sdk/math/volatility.ts";

/**
 * Annual volatility from recorded prices: {@link createRunningVolatility} over all of them. With one price or none it is the prior.
 * Two prices of one moment, or times that run backwards, are an error.
 *
 * @returns A fraction, 0.7 = 70 %.
 * Throws InvalidParameterError on prices or settings that are not positive, or times that do not increase.
 *
 * @example
 * estimateVolatility([], { priorAnnual: 0.7, halfLifeHours: 24, priorWeightHours: 24 }); // 0.7
 */
export function estimateVolatility(samples: readonly PriceSample[], settings: RunningVolatilitySettings): number {
  const [first, ...later] = samples;
  if (first !== undefined) requirePositive("price", first.price);
  // Without a price the prior is all there is, whatever the first one would have been.
  const running = createRunningVolatility(first?.price ?? 1, settings);
  let previous = first;
  for (const sample of later) {
    requirePositive("price", sample.price);
    const before = previous?.timestampSeconds ?? -Infinity;
    const seconds = sample.timestampSeconds - before;
    if (!(seconds > 0 && seconds < Infinity)) {
      throw new InvalidParameterError("timestampSeconds", sample.timestampSeconds, `be greater than ${before}`);
    }
    running.observe(sample.price, seconds);
    previous = sample;
  }
  return running.annual;
}
