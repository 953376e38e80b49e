import { existsSync } from "node:fs";
import path from "node:path";

import { InvalidParameterError } from "../../sdk/errors.ts";
import { createHistoryWindows } from "../../sdk/sim/monteCarlo/history.ts";
import type { FundingPayment, HistoryWindows } from "../../sdk/sim/monteCarlo/history.ts";
import { readFunding } from "../../sdk/sim/data/funding.ts";
import { readPrices } from "../../sdk/sim/prices.ts";
import type { Bar } from "../../sdk/sim/bar.ts";

/** The recorded market of the experiment. */
export interface MarketRecord {
  readonly bars: readonly Bar[];
  readonly funding: readonly FundingPayment[];
}

const PRICES_FILE = "eth-usd-1h.csv";
const FUNDING_FILE = "eth-perp-funding-8h.csv";
const WINDOW_DAYS = 30;
const DAY_SECONDS = 86_400;

/** Months that a hedge is there for; each window starts a few days before the fall. */
export const CRASHES: readonly { readonly name: string; readonly start: string }[] = [
  { name: "November 2018, hash war", start: "2018-11-05" },
  { name: "March 2020, pandemic", start: "2020-03-01" },
  { name: "May 2021, China", start: "2021-05-05" },
  { name: "December 2021", start: "2021-11-25" },
  { name: "May 2022, Terra", start: "2022-05-01" },
  { name: "June 2022, Celsius, 3AC", start: "2022-06-01" },
  { name: "November 2022, FTX", start: "2022-11-01" },
  { name: "August 2024, yen carry", start: "2024-07-28" },
  { name: "April 2025, tariffs", start: "2025-03-28" },
];

/** Reads the record, or undefined where `directory` lacks one of its files. */
export async function readMarketRecord(directory: string): Promise<MarketRecord | undefined> {
  const prices = path.join(directory, PRICES_FILE);
  const funding = path.join(directory, FUNDING_FILE);
  if (!existsSync(prices) || !existsSync(funding)) return undefined;
  const { timestamps, rates } = await readFunding(funding);
  const payments = Array.from(timestamps, (timestamp, i) => ({ timestamp, rate: rates[i] ?? Number.NaN }));
  return { bars: readPrices(prices), funding: payments };
}

/** Windows that start every `strideDays` days. */
export function selectRollingWindows({ bars, funding }: MarketRecord, strideDays: number): HistoryWindows {
  const days = bars.map(({ timestamp }) => timestamp / DAY_SECONDS).filter(Number.isInteger);
  const starts = days.filter((_, i) => i % strideDays === 0).map((day) => day * DAY_SECONDS);
  return createHistoryWindows({ bars, funding, windowDays: WINDOW_DAYS, starts });
}

/** The windows of {@link CRASHES}, all of which the record must hold. */
export function selectCrashWindows({ bars, funding }: MarketRecord): HistoryWindows {
  const starts = CRASHES.map(({ start }) => Date.parse(`${start}T00:00Z`) / 1_000);
  const windows = createHistoryWindows({ bars, funding, windowDays: WINDOW_DAYS, starts });
  if (windows.starts.length !== starts.length) {
    throw new InvalidParameterError("crash windows in the record", windows.starts.length, `be ${starts.length}`);
  }
  return windows;
}
