import type { HedgedStrategy, Strategy } from "../../sdk/sim/monteCarlo/strategies.ts";
import { EXPERIMENT_STRATEGIES } from "../../sdk/sim/monteCarlo/strategies.ts";
import { REALISTIC_MARGIN, REALISTIC_VENUE } from "../../sdk/sim/monteCarlo/venue.ts";
import type { FundingLaw, MarginRule, VenueModel } from "../../sdk/sim/monteCarlo/venue.ts";
import { EXPERIMENT_MODELS } from "../../sdk/sim/models/priceModel.ts";
import type { SimulationSpec } from "../../sdk/sim/monteCarlo/kernel.ts";
import { TABLE_WIDTH, createSpec } from "./plan.ts";
import type { Run } from "./plan.ts";

/** Binance ETH perpetuals since 2022 alone (4,107 payments), calibrated as HISTORICAL_FUNDING is. */
const FUNDING_SINCE_2022: FundingLaw = {
  mean: 6.3e-5,
  persistence: 0.93,
  deviation: 1.23e-4,
  returnCorrelation: 0.16,
};

const NO_FUNDING: FundingLaw = { mean: 0, persistence: 0, deviation: 0, returnCorrelation: 0 };

const isCompared = ({ name }: Strategy): boolean =>
  ["no hedge", "optimal band", "three-quarter strip + band", "full strip + band", "1.1 strip + band"].includes(name);

function vary(hedgeRatio: number, stripShare: number, riskAversion: number): HedgedStrategy {
  const name = `ratio ${hedgeRatio}, strip ${stripShare}, gamma_A ${riskAversion}`;
  return {
    kind: "hedged",
    name,
    hedgeRatio,
    stripShare,
    rebalance: { kind: "optimalBand", riskAversion },
    lookEverySteps: 12,
  };
}

/** One assumption changed at a time, and the choices that a hedger has, on logOuJumps and the range of the design's table. */
export function planVariantRuns(seed: number, paths: number): readonly Run[] {
  const model = EXPERIMENT_MODELS.logOuJumps;
  const spec: SimulationSpec = {
    ...createSpec({ kind: "model", model }, seed, REALISTIC_VENUE, [TABLE_WIDTH]),
    strategies: EXPERIMENT_STRATEGIES.filter(isCompared),
  };
  const onVenue = (part: Partial<VenueModel>): SimulationSpec => ({ ...spec, venue: { ...REALISTIC_VENUE, ...part } });
  const onMargin = (initial: number, topUpBelow: number, part: Partial<MarginRule> = {}): SimulationSpec =>
    onVenue({ margin: { ...REALISTIC_MARGIN, initial, topUpBelow, ...part } });
  const variants: readonly (readonly [string, SimulationSpec])[] = [
    ["as published", spec],
    ["no funding", onVenue({ funding: NO_FUNDING })],
    ["funding since 2022", onVenue({ funding: FUNDING_SINCE_2022 })],
    ["keeper an hour late", onVenue({ keeperLatencySteps: 12 })],
    ["margin 0.45, top-up below 0.3", onMargin(0.45, 0.3)],
    ["margin 0.35, top-up below 0.25", onMargin(0.35, 0.25)],
    ["margin 0.3, top-up below 0.2", onMargin(0.3, 0.2)],
    ["margin 0.2, top-up below 0.12", onMargin(0.2, 0.12)],
    ["top-up takes a day", onMargin(0.6, 0.4, { topUpLatencySteps: 288 })],
    ["options at 0.8", { ...spec, options: { ...spec.options, impliedVolatility: 0.8 } }],
    ["strikes 200 apart", { ...spec, options: { ...spec.options, strikeSpacing: 0.1 } }],
    ["no jumps", { ...spec, source: { kind: "model", model: { ...model, jumpsPerYear: 0 } as typeof model } }],
    [
      "choices",
      {
        ...spec,
        strategies: [
          ...spec.strategies.slice(0, 1),
          vary(0.9, 0, 1e-3),
          vary(1, 0, 1e-2),
          vary(1, 0.6, 1e-3),
          vary(0.95, 0.75, 1e-3),
          vary(1, 0.75, 1e-4),
          vary(1, 0.9, 1e-3),
          vary(0.95, 1, 1e-3),
          vary(1, 1, 1e-4),
          vary(1, 1.2, 1e-3),
        ],
      },
    ],
  ];
  return variants.map(([model, own]) => ({ model, spec: own, paths }));
}
