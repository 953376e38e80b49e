import { InvalidParameterError } from "../../errors.ts";
import { requirePositive } from "../../math/require.ts";
import { computeJumpCompensator, fillJumps } from "./jumps.ts";
import { requirePriceModel } from "./priceModel.ts";
import type { HestonModel, LogOuModel, PriceModel } from "./priceModel.ts";
import { createRandomStream } from "./stream.ts";

/** Buffers of a generator, overwritten by every path. */
export interface PathBuffers {
  /** ln(P/P0) at the start and after every step: steps + 1 values, the first one 0. */
  readonly logReturns: Float64Array;
  /** Annual diffusive volatility that ruled each step: steps values. */
  readonly volatilities: Float64Array;
}

export interface PathGenerator extends PathBuffers {
  readonly steps: number;
  readonly stepYears: number;
  /** Overwrites the buffers with path `path` of `seed`; returns its number of jumps. Allocates nothing that grows with the steps. */
  generate(seed: number, path: number): number;
}

/**
 * A generator of paths with `steps` steps of `stepYears` years.
 *
 * The diffusion is the Euler scheme in log price, whose mean is exact: given the volatility, a step is lognormal with mean one.
 * Heston's variance by full truncation (Lord, Koekkoek and van Dijk 2010). Path i of a seed is a function of model, seed, i and the
 * grid alone. Throws InvalidParameterError on a model out of domain, or steps that are not a positive whole number.
 *
 * @example
 * const generator = createPathGenerator({ kind: "gbm", volatility: 0.7 }, 8640, 300 / 31_536_000);
 * generator.generate(1, 0);
 * 2000 * Math.exp(generator.logReturns[8640]); // the price after 30 days
 */
export function createPathGenerator(model: PriceModel, steps: number, stepYears: number): PathGenerator {
  requirePriceModel(model);
  requirePositive("stepYears", stepYears);
  if (!(Number.isInteger(steps) && steps > 0)) {
    throw new InvalidParameterError("steps", steps, "be a positive whole number");
  }
  const logReturns = new Float64Array(steps + 1);
  const volatilities = new Float64Array(steps);
  const jumps = new Float64Array(steps);
  const isStochastic = model.kind === "logOuJumps" || model.kind === "hestonJumps";
  const normals = new Float64Array(isStochastic ? 2 * steps : steps);
  const compensator = model.kind === "gbm" ? 0 : computeJumpCompensator(model, stepYears);
  if (!isStochastic) volatilities.fill(model.volatility);

  return {
    steps,
    stepYears,
    logReturns,
    volatilities,
    generate: (seed, path) => {
      createRandomStream(seed, path, "diffusion").fillNormals(normals);
      const count =
        model.kind === "gbm" ? 0 : fillJumps(model, createRandomStream(seed, path, "jumps"), stepYears, jumps);
      switch (model.kind) {
        case "gbm":
        case "merton":
          walkConstant(model.volatility, stepYears, compensator, { logReturns, jumps, normals });
          break;
        case "logOuJumps":
          walkLogOu(model, stepYears, compensator, { logReturns, volatilities, jumps, normals });
          break;
        case "hestonJumps":
          walkHeston(model, stepYears, compensator, { logReturns, volatilities, jumps, normals });
          break;
      }
      return count;
    },
  };
}

interface Draws {
  readonly logReturns: Float64Array;
  readonly jumps: Float64Array;
  readonly normals: Float64Array;
}

function walkConstant(volatility: number, stepYears: number, compensator: number, draws: Draws): void {
  const { logReturns, jumps, normals } = draws;
  const deviation = volatility * Math.sqrt(stepYears);
  const drift = -(deviation * deviation) / 2 - compensator;
  let log = 0;
  logReturns[0] = 0;
  for (let i = 0; i < jumps.length; i++) {
    log += drift + deviation * normals[i]! + jumps[i]!;
    logReturns[i + 1] = log;
  }
}

type StochasticDraws = Draws & { readonly volatilities: Float64Array };

function walkLogOu(model: LogOuModel, stepYears: number, compensator: number, draws: StochasticDraws): void {
  const { logReturns, volatilities, jumps, normals } = draws;
  const rootStep = Math.sqrt(stepYears);
  const independent = Math.sqrt(1 - model.correlation ** 2);
  const logBase = Math.log(model.baseVolatility);
  const pull = model.reversion * stepYears;
  const shockScale = model.volOfVol * rootStep;
  let logVolatility = logBase;
  let log = 0;
  logReturns[0] = 0;
  for (let i = 0; i < jumps.length; i++) {
    const volatility = Math.exp(logVolatility);
    const deviation = volatility * rootStep;
    const first = normals[2 * i]!;
    volatilities[i] = volatility;
    log += deviation * (first - deviation / 2) - compensator + jumps[i]!;
    logReturns[i + 1] = log;
    const shock = model.correlation * first + independent * normals[2 * i + 1]!;
    logVolatility += pull * (logBase - logVolatility) + shockScale * shock;
  }
}

function walkHeston(model: HestonModel, stepYears: number, compensator: number, draws: StochasticDraws): void {
  const { logReturns, volatilities, jumps, normals } = draws;
  const rootStep = Math.sqrt(stepYears);
  const independent = Math.sqrt(1 - model.correlation ** 2);
  const pull = model.reversion * stepYears;
  const shockScale = model.volOfVariance * rootStep;
  let variance = model.meanVariance;
  let log = 0;
  logReturns[0] = 0;
  for (let i = 0; i < jumps.length; i++) {
    const truncated = Math.max(0, variance);
    const volatility = Math.sqrt(truncated);
    const deviation = volatility * rootStep;
    const first = normals[2 * i]!;
    volatilities[i] = volatility;
    log += deviation * (first - deviation / 2) - compensator + jumps[i]!;
    logReturns[i + 1] = log;
    const shock = model.correlation * first + independent * normals[2 * i + 1]!;
    variance += pull * (model.meanVariance - truncated) + shockScale * volatility * shock;
  }
}
