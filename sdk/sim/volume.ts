import { requireBetween, requireNonNegative, requirePositive } from "../math/require.ts";
import { DAYS_PER_YEAR, SECONDS_PER_YEAR } from "../math/units.ts";

/**
 * How much is traded beside the arbitrage that moves the price.
 *
 * - `dailyTurnover`: volume a day at `referenceVolatility`, as a multiple of the pool's value.
 * - `moveShare`: part of it (0 to 1) that comes in proportion to the size of the price move; the rest is the same at all times.
 * - `referenceVolatility`: annual volatility at which both parts add up to `dailyTurnover`.
 */
export interface VolumeModel {
  readonly dailyTurnover: number;
  readonly moveShare: number;
  readonly referenceVolatility: number;
}

/**
 * With the demo's pool turned over every other day a position of ×/÷1.5 earns about a third of its value a year at a volatility
 * of 0.55, nine tenths of it from this volume and the rest from the arbitrage that moves the price. Half of the volume following
 * the moves makes busy hours trade a multiple of quiet ones.
 */
export const DEFAULT_VOLUME: VolumeModel = { dailyTurnover: 0.5, moveShare: 0.5, referenceVolatility: 0.6 };

/**
 * Volume [quote] of a step of `seconds` in which the price went from `fromPrice` to `toPrice`, in a pool worth `poolValueQuote`.
 *
 * poolValue · dailyTurnover · days · [(1 - moveShare) + moveShare · |ln(to/from)|/m], m = sigma sqrt(2 dt/pi) the mean absolute move
 * at the reference volatility, so that the expectation at that volatility is poolValue · dailyTurnover · days.
 * Throws InvalidParameterError on inputs out of domain.
 *
 * @example
 * computeVolumeQuote(DEFAULT_VOLUME, { poolValueQuote: 60e6, seconds: 86_400, fromPrice: 2000, toPrice: 2000 }); // 15e6
 */
export function computeVolumeQuote(
  model: VolumeModel,
  step: {
    readonly poolValueQuote: number;
    readonly seconds: number;
    readonly fromPrice: number;
    readonly toPrice: number;
  },
): number {
  requireNonNegative("dailyTurnover", model.dailyTurnover);
  requireBetween("moveShare", model.moveShare, 0, 1);
  requirePositive("referenceVolatility", model.referenceVolatility);
  requirePositive("poolValueQuote", step.poolValueQuote);
  requirePositive("seconds", step.seconds);
  requirePositive("fromPrice", step.fromPrice);
  requirePositive("toPrice", step.toPrice);
  const years = step.seconds / SECONDS_PER_YEAR;
  const meanMove = model.referenceVolatility * Math.sqrt((2 * years) / Math.PI);
  const move = Math.abs(Math.log(step.toPrice / step.fromPrice)) / meanMove;
  const level = 1 - model.moveShare + model.moveShare * move;
  return step.poolValueQuote * model.dailyTurnover * years * DAYS_PER_YEAR * level;
}
