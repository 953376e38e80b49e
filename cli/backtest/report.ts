import packageJson from "../../package.json" with { type: "json" };
import type { CurveResult } from "../../sdk/sim/backtest/result.ts";
import { formatTime } from "../../sdk/sim/window.ts";
import { displayNumber, displayPercent } from "../output.ts";
import { renderReport } from "../report/html.ts";
import type { Report, ReportSection } from "../report/types.ts";
import { computeDayReturns, computeDrawdown } from "./series.ts";
import type { BacktestDocument } from "./document.ts";
import { describeOutcome, listCauses, listRisk } from "./tables.ts";

/** A backtest as one HTML file. */
export function renderBacktestReport(document: BacktestDocument): string {
  return renderReport(buildReport(document));
}

/** A backtest as a report's data. Exported for tests. */
export function buildReport(document: BacktestDocument): Report {
  const { result, sources } = document;
  const { risk, benchmarks, varianceRemoved } = result;
  return {
    title: `Backtest of a hedged vault, ${displayNumber(result.hours / 24, 1)} days`,
    subtitle: `${formatTime(result.from)} to ${formatTime(result.to)} (UTC), ${sources.map(([, file]) => file).join(", ")}`,
    summary: describeOutcome(document),
    figures: [
      { name: "return", value: displayPercent(result.return) },
      { name: "without a hedge", value: displayPercent(benchmarks.unhedged.return) },
      { name: "volatility a year", value: displayPercent(risk.volatilityAnnual, 1) },
      { name: "largest drawdown", value: displayPercent(risk.maxDrawdown, 1) },
      {
        name: "variance removed",
        value: varianceRemoved === undefined ? "not known" : displayPercent(varianceRemoved, 1),
      },
      { name: "costs", value: `${displayNumber(result.costs.totalBps, 0)} bp` },
    ],
    sections: [...drawCurves(document), ...listTables(document)],
    footer: `hedgerow ${packageJson.version}, node ${process.version}. Figures are of the past and of the assumptions above.`,
  };
}

function drawCurves(document: BacktestDocument): readonly ReportSection[] {
  const { result, curves } = document;
  const { timestamps } = curves;
  const days = computeDayReturns(curves);
  // Before the opening there is no band.
  const trigger = curves.triggerBase.map((value, i) => (i === 0 ? null : value));
  const { risk, benchmarks } = result;
  const marks =
    risk.var95 === undefined ? [] : [{ name: `95 % value at risk: ${displayPercent(risk.var95)}`, value: -risk.var95 }];
  const histogram: ReportSection = {
    kind: "histogram",
    heading: "Returns of the vault, day by day",
    summary: `${days.length} days, from ${displayPercent(Math.min(...days))} to ${displayPercent(Math.max(...days))}; the height is the number of days.`,
    unit: "return of a day",
    values: days,
    marks,
  };
  return [
    {
      kind: "lines",
      heading: "Equity against doing without a hedge",
      summary:
        `Value of the deposit: hedged vault ${displayPercent(result.return)}, the same range without a hedge ` +
        `${displayPercent(benchmarks.unhedged.return)}, half base and half quote ${displayPercent(benchmarks.hold.return)}.`,
      unit: "quote",
      timestamps,
      lines: [
        { name: "hedged vault", values: curves.vault, color: "first" },
        { name: "same range, no hedge", values: curves.unhedged, color: "second", dash: "dashed" },
        { name: "half base, half quote", values: curves.hold, color: "muted", dash: "dotted" },
      ],
    },
    {
      kind: "waterfall",
      heading: "Where the P&L came from",
      summary: "From the first NAV to the last, cause by cause, in quote; the last bar is the sum.",
      unit: "quote",
      bars: listCauses(document)
        .filter(([name, value]) => name !== "total" && value !== 0)
        .map(([name, value]) => ({ name, value })),
      totalName: "total",
    },
    {
      kind: "lines",
      heading: "Net delta and its band",
      summary: `Net delta at the end of each bar and the trigger of the no-trade band; ${displayPercent(risk.timeOutsideBand)} of the looks found it outside.`,
      unit: "base",
      timestamps,
      lines: [
        { name: "net delta", values: curves.deltaBase, color: "first" },
        { name: "trigger", values: trigger, color: "third", dash: "dashed", isStepped: true },
        {
          name: "trigger",
          values: trigger.map((value) => (value === null ? null : -value)),
          color: "third",
          dash: "dashed",
          isStepped: true,
        },
      ],
    },
    {
      kind: "lines",
      heading: "Drawdown",
      summary: `Fall from the highest value before; at most ${displayPercent(risk.maxDrawdown)} hedged and ${displayPercent(benchmarks.unhedged.maxDrawdown)} without a hedge.`,
      unit: "",
      timestamps,
      isPercent: true,
      lines: [
        { name: "hedged vault", values: computeDrawdown(curves.vault), color: "first" },
        { name: "same range, no hedge", values: computeDrawdown(curves.unhedged), color: "second", dash: "dashed" },
        { name: "half base, half quote", values: computeDrawdown(curves.hold), color: "muted", dash: "dotted" },
      ],
    },
    ...(days.length > 1 ? [histogram] : []),
    {
      kind: "lines",
      heading: "Price",
      summary: `From ${displayNumber(result.priceStart)} to ${displayNumber(result.priceEnd)} quote per base.`,
      unit: "quote per base",
      timestamps,
      lines: [{ name: "price", values: curves.prices, color: "ink" }],
    },
  ];
}

function listTables(document: BacktestDocument): readonly ReportSection[] {
  const { result, assumptions, dataRepairs, sources } = document;
  const { risk, benchmarks } = result;
  const row = (name: string, curve: CurveResult): readonly string[] => [
    name,
    displayNumber(curve.navEnd, 0),
    displayPercent(curve.return),
    displayPercent(curve.annualised, 1),
    displayPercent(curve.volatilityAnnual, 1),
    displayPercent(curve.maxDrawdown, 1),
  ];
  const right = (title: string) => ({ title, align: "right" as const });
  const lists: readonly ReportSection[] = [
    { kind: "list", heading: "Repairs of the data", items: dataRepairs },
    { kind: "list", heading: "Assumptions", items: assumptions },
    { kind: "list", heading: "Files", items: sources.map(([name, file]) => `${name}: ${file}`) },
  ];
  return [
    {
      kind: "table",
      heading: "Results",
      columns: [{ title: "" }, ...["NAV at the end", "return", "a year", "volatility", "max drawdown"].map(right)],
      rows: [
        row("hedged vault", { ...result, volatilityAnnual: risk.volatilityAnnual, maxDrawdown: risk.maxDrawdown }),
        row("same range, no hedge", benchmarks.unhedged),
        row("half base, half quote", benchmarks.hold),
        row("quote only", benchmarks.cash),
      ],
    },
    {
      kind: "table",
      heading: "P&L by cause",
      columns: [{ title: "" }, right("quote"), right("bp of NAV"), { title: "" }],
      rows: listCauses(document).map(([name, value, note]) => [
        name,
        displayNumber(value),
        displayNumber((value / result.navStart) * 10_000, 1),
        note,
      ]),
    },
    {
      kind: "table",
      heading: "Risk",
      columns: [{ title: "" }, { title: "" }],
      rows: listRisk(document).map((pair) => [...pair]),
    },
    ...lists.filter((section) => section.kind === "list" && section.items.length > 0),
  ];
}
