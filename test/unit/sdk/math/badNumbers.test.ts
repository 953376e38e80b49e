import { expect } from "chai";
import { readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, it } from "mocha";
import { InvalidParameterError } from "../../../../sdk/errors.ts";

/*
 * Every exported function of the room, called with sound arguments in which one number at a time is replaced by an impossible one: NaN must be
 * refused by name, and nothing may ever turn into NaN. The domains themselves are tested function by function.
 */

const ROOM = path.join(import.meta.dirname, "../../../../sdk/math");

const market = { price: 2000, volatility: 0.7, years: 0.25, ratePerYear: 0.05, yieldPerYear: 0.03 };
const position = { liquidity: 900, priceLower: 1500, priceUpper: 2500 };
const option = { kind: "call", strike: 2100 };
const leg = { ...option, weightBase: 2 };
const passage = { price: 2000, barrier: 2600, volatility: 0.7, drift: 0.1, years: 0.1 };
const band = {
  gamma: -0.05,
  price: 2000,
  volatility: 0.7,
  riskAversion: 1e-4,
  fixedCostQuote: 1,
  proportionalCost: 5e-4,
  impactQuotePerBaseSquared: 0.1,
};
const bars = [100, 104, 99, 103].map((open) => ({ open, high: open + 5, low: open - 4, close: open + 1 }));
const loan = { collateralQuote: 80_000, debtBase: 25, liquidationThreshold: 0.78 };
const model = { meanRate: 1e-5, persistence: 0.5, noiseDeviation: 1e-5 };
const leland = { volatility: 0.8, roundTripCost: 0.01, intervalYears: 1 / 365 };
const perpetual = { strike: 2000, rangeFactor: 1.25 };
const strip = { entryPrice: 2000, constantQuote: 10_000, forwardBase: 2, legs: [leg], maxResidualQuote: 5 };
const ticks = [0n, 720_000_000n, 1_440_360_000n].map((tickCumulative, i) => ({
  timestampSeconds: 3600 * i,
  tickCumulative,
}));

