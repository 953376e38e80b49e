import type { Decision, Plan } from "../sdk/policy/types.ts";
import type { Alert } from "./alerts.ts";
import type { Fees } from "./fees.ts";
import type { Intent } from "./intents.ts";
import { LogEvent } from "./log.ts";
import type { Head } from "./rpc.ts";
import type { Outcome } from "./verify.ts";

/** What the keeper did about one vault at one block. */
export type VaultOutcome =
  | { readonly kind: "held"; readonly vault: string; readonly decision: Decision }
  | {
      /** Everything but the signature was done; this is what would be sent. */
      readonly kind: "dryRun";
      readonly vault: string;
      readonly decision: Decision;
      readonly plan: Plan | undefined;
      readonly wouldSend: {
        readonly to: string;
        readonly data: string;
        readonly gasLimit: bigint;
        readonly fees: Fees;
      };
    }
  | {
      readonly kind: "sent";
      readonly vault: string;
      readonly decision: Decision;
      readonly plan: Plan | undefined;
      readonly intentId: number;
      readonly hash: string;
      readonly blockNumber: number;
      readonly outcome: Verification;
    }
  | {
      /** Sent, without a receipt so far; the next tick looks again. */
      readonly kind: "pending";
      readonly vault: string;
      readonly decision: Decision;
      readonly plan: Plan | undefined;
      readonly intentId: number;
    }
  | {
      /** The bytes revert: `simulation` = nothing was sent. */
      readonly kind: "reverted";
      readonly vault: string;
      readonly decision: Decision;
      readonly plan: Plan | undefined;
      readonly where: "simulation" | "chain";
      readonly reason: string;
    }
  | {
      /** Wants to act but may not now: another tick has the vault, a transaction is in flight, or gas is above the ceiling. */
      readonly kind: "skipped";
      readonly vault: string;
      readonly cause: "busy-vault" | "busy-signer" | "priced-out" | "overtaken";
      readonly text: string;
    }
  | { readonly kind: "failed"; readonly vault: string; readonly error: string; readonly text: string };

/** The outcome of an action, or why it is not known yet: the node did not answer, and the next tick asks again. */
export type Verification = Outcome | { readonly kind: "unanswered"; readonly reason: string };

/** One run over all vaults. */
export interface TickRecord {
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  /** undefined: no block could be read, or it is not of now. */
  readonly head: Head | undefined;
  readonly outcomes: readonly VaultOutcome[];
  /** Intents of earlier ticks (or processes) that moved. */
  readonly settled: readonly { readonly intent: Intent; readonly outcome: Verification | undefined }[];
  readonly alerts: readonly Alert[];
}

/** The event that a vault's outcome is logged as. */
export const OUTCOME_EVENT = {
  held: LogEvent.vaultHeld,
  dryRun: LogEvent.vaultDryRun,
  sent: LogEvent.vaultSent,
  pending: LogEvent.vaultPending,
  reverted: LogEvent.vaultReverted,
  skipped: LogEvent.vaultSkipped,
  failed: LogEvent.vaultFailed,
} as const satisfies Record<VaultOutcome["kind"], string>;

/** What a line of the diary keeps: reasons and figures, not whole snapshots. */
export function summarise(outcome: VaultOutcome): Record<string, unknown> {
  switch (outcome.kind) {
    case "skipped":
      return { cause: outcome.cause, text: outcome.text };
    case "failed":
      return { error: outcome.error, text: outcome.text };
    case "held":
    case "dryRun":
    case "sent":
    case "pending":
    case "reverted":
      return { ...summariseDecision(outcome.decision), ...summariseRest(outcome) };
  }
}

function summariseDecision({
  kind,
  reasons,
  exposure,
  band,
  gate,
  targets,
  hedgeIndex,
  orders,
}: Decision): Record<string, unknown> {
  const { price, navQuote, deltaBase, health } = exposure;
  return {
    decision: kind,
    reasons,
    price,
    navQuote,
    deltaBase,
    health,
    triggerBase: band.triggerBase,
    targetBase: band.targetBase,
    ...(targets === undefined ? {} : { targets }),
    ...(gate === undefined ? {} : { gate }),
    ...(hedgeIndex === undefined ? {} : { hedgeIndex }),
    ...(orders === undefined ? {} : { orders }),
  };
}

function summariseRest(outcome: VaultOutcome): Record<string, unknown> {
  switch (outcome.kind) {
    case "dryRun":
      return { actions: outcome.plan?.actions.length ?? 0, gasLimit: String(outcome.wouldSend.gasLimit) };
    case "sent":
      return { intentId: outcome.intentId, hash: outcome.hash, outcome: outcome.outcome.kind };
    case "pending":
      return { intentId: outcome.intentId };
    case "reverted":
      return { where: outcome.where, reason: outcome.reason };
    case "held":
    case "skipped":
    case "failed":
      return {};
  }
}
