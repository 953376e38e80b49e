import { encodePlan, encodeReconcile, encodeSettle, encodeSettleShares } from "../sdk/chain/encode.ts";
import { parseRevert } from "../sdk/chain/revert.ts";
import type { SnapshotResult } from "../sdk/chain/snapshot.ts";
import { HedgerowError } from "../sdk/errors.ts";
import { settleableShares } from "../sdk/policy/redemption.ts";
import { OracleFlag, type Decision, type Market, type Plan, type Snapshot } from "../sdk/policy/types.ts";
import type { Alert } from "./alerts.ts";
import type { Clock } from "./clock.ts";
import type { Flights } from "./flights.ts";
import { GuardRefusedError } from "./guard.ts";
import type { OrderWatch } from "./orders.ts";
import type { Intent } from "./intents.ts";
import { IntentOpenError, type Journal } from "./journal.ts";
import { type KeeperLog, LogEvent } from "./log.ts";
import { OUTCOME_EVENT, summarise, type TickRecord, type VaultOutcome, type Verification } from "./outcomes.ts";
import type { Preview, SubmitRequest } from "./preview.ts";
import { isRiskReducing } from "./risk.ts";
import { FutureBlockError, type Head, type HeadLimits, requireFreshHead, StaleSnapshotError } from "./rpc.ts";
import { describeRpcError, readRpcFailure } from "./rpcErrors.ts";
import type { RevertReason } from "./simulate.ts";
import { LaggingNodeError, type IntentProgress, type SubmitResult } from "./submitter.ts";
import type { BeforeState, Outcome } from "./verify.ts";

/** The policy with its settings. */
export interface Policy {
  decide(snapshot: Snapshot, market: Market): Decision;
  plan(snapshot: Snapshot, decision: Decision): Plan | undefined;
}

/** How calls reach the chain: signed and sent, or only tried. */
export type Executor =
  | {
      readonly live: true;
      submit(request: SubmitRequest, signal?: AbortSignal): Promise<SubmitResult>;
      resolve(): Promise<readonly IntentProgress[]>;
      listUnverified(): readonly Intent[];
      verify(intent: Intent): Promise<Outcome>;
    }
  | { readonly live: false; preview(request: SubmitRequest): Promise<Preview> };

export interface TickSettings extends HeadLimits {
  /** How long a call without a deadline of its own stays worth sending. */
  readonly deadlineSeconds: number;
  /** Requests that one settle call takes on; 0 = leave the queue to others. */
  readonly settleRequests: number;
}

export interface TickDeps {
  readonly chainId: bigint;
  readonly vaults: readonly string[];
  readonly settings: TickSettings;
  readonly clock: Clock;
  readonly log: KeeperLog;
  readonly journal: Journal;
  readonly flights: Flights;
  readonly orders: OrderWatch;
  readonly executor: Executor;
  readonly policy: Policy;
  readonly readHead: () => Promise<Head>;
  readonly readSnapshots: (vaults: readonly string[], block: Head) => Promise<readonly SnapshotResult[]>;
  readonly readMarket: (snapshot: Snapshot, head: Head) => Market | Promise<Market>;
  /** Alerts raised by the parts since the last call. */
  readonly takeAlerts: () => readonly Alert[];
}

/** One vault could not be read; unknown is never neutral, so nothing is decided about it. */
export class VaultUnreadableError extends HedgerowError {
  readonly vault: string;

  constructor(vault: string, reason: string) {
    super(`Vault ${vault} cannot be read: ${reason}. Nothing is decided about it.`);
    this.vault = vault;
  }
}

/** The snapshot is not of the block that was asked for. */
export class MixedSnapshotError extends HedgerowError {}

/**
 * One run: settles what is in flight, reads all vaults at one block, decides, and carries the decisions out one by one,
 * those that reduce risk first.
 *
 * Never rejects: what fails is recorded for the vaults it concerns, and the others go on. A vault whose read failed gets no
 * decision. `signal` cuts the wait for a receipt short; the intent stays in the journal.
 */
