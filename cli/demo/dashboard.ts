import { computeMarkNavQuote } from "../../sdk/sim/mark.ts";
import { computeEquitySeries, computeSeriesVarianceRemoved } from "../../sdk/sim/series.ts";
import { HOUR_SECONDS, formatTime } from "../../sdk/sim/window.ts";
import type { DashboardState } from "../../web/state.ts";
import { displayNumber, displayPercent } from "../output.ts";
import type { DemoWorld, ReplayRecord } from "./types.ts";

/** Hours of P&L before a variance says anything. */
const MIN_HOURS = 3;
const NOTHING = { timestamps: [], vault: [], unhedged: [], hold: [] } as const;

/** The dashboard's view of a replay that may be anywhere between its first step and its end. */
export function describeForDashboard(
  record: ReplayRecord,
  units: DemoWorld["units"],
  progress: DashboardState["progress"],
  phase: DashboardState["phase"],
): DashboardState {
  const { marks, samples, rebalances } = record;
  const hasLiquidity = marks.length > 1 && marks.some((mark) => mark.liquidityQuote > 0 || mark.liquidityBase > 0);
  const series = hasLiquidity ? computeEquitySeries(marks, HOUR_SECONDS) : NOTHING;
  const last = marks.at(-1);
  const sample = samples.at(-1);
  const money = (value: number | undefined): string =>
    value === undefined ? "" : `${displayNumber(value)} ${units.quote}`;
  const varianceRemoved =
    series.timestamps.length > MIN_HOURS ? displayPercent(computeSeriesVarianceRemoved(series)) : "not yet known";
  return {
    phase,
    subtitle: last === undefined ? "" : `${units.base}/${units.quote}, market time ${formatTime(last.timestamp)}`,
    units,
    progress,
    figures: [
      ["Price", money(last?.price)],
      ["Net asset value", money(last === undefined ? undefined : computeMarkNavQuote(last))],
      ["P&L, hedged vault", money(series.vault.at(-1))],
      ["P&L, no hedge", money(series.unhedged.at(-1))],
      ["Variance removed", varianceRemoved],
      ["Net delta", sample === undefined ? "" : `${displayNumber(sample.deltaBase, 3)} ${units.base}`],
      ["Health of the loan", describeHealth(sample?.health ?? null)],
      ["Transactions", String(rebalances.filter((event) => event.kind === "sent").length)],
    ],
    equity: { timestamps: series.timestamps, vault: series.vault, unhedged: series.unhedged, hold: series.hold },
    track: samples.map(({ timestamp, price, deltaBase, triggerBase, range }) => ({
      timestamp,
      price,
      deltaBase,
      triggerBase,
      priceLower: range?.priceLower ?? null,
      priceUpper: range?.priceUpper ?? null,
    })),
    trades: rebalances
      .filter((event) => event.kind === "sent")
      .map(({ timestamp, price, decision }) => ({ timestamp, price, decision })),
  };
}

function describeHealth(health: number | null): string {
  return health === null ? "no debt" : displayNumber(health, 3);
}
