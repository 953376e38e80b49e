import type { Command } from "commander";

import type { CommandContext } from "../context.ts";
import { between, listOf, positive, rangeWidth, wholeBetween } from "../options.ts";
import { addMarketOptions } from "../simulate/market.ts";
import { addQueueOption } from "../sweep/queueAddress.ts";
import type { SweepOptions } from "../sweep/run.ts";
import type { WorkerOptions } from "../sweep/worker.ts";

/** `hedgerow sweep`: which combinations of range, options and band no other beats in cost and risk. */
export function addSweepCommand(program: Command, context: CommandContext): void {
  const command = addMarketOptions(
    program
      .command("sweep")
      .description("try combinations of range, options and band: the Pareto front of cost against residual risk"),
  )
    .option("--widths <list>", "ranges: price times and divided by each of these", listOf(rangeWidth), [1.27, 1.5, 2])
    .option(
      "--strips <list>",
      "parts of the replicating strip of options, 0 to 2",
      listOf(between(0, 2)),
      [0, 0.5, 0.75, 1],
    )
    .option(
      "--risk-aversions <list>",
      "absolute risk aversions of the band, 1/quote",
      listOf(positive),
      [1e-4, 1e-3, 1e-2],
    )
    .option("--ratios <list>", "parts of the delta that are hedged", listOf(between(0, 1.5)), [1])
    .option("--all", "show all, not only what nothing beats")
    .option("--json [file]", "write the result as JSON to a file, or to stdout instead of the table")
    .option("--csv <file>", "write all rows as CSV")
    .option("--report <file>", "write a report with the front as one HTML file");
  addQueueOption(command, "let workers simulate: address of the PostgreSQL that holds the jobs")
    .addHelpText(
      "after",
      "\nExample:\n  hedgerow sweep --widths 1.27,1.5 --strips 0,0.75 --paths 500\nOn many machines: hedgerow sweep-worker --queue on each, then hedgerow sweep --queue.",
    )
    .action(async (options: SweepOptions) => {
      const { runSweep } = await import("../sweep/run.ts");
      await runSweep(options, context);
    });

  addQueueOption(
    program.command("sweep-worker").description("simulate jobs of sweeps from a queue until Ctrl-C"),
    "address of the PostgreSQL that holds the jobs",
  )
    .option("--workers <number>", "worker threads", wholeBetween(0, 256), 2)
    .action(async (options: WorkerOptions) => {
      const { runSweepWorker } = await import("../sweep/worker.ts");
      await runSweepWorker(options, context);
    });
}
