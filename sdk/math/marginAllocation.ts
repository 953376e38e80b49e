import { InvalidParameterError } from "../errors.ts";
import { requireLength, requireNonNegative, requirePositive } from "./require.ts";

/**
 * What to spread and what it should lower.
 *
 * - `marginsQuote`: what each venue holds already [quote, at least 0].
 * - `budgetQuote` to add, at least 0, in whole steps of `stepQuote` [quote]: at most 1000 of them.
 * - `risk`: a number to make small, of the margins at all venues: a worst loss, a chance of liquidation, or such chances weighed by what
 *   each would cost. It should not rise when margin is added.
 */
export interface MarginAllocationInputs {
  readonly marginsQuote: readonly number[];
  readonly budgetQuote: number;
  readonly stepQuote: number;
  readonly risk: (marginsQuote: readonly number[]) => number;
}

/** Margins to hold, venue by venue, what was left over because it helped nowhere, and the risk before and after. */
export interface MarginAllocation {
  readonly marginsQuote: readonly number[];
  readonly unallocatedQuote: number;
  readonly riskBefore: number;
  readonly riskAfter: number;
}

const MOST_STEPS = 1000;

/**
 * Puts margin where it lowers the risk most, step by step: greedy, with a look ahead.
 *
 * The chance of liquidation stays near 1 until a venue holds something and only then falls, so the next step alone says little. Every round
 * takes the venue and number of steps that lower the risk most *per step*, which is exact when the risk adds up over venues and each part
 * falls ever more slowly or first not at all; otherwise a good heuristic. Stops when no amount of margin helps anywhere.
 * Takes about venues · steps evaluations of the risk a round.
 * Throws InvalidParameterError on no venues, negative amounts, a step that is not positive or too small, or a risk of NaN.
 *
 * @example
 * computeMarginAllocation({ marginsQuote: [0, 0], budgetQuote: 20_000, stepQuote: 1000, risk: ([a = 0, b = 0]) => 1 / (1 + a) + 4 / (1 + b) });
 */
export function computeMarginAllocation(inputs: MarginAllocationInputs): MarginAllocation {
  requireLength("marginsQuote", inputs.marginsQuote, 1);
  for (const margin of inputs.marginsQuote) requireNonNegative("marginsQuote", margin);
  requireNonNegative("budgetQuote", inputs.budgetQuote);
  requirePositive("stepQuote", inputs.stepQuote);
  const steps = Math.floor(inputs.budgetQuote / inputs.stepQuote);
  if (steps > MOST_STEPS) {
    throw new InvalidParameterError("stepQuote", inputs.stepQuote, `be at least budgetQuote/${MOST_STEPS}`);
  }

  let margins = inputs.marginsQuote;
  const riskBefore = evaluate(inputs.risk, margins);
  let risk = riskBefore;
  let left = steps;
  while (left > 0) {
    const best = findBestMove(inputs, margins, risk, left);
    if (best === undefined) break;
    ({ margins, risk } = best);
    left -= best.steps;
  }
  const spent = (steps - left) * inputs.stepQuote;
  return { marginsQuote: margins, unallocatedQuote: inputs.budgetQuote - spent, riskBefore, riskAfter: risk };
}

interface Move {
  readonly margins: readonly number[];
  readonly risk: number;
  readonly steps: number;
  readonly gainPerStep: number;
}

function findBestMove(
  inputs: MarginAllocationInputs,
  margins: readonly number[],
  risk: number,
  most: number,
): Move | undefined {
  let best: Move | undefined;
  for (let venue = 0; venue < margins.length; venue++) {
    for (let steps = 1; steps <= most; steps++) {
      const moved = margins.map((margin, i) => (i === venue ? margin + steps * inputs.stepQuote : margin));
      const movedRisk = evaluate(inputs.risk, moved);
      const gainPerStep = (risk - movedRisk) / steps;
      if (gainPerStep > (best?.gainPerStep ?? 0)) best = { margins: moved, risk: movedRisk, steps, gainPerStep };
    }
  }
  return best;
}

function evaluate(risk: MarginAllocationInputs["risk"], margins: readonly number[]): number {
  const value = risk(margins);
  if (Number.isNaN(value)) throw new InvalidParameterError("risk", value, "be a number");
  return value;
}
