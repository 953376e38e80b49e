import { InvalidParameterError } from "../../errors.ts";
import { requireLength, requirePositive } from "../../math/require.ts";
import { computeVariance } from "../../math/statistics.ts";
import { SECONDS_PER_YEAR } from "../../math/units.ts";
import { computeTailRisk } from "../../math/valueAtRisk.ts";
import { computeChristoffersenTests, computeRollingViolations } from "../../math/varBacktest.ts";

/*
 * Risk of one equity curve. Losses are positive fractions of the equity at the start of their day; what too few days cannot
 * tell is undefined.
 */

const DAY_SECONDS = 86_400;
/** Days below which a quantile says nothing: one loss beyond it is expected. */
const MIN_DAYS_95 = 20;
const MIN_DAYS_99 = 100;
/** Days that a forecast for the next one is made from. */
const FORECAST_DAYS = 60;
/** Forecasts below which a test of them says nothing. */
const MIN_FORECASTS = 60;

/** Tests of one-day 95 % value at risk, forecast from the days before each day alone. */
export interface ForecastTests {
  readonly forecasts: number;
  readonly exceptions: number;
  readonly expectedExceptions: number;
  /** Kupiec: chance of a count this far off if the forecasts were right. */
  readonly pValue: number;
  /** Christoffersen: chance of such clusters if exceptions came independently of each other, and of both together. */
  readonly independencePValue: number;
  readonly conditionalPValue: number;
}

export interface CurveRisk {
  readonly volatilityAnnual: number;
  /** Largest fall from an earlier peak, as a fraction of that peak. */
  readonly maxDrawdown: number;
  /** The hour that lost most, at its end, or the interval where it is longer; a gain where every one gained. */
  readonly worstHour: { readonly timestamp: number; readonly pnlQuote: number; readonly fraction: number };
  readonly days: number;
  readonly var95: number | undefined;
  readonly es95: number | undefined;
  readonly var99: number | undefined;
  readonly es99: number | undefined;
  readonly forecastTests: ForecastTests | undefined;
}

/**
 * Risk of an equity curve sampled every `intervalSeconds`.
 *
 * Volatility is that of equity changes over the first equity, annual. Throws InvalidParameterError on fewer than 3 values, an
 * equity to begin with that is not positive, or anything not finite.
 *
 * @example
 * computeCurveRisk(equity, timestamps, 3600).maxDrawdown; // 0.04
 */
export function computeCurveRisk(equity: Float64Array, timestamps: Float64Array, intervalSeconds: number): CurveRisk {
  requireLength("equity", equity, 3);
  requirePositive("equity[0]", equity[0]!);
  requirePositive("intervalSeconds", intervalSeconds);
  const changes = new Float64Array(equity.length - 1);
  let peak = -Infinity;
  let maxDrawdown = 0;
  for (let i = 0; i < equity.length; i++) {
    peak = Math.max(peak, equity[i]!);
    maxDrawdown = Math.max(maxDrawdown, 1 - equity[i]! / peak);
    if (i === 0) continue;
    changes[i - 1] = equity[i]! - equity[i - 1]!;
  }
  const deviation = Math.sqrt(computeVariance(changes));
  const daily = computeDailyReturns(equity, intervalSeconds);
  const [var95, es95] = computeTail(daily, 0.95, MIN_DAYS_95);
  const [var99, es99] = computeTail(daily, 0.99, MIN_DAYS_99);
  return {
    volatilityAnnual: (deviation / equity[0]!) * Math.sqrt(SECONDS_PER_YEAR / intervalSeconds),
    maxDrawdown,
    worstHour: findWorstHour(equity, timestamps, intervalSeconds),
    days: daily.length,
    var95,
    es95,
    var99,
    es99,
    forecastTests: testForecasts(daily),
  };
}

/** Any hour of the curve, not only those that begin with the clock's. */
function findWorstHour(
  equity: Float64Array,
  timestamps: Float64Array,
  intervalSeconds: number,
): CurveRisk["worstHour"] {
  const span = Math.min(Math.max(1, Math.round(3_600 / intervalSeconds)), equity.length - 1);
  let worst = span;
  let worstPnl = Infinity;
  for (let i = span; i < equity.length; i++) {
    const pnl = equity[i]! - equity[i - span]!;
    if (pnl >= worstPnl) continue;
    worst = i;
    worstPnl = pnl;
  }
  return { timestamp: timestamps[worst]!, pnlQuote: worstPnl, fraction: worstPnl / equity[worst - span]! };
}

/** Returns over whole days from the start; what is left of the last day is not one. */
export function computeDailyReturns(equity: Float64Array, intervalSeconds: number): Float64Array {
  const perDay = Math.round(DAY_SECONDS / intervalSeconds);
  if (!(perDay >= 1)) throw new InvalidParameterError("intervalSeconds", intervalSeconds, "be at most a day");
  const days = Math.floor((equity.length - 1) / perDay);
  return Float64Array.from({ length: days }, (_, day) => equity[(day + 1) * perDay]! / equity[day * perDay]! - 1);
}

/** Value at risk and expected shortfall of returns, both as losses. */
function computeTail(
  returns: Float64Array,
  level: number,
  minDays: number,
): readonly [valueAtRisk: number | undefined, expectedShortfall: number | undefined] {
  if (returns.length < minDays) return [undefined, undefined];
  const { valueAtRisk, expectedShortfall } = computeTailRisk(returns, level);
  return [valueAtRisk, expectedShortfall];
}

function testForecasts(returns: Float64Array): ForecastTests | undefined {
  const forecasts = returns.length - FORECAST_DAYS;
  if (forecasts < MIN_FORECASTS) return undefined;
  const violated = computeRollingViolations(returns, FORECAST_DAYS, 0.95);
  const tests = computeChristoffersenTests(violated, 0.05);
  return {
    forecasts,
    exceptions: violated.filter(Boolean).length,
    expectedExceptions: forecasts * 0.05,
    pValue: tests.unconditional.pValue,
    independencePValue: tests.independence.pValue,
    conditionalPValue: tests.conditional.pValue,
  };
}
