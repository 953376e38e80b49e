import { defaultSettings } from "../../../../sdk/policy/settings.ts";
import { flatBar } from "../../../../sdk/sim/bar.ts";
import type { Bar } from "../../../../sdk/sim/bar.ts";
import { createBacktest } from "../../../../sdk/sim/backtest/engine.ts";
import type { AaveVenue, BacktestModel, PerpVenue } from "../../../../sdk/sim/backtest/model.ts";
import type { BacktestRecord } from "../../../../sdk/sim/backtest/record.ts";
import { computeResult } from "../../../../sdk/sim/backtest/result.ts";
import type { BacktestResult } from "../../../../sdk/sim/backtest/result.ts";
import { expandBars } from "../../../../sdk/sim/backtest/steps.ts";
import { DEFAULT_MODEL, simulatePath } from "../../../../sdk/sim/path.ts";

export const START = 1_767_225_600;
export const HOUR = 3_600;

export const AAVE: AaveVenue = {
  kind: "aave",
  liquidationThreshold: 0.78,
  borrowRatePerYear: 0.025,
  supplyRatePerYear: 0.03,
  liquidationBonus: 0.05,
  closeFraction: 0.5,
};

export const PERP: PerpVenue = {
  kind: "perp",
  feeFraction: 0.0005,
  impactQuotePerBaseSquared: 0,
  maintenanceFraction: 0.01,
  liquidationFeeFraction: 0.01,
  funding: { timestamps: new Float64Array(), rates: new Float64Array() },
};

export const MODEL: BacktestModel = {
  depositQuote: 100_000,
  // The gate, which may leave the pool at any time, has tests of its own.
  settings: { ...defaultSettings, feeGate: { ...defaultSettings.feeGate, enabled: false } },
  limits: { maxDeltaFraction: 0.05, cooldownSeconds: 60 },
  pool: { feeFraction: 0.0005, valueQuote: 200e6, width: 1.5 },
  fees: { kind: "turnover", volume: { dailyTurnover: 1.2, moveShare: 0.5, referenceVolatility: 0.6 } },
  venue: AAVE,
  gas: { hedgeUnits: 700_000, recentreUnits: 1_200_000, priceGwei: 2 },
  volatility: { priorAnnual: 0.7, halfLifeHours: 24, priorWeightHours: 24 },
  latencySeconds: 12,
  idleRatePerYear: 0,
};

/** Hourly bars of a simulated market. */
export function marketBars(seed: number, hours: number): readonly Bar[] {
  return simulatePath({ seed, hours, startTimestamp: START }).bars;
}

/** Closes an hour apart. */
export function closeBars(prices: readonly number[]): readonly Bar[] {
  return prices.map((price, i) => flatBar(START + i * HOUR, price));
}

/** Bars of an hour and the minutes behind them, of a market with constant volatility and no jumps. */
export function diffusion(
  seed: number,
  hours: number,
  volatility: number,
): { bars: readonly Bar[]; minutes: readonly Bar[] } {
  const model = { ...DEFAULT_MODEL, baseVolatility: volatility, volOfVol: 0, reversion: 0, jumpsPerYear: 0 };
  const path = simulatePath({ seed, hours, startTimestamp: START, model });
  return { bars: path.bars, minutes: path.minutes.map((close, i) => flatBar(START + i * 60, close)) };
}

export interface Run {
  readonly record: BacktestRecord;
  readonly result: BacktestResult;
}

/** A whole backtest over bars; `chunk` runs it in pieces of so many steps. */
export function runBars(
  bars: readonly Bar[],
  model: BacktestModel = MODEL,
  { stepsPerBar = 1, barSeconds = HOUR, chunk = Infinity } = {},
): Run {
  const steps = expandBars({ bars, barSeconds, startPrice: bars[0]?.open ?? Number.NaN }, stepsPerBar);
  const backtest = createBacktest(steps, model);
  while (backtest.done < backtest.total) backtest.runUntil(backtest.done + chunk);
  return { record: backtest.record, result: computeResult(backtest.record, steps, model) };
}
