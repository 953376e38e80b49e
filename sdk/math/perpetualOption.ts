import { InvalidParameterError } from "../errors.ts";
import { requireBetween, requireNonNegative, requirePositive, requireStrictlyBetween } from "./require.ts";
import { DAYS_PER_YEAR } from "./units.ts";

/*
 * A concentrated position read as a perpetual short option: a put struck at the geometric middle of its range, softened over the range.
 * Source: Lambert and Kristensen, "Panoptic: a perpetual, oracle-free options protocol" (2022). The effective tenor departs from the printed one:
 * its denominator is √r + 1, which is what equating the two losses at the strike gives.
 */

/**
 * One token's worth of liquidity: `strike` K = √(pa pb) [quote per base] and `rangeFactor` r = √(pb/pa) > 1, so that the range runs from
 * K/r to K r and holds 1 base below it, K quote above it.
 */
export interface PerpetualOption {
  readonly strike: number;
  readonly rangeFactor: number;
}

/**
 * Strike and range factor of the range from `priceLower` to `priceUpper` [quote per base].
 *
 * Throws InvalidParameterError unless 0 < lower < upper < Infinity.
 *
 * @example
 * computePerpetualOption({ priceLower: 1600, priceUpper: 2500 }); // { strike: 2000, rangeFactor: 1.25 }
 */
export function computePerpetualOption(range: {
  readonly priceLower: number;
  readonly priceUpper: number;
}): PerpetualOption {
  requirePositive("priceLower", range.priceLower);
  if (!(range.priceUpper > range.priceLower && range.priceUpper < Infinity)) {
    throw new InvalidParameterError(
      "priceUpper",
      range.priceUpper,
      `be finite and greater than priceLower (${range.priceLower})`,
    );
  }
  const rangeFactor = Math.sqrt(range.priceUpper / range.priceLower);
  return { strike: range.priceLower * rangeFactor, rangeFactor };
}

/**
 * Value [quote] at `price` [quote per base] of liquidity that is 1 base below its range.
 *
 * (2√(S K r) - S - K)/(r - 1) in range, S below it and K above it: a covered call, or a short put with its cash.
 * Throws InvalidParameterError on a strike or price that is not positive, or a range factor that is not finite and above 1.
 *
 * @example
 * computePerpetualOptionValueQuote({ strike: 2000, rangeFactor: 1.25 }, 2000); // 1888.54
 */
export function computePerpetualOptionValueQuote(option: PerpetualOption, price: number): number {
  requireOption(option);
  requirePositive("price", price);
  const { strike, rangeFactor } = option;
  if (price <= strike / rangeFactor) return price;
  if (price >= strike * rangeFactor) return strike;
  return (2 * Math.sqrt(price * strike * rangeFactor) - price - strike) / (rangeFactor - 1);
}

/**
 * Delta [base, 1 below the range to 0 above it] at `price`: (√(K r/S) - 1)/(r - 1) in range.
 *
 * Throws InvalidParameterError on a strike or price that is not positive, or a range factor that is not finite and above 1.
 *
 * @example
 * computePerpetualOptionDeltaBase({ strike: 2000, rangeFactor: 1.25 }, 2000); // 0.4721
 */
export function computePerpetualOptionDeltaBase(option: PerpetualOption, price: number): number {
  requireOption(option);
  requirePositive("price", price);
  const { strike, rangeFactor } = option;
  if (price <= strike / rangeFactor) return 1;
  if (price >= strike * rangeFactor) return 0;
  return (Math.sqrt((strike * rangeFactor) / price) - 1) / (rangeFactor - 1);
}

/**
 * Time to expiry [years] of the European option that is as uncertain at the strike as the range: (2π/sigma²) ((√r - 1)/(√r + 1))².
 *
 * At it an option at the money is worth K sigma √(T/2π), for small sigma √T, as much as the range gives up at its middle against its strike.
 * Throws InvalidParameterError on a range factor that is not finite and above 1, or a volatility that is not positive.
 *
 * @example
 * computeEffectiveTenorYears(1.27, 0.7) * 365; // 16.672 days
 */
export function computeEffectiveTenorYears(rangeFactor: number, volatility: number): number {
  requireRangeFactor(rangeFactor);
  requirePositive("volatility", volatility);
  const root = Math.sqrt(rangeFactor);
  return ((2 * Math.PI) / volatility ** 2) * ((root - 1) / (root + 1)) ** 2;
}

/**
 * Annual volatility that pool fees pay for: 2 · fee · √(daily volume/liquidity of a tick) · √365.
 *
 * `dailyVolumeQuote` and `tickLiquidityQuote` [quote], the latter the value within the current tick spacing. Liquidity earns more than it
 * loses to volatility while the realised one stays below. Source: Lambert, "On-chain Volatility and Uniswap v3" (2021).
 * Throws InvalidParameterError on a fee outside 0 to 1, a negative volume or a liquidity that is not positive.
 *
 * @example
 * computeFeeImpliedVolatility({ feeFraction: 0.003, dailyVolumeQuote: 1e8, tickLiquidityQuote: 3e6 }); // 0.662
 */
export function computeFeeImpliedVolatility(inputs: {
  readonly feeFraction: number;
  readonly dailyVolumeQuote: number;
  readonly tickLiquidityQuote: number;
}): number {
  requireBetween("feeFraction", inputs.feeFraction, 0, 1);
  requireNonNegative("dailyVolumeQuote", inputs.dailyVolumeQuote);
  requirePositive("tickLiquidityQuote", inputs.tickLiquidityQuote);
  return 2 * inputs.feeFraction * Math.sqrt((inputs.dailyVolumeQuote / inputs.tickLiquidityQuote) * DAYS_PER_YEAR);
}

function requireOption(option: PerpetualOption): void {
  requirePositive("strike", option.strike);
  requireRangeFactor(option.rangeFactor);
}

function requireRangeFactor(rangeFactor: number): void {
  requireStrictlyBetween("rangeFactor", rangeFactor, 1, Infinity);
}