export async function tick(deps: TickDeps, signal?: AbortSignal): Promise<TickRecord> {
  const startedAtMs = deps.clock.nowMs();
  const taken = deps.vaults.filter((vault) => deps.flights.take(vault));
  const busy = deps.vaults.filter((vault) => !taken.includes(vault)).map(skipBusy);
  try {
    const run = taken.length === 0 ? EMPTY_RUN : await runVaults(deps, taken, signal);
    const alerts = distinct([...deps.takeAlerts(), ...run.alerts]);
    const outcomes = [...run.outcomes, ...busy];
    for (const outcome of outcomes) record(deps, outcome, run.head);
    return { startedAtMs, finishedAtMs: deps.clock.nowMs(), head: run.head, outcomes, settled: run.settled, alerts };
  } finally {
    for (const vault of taken) deps.flights.release(vault);
  }
}

interface Run {
  readonly head: Head | undefined;
  readonly outcomes: readonly VaultOutcome[];
  readonly settled: TickRecord["settled"];
  readonly alerts: readonly Alert[];
}

const EMPTY_RUN: Run = { head: undefined, outcomes: [], settled: [], alerts: [] };

async function runVaults(deps: TickDeps, vaults: readonly string[], signal: AbortSignal | undefined): Promise<Run> {
  const alerts: Alert[] = [];
  let settled: TickRecord["settled"] = [];
  let head: Head | undefined;
  try {
    settled = await settleEarlier(deps, alerts);
    head = await deps.readHead();
    requireFreshHead(head, deps.clock, deps.settings);
    const results = await deps.readSnapshots(vaults, head);
    const outcomes = await actOnAll(deps, vaults, results, head, alerts, signal);
    return { head, outcomes, settled, alerts };
  } catch (error) {
    const alert = alertOf(error);
    if (alert !== undefined) alerts.push(alert);
    return { head, outcomes: vaults.map((vault) => failed(vault, error)), settled, alerts };
  }
}

// --- what earlier ticks left

async function settleEarlier(deps: TickDeps, alerts: Alert[]): Promise<TickRecord["settled"]> {
  const { executor } = deps;
  if (!executor.live) return [];
  const progress = await executor.resolve();
  const moved = progress.filter(({ kind }) => kind !== "pending").map(({ intent }) => intent);
  const verified = new Map<number, Verification>();
  for (const intent of executor.listUnverified())
    verified.set(intent.id, await verifyAndRecord(deps, executor, intent, alerts));
  return moved.map((intent) => ({ intent, outcome: verified.get(intent.id) }));
}

async function verifyAndRecord(
  deps: TickDeps,
  executor: Extract<Executor, { live: true }>,
  intent: Intent,
  alerts: Alert[],
): Promise<Verification> {
  const outcome = await verifyOrExplain(executor, intent);
  // A node that is down may answer at the next tick; one that answers with an error will answer the same again.
  if (outcome.kind !== "unanswered") deps.journal.recordOutcome(intent.id, outcome, deps.clock.nowMs());
  const where = { vault: intent.vault, intentId: intent.id };
  deps.log.info({ ...where, outcome: outcome.kind }, LogEvent.intentVerified);
  switch (outcome.kind) {
    case "kept":
      break;
    case "broken":
      alerts.push({ code: "promise-broken", ...where, text: `Intent ${intent.id}: ${outcome.broken.join("; ")}.` });
      break;
    case "reverted":
      alerts.push({ code: "transaction-reverted", ...where, text: `Intent ${intent.id} was mined and reverted.` });
      break;
    case "unanswered":
    case "unverifiable":
      alerts.push({
        code: "unverifiable",
        ...where,
        text: `Intent ${intent.id} cannot be verified: ${outcome.reason}.`,
      });
      break;
  }
  return outcome;
}

async function verifyOrExplain(executor: Extract<Executor, { live: true }>, intent: Intent): Promise<Verification> {
  try {
    return await executor.verify(intent);
  } catch (error) {
    const unreachable = !(error instanceof HedgerowError) && readRpcFailure(error).kind === "unreachable";
    return { kind: unreachable ? "unanswered" : "unverifiable", reason: describe(error) };
  }
}

// --- decisions

