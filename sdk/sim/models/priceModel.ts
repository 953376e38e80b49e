import { InvalidParameterError } from "../../errors.ts";
import { requireBetween, requireNonNegative, requirePositive } from "../../math/require.ts";
import { DEFAULT_MODEL } from "../path.ts";
import { requireJumpLaw } from "./jumps.ts";
import type { JumpLaw } from "./jumps.ts";

/*
 * Laws of the price, annual figures, in every one of which the price is a martingale: neither long nor short is paid for the
 * direction. They are plain data, so that a worker can be handed one.
 */

/** Geometric Brownian motion: d ln P = sigma dZ - sigma²/2 dt. */
export interface GbmModel {
  readonly kind: "gbm";
  readonly volatility: number;
}

/** Merton (1976): geometric Brownian motion and Poisson jumps of normal log size. `volatility` is the diffusion's alone. */
export interface MertonModel extends JumpLaw {
  readonly kind: "merton";
  readonly volatility: number;
}

/**
 * d ln sigma = reversion (ln baseVolatility - ln sigma) dt + volOfVol dW, corr(dW, dZ) = correlation, and jumps. Volatility starts
 * at its base. The same law as that of simulatePath, drawn in another order.
 */
export interface LogOuModel extends JumpLaw {
  readonly kind: "logOuJumps";
  readonly baseVolatility: number;
  readonly reversion: number;
  readonly volOfVol: number;
  readonly correlation: number;
}

/**
 * Heston (1993) with jumps (Bates 1996): dv = reversion (meanVariance - v) dt + volOfVariance sqrt(v) dW, corr(dW, dZ) =
 * correlation. The variance starts at its mean.
 */
export interface HestonModel extends JumpLaw {
  readonly kind: "hestonJumps";
  readonly meanVariance: number;
  readonly reversion: number;
  readonly volOfVariance: number;
  readonly correlation: number;
}

export type PriceModel = GbmModel | MertonModel | LogOuModel | HestonModel;
export type ModelKind = PriceModel["kind"];

const { baseVolatility, reversion, volOfVol, correlation, jumpsPerYear, jumpMean, jumpDeviation } = DEFAULT_MODEL;
const JUMPS: JumpLaw = { jumpsPerYear, jumpMean, jumpDeviation };

/**
 * The four laws of the published experiment. All have about 0.7 of volatility over a month, jumps included: a hedge that does
 * better in one of them does not do so because there is less to hedge.
 *
 * - merton: 0.7² less the variance of the jumps.
 * - hestonJumps: mean variance, reversion and correlation of logOuJumps; sqrt(v) has the same relative volatility at the mean,
 *   so volOfVariance = 2 · volOfVol · baseVolatility.
 */
export const EXPERIMENT_MODELS: Readonly<Record<ModelKind, PriceModel>> = {
  gbm: { kind: "gbm", volatility: 0.7 },
  merton: {
    kind: "merton",
    volatility: Math.sqrt(0.7 ** 2 - jumpsPerYear * (jumpMean ** 2 + jumpDeviation ** 2)),
    ...JUMPS,
  },
  logOuJumps: { kind: "logOuJumps", baseVolatility, reversion, volOfVol, correlation, ...JUMPS },
  hestonJumps: {
    kind: "hestonJumps",
    // The mean of sigma² over the month that logOuJumps starts with, 1.2 times its base squared, belongs to it as well.
    meanVariance: 1.2 * baseVolatility ** 2,
    reversion,
    volOfVariance: 2 * volOfVol * baseVolatility,
    correlation,
    ...JUMPS,
  },
};

/** Throws InvalidParameterError on parameters out of domain. */
export function requirePriceModel(model: PriceModel): void {
  switch (model.kind) {
    case "gbm":
      requirePositive("volatility", model.volatility);
      return;
    case "merton":
      requirePositive("volatility", model.volatility);
      requireJumpLaw(model);
      return;
    case "logOuJumps":
      requirePositive("baseVolatility", model.baseVolatility);
      requireNonNegative("reversion", model.reversion);
      requireNonNegative("volOfVol", model.volOfVol);
      requireBetween("correlation", model.correlation, -1, 1);
      requireJumpLaw(model);
      return;
    case "hestonJumps":
      requirePositive("meanVariance", model.meanVariance);
      requireNonNegative("reversion", model.reversion);
      requireNonNegative("volOfVariance", model.volOfVariance);
      requireBetween("correlation", model.correlation, -1, 1);
      requireJumpLaw(model);
      return;
    default:
      throw new InvalidParameterError(
        "kind",
        (model as PriceModel).kind,
        "be one of gbm, merton, logOuJumps, hestonJumps",
      );
  }
}
