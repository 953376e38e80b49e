import { InvalidParameterError } from "../../errors.ts";
import { requirePositive } from "../../math/require.ts";
import type { Bar } from "../bar.ts";
import { computeIntrabarPrices } from "../path.ts";
import { MAX_STEP_MOVE } from "../steps.ts";
import type { PriceWindow } from "../window.ts";

/** Steps are at least a minute long, whatever the move. */
const MIN_STEP_SECONDS = 60;

/**
 * The market as columns, one entry a step: price at its end, highest price in it, and the bar it belongs to. Columns
 * rather than objects, because a run goes over millions of them.
 */
export interface StepColumns {
  readonly startTimestamp: number;
  readonly startPrice: number;
  readonly barSeconds: number;
  readonly bars: number;
  /** Unix seconds at the end of each step. */
  readonly timestamps: Float64Array;
  readonly prices: Float64Array;
  /** At least the price at either end of the step. */
  readonly highs: Float64Array;
  readonly barOf: Uint32Array;
}

/**
 * The steps of a window, `stepsPerBar` of them in a quiet bar; a bar that moves far has more, so that no step moves the price
 * by more than {@link MAX_STEP_MOVE} as long as a step is a minute or longer. Inside a bar the price goes the way of
 * {@link computeIntrabarPrices}; with one or two steps the high that is passed over is kept in `highs`.
 *
 * Throws InvalidParameterError unless `stepsPerBar` is a positive whole number and every price is positive.
 *
 * @example
 * expandBars({ bars, barSeconds: 3600, startPrice: 2000 }, 1).prices.at(-1); // the last close
 */
export function expandBars(
  { bars, barSeconds, startPrice }: Pick<PriceWindow, "bars" | "barSeconds" | "startPrice">,
  stepsPerBar: number,
): StepColumns {
  const first = bars[0];
  if (first === undefined) throw new InvalidParameterError("bars.length", 0, "be at least 1");
  requirePositive("startPrice", startPrice);
  requirePositive("barSeconds", barSeconds);
  if (!(Number.isInteger(stepsPerBar) && stepsPerBar > 0)) {
    throw new InvalidParameterError("stepsPerBar", stepsPerBar, "be a positive whole number");
  }
  const mostSteps = Math.max(stepsPerBar, Math.floor(barSeconds / MIN_STEP_SECONDS));
  const counts = new Uint32Array(bars.length);
  let total = 0;
  let previousClose = startPrice;
  for (let b = 0; b < bars.length; b++) {
    const bar = bars[b]!;
    requireBar(bar, b);
    const wanted = Math.ceil(computeWay(bar, previousClose) / MAX_STEP_MOVE);
    counts[b] = Math.max(stepsPerBar, Math.min(wanted, mostSteps));
    total += counts[b]!;
    previousClose = bar.close;
  }

  const timestamps = new Float64Array(total);
  const prices = new Float64Array(total);
  const highs = new Float64Array(total);
  const barOf = new Uint32Array(total);
  let i = 0;
  previousClose = startPrice;
  for (let b = 0; b < bars.length; b++) {
    const bar = bars[b]!;
    const count = counts[b]!;
    const inside = count === 1 ? undefined : computeIntrabarPrices(bar, count, previousClose);
    for (let k = 0; k < count; k++, i++) {
      timestamps[i] = bar.timestamp + ((k + 1) * barSeconds) / count;
      const price = inside === undefined ? bar.close : inside[k]!;
      prices[i] = price;
      const before = i === 0 ? startPrice : prices[i - 1]!;
      // Two steps or fewer may jump over the high.
      highs[i] = count <= 2 ? Math.max(before, price, bar.high) : Math.max(before, price);
      barOf[i] = b;
    }
    previousClose = bar.close;
  }
  return {
    startTimestamp: first.timestamp,
    startPrice,
    barSeconds,
    bars: bars.length,
    timestamps,
    prices,
    highs,
    barOf,
  };
}

/** Length of the way inside a bar, in log price: open, nearer extreme, other extreme, close. */
function computeWay(bar: Bar, previousClose: number): number {
  if (bar.high === bar.low) return Math.abs(Math.log(bar.close / previousClose));
  const rise = bar.high / bar.open;
  const fall = bar.open / bar.low;
  const span = bar.high / bar.low;
  return Math.log(fall <= rise ? fall * span * (bar.high / bar.close) : rise * span * (bar.close / bar.low));
}

function requireBar(bar: Bar, index: number): void {
  const { open, high, low, close } = bar;
  const isPossible = low > 0 && low <= open && low <= close && high >= open && high >= close && high < Infinity;
  if (!isPossible) {
    const prices = `${open}, ${high}, ${low}, ${close}`;
    throw new InvalidParameterError(
      `bars[${index}]`,
      prices,
      "be open, high, low and close with 0 < low <= all <= high",
    );
  }
}
