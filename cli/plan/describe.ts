import { computeBandMoments, computeDriftVolatility } from "../../sdk/math/bands.ts";
import { DAYS_PER_YEAR } from "../../sdk/math/units.ts";
import { adviseOn } from "../../sdk/policy/advice.ts";
import { bandInputsOf, bandOfPosition } from "../../sdk/policy/band.ts";
import { computeUnitValueQuote, wantedPosition } from "../../sdk/policy/position.ts";
import { defaultSettings } from "../../sdk/policy/settings.ts";
import type { GateCosts, GateVerdict, Market, PolicySettings, Situation } from "../../sdk/policy/types.ts";
import { UsageError } from "../errors.ts";

/** A market and money that might go into it; prices in quote per base, fractions a year. */
export interface PlanInputs {
  readonly price: number;
  /** What would be invested, margin included. */
  readonly value: number;
  readonly sigma: number;
  /** Fee of the pool in basis points. */
  readonly feeTier: number;
  /** Volume of the pool a day [quote]. */
  readonly volume?: number;
  /** Value of the others' liquidity, as if all of it were a range of price ×/÷ poolWidth. */
  readonly poolValue?: number;
  readonly poolWidth: number;
  /** In place of volume and pool: what a range of `width` earns now. */
  readonly feeApr?: number;
  readonly width: number | "auto";
  /** Net cost of the short, + paid. */
  readonly carry: number;
  readonly gas: number;
  readonly riskAversion: number;
  readonly marginFactor: number;
  readonly marginRate: number;
  readonly widths: readonly number[];
}

/** One range, hedged: what it can expect to earn and to cost, fractions of the position's value a year. */
export interface WidthOutlook {
  readonly width: number;
  readonly feeApr: number;
  readonly breakEvenApr: number;
  readonly netApr: number;
  readonly costs: GateCosts;
}

/** Whether to provide liquidity, and how. */
export interface PlanReport extends WidthOutlook {
  /** enter: fees exceed break-even by enough; wait: not now. */
  readonly verdict: "enter" | "wait";
  readonly enterAboveApr: number;
  readonly leaveBelowApr: number;
  /** netApr as a fraction of all that is invested, idle funds and margin included. */
  readonly netAprOnValue: number;
  readonly position: { readonly value: number; readonly liquidity: number; readonly pa: number; readonly pb: number };
  readonly hedge: {
    readonly shortBase: number;
    readonly margin: number;
    readonly targetHealth: number;
    readonly minHealth: number;
  };
  readonly band: { readonly trigger: number; readonly target: number; readonly tradesPerYear: number };
  /** The same for other ranges. */
  readonly widths: readonly WidthOutlook[];
}

/** The keeper's own judgement of a market in which nothing is invested yet. Throws InvalidParameterError on inputs out of domain. */
export function describePlan(inputs: PlanInputs): PlanReport {
  const { price, value } = inputs;
  const settings = settingsFor(inputs, inputs.width);
  const { situation, market } = marketOf(inputs);
  const outlook = lookAt(situation, market, settings);
  const { targets, gate } = outlook;
  const wanted = wantedPosition(situation, settings, targets);
  const band = bandOfPosition(situation, market, settings, wanted.liquidity, wanted.valueQuote);
  const drift = computeDriftVolatility(bandInputsOf(situation, market, settings, wanted.liquidity, wanted.valueQuote));
  const [first, ...others] = [targets.rangeWidth, ...inputs.widths.filter((width) => width !== targets.rangeWidth)].map(
    (width) => describeOutlook(lookAt(situation, market, settingsFor(inputs, width))),
  );
  if (first === undefined) throw new UsageError("There is nothing to look at.");
  return {
    ...first,
    verdict: gate.opinion === "enter" ? "enter" : "wait",
    enterAboveApr: gate.enterAboveApr,
    leaveBelowApr: gate.leaveBelowApr,
    netAprOnValue: (first.netApr * wanted.valueQuote) / value,
    position: {
      value: wanted.valueQuote,
      liquidity: wanted.liquidity,
      pa: price / targets.rangeWidth,
      pb: price * targets.rangeWidth,
    },
    hedge: {
      shortBase: wanted.shortQuote / price,
      margin: wanted.marginQuote,
      targetHealth: targets.targetHealth,
      minHealth: targets.minHealth,
    },
    band: {
      trigger: band.triggerBase,
      target: band.targetBase,
      tradesPerYear: computeBandMoments(band, drift).tradesPerYear,
    },
    widths: [first, ...others].sort((a, b) => a.width - b.width),
  };
}