interface Intended {
  readonly snapshot: Snapshot;
  readonly decision: Decision;
  readonly plan: Plan | undefined;
  readonly request: SubmitRequest;
}

async function actOnAll(
  deps: TickDeps,
  vaults: readonly string[],
  results: readonly SnapshotResult[],
  head: Head,
  alerts: Alert[],
  signal: AbortSignal | undefined,
): Promise<readonly VaultOutcome[]> {
  const outcomes = new Map<string, VaultOutcome>();
  const intended: Intended[] = [];
  for (const [i, vault] of vaults.entries()) {
    try {
      const result = results[i];
      if (result?.ok === true) alerts.push(...deps.orders.look(result.snapshot));
      const found = await intend(deps, vault, result, head);
      if ("kind" in found) outcomes.set(vault, found);
      else intended.push(found);
    } catch (error) {
      outcomes.set(vault, failed(vault, error));
      alerts.push({ code: "vault-unreadable", vault, text: describe(error) });
    }
  }
  // One transaction is in flight at a time: what reduces risk does not queue behind what does not.
  const urgentFirst = intended.toSorted((a, b) => Number(b.request.riskReducing) - Number(a.request.riskReducing));
  for (const item of urgentFirst) {
    const { vault } = item.request;
    try {
      outcomes.set(vault, await carryOut(deps, item, alerts, signal));
    } catch (error) {
      outcomes.set(vault, failed(vault, error));
      const alert = alertOf(error, vault);
      if (alert !== undefined) alerts.push(alert);
    }
  }
  return vaults.map(
    (vault) => outcomes.get(vault) ?? failed(vault, new MixedSnapshotError("The tick has no result for this vault.")),
  );
}

/** The decision about one vault: what should be sent, or the outcome when nothing should. */
async function intend(
  deps: TickDeps,
  vault: string,
  result: SnapshotResult | undefined,
  head: Head,
): Promise<Intended | VaultOutcome> {
  if (result === undefined) throw new MixedSnapshotError(`The read returned nothing for vault ${vault}.`);
  if (!result.ok) throw new VaultUnreadableError(vault, result.reason);
  const { snapshot } = result;
  if (
    snapshot.chainId !== deps.chainId ||
    snapshot.blockHash !== head.hash ||
    snapshot.vault.vault.toLowerCase() !== vault.toLowerCase()
  ) {
    throw new MixedSnapshotError(
      `Asked for vault ${vault} at block ${head.hash}, got ${snapshot.vault.vault} at ${snapshot.blockHash}. Use another node.`,
    );
  }
  const decision = deps.policy.decide(snapshot, await deps.readMarket(snapshot, head));
  const plan = deps.policy.plan(snapshot, decision);
  const call = chooseCall(deps, snapshot, decision, plan);
  if (call === undefined) return { kind: "held", vault, decision };
  const deadline = plan?.promise.deadline ?? snapshot.timestamp + deps.settings.deadlineSeconds;
  const request: SubmitRequest = {
    vault,
    action: call.action,
    data: call.data,
    riskReducing: call.action !== "settle" && isRiskReducing(decision, snapshot),
    validUntil: deadline,
    blockNumber: snapshot.blockNumber,
    blockHash: snapshot.blockHash,
    decision,
    plan,
    before: beforeOf(snapshot),
  };
  return { snapshot, decision, plan, request };
}

/** The policy first; when it holds, the redemption queue is looked after. */
function chooseCall(
  deps: TickDeps,
  snapshot: Snapshot,
  decision: Decision,
  plan: Plan | undefined,
): Pick<SubmitRequest, "action" | "data"> | undefined {
  const { vault } = snapshot.vault;
  if (decision.kind === "reconcile") return { action: "reconcile", data: encodeReconcile(vault).data };
  if (plan !== undefined) return { action: "rebalance", data: encodePlan(plan).data };
  if (deps.settings.settleRequests === 0 || !canSettle(snapshot)) return undefined;
  const requests = BigInt(deps.settings.settleRequests);
  const shares = settleableShares(snapshot.vault);
  if (shares === 0n) return undefined;
  const isAll = shares === snapshot.vault.queue.pendingShares;
  const call = isAll ? encodeSettle(vault, requests) : encodeSettleShares(vault, requests, shares);
  return { action: "settle", data: call.data };
}

