import { InvalidParameterError } from "../sdk/errors.ts";
import { requirePositive } from "../sdk/math/require.ts";
import { SECONDS_PER_YEAR } from "../sdk/math/units.ts";
import type { PriceSample } from "../sdk/math/volatility.ts";

export interface VolatilitySettings {
  /** Annual volatility believed before any price was seen, e.g. 0.7. */
  readonly priorAnnual: number;
  /** Hours after which an observation counts half. */
  readonly halfLifeHours: number;
  /** Hours of observation that the prior counts for at the start; it fades with the same half-life. */
  readonly priorWeightHours: number;
}

/**
 * Annual volatility from prices at uneven moments: squared log returns over the time they cover, both faded by age.
 *
 * variance = (prior · w₀ · f₀ + Σ r² · f) / (w₀ · f₀ + Σ dt · f) with f = 2^(-age / half-life) and the ages counted to the
 * last price. With one price or none it is the prior; with many it is what RiskMetrics' estimator gives on even spacing.
 * Two prices of one moment, or times that run backwards, are an error.
 *
 * @returns A fraction, 0.7 = 70 %.
 * Throws InvalidParameterError on prices or settings that are not positive, or times that do not increase.
 *
 * @example
 * estimateVolatility([], { priorAnnual: 0.7, halfLifeHours: 24, priorWeightHours: 24 }); // 0.7
 */
export function estimateVolatility(samples: readonly PriceSample[], settings: VolatilitySettings): number {
  requirePositive("priorAnnual", settings.priorAnnual);
  requirePositive("halfLifeHours", settings.halfLifeHours);
  requirePositive("priorWeightHours", settings.priorWeightHours);
  const halfLifeSeconds = settings.halfLifeHours * 3_600;
  let weightSeconds = settings.priorWeightHours * 3_600;
  let variance = settings.priorAnnual ** 2 * (weightSeconds / SECONDS_PER_YEAR);
  let previous: PriceSample | undefined;
  for (const sample of samples) {
    requirePositive("price", sample.price);
    if (previous !== undefined) {
      const seconds = sample.timestampSeconds - previous.timestampSeconds;
      if (!(seconds > 0 && seconds < Infinity)) {
        const bound = `be greater than ${previous.timestampSeconds}`;
        throw new InvalidParameterError("timestampSeconds", sample.timestampSeconds, bound);
      }
      const fade = 2 ** (-seconds / halfLifeSeconds);
      variance = variance * fade + Math.log(sample.price / previous.price) ** 2;
      weightSeconds = weightSeconds * fade + seconds;
    }
    previous = sample;
  }
  return Math.sqrt((variance / weightSeconds) * SECONDS_PER_YEAR);
}
