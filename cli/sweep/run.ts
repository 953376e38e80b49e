import { writeFileSync } from "node:fs";

import { stringify } from "csv-stringify/sync";

import type { StrategySummary } from "../../sdk/sim/monteCarlo/summary.ts";
import { runSweepOnQueue } from "../../sdk/sim/sweep/queue.ts";
import { gatherSweep, planSweep, runSweepJob } from "../../sdk/sim/sweep/sweep.ts";
import type { SweepJob, SweepRow } from "../../sdk/sim/sweep/sweep.ts";
import type { CommandContext } from "../context.ts";
import { InterruptedError } from "../errors.ts";
import { displayNumber, displayPercent, toJson } from "../output.ts";
import { prepareFiles } from "../outputFiles.ts";
import type { OutputFileOptions } from "../outputFiles.ts";
import { createProgress } from "../progress.ts";
import { toSimulation } from "../simulate/market.ts";
import type { MarketOptions } from "../simulate/market.ts";
import { queueAddress } from "./queueAddress.ts";
import type { QueueOptions } from "./queueAddress.ts";

/** Options of `hedgerow sweep`. */
export interface SweepOptions extends MarketOptions, OutputFileOptions, QueueOptions {
  readonly widths: readonly number[];
  readonly strips: readonly number[];
  readonly riskAversions: readonly number[];
  readonly ratios: readonly number[];
  readonly all?: true;
}

/** Tries every combination and shows those that no other beats. */
export async function runSweep(options: SweepOptions, context: CommandContext): Promise<void> {
  const { output } = context;
  const files = prepareFiles(options);
  const jobs = planSweep(
    toSimulation(options),
    {
      widths: options.widths,
      stripShares: options.strips,
      riskAversions: options.riskAversions,
      hedgeRatios: options.ratios,
    },
    options.paths,
  );
  const rows = gatherSweep(jobs, await simulateAll(jobs, options, context));
  const sorted = [...rows].sort((a, b) => a.costBp - b.costBp);

  const result = { settings: jobs[0]?.spec, paths: options.paths, rows: sorted };
  if (files.json !== undefined) writeFileSync(files.json, `${toJson(result)}\n`);
  if (files.csv !== undefined) writeFileSync(files.csv, stringify(sorted.map(toRecord), { header: true }));
  if (files.report !== undefined) {
    const { renderSweepReport } = await import("./report.ts");
    writeFileSync(files.report, renderSweepReport(sorted, options));
  }
  if (files.isJsonOnStdout) output.json(result);
  else printSweep(sorted, options, context);
}

async function simulateAll(
  jobs: readonly SweepJob[],
  options: SweepOptions,
  context: CommandContext,
): Promise<readonly (readonly StrategySummary[])[]> {
  const { signal, output } = context;
  const address = queueAddress(options, context.environment);
  const progress = await createProgress(output, `Sweeping ${jobs.length} jobs`);
  try {
    if (address !== undefined) {
      return await runSweepOnQueue(address, jobs, {
        onProgress: (finished, total) => progress.update(finished, total),
        signal,
      });
    }
    const found: (readonly StrategySummary[])[] = [];
    const total = jobs.length * options.paths;
    for (const [i, job] of jobs.entries()) {
      const onProgress = (finished: number): void => progress.update(i * options.paths + finished, total);
      found.push(await runSweepJob(job, { workers: options.workers, onProgress, signal }));
    }
    return found;
  } catch (error) {
    if (signal.aborted) throw new InterruptedError();
    throw error;
  } finally {
    progress.stop();
  }
}

function printSweep(rows: readonly SweepRow[], options: SweepOptions, { output }: CommandContext): void {
  const shown = options.all ? rows : rows.filter(({ isEfficient }) => isEfficient);
  output.table(
    `${options.all ? "All" : "What nothing beats"}, ${shown.length} of ${rows.length}: ${options.days} days, ${options.paths} paths, seed ${options.seed}`,
    [
      { title: "" },
      { title: "range", align: "right" },
      { title: "strip", align: "right" },
      { title: "aversion", align: "right" },
      { title: "ratio", align: "right" },
      { title: "cost bp", align: "right" },
      { title: "ES 95 below mean", align: "right" },
      { title: "variance removed", align: "right" },
      { title: "trading bp", align: "right" },
      { title: "liquidated", align: "right" },
    ],
    shown.map((row) => [
      row.isEfficient ? "*" : "",
      `×/÷ ${row.width}`,
      String(row.stripShare),
      String(row.riskAversion),
      String(row.hedgeRatio),
      displayNumber(row.costBp, 1),
      displayPercent(row.residualRisk),
      displayPercent(row.varianceRemoved),
      displayNumber(row.deltaCostBp, 1),
      displayPercent(row.liquidationProbability),
    ]),
  );
  output.line("\nCost: the mean loss of the hedged position with fees at break-even, all payments included.");
}

function toRecord({ intervals, ...row }: SweepRow): Record<string, string | number> {
  const [low, high] = intervals.varianceRemoved;
  return { ...row, isEfficient: String(row.isEfficient), varianceRemovedLow: low, varianceRemovedHigh: high };
}
