import { debtOf, max, quoteToBase } from "./amounts.ts";
import { findShort } from "./hedges.ts";
import type { RedemptionState, VaultState } from "./types.ts";

const BPS = 10_000n;
/** What may be missing of a payment because prices moved since it was ordered. */
const READY_PART = 0.97;
/** Part of the vault's band that raising money may use: more than drift may, so that there always is some of it. */
const REDEMPTION_BAND = 0.95;
/** Part of a step that is worth a settlement of its own. */
const WORTHWHILE_PART = 0.5;

/** Most that one order may change a short by [base units]: the vault's band, less a reserve. */
export function stepLimitBase(v: VaultState, bandSafety: number): bigint {
  const limitQuote = (v.book.navQuote * v.policy.params.maxDeltaBps) / BPS;
  return (quoteToBase(v, limitQuote) * BigInt(Math.round(bandSafety * 1e4))) / BPS;
}

/**
 * Redemptions that wait for a venue which pays out later: the vault can settle only what that venue has paid already.
 *
 * @returns undefined when nothing waits, or nothing stands in the way of settling all of it.
 */
export function redemptionOf(v: VaultState): RedemptionState | undefined {
  const perp = findShort(v, "perp");
  const { pendingShares } = v.queue;
  if (pendingShares === 0n || v.totalSupply === 0n || perp === undefined) return undefined;
  const { hedge } = perp;
  const short = debtOf(hedge);
  if (short === 0n || hedge.equityMinQuote <= 0n) return undefined;
  const fraction = Math.min(1, Number(pendingShares) / Number(v.totalSupply));
  const paidFraction = Number(hedge.waitingQuote) / Number(hedge.equityMinQuote);
  // Closing a part of the short adds to a delta that may be long already; the liquidity follows with the settlement.
  const room = stepLimitBase(v, REDEMPTION_BAND) - max(0n, v.book.deltaBase);
  const step = Math.min(fraction, Math.max(0, Number(room)) / Number(short));
  const isReady = paidFraction >= Math.min(fraction * READY_PART, step * WORTHWHILE_PART);
  return { fraction, paidFraction, stepFraction: step, isReady };
}

/** Shares of the queue that can be settled now: all that wait, or what a venue which pays later has paid for. */
export function settleableShares(v: VaultState): bigint {
  const redemption = redemptionOf(v);
  if (redemption === undefined) return v.queue.pendingShares;
  if (!redemption.isReady) return 0n;
  const paid = (v.totalSupply * BigInt(Math.floor(redemption.paidFraction * 0.999 * 1e9))) / 1_000_000_000n;
  return paid < v.queue.pendingShares ? paid : v.queue.pendingShares;
}
