import { computeOptimalBand } from "../../math/bands.ts";
import { computeLiquidityForValue, computeLpDeltaBase, computeLpGamma } from "../../math/lp.ts";
import type { LpPosition } from "../../math/lp.ts";
import { requireNonNegative, requirePositive } from "../../math/require.ts";
import { createDeltaTable } from "./deltaTable.ts";
import type { DeltaTable } from "./deltaTable.ts";
import { requireStrategy } from "./strategies.ts";
import type { HedgedStrategy, Strategy } from "./strategies.ts";
import { computeStripContractsBase, computeStripValueQuote, createOptionStrip } from "./strip.ts";
import type { OptionStrip } from "./strip.ts";
import type { VenueModel } from "./venue.ts";

/** Bands are tabulated by log price: 4,097 cells of 0.06 % over a range from P0/3.5 to P0·3.5, wider than any month of history. */
export const BAND_CELLS = 4_097;
export const BAND_LOG_RANGE = 1.25;
const DELTA_LOG_RANGE = 1;

/**
 * The market for options: bought at the start for Black–Scholes at the quoted volatility times 1 + `markup`, and `feeOfNotional` of the
 * underlying notional of each contract; their delta is taken at the quoted volatility of the start. That is `impliedVolatility`,
 * unless a recorded market says otherwise. Strikes are `strikeSpacing` of the price apart.
 */
export interface OptionMarket {
  readonly impliedVolatility: number;
  readonly markup: number;
  readonly feeOfNotional: number;
  readonly strikeSpacing: number;
}

/** Mid at the reference volatility, 5 % of it (3.5 volatility points) as spread, 3 bp of the underlying as fee; 50 on 2,000. */
export const DEFAULT_OPTION_MARKET: OptionMarket = {
  impliedVolatility: 0.7,
  markup: 0.05,
  feeOfNotional: 3e-4,
  strikeSpacing: 0.025,
};

/** A position with the strategies that are tried on it. */
export interface BookRequest {
  readonly positionQuote: number;
  readonly startPrice: number;
  /** Range from startPrice/width to startPrice·width. */
  readonly width: number;
  readonly horizonYears: number;
  /** Volatility for which the bands are made; they hardly depend on it. */
  readonly referenceVolatility: number;
  /** Largest quoted volatility for which the strip's delta is tabulated; beyond it the delta is that of this one. */
  readonly maxImpliedVolatility: number;
  readonly venue: VenueModel;
  readonly options: OptionMarket;
  readonly strategies: readonly Strategy[];
}

/** A hedged strategy as the kernel runs it: what to compare the drift with, by cell of log price. */
export interface CompiledHedge {
  readonly index: number;
  readonly hedgeRatio: number;
  readonly stripShare: number;
  readonly lookEverySteps: number;
  readonly triggers: Float64Array;
  readonly targets: Float64Array;
}

export interface Book {
  readonly request: BookRequest;
  readonly position: LpPosition;
  readonly startBase: number;
  readonly strip: OptionStrip;
  readonly deltaTable: DeltaTable | undefined;
  readonly hedges: readonly CompiledHedge[];
}

/**
 * Everything of a book that does not depend on the path. Throws InvalidParameterError on parameters out of domain.
 *
 * @example
 * createBook({ positionQuote: 100_000, startPrice: 2000, width: 1.27, … }).position.liquidity; // 9925.42…
 */
export function createBook(request: BookRequest): Book {
  const { positionQuote, startPrice, width, horizonYears, options, strategies } = request;
  requirePositive("width - 1", width - 1);
  requirePositive("horizonYears", horizonYears);
  requirePositive("referenceVolatility", request.referenceVolatility);
  requirePositive("maxImpliedVolatility", request.maxImpliedVolatility);
  requirePositive("impliedVolatility", options.impliedVolatility);
  requireNonNegative("markup", options.markup);
  requireNonNegative("feeOfNotional", options.feeOfNotional);
  strategies.forEach(requireStrategy);
  const range = { priceLower: startPrice / width, priceUpper: startPrice * width };
  const position = { liquidity: computeLiquidityForValue(positionQuote, startPrice, range), ...range };
  const strip = createOptionStrip(position, startPrice, options.strikeSpacing * startPrice);
  const usesStrip = strategies.some((strategy) => strategy.kind === "hedged" && strategy.stripShare > 0);
  const maxDeviation = request.maxImpliedVolatility * Math.sqrt(horizonYears);
  return {
    request,
    position,
    startBase: computeLpDeltaBase(position, startPrice),
    strip,
    deltaTable: usesStrip ? createDeltaTable(strip, startPrice, DELTA_LOG_RANGE, maxDeviation) : undefined,
    hedges: strategies.flatMap((strategy, index) =>
      strategy.kind === "hedged" ? [{ ...compileHedge(strategy, request, position), index }] : [],
    ),
  };
}

/** Price of one whole strip at the start [quote], spread and fee included, for options quoted at `impliedVolatility`. */
export function computePremiumQuote({ request, strip }: Book, impliedVolatility: number): number {
  const { startPrice, horizonYears, options } = request;
  const value = computeStripValueQuote(strip, startPrice, horizonYears, impliedVolatility * (1 + options.markup));
  return value + options.feeOfNotional * startPrice * computeStripContractsBase(strip);
}

function compileHedge(
  strategy: HedgedStrategy,
  request: BookRequest,
  position: LpPosition,
): Omit<CompiledHedge, "index"> {
  const { rebalance, hedgeRatio, stripShare } = strategy;
  const triggers = new Float64Array(BAND_CELLS).fill(Infinity);
  const targets = new Float64Array(BAND_CELLS);
  if (rebalance.kind === "always") triggers.fill(0);
  for (let cell = 0; cell < BAND_CELLS; cell++) {
    const price = request.startPrice * Math.exp(BAND_LOG_RANGE * ((2 * cell) / (BAND_CELLS - 1) - 1));
    if (rebalance.kind === "threshold") {
      triggers[cell] = rebalance.fraction * hedgeRatio * computeLpDeltaBase(position, price);
    } else if (rebalance.kind === "optimalBand") {
      const inside = Math.min(position.priceUpper * (1 - 1e-9), Math.max(position.priceLower, price));
      // The options' gamma takes its share of the liquidity's away; a tenth is left for what the months do to it.
      const share = Math.max(0.1, Math.abs(hedgeRatio - stripShare));
      const { triggerBase, targetBase } = computeOptimalBand({
        gamma: share * computeLpGamma(position, inside),
        price: inside,
        volatility: request.referenceVolatility,
        riskAversion: rebalance.riskAversion,
        fixedCostQuote: request.venue.fixedCostQuote,
        proportionalCost: request.venue.proportionalCost,
        impactQuotePerBaseSquared: 0,
      });
      triggers[cell] = triggerBase;
      targets[cell] = targetBase;
    }
  }
  return {
    hedgeRatio,
    stripShare,
    lookEverySteps: strategy.lookEverySteps,
    triggers,
    targets,
  };
}
