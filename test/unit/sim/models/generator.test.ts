import { expect } from "chai";

import { InvalidParameterError } from "../../../../sdk/errors.ts";
import { computeCovariance, computeMean, computeVariance } from "../../../../sdk/math/statistics.ts";
import { createPathGenerator } from "../../../../sdk/sim/models/generator.ts";
import { computeJumpVariance } from "../../../../sdk/sim/models/jumps.ts";
import { EXPERIMENT_MODELS } from "../../../../sdk/sim/models/priceModel.ts";
import type { HestonModel, LogOuModel, ModelKind, PriceModel } from "../../../../sdk/sim/models/priceModel.ts";
import { expectClose } from "../../../support/close.ts";

const KINDS = Object.keys(EXPERIMENT_MODELS) as ModelKind[];
const HOUR_YEARS = 1 / 8_760;
const MONTH_HOURS = 720;
const MONTH_YEARS = 30 / 365;

interface Sample {
  readonly logReturns: number[];
  readonly jumps: number[];
  readonly meanVariances: number[];
}

/** The month's log return of many paths, on hourly steps. */
function sample(model: PriceModel, paths: number, seed = 1, steps = MONTH_HOURS): Sample {
  const generator = createPathGenerator(model, steps, MONTH_YEARS / steps);
  const result: Sample = { logReturns: [], jumps: [], meanVariances: [] };
  for (let path = 0; path < paths; path++) {
    result.jumps.push(generator.generate(seed, path));
    result.logReturns.push(generator.logReturns.at(-1) ?? Number.NaN);
    result.meanVariances.push(computeMean(generator.volatilities.map((volatility) => volatility ** 2)));
  }
  return result;
}

const standardError = (values: readonly number[]): number => Math.sqrt(computeVariance(values) / values.length);

