import { InvalidParameterError } from "../../errors.ts";
import { requirePositive } from "../../math/require.ts";
import { computePremiumQuote, createBook } from "./book.ts";
import type { OptionMarket } from "./book.ts";
import { METRIC, METRIC_COUNT, runHedge } from "./hedgeRun.ts";
import { createMarket } from "./market.ts";
import type { Grid, MarketSource } from "./market.ts";
import type { Strategy } from "./strategies.ts";
import { createBookTables, createPathTables, fillBookTables, fillPathTables } from "./tables.ts";
import { requireVenue } from "./venue.ts";
import type { VenueModel } from "./venue.ts";

/** A simulation, as plain data: the same for the main thread and for a worker. */
export interface SimulationSpec {
  readonly source: MarketSource;
  readonly seed: number;
  readonly grid: Grid;
  readonly positionQuote: number;
  readonly startPrice: number;
  /** The liquidity earns in range what it loses to rebalancing at this volatility. */
  readonly referenceVolatility: number;
  /** True: it earns that at the volatility at which the path's options are quoted instead, as trading volume follows volatility. */
  readonly feesFollowQuote?: boolean;
  readonly venue: VenueModel;
  readonly options: OptionMarket;
  readonly widths: readonly number[];
  readonly strategies: readonly Strategy[];
}

/** 30 days of 5-minute steps, funding every 8 hours. */
export const MONTH_GRID: Grid = { steps: 8_640, stepYears: 300 / 31_536_000, paymentSteps: 96 };

export interface Kernel {
  /** Values a path: widths × strategies × METRIC_COUNT, in that order. */
  readonly valuesPerPath: number;
  /** Hedged strategies × steps a path. Holding and doing nothing cost nothing and do not count. */
  readonly strategyStepsPerPath: number;
  /** Simulates paths first … first + count - 1 into `out`, path by path. */
  run(first: number, count: number, out: Float64Array): void;
}

/**
 * A kernel with all its tables, reused by every path: memory does not grow with their number.
 *
 * Throws InvalidParameterError on parameters out of domain.
 *
 * @example
 * const kernel = createKernel(spec);
 * const values = new Float64Array(16 * kernel.valuesPerPath);
 * kernel.run(0, 16, values);
 */
export function createKernel(spec: SimulationSpec): Kernel {
  const { seed, grid, venue, startPrice, positionQuote, strategies, widths } = spec;
  requireVenue(venue);
  requirePositive("stepYears", grid.stepYears);
  for (const name of ["steps", "paymentSteps"] as const) {
    if (!(Number.isInteger(grid[name]) && grid[name] > 0)) {
      throw new InvalidParameterError(`grid.${name}`, grid[name], "be a positive whole number");
    }
  }
  const { steps, stepYears } = grid;
  const books = widths.map((width) =>
    createBook({
      positionQuote,
      startPrice,
      width,
      horizonYears: steps * stepYears,
      referenceVolatility: spec.referenceVolatility,
      maxImpliedVolatility:
        spec.source.kind === "history" ? Math.max(...spec.source.impliedVolatilities) : spec.options.impliedVolatility,
      venue,
      options: spec.options,
      strategies,
    }),
  );
  const market = createMarket(spec.source, grid, venue, spec.options.impliedVolatility);
  const path = createPathTables(steps);
  const tables = createBookTables(steps);
  const rootsOfTimeLeft = Float64Array.from({ length: steps }, (_, i) => Math.sqrt((steps - i) * stepYears));
  const deviations = new Float64Array(steps);
  const premiums = new Float64Array(books.length);
  let quoted = Number.NaN;
  /** What depends on the quoted volatility is computed again only when that changes. */
  const quote = (volatility: number): void => {
    if (volatility === quoted) return;
    quoted = volatility;
    for (let i = 0; i < steps; i++) deviations[i] = volatility * rootsOfTimeLeft[i]!;
    books.forEach((book, i) => (premiums[i] = computePremiumQuote(book, volatility)));
  };
  const hedgeCount = books.reduce((count, { hedges }) => count + hedges.length, 0);

  const runPath = (index: number, out: Float64Array, at: number): void => {
    quote(market.load(seed, index));
    const feeVolatility = spec.feesFollowQuote === true ? quoted : spec.referenceVolatility;
    fillPathTables(path, market, grid, venue, startPrice);
    books.forEach((book, bookIndex) => {
      const end = fillBookTables(tables, book, { path, market, deviations, grid, feeVolatility });
      const bookAt = at + bookIndex * strategies.length * METRIC_COUNT;
      strategies.forEach((strategy, i) => {
        const isHold = strategy.kind === "hold";
        const held = book.startBase * (path.prices[steps]! - startPrice);
        out[bookAt + i * METRIC_COUNT + METRIC.pnl] = isHold ? held : end.liquidityPnl;
      });
      for (const hedge of book.hedges) {
        const hedgeAt = bookAt + hedge.index * METRIC_COUNT;
        const premium = hedge.stripShare * premiums[bookIndex]!;
        out[hedgeAt + METRIC.pnl]! += hedge.stripShare * end.stripPayoff - premium;
        out[hedgeAt + METRIC.premium] = premium;
        runHedge(hedge, path, tables, venue, steps, out, hedgeAt);
      }
    });
  };
  const valuesPerPath = widths.length * strategies.length * METRIC_COUNT;
  return {
    valuesPerPath,
    strategyStepsPerPath: hedgeCount * steps,
    run: (first, count, out) => {
      out.fill(0, 0, count * valuesPerPath);
      for (let i = 0; i < count; i++) runPath(first + i, out, i * valuesPerPath);
    },
  };
}
