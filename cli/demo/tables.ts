import type { CurveSummary } from "../../sdk/sim/series.ts";
import { displayNumber, displayPercent } from "../output.ts";
import type { Output } from "../output.ts";
import type { DemoResult } from "./result.ts";

/** Prints what the demo found out for people. */
export function printResult(output: Output, result: DemoResult): void {
  const { units, window, market } = result;
  const source = window.source.kind === "file" ? window.source.file : `simulated market, seed ${window.source.seed}`;
  const money = (value: number, places = 2): string => `${value > 0 ? "+" : ""}${displayNumber(value, places)}`;

  output.pairs("The market", [
    ["prices", source],
    [
      "window",
      `${window.from} to ${window.to}, ${window.hours} hours in ${window.steps} steps${describeFilled(window.filledBars)}`,
    ],
    [
      "price",
      `${displayNumber(market.priceStart)} to ${displayNumber(market.priceEnd)} ${units.quote}, between ${displayNumber(market.priceLow)} and ${displayNumber(market.priceHigh)}`,
    ],
    ["volatility", `${displayPercent(market.realisedVolatility, 1)} a year, realised`],
    ["fee income", `${displayPercent(result.fees.aprOfLiquidity, 1)} of the liquidity a year`],
  ]);

  const row = (name: string, curve: CurveSummary): readonly string[] => [
    name,
    displayNumber(curve.capitalQuote, 0),
    money(curve.pnlQuote),
    displayPercent(curve.returnFraction),
    displayNumber(curve.deviationQuote),
    displayPercent(curve.volatilityAnnual, 1),
    displayNumber(curve.maxDrawdownQuote),
  ];
  output.table(
    `Results in ${units.quote}`,
    [
      { title: "" },
      { title: "capital", align: "right" },
      { title: "P&L", align: "right" },
      { title: "return", align: "right" },
      { title: "sd an hour", align: "right" },
      { title: "volatility", align: "right" },
      { title: "max drawdown", align: "right" },
    ],
    [
      row("hedged vault", result.vault),
      row("same liquidity, no hedge", result.unhedged),
      row("holding its tokens", result.hold),
    ],
  );
  output.line(
    `The hedge removed ${displayPercent(result.varianceRemoved)} of the variance of the liquidity's hourly P&L.`,
  );

  const { attribution, attributionDetail: detail } = result;
  const bps = (value: number): string => displayNumber((value / result.nav.start) * 10_000, 1);
  const part = (name: string, value: number, note: string): readonly string[] => [name, money(value), bps(value), note];
  output.table(
    `Where the P&L came from, in ${units.quote}`,
    [{ title: "" }, { title: "P&L", align: "right" }, { title: "bp of NAV", align: "right" }, { title: "" }],
    [
      part("fees", attribution.fees, "pool fees, valued when earned"),
      part(
        "divergence",
        attribution.divergence,
        `base held ${money(detail.divergence.inventory, 0)}, convexity ${money(detail.divergence.convexity, 0)}`,
      ),
      part(
        "hedge",
        attribution.hedge,
        `short ${money(detail.hedge.short, 0)}, idle ${units.base} ${money(detail.hedge.heldBase, 0)}`,
      ),
      part(
        "interest",
        attribution.interest,
        `earned ${money(detail.interest.earned, 0)}, paid ${money(detail.interest.paid, 0)}`,
      ),
      part("swap costs", attribution.swapCosts, "fees and impact of the keeper's trades"),
      part("gas", attribution.gas, `${displayNumber(result.gas.used, 0)} gas at ${result.gas.priceGwei} gwei`),
      part(
        "total",
        attribution.total,
        `change of NAV ${money(result.navChange)}, unexplained ${displayNumber(result.unexplained, 6)}`,
      ),
    ],
  );

  const { rebalances, ticks } = result;
  const kinds = Object.entries(rebalances.byDecision).map(([decision, count]) => `${count} ${decision}`);
  output.pairs("The keeper", [
    ["ticks", `${ticks.total}, of which ${ticks.skipped} skipped and ${ticks.failed} failed`],
    ["transactions", `${rebalances.sent} sent (${kinds.join(", ") || "none"}), ${rebalances.reverted} reverted`],
    ["outside band", `at most ${result.maxTicksOutsideBand} ticks in a row`],
    [
      "largest short",
      result.shorts.map(({ venue, base }) => `${venue} ${displayNumber(base)} ${units.base}`).join(", ") || "nothing",
    ],
    ["lowest health", result.minHealth === null ? "no debt" : displayNumber(result.minHealth, 3)],
    ["NAV", `${displayNumber(result.nav.start)} to ${displayNumber(result.nav.end)} ${units.quote}`],
  ]);
  for (const complaint of result.complaints) output.note(`keeper: ${complaint}`);
}

function describeFilled(bars: number): string {
  return bars === 0 ? "" : `, ${bars} bars without a price`;
}
