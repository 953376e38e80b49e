import { computeLpValueQuote } from "../../math/lp.ts";
import { BAND_CELLS, BAND_LOG_RANGE } from "./book.ts";
import type { Book } from "./book.ts";
import { fillDeltas } from "./deltaTable.ts";
import type { Grid, Market } from "./market.ts";
import { computeStripValueQuote } from "./strip.ts";
import type { VenueModel } from "./venue.ts";

/**
 * Shift, in deviations of one step, of a barrier watched between steps as well: -zeta(1/2)/sqrt(2 pi). Broadie, Glasserman and Kou
 * (1997), "A Continuity Correction for Discrete Barrier Options".
 */
const BARRIER_SHIFT = 0.5826;

/** What all strategies of a path share, whatever their book; one value a step and one more, overwritten by every path. */
export interface PathTables {
  readonly prices: Float64Array;
  /** 1/sqrt(P). */
  readonly inverseRoots: Float64Array;
  /** Price of the perp: index and premium. */
  readonly marks: Float64Array;
  /**
   * Mark less the funding a long has paid since the start: with it a short of H opened at step i is worth H (carried - carried at i),
   * funding included.
   */
  readonly carried: Float64Array;
  /** Cash below -H·this liquidates a short H < 0: the highest carried mark within the step, plus maintenance on it. */
  readonly liquidation: Float64Array;
  /** Funding paid by a long of one base since the start [quote]. */
  readonly funding: Float64Array;
  /** Cell of the band tables. */
  readonly cells: Int32Array;
}

/** What the strategies of one book share. */
export interface BookTables {
  /** Base the liquidity holds. */
  readonly bases: Float64Array;
  /** Delta of one whole strip; all 0 where no strategy buys options. */
  readonly stripDeltas: Float64Array;
}

/** Of one path and book, at its end [quote]. */
export interface BookEnd {
  /** Value change of the liquidity and its fees. */
  readonly liquidityPnl: number;
  readonly fees: number;
  /** What one whole strip pays. */
  readonly stripPayoff: number;
}

export function createPathTables(steps: number): PathTables {
  const make = (): Float64Array => new Float64Array(steps + 1);
  return {
    prices: make(),
    inverseRoots: make(),
    marks: make(),
    carried: make(),
    liquidation: make(),
    funding: make(),
    cells: new Int32Array(steps + 1),
  };
}

export function createBookTables(steps: number): BookTables {
  return { bases: new Float64Array(steps + 1), stripDeltas: new Float64Array(steps + 1) };
}

/** Derives the tables of the path that `market` has loaded. */
export function fillPathTables(
  tables: PathTables,
  market: Market,
  { steps, stepYears, paymentSteps }: Grid,
  venue: VenueModel,
  startPrice: number,
): void {
  const { prices, inverseRoots, marks, carried, liquidation, funding, cells } = tables;
  const { logReturns, volatilities, premiums, fundingRates } = market;
  const rootStart = Math.sqrt(startPrice);
  const cellsPerLog = (BAND_CELLS - 1) / (2 * BAND_LOG_RANGE);
  const maintenance = venue.margin?.maintenance ?? 0;
  const shift = BARRIER_SHIFT * Math.sqrt(stepYears);
  let paid = 0;
  let payment = 0;
  let untilPayment = paymentSteps;
  for (let i = 0; i <= steps; i++) {
    const log = logReturns[i]!;
    const rootRatio = Math.exp(log / 2);
    const price = startPrice * rootRatio * rootRatio;
    const mark = price * (1 + premiums[i]!);
    if (i > 0 && --untilPayment === 0) {
      untilPayment = paymentSteps;
      paid += fundingRates[payment]! * mark;
      payment += 1;
    }
    const high = i === 0 ? mark : mark * (1 + shift * volatilities[i - 1]!);
    prices[i] = price;
    inverseRoots[i] = 1 / (rootStart * rootRatio);
    marks[i] = mark;
    carried[i] = mark - paid;
    liquidation[i] = high * (1 + maintenance) - paid;
    funding[i] = paid;
    const cell = (log + BAND_LOG_RANGE) * cellsPerLog + 0.5;
    cells[i] = cell < 0 ? 0 : cell > BAND_CELLS - 1 ? BAND_CELLS - 1 : cell;
  }
}

/** A loaded path, and what its book is valued with. */
export interface BookInputs {
  readonly path: PathTables;
  readonly market: Market;
  /** sigma sqrt(time left) of the options at every step. */
  readonly deviations: Float64Array;
  readonly grid: Grid;
  /** The liquidity earns in range what it loses to rebalancing at this volatility. */
  readonly feeVolatility: number;
}

/**
 * Derives the tables of a book from those of the path, and what its liquidity and options are worth at the end.
 *
 * Fees accrue over each step at the rate of LVR for `feeVolatility`, sigma² L sqrt(P)/4, at the price the step starts with, and only
 * where that price lies in the range.
 */
export function fillBookTables(tables: BookTables, book: Book, inputs: BookInputs): BookEnd {
  const { path, market, deviations, feeVolatility } = inputs;
  const { steps, stepYears } = inputs.grid;
  const { bases, stripDeltas } = tables;
  const { position, request } = book;
  const { inverseRoots } = path;
  const { liquidity } = position;
  const lowest = 1 / Math.sqrt(position.priceUpper);
  const highest = 1 / Math.sqrt(position.priceLower);
  let rootSum = 0;
  for (let i = 0; i <= steps; i++) {
    const inverse = inverseRoots[i]!;
    const clamped = inverse < lowest ? lowest : inverse > highest ? highest : inverse;
    bases[i] = liquidity * (clamped - lowest);
    if (clamped === inverse && i < steps) rootSum += 1 / inverse;
  }
  if (book.deltaTable !== undefined) fillDeltas(book.deltaTable, market.logReturns, deviations, stripDeltas);
  const end = path.prices[steps]!;
  const fees = 0.25 * feeVolatility ** 2 * liquidity * stepYears * rootSum;
  return {
    liquidityPnl: computeLpValueQuote(position, end) - request.positionQuote + fees,
    fees,
    stripPayoff: book.deltaTable === undefined ? 0 : computeStripValueQuote(book.strip, end, 0, 0),
  };
}
