import { InvalidParameterError } from "../errors.ts";
import type { Bar } from "./bar.ts";
import { MINUTES_PER_HOUR, computeIntrabarPrices } from "./path.ts";
import type { SimulatedPath } from "./path.ts";
import { HOUR_SECONDS } from "./window.ts";
import type { PriceWindow } from "./window.ts";

/** The market at a moment, unix seconds. */
export interface PriceStep {
  readonly timestamp: number;
  readonly price: number;
}

/** Longest move of one step in log price, 2 %: a keeper looks at every block, so a crash is never one step. */
export const MAX_STEP_MOVE = 0.02;
/** Steps are at least a minute long, whatever the move. */
const MAX_STEPS_PER_HOUR = 60;

/**
 * The steps of a window: inside every bar the way of {@link computeIntrabarPrices}, since bars do not tell the true one.
 * A bar longer than an hour has as many times the steps of an hour; a bar that moves far has more of them, so that no step
 * moves the price by more than {@link MAX_STEP_MOVE} as long as a step is a minute or longer.
 *
 * Throws InvalidParameterError unless `stepsPerHour` is a positive whole number.
 */
export function computeWindowSteps(
  { bars, barSeconds, startPrice }: PriceWindow,
  stepsPerHour: number,
): readonly PriceStep[] {
  requireWhole(stepsPerHour);
  const hours = barSeconds / HOUR_SECONDS;
  let previousClose = startPrice;
  return bars.flatMap((bar) => {
    const wanted = Math.max(stepsPerHour * hours, Math.ceil(wayOf(bar, previousClose) / MAX_STEP_MOVE));
    const count = Math.max(stepsPerHour * hours, Math.min(wanted, MAX_STEPS_PER_HOUR * hours));
    const prices = computeIntrabarPrices(bar, count, previousClose);
    previousClose = bar.close;
    return prices.map((price, i) => ({ timestamp: bar.timestamp + Math.round(((i + 1) * barSeconds) / count), price }));
  });
}

/**
 * The steps of a simulated path, taken from its minutes: the true way, with no more turns than it had.
 *
 * Throws InvalidParameterError unless `stepsPerHour` is a whole number from 1 to 60.
 */
export function computePathSteps(path: SimulatedPath, stepsPerHour: number): readonly PriceStep[] {
  requireWhole(stepsPerHour);
  if (stepsPerHour > MINUTES_PER_HOUR) {
    throw new InvalidParameterError(
      "stepsPerHour",
      stepsPerHour,
      `not exceed ${MINUTES_PER_HOUR}, the minutes that are simulated`,
    );
  }
  return path.bars.flatMap((bar, hour) =>
    Array.from({ length: stepsPerHour }, (_, i) => {
      const minute = Math.round(((i + 1) * MINUTES_PER_HOUR) / stepsPerHour);
      const timestamp = bar.timestamp + Math.round(((i + 1) * HOUR_SECONDS) / stepsPerHour);
      return { timestamp, price: path.minutes[hour * MINUTES_PER_HOUR + minute - 1]! };
    }),
  );
}

/** Length of the way inside a bar, in log price. */
function wayOf(bar: Bar, previousClose: number): number {
  const move = (from: number, to: number): number => Math.abs(Math.log(to / from));
  if (bar.high === bar.low) return move(previousClose, bar.close);
  const [near, far] = bar.open / bar.low <= bar.high / bar.open ? [bar.low, bar.high] : [bar.high, bar.low];
  return move(bar.open, near) + move(near, far) + move(far, bar.close);
}

function requireWhole(stepsPerHour: number): void {
  if (!(Number.isInteger(stepsPerHour) && stepsPerHour > 0)) {
    throw new InvalidParameterError("stepsPerHour", stepsPerHour, "be a positive whole number");
  }
}
