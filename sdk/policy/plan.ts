import { targetsOf } from "./advice.ts";
import { hedgeKindOf, PlanError, shortOf } from "./hedges.ts";
import { planDeleverageWithLoan, planExitWithLoan, planHedgeWithLoan, planRecentreWithLoan } from "./planLoan.ts";
import {
  planDeleverageWithPerp,
  planExitWithPerp,
  planHedgeWithPerp,
  planRaise,
  planRecentreWithPerp,
  usesPerp,
} from "./planPerp.ts";
import type { BuildSettings } from "./planPieces.ts";
import type { Decision, Plan, PolicySettings, Snapshot, VaultState } from "./types.ts";

/**
 * The steps that carry out a decision, in exact integers, with the promise that the vault will check.
 *
 * @returns undefined when the decision needs no plan (hold, reconcile) or nothing would change.
 * Throws PlanError when the vault has no hedge to carry the position.
 */
export function planFor(snapshot: Snapshot, decision: Decision, settings: PolicySettings): Plan | undefined {
  if (decision.kind === "hold" || decision.kind === "reconcile") return undefined;
  const { vault: v } = snapshot;
  const preferred = decision.hedgeIndex === undefined ? shortOf(v).hedge : v.hedges[decision.hedgeIndex];
  if (preferred === undefined) {
    throw new PlanError(
      `Vault ${v.vault} has no hedge ${String(decision.hedgeIndex)}; the decision is about another vault.`,
    );
  }
  const built: BuildSettings = { ...settings, ...(decision.targets ?? targetsOf(settings)) };
  if (decision.kind === "raise") return planRaise(snapshot, decision, built);
  const isPerp = usesPerp(v, preferred);
  switch (decision.kind) {
    case "hedge":
      return (isPerp && !isForLoan(v) ? planHedgeWithPerp : planHedgeWithLoan)(snapshot, decision, built);
    case "recentre":
      return isPerp
        ? planRecentreWithPerp(snapshot, decision, built, decision.keepRange, hedgeKindOf(preferred))
        : planRecentreWithLoan(snapshot, decision, built, decision.keepRange);
    case "deleverage":
      return (isPerp ? planDeleverageWithPerp : planDeleverageWithLoan)(
        snapshot,
        decision,
        built,
        decision.targetHealth,
      );
    case "exit":
      return (isPerp ? planExitWithPerp : planExitWithLoan)(snapshot, decision, built);
  }
}

/** A short is taken down where most of it is. */
function isForLoan(v: VaultState): boolean {
  return v.book.deltaBase < 0n && hedgeKindOf(shortOf(v).hedge) === "loan";
}
