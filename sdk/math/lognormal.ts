import { InvalidParameterError } from "../errors.ts";
import { computeNormalCdf } from "./normal.ts";
import { computeForwardPrice } from "./optionMarket.ts";
import type { OptionMarket } from "./optionMarket.ts";
import { requireBetween } from "./require.ts";

/**
 * Expected power of the price at expiry over an interval, E[P_T^power; lower < P_T < upper], undiscounted, for a lognormal price.
 *
 * F^p e^(p (p - 1) s²/2) [N(u) - N(l)] with s² = sigma² T, l and u = (ln(edge/F) + s²/2)/s - p s. Power 0 gives the probability, 1 what an
 * asset-or-nothing claim pays, 1/2 what a liquidity position's square root needs. Edges [quote per base]: 0 <= lower <= upper <= Infinity.
 * Without time or volatility the price is the forward for certain; it counts as inside when lower < F <= upper.
 * Source: moments of the lognormal law with its measure shifted by p s.
 * Throws InvalidParameterError on an impossible market, a power beyond -10 to 10 or edges out of order.
 *
 * @example
 * computeTruncatedMoment({ price: 10, volatility: 0.7, years: 1, ratePerYear: 0, yieldPerYear: 0 }, 1, 0, Infinity); // 10
 */
export function computeTruncatedMoment(market: OptionMarket, power: number, lower: number, upper: number): number {
  requireBetween("power", power, -10, 10);
  if (!(lower >= 0 && lower < Infinity)) throw new InvalidParameterError("lower", lower, "be finite and at least 0");
  if (!(upper >= lower)) throw new InvalidParameterError("upper", upper, `be at least lower (${lower})`);
  const forward = computeForwardPrice(market);
  const deviation = market.volatility * Math.sqrt(market.years);
  if (deviation === 0) return lower < forward && forward <= upper ? forward ** power : 0;
  const place = (edge: number): number => Math.log(edge / forward) / deviation + (0.5 - power) * deviation;
  const from = place(lower);
  const to = place(upper);
  // in the upper tail the difference of two numbers near 1 would cancel
  const probability =
    from > 0 ? computeNormalCdf(-from) - computeNormalCdf(-to) : computeNormalCdf(to) - computeNormalCdf(from);
  if (probability === 0) return 0; // whatever overflows below
  return forward ** power * Math.exp((power * (power - 1) * deviation ** 2) / 2) * probability;
}
