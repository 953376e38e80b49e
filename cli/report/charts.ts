import * as echarts from "echarts";

import { displayNumber } from "../output.ts";
import { computeBins } from "./bins.ts";
import { colorOf } from "./palette.ts";
import { thinIndices } from "./thin.ts";
import type { ReportChart } from "./types.ts";

const WIDTH = 960;
const HEIGHT = 320;
const FONT = "system-ui, 'DejaVu Sans', Helvetica, Arial, sans-serif";
const FONT_SIZE = 12;
/** Points of all lines of a chart together; more would only make the file heavier. */
const MAX_POINTS = 3_000;
/** Longest name beside a point, and most names in one chart. */
const MAX_LABELS = 12;

type Option = echarts.EChartsOption;

/** Names that the library makes of counters which run on from chart to chart. */
const GENERATED_NAME = /\bzr\d+-[\w-]+/g;

/** Draws a section as SVG whose colours are the page's CSS variables; names inside it begin with `id`, unique in the page. */
export function drawChart(section: ReportChart, id: string): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: HEIGHT });
  try {
    chart.setOption(buildOption(section));
    const names = new Map<string, string>();
    return chart.renderToSVGString().replaceAll(GENERATED_NAME, (name) => {
      const known = names.get(name) ?? `${id}-${names.size}`;
      names.set(name, known);
      return known;
    });
  } finally {
    chart.dispose();
  }
}

/** The chart as data. Exported for tests. */
export function buildOption(section: ReportChart): Option {
  switch (section.kind) {
    case "lines":
      return buildLines(section);
    case "waterfall":
      return buildWaterfall(section);
    case "histogram":
      return buildHistogram(section);
    case "scatter":
      return buildScatter(section);
  }
}

function buildLines(section: Extract<ReportChart, { kind: "lines" }>): Option {
  const { timestamps, lines, isPercent } = section;
  const kept = thinIndices(
    lines.map((line) => line.values),
    timestamps.length,
    MAX_POINTS,
  );
  const days = ((timestamps.at(-1) ?? 0) - (timestamps[0] ?? 0)) / 86_400;
  const range = rangeOf(lines.flatMap((line) => kept.map((i) => line.values[i] ?? Number.NaN)));
  return {
    ...frame(),
    legend: legendOf(
      lines.map((line) => line.name),
      true,
    ),
    grid: { left: 76, right: 24, top: 44, bottom: 34 },
    xAxis: {
      type: "time",
      min: (timestamps[0] ?? 0) * 1_000,
      max: (timestamps.at(-1) ?? 0) * 1_000,
      axisLabel: { ...label(), formatter: (ms: number) => formatTick(ms, days), hideOverlap: true },
      axisLine: { onZero: false, lineStyle: { color: colorOf("axis") } },
      axisTick: { lineStyle: { color: colorOf("axis") } },
    },
    yAxis: valueAxis(section.unit, (value) => formatValue(value, range, isPercent === true)),
    series: lines.map((line) => ({
      name: line.name,
      type: "line" as const,
      silent: true,
      showSymbol: false,
      color: colorOf(line.color),
      lineStyle: { color: colorOf(line.color), width: line.color === "first" ? 2.5 : 1.75, type: line.dash ?? "solid" },
      ...(line.isStepped === true ? { step: "end" as const } : {}),
      data: kept.map((i) => [(timestamps[i] ?? 0) * 1_000, line.values[i] ?? null] as [number, number]),
    })),
  };
}

