import { computeLogNormalCdf, computeNormalCdf } from "./normal.ts";
import {
  requireBetween,
  requireFinite,
  requireNonNegative,
  requirePositive,
  requireStrictlyBetween,
} from "./require.ts";
import { findRoot } from "./roots.ts";

/**
 * Price [quote per base] at which a short perp is liquidated: P_e (1 + 1/leverage)/(1 + maintenance).
 *
 * Equity of a short opened at `entryPrice` with margin notional/leverage, set equal to `maintenance` times the notional then.
 * Funding and fees paid since shorten the distance; fold them into the leverage.
 * Throws InvalidParameterError on a price or leverage that is not positive, or a maintenance margin outside 0 to 1.
 *
 * @example
 * computeShortLiquidationPrice(2000, 3, 0.02); // 2614.38
 */
export function computeShortLiquidationPrice(entryPrice: number, leverage: number, maintenance: number): number {
  requirePositive("entryPrice", entryPrice);
  requirePositive("leverage", leverage);
  requireBetween("maintenance", maintenance, 0, 1);
  return (entryPrice * (1 + 1 / leverage)) / (1 + maintenance);
}

/**
 * Inputs of {@link computeFirstPassageProbability}.
 *
 * - `price`, `barrier` [quote per base], either one above the other.
 * - `volatility` annual, from 1e-6 to 1e6; `drift` mu, annual growth of the expected price (0 for a martingale).
 * - `years`: horizon, the time nobody can react: keeper outage plus top-up latency.
 */
export interface FirstPassageInputs {
  readonly price: number;
  readonly barrier: number;
  readonly volatility: number;
  readonly drift: number;
  readonly years: number;
}

/**
 * Probability (0 to 1) that a price following geometric Brownian motion touches `barrier` within the horizon; 1 if it stands there.
 *
 * N((mT - b)/(sigma sqrt T)) + e^(2mb/sigma²) N((-b - mT)/(sigma sqrt T)), b = ln(barrier/price), m = mu - sigma²/2, mirrored for
 * a barrier below. Source: reflection principle; Harrison, "Brownian Motion and Stochastic Flow Systems" (1985), 1.8.
 * Continuous paths only: jumps make the true figure larger, so stress with them as well.
 * Throws InvalidParameterError on prices, a volatility or a horizon that are not positive, or a drift that is not finite.
 *
 * @example
 * computeFirstPassageProbability({ price: 2000, barrier: 2614.38, volatility: 0.7, drift: 0, years: 30 / 365 }); // 0.15863
 */
export function computeFirstPassageProbability(inputs: FirstPassageInputs): number {
  requirePositive("price", inputs.price);
  requirePositive("barrier", inputs.barrier);
  requireBetween("volatility", inputs.volatility, 1e-6, 1e6);
  requireFinite("drift", inputs.drift);
  requirePositive("years", inputs.years);
  const logDistance = Math.log(inputs.barrier / inputs.price);
  const direction = logDistance < 0 ? -1 : 1;
  const distance = direction * logDistance;
  if (distance === 0) return 1;
  if (distance === Infinity) return 0; // the ratio of the prices has left the range of a double
  const logDrift = direction * (inputs.drift - inputs.volatility ** 2 / 2);
  const deviation = inputs.volatility * Math.sqrt(inputs.years);
  const ends = computeNormalCdf((logDrift * inputs.years - distance) / deviation);
  // in logarithms: the exponential overflows for a strong drift just where the probability underflows
  const returned = Math.exp(
    (2 * logDrift * distance) / inputs.volatility ** 2 +
      computeLogNormalCdf((-distance - logDrift * inputs.years) / deviation),
  );
  return Math.min(1, ends + returned);
}

/**
 * The rise (0.13 = +13 %) that a price touches within the horizon with exactly the given probability: how far liquidation must be.
 *
 * Inverse of {@link computeFirstPassageProbability} in the barrier, by bisection to 1e-12 in the logarithm.
 * Throws InvalidParameterError on a volatility or horizon that is not positive, a probability not strictly between 0 and 1, or one
 * that only a rise beyond e^50 is rare enough for.
 *
 * @example
 * computeUpMoveAtProbability({ probability: 0.001, volatility: 0.7, drift: 0, years: 1 / 365 }); // 0.1274
 */
export function computeUpMoveAtProbability(inputs: {
  readonly probability: number;
  readonly volatility: number;
  readonly drift: number;
  readonly years: number;
}): number {
  requireStrictlyBetween("probability", inputs.probability, 0, 1);
  const { probability, volatility, drift, years } = inputs;
  const excess = (logMove: number): number =>
    computeFirstPassageProbability({ price: 1, barrier: Math.exp(logMove), volatility, drift, years }) - probability;
  return Math.expm1(findRoot(excess, 0, LARGEST_LOG_MOVE, 1e-12));
}

const LARGEST_LOG_MOVE = 50;

/**
 * Largest short notional [quote] that `marginQuote` [quote] carries through a rise of `upMove` (fraction) without liquidation.
 *
 * margin / ((1 + upMove)(1 + maintenance) - 1): the short's liquidation price solved for its size. With the up move of
 * {@link computeUpMoveAtProbability} this is the cap on the hedge ratio for a given liquidation probability.
 * Throws InvalidParameterError on a negative margin, an up move that is not positive or a maintenance margin outside 0 to 1.
 *
 * @example
 * computeShortNotionalCapQuote({ marginQuote: 10_000, upMove: 0.3, maintenance: 0.02 }); // 30,675
 */
export function computeShortNotionalCapQuote(inputs: {
  readonly marginQuote: number;
  readonly upMove: number;
  readonly maintenance: number;
}): number {
  requireNonNegative("marginQuote", inputs.marginQuote);
  requirePositive("upMove", inputs.upMove);
  requireBetween("maintenance", inputs.maintenance, 0, 1);
  return inputs.marginQuote / ((1 + inputs.upMove) * (1 + inputs.maintenance) - 1);
}

/**
 * Probability (0 to 1) that a short of `notionalQuote` on `marginQuote` [quote, at least 0] is liquidated within `years`.
 *
 * First passage to its liquidation price; 1 when the margin does not even cover the maintenance now.
 * Throws InvalidParameterError on a notional, volatility or horizon that is not positive, a negative margin, a maintenance margin outside 0 to 1
 * or a drift that is not finite.
 *
 * @example
 * computeShortLiquidationProbability({
 *   notionalQuote: 30_000, marginQuote: 10_000, maintenance: 0.02, volatility: 0.7, drift: 0, years: 30 / 365,
 * }); // 0.15863
 */
export function computeShortLiquidationProbability(inputs: {
  readonly notionalQuote: number;
  readonly marginQuote: number;
  readonly maintenance: number;
  readonly volatility: number;
  readonly drift: number;
  readonly years: number;
}): number {
  requirePositive("notionalQuote", inputs.notionalQuote);
  requireNonNegative("marginQuote", inputs.marginQuote);
  requireBetween("maintenance", inputs.maintenance, 0, 1);
  const barrier = (1 + inputs.marginQuote / inputs.notionalQuote) / (1 + inputs.maintenance);
  const { volatility, drift, years } = inputs;
  const probability = computeFirstPassageProbability({ price: 1, barrier, volatility, drift, years });
  return barrier > 1 ? probability : 1;
}
