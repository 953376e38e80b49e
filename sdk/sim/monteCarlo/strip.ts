import { computeOptionValueQuote } from "../../math/blackScholes.ts";
import type { OptionKind } from "../../math/blackScholes.ts";
import { computeLpDeltaBase } from "../../math/lp.ts";
import type { LpPosition } from "../../math/lp.ts";
import { requirePositive } from "../../math/require.ts";
import { computeReplicatingStrip } from "../../math/replication.ts";

/** Options of one kind: `amounts[i]` [base] at `strikes[i]` [quote per base]; + bought. */
interface Leg {
  readonly strikes: readonly number[];
  readonly amounts: readonly number[];
}

/** Puts below and calls above the price at which the strip was built, all with one expiry. */
export interface OptionStrip {
  readonly puts: Leg;
  readonly calls: Leg;
}

/**
 * The strip that makes `position` pay the straight line of its delta at `price`, on strikes `spacing` [quote per base] apart that
 * cover its range and `price` itself.
 *
 * The kink at `price` is split between a put and a call so that the line has the delta of the position there.
 * Throws InvalidParameterError on a price or spacing that is not positive.
 *
 * @example
 * createOptionStrip({ liquidity: 9925.42, priceLower: 2000 / 1.27, priceUpper: 2540 }, 2000, 50).puts.strikes[0]; // 1550
 */
export function createOptionStrip(position: LpPosition, price: number, spacing: number): OptionStrip {
  requirePositive("price", price);
  requirePositive("spacing", spacing);
  const below = Math.ceil((price - position.priceLower) / spacing);
  const above = Math.ceil((position.priceUpper - price) / spacing);
  const strikes = Array.from({ length: below + above + 1 }, (_, i) => price + (i - below) * spacing);
  const weights = computeReplicatingStrip(position, price, strikes).legs.map(({ weightBase }) => weightBase);
  // The weights below `price` add up to the drop of the slope from the lowest strike to the stretch left of it.
  const slopeBelow = computeLpDeltaBase(position, strikes[0]!) - sum(weights.slice(0, below));
  const put = slopeBelow - computeLpDeltaBase(position, price);
  const call = weights[below]! - put;
  return {
    puts: { strikes: strikes.slice(0, below + 1), amounts: [...weights.slice(0, below), put] },
    calls: { strikes: strikes.slice(below), amounts: [call, ...weights.slice(below + 1)] },
  };
}

/**
 * Value [quote] of the strip at `price`, `years` before expiry, Black–Scholes; with 0 years what it pays.
 *
 * Throws InvalidParameterError on a price that is not positive, or a negative time or volatility.
 *
 * @example
 * computeStripValueQuote(strip, 2000, 30 / 365, 0.7); // 4,033 for 100,000 of liquidity on 2000 ×/÷ 1.27
 */
export function computeStripValueQuote(strip: OptionStrip, price: number, years: number, volatility: number): number {
  // Interest is left out: over a month the rate of a stablecoin moves a premium by less than a tenth of what the spread does.
  const market = { price, volatility, years, ratePerYear: 0, yieldPerYear: 0 };
  const valueOf = (kind: OptionKind, { strikes, amounts }: Leg): number =>
    sum(strikes.map((strike, i) => amounts[i]! * computeOptionValueQuote({ kind, strike }, market)));
  return valueOf("put", strip.puts) + valueOf("call", strip.calls);
}

/** Base under contract: what a fee by the contract is charged on. */
export function computeStripContractsBase(strip: OptionStrip): number {
  return sum([...strip.puts.amounts, ...strip.calls.amounts].map(Math.abs));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