/** Each bar begins where the one before ended; losses go down, and the total stands on zero. */
function buildWaterfall({ bars, totalName, unit }: Extract<ReportChart, { kind: "waterfall" }>): Option {
  const total = bars.reduce((sum, bar) => sum + bar.value, 0);
  const names = [...bars.map((bar) => bar.name), totalName];
  let level = 0;
  const spans = bars.map(({ value }) => {
    const from = level;
    level += value;
    return [from, level, value] as const;
  });
  const all = [...spans, [0, total, total] as const];
  const range = rangeOf(all.flatMap(([from, to]) => [from, to, 0]));
  return {
    ...frame(),
    grid: { left: 76, right: 24, top: 24, bottom: 34 },
    xAxis: {
      type: "category",
      data: names,
      axisLabel: { ...label(), interval: 0 },
      axisLine: { lineStyle: { color: colorOf("axis") } },
      axisTick: { show: false },
    },
    yAxis: valueAxis(unit, (value) => formatValue(value, range, false)),
    series: [
      {
        type: "custom",
        silent: true,
        data: all.map(([from, to, value], i) => [i, from, to, value]),
        encode: { x: 0, y: [1, 2] },
        renderItem: (_params, api) => {
          const index = Number(api.value(0));
          const [from, to, value] = [Number(api.value(1)), Number(api.value(2)), Number(api.value(3))];
          const start = api.coord([index, from]);
          const end = api.coord([index, to]);
          const [x = 0, yFrom = 0] = start;
          const yTo = end[1] ?? 0;
          const size = api.size?.([1, 0]) ?? 60;
          const width = (Array.isArray(size) ? (size[0] ?? 60) : size) * 0.56;
          const isLast = index === bars.length;
          const top = Math.min(yFrom, yTo);
          const fill = isLast ? colorOf("ink") : colorOf(value >= 0 ? "good" : "bad");
          const text = `${value > 0 ? "+" : ""}${displayNumber(value, 0)}`;
          const nextX = api.coord([index + 1, to])[0] ?? x;
          const connector = {
            type: "line" as const,
            shape: { x1: x + width / 2, y1: yTo, x2: nextX - width / 2, y2: yTo },
            style: { stroke: colorOf("axis"), lineWidth: 1, lineDash: [3, 3] },
          };
          return {
            type: "group",
            children: [
              ...(isLast ? [] : [connector]),
              {
                type: "rect",
                shape: { x: x - width / 2, y: top, width, height: Math.max(1, Math.abs(yFrom - yTo)) },
                style: { fill },
              },
              {
                type: "text",
                style: {
                  text,
                  x,
                  y: top - 5,
                  fill: colorOf("ink"),
                  align: "center",
                  verticalAlign: "bottom",
                  fontSize: FONT_SIZE,
                },
              },
            ],
          };
        },
      },
    ],
  };
}

function buildHistogram({ values, marks, unit }: Extract<ReportChart, { kind: "histogram" }>): Option {
  const bins = computeBins(values);
  const first = bins[0];
  const last = bins.at(-1);
  const range = rangeOf([first?.from ?? 0, last?.to ?? 0, ...marks.map((mark) => mark.value)]);
  return {
    ...frame(),
    grid: { left: 76, right: 24, top: 40, bottom: 44 },
    xAxis: {
      ...valueAxis(unit, (value) => formatValue(value, range, true)),
      type: "value",
      min: Math.min(first?.from ?? 0, ...marks.map((mark) => mark.value)),
      max: Math.max(last?.to ?? 0, ...marks.map((mark) => mark.value)),
      nameLocation: "middle",
      nameGap: 28,
      splitLine: { show: false },
      axisLabel: {
        ...label(),
        formatter: (value: number) => formatValue(value, range, true),
        hideOverlap: true,
        showMinLabel: false,
        showMaxLabel: false,
      },
    },
    yAxis: { ...valueAxis("", (value) => displayNumber(value, 0)), scale: false, axisLine: { onZero: false } },
    series: [
      {
        type: "custom",
        silent: true,
        data: bins.map(({ from, to, count }) => [from, to, count]),
        encode: { x: [0, 1], y: 2 },
        renderItem: (_params, api) => {
          const [left = 0, top = 0] = api.coord([Number(api.value(0)), Number(api.value(2))]);
          const [right = 0, bottom = 0] = api.coord([Number(api.value(1)), 0]);
          const width = Math.max(1, right - left - 1);
          return {
            type: "rect",
            shape: { x: left, y: top, width, height: bottom - top },
            style: { fill: colorOf("first") },
          };
        },
        markLine: {
          silent: true,
          // Otherwise a mark at -1.83 % is rounded to two decimals, -2 %.
          precision: 12,
          symbol: "none",
          lineStyle: { color: colorOf("second"), type: "dashed", width: 1.5 },
          label: { color: colorOf("ink"), fontSize: FONT_SIZE, formatter: "{b}" },
          data: marks.map((mark) => ({ name: mark.name, xAxis: mark.value })),
        },
      },
    ],
  };
}

