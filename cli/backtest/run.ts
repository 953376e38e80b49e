import { writeFileSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";

import { createBacktest } from "../../sdk/sim/backtest/engine.ts";
import type { Backtest } from "../../sdk/sim/backtest/engine.ts";
import { computeResult } from "../../sdk/sim/backtest/result.ts";
import { expandBars } from "../../sdk/sim/backtest/steps.ts";
import type { CommandContext } from "../context.ts";
import { createProgress } from "../progress.ts";
import { display } from "../deployment.ts";
import { UsageError, throwIfAborted } from "../errors.ts";
import { toJson } from "../output.ts";
import { prepareFiles } from "../outputFiles.ts";
import type { Output } from "../output.ts";
import { describeBacktest } from "./document.ts";
import { readMarket } from "./market.ts";
import { buildModel } from "./model.ts";
import type { BacktestOptions } from "./options.ts";
import { toCsv } from "./series.ts";
import { printBacktest } from "./tables.ts";

/** Steps between two looks at the clock and at Ctrl-C. */
const CHUNK_STEPS = 20_000;

/** Reads the files, runs the backtest and reports it. Nothing is written when it is interrupted. */
export async function runBacktest(options: BacktestOptions, { output, signal }: CommandContext): Promise<void> {
  const { prices } = options;
  if (prices === undefined) throw new UsageError("--prices is missing.");
  const files = prepareFiles(options);
  const market = await readMarket({ ...options, prices });
  throwIfAborted(signal);
  const { candles } = market;
  const { model, assumptions } = buildModel(options, market);
  const steps = expandBars(candles, options.stepsPerBar);
  const backtest = createBacktest(steps, model);
  await runWithProgress(backtest, output, signal, candles.bars.length);
  const result = computeResult(backtest.record, steps, model);
  const document = describeBacktest(result, backtest.record, market, options, assumptions);

  if (files.json !== undefined) writeFileSync(files.json, `${toJson(document.json)}\n`);
  if (files.csv !== undefined) writeFileSync(files.csv, toCsv(document.curves));
  if (files.report !== undefined) {
    const { renderBacktestReport } = await import("./report.ts");
    writeFileSync(files.report, renderBacktestReport(document));
  }
  if (files.isJsonOnStdout) output.json(document.json);
  else printBacktest(output, document);
  const written = [files.json, files.csv, files.report].filter((file) => file !== undefined).map(display);
  if (written.length > 0) output.note(`\nWritten: ${written.join(", ")}`);
}

async function runWithProgress(backtest: Backtest, output: Output, signal: AbortSignal, bars: number): Promise<void> {
  if (backtest.total <= CHUNK_STEPS) {
    backtest.runUntil(backtest.total);
    return;
  }
  const progress = await createProgress(output, `Backtesting ${bars} bars`);
  try {
    while (backtest.done < backtest.total) {
      backtest.runUntil(backtest.done + CHUNK_STEPS);
      progress.update(backtest.done, backtest.total);
      await nextTurn();
      throwIfAborted(signal);
    }
  } finally {
    progress.stop();
  }
}
