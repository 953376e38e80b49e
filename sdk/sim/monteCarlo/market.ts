import { InvalidParameterError } from "../../errors.ts";
import { createPathGenerator } from "../models/generator.ts";
import type { PriceModel } from "../models/priceModel.ts";
import { createRandomStream } from "../models/stream.ts";
import type { FundingLaw, PremiumLaw, VenueModel } from "./venue.ts";

/** A recorded market and the windows of it that are the paths. */
export interface HistoryMarket {
  readonly kind: "history";
  /** Natural logarithm of the price at every step of the record. */
  readonly logPrices: Float64Array;
  /** Funding rate that is due at step i·paymentSteps of the record. */
  readonly fundingRates: Float64Array;
  /** Step with which each window starts, a multiple of paymentSteps. */
  readonly starts: Int32Array;
  /** Volatility at which each window's options are quoted when they are bought. */
  readonly impliedVolatilities: Float64Array;
}

export interface ModelMarket {
  readonly kind: "model";
  readonly model: PriceModel;
}

export type MarketSource = ModelMarket | HistoryMarket;

export interface Grid {
  readonly steps: number;
  readonly stepYears: number;
  /** Steps between two funding payments. */
  readonly paymentSteps: number;
}

/** Buffers overwritten by every path; all but `fundingRates` have a value a step. */
export interface Market {
  readonly logReturns: Float64Array;
  readonly volatilities: Float64Array;
  readonly premiums: Float64Array;
  /** Rate of each payment; payment i is due after step (i + 1)·paymentSteps. */
  readonly fundingRates: Float64Array;
  /** Overwrites the buffers; returns the volatility at which this path's options are quoted. */
  load(seed: number, path: number): number;
}

/**
 * A market on a grid. Of a recorded one, path i is window i, and the seed rules its premium alone. What the venue does not have stays 0.
 *
 * `load` throws InvalidParameterError on a window that does not exist, the constructor on a model or grid out of domain.
 *
 * @example
 * const market = createMarket({ kind: "model", model: { kind: "gbm", volatility: 0.7 } }, MONTH_GRID, TABLE_VENUE, 0.7);
 * market.load(1, 0);
 * market.logReturns.at(-1); // ln of what the price did in the first month of seed 1
 */
export function createMarket(source: MarketSource, grid: Grid, venue: VenueModel, impliedVolatility: number): Market {
  const { steps, stepYears, paymentSteps } = grid;
  const premiums = new Float64Array(steps + 1);
  const fundingRates = new Float64Array(Math.floor(steps / paymentSteps));
  const shocks = new Float64Array(fundingRates.length);
  const stepsPerHour = Math.max(1, Math.round(1 / (8_760 * stepYears)));
  const hourly = new Float64Array(Math.ceil(steps / stepsPerHour) + 1);
  const loadPremium = (seed: number, path: number): void => {
    if (venue.premium === undefined) return;
    createRandomStream(seed, path, "premium").fillNormals(hourly);
    fillPremiums(venue.premium, stepsPerHour, hourly, premiums);
  };

  if (source.kind === "history") {
    const logReturns = new Float64Array(steps + 1);
    const load = (seed: number, path: number): number => {
      const start = source.starts[path];
      if (start === undefined) throw new InvalidParameterError("path", path, "be the number of a window");
      const startLog = source.logPrices[start]!;
      for (let i = 0; i <= steps; i++) logReturns[i] = source.logPrices[start + i]! - startLog;
      if (venue.funding !== undefined) {
        const first = start / paymentSteps + 1;
        fundingRates.set(source.fundingRates.subarray(first, first + fundingRates.length));
      }
      loadPremium(seed, path);
      return source.impliedVolatilities[path]!;
    };
    // Within a recorded bar the path visits both extremes: nothing is added for what lies between the steps.
    return { logReturns, volatilities: new Float64Array(steps), premiums, fundingRates, load };
  }
  const generator = createPathGenerator(source.model, steps, stepYears);
  const { logReturns, volatilities } = generator;
  const load = (seed: number, path: number): number => {
    generator.generate(seed, path);
    if (venue.funding !== undefined) {
      createRandomStream(seed, path, "funding").fillNormals(shocks);
      fillFunding(venue.funding, grid, { shocks, logReturns, volatilities }, fundingRates);
    }
    loadPremium(seed, path);
    return impliedVolatility;
  };
  return { logReturns, volatilities, premiums, fundingRates, load };
}

/** A jump is many deviations; the rate follows it as far as it would the worst ordinary day. */
const MAX_RETURN_DEVIATIONS = 4;

function fillFunding(
  law: FundingLaw,
  { stepYears, paymentSteps }: Grid,
  draws: Pick<Market, "logReturns" | "volatilities"> & { readonly shocks: Float64Array },
  target: Float64Array,
): void {
  const { shocks, logReturns, volatilities } = draws;
  const shockDeviation = law.deviation * Math.sqrt(1 - law.persistence ** 2);
  const independent = Math.sqrt(1 - law.returnCorrelation ** 2);
  let rate = law.mean;
  for (let i = 0; i < target.length; i++) {
    target[i] = rate;
    const from = i * paymentSteps;
    const deviation = Math.max(1e-9, volatilities[from]! * Math.sqrt(paymentSteps * stepYears));
    const move = (logReturns[from + paymentSteps]! - logReturns[from]!) / deviation;
    const bounded = Math.min(MAX_RETURN_DEVIATIONS, Math.max(-MAX_RETURN_DEVIATIONS, move));
    const shock = law.returnCorrelation * bounded + independent * shocks[i]!;
    rate = law.mean + law.persistence * (rate - law.mean) + shockDeviation * shock;
  }
}

/** Hourly values, straight lines between them. */
function fillPremiums(law: PremiumLaw, stepsPerHour: number, normals: Float64Array, target: Float64Array): void {
  const persistence = 0.5 ** (1 / law.halfLifeHours);
  const shockDeviation = law.deviation * Math.sqrt(1 - persistence ** 2);
  let premium = 0;
  let next = 0;
  for (let i = 0; i < target.length; i++) {
    const within = i % stepsPerHour;
    if (within === 0) {
      premium = next;
      next = persistence * premium + shockDeviation * normals[i / stepsPerHour]!;
    }
    target[i] = premium + ((next - premium) * within) / stepsPerHour;
  }
}
