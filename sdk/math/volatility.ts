import { InvalidParameterError } from "../errors.ts";
import { requireBetween, requireLength, requireNonNegative, requirePositive } from "./require.ts";
import { computeMean, computeVariance } from "./statistics.ts";
import { SECONDS_PER_YEAR } from "./units.ts";

/*
 * Every estimator returns annual volatility as a fraction (0.7 = 70 %). Prices may be in any unit and either orientation:
 * only their logarithms' differences are used. A longer sample never means a longer memory: windows are the caller's choice.
 */

/** One bar of prices in any common unit: 0 < low <= open, close <= high < Infinity. */
export interface OhlcBar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** A price seen at a moment: `timestampSeconds` in seconds of any epoch. */
export interface PriceSample {
  readonly timestampSeconds: number;
  readonly price: number;
}

/** One reading of a Uniswap v3 pool's oracle: the sum of tick · seconds up to `timestampSeconds`. */
export interface TickCumulativeSample {
  readonly timestampSeconds: number;
  readonly tickCumulative: bigint;
}

/** Natural logarithm of the price of one tick, ln 1.0001. */
export const LOG_PRICE_PER_TICK = Math.log1p(0.0001);

/**
 * Close-to-close volatility with the mean return taken as zero, annual.
 *
 * Over weeks the mean is far smaller than its own estimation error; setting it to 0 is the better guess.
 * `periodsPerYear` is how many closes a year holds (365 for daily ones).
 * Throws InvalidParameterError on fewer than 2 closes, a price that is not positive or a period count that is not.
 *
 * @example
 * computeCloseToCloseVolatility([2040, 2090, 2000, 1970, 2030], 365); // 0.577303
 */
export function computeCloseToCloseVolatility(closes: readonly number[], periodsPerYear: number): number {
  requirePositive("periodsPerYear", periodsPerYear);
  return annualise(computeMean(logReturns(closes).map(square)), periodsPerYear);
}

/**
 * Exponentially weighted volatility, annual: variance <- decay · variance + (1 - decay) · r², seeded with the first squared return.
 *
 * Source: J.P. Morgan, RiskMetrics Technical Document (1996), which uses 0.94 on daily returns.
 * Throws InvalidParameterError on fewer than 2 closes, prices that are not positive or a decay outside 0 to 1.
 *
 * @example
 * computeEwmaVolatility([2040, 2090, 2000, 1970, 2030], 365, 0.94); // 0.489552
 */
export function computeEwmaVolatility(closes: readonly number[], periodsPerYear: number, decay: number): number {
  requirePositive("periodsPerYear", periodsPerYear);
  requireBetween("decay", decay, 0, 1);
  const variance = logReturns(closes)
    .map(square)
    .reduce((smoothed, squared) => decay * smoothed + (1 - decay) * squared);
  return annualise(variance, periodsPerYear);
}

/**
 * Parkinson volatility from highs and lows, annual: mean ln(H/L)² / (4 ln 2).
 *
 * About five times as efficient as closes; assumes no drift and no gaps between bars, and reads low when trades are sparse.
 * Source: Parkinson, "The Extreme Value Method for Estimating the Variance of the Rate of Return" (1980).
 * Throws InvalidParameterError on no bars or an impossible one.
 *
 * @example
 * computeParkinsonVolatility(bars, 365);
 */
export function computeParkinsonVolatility(bars: readonly OhlcBar[], barsPerYear: number): number {
  requireBars(bars, 1, barsPerYear);
  return annualise(computeMean(bars.map((bar) => Math.log(bar.high / bar.low) ** 2)) / (4 * Math.LN2), barsPerYear);
}

/**
 * Garman–Klass volatility, annual: mean of ln(H/L)²/2 - (2 ln 2 - 1) ln(C/O)².
 *
 * More efficient than Parkinson, same assumptions.
 * Source: Garman and Klass, "On the Estimation of Security Price Volatilities from Historical Data" (1980).
 * Throws InvalidParameterError on no bars or an impossible one.
 *
 * @example
 * computeGarmanKlassVolatility(bars, 365);
 */
