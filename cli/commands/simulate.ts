import type { Command } from "commander";

import type { CommandContext } from "../context.ts";
import { listOf, rangeWidth } from "../options.ts";
import { addMarketOptions } from "../simulate/market.ts";
import type { SimulateOptions } from "../simulate/run.ts";

/** `hedgerow simulate`: what each way to hedge leaves of a position's risk, over many simulated months. */
export function addSimulateCommand(program: Command, context: CommandContext): void {
  addMarketOptions(
    program
      .command("simulate")
      .description("simulate a liquidity position with every hedge over many paths: risk left, costs, liquidations"),
  )
    .option("--widths <list>", "ranges: price times and divided by each of these", listOf(rangeWidth), [1.27])
    .option("--only <text>", "only hedges whose name contains this")
    .option("--json [file]", "write the result as JSON to a file, or to stdout instead of the tables")
    .addHelpText("after", "\nExample:\n  hedgerow simulate --model gbm --widths 1.27,1.5 --paths 500 --only band")
    .action(async (options: SimulateOptions) => {
      const { runSimulate } = await import("../simulate/run.ts");
      await runSimulate(options, context);
    });
}