const SOUND: Readonly<Record<string, readonly unknown[]>> = {
  computeArbitrageFactor: [{ feeFraction: 0.0005, blockSeconds: 12, volatility: 0.7 }],
  computeBandCostQuotePerYear: [band, { triggerBase: 5, targetBase: 2 }],
  computeBandMoments: [{ triggerBase: 5, targetBase: 2 }, 70],
  computeBandObjective: [band, { triggerBase: 5, targetBase: 2 }],
  computeBorrowLiquidationPrice: [loan],
  computeBreakEvenFeeApr: [
    100_000,
    {
      lvrQuotePerYear: 54_375,
      rebalancingQuotePerYear: 989,
      fundingQuotePerYear: 1500,
      marginQuote: 50_000,
      marginRatePerYear: 0.02,
      optionPremiumQuotePerYear: 10,
    },
  ],
  computeChristoffersenTests: [[false, true, false], 0.05],
  computeCloseToCloseVolatility: [[100, 101, 99], 365],
  computeCollateralForHealthFactorQuote: [{ debtBase: 25, liquidationThreshold: 0.78, healthFactor: 1.5, price: 2000 }],
  computeCostRate: [1e-5, -25],
  computeCovariance: [
    [1, 2, 3],
    [2, 5, 4],
  ],
  computeCovarianceQuote: [
    { exposureQuote: 50_000, correlation: 0.97, exposureVolatility: 0.75, instrumentVolatility: 0.8 },
  ],
  computeDebtForHealthFactorBase: [
    { collateralQuote: 80_000, liquidationThreshold: 0.78, healthFactor: 1.5, price: 2000 },
  ],
  computeDivergenceLossPercent: [position, 2000, 1700],
  computeDrift: [{ hedgeDeltaBase: -24, exposureBase: 25, hedgeRatio: 1, price: 2000, valueQuote: 100_000 }],
  computeDriftVolatility: [{ gamma: -0.05, price: 2000, volatility: 0.7 }],
  computeEffectiveTenorYears: [1.27, 0.7],
  computeEwmaRate: [[1e-5, 2e-5], 0.9],
  computeEwmaVolatility: [[100, 101, 99], 365, 0.94],
  computeExpectedIlQuote: [position, 2000, market],
  computeFeeApr: [
    { feeFraction: 0.0005, volumeQuotePerYear: 1e9, liquidity: 10, activeLiquidity: 100, valueQuote: 100_000 },
  ],
  computeFeeBandVariance: [0.003],
  computeFeeImpliedVolatility: [{ feeFraction: 0.003, dailyVolumeQuote: 1e8, tickLiquidityQuote: 3e6 }],
  computeFirstPassageProbability: [passage],
  computeFixedCostTrigger: [{ gamma: 0.02, riskAversion: 1, fixedCostQuote: 1 }],
  computeForwardPrice: [market],
  computeFullRangeDivergenceLossPercent: [4],
  computeFullRangeIlClaimQuote: [{ quoteAmount: 100, volatility: 0.7, years: 1 }],
  computeFullRangeLvrBpPerDay: [0.05],
  computeFundingCostForecast: [
    {
      model,
      lastRate: 1e-5,
      intervals: 720,
      intervalsPerYear: 8760,
      hedgeDeltaBase: -25,
      price: 2000,
      probabilities: [0.95],
    },
  ],
  computeFundingCostQuote: [{ ratePerYear: 0.03, hedgeDeltaBase: -25, price: 2000, years: 1 }],
  computeFundingModel: [[1, 3, 2, 4, 1]],
  computeGarmanKlassVolatility: [bars, 365],
  computeHealthFactor: [loan, 2000],
  computeHedgeNotional: [
    { covarianceQuote: 29_100, instrumentVariance: 0.64, carryPerYear: 0.05, riskAversion: 1e-5, capQuote: 40_000 },
  ],
  computeImpliedVolatility: [option, 150, { price: 2000, years: 0.25, ratePerYear: 0.05, yieldPerYear: 0.03 }],
  computeJumpLiquidationBound: [passage, { jumpsPerYear: 12, upJump: 0.07 }],
  computeJumpStressProbability: [passage, 0.1],
  computeKupiecTest: [{ violations: 20, observations: 255, expectedRate: 0.05 }],
  computeLelandNumber: [leland],
  computeLelandVolatility: [leland, "short"],
  computeLiquidityForValue: [10_000, 2000, { priceLower: 1500, priceUpper: 2500 }],
  computeLpAmounts: [position, 2000],
  computeLpDeltaBase: [position, 2000],
  createFadingRatio: [24, { amount: 2, weight: 3 }],
  createRunningVolatility: [2000, { priorAnnual: 0.7, halfLifeHours: 24, priorWeightHours: 24 }],
  computeLpGamma: [position, 2000],
  computeLpValueQuote: [position, 2000],
  computeLvrFractionAtRangeCentre: [0.7, 1.27],
  computeLvrQuotePerYear: [position, 2000, 0.7],
  computeMarginAllocation: [
    { marginsQuote: [1, 2], budgetQuote: 5, stepQuote: 1, risk: ([a = 0, b = 0]): number => -a - b },
  ],
  computeMean: [[1, 2, 6]],
  computeMeanRateForecast: [model, 5e-5, 10],
  computeMinimumSamplingSeconds: [{ feeFraction: 0.003, volatility: 0.7, noiseShare: 0.05 }],
  computeMinimumVarianceNotionalQuote: [29_100, 0.64],
  computeNormalQuantile: [0.975],
  computeOptimalBand: [band],
  computeOptionGreeks: [option, market],
  computeOptionPayoffQuote: [option, 2200],
  computeOptionValueQuote: [option, market],
  computeParkinsonVolatility: [bars, 365],
  computePerpetualOption: [{ priceLower: 1600, priceUpper: 2500 }],
  computePerpetualOptionDeltaBase: [perpetual, 2000],
  computePerpetualOptionValueQuote: [perpetual, 2000],
  computePortfolioMargin: [
    {
      legs: [
        { kind: "liquidity", position },
        { kind: "linear", venue: "perp", deltaBase: -2 },
        { kind: "option", venue: "perp", option, quantityBase: 1, years: 0.1, volatility: 0.7 },
      ],
      venues: [{ name: "perp", marginQuote: 1000 }],
      price: 2000,
      ratePerYear: 0.01,
      priceShocks: [-0.3, 0.3],
      volatilityShocks: [0.5],
    },
  ],
  computeQuantile: [[4, 1, 3], 0.5],
  computeRealisedVolatility: [[2000, 2060, 2010].map((price, i) => ({ timestampSeconds: 600 * i, price }))],
  computeReplicatingStrip: [position, 2000, [1500, 2000, 2500]],
  computeRiskReport: [[-1, 2, 3]],
  computeRogersSatchellVolatility: [bars, 365],
  computeRollingViolations: [[-1, 2, -3, 1, -2], 3, 0.9],
  computeShortLiquidationPrice: [2000, 3, 0.02],
  computeShortLiquidationProbability: [
    { notionalQuote: 30_000, marginQuote: 10_000, maintenance: 0.02, volatility: 0.7, drift: 0, years: 0.1 },
  ],
  computeShortNotionalCapQuote: [{ marginQuote: 10_000, upMove: 0.3, maintenance: 0.02 }],
  computeStraddleHedge: [{ baseAmount: 100, entryPrice: 1, upFactor: 1.25 }],
  computeStripDensity: [position, 2000],
  computeStripPayoffQuote: [[leg], 2200],
  computeStripPremiumQuote: [
    [leg],
    { price: 2000, years: 0.25, ratePerYear: 0.05, yieldPerYear: 0.03 },
    (): number => 0.7,
  ],
  computeStripResidualQuote: [position, strip, 2100],
  computeTailRisk: [[-1, 2, 3], 0.95],
  computeTickCumulativeVolatility: [ticks],
  computeTruncatedMoment: [market, 0.5, 1500, 2500],
  computeUnitIl: ["right", { lower: 2100, upper: 2500 }, market],
  computeUnitIlTrapezoid: ["left", { lower: 1500, upper: 1900 }, 5, market],
  computeUpMoveAtProbability: [{ probability: 0.001, volatility: 0.7, drift: 0, years: 1 / 365 }],
  computeVariance: [[1, 2, 6]],
  computeVarianceRemoved: [
    [-10, 10],
    [-1, 1],
  ],
  computeWhalleyWilmottHalfWidth: [{ gamma: 0.02, price: 5000, riskAversion: 1, proportionalCost: 5e-4 }],
  computeYangZhangVolatility: [bars, 365],
  computeZakamoulineBand: [
    {
      gamma: 0.02,
      price: 5000,
      volatility: 0.2,
      years: 0.25,
      ratePerYear: 0,
      proportionalCost: 5e-4,
      riskAversion: 1,
    },
  ],
  findRoot: [(x: number): number => x - 0.3, 0, 1, 1e-9],
  requireMarket: [market],
  requirePosition: [position],
  toFloat: [5n, 6],
};