export function computeGarmanKlassVolatility(bars: readonly OhlcBar[], barsPerYear: number): number {
  requireBars(bars, 1, barsPerYear);
  const variance = (bar: OhlcBar): number =>
    0.5 * Math.log(bar.high / bar.low) ** 2 - (2 * Math.LN2 - 1) * Math.log(bar.close / bar.open) ** 2;
  return annualise(computeMean(bars.map(variance)), barsPerYear);
}

/**
 * Rogers–Satchell volatility, annual: mean of ln(H/C) ln(H/O) + ln(L/C) ln(L/O).
 *
 * Unbiased under drift; still blind to gaps between bars.
 * Source: Rogers and Satchell, "Estimating Variance from High, Low and Closing Prices" (1991).
 * Throws InvalidParameterError on no bars or an impossible one.
 *
 * @example
 * computeRogersSatchellVolatility(bars, 365);
 */
export function computeRogersSatchellVolatility(bars: readonly OhlcBar[], barsPerYear: number): number {
  requireBars(bars, 1, barsPerYear);
  return annualise(computeMean(bars.map(rogersSatchellVariance)), barsPerYear);
}

/**
 * Yang–Zhang volatility, annual: variance of the gaps + k · variance of open to close + (1 - k) · Rogers–Satchell.
 *
 * The first bar only supplies the close before the first gap, so n + 1 bars give n of each term; k = 0.34/(1.34 + (n + 1)/(n - 1)).
 * Independent of drift and of gaps. Source: Yang and Zhang, "Drift-Independent Volatility Estimation Based on High, Low, Open, and
 * Close Prices" (2000). Throws InvalidParameterError on fewer than 3 bars or an impossible one.
 *
 * @example
 * computeYangZhangVolatility(bars, 365);
 */
export function computeYangZhangVolatility(bars: readonly OhlcBar[], barsPerYear: number): number {
  requireBars(bars, 3, barsPerYear);
  const used = bars.slice(1);
  const gaps = used.map((bar, i) => Math.log(bar.open / bars[i]!.close));
  const bodies = used.map((bar) => Math.log(bar.close / bar.open));
  const n = used.length;
  const weight = 0.34 / (1.34 + (n + 1) / (n - 1));
  const variance =
    computeVariance(gaps) +
    weight * computeVariance(bodies) +
    (1 - weight) * computeMean(used.map(rogersSatchellVariance));
  return annualise(variance, barsPerYear);
}

/**
 * Realised volatility from prices at uneven moments, annual: sqrt(sum of squared log returns / time covered).
 *
 * Sampling faster than the pool's fee band moves counts noise as volatility, see {@link computeFeeBandVariance}.
 * Throws InvalidParameterError on fewer than 2 samples, prices that are not positive or times that do not increase.
 *
 * @example
 * computeRealisedVolatility([{ timestampSeconds: 0, price: 2000 }, { timestampSeconds: 86_400, price: 2060 }]); // 0.565
 */
export function computeRealisedVolatility(samples: readonly PriceSample[]): number {
  requireLength("samples", samples, 2);
  requireIncreasingTimes(samples);
  const squares = logReturns(samples.map((sample) => sample.price)).map(square);
  const years = (samples.at(-1)!.timestampSeconds - samples[0]!.timestampSeconds) / SECONDS_PER_YEAR;
  return Math.sqrt((computeMean(squares) * squares.length) / years);
}

/**
 * Realised volatility from tick cumulatives of a Uniswap v3 pool, annual.
 *
 * Two readings give the average log price between them, not a price at a moment. For a random walk, neighbouring averages over
 * times u and v differ with variance sigma² (u + v)/3, two thirds of what prices as far apart would show; dividing by that is the
 * 3/2 correction when readings are evenly spaced, and remains exact when they are not.
 * Throws InvalidParameterError on fewer than 3 readings or times that do not increase.
 *
 * @example
 * computeTickCumulativeVolatility([
 *   { timestampSeconds: 0, tickCumulative: 0n },
 *   { timestampSeconds: 3600, tickCumulative: 720_000_000n },
 *   { timestampSeconds: 7200, tickCumulative: 1_440_360_000n },
 * ]); // 1.146: the hourly mean tick rose by 100
 */
