import { InvalidParameterError } from "../errors.ts";
import { requireBetween, requireFinite, requireNonNegative, requirePositive } from "../math/require.ts";
import { SECONDS_PER_YEAR } from "../math/units.ts";
import { mergeBars } from "./bar.ts";
import type { Bar } from "./bar.ts";
import { createRandomSource } from "./random.ts";
import { HOUR_SECONDS } from "./window.ts";

/**
 * The market model: stochastic volatility with jumps, annual figures.
 *
 * d ln sigma = reversion (ln baseVolatility - ln sigma) dt + volOfVol dW, d ln P = drift dt + sigma dZ + jumps with
 * corr(dW, dZ) = correlation; `jumpsPerYear` Poisson jumps of normal log size. The drift makes the price a martingale, so that
 * neither long nor short is paid for the direction.
 */
export interface PathModel {
  readonly startPrice: number;
  readonly baseVolatility: number;
  readonly reversion: number;
  readonly volOfVol: number;
  readonly correlation: number;
  readonly jumpsPerYear: number;
  readonly jumpMean: number;
  readonly jumpDeviation: number;
}

/** The model behind the published comparison of hedges: ETH-like, about 0.7 of volatility with its jumps. */
export const DEFAULT_MODEL: PathModel = {
  startPrice: 2_000,
  baseVolatility: 0.6 * 0.93,
  reversion: 10,
  volOfVol: 1.8,
  correlation: -0.3,
  jumpsPerYear: 24,
  jumpMean: -0.01,
  jumpDeviation: 0.07,
};

export interface PathRequest {
  readonly seed: number;
  readonly hours: number;
  /** Unix seconds of the first bar. */
  readonly startTimestamp: number;
  readonly model?: PathModel;
}

/** A simulated market: hourly bars, and the price at the end of every minute behind them. */
export interface SimulatedPath {
  readonly bars: readonly Bar[];
  readonly minutes: readonly number[];
}

/** Simulated minutes behind every bar; fixed, so that one seed is one path however finely it is replayed. */
export const MINUTES_PER_HOUR = 60;
/**
 * Decimals kept of a generated price. Elementary functions may differ in their last bit between machines; the rounded
 * price does not.
 */
const PRICE_DECIMALS = 4;

/**
 * A simulated market: the same for the same request, on every machine.
 *
 * Volatility starts at its base. Throws InvalidParameterError on a model out of domain or hours that are not a positive
 * whole number.
 *
 * @example
 * simulatePath({ seed: 7, hours: 168, startTimestamp: 1_767_225_600 }).bars[0]?.open; // 2000
 */
export function simulatePath(request: PathRequest): SimulatedPath {
  const { hours, startTimestamp } = request;
  const model = request.model ?? DEFAULT_MODEL;
  requireModel(model);
  if (!(Number.isInteger(hours) && hours > 0)) {
    throw new InvalidParameterError("hours", hours, "be a positive whole number");
  }

  const random = createRandomSource(request.seed);
  const stepYears = HOUR_SECONDS / MINUTES_PER_HOUR / SECONDS_PER_YEAR;
  const rootStep = Math.sqrt(stepYears);
  const logBase = Math.log(model.baseVolatility);
  const independent = Math.sqrt(1 - model.correlation ** 2);
  const jumpProbability = model.jumpsPerYear * stepYears;
  const jumpCompensator = jumpProbability * Math.expm1(model.jumpMean + model.jumpDeviation ** 2 / 2);

  let logPrice = Math.log(model.startPrice);
  let logVolatility = logBase;
  const advance = (): number => {
    const volatility = Math.exp(logVolatility);
    const first = random.normal();
    const second = random.normal();
    const isJump = random.uniform() < jumpProbability;
    // Drawn in every step, so that the number of draws never depends on the path.
    const jump = model.jumpMean + model.jumpDeviation * random.normal();
    logPrice += volatility * rootStep * first - (volatility ** 2 * stepYears) / 2 - jumpCompensator;
    if (isJump) logPrice += jump;
    const shock = model.correlation * first + independent * second;
    logVolatility += model.reversion * (logBase - logVolatility) * stepYears + model.volOfVol * rootStep * shock;
    return round(Math.exp(logPrice));
  };

  const bars: Bar[] = [];
  const minutes: number[] = [];
  let price = round(model.startPrice);
  for (let hour = 0; hour < hours; hour++) {
    const timestamp = startTimestamp + hour * HOUR_SECONDS;
    const moves: Bar[] = [];
    for (let minute = 0; minute < MINUTES_PER_HOUR; minute++) {
      const open = price;
      price = advance();
      moves.push({ timestamp, open, high: Math.max(open, price), low: Math.min(open, price), close: price });
      minutes.push(price);
    }
    bars.push(mergeBars(timestamp, moves));
  }
  return { bars, minutes };
}

/**
 * `steps` prices inside a bar, the last one its close: open, nearer extreme, other extreme, close, on straight lines in
 * log price. With three steps or more both extremes are among them. A bar of closes only runs straight from `previousClose`.
 *
 * Throws InvalidParameterError when `steps` is not a positive whole number.
 *
 * @example
 * computeIntrabarPrices({ timestamp: 0, open: 100, high: 104, low: 99, close: 103 }, 4, 100); // 99, …, 104, 103
 */
export function computeIntrabarPrices(bar: Bar, steps: number, previousClose: number): readonly number[] {
  if (!(Number.isInteger(steps) && steps > 0)) {
    throw new InvalidParameterError("steps", steps, "be a positive whole number");
  }
  const isCloseOnly = bar.high === bar.low;
  if (isCloseOnly) return spread([previousClose, bar.close], steps);
  const lowIsNearer = bar.open / bar.low <= bar.high / bar.open;
  const [near, far] = lowIsNearer ? [bar.low, bar.high] : [bar.high, bar.low];
  // Too few steps for both turns: the larger excursion is the one that matters to a hedge.
  if (steps === 1) return [bar.close];
  if (steps === 2) return [far, bar.close];
  return spread([bar.open, near, far, bar.close], steps);
}

/** Walks the polyline through `corners` in `steps` points, by log length, so that every corner but the first is hit. */
function spread(corners: readonly number[], steps: number): readonly number[] {
  const logs = corners.map((corner) => Math.log(corner));
  const lengths = logs.slice(1).map((value, index) => Math.abs(value - logs[index]!));
  const counts = lengths.map(() => 1);
  for (let left = steps - counts.length; left > 0; left--) {
    // The next point goes to the leg with the longest pieces.
    const longest = lengths.reduce(
      (best, length, i) => (length / counts[i]! > lengths[best]! / counts[best]! ? i : best),
      0,
    );
    counts[longest]! += 1;
  }
  return counts.flatMap((count, leg) =>
    Array.from({ length: count }, (_, i) => {
      const isCorner = i + 1 === count;
      return isCorner ? corners[leg + 1]! : Math.exp(logs[leg]! + ((logs[leg + 1]! - logs[leg]!) * (i + 1)) / count);
    }),
  );
}

function requireModel(model: PathModel): void {
  requirePositive("startPrice", model.startPrice);
  requirePositive("baseVolatility", model.baseVolatility);
  requireNonNegative("reversion", model.reversion);
  requireNonNegative("volOfVol", model.volOfVol);
  requireBetween("correlation", model.correlation, -1, 1);
  requireNonNegative("jumpsPerYear", model.jumpsPerYear);
  requireFinite("jumpMean", model.jumpMean);
  requireNonNegative("jumpDeviation", model.jumpDeviation);
}

function round(price: number): number {
  return Number(price.toFixed(PRICE_DECIMALS));
}
