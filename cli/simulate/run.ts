import { writeFileSync } from "node:fs";

import { simulateHedges } from "../../sdk/sim/monteCarlo/simulate.ts";
import { EXPERIMENT_STRATEGIES } from "../../sdk/sim/monteCarlo/strategies.ts";
import type { Strategy } from "../../sdk/sim/monteCarlo/strategies.ts";
import type { StrategySummary } from "../../sdk/sim/monteCarlo/summary.ts";
import type { CommandContext } from "../context.ts";
import { InterruptedError, UsageError } from "../errors.ts";
import { displayNumber, displayPercent, toJson } from "../output.ts";
import type { TableColumn } from "../output.ts";
import { prepareFiles } from "../outputFiles.ts";
import type { OutputFileOptions } from "../outputFiles.ts";
import { createProgress } from "../progress.ts";
import { toSimulation } from "./market.ts";
import type { MarketOptions } from "./market.ts";

/** Options of `hedgerow simulate`. */
export interface SimulateOptions extends MarketOptions, OutputFileOptions {
  readonly widths: readonly number[];
  readonly only?: string;
}

/** Simulates the strategies of the experiment on the market of the options and prints what each leaves and costs. */
export async function runSimulate(options: SimulateOptions, { output, signal }: CommandContext): Promise<void> {
  const files = prepareFiles(options);
  const strategies = selectStrategies(options.only);
  const spec = { ...toSimulation(options), widths: options.widths, strategies };
  const progress = await createProgress(output, `Simulating ${options.paths} paths`);
  let rows: readonly StrategySummary[];
  try {
    rows = await simulateHedges(spec, {
      paths: options.paths,
      workers: options.workers,
      onProgress: (finished, total) => progress.update(finished, total),
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw new InterruptedError();
    throw error;
  } finally {
    progress.stop();
  }
  const result = { settings: spec, rows };
  if (files.json !== undefined) writeFileSync(files.json, `${toJson(result)}\n`);
  if (files.isJsonOnStdout) {
    output.json(result);
    return;
  }
  for (const width of options.widths) {
    output.table(
      `Range ×/÷ ${width}, ${options.days} days, ${options.paths} paths, seed ${options.seed}`,
      SUMMARY_COLUMNS,
      rows.filter((row) => row.width === width).map((row) => [row.strategy, ...describeSummary(row)]),
    );
  }
  output.line(
    "\nMean and ES 95 (the mean of the worst 5 %) are fractions of the position with fees at break-even; costs are in basis points of it.",
  );
}

const SUMMARY_COLUMNS: readonly TableColumn[] = [
  { title: "hedge" },
  { title: "variance removed", align: "right" },
  { title: "mean", align: "right" },
  { title: "ES 95", align: "right" },
  { title: "trading", align: "right" },
  { title: "premium", align: "right" },
  { title: "funding", align: "right" },
  { title: "liquidated", align: "right" },
];

/** The cells of a row but for its name. */
function describeSummary(row: StrategySummary): readonly string[] {
  return [
    displayPercent(row.varianceRemoved),
    displayPercent(row.meanPnl),
    displayPercent(row.es95),
    displayNumber(row.deltaCostBp, 1),
    displayNumber(row.premiumBp, 1),
    displayNumber(row.fundingBp, 1),
    displayPercent(row.liquidationProbability),
  ];
}

/** Those whose names contain the text; the unhedged position is always there, since variance is measured against it. */
function selectStrategies(text: string | undefined): readonly Strategy[] {
  if (text === undefined) return EXPERIMENT_STRATEGIES;
  const wanted = text.toLowerCase();
  const found = EXPERIMENT_STRATEGIES.filter(
    ({ name, kind }) => kind !== "unhedged" && name.toLowerCase().includes(wanted),
  );
  if (found.length === 0) {
    const names = EXPERIMENT_STRATEGIES.map(({ name }) => name).join(", ");
    throw new UsageError(`No strategy is called like ${JSON.stringify(text)}; there are: ${names}.`);
  }
  return [...EXPERIMENT_STRATEGIES.filter(({ kind }) => kind === "unhedged"), ...found];
}
