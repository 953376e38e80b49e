import type { CurveResult } from "../../sdk/sim/backtest/result.ts";
import { formatTime } from "../../sdk/sim/window.ts";
import { displayNumber, displayPercent } from "../output.ts";
import type { Output } from "../output.ts";
import type { BacktestDocument } from "./document.ts";

/** Prints what a backtest found out for people. */
export function printBacktest(output: Output, document: BacktestDocument): void {
  const { result, assumptions, dataRepairs, sources } = document;
  output.pairs("The market", [
    ...sources,
    ["window", `${formatTime(result.from)} to ${formatTime(result.to)}, ${result.bars} bars in ${result.steps} steps`],
    ["price", `${displayNumber(result.priceStart)} to ${displayNumber(result.priceEnd)}`],
  ]);
  output.line();
  for (const sentence of describeOutcome(document)) output.line(sentence);
  printCurves(output, document);
  printAttribution(output, document);
  printRisk(output, document);
  printList(output, "Repairs of the data", dataRepairs);
  printList(output, "Assumptions", assumptions);
}

/** What it earned, against what, by what, and whether it stayed: three or four sentences. */
export function describeOutcome({ result }: BacktestDocument): readonly string[] {
  const { benchmarks, attribution, varianceRemoved } = result;
  const word = result.return >= 0 ? "earned" : "lost";
  const earned =
    `The hedged vault ${word} ${displayPercent(Math.abs(result.return))} in ${displayNumber(result.hours / 24, 1)} days ` +
    `(${displayNumber(result.navStart, 0)} to ${displayNumber(result.navEnd, 0)} quote, ${displayPercent(result.annualised, 1)} a year).`;
  const against =
    `Without a hedge the same deposit made ${displayPercent(benchmarks.unhedged.return)}, ` +
    `held half in base ${displayPercent(benchmarks.hold.return)}, in quote ${displayPercent(benchmarks.cash.return)}.`;
  const removed =
    varianceRemoved === undefined
      ? ""
      : `; ${displayPercent(varianceRemoved, 1)} of the liquidity's variance was hedged away`;
  const money = (value: number): string => displayNumber(value, 0);
  const by =
    `Fees brought ${money(attribution.fees)}, divergence and hedge together ${money(attribution.divergence + attribution.hedge)}, ` +
    `funding ${money(attribution.funding)}, costs ${money(attribution.swapCosts + attribution.gas + attribution.liquidation)}${removed}.`;
  const { exit } = result.actions;
  const left =
    result.risk.timeInPool < 0.99 && exit > 0
      ? [
          `It was in the pool for ${displayPercent(result.risk.timeInPool, 0)} of the time and left it ${exit === 1 ? "once" : `${exit} times`}; ` +
            "where fees do not pay for the hedge the keeper stays out (--no-fee-gate keeps it in).",
        ]
      : [];
  return [earned, against, by, ...left];
}

function printCurves(output: Output, { result }: BacktestDocument): void {
  const row = (name: string, curve: CurveResult): readonly string[] => [
    name,
    displayNumber(curve.navEnd, 0),
    displayPercent(curve.return),
    displayPercent(curve.annualised, 1),
    displayPercent(curve.volatilityAnnual, 1),
    displayPercent(curve.maxDrawdown, 1),
  ];
  const { risk, benchmarks } = result;
  output.table(
    "Results",
    ["", "NAV at the end", "return", "a year", "volatility", "max drawdown"].map((title, i) =>
      i === 0 ? { title } : { title, align: "right" },
    ),
    [
      row("hedged vault", { ...result, volatilityAnnual: risk.volatilityAnnual, maxDrawdown: risk.maxDrawdown }),
      row("same range, no hedge", benchmarks.unhedged),
      row("half base, half quote", benchmarks.hold),
      row("quote only", benchmarks.cash),
    ],
  );
}