function buildScatter({ points, xUnit, yUnit }: Extract<ReportChart, { kind: "scatter" }>): Option {
  const front = points.filter((point) => point.isOnFront).sort((a, b) => a.x - b.x);
  const others = points.filter((point) => !point.isOnFront);
  const xRange = rangeOf(points.map((point) => point.x));
  const yRange = rangeOf(points.map((point) => point.y));
  const labelled = new Set(front.slice(0, MAX_LABELS));
  return {
    ...frame(),
    legend: legendOf(["on the front", "bettered by others"], false),
    grid: { left: 76, right: 60, top: 44, bottom: 48 },
    xAxis: {
      ...valueAxis(xUnit, (value) => formatValue(value, xRange, false)),
      type: "value",
      nameLocation: "middle",
      nameGap: 30,
      scale: true,
    },
    yAxis: { ...valueAxis(yUnit, (value) => formatValue(value, yRange, false)), scale: true },
    series: [
      {
        name: "bettered by others",
        type: "scatter",
        silent: true,
        symbolSize: 6,
        itemStyle: { color: colorOf("muted"), opacity: 0.6 },
        data: others.map((point) => [point.x, point.y]),
      },
      {
        name: "on the front",
        type: "line",
        silent: true,
        labelLayout: { hideOverlap: true },
        symbol: "diamond",
        symbolSize: 9,
        itemStyle: { color: colorOf("first") },
        lineStyle: { color: colorOf("first"), width: 1.5, type: "dashed" },
        data: front.map((point) => ({
          value: [point.x, point.y],
          label: { show: labelled.has(point), formatter: point.name, position: "top" as const, ...label() },
        })),
      },
    ],
  };
}

// --- pieces

function frame() {
  return {
    animation: false,
    useUTC: true,
    backgroundColor: "transparent",
    textStyle: { fontFamily: FONT, color: colorOf("ink") },
  };
}

function label() {
  return { color: colorOf("axis"), fontSize: FONT_SIZE };
}

function legendOf(names: readonly string[], isLine: boolean) {
  return {
    // Lines are told apart by colour and dashes; the symbol that the legend would add to them says nothing.
    data: [...new Set(names)].map((name) => ({ name, itemStyle: { opacity: isLine ? 0 : 1 } })),
    top: 6,
    right: 24,
    itemGap: 24,
    itemWidth: 30,
    textStyle: { color: colorOf("ink"), fontSize: FONT_SIZE },
  };
}

function valueAxis(name: string, formatter: (value: number) => string) {
  return {
    type: "value" as const,
    scale: true,
    name,
    nameTextStyle: { color: colorOf("axis"), fontSize: FONT_SIZE, align: "left" as const },
    axisLabel: { ...label(), formatter },
    axisLine: { lineStyle: { color: colorOf("axis") } },
    splitLine: { lineStyle: { color: colorOf("grid") } },
  };
}

function rangeOf(values: readonly number[]): number {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high > low ? high - low : Math.abs(high) || 1;
}

/** As many decimals as tell neighbouring marks apart. */
function formatValue(value: number, range: number, isPercent: boolean): string {
  const scale = isPercent ? 100 : 1;
  const places = Math.min(6, Math.max(0, Math.ceil(1 - Math.log10(range * scale))));
  return `${displayNumber(value * scale, places)}${isPercent ? " %" : ""}`;
}

/** Always UTC: hours in a window of days, days in one of months, months beyond. */
function formatTick(timestampMs: number, days: number): string {
  const iso = new Date(timestampMs).toISOString();
  if (days > 730) return iso.slice(0, 7);
  if (days > 150) return iso.slice(0, 10);
  return iso.slice(11, 16) === "00:00" ? iso.slice(5, 10) : iso.slice(11, 16);
}
