import type { Decision, Snapshot } from "../sdk/policy/types.ts";

const BPS = 10_000n;

/**
 * Whether an action is worth the emergency gas ceiling, and may take the place of a pending one that is not.
 *
 * Deleveraging, leaving for good and looking for a lost hedge are. Hedging is once the exposure is outside the vault's own limit:
 * inside it, the policy has weighed gas against risk already. Settling and recentring never are.
 */
export function isRiskReducing(decision: Decision, snapshot: Snapshot): boolean {
  switch (decision.kind) {
    case "deleverage":
    case "reconcile":
      return true;
    case "exit":
      // Leaving a pool that does not pay can wait for cheap gas.
      return decision.reasons[0]?.code !== "fees-too-low";
    case "hedge":
      return isOutsideVaultLimit(snapshot);
    case "hold":
    case "recentre":
    case "raise":
      return false;
  }
}

/** |delta| at the oracle's price above `maxDeltaBps` of NAV, in exact integers as the vault computes it. */
function isOutsideVaultLimit({ vault }: Snapshot): boolean {
  const { navQuote, deltaBase } = vault.book;
  const scale = 10n ** BigInt(18 + vault.base.decimals - vault.quote.decimals);
  const absolute = deltaBase < 0n ? -deltaBase : deltaBase;
  return absolute * vault.oracle.priceWad * BPS > navQuote * vault.policy.params.maxDeltaBps * scale;
}
