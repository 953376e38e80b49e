import type { VaultSettings } from "../../sdk/chain/vaultSettings.ts";
import type { Output } from "../output.ts";
import { displayNumber } from "../output.ts";
import { displayPending, displayPendingFees } from "./changes.ts";
import { displayParameter, POLICY_PARAMETERS } from "./policyParameters.ts";
import type { OperationReport, RoleReport, VaultReport } from "./report.ts";
import { displayBps, displayDuration } from "./units.ts";

type Rows = readonly (readonly [name: string, value: string])[];

/** Prints a vault's settings for people. */
export function printVault(output: Output, settings: VaultSettings, report: VaultReport): void {
  output.pairs(`${settings.name} (${settings.symbol}) ${settings.vault}`, describeHead(settings, report));
  output.table(
    "Adapters",
    [{ title: "kind" }, { title: "venue" }, { title: "address" }, { title: "code" }, { title: "registry" }],
    report.adapters.map((adapter) => [
      adapter.kind,
      adapter.venue ?? "does not answer",
      adapter.address,
      adapter.implementation ?? "not a clone",
      describeAdmission(adapter),
    ]),
  );
  output.pairs(`Oracle ${settings.oracle.address}`, describeOracle(settings, report));
  output.pairs(`Volatility ${settings.volatility.address}`, describeVolatility(settings));
  output.table(
    `Policy ${settings.policy.address}`,
    [{ title: "parameter" }, { title: "value", align: "right" }, { title: "what it bounds" }],
    POLICY_PARAMETERS.map((parameter) => [
      parameter.key,
      displayParameter(parameter, settings.policy.params),
      parameter.meaning,
    ]),
  );
  printRoles(output, report.roles);
  printPending(output, settings, report.operations);
}

function describeHead(settings: VaultSettings, report: VaultReport): Rows {
  const { base, quote, fees } = settings;
  const states = [
    settings.depositsPaused && "deposits paused",
    settings.keeperPaused && "keeper paused",
    settings.windDown && "winding down",
    settings.degraded && "degraded",
    report.closed.length > 0 && `restricted functions closed: ${report.closed.join(", ")}`,
  ];
  const highWater = report.fees.highWaterQuotePerShare;
  return [
    ["chain", `${report.chainId}, block ${report.block.number}, ${report.block.time}`],
    ["state", states.filter((text) => text !== false).join(", ") || "open"],
    ["base", `${base.symbol} ${base.address}, ${base.decimals} decimals`],
    ["quote", `${quote.symbol} ${quote.address}, ${quote.decimals} decimals`],
    ["shares", `${displayNumber(Number(report.vault.shares), 4)} ${settings.symbol}`],
    ["keeper actions", settings.epoch.toString()],
    ["deposit cap", `${displayNumber(Number(report.depositCap))} ${quote.symbol} of NAV`],
    ["fees", `${displayBps(fees.managementBps)} a year, ${displayBps(fees.performanceBps)} of gains`],
    ["fees go to", report.fees.recipient ?? "nobody"],
    [
      "high-water mark",
      highWater === null
        ? "the initial value of a share"
        : `${displayNumber(Number(highWater), 6)} ${quote.symbol} a share`,
    ],
    ["roles", `AccessManager ${settings.authority}`],
    ["registry", settings.registry],
  ];
}

function describeAdmission({ isAdmitted, isGenuine }: VaultReport["adapters"][number]): string {
  if (!isAdmitted) return "NOT admitted any more";
  if (isGenuine === null) return "admitted, does not answer";
  return isGenuine ? "admitted" : "admitted, but NOT for this vault";
}

