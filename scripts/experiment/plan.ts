import { DEFAULT_OPTION_MARKET } from "../../sdk/sim/monteCarlo/book.ts";
import type { HistoryWindows } from "../../sdk/sim/monteCarlo/history.ts";
import { MONTH_GRID } from "../../sdk/sim/monteCarlo/kernel.ts";
import type { SimulationSpec } from "../../sdk/sim/monteCarlo/kernel.ts";
import type { MarketSource } from "../../sdk/sim/monteCarlo/market.ts";
import { EXPERIMENT_STRATEGIES } from "../../sdk/sim/monteCarlo/strategies.ts";
import { REALISTIC_VENUE, TABLE_VENUE } from "../../sdk/sim/monteCarlo/venue.ts";
import type { VenueModel } from "../../sdk/sim/monteCarlo/venue.ts";
import { EXPERIMENT_MODELS } from "../../sdk/sim/models/priceModel.ts";
import type { ModelKind } from "../../sdk/sim/models/priceModel.ts";

export const WIDTHS = [1.1, 1.27, 1.5, 2] as const;
export const TABLE_WIDTH = 1.27;

/** One simulation of the experiment; `model` names its rows. */
export interface Run {
  readonly model: string;
  readonly spec: SimulationSpec;
  readonly paths: number;
}

/** The position of the experiment on one market: 100,000 at a price of 2,000 for 30 days of 5-minute steps. */
export function createSpec(
  source: MarketSource,
  seed: number,
  venue: VenueModel = REALISTIC_VENUE,
  widths: readonly number[] = WIDTHS,
): SimulationSpec {
  return {
    source,
    seed,
    grid: MONTH_GRID,
    positionQuote: 100_000,
    startPrice: 2_000,
    referenceVolatility: 0.7,
    venue,
    options: DEFAULT_OPTION_MARKET,
    widths,
    strategies: EXPERIMENT_STRATEGIES,
  };
}

/** The runs on models: first the design's own table, without funding, premium and margin, then all models with them. */
export function planModelRuns(seed: number, paths: number): readonly Run[] {
  const logOu: MarketSource = { kind: "model", model: EXPERIMENT_MODELS.logOuJumps };
  const models = Object.keys(EXPERIMENT_MODELS) as ModelKind[];
  return [
    { model: "logOuJumps, costs only", spec: createSpec(logOu, seed, TABLE_VENUE, [TABLE_WIDTH]), paths },
    ...models.map((kind) => ({
      model: kind,
      spec: createSpec({ kind: "model", model: EXPERIMENT_MODELS[kind] }, seed),
      paths,
    })),
  ];
}

/** The runs on the record: with the fees of the models, and with fees that follow the volatility before each window. */
export function planHistoryRuns({ market, starts }: HistoryWindows, seed: number): readonly Run[] {
  const spec = createSpec(market, seed);
  return [
    { model: "history", spec, paths: starts.length },
    { model: "history, fees follow volatility", spec: { ...spec, feesFollowQuote: true }, paths: starts.length },
  ];
}