/** Requests wait and nothing that the vault checks first forbids their settlement. */
function canSettle({ vault }: Snapshot): boolean {
  const distrust = vault.oracle.flags & ~OracleFlag.depeg;
  return vault.queue.pendingShares > 0n && distrust === 0n && !vault.book.pending;
}

function beforeOf({ vault }: Snapshot): BeforeState {
  return {
    epoch: vault.epoch,
    navQuote: vault.book.navQuote,
    deltaBase: vault.book.deltaBase,
    priceWad: vault.oracle.priceWad,
    queueHead: vault.queue.head,
  };
}

// --- execution

/** Errors of a swap that the pool cannot fill within the vault's bound, or not at all. */
const TOO_LARGE_FOR_POOL = new Set([
  "Liquidity_SwapBelowMinimum",
  "Liquidity_SwapAboveMaximum",
  "Liquidity_PartialFill",
]);
/** A queue that is too large for the pool at once is settled by eighths. */
const SETTLEMENT_PARTS = 8n;

/** A settlement that the pool's depth does not bear is tried once more with a part of it; the next tick goes on. */
async function carryOut(
  deps: TickDeps,
  item: Intended,
  alerts: Alert[],
  signal: AbortSignal | undefined,
): Promise<VaultOutcome> {
  const result = await attempt(deps, item, signal);
  if (result.kind !== "wouldRevert") return await result.outcome(alerts);
  const part = isTooLargeForPool(item, result.reason) ? inParts(deps, item) : undefined;
  if (part === undefined) return revertedInSimulation(item, result.reason, alerts);
  const second = await attempt(deps, part, signal);
  return second.kind === "wouldRevert"
    ? revertedInSimulation(part, second.reason, alerts)
    : await second.outcome(alerts);
}

function isTooLargeForPool({ request }: Intended, reason: RevertReason): boolean {
  const error = reason.data === undefined ? undefined : parseRevert(reason.data)?.name;
  return request.action === "settle" && error !== undefined && TOO_LARGE_FOR_POOL.has(error);
}

function inParts(deps: TickDeps, item: Intended): Intended {
  const pendingShares = settleableShares(item.snapshot.vault);
  const shares = (pendingShares + SETTLEMENT_PARTS - 1n) / SETTLEMENT_PARTS;
  const { data } = encodeSettleShares(item.request.vault, BigInt(deps.settings.settleRequests), shares);
  return { ...item, request: { ...item.request, data } };
}

/** What became of one try; the outcome is made up by the caller's alerts. */
type Attempt =
  | { readonly kind: "wouldRevert"; readonly reason: RevertReason }
  | { readonly kind: "done"; readonly outcome: (alerts: Alert[]) => VaultOutcome | Promise<VaultOutcome> };

async function attempt(deps: TickDeps, item: Intended, signal: AbortSignal | undefined): Promise<Attempt> {
  const { decision, plan, request } = item;
  const common = { vault: request.vault, decision, plan };
  const { executor } = deps;
  if (!executor.live) {
    const preview = await executor.preview(request);
    switch (preview.kind) {
      case "ready": {
        const { gasLimit, fees } = preview;
        const wouldSend = { to: request.vault, data: request.data, gasLimit, fees };
        return done({ kind: "dryRun", ...common, wouldSend });
      }
      case "reverts":
        return { kind: "wouldRevert", reason: preview.reason };
      case "pricedOut":
        return done(skipPricedOut(request.vault, preview));
    }
  }
  const result = await submitOrBusy(executor, request, signal);
  switch (result.kind) {
    case "mined":
      return { kind: "done", outcome: (alerts) => mined(deps, executor, item, result, alerts) };
    case "pending":
      return done({ kind: "pending", ...common, intentId: result.intent.id });
    case "closed":
      return done({
        kind: "skipped",
        vault: request.vault,
        cause: "overtaken",
        text: `Intent ${result.intent.id}: ${result.intent.note}.`,
      });
    case "reverts":
      return { kind: "wouldRevert", reason: result.reason };
    case "pricedOut":
      return done(skipPricedOut(request.vault, result));
    case "busy":
      return done({
        kind: "skipped",
        vault: request.vault,
        cause: "busy-signer",
        text: `Intent ${result.intentId} is in flight.`,
      });
  }
}

