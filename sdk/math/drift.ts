import { requireBetween, requireFinite, requireNonNegative, requirePositive } from "./require.ts";

/**
 * Inputs of {@link computeDrift}.
 *
 * - `hedgeDeltaBase`: H, signed delta of all hedges together [base]; a short is negative.
 * - `exposureBase`: x, base held by the position and the vault [base], at least 0.
 * - `hedgeRatio`: h, fraction of the exposure meant to be hedged; 1 neutralises it.
 * - `price` [quote per base]; `valueQuote`: assets the drift is reported against [quote].
 */
export interface DriftInputs {
  readonly hedgeDeltaBase: number;
  readonly exposureBase: number;
  readonly hedgeRatio: number;
  readonly price: number;
  readonly valueQuote: number;
}

/** Signed drift, + long (too little hedge): in base, in quote, and as a fraction of the assets. */
export interface Drift {
  readonly driftBase: number;
  readonly driftQuote: number;
  readonly driftFraction: number;
}

/**
 * How far the hedge stands from its target: e = H + h·x [base], e·P [quote] and e·P/V.
 *
 * Throws InvalidParameterError on a negative exposure, a ratio outside 0 to 2, or a price or value that is not positive.
 * The ratio's ceiling catches percentages passed as fractions; no hedge is sized at twice the exposure.
 *
 * @example
 * computeDrift({ hedgeDeltaBase: -24, exposureBase: 25, hedgeRatio: 1, price: 2000, valueQuote: 100_000 });
 * // { driftBase: 1, driftQuote: 2000, driftFraction: 0.02 }
 */
export function computeDrift(inputs: DriftInputs): Drift {
  requireFinite("hedgeDeltaBase", inputs.hedgeDeltaBase);
  requireNonNegative("exposureBase", inputs.exposureBase);
  requireBetween("hedgeRatio", inputs.hedgeRatio, 0, 2);
  requirePositive("price", inputs.price);
  requirePositive("valueQuote", inputs.valueQuote);
  const driftBase = inputs.hedgeDeltaBase + inputs.hedgeRatio * inputs.exposureBase;
  const driftQuote = driftBase * inputs.price;
  return { driftBase, driftQuote, driftFraction: driftQuote / inputs.valueQuote };
}
