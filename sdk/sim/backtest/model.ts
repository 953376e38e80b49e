import { InvalidParameterError } from "../../errors.ts";
import { requireBetween, requireNonNegative, requirePositive } from "../../math/require.ts";
import { targetsOf } from "../../policy/advice.ts";
import type { PolicySettings } from "../../policy/types.ts";
import type { RunningVolatilitySettings } from "../../math/runningVolatility.ts";
import type { VolumeModel } from "../volume.ts";

/*
 * What a backtest assumes about everything that the prices do not tell. Rates are fractions a year, signed where it is said;
 * money is quote, amounts are base, both in human units.
 */

/**
 * The pool of the liquidity and, with a borrowed short, of the hedge's trades.
 *
 * - `feeFraction`: 0.0005 for 5 bp.
 * - `valueQuote`, `width`: the liquidity of all others at the price, expressed as one position of this value whose range is the
 *   price times and divided by `width`. It follows the price, as others recentre too.
 */
export interface PoolModel {
  readonly feeFraction: number;
  readonly valueQuote: number;
  readonly width: number;
}

/**
 * Where the pool's fees come from.
 *
 * - `turnover`: a model of volume, see {@link VolumeModel}; the vault gets its share of the active liquidity.
 * - `apr`: what a position with the vault's width earns a year while in range, as a fraction of its value at the centre.
 * - `measured`: volume [quote] and active liquidity of the pool in every bar, from its events; no value means no trade.
 */
export type FeeSource =
  | { readonly kind: "turnover"; readonly volume: VolumeModel }
  | { readonly kind: "apr"; readonly aprFraction: number }
  | { readonly kind: "measured"; readonly volumeQuote: Float64Array; readonly activeLiquidity: Float64Array };

/** Payments of a perpetual's funding: `rates[i]` of the notional at `timestamps[i]`, positive = longs pay shorts. */
export interface FundingPayments {
  readonly timestamps: Float64Array;
  readonly rates: Float64Array;
}

/**
 * A perpetual future. `maintenanceFraction`: equity over notional at which it is liquidated; `liquidationFeeFraction` of the
 * notional is lost then. `impactQuotePerBaseSquared`: trading q base costs this times q² on top of the fee.
 */
export interface PerpVenue {
  readonly kind: "perp";
  readonly feeFraction: number;
  readonly impactQuotePerBaseSquared: number;
  readonly maintenanceFraction: number;
  readonly liquidationFeeFraction: number;
  readonly funding: FundingPayments;
}

/** Base borrowed against quote. `closeFraction` of the debt is repaid at a liquidation, with `liquidationBonus` on top. */
export interface AaveVenue {
  readonly kind: "aave";
  readonly liquidationThreshold: number;
  readonly borrowRatePerYear: number;
  readonly supplyRatePerYear: number;
  readonly liquidationBonus: number;
  readonly closeFraction: number;
}

export type Venue = PerpVenue | AaveVenue;

/** Gas of the keeper: units of a transaction, and what a unit costs in base (the chain's coin) at all times. */
export interface GasModel {
  readonly hedgeUnits: number;
  readonly recentreUnits: number;
  readonly priceGwei: number;
}

export interface BacktestModel {
  readonly depositQuote: number;
  readonly settings: PolicySettings;
  readonly limits: { readonly maxDeltaFraction: number; readonly cooldownSeconds: number };
  readonly pool: PoolModel;
  readonly fees: FeeSource;
  readonly venue: Venue;
  readonly gas: GasModel;
  /** The keeper's estimate, taken from the closes of bars. */
  readonly volatility: RunningVolatilitySettings;
  /** Seconds from a decision to its execution. */
  readonly latencySeconds: number;
  /** What idle quote, and quote that is held instead of a vault, earns a year. */
  readonly idleRatePerYear: number;
  /** Hours after which the owner lets a vault work again that lost its hedge; absent: never. */
  readonly reopenAfterHours?: number | undefined;
}

/** Health 1 is liquidation: health = factor · (equity + short's value) / short's value. */
export function computeMarginFactor(venue: Venue): number {
  return venue.kind === "aave" ? venue.liquidationThreshold : 1 / (1 + venue.maintenanceFraction);
}

