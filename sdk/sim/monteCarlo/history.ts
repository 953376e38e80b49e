import { InvalidParameterError } from "../../errors.ts";
import { requireLength } from "../../math/require.ts";
import { computeCloseToCloseVolatility } from "../../math/volatility.ts";
import { flatBar } from "../bar.ts";
import type { Bar } from "../bar.ts";
import { computeIntrabarPrices } from "../path.ts";
import { HOUR_SECONDS, MAX_GAP_SECONDS } from "../window.ts";
import type { HistoryMarket } from "./market.ts";

const DAY_SECONDS = 86_400;
const PAYMENT_SECONDS = 8 * HOUR_SECONDS;
const STEPS_PER_HOUR = 12;
const PAYMENT_STEPS = 96;
const HOURS_PER_YEAR = 8_760;
/** Options are quoted at the volatility realised over so many days before the window. */
const TRAILING_DAYS = 30;

/** One payment of funding: unix seconds, and the rate, positive when longs pay. */
export interface FundingPayment {
  readonly timestamp: number;
  readonly rate: number;
}

export interface HistoryRequest {
  /** Hourly candles in order of time. */
  readonly bars: readonly Bar[];
  /** In order of time; before the first one no funding is paid. */
  readonly funding: readonly FundingPayment[];
  readonly windowDays: number;
  /** Unix seconds at which windows may start; those that do not fit into the record are left out. */
  readonly starts: readonly number[];
}

export interface HistoryWindows {
  readonly market: HistoryMarket;
  /** Unix seconds of the windows that were kept, in order. */
  readonly starts: readonly number[];
}

/**
 * Windows of a record as paths of 5-minute steps.
 *
 * Inside an hour the price runs on straight lines through both extremes of the candle (computeIntrabarPrices); missing hours stand
 * still. A window is kept when it starts at 0, 8 or 16 o'clock UTC, lies in the record with the 30 days before it (for the volatility
 * at which options are quoted), and no gap of more than a day touches either.
 * Throws InvalidParameterError on fewer than 2 candles, candles out of order or off the hour, or no window that fits.
 *
 * @example
 * createHistoryWindows({ bars, funding, windowDays: 30, starts: [Date.UTC(2020, 2, 1) / 1000] }).market;
 */
export function createHistoryWindows(request: HistoryRequest): HistoryWindows {
  const { bars, funding, windowDays, starts } = request;
  requireLength("bars", bars, 2);
  const origin = Math.ceil(bars[0]!.timestamp / DAY_SECONDS) * DAY_SECONDS;
  const { logPrices, closes, hoursSinceBar } = fillRecord(bars, origin);
  const fundingRates = new Float64Array(Math.ceil(logPrices.length / PAYMENT_STEPS) + 1);
  for (const { timestamp, rate } of funding) {
    const slot = Math.round((timestamp - origin) / PAYMENT_SECONDS);
    if (slot >= 0 && slot < fundingRates.length) fundingRates[slot] = rate;
  }

  const windowHours = windowDays * 24;
  const trailingHours = TRAILING_DAYS * 24;
  const kept = starts.filter((start) => {
    const hour = (start - origin) / HOUR_SECONDS;
    if (!Number.isInteger(hour) || hour % 8 !== 0 || hour < trailingHours) return false;
    if (hour + windowHours > closes.length) return false;
    const gaps = hoursSinceBar.subarray(hour - trailingHours, hour + windowHours);
    return gaps.every((hours) => hours * HOUR_SECONDS <= MAX_GAP_SECONDS);
  });
  if (kept.length === 0) throw new InvalidParameterError("starts", starts.length, "include a window inside the record");
  const hours = kept.map((start) => (start - origin) / HOUR_SECONDS);
  return {
    market: {
      kind: "history",
      logPrices,
      fundingRates,
      starts: Int32Array.from(hours, (hour) => hour * STEPS_PER_HOUR),
      impliedVolatilities: Float64Array.from(hours, (hour) =>
        computeCloseToCloseVolatility(Array.from(closes.subarray(hour - trailingHours, hour)), HOURS_PER_YEAR),
      ),
    },
    starts: kept,
  };
}

interface FilledRecord {
  /** At every step, the first one at the origin. */
  readonly logPrices: Float64Array;
  /** Close of every hour. */
  readonly closes: Float64Array;
  /** For every hour, hours without a candle up to and including it. */
  readonly hoursSinceBar: Float64Array;
}

function fillRecord(bars: readonly Bar[], origin: number): FilledRecord {
  const hourCount = Math.floor((bars.at(-1)!.timestamp - origin) / HOUR_SECONDS) + 1;
  const logPrices = new Float64Array(hourCount * STEPS_PER_HOUR + 1);
  const closes = new Float64Array(hourCount);
  const hoursSinceBar = new Float64Array(hourCount);
  const first = bars.findIndex((bar) => bar.timestamp >= origin);
  let next = first;
  let close = bars[first]!.open;
  let missing = 0;
  logPrices[0] = Math.log(close);
  for (let hour = 0; hour < hourCount; hour++) {
    const timestamp = origin + hour * HOUR_SECONDS;
    const found = bars[next];
    if (found !== undefined && found.timestamp < timestamp) {
      throw new InvalidParameterError("bars.timestamp", found.timestamp, "be a whole hour after the candle before it");
    }
    const isThere = found?.timestamp === timestamp;
    const bar = isThere ? found : flatBar(timestamp, close);
    if (isThere) next += 1;
    missing = isThere ? 0 : missing + 1;
    hoursSinceBar[hour] = missing;
    computeIntrabarPrices(bar, STEPS_PER_HOUR, close).forEach((price, i) => {
      logPrices[hour * STEPS_PER_HOUR + i + 1] = Math.log(price);
    });
    close = bar.close;
    closes[hour] = close;
  }
  return { logPrices, closes, hoursSinceBar };
}
