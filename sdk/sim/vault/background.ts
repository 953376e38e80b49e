import { InvalidParameterError } from "../../errors.ts";
import { getLiquidityForAmountsDown } from "../../exact/liquidityAmounts.ts";
import { toTokenAmounts } from "../../exact/orientation.ts";
import { ExactPool } from "../../exact/pool/pool.ts";
import { getSqrtRatioAtTick, maxUsableTick, minUsableTick } from "../../exact/tickMath.ts";
import { computeSqrtPriceOfWhole, toUnitsDown } from "./actors.ts";
import type { PairScale } from "./units.ts";

/** One background position: [price / rangeFactor, price · rangeFactor] or every tick, worth so much with half in each token. */
export interface BackgroundLayer {
  readonly rangeFactor: number | "full";
  readonly valueQuote: number;
}

/**
 * A pool at a price with the liquidity of others in it, as the local network places it.
 *
 * Layers are in whole quote tokens; the owner of their positions is "background". Throws InvalidParameterError on a price or a
 * factor out of domain.
 *
 * @example
 * const pool = createBackgroundPool({ baseIsToken0: false, baseDecimals: 18, quoteDecimals: 6 }, {
 *   feePips: 500, tickSpacing: 10, priceQuotePerBase: 2_500, timestamp: 1_767_225_600, observationCardinality: 300,
 *   layers: [{ rangeFactor: "full", valueQuote: 20e6 }, { rangeFactor: 1.5, valueQuote: 40e6 }],
 * });
 */
export function createBackgroundPool(
  pair: PairScale,
  options: {
    readonly feePips: number;
    readonly tickSpacing: number;
    readonly priceQuotePerBase: number;
    readonly timestamp: number;
    readonly observationCardinality: number;
    readonly layers: readonly BackgroundLayer[];
  },
): ExactPool {
  const { feePips, tickSpacing, priceQuotePerBase } = options;
  const pool = new ExactPool({ feePips, tickSpacing });
  pool.advanceTo(options.timestamp);
  const sqrtPriceX96 = computeSqrtPriceOfWhole(priceQuotePerBase, pair);
  pool.initialize(sqrtPriceX96);
  pool.increaseObservationCardinalityNext(options.observationCardinality);
  for (const { rangeFactor, valueQuote } of options.layers) {
    const { tickLower, tickUpper } =
      rangeFactor === "full"
        ? { tickLower: minUsableTick(tickSpacing), tickUpper: maxUsableTick(tickSpacing) }
        : ticksAround(sqrtPriceX96, rangeFactor, tickSpacing);
    const { amount0, amount1 } = toTokenAmounts(
      {
        amountBase: toUnitsDown(valueQuote / 2 / priceQuotePerBase, pair.baseDecimals),
        amountQuote: toUnitsDown(valueQuote / 2, pair.quoteDecimals),
      },
      pair,
    );
    const [lowerX96, upperX96] = [getSqrtRatioAtTick(tickLower), getSqrtRatioAtTick(tickUpper)];
    const liquidity = getLiquidityForAmountsDown(sqrtPriceX96, lowerX96, upperX96, amount0, amount1);
    pool.mint({ owner: "background", tickLower, tickUpper }, liquidity);
  }
  return pool;
}

function ticksAround(
  sqrtPriceX96: bigint,
  factor: number,
  tickSpacing: number,
): { readonly tickLower: number; readonly tickUpper: number } {
  if (!(Number.isFinite(factor) && factor > 1)) {
    throw new InvalidParameterError("rangeFactor", factor, "be a finite number above 1");
  }
  const centre = (2 * Math.log(Number(sqrtPriceX96) / 2 ** 96)) / Math.log(1.0001);
  const halfWidth = Math.log(factor) / Math.log(1.0001);
  return {
    tickLower: Math.floor((centre - halfWidth) / tickSpacing) * tickSpacing,
    tickUpper: Math.ceil((centre + halfWidth) / tickSpacing) * tickSpacing,
  };
}
