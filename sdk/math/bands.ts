import { InvalidParameterError } from "../errors.ts";
import { requireFinite, requireNonNegative, requirePositive } from "./require.ts";

/*
 * Two-parameter no-trade band. The drift e between exposure and hedge wanders as the price moves; nothing is done until
 * |e| reaches the trigger b, then it is traded back to the target c of the same sign, 0 <= c <= b.
 * A fixed cost a trade asks for large, rare trades (c far below b); a proportional cost for small ones at the edge (c near b).
 *
 * Drift is taken as Brownian with volatility a = |Gamma| P sigma [base per sqrt(year)], reset from ±b to ±c. Renewal arguments give
 * its stationary variance (b² + c²)/6 and the trade rate a²/(b² - c²).
 */

/**
 * What the band depends on.
 *
 * - `gamma`: signed gamma of the position [base per (quote per base)], not 0.
 * - `price` [quote per base]; `volatility` annual.
 * - `riskAversion`: absolute, gamma_A [1/quote]; the price of variance is riskAversion/2.
 * - `fixedCostQuote`: F, gas and other costs of one trade whatever its size [quote].
 * - `proportionalCost`: lambda, pool fee plus half spread, one way, as a fraction of the notional traded.
 * - `impactQuotePerBaseSquared`: kappa, so that trading q base costs kappa·q² more [quote/base²].
 *
 * At least one of the first two costs must be positive: without them the best band is none at all.
 */
export interface BandInputs {
  readonly gamma: number;
  readonly price: number;
  readonly volatility: number;
  readonly riskAversion: number;
  readonly fixedCostQuote: number;
  readonly proportionalCost: number;
  readonly impactQuotePerBaseSquared: number;
}

/** `triggerBase` b: drift at which to trade; `targetBase` c: drift to trade back to, same sign. Both [base], 0 <= c <= b. */
export interface Band {
  readonly triggerBase: number;
  readonly targetBase: number;
}

/**
 * Long-run behaviour of a band.
 *
 * - `deltaVariance`: variance of the drift left standing [base²].
 * - `tradesPerYear`: Infinity when target equals trigger, the limit of infinitely small trades.
 */
export interface BandMoments {
  readonly deltaVariance: number;
  readonly tradesPerYear: number;
}

/** The best band with what it leads to; costs and objective in [quote per year]. */
export interface OptimalBand extends Band, BandMoments {
  readonly costQuotePerYear: number;
  readonly objectiveQuotePerYear: number;
}

/**
 * Volatility of the drift, a = |Gamma| P sigma [base per sqrt(year)].
 *
 * Throws InvalidParameterError on a gamma that is not finite, a price that is not positive or a negative volatility.
 *
 * @example
 * computeDriftVolatility({ gamma: -0.0554848, price: 2000, volatility: 0.7 }); // 77.68
 */
export function computeDriftVolatility(inputs: Pick<BandInputs, "gamma" | "price" | "volatility">): number {
  requireFinite("gamma", inputs.gamma);
  requirePositive("price", inputs.price);
  requireNonNegative("volatility", inputs.volatility);
  return Math.abs(inputs.gamma) * inputs.price * inputs.volatility;
}

/**
 * Variance of the drift [base²] and trades a year of a band, for a drift of volatility `driftVolatility` [base per sqrt(year)].
 *
 * (b² + c²)/6 and a²/(b² - c²): stationary law and mean cycle time of a Brownian motion reset from ±b to ±c.
 * Throws InvalidParameterError unless 0 <= target <= trigger, trigger > 0 and driftVolatility >= 0.
 *
 * @example
 * computeBandMoments({ triggerBase: 1, targetBase: 0.4 }, 1); // { deltaVariance: 0.19333, tradesPerYear: 1.190476 }
 */
export function computeBandMoments(band: Band, driftVolatility: number): BandMoments {
  requireBand(band);
  requireNonNegative("driftVolatility", driftVolatility);
  const { triggerBase: b, targetBase: c } = band;
  return {
    deltaVariance: (b * b + c * c) / 6,
    tradesPerYear: driftVolatility === 0 ? 0 : driftVolatility ** 2 / ((b - c) * (b + c)),
  };
}

/**
 * Expected trading cost of a band [quote a year]: trade rate times the cost of one trade of b - c base.
 *
 * a² [F + lambda P (b - c) + kappa (b - c)²]/(b² - c²), with b - c cancelled where it can be, so that c = b has its finite limit
 * when there is no fixed cost. With a fixed cost that limit is Infinity.
 * Throws InvalidParameterError on inputs out of domain or an impossible band.
 *
 * @example
 * // gamma -0.0554848, price 2000, volatility 0.7, fixed cost 1, proportional cost 5e-4, no impact
 * computeBandCostQuotePerYear(inputs, { triggerBase: 5.704, targetBase: 2.087 }); // 989
 */