export function computeTickCumulativeVolatility(samples: readonly TickCumulativeSample[]): number {
  requireLength("samples", samples, 3);
  requireIncreasingTimes(samples);
  let squares = 0;
  let exposureSeconds = 0;
  let previousSeconds = 0;
  let previousMeanTick = 0;
  for (let i = 1; i < samples.length; i++) {
    const from = samples[i - 1]!;
    const to = samples[i]!;
    const seconds = to.timestampSeconds - from.timestampSeconds;
    // an int56 difference of at most 887,272 · 2^32 < 2^53 converts without loss
    const meanTick = Number(to.tickCumulative - from.tickCumulative) / seconds;
    if (i > 1) {
      squares += ((meanTick - previousMeanTick) * LOG_PRICE_PER_TICK) ** 2;
      exposureSeconds += (previousSeconds + seconds) / 3;
    }
    previousSeconds = seconds;
    previousMeanTick = meanTick;
  }
  return Math.sqrt((squares * SECONDS_PER_YEAR) / exposureSeconds);
}

/**
 * Variance that the fee band adds to each squared log return of pool prices [1, not annual]: 2g²/3 for a pool fee g (fraction).
 *
 * The pool's price may sit anywhere within ±g of the market's before an arbitrage pays: a uniform error of variance g²/3 at each end.
 * Throws InvalidParameterError on a fee outside 0 to 1.
 *
 * @example
 * computeFeeBandVariance(0.003); // 6e-6, as much as 70 % annual volatility makes in 6.4 minutes
 */
export function computeFeeBandVariance(feeFraction: number): number {
  requireBetween("feeFraction", feeFraction, 0, 1);
  return (2 * feeFraction ** 2) / 3;
}

/**
 * Shortest time between samples [seconds] that keeps fee-band noise to a fraction `noiseShare` of the true variance of a return.
 *
 * Solves 2g²/3 = noiseShare · sigma² dt. Throws InvalidParameterError on a volatility or share that is not positive.
 *
 * @example
 * computeMinimumSamplingSeconds({ feeFraction: 0.003, volatility: 0.7, noiseShare: 0.05 }); // 7723
 */
export function computeMinimumSamplingSeconds(inputs: {
  readonly feeFraction: number;
  readonly volatility: number;
  readonly noiseShare: number;
}): number {
  requirePositive("volatility", inputs.volatility);
  requirePositive("noiseShare", inputs.noiseShare);
  const years = computeFeeBandVariance(inputs.feeFraction) / (inputs.noiseShare * inputs.volatility ** 2);
  return years * SECONDS_PER_YEAR;
}

function square(value: number): number {
  return value * value;
}

function annualise(variancePerPeriod: number, periodsPerYear: number): number {
  requireNonNegative("variance", variancePerPeriod);
  return Math.sqrt(variancePerPeriod * periodsPerYear);
}

function logReturns(prices: readonly number[]): number[] {
  requireLength("prices", prices, 2);
  for (const price of prices) requirePositive("price", price);
  return prices.slice(1).map((price, i) => Math.log(price / prices[i]!));
}

function rogersSatchellVariance(bar: OhlcBar): number {
  return (
    Math.log(bar.high / bar.close) * Math.log(bar.high / bar.open) +
    Math.log(bar.low / bar.close) * Math.log(bar.low / bar.open)
  );
}

function requireBars(bars: readonly OhlcBar[], minimum: number, barsPerYear: number): void {
  requirePositive("barsPerYear", barsPerYear);
  requireLength("bars", bars, minimum);
  for (const bar of bars) {
    requirePositive("low", bar.low);
    requirePositive("high", bar.high);
    requireBetween("open", bar.open, bar.low, bar.high);
    requireBetween("close", bar.close, bar.low, bar.high);
  }
}

function requireIncreasingTimes(samples: readonly { readonly timestampSeconds: number }[]): void {
  for (let i = 1; i < samples.length; i++) {
    const previous = samples[i - 1]!.timestampSeconds;
    const current = samples[i]!.timestampSeconds;
    if (!(current > previous && current < Infinity)) {
      throw new InvalidParameterError(
        `samples[${i}].timestampSeconds`,
        current,
        `be finite and greater than ${previous}`,
      );
    }
  }
}