describe("createPathGenerator", () => {
  for (const kind of KINDS) {
    const model = EXPERIMENT_MODELS[kind];

    it(`${kind}: pays the price neither up nor down`, () => {
      const prices = sample(model, 4_000).logReturns.map((log) => Math.exp(log));
      expectClose(computeMean(prices), 1, 3.5 * standardError(prices));
      expect(standardError(prices)).to.be.below(0.006);
    });

    it(`${kind}: has about 0.7 of volatility over a month`, () => {
      const { logReturns } = sample(model, 4_000);
      expectClose(Math.sqrt(computeVariance(logReturns) / MONTH_YEARS), 0.7, 0.04);
    });

    it(`${kind}: path i is the same alone, after others, and from another generator`, () => {
      const generator = createPathGenerator(model, 50, HOUR_YEARS);
      generator.generate(5, 7);
      const alone = [...generator.logReturns];
      const volatilities = [...generator.volatilities];
      for (const other of [0, 3, 8]) generator.generate(5, other);
      expect([...generator.logReturns]).not.to.deep.equal(alone);
      generator.generate(5, 7);
      expect([...generator.logReturns]).to.deep.equal(alone);
      expect([...generator.volatilities]).to.deep.equal(volatilities);
      const another = createPathGenerator(model, 50, HOUR_YEARS);
      another.generate(5, 7);
      expect([...another.logReturns]).to.deep.equal(alone);
      another.generate(6, 7);
      expect([...another.logReturns]).not.to.deep.equal(alone);
    });
  }

  it("starts at no return and fills every step", () => {
    const generator = createPathGenerator(EXPERIMENT_MODELS.logOuJumps, 100, HOUR_YEARS);
    generator.generate(1, 1);
    expect(generator.logReturns).to.have.length(101);
    expect(generator.logReturns[0]).to.equal(0);
    expect(generator.logReturns.slice(1).every((value) => value !== 0)).to.equal(true);
    expect(generator.volatilities.every((value) => value > 0)).to.equal(true);
  });

  it("gbm: is normal in the logarithm, with the mean of a martingale", () => {
    const { logReturns } = sample({ kind: "gbm", volatility: 0.7 }, 4_000, 2, 10);
    const deviation = 0.7 * Math.sqrt(MONTH_YEARS);
    expectClose(computeMean(logReturns), -(deviation ** 2) / 2, (4 * deviation) / Math.sqrt(4_000));
    const fourth = computeMean(logReturns.map((log) => ((log + deviation ** 2 / 2) / deviation) ** 4));
    expectClose(fourth, 3, 0.4);
  });

  it("merton: jumps as often and as far as asked, and no oftener on a finer grid", () => {
    const model: PriceModel = {
      kind: "merton",
      volatility: 1e-9,
      jumpsPerYear: 24,
      jumpMean: -0.01,
      jumpDeviation: 0.07,
    };
    const { jumps, logReturns } = sample(model, 6_000);
    const expected = 24 * MONTH_YEARS;
    expectClose(computeMean(jumps), expected, 4 * Math.sqrt(expected / 6_000));
    // A Poisson count: variance equals mean.
    expectClose(computeVariance(jumps), expected, 0.2);
    expectClose(computeVariance(logReturns) / MONTH_YEARS / computeJumpVariance(model), 1, 0.1);
    expect(sample(model, 50, 1, 8_640).jumps).to.deep.equal(jumps.slice(0, 50));
  });

  it("logOuJumps: log volatility has the spread and the memory of its equation", () => {
    const model: LogOuModel = { ...(EXPERIMENT_MODELS.logOuJumps as LogOuModel), jumpsPerYear: 0 };
    const generator = createPathGenerator(model, MONTH_HOURS, HOUR_YEARS);
    const ends = Array.from({ length: 4_000 }, (_, path) => {
      generator.generate(4, path);
      return Math.log(generator.volatilities.at(-1) ?? Number.NaN);
    });
    const variance = (model.volOfVol ** 2 * (1 - Math.exp(-2 * model.reversion * MONTH_YEARS))) / (2 * model.reversion);
    expectClose(computeMean(ends), Math.log(model.baseVolatility), 4 * Math.sqrt(variance / 4_000));
    expectClose(computeVariance(ends) / variance, 1, 0.1);
  });

  it("hestonJumps: the variance keeps its mean and never goes below 0", () => {
    const model: HestonModel = { ...(EXPERIMENT_MODELS.hestonJumps as HestonModel), jumpsPerYear: 0 };
    const { meanVariances } = sample(model, 2_000);
    expectClose(computeMean(meanVariances), model.meanVariance, 4 * standardError(meanVariances));
    const wild: HestonModel = { ...model, volOfVariance: 6 };
    const generator = createPathGenerator(wild, MONTH_HOURS, HOUR_YEARS);
    let lowest = Infinity;
    for (let path = 0; path < 50; path++) {
      generator.generate(1, path);
      expect(generator.logReturns.every(Number.isFinite)).to.equal(true);
      lowest = Math.min(lowest, ...generator.volatilities);
    }
    // It does hit the border here, where a scheme without truncation would take the root of a negative number.
    expect(lowest).to.equal(0);
  });

  for (const kind of ["logOuJumps", "hestonJumps"] as const) {
    it(`${kind}: returns and volatility move together as asked`, () => {
      for (const correlation of [-0.3, 0.8]) {
        const model = { ...EXPERIMENT_MODELS[kind], jumpsPerYear: 0, correlation };
        const generator = createPathGenerator(model, 20_000, HOUR_YEARS / 12);
        generator.generate(3, 0);
        const { logReturns, volatilities } = generator;
        const moves = Array.from(
          { length: 19_999 },
          (_, i) => (logReturns[i + 1]! - logReturns[i]!) / volatilities[i]!,
        );
        const shocks = Array.from({ length: 19_999 }, (_, i) => Math.log(volatilities[i + 1]! / volatilities[i]!));
        const measured = computeCovariance(moves, shocks) / Math.sqrt(computeVariance(moves) * computeVariance(shocks));
        expectClose(measured, correlation, 0.04);
      }
    });
  }

  it("refuses models and grids out of domain", () => {
    const base = EXPERIMENT_MODELS.logOuJumps as LogOuModel;
    const heston = EXPERIMENT_MODELS.hestonJumps as HestonModel;
    const broken: PriceModel[] = [
      { kind: "gbm", volatility: 0 },
      { ...base, correlation: 1.01 },
      { ...base, jumpsPerYear: -1 },
      { ...base, jumpMean: Number.NaN },
      { ...base, volOfVol: -1 },
      { ...heston, meanVariance: 0 },
      { ...heston, volOfVariance: Number.NaN },
      { kind: "levy" } as unknown as PriceModel,
    ];
    for (const model of broken) expect(() => createPathGenerator(model, 10, 0.1)).to.throw(InvalidParameterError);
    for (const steps of [0, 1.5, Number.NaN]) {
      expect(() => createPathGenerator(base, steps, 0.1)).to.throw(InvalidParameterError);
    }
    expect(() => createPathGenerator(base, 10, 0)).to.throw(InvalidParameterError);
  });
});
