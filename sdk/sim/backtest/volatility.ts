import { SECONDS_PER_YEAR } from "../../math/units.ts";
import type { VolatilityModel } from "./model.ts";

/** Volatility from the prices seen so far. */
export interface RunningVolatility {
  /** Another price, `seconds` after the one before. */
  observe(price: number, seconds: number): void;
  /** Annual, as a fraction. */
  readonly annual: number;
}

/**
 * The keeper's estimate (estimateVolatility of keeper/volatility.ts), updated price by price: a prior and squared returns over
 * the time they cover, all fading with a half-life. It knows no price but those it was given.
 *
 * @example
 * createRunningVolatility(2000, { priorAnnual: 0.7, halfLifeHours: 24, priorWeightHours: 24 }).annual; // 0.7
 */
export function createRunningVolatility(startPrice: number, model: VolatilityModel): RunningVolatility {
  const halfLifeSeconds = model.halfLifeHours * 3_600;
  let weightSeconds = model.priorWeightHours * 3_600;
  let variance = model.priorAnnual ** 2 * (weightSeconds / SECONDS_PER_YEAR);
  let previous = startPrice;
  let fadeSeconds = -1;
  let fade = 1;
  return {
    observe: (price, seconds) => {
      if (seconds !== fadeSeconds) {
        fadeSeconds = seconds;
        fade = 2 ** (-seconds / halfLifeSeconds);
      }
      const move = Math.log(price / previous);
      variance = variance * fade + move * move;
      weightSeconds = weightSeconds * fade + seconds;
      previous = price;
    },
    get annual() {
      return Math.sqrt((variance / weightSeconds) * SECONDS_PER_YEAR);
    },
  };
}
