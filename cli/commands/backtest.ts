import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";

import { defaultSettings } from "../../sdk/policy/settings.ts";
import { DEFAULT_REPAIR } from "../../sdk/sim/data/repair.ts";
import { DEFAULT_DAILY_TURNOVER, DEFAULT_POOL_VALUE_QUOTE, DEFAULT_STEPS_PER_BAR } from "../backtest/options.ts";
import type { BacktestOptions } from "../backtest/options.ts";
import type { CommandContext } from "../context.ts";
import { between, isoTime, nonNegative, positive, requireGiven, widthOrAuto, wholeBetween } from "../options.ts";

/** `hedgerow backtest`: the keeper's policy over a file of prices. */
export function addBacktestCommand(program: Command, context: CommandContext): void {
  program
    .command("backtest")
    .description("run the keeper's policy over prices of the past and report what it earned, against what, and by what")
    .option("--prices <file>", "candles, CSV or Parquet: a time column and close, or open, high, low and close")
    .option("--funding <file>", "funding payments of the perpetual, CSV or Parquet: time and rate a payment")
    .option("--events <file>", "Swap, Mint, Burn and Collect events of the pool, for the fees it really paid")
    .option("--from <date>", "first bar, ISO 8601 in UTC (default: the first in the file)", isoTime)
    .option("--to <date>", "end of the last bar (default: the last in the file)", isoTime)
    .option("--deposit <amount>", "quote that the vault begins with", positive, 100_000)
    .option(
      "--width <factor>",
      'range: price times and divided by this, or "auto"',
      widthOrAuto,
      defaultSettings.rangeWidth,
    )
    .option("--no-fee-gate", "stay in the pool even when fees do not pay for the hedge")
    .addOption(new Option("--venue <name>", "where the short is held").choices(["perp", "aave"]).default("perp"))
    .option("--fee-tier <bps>", "fee of the pool in basis points", between(0, 1_000), 5)
    .option("--fee-apr <fraction>", "fees of the range a year instead of a model of volume, 0.25 = 25 %", nonNegative)
    .option(
      "--daily-turnover <number>",
      `volume of the pool a day, as a multiple of its value (default: ${DEFAULT_DAILY_TURNOVER})`,
      nonNegative,
    )
    .option(
      "--pool-value <quote>",
      `liquidity of the others, worth this as a range of x1.5 either way (default: ${DEFAULT_POOL_VALUE_QUOTE}, or what the events show)`,
      positive,
    )
    .addOption(
      new Option("--base-token <name>", "which token of the events is the base")
        .choices(["token0", "token1"])
        .default("token1"),
    )
    .option("--base-decimals <number>", "decimals of the base in the events", wholeBetween(0, 36), 18)
    .option("--quote-decimals <number>", "decimals of the quote in the events", wholeBetween(0, 36), 6)
    .option("--gas-price-gwei <number>", "price of gas, paid in base", between(0, 10_000), 2)
    .option("--latency <seconds>", "from a decision to its execution", between(0, 86_400), 12)
    .option("--perp-fee <bps>", "fee of the perpetual in basis points", between(0, 1_000), 5)
    .option("--maintenance <fraction>", "maintenance margin of the perpetual", between(0, 0.5), 0.01)
    .option(
      "--funding-rate <fraction>",
      "funding a year when there is no file, + received by the short",
      between(-5, 5),
    )
    .option("--borrow-rate <fraction>", "interest of the loan a year", between(0, 5), 0.025)
    .option("--supply-rate <fraction>", "interest of its collateral a year", between(0, 5), 0.03)
    .option("--liquidation-threshold <fraction>", "of the loan's collateral", between(0.05, 1), 0.78)
    .option(
      "--target-health <number>",
      "health that a position is built for",
      between(1, 100),
      defaultSettings.targetHealth,
    )
    .option("--min-health <number>", "health under which it is reduced", between(1, 100), defaultSettings.minHealth)
    .option(
      "--risk-aversion <number>",
      "relative risk aversion behind the band",
      positive,
      defaultSettings.relativeRiskAversion,
    )
    .option(
      "--recentre-at <fraction>",
      "part of the way to the range's edge at which it is placed anew",
      between(0.05, 1),
      defaultSettings.recentreAt,
    )
    .option("--idle-rate <fraction>", "what idle quote earns a year", between(-0.5, 1), 0)
    .option("--volatility <fraction>", "annual volatility believed before the first bar", positive, 0.7)
    .option(
      "--reopen-after <hours>",
      "hours after a liquidation until the vault works again (default: never)",
      nonNegative,
    )
    .option(
      "--steps-per-bar <number>",
      "steps of the market, and looks of the keeper, in a quiet bar; more in one that moves far",
      wholeBetween(1, 3_600),
      DEFAULT_STEPS_PER_BAR,
    )
    .option(
      "--repair [hours]",
      `sort rows, drop copies, fill gaps up to this long (default: ${DEFAULT_REPAIR.maxGapHours}), and list it`,
      repairHours,
    )
    .option("--json [file]", 'write the result as JSON to a file, or ("-" or no name) to stdout instead of the tables')
    .option("--series", "put the curves into the JSON as well")
    .option("--report <file>", "write a report as one HTML file")
    .option("--csv <file>", "write the curves as CSV, a row a bar")
    .action(async (options: BacktestOptions) => {
      requireGiven("backtest", options, ["prices"]);
      const { runBacktest } = await import("../backtest/run.ts");
      await runBacktest(options, context);
    });
}

function repairHours(value: string): number {
  const hours = Number(value);
  if (value.trim() !== "" && hours >= 0 && hours <= 720) return hours;
  throw new InvalidArgumentError("It must be a number of hours from 0 to 720.");
}
