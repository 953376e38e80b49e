import { simulatePath } from "../../sdk/sim/path.ts";
import { readPrices } from "../../sdk/sim/prices.ts";
import { computePathSteps, computeWindowSteps } from "../../sdk/sim/steps.ts";
import type { PriceStep } from "../../sdk/sim/steps.ts";
import { HOUR_SECONDS, selectWindow } from "../../sdk/sim/window.ts";
import type { PriceWindow } from "../../sdk/sim/window.ts";
import { DEFAULT_HOURS, DEFAULT_SEED } from "./options.ts";
import type { DemoOptions } from "./options.ts";
import { UsageError } from "../errors.ts";
import type { DemoSetup } from "./result.ts";

/** When the simulated market begins: 2026-01-01, so that every run is the same. */
const SIMULATION_START = 1_767_225_600;

/** The prices to replay. */
export interface DemoMarket {
  readonly source: DemoSetup["source"];
  readonly window: PriceWindow;
  readonly start: PriceStep;
  readonly steps: readonly PriceStep[];
}

/**
 * Reads or simulates the market that the options ask for.
 *
 * Throws {@link UsageError} on options that contradict each other, and what {@link readPrices} and {@link selectWindow} throw.
 */
export function prepareMarket(
  options: Pick<DemoOptions, "prices" | "from" | "hours" | "seed" | "stepsPerHour">,
): DemoMarket {
  if (options.prices === undefined) return simulate(options);
  if (options.seed !== undefined)
    throw new UsageError("--seed belongs to the simulated market. Leave it or --prices out.");
  const bars = readPrices(options.prices);
  const window = selectWindow(bars, { from: options.from, hours: options.hours, defaultHours: DEFAULT_HOURS });
  return {
    source: { kind: "file", file: options.prices },
    window,
    start: { timestamp: window.fromTimestamp, price: window.startPrice },
    steps: computeWindowSteps(window, options.stepsPerHour),
  };
}

function simulate(options: Pick<DemoOptions, "from" | "hours" | "seed" | "stepsPerHour">): DemoMarket {
  if (options.from !== undefined) throw new UsageError("--from chooses from a file. Give one with --prices FILE.csv.");
  const seed = options.seed ?? DEFAULT_SEED;
  const hours = options.hours ?? DEFAULT_HOURS;
  const path = simulatePath({ seed, hours, startTimestamp: SIMULATION_START });
  const startPrice = path.bars[0]?.open ?? Number.NaN;
  const series = { bars: path.bars, barSeconds: HOUR_SECONDS, filledBars: 0 };
  return {
    source: { kind: "model", seed },
    window: { ...series, fromTimestamp: SIMULATION_START, startPrice, hours },
    start: { timestamp: SIMULATION_START, price: startPrice },
    steps: computePathSteps(path, options.stepsPerHour),
  };
}
