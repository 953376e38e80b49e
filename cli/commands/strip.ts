import { InvalidArgumentError } from "commander";
import type { Command } from "commander";

import { computeOptionValueQuote } from "../../sdk/math/blackScholes.ts";
import type { OptionKind } from "../../sdk/math/blackScholes.ts";
import { computeLiquidityForValue, computeLpDeltaBase } from "../../sdk/math/lp.ts";
import type { LpPosition } from "../../sdk/math/lp.ts";
import { computeReplicatingStrip, computeStripResidualQuote } from "../../sdk/math/replication.ts";
import { DAYS_PER_YEAR } from "../../sdk/math/units.ts";
import { InvalidParameterError } from "../../sdk/errors.ts";
import type { CommandContext } from "../context.ts";
import { between, nonNegative, positive, requireGiven, upperPrice, wholeBetween } from "../options.ts";
import { displayNumber, displayPercent } from "../output.ts";

/** A position and the options that are listed; prices in quote per base. */
export interface StripInputs {
  readonly pa: number;
  readonly pb: number;
  readonly price: number;
  /** Worth of the position at `price`. */
  readonly value: number;
  /** Rising. Absent: `count` of them across the range. */
  readonly strikes?: readonly number[];
  readonly count: number;
  readonly sigma: number;
  readonly days: number;
  readonly rate: number;
  /** Part of the position that the options are to carry, 0 to 1. */
  readonly share: number;
}

/** One option to buy: base of it to hold, and its Black–Scholes value as a whole leg [quote]. */
interface ReportedLeg {
  readonly strike: number;
  readonly type: OptionKind;
  readonly weight: number;
  readonly premium: number;
}

/** Options to buy against a position, one a strike, and what they cost and leave. */
export interface StripReport {
  readonly legs: readonly ReportedLeg[];
  /** The same by column. */
  readonly strikes: readonly number[];
  /** Base to hold of the option at each strike. */
  readonly weights: readonly number[];
  readonly types: readonly OptionKind[];
  /** Black–Scholes value of each whole leg [quote]. */
  readonly premiums: readonly number[];
  /** Of all legs [quote]. */
  readonly premium: number;
  readonly premiumFraction: number;
  /** Base to sell forward beside the options. */
  readonly forward: number;
  /** Value that is left at expiry, whatever the price, but for the residual [quote]. */
  readonly constant: number;
  /** Largest gap at expiry between the position and the straight lines of the options, within the outer strikes [quote]. */
  readonly maxResidual: number;
  /** The gap at the edges of the range, where strikes do not reach them; negative = a loss [quote]. */
  readonly residualAtLower: number | null;
  readonly residualAtUpper: number | null;
  readonly delta: number;
  readonly share: number;
}

/** Describes the strip for a position. Throws InvalidParameterError on inputs out of domain. */
export function describeStrip(inputs: StripInputs): StripReport {
  const { price, value, share } = inputs;
  const range = { priceLower: inputs.pa, priceUpper: inputs.pb };
  const position: LpPosition = { liquidity: computeLiquidityForValue(value * share, price, range), ...range };
  const strip = computeReplicatingStrip(position, price, inputs.strikes ?? spreadStrikes(inputs));
  const market = {
    price,
    volatility: inputs.sigma,
    years: inputs.days / DAYS_PER_YEAR,
    ratePerYear: inputs.rate,
    yieldPerYear: 0,
  };
  const legs = strip.legs.map(({ kind, strike, weightBase }) => ({
    strike,
    type: kind,
    weight: weightBase,
    premium: weightBase * computeOptionValueQuote({ kind, strike }, market),
  }));
  const premium = legs.reduce((sum, leg) => sum + leg.premium, 0);
  const residualAt = (edge: number): number | null =>
    edge > 0 && edge < Infinity ? computeStripResidualQuote(position, strip, edge) : null;
  return {
    legs,
    strikes: legs.map((leg) => leg.strike),
    weights: legs.map((leg) => leg.weight),
    types: legs.map((leg) => leg.type),
    premiums: legs.map((leg) => leg.premium),
    premium,
    premiumFraction: premium / value,
    forward: strip.forwardBase,
    constant: strip.constantQuote,
    maxResidual: strip.maxResidualQuote,
    residualAtLower: residualAt(inputs.pa),
    residualAtUpper: residualAt(inputs.pb),
    delta: computeLpDeltaBase(position, price),
    share,
  };
}

