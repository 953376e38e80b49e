import type { GateVerdict } from "../sdk/policy/types.ts";
import type { Alert } from "./alerts.ts";
import type { Clock } from "./clock.ts";
import type { TickRecord, VaultOutcome } from "./outcomes.ts";

/** What the keeper knows about itself; `healthy` is false whenever anything below gives a reason. */
export interface HealthStatus {
  readonly healthy: boolean;
  /** One sentence each; empty when healthy. */
  readonly reasons: readonly string[];
  readonly live: boolean;
  readonly startedAtMs: number;
  readonly lastTickAtMs: number | undefined;
  /** A tick is good when a block of now was read and no vault failed. */
  readonly lastGoodTickAtMs: number | undefined;
  readonly blockNumber: number | undefined;
  readonly vaults: Readonly<
    Record<
      string,
      {
        readonly kind: VaultOutcome["kind"];
        readonly atMs: number;
        readonly text: string | undefined;
        /** Of the last decision; undefined: none was taken. */
        readonly gate: GateVerdict | undefined;
      }
    >
  >;
  readonly openIntentId: number | undefined;
  /** Of the last tick. */
  readonly alerts: readonly Alert[];
}

export interface HealthDeps {
  readonly clock: Clock;
  readonly live: boolean;
  readonly vaults: readonly string[];
  /** Without a good tick for this long the keeper calls itself unhealthy. */
  readonly maxTickAgeSeconds: number;
  readonly findOpenIntentId: () => number | undefined;
}

/** Watches ticks; asks the clock at every question, so that a keeper that hangs does not look healthy. */
export interface Health {
  note(record: TickRecord): void;
  status(): HealthStatus;
}

export function createHealth(deps: HealthDeps): Health {
  const startedAtMs = deps.clock.nowMs();
  const vaults = new Map<string, HealthStatus["vaults"][string]>();
  let last: TickRecord | undefined;
  let lastGoodTickAtMs: number | undefined;

  return {
    note(record) {
      // A tick that found all vaults taken by another one says nothing about them.
      if (record.outcomes.every((outcome) => outcome.kind === "skipped" && outcome.cause === "busy-vault")) return;
      last = record;
      for (const outcome of record.outcomes) {
        const text = outcome.kind === "failed" || outcome.kind === "skipped" ? outcome.text : undefined;
        const gate = "decision" in outcome ? outcome.decision.gate : undefined;
        vaults.set(outcome.vault, { kind: outcome.kind, atMs: record.finishedAtMs, text, gate });
      }
      if (isGood(record)) lastGoodTickAtMs = record.finishedAtMs;
    },
    status() {
      const reasons = [
        ...findSilence(deps, last, lastGoodTickAtMs),
        ...deps.vaults.flatMap((vault) => {
          const state = vaults.get(vault);
          return state?.kind === "failed" ? [`Vault ${vault} failed: ${state.text ?? "no reason recorded"}`] : [];
        }),
        ...(last?.alerts ?? []).map((alert) => `${alert.code}: ${alert.text}`),
      ];
      return {
        healthy: reasons.length === 0,
        reasons,
        live: deps.live,
        startedAtMs,
        lastTickAtMs: last?.finishedAtMs,
        lastGoodTickAtMs,
        blockNumber: last?.head?.number,
        vaults: Object.fromEntries(vaults),
        openIntentId: deps.findOpenIntentId(),
        alerts: last?.alerts ?? [],
      };
    },
  };
}

function findSilence(
  deps: HealthDeps,
  last: TickRecord | undefined,
  lastGoodTickAtMs: number | undefined,
): readonly string[] {
  if (last === undefined) return ["No tick has finished yet."];
  if (lastGoodTickAtMs === undefined) return ["No tick has been good yet."];
  const ageSeconds = (deps.clock.nowMs() - lastGoodTickAtMs) / 1_000;
  if (ageSeconds <= deps.maxTickAgeSeconds) return [];
  return [`The last good tick is ${Math.round(ageSeconds)} s ago (limit ${deps.maxTickAgeSeconds} s).`];
}

function isGood(record: TickRecord): boolean {
  return record.head !== undefined && record.outcomes.every((outcome) => outcome.kind !== "failed");
}
