import { HedgerowError } from "../errors.ts";
import { debtOf } from "./amounts.ts";
import type { HedgeState, VaultState } from "./types.ts";

/** The vault cannot do what the decision asks for. */
export class PlanError extends HedgerowError {}

/** The hedge to work with: the one with the largest short, or without any the first, as the vault's owner ordered them. */
export function shortOf(v: VaultState): PickedHedge {
  return pick(v, (a, b) => debtOf(a) > debtOf(b));
}

/** The hedge that is nearest to liquidation. */
export function weakestOf(v: VaultState): PickedHedge {
  return pick(v, (a, b) => a.healthWad < b.healthWad);
}

/** A hedge with its place in the vault. */
export interface PickedHedge {
  readonly index: number;
  readonly hedge: HedgeState;
}

/** The best hedge, the first of equals; one that waits for its venue or lost something there only when there is no other. */
function pick(v: VaultState, isBetter: (a: HedgeState, b: HedgeState) => boolean): PickedHedge {
  let best: PickedHedge | undefined;
  for (const [index, hedge] of v.hedges.entries()) {
    const isUsable = (of: HedgeState): boolean => !of.pending && !of.lost;
    const preferred =
      best === undefined || (isUsable(hedge) === isUsable(best.hedge) ? isBetter(hedge, best.hedge) : isUsable(hedge));
    if (preferred) best = { index, hedge };
  }
  if (best === undefined) throw new PlanError(`Vault ${v.vault} has no hedge; the keeper only runs hedged vaults.`);
  return best;
}

/** Delta of all hedges but one. */
export function otherDelta(v: VaultState, index: number): bigint {
  return v.hedges.reduce((sum, hedge, i) => (i === index ? sum : sum + hedge.deltaBase), 0n);
}
