import { HedgerowError } from "../errors.ts";
import { debtOf } from "./amounts.ts";
import type { HedgeState, VaultState } from "./types.ts";

/** The vault cannot do what the decision asks for. */
export class PlanError extends HedgerowError {}

/**
 * How a venue is short. A loan hands over base when the short grows and takes it when it shrinks, within the call. A perpetual
 * takes orders that the venue executes or cancels later, moves no base and pays out outside of any call of the vault.
 */
export type HedgeKind = "loan" | "perp";

/** Venues that are not loans, by the name that their adapter gives. */
const PERP_VENUES: ReadonlySet<string> = new Set(["gmx-v2-short"]);

/** The kind of a venue; one that is not known to be a perpetual is planned for as a loan, and the vault judges the plan. */
export function hedgeKindOf({ venue }: Pick<HedgeState, "venue">): HedgeKind {
  return PERP_VENUES.has(venue) ? "perp" : "loan";
}

/** The hedge to work with: the one with the largest short, or without any the first, as the vault's owner ordered them. */
export function shortOf(v: VaultState, kind?: HedgeKind): PickedHedge {
  return requirePicked(
    v,
    pick(v, (a, b) => debtOf(a) > debtOf(b), kind),
    kind,
  );
}

/** The same, or undefined where the vault has no hedge of that kind. */
export function findShort(v: VaultState, kind: HedgeKind): PickedHedge | undefined {
  return pick(v, (a, b) => debtOf(a) > debtOf(b), kind);
}

/** The hedge that is nearest to liquidation. */
export function weakestOf(v: VaultState): PickedHedge {
  return requirePicked(
    v,
    pick(v, (a, b) => a.healthWad < b.healthWad),
  );
}

/** A hedge with its place in the vault. */
export interface PickedHedge {
  readonly index: number;
  readonly hedge: HedgeState;
}

/** The best hedge, the first of equals; one that waits for its venue or lost something there only when there is no other. */
function pick(
  v: VaultState,
  isBetter: (a: HedgeState, b: HedgeState) => boolean,
  kind?: HedgeKind,
): PickedHedge | undefined {
  let best: PickedHedge | undefined;
  for (const [index, hedge] of v.hedges.entries()) {
    if (kind !== undefined && hedgeKindOf(hedge) !== kind) continue;
    const isUsable = (of: HedgeState): boolean => !of.pending && !of.lost;
    const preferred =
      best === undefined || (isUsable(hedge) === isUsable(best.hedge) ? isBetter(hedge, best.hedge) : isUsable(hedge));
    if (preferred) best = { index, hedge };
  }
  return best;
}

function requirePicked(v: VaultState, picked: PickedHedge | undefined, kind?: HedgeKind): PickedHedge {
  if (picked !== undefined) return picked;
  const what = kind === undefined ? "hedge" : `${kind} to hedge with`;
  throw new PlanError(`Vault ${v.vault} has no ${what}; the keeper only runs hedged vaults.`);
}

/** Delta of all hedges but one. */
export function otherDelta(v: VaultState, index: number): bigint {
  return v.hedges.reduce((sum, hedge, i) => (i === index ? sum : sum + hedge.deltaBase), 0n);
}