export function computeBandCostQuotePerYear(inputs: BandInputs, band: Band): number {
  requireInputs(inputs);
  requireBand(band);
  const sum = band.triggerBase + band.targetBase;
  const difference = band.triggerBase - band.targetBase;
  const fixed = inputs.fixedCostQuote === 0 ? 0 : inputs.fixedCostQuote / (sum * difference);
  const linear = (inputs.proportionalCost * inputs.price) / sum;
  const impact = (inputs.impactQuotePerBaseSquared * difference) / sum;
  return computeDriftVolatility(inputs) ** 2 * (fixed + linear + impact);
}

/**
 * The objective J(b, c) [quote a year]: price of the variance left standing plus trading cost.
 *
 * J = gamma_A P² sigma² (b² + c²)/12 + a² [F + lambda P (b - c) + kappa (b - c)²]/(b² - c²).
 * Throws InvalidParameterError on inputs out of domain or an impossible band.
 *
 * @example
 * computeBandObjective(inputs, { triggerBase: 5.704, targetBase: 2.087 }); // 1591 with riskAversion 1e-4
 */
export function computeBandObjective(inputs: BandInputs, band: Band): number {
  const cost = computeBandCostQuotePerYear(inputs, band);
  const varianceOfValue = (inputs.price * inputs.volatility) ** 2;
  return (inputs.riskAversion * varianceOfValue * (band.triggerBase ** 2 + band.targetBase ** 2)) / 12 + cost;
}

/**
 * The band that minimises {@link computeBandObjective}, with its moments and cost.
 *
 * With s = b + c and d = b - c, J is a sum of positive multiples of powers of s and d, hence convex in (log s, log d) and free of
 * local minima. The best s for a given d is a cube root, which leaves one equation in d to solve numerically, below the bound
 * d <= (12 F Gamma²/gamma_A)^(1/4). Without a fixed cost d = 0 whatever the impact, the Whalley–Wilmott limit; with a fixed cost alone
 * c = 0. Both are returned in closed form.
 *
 * Throws InvalidParameterError on inputs out of domain, on gamma 0 (outside its range a position's exposure stands still: close the
 * drift once instead of controlling it), and when both the fixed and the proportional cost are 0.
 *
 * @example
 * computeOptimalBand({
 *   gamma: -0.0554848, price: 2000, volatility: 0.7, riskAversion: 1e-4,
 *   fixedCostQuote: 1, proportionalCost: 5e-4, impactQuotePerBaseSquared: 0,
 * }); // trigger 5.704, target 2.087, 214 trades and 989 quote a year
 */
export function computeOptimalBand(inputs: BandInputs): OptimalBand {
  requireInputs(inputs);
  if (inputs.gamma === 0)
    throw new InvalidParameterError("gamma", 0, "differ from 0: a constant exposure needs no band");
  if (inputs.fixedCostQuote === 0 && inputs.proportionalCost === 0) {
    throw new InvalidParameterError("proportionalCost", 0, "be greater than 0 when fixedCostQuote is 0");
  }

  const band = chooseBand(inputs);
  return {
    ...band,
    ...computeBandMoments(band, computeDriftVolatility(inputs)),
    costQuotePerYear: computeBandCostQuotePerYear(inputs, band),
    objectiveQuotePerYear: computeBandObjective(inputs, band),
  };
}

/**
 * Half-width b = c [base] of the best band when cost is proportional only: (3 lambda P Gamma²/(2 gamma_A))^(1/3).
 *
 * Source: Whalley and Wilmott, "An Asymptotic Analysis of an Optimal Hedging Model for Option Pricing with Transaction Costs" (1997).
 * Throws InvalidParameterError on a cost, price or risk aversion that is not positive, or a gamma that is not finite.
 *
 * @example
 * computeWhalleyWilmottHalfWidth({ gamma: 0.02, price: 5000, riskAversion: 1, proportionalCost: 5e-4 }); // 0.1144714
 */
export function computeWhalleyWilmottHalfWidth(
  inputs: Pick<BandInputs, "gamma" | "price" | "riskAversion" | "proportionalCost">,
): number {
  requireFinite("gamma", inputs.gamma);
  requirePositive("price", inputs.price);
  requirePositive("riskAversion", inputs.riskAversion);
  requirePositive("proportionalCost", inputs.proportionalCost);
  return Math.cbrt((1.5 * inputs.proportionalCost * inputs.price * inputs.gamma ** 2) / inputs.riskAversion);
}