function describeOracle({ oracle, quote }: VaultSettings, report: VaultReport): Rows {
  const { price, problems } = report.oracle;
  const { settings } = oracle;
  const head: Rows = [
    ["price", price === null ? "none" : `${displayNumber(Number(price))} ${quote.symbol}`],
    ["health", problems.length === 0 ? "healthy" : `unhealthy: ${problems.join(", ")}`],
  ];
  if (settings === undefined) return [...head, ["settings", "not a ChainlinkOracle: read its code"]];
  return [
    ...head,
    ["base feed", `${settings.baseFeed}, stale after ${displayDuration(settings.baseHeartbeatSeconds)}`],
    ["quote feed", `${settings.quoteFeed}, stale after ${displayDuration(settings.quoteHeartbeatSeconds)}`],
    [
      "sequencer feed",
      settings.sequencerFeed === undefined
        ? "none"
        : `${settings.sequencerFeed}, grace ${displayDuration(settings.sequencerGraceSeconds)}`,
    ],
    [
      "pool against the feed",
      `${displayBps(settings.maxSpotDeviationBps)}; average of ${displayDuration(settings.twapWindowSeconds)} ${displayBps(settings.maxTwapDeviationBps)}`,
    ],
    ["peg of the quote", `within ${displayBps(settings.maxDepegBps)} for deposits`],
    ["uncertainty", displayBps(settings.bandBps)],
    ["pool", settings.pool],
  ];
}

function describeVolatility({ volatility: { settings } }: VaultSettings): Rows {
  if (settings === undefined) return [["settings", "not a RealizedVolatility: read its code"]];
  return [
    ["reported", `${displayBps(settings.volatilityBps)} a year`],
    [
      "window",
      `${displayDuration(settings.windowSeconds)} in ${settings.intervals} parts, at least ${displayDuration(settings.minWindowSeconds)}`,
    ],
    ["measured anew", `after ${displayDuration(settings.refreshSeconds)}`],
    ["pool", settings.pool],
  ];
}

function printRoles(output: Output, roles: readonly RoleReport[]): void {
  output.table(
    "Roles",
    [{ title: "role" }, { title: "held by" }, { title: "delay", align: "right" }, { title: "may call" }],
    roles.flatMap((role) => {
      const calls = role.id === "0" ? "everything restricted that is not listed here" : role.functions.join(", ");
      if (role.members.length === 0) return [[role.name, "nobody", "", calls]];
      return role.members.map((member, i) => [
        i === 0 ? role.name : "",
        member.account,
        describeDelay(member),
        i === 0 ? calls : "",
      ]);
    }),
  );
}

function describeDelay({ delaySeconds, nextDelaySeconds, nextDelayFrom }: RoleReport["members"][number]): string {
  const now = delaySeconds === 0 ? "none" : displayDuration(delaySeconds);
  if (nextDelaySeconds === null || nextDelayFrom === null) return now;
  return `${now}; ${nextDelaySeconds === 0 ? "none" : displayDuration(nextDelaySeconds)} from ${nextDelayFrom}`;
}

function printPending(output: Output, settings: VaultSettings, operations: readonly OperationReport[]): void {
  const { fees, adapterChange } = settings;
  output.pairs("Announced", [
    ["fees", fees.nextAt === 0n ? "none" : displayPendingFees(fees)],
    ["adapter", displayPending(adapterChange)],
    ["operations", operations.length === 0 ? "none" : `${operations.length}, below`],
  ]);
  for (const operation of operations) printOperation(output, operation);
}

/** One scheduled operation. */
export function printOperation(output: Output, operation: OperationReport): void {
  output.pairs(`Operation ${operation.id}`, [
    [
      "call",
      operation.call ?? `${operation.data.slice(0, 10)}… of ${operation.target}, which is no part of this vault`,
    ],
    ["by", operation.caller],
    ["state", describeState(operation)],
    ...(operation.changes ?? []).map(({ what, before, after }) => [what, `${before} → ${after}`] as const),
  ]);
}

function describeState({ state, readyAt, expiresAt }: OperationReport): string {
  switch (state) {
    case "waiting":
      return `waits until ${readyAt}, expires ${expiresAt}`;
    case "ready":
      return `ready since ${readyAt}, expires ${expiresAt}`;
    case "expired":
      return `expired ${expiresAt}: schedule it again`;
    case "executed":
    case "cancelled":
      return state;
  }
}
