import type { Command } from "commander";

import { computeOptimalBand } from "../../sdk/math/bands.ts";
import {
  computeDivergenceLossPercent,
  computeLiquidityForValue,
  computeLpAmounts,
  computeLpDeltaBase,
  computeLpGamma,
  computeLpValueQuote,
} from "../../sdk/math/lp.ts";
import type { LpPosition } from "../../sdk/math/lp.ts";
import { computeLvrQuotePerYear } from "../../sdk/math/lvr.ts";
import type { CommandContext } from "../context.ts";
import { nonNegative, positive, requireGiven, upperPrice } from "../options.ts";
import { displayNumber, displayPercent } from "../output.ts";

/** What the user says about a position; prices in quote per base. */
export interface PositionInputs {
  readonly pa: number;
  readonly pb: number;
  readonly price: number;
  /** Worth of the position when it was opened, at `entry`. */
  readonly value: number;
  readonly sigma: number;
  /** Price at which it was opened; absent: `price`. */
  readonly entry?: number;
  readonly lambda: number;
  readonly gas: number;
  readonly impact: number;
  readonly riskAversion: number;
}

/** The no-trade band; trigger and target are null where the exposure stands still, outside of the range. */
export interface PositionBand {
  readonly trigger: number | null;
  readonly target: number | null;
  readonly tradesPerYear: number;
  readonly costPerYear: number;
}

/** Everything the library knows about a position, in human units. */
export interface PositionReport {
  readonly liquidity: number;
  readonly value: number;
  readonly valueAtEntry: number;
  readonly baseAmount: number;
  readonly quoteAmount: number;
  readonly delta: number;
  readonly gamma: number;
  readonly divergenceLossPercent: number;
  readonly lvrPerYear: number;
  readonly lvrFractionPerYear: number;
  readonly band: PositionBand;
}

/** Defaults of the band's costs: a 0.05 % pool, a dollar of gas a trade, 1e-4 of absolute risk aversion a quote unit. */
const BAND_DEFAULTS = { lambda: 5e-4, gas: 1, impact: 0, riskAversion: 1e-4 } as const;

/** Describes a position at a price. Throws InvalidParameterError on inputs out of domain. */
export function describePosition(inputs: PositionInputs): PositionReport {
  const { price, sigma } = inputs;
  const entry = inputs.entry ?? price;
  const range = { priceLower: inputs.pa, priceUpper: inputs.pb };
  const liquidity = computeLiquidityForValue(inputs.value, entry, range);
  const position: LpPosition = { liquidity, ...range };
  const value = computeLpValueQuote(position, price);
  const lvrPerYear = computeLvrQuotePerYear(position, price, sigma);
  return {
    liquidity,
    value,
    valueAtEntry: inputs.value,
    ...computeLpAmounts(position, price),
    delta: computeLpDeltaBase(position, price),
    gamma: computeLpGamma(position, price),
    divergenceLossPercent: computeDivergenceLossPercent(position, entry, price),
    lvrPerYear,
    lvrFractionPerYear: value > 0 ? lvrPerYear / value : 0,
    band: describeBand(position, inputs),
  };
}

function describeBand(position: LpPosition, inputs: PositionInputs): PositionBand {
  const gamma = computeLpGamma(position, inputs.price);
  // The exposure stands still: nothing to trade, and no width that would be better than another.
  if (gamma === 0) return { trigger: null, target: null, tradesPerYear: 0, costPerYear: 0 };
  const band = computeOptimalBand({
    gamma,
    price: inputs.price,
    volatility: inputs.sigma,
    riskAversion: inputs.riskAversion,
    fixedCostQuote: inputs.gas,
    proportionalCost: inputs.lambda,
    impactQuotePerBaseSquared: inputs.impact,
  });
  return {
    trigger: band.triggerBase,
    target: band.targetBase,
    tradesPerYear: band.tradesPerYear,
    costPerYear: band.costQuotePerYear,
  };
}

/** `hedgerow position`: the mathematics of one position, without any chain. */
export function addPositionCommand(program: Command, context: CommandContext): void {
  program
    .command("position")
    .description("describe a liquidity position: value, delta, gamma, divergence loss, LVR and the best no-trade band")
    .option("--pa <price>", "lower edge of the range, quote per base (0 with --pb inf is the full range)", nonNegative)
    .option("--pb <price>", "upper edge of the range, quote per base, or inf", upperPrice)
    .option("--price <price>", "price now, quote per base", positive)
    .option("--value <quote>", "value of the position when it was opened, in quote", positive)
    .option("--sigma <fraction>", "volatility a year as a fraction, 0.7 for 70 %", positive)
    .option("--entry <price>", "price at which it was opened (default: the price now)", positive)
    .option(
      "--lambda <fraction>",
      "cost of a hedge trade, one way, as a fraction of its size",
      nonNegative,
      BAND_DEFAULTS.lambda,
    )
    .option("--gas <quote>", "cost of a hedge trade whatever its size, in quote", nonNegative, BAND_DEFAULTS.gas)
    .option("--impact <quote>", "further cost a squared base unit traded, in quote", nonNegative, BAND_DEFAULTS.impact)
    .option("--risk-aversion <number>", "absolute risk aversion, 1/quote", positive, BAND_DEFAULTS.riskAversion)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExample:\n  hedgerow position --pa 1500 --pb 2500 --price 2200 --entry 2000 --value 10000 --sigma 0.7",
    )
    .action((options: PositionInputs & { readonly json?: true }) => {
      requireGiven("position", options, ["pa", "pb", "price", "value", "sigma"]);
      const report = describePosition(options);
      if (options.json) context.output.json(report);
      else printReport(context, options, report);
    });
}

function printReport({ output }: CommandContext, inputs: PositionInputs, report: PositionReport): void {
  const { band } = report;
  output.pairs(`Range ${inputs.pa} to ${inputs.pb} at ${inputs.price}`, [
    ["liquidity", displayNumber(report.liquidity, 4)],
    ["value", `${displayNumber(report.value)} quote (${displayNumber(report.valueAtEntry)} at entry)`],
    ["holds", `${displayNumber(report.baseAmount, 6)} base and ${displayNumber(report.quoteAmount)} quote`],
    ["delta", `${displayNumber(report.delta, 6)} base`],
    ["gamma", `${displayNumber(report.gamma, 8)} base per unit of price`],
    ["divergence loss", `${displayNumber(report.divergenceLossPercent, 4)} % against holding the amounts at entry`],
    [
      "LVR",
      `${displayNumber(report.lvrPerYear)} quote a year, ${displayPercent(report.lvrFractionPerYear)} of the value`,
    ],
  ]);
  if (band.trigger === null || band.target === null) {
    output.pairs("No-trade band", [
      ["none", "outside of its range the exposure does not change: close the drift once"],
    ]);
    return;
  }
  output.pairs("No-trade band", [
    ["trigger", `${displayNumber(band.trigger, 4)} base: trade when the net delta is beyond it`],
    ["target", `${displayNumber(band.target, 4)} base: trade back to it`],
    ["trades", `${displayNumber(band.tradesPerYear, 1)} a year, ${displayNumber(band.costPerYear)} quote a year`],
  ]);
}
