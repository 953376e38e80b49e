import { defaultSettings } from "../../sdk/policy/settings.ts";
import type { BacktestModel, FeeSource, FundingPayments, PoolModel, Venue } from "../../sdk/sim/backtest/model.ts";
import { computeUnitValueQuote } from "../../sdk/policy/position.ts";
import { DEFAULT_VOLUME } from "../../sdk/sim/volume.ts";
import { UsageError } from "../errors.ts";
import { displayNumber, displayPercent } from "../output.ts";
import type { BacktestMarket } from "./market.ts";
import { DEFAULT_DAILY_TURNOVER, DEFAULT_POOL_VALUE_QUOTE } from "./options.ts";
import type { BacktestOptions } from "./options.ts";

const BPS = 10_000;
/** Width of the range as which the liquidity of the others is told. */
const POOL_WIDTH = 1.5;
const HEDGE_GAS_UNITS = 700_000;
const RECENTRE_GAS_UNITS = 1_200_000;
/** The limits of a vault with default parameters. */
const LIMITS = { maxDeltaFraction: 0.05, cooldownSeconds: 60 };
const FUNDING_INTERVAL_SECONDS = 8 * 3_600;
const INTERVALS_PER_YEAR = 365 * 3;
const LIQUIDATION_BONUS = 0.05;
const CLOSE_FRACTION = 0.5;
const PERP_LIQUIDATION_FEE = 0.01;

/** A model with what it takes for granted, in sentences. */
export interface DescribedModel {
  readonly model: BacktestModel;
  readonly assumptions: readonly string[];
}

/** The options that make a model. */
export type ModelOptions = Omit<
  BacktestOptions,
  "prices" | "funding" | "events" | "from" | "to" | "json" | "series" | "report" | "csv" | "repair"
>;

/** The model that the options and the market's files make, and its assumptions. Throws {@link UsageError} on impossible combinations. */
export function buildModel(options: ModelOptions, market: BacktestMarket): DescribedModel {
  if (options.targetHealth <= options.minHealth) {
    throw new UsageError("--target-health has to exceed --min-health, or every position would be reduced at once.");
  }
  const pool = buildPool(options, market);
  const { venue, text: venueText } = buildVenue(options, market);
  const { fees, text: feeText } = buildFees(options, market);
  const model: BacktestModel = {
    depositQuote: options.deposit,
    settings: {
      ...defaultSettings,
      rangeWidth: options.width,
      feeGate: { ...defaultSettings.feeGate, enabled: options.feeGate },
      recentreAt: options.recentreAt,
      relativeRiskAversion: options.riskAversion,
      targetHealth: options.targetHealth,
      minHealth: options.minHealth,
    },
    limits: LIMITS,
    pool,
    fees,
    venue,
    gas: { hedgeUnits: HEDGE_GAS_UNITS, recentreUnits: RECENTRE_GAS_UNITS, priceGwei: options.gasPriceGwei },
    volatility: { priorAnnual: options.volatility, halfLifeHours: 24, priorWeightHours: 24 },
    latencySeconds: options.latency,
    idleRatePerYear: options.idleRate,
    reopenAfterHours: options.reopenAfter,
  };
  return { model, assumptions: [feeText, ...venueText, ...describeRest(model, options.stepsPerBar)] };
}

function buildPool(options: ModelOptions, { volume, candles }: BacktestMarket): PoolModel {
  const feeFraction = options.feeTier / BPS;
  if (volume === undefined || options.poolValue !== undefined) {
    return { feeFraction, valueQuote: options.poolValue ?? DEFAULT_POOL_VALUE_QUOTE, width: POOL_WIDTH };
  }
  const traded = volume.activeLiquidity.filter((liquidity) => liquidity > 0);
  if (traded.length === 0) throw new UsageError("The events hold no swap inside the window.");
  const liquidity = traded.reduce((sum, value) => sum + value, 0) / traded.length;
  return {
    feeFraction,
    valueQuote: liquidity * computeUnitValueQuote(candles.startPrice, POOL_WIDTH),
    width: POOL_WIDTH,
  };
}

function buildFees(
  options: ModelOptions,
  { volume }: BacktestMarket,
): { readonly fees: FeeSource; readonly text: string } {
  if (volume !== undefined) {
    const total = volume.volumeQuote.reduce((sum, value) => sum + value, 0);
    const text =
      `Fees: the vault's share of ${displayNumber(options.feeTier, 2)} bp on the volume of ${volume.swaps} swaps that the events show ` +
      `(${displayNumber(total, 0)} quote), beside their active liquidity; all of it counted in quote.`;
    return {
      fees: { kind: "measured", volumeQuote: volume.volumeQuote, activeLiquidity: volume.activeLiquidity },
      text,
    };
  }
  if (options.feeApr !== undefined) {
    const text = `Fees: assumed at ${displayPercent(options.feeApr)} of the range's value at its centre a year, while in range.`;
    return { fees: { kind: "apr", aprFraction: options.feeApr }, text };
  }
  const turnover = { ...DEFAULT_VOLUME, dailyTurnover: options.dailyTurnover ?? DEFAULT_DAILY_TURNOVER };
  const text =
    `Fees: modelled. The pool turns over ${turnover.dailyTurnover} times its value a day at a volatility of ` +
    `${displayPercent(turnover.referenceVolatility, 0)}, ${displayPercent(turnover.moveShare, 0)} of it in proportion to the price's moves; ` +
    `its fee is ${displayNumber(options.feeTier, 2)} bp. Not measured: give --events, or --fee-apr for a figure of your own.`;
  return { fees: { kind: "turnover", volume: turnover }, text };
}

