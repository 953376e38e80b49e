import { debtOf, marginFor, quoteToBase } from "./amounts.ts";
import { shortOf } from "./hedges.ts";
import type { HedgeState, PlanAction, VaultState } from "./types.ts";

/** Changes below this part of NAV are not worth an order or a swap. */
export const DUST_PART = 5_000n;

/** A perpetual as plans see it; amounts in units. */
export interface PerpState {
  readonly index: number;
  readonly hedge: HedgeState;
  readonly shortBase: bigint;
  /** At the venue, without what waits in the adapter. */
  readonly equityQuote: bigint;
  readonly waitingQuote: bigint;
}

/** The vault's perpetual. Throws PlanError when it has none. */
export function perpOf(v: VaultState): PerpState {
  const { index, hedge } = shortOf(v, "perp");
  const { waitingQuote } = hedge;
  return {
    index,
    hedge,
    shortBase: debtOf(hedge),
    equityQuote: hedge.equityMinQuote - waitingQuote,
    waitingQuote,
  };
}

/** Equity [units of quote] with which a short worth `shortQuote` has the given health. */
export function equityFor(hedge: HedgeState, shortQuote: bigint, health: number): bigint {
  return marginFor(hedge, shortQuote, health) - shortQuote;
}

/** Hands over what the venue paid out; nothing where that is dust. */
export function collectFrom(v: VaultState, perp: PerpState): readonly PlanAction[] {
  if (perp.waitingQuote <= dustQuote(v)) return [];
  return [{ kind: "adjustHedge", hedgeIndex: perp.index, deltaChangeBase: 0n, marginChangeQuote: 0n }];
}

export function dustQuote(v: VaultState): bigint {
  return v.book.navQuote / DUST_PART;
}

export function dustBase(v: VaultState): bigint {
  return quoteToBase(v, dustQuote(v));
}
