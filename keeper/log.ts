import { destination, pino, type DestinationStream, type Logger } from "pino";

/** The part of pino that the keeper uses; tests pass their own. */
export type KeeperLog = Pick<Logger, "debug" | "info" | "warn" | "error">;

/**
 * Event names: the message of every line is one of these, the figures are its fields. Dashboards and alerts match on them.
 */
export const LogEvent = {
  keeperStarted: "keeper.started",
  keeperStopped: "keeper.stopped",
  tickDone: "tick.done",
  tickFailed: "tick.failed",
  feesUnread: "vault.feesUnread",
  termsUnread: "vault.termsUnread",
  vaultHeld: "vault.held",
  vaultDryRun: "vault.dryRun",
  vaultSent: "vault.sent",
  vaultPending: "vault.pending",
  vaultReverted: "vault.reverted",
  vaultSkipped: "vault.skipped",
  vaultFailed: "vault.failed",
  intentOpened: "intent.opened",
  intentSigned: "intent.signed",
  intentBroadcast: "intent.broadcast",
  intentRefused: "intent.refused",
  intentConfirmed: "intent.confirmed",
  intentClosed: "intent.closed",
  intentReorganised: "intent.reorganised",
  intentVerified: "intent.verified",
  alert: "alert",
} as const;

/** JSON lines to standard output, or to `stream`. Bigints are written as decimal text. */
export function createLog(level: string, stream: DestinationStream = destination(1)): Logger {
  return pino({ name: "hedgerow-keeper", level, base: null, redact: ["privateKey", "raw", "password"] }, stream);
}

/** Says nothing; for callers that show the records themselves. */
export const silentLog: KeeperLog = pino({ level: "silent" });
