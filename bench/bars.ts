import { defaultSettings } from "../sdk/policy/settings.ts";
import { createBacktest } from "../sdk/sim/backtest/engine.ts";
import type { BacktestModel } from "../sdk/sim/backtest/model.ts";
import { expandBars } from "../sdk/sim/backtest/steps.ts";
import { simulatePath } from "../sdk/sim/path.ts";
import { DEFAULT_VOLUME } from "../sdk/sim/volume.ts";

/*
 * How many hourly bars a second the bar engine takes on one core, with the keeper's policy judging after every step: one
 * step in a quiet bar, more in one that moves over 2 %.
 */

/** What was measured. */
export interface BarSpeed {
  /** By processor time: what one core does with nothing else to do. */
  readonly barsPerSecond: number;
  readonly wallClockBarsPerSecond: number;
  readonly stepsPerSecond: number;
  /** The same with the bars taken apart into steps as well, which several runs over one market share. */
  readonly barsPerSecondWithSteps: number;
  readonly bars: number;
  readonly runs: number;
  readonly stepsPerBar: number;
  /** How often the band was computed rather than remembered, a bar. */
  readonly bandsPerBar: number;
  readonly transactionsPerRun: number;
}

const HOURS = 17_520;
const START = 1_767_225_600;
const RUNS = 15;
const WARM_UP_RUNS = 4;
const HOUR_SECONDS = 3_600;

const MODEL: BacktestModel = {
  depositQuote: 100_000,
  settings: defaultSettings,
  limits: { maxDeltaFraction: 0.05, cooldownSeconds: 60 },
  pool: { feeFraction: 0.0005, valueQuote: 200e6, width: 1.5 },
  fees: { kind: "turnover", volume: DEFAULT_VOLUME },
  venue: {
    kind: "aave",
    liquidationThreshold: 0.78,
    borrowRatePerYear: 0.025,
    supplyRatePerYear: 0.03,
    liquidationBonus: 0.05,
    closeFraction: 0.5,
  },
  gas: { hedgeUnits: 700_000, recentreUnits: 1_200_000, priceGwei: 2 },
  volatility: { priorAnnual: 0.7, halfLifeHours: 24, priorWeightHours: 24 },
  latencySeconds: 12,
  idleRatePerYear: 0,
};

/**
 * Runs two years of simulated hourly bars several times and takes the median.
 *
 * @example
 * measureBars().barsPerSecond; // 400,000
 */
export function measureBars(): BarSpeed {
  const { bars } = simulatePath({ seed: 7, hours: HOURS, startTimestamp: START });
  const window = { bars, barSeconds: HOUR_SECONDS, startPrice: bars[0]?.open ?? Number.NaN };
  const engine: number[] = [];
  let cpuMicroseconds = 0;
  const whole: number[] = [];
  let steps = 0;
  let bands = 0;
  let transactions = 0;
  for (let run = 0; run < WARM_UP_RUNS + RUNS; run++) {
    const start = performance.now();
    const columns = expandBars(window, 1);
    const expanded = performance.now();
    const cpuBefore = process.cpuUsage();
    const backtest = createBacktest(columns, MODEL);
    backtest.runUntil(backtest.total);
    const end = performance.now();
    const cpuUsed = process.cpuUsage(cpuBefore);
    steps = columns.prices.length;
    bands = backtest.record.bands.computed;
    const { hedge, recentre, deleverage, exit, reconcile } = backtest.record.actions;
    transactions = hedge + recentre + deleverage + exit + reconcile;
    if (run < WARM_UP_RUNS) continue;
    engine.push(end - expanded);
    whole.push(end - start);
    cpuMicroseconds += cpuUsed.user + cpuUsed.system;
  }
  const engineSeconds = median(engine) / 1_000;
  return {
    barsPerSecond: Math.round((HOURS * RUNS) / (cpuMicroseconds / 1e6)),
    wallClockBarsPerSecond: Math.round(HOURS / engineSeconds),
    stepsPerSecond: Math.round(steps / engineSeconds),
    barsPerSecondWithSteps: Math.round(HOURS / (median(whole) / 1_000)),
    bars: HOURS,
    runs: RUNS,
    stepsPerBar: steps / HOURS,
    bandsPerBar: bands / HOURS,
    transactionsPerRun: transactions,
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

if (import.meta.main) console.log(measureBars());
