import { HedgerowError } from "../errors.ts";
import { BPS_PER_UNIT } from "../math/units.ts";
import { computeMarkNavQuote, requireMarks } from "./mark.ts";
import type { VaultMark } from "./mark.ts";

/*
 * Where the money went. Over an interval of the market the amounts of base and quote at both ends are known, so every part
 * below has its own formula and none is computed as the rest of the others; `unexplained` is what the formulas miss.
 */

/** Profit and loss by cause [quote], + gain. The parts add up to `total`. */
export interface AttributionParts {
  /** Pool fees, valued when they were earned. */
  readonly fees: number;
  /** Price P&L of the principal in the ranges. */
  readonly divergence: number;
  /** Price P&L of the short, and of idle and uncollected base. */
  readonly hedge: number;
  /** Interest of the collateral less that of the loan, outside of the keeper's transactions. */
  readonly interest: number;
  /** What the keeper's transactions took out of the vault: pool fees, price impact, rounding. */
  readonly swapCosts: number;
  /** What the keeper paid for its transactions; not in the vault's books. */
  readonly gas: number;
  readonly total: number;
}

/** What stands behind the parts [quote]. */
export interface AttributionDetail {
  /** `inventory`: base held at the start of each interval times the move; `convexity`: the rest, never a gain. */
  readonly divergence: { readonly inventory: number; readonly convexity: number };
  readonly hedge: { readonly short: number; readonly heldBase: number };
  readonly interest: { readonly earned: number; readonly paid: number };
}

export interface Attribution {
  readonly parts: AttributionParts;
  readonly detail: AttributionDetail;
  readonly navStart: number;
  readonly navEnd: number;
  /** Deposits less redemptions, excluded from every part. */
  readonly flows: number;
  /** Change of NAV at the mark price, flows excluded. */
  readonly navChangeBeforeGas: number;
  /** The same less the keeper's gas. What `parts.total` must explain. */
  readonly navChange: number;
  /** navChange - parts.total. */
  readonly unexplained: number;
}

/** Largest `unexplained` that passes: 0.1 % of the change of NAV, or of one basis point of NAV where that is more. */
export const MAX_UNEXPLAINED_FRACTION = 0.001;

/** The parts do not add up to the change of NAV: money came or went in a way that no part knows. */
export class AttributionMismatchError extends HedgerowError {
  readonly unexplained: number;
  readonly limit: number;

  constructor(unexplained: number, limit: number) {
    super(
      `The attribution leaves ${unexplained.toFixed(6)} of the change of NAV unexplained (limit ${limit.toFixed(6)}): ` +
        "some change of the vault was not marked, or marked with the wrong phase.",
    );
    this.unexplained = unexplained;
    this.limit = limit;
  }
}

/**
 * Attributes the P&L of a vault over a series of marks, in order of time, one before and one after every change.
 *
 * For an interval of the market from mark 0 to mark 1, with d = P1 - P0:
 * - divergence = V1 - V0 with V = quote + P·base of the ranges; inventory = base0·d, convexity = (quote1 - quote0) + P1 (base1 - base0)
 * - fees = (feesQuote1 - feesQuote0) + P1 (feesBase1 - feesBase0)
 * - hedge = -debt0·d + (idleBase0 + feesBase0)·d
 * - interest = (margin1 - margin0) - P1 (debt1 - debt0)
 *
 * For an action, swapCosts = NAV1 - NAV0 at the common price: fees that are collected and principal that moves stay in NAV and
 * cancel out. A flow changes nothing but `flows`. An interval whose idle funds change by themselves is left unexplained.
 *
 * Throws InvalidParameterError on fewer than 2 marks, marks out of order, or a price that changes in an action or flow.
 *
 * @example
 * computeAttribution(marks).parts.fees;
 */
export function computeAttribution(marks: readonly VaultMark[]): Attribution {
  requireMarks(marks);
  const sum = {
    fees: 0,
    inventory: 0,
    convexity: 0,
    short: 0,
    heldBase: 0,
    earned: 0,
    paid: 0,
    swapCosts: 0,
    gas: 0,
    flows: 0,
  };
  for (let i = 1; i < marks.length; i++) {
    const start = marks[i - 1]!;
    const end = marks[i]!;
    sum.gas -= end.gasQuote;
    switch (end.phase) {
      case "market": {
        const move = end.price - start.price;
        sum.inventory += start.liquidityBase * move;
        sum.convexity +=
          end.liquidityQuote - start.liquidityQuote + end.price * (end.liquidityBase - start.liquidityBase);
        sum.fees += end.feesQuote - start.feesQuote + end.price * (end.feesBase - start.feesBase);
        sum.short -= start.debtBase * move;
        sum.heldBase += (start.idleBase + start.feesBase) * move;
        sum.earned += end.marginQuote - start.marginQuote;
        sum.paid -= end.price * (end.debtBase - start.debtBase);
        break;
      }
      case "action":
        sum.swapCosts += computeMarkNavQuote(end) - computeMarkNavQuote(start);
        break;
      case "flow":
        sum.flows += computeMarkNavQuote(end) - computeMarkNavQuote(start);
        break;
    }
  }

  const divergence = sum.inventory + sum.convexity;
  const hedge = sum.short + sum.heldBase;
  const interest = sum.earned + sum.paid;
  const total = sum.fees + divergence + hedge + interest + sum.swapCosts + sum.gas;
  const navStart = computeMarkNavQuote(marks[0]!);
  const navEnd = computeMarkNavQuote(marks[marks.length - 1]!);
  const navChangeBeforeGas = navEnd - navStart - sum.flows;
  const navChange = navChangeBeforeGas + sum.gas;
  return {
    parts: { fees: sum.fees, divergence, hedge, interest, swapCosts: sum.swapCosts, gas: sum.gas, total },
    detail: {
      divergence: { inventory: sum.inventory, convexity: sum.convexity },
      hedge: { short: sum.short, heldBase: sum.heldBase },
      interest: { earned: sum.earned, paid: sum.paid },
    },
    navStart,
    navEnd,
    flows: sum.flows,
    navChangeBeforeGas,
    navChange,
    unexplained: navChange - total,
  };
}

/** Largest |unexplained| [quote] that {@link requireExplained} accepts. */
export function computeUnexplainedLimit(attribution: Attribution): number {
  const onePoint = Math.abs(attribution.navEnd) / BPS_PER_UNIT;
  return MAX_UNEXPLAINED_FRACTION * Math.max(Math.abs(attribution.navChange), onePoint);
}

/** Throws {@link AttributionMismatchError} when the parts do not add up to the change of NAV. */
export function requireExplained(attribution: Attribution): void {
  const limit = computeUnexplainedLimit(attribution);
  if (Math.abs(attribution.unexplained) <= limit) return;
  throw new AttributionMismatchError(attribution.unexplained, limit);
}