function done(outcome: VaultOutcome): Attempt {
  return { kind: "done", outcome: () => outcome };
}

async function mined(
  deps: TickDeps,
  executor: Extract<Executor, { live: true }>,
  item: Intended,
  { intent, receipt }: Extract<SubmitResult, { kind: "mined" }>,
  alerts: Alert[],
): Promise<VaultOutcome> {
  const { decision, plan, request } = item;
  const common = { vault: request.vault, decision, plan };
  const outcome = await verifyAndRecord(deps, executor, intent, alerts);
  const { hash, blockNumber, succeeded } = receipt;
  if (!succeeded) return { kind: "reverted", ...common, where: "chain", reason: `transaction ${hash} reverted` };
  return { kind: "sent", ...common, intentId: intent.id, hash, blockNumber, outcome };
}

async function submitOrBusy(
  executor: Extract<Executor, { live: true }>,
  request: SubmitRequest,
  signal: AbortSignal | undefined,
): Promise<SubmitResult> {
  try {
    return await executor.submit(request, signal);
  } catch (error) {
    if (error instanceof IntentOpenError) return { kind: "busy", intentId: error.intentId };
    throw error;
  }
}

function revertedInSimulation(item: Intended, reason: RevertReason, alerts: Alert[]): VaultOutcome {
  const { request, decision, plan } = item;
  const text = `${request.action} of ${request.vault} would revert: ${reason.text}.`;
  alerts.push({ code: "simulation-reverts", vault: request.vault, text });
  return { kind: "reverted", vault: request.vault, decision, plan, where: "simulation", reason: reason.text };
}

function skipPricedOut(
  vault: string,
  quote: { readonly neededPerGas: bigint; readonly ceilingPerGas: bigint },
): VaultOutcome {
  const text = `Gas needs ${quote.neededPerGas} wei, the ceiling is ${quote.ceilingPerGas}.`;
  return { kind: "skipped", vault, cause: "priced-out", text };
}

function skipBusy(vault: string): VaultOutcome {
  return { kind: "skipped", vault, cause: "busy-vault", text: "The previous tick is still at work on this vault." };
}

// --- records

function failed(vault: string, error: unknown): VaultOutcome {
  const name = error instanceof HedgerowError ? error.name : "RpcError";
  return { kind: "failed", vault, error: name, text: describe(error) };
}

/** Our errors are sentences already; a provider's holds the node's words somewhere inside. */
function describe(error: unknown): string {
  return error instanceof HedgerowError ? error.message : describeRpcError(error);
}

function alertOf(error: unknown, vault?: string): Alert | undefined {
  const where = vault === undefined ? {} : { vault };
  const text = describe(error);
  if (error instanceof StaleSnapshotError) return { code: "stale-head", text, ...where };
  if (error instanceof FutureBlockError) return { code: "future-block", text, ...where };
  if (error instanceof LaggingNodeError) return { code: "lagging-node", text, ...where };
  if (error instanceof GuardRefusedError) return { code: "guard-refused", text, ...where };
  return undefined;
}

function distinct(alerts: readonly Alert[]): readonly Alert[] {
  return [
    ...new Map(alerts.map((alert) => [JSON.stringify([alert.code, alert.vault, alert.intentId]), alert])).values(),
  ];
}

function record(deps: TickDeps, outcome: VaultOutcome, head: Head | undefined): void {
  const detail = summarise(outcome);
  deps.log[outcome.kind === "failed" ? "error" : "info"](
    { vault: outcome.vault, block: head?.number, ...detail },
    OUTCOME_EVENT[outcome.kind],
  );
  deps.journal.addTick({
    atMs: deps.clock.nowMs(),
    vault: outcome.vault,
    blockNumber: head?.number,
    blockHash: head?.hash,
    kind: outcome.kind,
    detail,
  });
}
