import type { HealthStatus } from "./health.ts";
import type { VaultOutcome } from "./outcomes.ts";

const OUTCOMES: readonly VaultOutcome["kind"][] = [
  "held",
  "dryRun",
  "sent",
  "pending",
  "reverted",
  "skipped",
  "failed",
];

/**
 * A health status as Prometheus text (exposition format 0.0.4). What is not known yet is left out: a gauge of 0 would be
 * a claim.
 */
export function describeMetrics(status: HealthStatus): string {
  const lines = [
    gauge("hedgerow_keeper_healthy", "1 when nothing is wrong", status.healthy ? 1 : 0),
    gauge("hedgerow_keeper_live", "1 when transactions are sent, 0 in a dry run", status.live ? 1 : 0),
    gauge("hedgerow_keeper_last_tick_seconds", "Unix time of the last tick", seconds(status.lastTickAtMs)),
    gauge(
      "hedgerow_keeper_last_good_tick_seconds",
      "Unix time of the last good tick",
      seconds(status.lastGoodTickAtMs),
    ),
    gauge("hedgerow_keeper_block", "Block of the last tick", status.blockNumber),
    gauge(
      "hedgerow_keeper_transaction_open",
      "1 while a transaction is in flight",
      status.openIntentId === undefined ? 0 : 1,
    ),
    gauge("hedgerow_keeper_alerts", "Alerts of the last tick", status.alerts.length),
    ...describeVaults(status),
  ];
  return `${lines.filter((line) => line !== "").join("\n")}\n`;
}

/** The state set idiom: one series a vault and outcome, 1 for the one that holds. */
function describeVaults({ vaults }: HealthStatus): readonly string[] {
  const name = "hedgerow_vault_outcome";
  const series = Object.entries(vaults).flatMap(([vault, { kind }]) =>
    OUTCOMES.map((outcome) => `${name}{vault="${vault}",outcome="${outcome}"} ${outcome === kind ? 1 : 0}`),
  );
  return series.length === 0 ? [] : [`# HELP ${name} Last outcome of a vault`, `# TYPE ${name} gauge`, ...series];
}

function gauge(name: string, help: string, value: number | undefined): string {
  return value === undefined ? "" : `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}`;
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000;
}
