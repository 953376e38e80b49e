import type { Verdict } from "../../policy/decide.ts";
import type { Band, Situation } from "../../policy/types.ts";
import type { BandMemo } from "./bandMemo.ts";
import { computeBookEquity } from "./book.ts";
import type { Unhedged } from "./benchmark.ts";
import type { Book } from "./book.ts";
import type { StepColumns } from "./steps.ts";

/** A liquidation, unix seconds and quote per base. */
export interface LiquidationEvent {
  readonly timestamp: number;
  readonly price: number;
}

/** Columns with one entry a bar, at its end; entry 0 is the start. */
export interface BarSeries {
  readonly timestamps: Float64Array;
  readonly prices: Float64Array;
  /** Equity of the vault: NAV less the keeper's gas [quote]. */
  readonly vault: Float64Array;
  /** P&L of the vault's own liquidity alone: fees and divergence [quote]. */
  readonly liquidity: Float64Array;
  /** Equity of the same deposit, unhedged [quote]. */
  readonly unhedged: Float64Array;
  readonly deltaBase: Float64Array;
  readonly triggerBase: Float64Array;
}

/** What a run leaves behind; read it when the run is over. */
export interface BacktestRecord {
  readonly book: Book;
  readonly series: BarSeries;
  readonly actions: { hedge: number; recentre: number; deleverage: number; exit: number; reconcile: number };
  readonly liquidations: LiquidationEvent[];
  readonly bands: BandMemo;
  /** Decisions taken, and those among them that found the delta outside the band. */
  decisions: number;
  outsideBand: number;
  minHealth: number;
  /** Seconds with liquidity in the pool, and those of them with the price in its range. */
  placedSeconds: number;
  inRangeSeconds: number;
  unhedgedRecentres(): number;
  countAction(action: Pick<Verdict, "kind">): void;
  countLiquidation(timestamp: number, price: number): void;
  observe(situation: Situation, band: Band): void;
  observeRange(inRangeFraction: number, isPlaced: boolean, seconds: number): void;
  observeHealth(health: number): void;
  closeBar(bar: number, deltaBase: number, triggerBase: number): void;
}

/** An empty record for a run over these steps. */
export function createRecord(steps: StepColumns, book: Book, unhedged: Unhedged, bands: BandMemo): BacktestRecord {
  const length = steps.bars + 1;
  const series: BarSeries = {
    timestamps: new Float64Array(length),
    prices: new Float64Array(length),
    vault: new Float64Array(length),
    liquidity: new Float64Array(length),
    unhedged: new Float64Array(length),
    deltaBase: new Float64Array(length),
    triggerBase: new Float64Array(length),
  };
  const write = (row: number, timestamp: number, deltaBase: number, triggerBase: number): void => {
    series.timestamps[row] = timestamp;
    series.prices[row] = book.price;
    series.vault[row] = computeBookEquity(book);
    series.liquidity[row] = book.pnl.fees + book.pnl.divergence;
    series.unhedged[row] = computeBookEquity(unhedged.book);
    series.deltaBase[row] = deltaBase;
    series.triggerBase[row] = triggerBase;
  };
  write(0, steps.startTimestamp, 0, 0);
  // Before anything was paid for the opening.
  series.unhedged[0] = series.vault[0]!;
  const record: BacktestRecord = {
    book,
    series,
    actions: { hedge: 0, recentre: 0, deleverage: 0, exit: 0, reconcile: 0 },
    liquidations: [],
    bands,
    decisions: 0,
    outsideBand: 0,
    minHealth: Infinity,
    placedSeconds: 0,
    inRangeSeconds: 0,
    unhedgedRecentres: () => unhedged.recentres,
    countAction: ({ kind }) => {
      // Nobody redeems in a backtest, so that nothing is ever raised.
      if (kind !== "hold" && kind !== "raise") record.actions[kind] += 1;
    },
    countLiquidation: (timestamp, price) => {
      record.liquidations.push({ timestamp, price });
      record.minHealth = Math.min(record.minHealth, 1);
    },
    observe: ({ exposure }, band) => {
      record.decisions += 1;
      if (Math.abs(exposure.deltaBase) > band.triggerBase) record.outsideBand += 1;
    },
    observeRange: (inRangeFraction, isPlaced, seconds) => {
      if (!isPlaced) return;
      record.placedSeconds += seconds;
      record.inRangeSeconds += inRangeFraction * seconds;
    },
    observeHealth: (health) => {
      if (health < record.minHealth) record.minHealth = health;
    },
    closeBar: (bar, deltaBase, triggerBase) =>
      write(bar + 1, steps.startTimestamp + (bar + 1) * steps.barSeconds, deltaBase, triggerBase),
  };
  return record;
}