/** Name, amount and note of every cause of P&L, the total last. */
export function listCauses({
  result,
}: BacktestDocument): readonly (readonly [name: string, quote: number, note: string])[] {
  const { attribution, costs } = result;
  return [
    ["fees", attribution.fees, "pool fees, valued when earned"],
    ["divergence", attribution.divergence, "price P&L of the liquidity"],
    ["hedge", attribution.hedge, "price P&L of the short and of idle base"],
    ["funding", attribution.funding, "funding or interest, + received"],
    ["idle interest", attribution.idleInterest, "of idle quote"],
    [
      "swap costs",
      attribution.swapCosts,
      `swaps ${displayNumber(costs.swaps, 0)}, venue ${displayNumber(costs.venueFees, 0)}`,
    ],
    ["gas", attribution.gas, `${result.risk.trades} transactions`],
    ["liquidation", attribution.liquidation, `${result.actions.liquidations} of them`],
    ["total", attribution.total, `unexplained ${displayNumber(attribution.unexplained, 6)}`],
  ];
}

function printAttribution(output: Output, document: BacktestDocument): void {
  const { navStart } = document.result;
  output.table(
    "Where it came from, in quote",
    [{ title: "" }, { title: "P&L", align: "right" }, { title: "bp of NAV", align: "right" }, { title: "" }],
    listCauses(document).map(([name, quote, note]) => [
      name,
      `${quote > 0 ? "+" : ""}${displayNumber(quote)}`,
      displayNumber((quote / navStart) * 10_000, 1),
      note,
    ]),
  );
}

/** Names and values of the risk report. */
export function listRisk({ result }: BacktestDocument): readonly (readonly [name: string, value: string])[] {
  const { risk, actions } = result;
  const unknown = (days: string): string => `not known from ${risk.days} days (needs ${days})`;
  const tail = (value: number | undefined, shortfall: number | undefined, days: string): string =>
    value === undefined || shortfall === undefined
      ? unknown(days)
      : `${displayPercent(value)}, beyond it ${displayPercent(shortfall)} on average`;
  const { forecastTests } = risk;
  return [
    ["worst hour", `${displayPercent(risk.worstHour.fraction)}, ending ${formatTime(risk.worstHour.timestamp)}`],
    ["day's loss, 95 %", tail(risk.var95, risk.es95, "20")],
    ["day's loss, 99 %", tail(risk.var99, risk.es99, "100")],
    [
      "Kupiec test, 95 %",
      forecastTests === undefined
        ? unknown("120")
        : `${forecastTests.exceptions} of ${forecastTests.forecasts} days beyond the forecast, ${displayNumber(forecastTests.expectedExceptions, 1)} expected; p ${displayNumber(forecastTests.pValue, 3)} for the count (Kupiec), ${displayNumber(forecastTests.independencePValue, 3)} for clusters (Christoffersen)`,
    ],
    ["lowest health", risk.minHealth === undefined ? "no short" : displayNumber(risk.minHealth, 3)],
    ["in the pool", displayPercent(risk.timeInPool, 1)],
    ["in range", risk.timeInRange === undefined ? "never placed" : `${displayPercent(risk.timeInRange, 1)} of that`],
    ["outside band", `${displayPercent(risk.timeOutsideBand)} of ${result.decisions} looks`],
    [
      "transactions",
      `${risk.trades}: ${actions.hedge} hedge, ${actions.recentre} recentre, ${actions.deleverage} deleverage, ${actions.exit} exit, ${actions.reconcile} reconcile`,
    ],
    ["liquidations", String(actions.liquidations)],
    ["turnover", `${displayNumber(risk.turnover, 1)} times the deposit`],
  ];
}

function printRisk(output: Output, document: BacktestDocument): void {
  output.pairs("Risk", listRisk(document));
}

function printList(output: Output, heading: string, sentences: readonly string[]): void {
  if (sentences.length === 0) return;
  output.line();
  output.line(heading);
  for (const sentence of sentences) output.line(`  - ${sentence}`);
}