/** As many strikes as asked for, evenly in log price from edge to edge. */
function spreadStrikes({ pa, pb, count }: StripInputs): readonly number[] {
  if (!(pa > 0 && pb < Infinity && pa < pb)) {
    throw new InvalidParameterError("strikes", undefined, "be given for a range without edges");
  }
  const step = Math.log(pb / pa) / (count - 1);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? pb : pa * Math.exp(i * step)));
}

function parseStrikes(text: string): readonly number[] {
  const strikes = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const isRising = strikes.every((strike, i) => strike > (strikes[i - 1] ?? 0) && strike < Infinity);
  if (strikes.length < 2 || !isRising) {
    throw new InvalidArgumentError(
      "It must be at least two rising prices with commas between, such as 1500,2000,2500.",
    );
  }
  return strikes;
}

/** `hedgerow strip`: which options on which strikes replicate a position. */
export function addStripCommand(program: Command, context: CommandContext): void {
  program
    .command("strip")
    .description("which options on which strikes offset a liquidity position, what they cost and what they leave")
    .option("--pa <price>", "lower edge of the range, quote per base", nonNegative)
    .option("--pb <price>", "upper edge of the range, quote per base, or inf", upperPrice)
    .option("--price <price>", "price now, quote per base", positive)
    .option("--value <quote>", "value of the position now, in quote", positive)
    .option(
      "--strikes <list>",
      "listed strikes, rising, with commas between (default: --count across the range)",
      parseStrikes,
    )
    .option("--count <number>", "how many strikes across the range when none are listed", wholeBetween(2, 200), 9)
    .option("--sigma <fraction>", "implied volatility a year as a fraction, 0.7 for 70 %", positive)
    .option("--days <number>", "days to expiry", positive)
    .option("--rate <fraction>", "interest rate of the quote a year", between(-0.5, 1), 0)
    .option(
      "--share <fraction>",
      "part of the position that the options are to carry, the rest being hedged otherwise",
      between(0.01, 1),
      1,
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExample:\n  hedgerow strip --pa 1500 --pb 2500 --price 2000 --value 10000 --strikes 1500,1750,2000,2250,2500 --sigma 0.7 --days 30",
    )
    .action((options: StripInputs & { readonly json?: true }) => {
      requireGiven("strip", options, ["pa", "pb", "price", "value", "sigma", "days"]);
      const report = describeStrip(options);
      if (options.json) context.output.json(report);
      else printReport(context, options, report);
    });
}

function printReport({ output }: CommandContext, inputs: StripInputs, report: StripReport): void {
  output.table(
    `Buy against a position of ${displayNumber(inputs.value * inputs.share)} quote in ${inputs.pa} to ${inputs.pb}`,
    [
      { title: "strike", align: "right" },
      { title: "type" },
      { title: "base", align: "right" },
      { title: "premium", align: "right" },
    ],
    report.legs.map(({ strike, type, weight, premium }) => [
      displayNumber(strike),
      type,
      displayNumber(weight, 6),
      displayNumber(premium),
    ]),
  );
  output.pairs("And", [
    [
      "sell forward",
      `${displayNumber(report.forward, 6)} base (the position's delta now is ${displayNumber(report.delta, 6)})`,
    ],
    [
      "premium",
      `${displayNumber(report.premium)} quote, ${displayPercent(report.premiumFraction)} of the position for ${inputs.days} days`,
    ],
    ["left at expiry", `${displayNumber(report.constant)} quote whatever the price, before fees and the premium`],
    [
      "residual",
      `at most ${displayNumber(report.maxResidual)} quote in the position's favour between the outer strikes`,
    ],
  ]);
  const beyond = [report.residualAtLower, report.residualAtUpper].filter(
    (residual) => residual !== null && residual < -0.005,
  );
  if (beyond.length > 0) {
    output.line(
      `\nThe strikes end inside the range: beyond them the options give too little, by ${displayNumber(-Math.min(...(beyond as number[])))} quote at an edge. List strikes at both edges.`,
    );
  }
}
