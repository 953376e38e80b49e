// `npm run experiment [-- --quick --paths N --seed S --workers K --json FILE --csv FILE]`: what each way to hedge leaves of the risk of a
// liquidity position and what it costs, on four models of the market and on its history. docs/experiment.md explains every column.

import { writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { Command, InvalidArgumentError } from "commander";

import { simulateHedges } from "../sdk/sim/monteCarlo/simulate.ts";
import { measureCrashes } from "./experiment/crashes.ts";
import { planHistoryRuns, planModelRuns } from "./experiment/plan.ts";
import { createProgress } from "./experiment/progress.ts";
import { readMarketRecord, selectCrashWindows, selectRollingWindows } from "./experiment/record.ts";
import { formatCrashes, formatCsv, formatRows, toRow } from "./experiment/report.ts";
import type { ExperimentRow } from "./experiment/report.ts";
import { planVariantRuns } from "./experiment/variants.ts";

const ROOT = path.dirname(import.meta.dirname);
const INTERRUPTED_EXIT_CODE = 130;
const FULL_PATHS = 4_000;
const QUICK_PATHS = 160;

interface Options {
  readonly quick: boolean;
  readonly variants: boolean;
  readonly paths?: number;
  readonly seed: number;
  readonly workers: number;
  readonly data: string;
  readonly json?: string;
  readonly csv?: string;
}

function parseWhole(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= minimum && value <= maximum && text.trim() !== "") return value;
    throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
  };
}

function readOptions(): Options {
  return new Command()
    .name("npm run experiment --")
    .description("Measures what each hedge leaves of the risk of a liquidity position, and its cost.")
    .option("--quick", `${QUICK_PATHS} paths a model and weekly windows of history: under a minute`, false)
    .option("--variants", "one assumption changed at a time instead, on stochastic volatility with jumps", false)
    .option("--paths <n>", `paths a model (default ${FULL_PATHS})`, parseWhole(20, 10_000_000))
    .option("--seed <s>", "seed of all random numbers", parseWhole(0, 2 ** 32 - 1), 1)
    .option("--workers <k>", "worker threads; the result is the same", parseWhole(0, 256), os.availableParallelism())
    .option("--data <directory>", "where the recorded market is", path.join(ROOT, "..", "shared", "data"))
    .option("--json <file>", "writes all rows there")
    .option("--csv <file>", "writes all rows there")
    .parse()
    .opts<Options>();
}

async function main(): Promise<void> {
  const options = readOptions();
  const paths = options.paths ?? (options.quick ? QUICK_PATHS : FULL_PATHS);
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  const startedAt = performance.now();

  const record = options.variants ? undefined : await readMarketRecord(options.data);
  const history = record && selectRollingWindows(record, options.quick ? 7 : 1);
  const runs = options.variants
    ? planVariantRuns(options.seed, paths)
    : [...planModelRuns(options.seed, paths), ...(history === undefined ? [] : planHistoryRuns(history, options.seed))];
  const progress = createProgress();
  const rows: ExperimentRow[] = [];
  try {
    for (const { model, spec, paths: count } of runs) {
      progress.start(model, count);
      const summaries = await simulateHedges(spec, {
        paths: count,
        workers: options.workers,
        onProgress: (finished) => progress.update(finished),
        signal: controller.signal,
      });
      rows.push(...summaries.map((summary) => toRow(model, summary)));
    }
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    progress.stop();
    console.error("Interrupted; nothing was written.");
    process.exitCode = INTERRUPTED_EXIT_CODE;
    return;
  } finally {
    progress.stop();
  }
  const crashes = record === undefined ? [] : measureCrashes(selectCrashWindows(record), options.seed);

  console.log(formatRows(rows));
  if (record !== undefined) console.log(formatCrashes(crashes));
  else if (!options.variants) console.log(`History skipped: ${options.data} holds no recorded market.`);
  const seconds = (performance.now() - startedAt) / 1_000;
  console.log(`${paths} paths a model, seed ${options.seed}, ${seconds.toFixed(0)} s.`);
  if (options.json !== undefined) {
    const settings = { paths, seed: options.seed, quick: options.quick };
    writeFileSync(options.json, `${JSON.stringify({ settings, rows, crashes }, undefined, 2)}\n`);
  }
  if (options.csv !== undefined) writeFileSync(options.csv, formatCsv(rows));
}

await main();
