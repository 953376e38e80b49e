import type { CompiledHedge } from "./book.ts";
import type { BookTables, PathTables } from "./tables.ts";
import type { VenueModel } from "./venue.ts";

/** Offsets of what a run writes for one strategy on one path. Money in quote, + gain in `pnl`, + paid elsewhere. */
export const METRIC = {
  pnl: 0,
  /** Trading costs and liquidation fees. */
  deltaCost: 1,
  funding: 2,
  premium: 3,
  liquidations: 4,
  trades: 5,
  /** Most that was deposited as margin at any time, net of withdrawals. */
  peakMargin: 6,
} as const;
export const METRIC_COUNT = 7;

/**
 * Runs one hedged strategy along one path and adds to `out[at…]` what it made of the perp: P&L less costs and funding. Allocates
 * nothing.
 *
 * Trades and transfers are paid for from outside of the margin: else the fixed cost of closing a speck of a position would eat its
 * margin and count as a liquidation. The fee of a liquidation is taken from it.
 *
 * The perp account is kept as cash and a position H <= 0 [base]: its equity is cash + H·carried, so that between trades nothing needs
 * booking, whatever the price and the funding do. At every step, in this order: liquidation, arrival of a top-up, a request for
 * margin or its withdrawal, a trade decided earlier, a decision. At the last step the account is only valued.
 */
export function runHedge(
  hedge: CompiledHedge,
  path: PathTables,
  book: BookTables,
  venue: VenueModel,
  steps: number,
  out: Float64Array,
  at: number,
): void {
  const { hedgeRatio, stripShare, lookEverySteps, triggers, targets } = hedge;
  const { marks, carried, liquidation, funding, cells } = path;
  const { bases, stripDeltas } = book;
  const { proportionalCost, fixedCostQuote, keeperLatencySteps, margin } = venue;
  const hasMargin = margin !== undefined;
  const initial = margin?.initial ?? 0;
  const topUpBelow = margin?.topUpBelow ?? 0;
  const withdrawAbove = margin?.withdrawAbove ?? 0;
  const topUpLatencySteps = margin?.topUpLatencySteps ?? 0;
  const maintenance = margin?.maintenance ?? 0;
  const liquidationFee = margin?.liquidationFee ?? 0;

  let position = 0;
  let cash = 0;
  let deposits = 0;
  let peak = 0;
  let tradeCosts = 0;
  let liquidationFees = 0;
  let fundingPaid = 0;
  let fundingFrom = 0;
  let liquidations = 0;
  let trades = 0;
  let topUpAt = -1;
  // The hedge is opened with the liquidity, at its price.
  let tradeAt = 0;
  let lookAt = lookEverySteps;
  let wanted = Math.min(0, -(hedgeRatio * bases[0]! + stripShare * stripDeltas[0]!));

  for (let i = 0; i <= steps; i++) {
    const carriedMark = carried[i]!;
    if (hasMargin && position < 0) {
      if (cash + position * liquidation[i]! < 0) {
        const high = (liquidation[i]! + funding[i]!) / (1 + maintenance);
        const fee = -liquidationFee * position * high;
        // Isolated margin: the venue takes what there is and no more.
        const left = cash + position * (high - funding[i]!) - fee;
        cash = left > 0 ? left : 0;
        liquidationFees += fee;
        fundingPaid += position * (funding[i]! - fundingFrom);
        fundingFrom = funding[i]!;
        position = 0;
        liquidations += 1;
        topUpAt = -1;
      } else {
        const equity = cash + position * carriedMark;
        const notional = -position * marks[i]!;
        if (topUpAt === i) {
          topUpAt = -1;
          const deposit = initial * notional - equity;
          if (deposit > 0) {
            cash += deposit;
            tradeCosts += fixedCostQuote;
            deposits += deposit;
            if (deposits > peak) peak = deposits;
          }
        } else if (topUpAt < 0) {
          if (equity < topUpBelow * notional) {
            topUpAt = i + topUpLatencySteps;
          } else if (equity > withdrawAbove * notional) {
            const excess = equity - initial * notional;
            cash -= excess;
            tradeCosts += fixedCostQuote;
            deposits -= excess;
          }
        }
      }
    }
    if (i === steps) break;

    if (i === lookAt) {
      lookAt += lookEverySteps;
      const delta = hedgeRatio * bases[i]! + stripShare * stripDeltas[i]!;
      const drift = delta + position;
      const size = drift < 0 ? -drift : drift;
      const cell = cells[i]!;
      // An order that is still on its way is not doubted.
      if (i > tradeAt && size > triggers[cell]!) {
        const target = targets[cell]!;
        wanted = (drift < 0 ? -target : target) - delta;
        if (wanted > 0) wanted = 0;
        tradeAt = i + keeperLatencySteps;
      }
    }
    if (i === tradeAt && wanted !== position) {
      const change = wanted - position;
      tradeCosts += proportionalCost * (change < 0 ? -change : change) * marks[i]! + fixedCostQuote;
      fundingPaid += position * (funding[i]! - fundingFrom);
      fundingFrom = funding[i]!;
      cash -= change * carriedMark;
      position = wanted;
      trades += 1;
      if (hasMargin) {
        const missing = -initial * position * marks[i]! - (cash + position * carriedMark);
        if (change < 0 && missing > 0) {
          cash += missing;
          deposits += missing;
          if (deposits > peak) peak = deposits;
        }
      }
    }
  }

  fundingPaid += position * (funding[steps]! - fundingFrom);
  out[at + METRIC.pnl]! += cash + position * carried[steps]! - deposits - tradeCosts;
  out[at + METRIC.deltaCost]! += tradeCosts + liquidationFees;
  out[at + METRIC.funding]! += fundingPaid;
  out[at + METRIC.liquidations]! += liquidations;
  out[at + METRIC.trades]! += trades;
  out[at + METRIC.peakMargin]! += peak;
}
