import { Option } from "commander";
import type { Command } from "commander";

import { defaultSettings } from "../../sdk/policy/settings.ts";
import { DEFAULT_VOLUME } from "../../sdk/sim/volume.ts";
import type { CommandContext } from "../context.ts";
import { DEFAULT_HOURS, DEFAULT_SEED, DEMO_HEDGES } from "../demo/options.ts";
import type { DemoOptions } from "../demo/options.ts";
import { between, isoTime, nonNegative, positive, wholeBetween } from "../options.ts";

/** `hedgerow demo`: a vault on a local twin of mainnet, through a market, with the keeper live. */
export function addDemoCommand(program: Command, context: CommandContext): void {
  program
    .command("demo")
    .description("run a hedged vault through a market on a local twin of mainnet and report what came of it")
    .option(
      "--prices <file>",
      "CSV with a time column and close, or open, high, low and close; default: a simulated market",
    )
    .option(
      "--from <date>",
      "first hour of the file to replay, ISO 8601 in UTC (default: the first in the file)",
      isoTime,
    )
    .option("--hours <number>", `hours to replay (default: ${DEFAULT_HOURS}, or the file's)`, wholeBetween(3, 8_760))
    .option(
      "--steps-per-hour <number>",
      "steps of the market, and ticks of the keeper, an hour; more while prices of a file move fast",
      wholeBetween(1, 60),
      4,
    )
    .option("--deposit <amount>", "USDC that the depositor brings", "1000000")
    .option(
      "--width <factor>",
      "the vault's range is the price times and divided by this",
      between(1.02, 10),
      defaultSettings.rangeWidth,
    )
    .option("--no-fee-gate", "stay in the pool even when fees do not pay for the hedge")
    .addOption(
      new Option("--hedge <venue>", "where the vault is short: a loan, a perpetual, or the cheaper of both")
        .choices(DEMO_HEDGES)
        .default("aave"),
    )
    .option("--gas-price-gwei <number>", "price of gas (default: 2, or 0.1 with GMX)", between(0.01, 2_000))
    .option(
      "--turnover <number>",
      "volume of the pool a day, as a multiple of its value",
      nonNegative,
      DEFAULT_VOLUME.dailyTurnover,
    )
    .option("--seed <number>", `seed of the simulated market (default: ${DEFAULT_SEED})`, wholeBetween(0, 2 ** 32 - 1))
    .option("--speed <hours>", "market hours a second (default: as fast as it goes)", positive)
    .option("--headless", "no dashboard")
    .option("--once", "exit when done, instead of serving the chain until Ctrl-C")
    .option("--json [file]", "write the result as JSON to a file, or to stdout instead of the tables")
    .option("--out <directory>", "where chart and report go", "out")
    .option(
      "--rpc-port <number>",
      "port of the chain's JSON-RPC (default: 8545, or any free one)",
      wholeBetween(0, 65_535),
    )
    .option(
      "--dashboard-port <number>",
      "port of the dashboard (default: 8600, or any free one)",
      wholeBetween(0, 65_535),
    )
    .action(async (options: DemoOptions) => {
      const { runDemo } = await import("../demo/run.ts");
      await runDemo(options, context);
    });
}