function buildVenue(
  options: ModelOptions,
  market: BacktestMarket,
): { readonly venue: Venue; readonly text: readonly string[] } {
  if (options.venue === "aave") {
    const venue: Venue = {
      kind: "aave",
      liquidationThreshold: options.liquidationThreshold,
      borrowRatePerYear: options.borrowRate,
      supplyRatePerYear: options.supplyRate,
      liquidationBonus: LIQUIDATION_BONUS,
      closeFraction: CLOSE_FRACTION,
    };
    const text =
      `Hedge: base borrowed at ${displayPercent(options.borrowRate)} a year against quote that earns ${displayPercent(options.supplyRate)}, ` +
      `both constant; liquidated below a threshold of ${displayPercent(options.liquidationThreshold, 0)}, half of the debt at a time, ` +
      `with a bonus of ${displayPercent(LIQUIDATION_BONUS, 0)}.`;
    return { venue, text: [text] };
  }
  const venue: Venue = {
    kind: "perp",
    feeFraction: options.perpFee / BPS,
    impactQuotePerBaseSquared: 0,
    maintenanceFraction: options.maintenance,
    liquidationFeeFraction: PERP_LIQUIDATION_FEE,
    funding: market.funding ?? constantFunding(options.fundingRate ?? 0, market),
  };
  const text =
    `Hedge: a perpetual at ${displayNumber(options.perpFee, 2)} bp a trade without price impact, marked at the same price as the pool; ` +
    `liquidated at ${displayPercent(options.maintenance)} of its notional, with a fee of ${displayPercent(PERP_LIQUIDATION_FEE, 0)}.`;
  return { venue, text: [text, describeFunding(options, market)] };
}

function describeFunding({ fundingRate }: ModelOptions, { funding }: BacktestMarket): string {
  if (funding !== undefined) {
    return `Funding: as the file says, every ${funding.intervalSeconds / 3_600} hours; a positive rate is paid by longs to the short.`;
  }
  if (fundingRate === undefined || fundingRate === 0) {
    return "Funding: none; without --funding neither side pays. In most years shorts were paid, in falling markets they paid.";
  }
  const word = fundingRate > 0 ? "received" : "paid";
  return `Funding: constant, ${displayPercent(Math.abs(fundingRate))} a year ${word} by the short, every 8 hours.`;
}

function constantFunding(ratePerYear: number, { candles }: BacktestMarket): FundingPayments {
  if (ratePerYear === 0) return { timestamps: new Float64Array(), rates: new Float64Array() };
  const from = candles.bars[0]?.timestamp ?? Number.NaN;
  const first = Math.ceil((from + 1) / FUNDING_INTERVAL_SECONDS);
  const last = Math.floor((from + candles.bars.length * candles.barSeconds) / FUNDING_INTERVAL_SECONDS);
  const timestamps = Float64Array.from(
    { length: Math.max(0, last - first + 1) },
    (_, i) => (first + i) * FUNDING_INTERVAL_SECONDS,
  );
  return { timestamps, rates: timestamps.map(() => ratePerYear / INTERVALS_PER_YEAR) };
}

function describeRest(model: BacktestModel, stepsPerBar: number): readonly string[] {
  const { pool, gas, limits, reopenAfterHours } = model;
  const reopening =
    reopenAfterHours === undefined
      ? "the vault closes after a liquidation and stays in quote"
      : `the vault works again ${reopenAfterHours} hours after a liquidation`;
  return [
    `Pool: everybody else's liquidity is worth ${displayNumber(pool.valueQuote, 0)} quote as a range of ×/÷${pool.width} that follows the price; ` +
      "swaps pay its fee and the impact of that depth, and arbitrage closes the gap at once.",
    `Gas: ${gas.hedgeUnits} units for a hedge and ${gas.recentreUnits} for a new range at ${gas.priceGwei} gwei, paid in base by the keeper.`,
    `Way inside a bar: open, nearer extreme, other extreme, close in ${stepsPerBar} steps, more where a step would move over 2 %; the keeper looks ` +
      `after each step and its transaction lands ${model.latencySeconds} s later.`,
    `Vault: at most ${displayPercent(limits.maxDeltaFraction, 0)} of NAV as delta, ${limits.cooldownSeconds} s of cooldown; ${reopening}. ` +
      "The vault's slippage, loss and turnover limits, deposits, redemptions and vault fees are left out.",
    "The oracle, the pool and the hedge's venue show the same price, and fees are counted in quote as they are earned.",
  ];
}