/** NaN in, NaN out, as their libraries have it; the domain checks themselves. */
const EXEMPT = /^(computeNormalCdf|computeLogNormalCdf|computeNormalPdf|require(?!Market|Position$)\w+)$/;

/** Numbers that are not read, so that no harm comes of them: a strip's own report of its residual. */
const UNREAD = new Set(["maxResidualQuote"]);

type Sound = (...values: readonly unknown[]) => unknown;

async function listFunctions(): Promise<ReadonlyMap<string, Sound>> {
  const modules = await Promise.all(
    readdirSync(ROOM).map(
      async (file) => (await import(pathToFileURL(path.join(ROOM, file)).href)) as Record<string, unknown>,
    ),
  );
  const entries = modules.flatMap((module) => Object.entries(module));
  return new Map(entries.filter((entry): entry is [string, Sound] => typeof entry[1] === "function"));
}

/** Every way to replace one number inside `value` by `bad`, with the path to it. */
function* replaceNumbers(value: unknown, bad: number, at = ""): Generator<readonly [string, unknown]> {
  if (typeof value === "number") yield [at, bad];
  else if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) {
      for (const [where, replaced] of replaceNumbers(item, bad, `${at}[${i}]`)) yield [where, value.with(i, replaced)];
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (UNREAD.has(key)) continue;
      for (const [where, replaced] of replaceNumbers(item, bad, `${at}.${key}`))
        yield [where, { ...value, [key]: replaced }];
    }
  }
}

function holdsNaN(value: unknown): boolean {
  if (typeof value === "number") return Number.isNaN(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(holdsNaN);
}

/** What is wrong with the call, or undefined: it must return a result without NaN or throw InvalidParameterError. */
function findFault(call: () => unknown, mustRefuse: boolean): string | undefined {
  try {
    if (holdsNaN(call())) return "returned NaN";
    return mustRefuse ? "accepted it" : undefined;
  } catch (error) {
    return error instanceof InvalidParameterError ? undefined : `threw ${String(error)}`;
  }
}

describe("sdk/math, given impossible numbers", () => {
  it("has sound arguments here for every exported function, and they are sound", async () => {
    const functions = await listFunctions();
    const names = [...functions.keys()].filter((name) => !EXEMPT.test(name));
    expect(Object.keys(SOUND)).to.have.members(names);
    const faults = names.map((name) => {
      const result = functions.get(name)?.(...(SOUND[name] ?? []));
      return holdsNaN(result) ? name : undefined;
    });
    expect(faults.filter((fault) => fault !== undefined)).to.deep.equal([]);
  });

  for (const bad of [NaN, Infinity, -Infinity, -1, 0, 1e300, -1e300, 5e-324]) {
    it(`refuses ${bad} or makes sense of it, whichever number it replaces`, async () => {
      const functions = await listFunctions();
      const faults: string[] = [];
      for (const [name, sound] of Object.entries(SOUND)) {
        for (const [where, args] of replaceNumbers(sound, bad)) {
          const fault = findFault(() => functions.get(name)?.(...(args as unknown[])), Number.isNaN(bad));
          if (fault !== undefined) faults.push(`${name}${where}: ${fault}`);
        }
      }
      expect(faults).to.deep.equal([]);
    });
  }
});