/**
 * Trigger b [base] of the best band when cost is fixed only, traded back to c = 0: (12 F Gamma²/gamma_A)^(1/4).
 *
 * Source: minimum of gamma_A P² sigma² b²/12 + a² F/b². Price and volatility drop out.
 * Throws InvalidParameterError on a cost or risk aversion that is not positive, or a gamma that is not finite.
 *
 * @example
 * computeFixedCostTrigger({ gamma: 0.02, riskAversion: 1, fixedCostQuote: 1 }); // 0.2632
 */
export function computeFixedCostTrigger(inputs: Pick<BandInputs, "gamma" | "riskAversion" | "fixedCostQuote">): number {
  requireFinite("gamma", inputs.gamma);
  requirePositive("riskAversion", inputs.riskAversion);
  requirePositive("fixedCostQuote", inputs.fixedCostQuote);
  return ((12 * inputs.fixedCostQuote * inputs.gamma ** 2) / inputs.riskAversion) ** 0.25;
}

/** Of d, relative: a few spacings of doubles, which two to six steps reach. */
const NEWTON_TOLERANCE = 1e-14;
const MAX_NEWTON_STEPS = 50;

/**
 * The optimum between the closed forms. With C(d) = F/d + lambda P + kappa d and w = 12 Gamma²/gamma_A the best sum for a difference
 * is s = (w C)^(1/3), and the derivative of the objective along it vanishes where d s + w kappa = w F/d². In u = log d the
 * logarithm of that equation rises with a slope between 2 and 10/3 wherever it is taken, so Newton's method needs no guard.
 */
function searchBand(inputs: BandInputs): Band {
  // a²/(gamma_A P² sigma²/12), in which price and volatility cancel
  const w = (12 * inputs.gamma ** 2) / inputs.riskAversion;
  const { fixedCostQuote: fixed, impactQuotePerBaseSquared: kappa } = inputs;
  const linear = inputs.proportionalCost * inputs.price;
  let logDifference = Math.log(computeFixedCostTrigger(inputs));
  let sum = 0;
  let difference = 0;
  for (let i = 0; i < MAX_NEWTON_STEPS; i++) {
    difference = Math.exp(logDifference);
    const cost = fixed / difference + linear + kappa * difference;
    sum = Math.cbrt(w * cost);
    const left = difference * sum + w * kappa;
    const error = Math.log(left / (w * fixed)) + 2 * logDifference;
    const elasticity = (kappa * difference - fixed / difference) / (3 * cost);
    const step = error / (2 + (difference * sum * (1 + elasticity)) / left);
    logDifference -= step;
    if (Math.abs(step) < NEWTON_TOLERANCE * Math.max(1, Math.abs(logDifference))) break;
  }
  difference = Math.min(Math.exp(logDifference), sum);
  return { triggerBase: (sum + difference) / 2, targetBase: (sum - difference) / 2 };
}

/** The two closed forms where they apply exactly, the search in between. */
function chooseBand(inputs: BandInputs): Band {
  if (inputs.fixedCostQuote === 0) {
    const halfWidth = computeWhalleyWilmottHalfWidth(inputs);
    return { triggerBase: halfWidth, targetBase: halfWidth };
  }
  if (inputs.proportionalCost === 0 && inputs.impactQuotePerBaseSquared === 0) {
    return { triggerBase: computeFixedCostTrigger(inputs), targetBase: 0 };
  }
  return searchBand(inputs);
}

function requireInputs(inputs: BandInputs): void {
  requireFinite("gamma", inputs.gamma);
  requirePositive("price", inputs.price);
  requirePositive("volatility", inputs.volatility);
  requirePositive("riskAversion", inputs.riskAversion);
  requireNonNegative("fixedCostQuote", inputs.fixedCostQuote);
  requireNonNegative("proportionalCost", inputs.proportionalCost);
  requireNonNegative("impactQuotePerBaseSquared", inputs.impactQuotePerBaseSquared);
}

function requireBand(band: Band): void {
  requirePositive("triggerBase", band.triggerBase);
  if (!(band.targetBase >= 0 && band.targetBase <= band.triggerBase)) {
    throw new InvalidParameterError(
      "targetBase",
      band.targetBase,
      `lie between 0 and triggerBase (${band.triggerBase})`,
    );
  }
}
