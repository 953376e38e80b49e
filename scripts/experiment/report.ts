import { stringify } from "csv-stringify/sync";
import Table from "cli-table3";

import type { StrategySummary } from "../../sdk/sim/monteCarlo/summary.ts";
import type { CrashRow } from "./crashes.ts";

/** A summary with the market it was measured on. */
export interface ExperimentRow extends StrategySummary {
  readonly model: string;
}

export function toRow(model: string, summary: StrategySummary): ExperimentRow {
  return { model, ...summary };
}

const percent = (fraction: number, digits = 2): string => `${(100 * fraction).toFixed(digits)} %`;
const half = ([low, high]: readonly [number, number], digits = 2): string =>
  Number.isFinite(low) ? ` ± ${(50 * (high - low)).toFixed(digits)}` : "";

/** The table on the terminal; intervals are 95 %. */
export function formatRows(rows: readonly ExperimentRow[]): string {
  const table = new Table({
    head: [
      "model",
      "range",
      "strategy",
      "variance removed",
      "ES95",
      "ES95 - mean",
      "mean P&L",
      "delta cost",
      "premium",
      "funding",
      "liquidated",
      "peak margin",
    ],
    colAligns: ["left", "left", "left", ...Array.from({ length: 9 }, () => "right" as const)],
    style: { head: [], border: [], compact: true },
  });
  let previous = "";
  for (const row of rows) {
    const group = `${row.model} ${row.width}`;
    table.push([
      group === previous ? "" : row.model,
      group === previous ? "" : `×/÷ ${row.width}`,
      row.strategy,
      percent(row.varianceRemoved) + half(row.intervals.varianceRemoved),
      percent(row.es95) + (row.intervals.es95 === undefined ? "" : half(row.intervals.es95)),
      percent(row.es95 - row.meanPnl),
      percent(row.meanPnl),
      `${row.deltaCostBp.toFixed(1)} bp`,
      `${row.premiumBp.toFixed(0)} bp`,
      `${row.fundingBp.toFixed(1)} bp`,
      percent(row.liquidationProbability, 3),
      percent(row.peakMargin, 0),
    ]);
    previous = group;
  }
  return table.toString();
}

/** P&L of each strategy in each crash, one column a strategy. */
export function formatCrashes(crashes: readonly CrashRow[]): string {
  const strategies = [...new Set(crashes.map(({ strategy }) => strategy))];
  const windows = [...new Set(crashes.map(({ window }) => window))];
  const table = new Table({
    head: ["month", "price", ...strategies],
    colAligns: ["left", ...Array.from({ length: strategies.length + 1 }, () => "right" as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const window of windows) {
    const own = crashes.filter((row) => row.window === window);
    table.push([
      window,
      percent(own[0]?.priceReturn ?? Number.NaN, 0),
      ...own.map(({ pnl, liquidations }) => percent(pnl, 1) + (liquidations > 0 ? " (liquidated)" : "")),
    ]);
  }
  return table.toString();
}

const CSV_COLUMNS = [
  "model",
  "width",
  "strategy",
  "paths",
  "varianceRemoved",
  "es95",
  "valueAtRisk95",
  "meanPnl",
  "pnlDeviation",
  "deltaCostBp",
  "premiumBp",
  "fundingBp",
  "liquidationProbability",
  "tradesPerPath",
  "peakMargin",
] as const;

/** All rows as CSV; the ends of each interval follow the columns. An interval that is not known is an empty cell. */
export function formatCsv(rows: readonly ExperimentRow[]): string {
  const intervals = ["varianceRemoved", "es95", "meanPnl", "liquidationProbability"] as const;
  const header = [...CSV_COLUMNS, ...intervals.flatMap((name) => [`${name}Low`, `${name}High`])];
  const cells = rows.map((row) => [
    ...CSV_COLUMNS.map((name) => row[name]),
    ...intervals.flatMap((name): readonly (number | string)[] => row.intervals[name] ?? ["", ""]),
  ]);
  return stringify([header, ...cells]);
}
