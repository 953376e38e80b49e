import { toFloat } from "../sdk/math/units.ts";
import type { HedgeState, Snapshot } from "../sdk/policy/types.ts";
import type { Alert } from "./alerts.ts";

/** Venues answer within seconds, and any order may be cancelled after some minutes [s]. */
const OVERDUE_SECONDS = 600;
/** An order that moved less of the delta than this was not executed. */
const EXECUTED_PART = 2n;

/** Follows orders that wait for a venue from one look at a vault to the next. */
export interface OrderWatch {
  /** What a person should know: an order that the venue refused, or one that waits for too long. */
  look(snapshot: Snapshot): readonly Alert[];
}

interface Seen {
  readonly since: number;
  readonly deltaBase: bigint;
  readonly pendingDeltaBase: bigint;
  readonly warned: boolean;
}

/**
 * A watch with its own memory: what waited before the keeper started is seen from the first look on.
 *
 * @example
 * watch.look(snapshot); // [{ code: "order-cancelled", text: "…", vault }]
 */
export function createOrderWatch(overdueSeconds = OVERDUE_SECONDS): OrderWatch {
  const seen = new Map<string, Seen>();
  const lookAt = (snapshot: Snapshot, hedge: HedgeState): Alert | undefined => {
    const { vault: v } = snapshot;
    const before = seen.get(hedge.hedge);
    const name = `${hedge.venue} (${hedge.hedge})`;
    if (!hedge.pending) {
      seen.delete(hedge.hedge);
      if (before === undefined || before.pendingDeltaBase === 0n || hedge.lost) return undefined;
      const moved = hedge.deltaBase - before.deltaBase;
      const isExecuted = abs(moved) * EXECUTED_PART >= abs(before.pendingDeltaBase);
      if (isExecuted) return undefined;
      const text = `${name} cancelled an order of ${format(before.pendingDeltaBase, v.base)}: nothing changed there, its margin came back. The next tick decides anew.`;
      return { code: "order-cancelled", vault: v.vault, text };
    }
    const since = before?.since ?? snapshot.timestamp;
    const waited = snapshot.timestamp - since;
    const isLate = waited >= overdueSeconds;
    seen.set(hedge.hedge, {
      since,
      deltaBase: before?.deltaBase ?? hedge.deltaBase,
      pendingDeltaBase: before?.pendingDeltaBase ?? hedge.pendingDeltaBase,
      warned: isLate,
    });
    if (!isLate || before?.warned === true) return undefined;
    const text = `${name} has not answered an order of ${format(hedge.pendingDeltaBase, v.base)} for ${waited} s. Anyone may cancel it: hedgerow perp cancel-order.`;
    return { code: "order-overdue", vault: v.vault, text };
  };
  return {
    look: (snapshot) => snapshot.vault.hedges.flatMap((hedge) => lookAt(snapshot, hedge) ?? []),
  };
}

function format(units: bigint, token: { readonly decimals: number; readonly symbol: string }): string {
  return `${toFloat(units, token.decimals).toFixed(4)} ${token.symbol}`;
}

function abs(x: bigint): bigint {
  return x < 0n ? -x : x;
}