/** The policy's targets and its opinion of a market in which nothing is invested yet. */
function lookAt(situation: Situation, market: Market, settings: PolicySettings): Outlook {
  const { targets, gate } = adviseOn(situation, { triggerBase: 0, targetBase: 0 }, market, settings);
  if (gate.opinion !== "unknown") return { targets, gate };
  const { volatilityAnnual } = market;
  throw new UsageError(
    `Nothing can be said about a volatility of ${volatilityAnnual} and a value of ${situation.exposure.navQuote}.`,
  );
}

interface Outlook {
  readonly targets: ReturnType<typeof adviseOn>["targets"];
  readonly gate: Exclude<GateVerdict, { readonly opinion: "unknown" }>;
}

function describeOutlook({ targets, gate }: Outlook): WidthOutlook {
  const { feeApr, breakEvenApr, costs } = gate;
  return { width: targets.rangeWidth, feeApr, breakEvenApr, netApr: feeApr - breakEvenApr, costs };
}

function settingsFor(inputs: PlanInputs, rangeWidth: number | "auto"): PolicySettings {
  return {
    ...defaultSettings,
    rangeWidth,
    relativeRiskAversion: inputs.riskAversion,
    feeGate: { ...defaultSettings.feeGate, marginRatePerYear: inputs.marginRate },
  };
}

/** A vault that holds `value` in quote and nothing else. */
function marketOf(inputs: PlanInputs): { readonly situation: Situation; readonly market: Market } {
  const { price, value } = inputs;
  const { liquidity, feeQuotePerLiquidityYear } = poolOf(inputs);
  return {
    situation: {
      blockNumber: 0,
      blockHash: "",
      timestamp: 0,
      exposure: {
        price,
        spotPrice: price,
        navQuote: value,
        deltaBase: 0,
        liquidityBase: 0,
        liquidityQuote: 0,
        gammaBase: 0,
        shortBase: 0,
        idleQuote: value,
        health: Infinity,
      },
      ranges: [],
      pool: { feeFraction: inputs.feeTier / 10_000, liquidity },
      limits: { maxDeltaFraction: 1, cooldownEndsAt: 0 },
      marginFactor: inputs.marginFactor,
      status: { oracleFlags: 0n, hedgeLost: false, hedgePending: false, windDown: false, degraded: false },
      baseSymbol: "base",
    },
    market: {
      volatilityAnnual: inputs.sigma,
      hedgeGasQuote: inputs.gas,
      shortCarryPerYear: inputs.carry,
      feeQuotePerLiquidityYear,
    },
  };
}

/** Liquidity of the others, and what a unit earns a year before ours thins it out. */
function poolOf(inputs: PlanInputs): { readonly liquidity: number; readonly feeQuotePerLiquidityYear: number } {
  const { price, volume, poolValue, poolWidth, feeApr, width } = inputs;
  if (feeApr !== undefined) {
    if (width === "auto")
      throw new UsageError("--fee-apr belongs to a range: name it with --width, or give --volume and --pool-value.");
    // Earned whatever the size: as if the pool were so deep that ours changes nothing.
    const unit = computeUnitValueQuote(price, width);
    return { liquidity: (inputs.value * 1e9) / unit, feeQuotePerLiquidityYear: feeApr * unit };
  }
  if (volume === undefined || poolValue === undefined) {
    throw new UsageError('Give --volume and --pool-value, or --fee-apr. See "hedgerow plan --help".');
  }
  const liquidity = poolValue / computeUnitValueQuote(price, poolWidth);
  return { liquidity, feeQuotePerLiquidityYear: ((inputs.feeTier / 10_000) * volume * DAYS_PER_YEAR) / liquidity };
}
