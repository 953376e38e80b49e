import type { GateVerdict } from "../sdk/policy/types.ts";
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
    ...describeGates(status),
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

const OPINIONS: readonly GateVerdict["opinion"][] = ["unknown", "leave", "keep", "enter"];

/** Fees against costs of every vault whose gate was asked; figures only where there are any. */
function describeGates({ vaults }: HealthStatus): readonly string[] {
  const gates = Object.entries(vaults).flatMap(([vault, { gate }]) => (gate === undefined ? [] : [{ vault, gate }]));
  const known = gates.flatMap(({ vault, gate }) => (gate.opinion === "unknown" ? [] : [{ vault, gate }]));
  const verdicts = gates.flatMap(({ vault, gate }) =>
    OPINIONS.map((opinion) => `{vault="${vault}",opinion="${opinion}"} ${opinion === gate.opinion ? 1 : 0}`),
  );
  const fees = known.map(({ vault, gate }) => `{vault="${vault}"} ${gate.feeApr}`);
  const costs = known.map(({ vault, gate }) => `{vault="${vault}"} ${gate.breakEvenApr}`);
  return [
    ...family("hedgerow_vault_fee_gate", "What the fee gate says", verdicts),
    ...family("hedgerow_vault_fee_apr", "Fees expected in a year as a fraction of the position's value", fees),
    ...family("hedgerow_vault_break_even_apr", "Fees at which the position earns nothing", costs),
  ];
}

function family(name: string, help: string, series: readonly string[]): readonly string[] {
  if (series.length === 0) return [];
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...series.map((line) => `${name}${line}`)];
}

function gauge(name: string, help: string, value: number | undefined): string {
  return value === undefined ? "" : `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}`;
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000;
}
