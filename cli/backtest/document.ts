import packageJson from "../../package.json" with { type: "json" };
import type { BacktestRecord } from "../../sdk/sim/backtest/record.ts";
import type { BacktestResult } from "../../sdk/sim/backtest/result.ts";
import { formatTime } from "../../sdk/sim/window.ts";
import type { BacktestMarket } from "./market.ts";
import type { BacktestOptions } from "./options.ts";
import { computeCurves } from "./series.ts";
import type { BacktestCurves } from "./series.ts";

/** A backtest with all that is said about it. */
export interface BacktestDocument {
  readonly result: BacktestResult;
  readonly curves: BacktestCurves;
  readonly assumptions: readonly string[];
  readonly dataRepairs: readonly string[];
  /** Names of the files that were read. */
  readonly sources: readonly (readonly [name: string, file: string])[];
  /** What --json writes; docs/backtest.md describes it. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Puts the result of a run, its curves and its assumptions together. */
export function describeBacktest(
  result: BacktestResult,
  record: BacktestRecord,
  market: BacktestMarket,
  options: BacktestOptions,
  modelAssumptions: readonly string[],
): BacktestDocument {
  const curves = computeCurves(record.series, result);
  const assumptions = [...modelAssumptions, ...describePath(result)];
  const dataRepairs = market.repairs.map(({ file, text }) => `${file}: ${text}`);
  const sources = (["prices", "funding", "events"] as const).flatMap((name) => {
    const file = options[name];
    return file === undefined ? [] : [[name, file] as const];
  });
  const { risk } = result;
  const json = {
    ...result,
    from: formatTime(result.from),
    to: formatTime(result.to),
    risk: {
      ...risk,
      worstHour: { ...risk.worstHour, timestamp: formatTime(risk.worstHour.timestamp) },
      liquidations: risk.liquidations.map((event) => ({ ...event, timestamp: formatTime(event.timestamp) })),
    },
    dataRepairs: market.repairs,
    assumptions,
    sources: Object.fromEntries(sources),
    options: { ...options },
    versions: { hedgerow: packageJson.version, node: process.version },
    ...(options.series === true ? { series: curves } : {}),
  };
  return { result, curves, assumptions, dataRepairs, sources, json };
}

function describePath({ pathVarianceRatio }: BacktestResult): readonly string[] {
  if (pathVarianceRatio === undefined) return [];
  return [
    "The true way inside a bar is not known; on simulated markets whose minutes are known the one taken makes divergence a few percent worse " +
      `with 8 or more steps an hour. Here its squared moves are ${pathVarianceRatio.toFixed(2)} times those from close to close.`,
  ];
}
