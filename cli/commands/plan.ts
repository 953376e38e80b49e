import type { Command } from "commander";

import { defaultSettings } from "../../sdk/policy/settings.ts";
import type { CommandContext } from "../context.ts";
import { between, listOf, nonNegative, positive, rangeWidth, requireGiven, widthOrAuto } from "../options.ts";
import { displayNumber, displayPercent } from "../output.ts";
import { describePlan } from "../plan/describe.ts";
import type { PlanInputs, PlanReport } from "../plan/describe.ts";

const { feeGate } = defaultSettings;

/** `hedgerow plan`: should liquidity be provided here at all, and how. */
export function addPlanCommand(program: Command, context: CommandContext): void {
  program
    .command("plan")
    .description(
      "whether a pool pays for its hedge: expected fees against break-even, the range, the short and the band",
    )
    .option("--price <price>", "price now, quote per base", positive)
    .option("--value <quote>", "what would be invested, margin included", positive)
    .option("--sigma <fraction>", "volatility a year as a fraction, 0.7 for 70 %", positive)
    .option("--fee-tier <bps>", "fee of the pool in basis points", between(0, 1_000), 5)
    .option("--volume <quote>", "volume of the pool a day", nonNegative)
    .option("--pool-value <quote>", "value of the others' liquidity, as if all of it were one range", positive)
    .option("--pool-width <factor>", "that range: price times and divided by this", rangeWidth, 1.5)
    .option("--fee-apr <fraction>", "what the range earns a year, in place of --volume and --pool-value", nonNegative)
    .option("--width <factor>", 'the range: price times and divided by this, or "auto"', widthOrAuto, "auto")
    .option("--widths <list>", "other ranges to compare with", listOf(rangeWidth), [1.1, 1.27, 1.5, 2, 3])
    .option(
      "--carry <fraction>",
      "net cost of the short a year: funding or interest, + paid",
      between(-5, 5),
      feeGate.carryPriorPerYear,
    )
    .option("--gas <quote>", "cost of a transaction of the keeper", nonNegative, 1)
    .option(
      "--risk-aversion <number>",
      "relative risk aversion behind the band",
      positive,
      defaultSettings.relativeRiskAversion,
    )
    .option("--margin-factor <fraction>", "how far margin counts: Aave's liquidation threshold", between(0.05, 1), 0.78)
    .option(
      "--margin-rate <fraction>",
      "what the margin could earn elsewhere a year",
      between(-0.5, 1),
      feeGate.marginRatePerYear,
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExample:\n  hedgerow plan --price 2000 --value 100000 --sigma 0.6 --volume 60000000 --pool-value 100000000",
    )
    .action((options: PlanInputs & { readonly json?: true }) => {
      requireGiven("plan", options, ["price", "value", "sigma"]);
      const report = describePlan(options);
      if (options.json) context.output.json(report);
      else printReport(context, options, report);
    });
}

function printReport({ output }: CommandContext, inputs: PlanInputs, report: PlanReport): void {
  const { position, hedge, band, costs } = report;
  const percent = (fraction: number): string => displayPercent(fraction, 1);
  output.line(
    report.verdict === "enter"
      ? `Yes: fees of ${percent(report.feeApr)} a year are expected, ${percent(report.breakEvenApr)} are needed.`
      : `No: fees of ${percent(report.feeApr)} a year are expected; ${percent(report.enterAboveApr)} are needed to begin, ${percent(report.breakEvenApr)} to break even.`,
  );
  output.pairs(`Break-even, fractions of the position a year at a volatility of ${percent(inputs.sigma)}`, [
    ["loss to arbitrage (LVR)", percent(costs.lvr)],
    ["hedge trades", percent(costs.rebalancing)],
    ["carry of the short", percent(costs.funding)],
    ["margin tied up", percent(costs.margin)],
    ["moving the range", percent(costs.recentring)],
    ["in all", `${percent(report.breakEvenApr)}; once in, leave below ${percent(report.leaveBelowApr)}`],
    ["left", `${percent(report.netApr)} of the position, ${percent(report.netAprOnValue)} of what is invested`],
  ]);
  output.pairs(`Position from ${displayNumber(inputs.value)} quote`, [
    ["range", `${displayNumber(position.pa)} to ${displayNumber(position.pb)} (×/÷ ${displayNumber(report.width, 3)})`],
    ["liquidity", `${displayNumber(position.value)} quote`],
    ["short", `${displayNumber(hedge.shortBase, 4)} base with ${displayNumber(hedge.margin)} quote of margin`],
    ["health", `built for ${displayNumber(hedge.targetHealth)}, topped up under ${displayNumber(hedge.minHealth)}`],
    [
      "band",
      `trade beyond ${displayNumber(band.trigger, 4)} base of net delta, back to ${displayNumber(band.target, 4)}; ${displayNumber(band.tradesPerYear, 0)} trades a year`,
    ],
  ]);
  output.table(
    "Ranges compared",
    [
      { title: "range", align: "right" },
      { title: "fees", align: "right" },
      { title: "LVR", align: "right" },
      { title: "break-even", align: "right" },
      { title: "left", align: "right" },
    ],
    report.widths.map((row) => [
      `×/÷ ${displayNumber(row.width, 3)}`,
      percent(row.feeApr),
      percent(row.costs.lvr),
      percent(row.breakEvenApr),
      percent(row.netApr),
    ]),
  );
}
