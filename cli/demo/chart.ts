import * as echarts from "echarts";

import { displayNumber, displayPercent } from "../output.ts";
import type { DemoAnalysis } from "./result.ts";
import type { RebalanceEvent, Sample } from "./types.ts";

/** Okabe and Ito's colours, told apart by readers with any colour vision; lines differ in their dashes too. */
const COLOR = {
  vault: "#0072B2",
  unhedged: "#D55E00",
  hold: "#7f7f7f",
  price: "#222222",
  band: "#009E73",
  mark: "#CC79A7",
} as const;
const NAMES = {
  vault: "hedged vault",
  unhedged: "same liquidity, no hedge",
  hold: "holding its tokens",
  price: "price",
  range: "vault's range",
  trades: "keeper's transactions",
  delta: "net delta",
  band: "trigger of the band",
} as const;
const WIDTH = 1_200;
const HEIGHT = 1_000;
const FONT = "DejaVu Sans, Helvetica, Arial, sans-serif";

type Point = readonly [timestampMs: number, value: number | null];

/**
 * Draws a finished replay as SVG: equity of the three ways to hold the liquidity, price with the vault's range and the
 * keeper's transactions, and the net delta in its band.
 */
export function drawChart(
  analysis: DemoAnalysis,
  samples: readonly Sample[],
  rebalances: readonly RebalanceEvent[],
): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: HEIGHT });
  try {
    chart.setOption(buildOption(analysis, samples, rebalances));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** The chart as data. Exported for tests. */
export function buildOption(
  { result, series }: DemoAnalysis,
  samples: readonly Sample[],
  rebalances: readonly RebalanceEvent[],
): echarts.EChartsOption {
  const { units, window } = result;
  const curve = (values: readonly number[]): Point[] =>
    values.map((value, i) => [(series.timestamps[i] ?? 0) * 1_000, value]);
  const track = (pick: (sample: Sample) => number | null): Point[] =>
    samples.map((s) => [s.timestamp * 1_000, pick(s)]);
  // The delta as found and as left at the same moment draws each trade as a vertical stroke.
  const delta: Point[] = samples.flatMap((s) => [
    [s.timestamp * 1_000, s.deltaFound],
    [s.timestamp * 1_000, s.deltaBase],
  ]);
  const line = (
    name: string,
    panel: 0 | 1 | 2,
    data: Point[],
    color: string,
    type: "solid" | "dashed" | "dotted",
    width = 2,
  ) => ({
    name,
    type: "line" as const,
    xAxisIndex: panel,
    yAxisIndex: panel,
    data: data as [number, number | null][],
    showSymbol: false,
    color,
    lineStyle: { color, width, type },
  });
  const panelTitle = (text: string, top: number) => ({
    text,
    left: 86,
    top,
    textStyle: { fontSize: 14, fontWeight: "bold" as const },
  });
  // Lines are told apart by colour and dashes; the circle that the legend would add to them says nothing.
  const legend = (names: readonly string[], top: number) => ({
    data: names.map((name) => ({ name, itemStyle: { opacity: name === NAMES.trades ? 1 : 0 } })),
    top,
    right: 60,
    itemGap: 36,
    itemWidth: 34,
    itemHeight: 10,
    textStyle: { fontSize: 13 },
  });
  const source = window.source.kind === "file" ? "prices of a file" : `simulated market, seed ${window.source.seed}`;

  return {
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: { fontFamily: FONT },
    title: [
      {
        text: `Hedged vault against the same liquidity without a hedge, ${window.hours} hours`,
        subtext:
          `${window.from} to ${window.to} (UTC), ${source}; ` +
          `${displayPercent(result.varianceRemoved)} of the hourly variance removed, ${result.rebalances.sent} transactions`,
        left: "center",
        top: 10,
        textStyle: { fontSize: 20 },
        subtextStyle: { fontSize: 14, color: "#444444" },
      },
      panelTitle(`P&L since the start [${units.quote}]`, 82),
      panelTitle(`Price [${units.quote} per ${units.base}]`, 412),
      panelTitle(`Net delta, as found and as left by the keeper [${units.base}]`, 702),
    ],
    legend: [
      legend([NAMES.vault, NAMES.unhedged, NAMES.hold], 80),
      legend([NAMES.price, NAMES.range, NAMES.trades], 410),
      legend([NAMES.delta, NAMES.band], 700),
    ],
    grid: [
      { left: 86, right: 40, top: 112, height: 258 },
      { left: 86, right: 40, top: 442, height: 218 },
      { left: 86, right: 40, top: 732, height: 208 },
    ],
    xAxis: ([0, 1, 2] as const).map((gridIndex) => ({
      type: "time" as const,
      gridIndex,
      min: (samples[0]?.timestamp ?? 0) * 1_000,
      max: (samples.at(-1)?.timestamp ?? 0) * 1_000,
      axisLabel: { fontSize: 12, formatter: formatTick, hideOverlap: true },
      axisLine: { onZero: false },
    })),
    yAxis: [
      valueAxis(0, (value) => displayNumber(value, 0)),
      { ...valueAxis(1, (value) => displayNumber(value, 0)), scale: true },
      valueAxis(2, (value) => displayNumber(value, Math.abs(value) < 10 && !Number.isInteger(value) ? 1 : 0)),
    ],
    series: [
      line(NAMES.vault, 0, curve(series.vault), COLOR.vault, "solid", 3),
      line(NAMES.unhedged, 0, curve(series.unhedged), COLOR.unhedged, "dashed"),
      line(NAMES.hold, 0, curve(series.hold), COLOR.hold, "dotted"),
      line(
        NAMES.price,
        1,
        track((s) => s.price),
        COLOR.price,
        "solid",
        1.5,
      ),
      {
        ...line(
          NAMES.range,
          1,
          track((s) => s.range?.priceLower ?? null),
          COLOR.band,
          "dashed",
          1.5,
        ),
        step: "end",
      },
      {
        ...line(
          NAMES.range,
          1,
          track((s) => s.range?.priceUpper ?? null),
          COLOR.band,
          "dashed",
          1.5,
        ),
        step: "end",
      },
      {
        name: NAMES.trades,
        type: "scatter",
        xAxisIndex: 1,
        yAxisIndex: 1,
        symbol: "triangle",
        symbolSize: 10,
        color: COLOR.mark,
        data: rebalances
          .filter((event) => event.kind === "sent")
          .map((event) => [event.timestamp * 1_000, event.price]),
      },
      line(NAMES.delta, 2, delta, COLOR.vault, "solid", 1.5),
      {
        ...line(
          NAMES.band,
          2,
          track((s) => s.triggerBase),
          COLOR.band,
          "dashed",
          1.5,
        ),
        step: "end",
      },
      {
        ...line(
          NAMES.band,
          2,
          track((s) => (s.triggerBase === null ? null : -s.triggerBase)),
          COLOR.band,
          "dashed",
          1.5,
        ),
        step: "end",
      },
    ],
  };
}

function valueAxis(gridIndex: number, formatter: (value: number) => string) {
  return {
    type: "value" as const,
    gridIndex,
    axisLabel: { fontSize: 12, formatter },
    splitLine: { lineStyle: { color: "#e6e6e6" } },
  };
}

/** Days at midnight, hours otherwise; always UTC, whatever the machine's zone. */
function formatTick(timestampMs: number): string {
  const iso = new Date(timestampMs).toISOString();
  return iso.slice(11, 16) === "00:00" ? iso.slice(5, 10) : iso.slice(11, 16);
}
