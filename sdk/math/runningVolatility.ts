import { createFadingRatio } from "./fadingRatio.ts";
import { requirePositive } from "./require.ts";
import { SECONDS_PER_YEAR } from "./units.ts";

const HOUR_SECONDS = 3_600;

/** A prior, and how fast it and every observation fade. */
export interface RunningVolatilitySettings {
  /** Annual volatility believed before any price was seen, e.g. 0.7. */
  readonly priorAnnual: number;
  /** Hours after which an observation counts half. */
  readonly halfLifeHours: number;
  /** Hours of observation that the prior counts for at the start; it fades with the same half-life. */
  readonly priorWeightHours: number;
}

/** Volatility from the prices seen so far. */
export interface RunningVolatility {
  /** Another price, `seconds` after the one before; both positive. */
  observe(price: number, seconds: number): void;
  /** Annual, as a fraction. */
  readonly annual: number;
}

/**
 * Annual volatility from prices at uneven moments: a prior and squared log returns over the time they cover, all faded by age.
 *
 * variance = (prior · w₀ · f₀ + Σ r² · f) / (w₀ · f₀ + Σ dt · f) with f = 2^(-age / half-life). With many prices it is what RiskMetrics'
 * estimator gives on even spacing. The one estimate of keeper and simulator.
 * Throws InvalidParameterError on a first price or settings that are not positive.
 *
 * @example
 * createRunningVolatility(2000, { priorAnnual: 0.7, halfLifeHours: 24, priorWeightHours: 24 }).annual; // 0.7
 */
export function createRunningVolatility(startPrice: number, settings: RunningVolatilitySettings): RunningVolatility {
  const { priorAnnual, halfLifeHours, priorWeightHours } = settings;
  requirePositive("startPrice", startPrice);
  requirePositive("priorAnnual", priorAnnual);
  requirePositive("halfLifeHours", halfLifeHours);
  requirePositive("priorWeightHours", priorWeightHours);
  const priorSeconds = priorWeightHours * HOUR_SECONDS;
  const variance = createFadingRatio(halfLifeHours * HOUR_SECONDS, {
    amount: priorAnnual ** 2 * (priorSeconds / SECONDS_PER_YEAR),
    weight: priorSeconds,
  });
  let previous = startPrice;
  return {
    observe: (price, seconds) => {
      const move = Math.log(price / previous);
      variance.add(move * move, seconds, seconds);
      previous = price;
    },
    get annual() {
      // The prior's weight never fades to nothing without an observation in its place.
      return Math.sqrt((variance.value ?? 0) * SECONDS_PER_YEAR);
    },
  };
}
