import type { Command } from "commander";
import { Option } from "commander";

import { DEFAULT_OPTION_MARKET } from "../../sdk/sim/monteCarlo/book.ts";
import { MONTH_GRID } from "../../sdk/sim/monteCarlo/kernel.ts";
import type { SimulationSpec } from "../../sdk/sim/monteCarlo/kernel.ts";
import { REALISTIC_VENUE, TABLE_VENUE } from "../../sdk/sim/monteCarlo/venue.ts";
import { EXPERIMENT_MODELS } from "../../sdk/sim/models/priceModel.ts";
import type { ModelKind, PriceModel } from "../../sdk/sim/models/priceModel.ts";
import { nonNegative, positive, wholeBetween } from "../options.ts";

/** What the user says about the market, the position and the run. */
export interface MarketOptions {
  readonly model: ModelKind;
  readonly sigma: number;
  readonly price: number;
  readonly value: number;
  readonly days: number;
  readonly paths: number;
  readonly seed: number;
  readonly workers: number;
  readonly costsOnly?: true;
  readonly perpFee: number;
  readonly gas: number;
  readonly impliedVolatility?: number;
}

/** Volatility that the models of the experiment have, jumps included. */
const MODEL_VOLATILITY = 0.7;
/** Steps of 5 minutes. */
const STEPS_PER_DAY = 288;
const BPS = 10_000;

/** Options that `simulate` and `sweep` share. */
export function addMarketOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--model <name>", "law of the price").choices(Object.keys(EXPERIMENT_MODELS)).default("logOuJumps"),
    )
    .option(
      "--sigma <fraction>",
      "volatility a year, jumps included; fees are at break-even for it",
      positive,
      MODEL_VOLATILITY,
    )
    .option("--price <price>", "price at the start, quote per base", positive, 2_000)
    .option("--value <quote>", "value of the position at the start", positive, 100_000)
    .option("--days <number>", "length of a path", wholeBetween(1, 365), 30)
    .option("--paths <number>", "how many paths", wholeBetween(20, 10_000_000), 1_000)
    .option("--seed <number>", "seed of all random numbers", wholeBetween(0, 2 ** 32 - 1), 1)
    .option("--workers <number>", "worker threads; the result does not depend on it", wholeBetween(0, 256), 2)
    .option("--perp-fee <bps>", "cost of a perp trade, one way", nonNegative, TABLE_VENUE.proportionalCost * BPS)
    .option("--gas <quote>", "cost of a trade whatever its size", nonNegative, TABLE_VENUE.fixedCostQuote)
    .option(
      "--implied-volatility <fraction>",
      "at which options are bought, before the spread (default: --sigma)",
      positive,
    )
    .option("--costs-only", "leave out funding, premium, latency, margin and liquidation");
}

/** The simulation that the options describe, but for ranges and strategies. */
export function toSimulation(options: MarketOptions): Omit<SimulationSpec, "widths" | "strategies"> {
  const venue = options.costsOnly ? TABLE_VENUE : REALISTIC_VENUE;
  const model = scaleModel(EXPERIMENT_MODELS[options.model], options.sigma / MODEL_VOLATILITY);
  return {
    source: { kind: "model", model },
    seed: options.seed,
    grid: { ...MONTH_GRID, steps: options.days * STEPS_PER_DAY },
    positionQuote: options.value,
    startPrice: options.price,
    referenceVolatility: options.sigma,
    venue: { ...venue, proportionalCost: options.perpFee / BPS, fixedCostQuote: options.gas },
    options: { ...DEFAULT_OPTION_MARKET, impliedVolatility: options.impliedVolatility ?? options.sigma },
  };
}

/** The same law with all moves, jumps too, `factor` times as large. */
export function scaleModel(model: PriceModel, factor: number): PriceModel {
  const jumps = (law: { readonly jumpMean: number; readonly jumpDeviation: number }): typeof law => ({
    jumpMean: law.jumpMean * factor,
    jumpDeviation: law.jumpDeviation * factor,
  });
  switch (model.kind) {
    case "gbm":
      return { ...model, volatility: model.volatility * factor };
    case "merton":
      return { ...model, volatility: model.volatility * factor, ...jumps(model) };
    case "logOuJumps":
      return { ...model, baseVolatility: model.baseVolatility * factor, ...jumps(model) };
    case "hestonJumps":
      return {
        ...model,
        meanVariance: model.meanVariance * factor ** 2,
        volOfVariance: model.volOfVariance * factor,
        ...jumps(model),
      };
  }
}
