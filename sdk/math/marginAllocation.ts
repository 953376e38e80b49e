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
 * Puts margin where it lowers the risk most: greedy with a look ahead, then exchanges between venues while one helps.
 *
 * The chance of liquidation stays near 1 until a venue holds something and only then falls, so the next step alone says little. Every round
 * takes the venue and number of steps that lower the risk most *per step*, and stops when no amount of margin helps anywhere. Afterwards added
 * margin is moved from one venue to another, any number of steps at once, as long as the risk falls: exact for two venues, and for any number
 * of them when the risk adds up over venues and each part falls ever more slowly. Otherwise a good heuristic.
 * Takes about venues² · steps evaluations of the risk a round.
 * Throws InvalidParameterError on no venues, negative amounts, a step that is not positive or too small, or a risk of NaN.
 *
 * @example
 * computeMarginAllocation({ marginsQuote: [0, 0], budgetQuote: 28, stepQuote: 0.5, risk: ([a = 0, b = 0]) => 1 / (1 + a) + 4 / (1 + b) });
 * // marginsQuote [9, 19]
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

  const nothing = inputs.marginsQuote.map(() => 0);
  const riskBefore = evaluate(inputs, nothing);
  const added = exchange(inputs, addGreedily(inputs, { steps: nothing, risk: riskBefore }, steps));
  const spent = added.steps.reduce((sum, count) => sum + count, 0) * inputs.stepQuote;
  return {
    marginsQuote: addSteps(inputs, added.steps),
    unallocatedQuote: inputs.budgetQuote - spent,
    riskBefore,
    riskAfter: added.risk,
  };
}

/** Steps added venue by venue, and the risk with them. */
interface Added {
  readonly steps: readonly number[];
  readonly risk: number;
}

function addGreedily(inputs: MarginAllocationInputs, start: Added, budget: number): Added {
  let state = start;
  let left = budget;
  while (left > 0) {
    let best: { readonly state: Added; readonly count: number; readonly gainPerStep: number } | undefined;
    for (let venue = 0; venue < state.steps.length; venue++) {
      for (let count = 1; count <= left; count++) {
        const moved = move(inputs, state, venue, count);
        const gainPerStep = (state.risk - moved.risk) / count;
        if (gainPerStep > (best?.gainPerStep ?? 0)) best = { state: moved, count, gainPerStep };
      }
    }
    if (best === undefined) break;
    state = best.state;
    left -= best.count;
  }
  return state;
}

/** Moves steps between venues while the risk falls: whole lots of the look ahead may have left the last ones out of place. */
function exchange(inputs: MarginAllocationInputs, start: Added): Added {
  let state = start;
  for (let round = 0; round < MOST_STEPS; round++) {
    let best = state;
    for (let from = 0; from < state.steps.length; from++) {
      for (let to = 0; to < state.steps.length; to++) {
        for (let count = 1; to !== from && count <= state.steps[from]!; count++) {
          const moved = move(inputs, state, to, count, from);
          if (moved.risk < best.risk) best = moved;
        }
      }
    }
    if (best === state) break;
    state = best;
  }
  return state;
}

function move(inputs: MarginAllocationInputs, state: Added, to: number, count: number, from?: number): Added {
  const steps = state.steps.map((held, i) => held + (i === to ? count : 0) - (i === from ? count : 0));
  return { steps, risk: evaluate(inputs, steps) };
}

function addSteps({ marginsQuote, stepQuote }: MarginAllocationInputs, steps: readonly number[]): readonly number[] {
  return marginsQuote.map((margin, i) => margin + steps[i]! * stepQuote);
}

function evaluate(inputs: MarginAllocationInputs, steps: readonly number[]): number {
  const value = inputs.risk(addSteps(inputs, steps));
  if (Number.isNaN(value)) throw new InvalidParameterError("risk", value, "be a number");
  return value;
}
