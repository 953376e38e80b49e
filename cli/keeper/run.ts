import { Writable } from "node:stream";

import { systemClock } from "../../keeper/clock.ts";
import type { Clock } from "../../keeper/clock.ts";
import { loadConfig } from "../../keeper/config.ts";
import type { ConfigInput, KeeperConfig } from "../../keeper/config.ts";
import { createLog, silentLog } from "../../keeper/log.ts";
import type { KeeperLog } from "../../keeper/log.ts";
import { createKeeper, runKeeper } from "../../keeper/main.ts";
import type { TickRecord, VaultOutcome } from "../../keeper/outcomes.ts";
import { connectUrl, readHead } from "../../keeper/rpc.ts";
import { LOCAL_CHAIN_ID } from "../../keeper/signers.ts";
import { describeGate } from "../../sdk/policy/reasons.ts";
import type { KeeperOptions } from "./options.ts";
import type { CommandContext } from "../context.ts";
import { LOCAL_DEPLOYMENT_FILE, findDeployment, readDeployment, rpcUrlOf } from "../deployment.ts";
import type { Deployment } from "../deployment.ts";
import { UsageError } from "../errors.ts";
import { displayNumber } from "../output.ts";
import type { Output } from "../output.ts";

/** Runs the keeper until Ctrl-C, or looks once. */
export async function runKeeperCommand(options: KeeperOptions, context: CommandContext): Promise<void> {
  const config = configure(options, context);
  const clock = await chooseClock(config);
  if (options.once !== true) {
    const log = options.json ? createLog(config.logLevel) : createReadableLog(config.logLevel, context.output);
    if (!config.live) context.output.note("Dry run: nothing is signed or sent. Add --live to act.");
    await runKeeper(config, { signal: context.signal, log, clock });
    return;
  }
  const keeper = await createKeeper(config, { log: silentLog, clock });
  try {
    const record = await keeper.tick(context.signal);
    if (options.json) context.output.json(record);
    else printTick(context.output, record);
    const broken = record.outcomes.find((outcome) => outcome.kind === "failed" || outcome.kind === "reverted");
    if (broken !== undefined)
      throw new UsageError(`The keeper could not look after vault ${broken.vault}: ${describe(broken)}`);
  } finally {
    keeper.close();
  }
}

/** Flags before environment before file; the deployment fills what none of them names. */
function configure(options: KeeperOptions, { environment }: CommandContext): KeeperConfig {
  const hasConfig = (options.config ?? environment.read("HEDGEROW_CONFIG")) !== undefined;
  const named = options.deployment ?? environment.deploymentFile;
  const deployment =
    named === undefined ? (hasConfig ? undefined : findDeployment(LOCAL_DEPLOYMENT_FILE)) : readDeployment(named);
  const overrides: ConfigInput = {
    ...(deployment === undefined ? {} : fromDeployment(deployment, environment)),
    ...(options.rpc === undefined ? {} : { rpcUrl: options.rpc }),
    ...(options.live ? { live: true } : {}),
    ...(options.once ? { journalPath: options.journal ?? ":memory:" } : { journalPath: options.journal }),
    keeperAddress: options.account,
    keystore: options.keystore,
    keystorePasswordFile: options.passwordFile,
    privateKey: readKey(options.privateKeyEnv, environment),
  };
  return loadConfig({ overrides, ...(options.config === undefined ? {} : { file: options.config }) });
}

/**
 * The machine's clock; on the local test chain one that runs beside it, set by the newest block: a replayed chain lives in
 * a time of its own, and every block of it would look stale.
 */
async function chooseClock(config: KeeperConfig): Promise<Clock> {
  if (config.chainId !== LOCAL_CHAIN_ID || config.rpcUrl === undefined) return systemClock;
  const rpc = connectUrl(config.rpcUrl, config.chainId, config.rpcTimeoutMs);
  try {
    const { timestamp } = await readHead(rpc);
    const aheadMs = timestamp * 1_000 - systemClock.nowMs();
    return { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
  } catch {
    return systemClock; // the keeper's own checks say what is wrong with the node
  } finally {
    rpc.destroy();
  }
}

function fromDeployment(deployment: Deployment, environment: CommandContext["environment"]): ConfigInput {
  const { chainId, lens, vault, wrappedNative } = deployment;
  const native = wrappedNative === undefined ? {} : { wrappedNative };
  return { chainId, rpcUrl: rpcUrlOf(deployment, environment), lens, vaults: [vault], ...native };
}

function readKey(name: string | undefined, environment: CommandContext["environment"]): string | undefined {
  if (name === undefined) return undefined;
  const key = environment.read(name);
  if (key === undefined)
    throw new UsageError(`The environment variable ${name} is empty or not set. Put a private key into it.`);
  return key;
}

function printTick(output: Output, record: TickRecord): void {
  const block = record.head === undefined ? "no block could be read" : `block ${record.head.number}`;
  for (const outcome of record.outcomes) {
    const rows: [string, string][] = [["outcome", describe(outcome)]];
    if ("decision" in outcome) {
      const { kind, exposure, band, reasons, gate } = outcome.decision;
      rows.push(
        ["decision", `${kind}: ${reasons.map((reason) => reason.text).join(" ")}`],
        ["price", displayNumber(exposure.price)],
        ["value", displayNumber(exposure.navQuote)],
        [
          "net delta",
          `${displayNumber(exposure.deltaBase, 4)}, band ${displayNumber(band.triggerBase, 4)} to ${displayNumber(band.targetBase, 4)}`,
        ],
        ...(gate === undefined
          ? []
          : [["fee gate", describeGate(gate, exposure.liquidityQuote > 0)] as [string, string]]),
        ["health", Number.isFinite(exposure.health) ? displayNumber(exposure.health, 3) : "no debt"],
      );
    }
    output.pairs(`Vault ${outcome.vault}, ${block}`, rows);
  }
  for (const alert of record.alerts) output.note(`alert ${alert.code}: ${alert.text}`);
}

function describe(outcome: VaultOutcome): string {
  switch (outcome.kind) {
    case "held":
      return "held, nothing to do";
    case "dryRun":
      return `would send ${outcome.plan?.actions.length ?? 0} actions, about ${outcome.wouldSend.gasLimit} gas; nothing was sent`;
    case "sent":
      return `sent ${outcome.hash}, promise ${outcome.outcome.kind}`;
    case "pending":
      return `sent, not mined yet (intent ${outcome.intentId})`;
    case "reverted":
      return `reverts (${outcome.where}): ${outcome.reason}`;
    case "skipped":
    case "failed":
      return outcome.text;
  }
}

/** The keeper's JSON lines as text: time, event, and the figures that fit into a line. */
function createReadableLog(level: string, output: Output): KeeperLog {
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      for (const line of chunk.toString().split("\n")) if (line !== "") output.line(toText(line));
      done();
    },
  });
  return createLog(level, stream);
}

function toText(line: string): string {
  const { time, msg, level, name, ...fields } = JSON.parse(line) as Record<string, unknown>;
  void level;
  void name;
  const clock = typeof time === "number" ? new Date(time).toISOString().slice(11, 19) : "";
  const rest = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return [clock, String(msg), ...rest].join(" ");
}
