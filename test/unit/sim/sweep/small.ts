import { DEFAULT_OPTION_MARKET } from "../../../../sdk/sim/monteCarlo/book.ts";
import { REALISTIC_VENUE } from "../../../../sdk/sim/monteCarlo/venue.ts";
import type { SweepGrid } from "../../../../sdk/sim/sweep/sweep.ts";

/** Three days of 5-minute steps of a plain market. */
export const BASE = {
  source: { kind: "model", model: { kind: "gbm", volatility: 0.7 } },
  seed: 3,
  grid: { steps: 864, stepYears: 300 / 31_536_000, paymentSteps: 96 },
  positionQuote: 100_000,
  startPrice: 2_000,
  referenceVolatility: 0.7,
  venue: REALISTIC_VENUE,
  options: DEFAULT_OPTION_MARKET,
} as const;
export const GRID: SweepGrid = {
  widths: [1.27, 1.5],
  stripShares: [0, 1],
  riskAversions: [1e-5, 1e-3],
  hedgeRatios: [1],
};