/** Throws InvalidParameterError on anything in the model that cannot be. */
export function requireModel(model: BacktestModel): void {
  const { pool, venue, gas, settings, limits, volatility, fees } = model;
  requirePositive("depositQuote", model.depositQuote);
  requireBetween("pool.feeFraction", pool.feeFraction, 0, 0.1);
  requirePositive("pool.valueQuote", pool.valueQuote);
  requireAbove("pool.width", pool.width, 1);
  requireAbove("settings.rangeWidth", targetsOf(settings).rangeWidth, 1);
  requireAbove("settings.minHealth", settings.minHealth, 1);
  requireAbove("settings.targetHealth", settings.targetHealth, settings.minHealth);
  requireBetween("settings.recentreAt", settings.recentreAt, 0.05, 1);
  requireBetween("settings.idleFraction", settings.idleFraction, 0, 0.5);
  requirePositive("settings.relativeRiskAversion", settings.relativeRiskAversion);
  requireBetween("limits.maxDeltaFraction", limits.maxDeltaFraction, 1e-6, 1);
  requireNonNegative("limits.cooldownSeconds", limits.cooldownSeconds);
  requireNonNegative("gas.hedgeUnits", gas.hedgeUnits);
  requireNonNegative("gas.recentreUnits", gas.recentreUnits);
  requireNonNegative("gas.priceGwei", gas.priceGwei);
  requirePositive("volatility.priorAnnual", volatility.priorAnnual);
  requirePositive("volatility.halfLifeHours", volatility.halfLifeHours);
  requirePositive("volatility.priorWeightHours", volatility.priorWeightHours);
  requireNonNegative("latencySeconds", model.latencySeconds);
  requireBetween("idleRatePerYear", model.idleRatePerYear, -0.5, 1);
  if (model.reopenAfterHours !== undefined) requireNonNegative("reopenAfterHours", model.reopenAfterHours);
  requireVenue(venue);
  if (fees.kind === "apr") requireBetween("fees.aprFraction", fees.aprFraction, 0, 100);
  if (fees.kind === "turnover") {
    requireNonNegative("fees.volume.dailyTurnover", fees.volume.dailyTurnover);
    requireBetween("fees.volume.moveShare", fees.volume.moveShare, 0, 1);
    requirePositive("fees.volume.referenceVolatility", fees.volume.referenceVolatility);
  }
  const tradesFreely = (venue.kind === "perp" ? venue.feeFraction : pool.feeFraction) === 0;
  if (tradesFreely && gas.hedgeUnits * gas.priceGwei === 0) {
    throw new InvalidParameterError("gas.priceGwei", gas.priceGwei, "exceed 0 when trading the hedge costs no fee");
  }
}

function requireVenue(venue: Venue): void {
  if (venue.kind === "aave") {
    requireBetween("venue.liquidationThreshold", venue.liquidationThreshold, 0.01, 1);
    requireBetween("venue.borrowRatePerYear", venue.borrowRatePerYear, 0, 5);
    requireBetween("venue.supplyRatePerYear", venue.supplyRatePerYear, 0, 5);
    requireBetween("venue.liquidationBonus", venue.liquidationBonus, 0, 0.5);
    requireBetween("venue.closeFraction", venue.closeFraction, 0.01, 1);
    return;
  }
  requireBetween("venue.feeFraction", venue.feeFraction, 0, 0.1);
  requireNonNegative("venue.impactQuotePerBaseSquared", venue.impactQuotePerBaseSquared);
  requireBetween("venue.maintenanceFraction", venue.maintenanceFraction, 0, 1);
  requireBetween("venue.liquidationFeeFraction", venue.liquidationFeeFraction, 0, 1);
  const { timestamps, rates } = venue.funding;
  if (rates.length !== timestamps.length) {
    throw new InvalidParameterError("venue.funding.rates.length", rates.length, `equal ${timestamps.length}`);
  }
  for (let i = 0; i < rates.length; i++) {
    requireBetween(`venue.funding.rates[${i}]`, rates[i]!, -1, 1);
    if (i > 0 && !(timestamps[i]! > timestamps[i - 1]!)) {
      const requirement = `exceed the payment before (${timestamps[i - 1]!})`;
      throw new InvalidParameterError(`venue.funding.timestamps[${i}]`, timestamps[i], requirement);
    }
  }
}

function requireAbove(parameter: string, value: number, bound: number): void {
  if (!(value > bound && value < Infinity)) {
    throw new InvalidParameterError(parameter, value, `be finite and greater than ${bound}`);
  }
}
