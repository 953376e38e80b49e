import type { RpcSender } from "../sdk/chain/snapshot.ts";
import { HedgerowError } from "../sdk/errors.ts";
import type { Alert, AlertCode } from "./alerts.ts";
import type { Clock } from "./clock.ts";
import { ceilingFor, computeBump, type FeeLimits, type FeeQuote, type Fees } from "./fees.ts";
import { type GuardRules, requireAllowedBytes, requireAllowedCall } from "./guard.ts";
import type { Attempt, Intent } from "./intents.ts";
import type { Journal } from "./journal.ts";
import { type KeeperLog, LogEvent } from "./log.ts";
import { type Preview, previewSubmit, quoteFees, type SubmitRequest } from "./preview.ts";
import {
  type Head,
  isKnownTransaction,
  type MinedReceipt,
  readBalance,
  readHead,
  readNonce,
  readReceipt,
} from "./rpc.ts";
import { readRpcFailure, type RpcErrorKind } from "./rpcErrors.ts";
import type { KeeperSigner } from "./signers.ts";
import { type RevertReason, simulateSigned, type SimulationBlock } from "./simulate.ts";

/** What became of an intent at one look. */
export type IntentProgress =
  | { readonly kind: "mined"; readonly intent: Intent; readonly receipt: MinedReceipt }
  | { readonly kind: "closed"; readonly intent: Intent }
  | { readonly kind: "pending"; readonly intent: Intent };

export type SubmitResult =
  IntentProgress | Exclude<Preview, { kind: "ready" }> | { readonly kind: "busy"; readonly intentId: number };

export interface SubmitterSettings {
  /** After this long without a receipt the fee is raised. */
  readonly confirmationTimeoutMs: number;
  readonly receiptPollMs: number;
  readonly simulateAt: SimulationBlock;
  /** Blocks after which a mined transaction is taken as final. */
  readonly finalityBlocks: number;
}

export interface SubmitterDeps {
  readonly rpc: RpcSender;
  readonly guard: GuardRules;
  readonly limits: FeeLimits;
  readonly journal: Journal;
  readonly signer: KeeperSigner;
  readonly clock: Clock;
  readonly log: KeeperLog;
  readonly settings: SubmitterSettings;
  /** Called for everything a person should look at. */
  readonly onAlert: (alert: Alert) => void;
}

/** The node counts fewer transactions than the keeper saw mined: it is behind, and a nonce from it would be a used one. */
export class LaggingNodeError extends HedgerowError {
  readonly nonce: number;
  readonly floor: number;

  constructor(nonce: number, floor: number) {
    super(
      `The node counts ${nonce} transactions of the signer, but nonce ${floor - 1} was mined. Wait until the node caught up, or use another.`,
    );
    this.nonce = nonce;
    this.floor = floor;
  }
}

/** Refusals that waiting or a dearer bid does not mend. */
const ALERT_OF_REFUSAL: Readonly<Partial<Record<RpcErrorKind, AlertCode>>> = {
  "insufficient-funds": "insufficient-funds",
  "fee-above-node-cap": "send-refused",
  "pool-full": "send-refused",
  unknown: "send-refused",
};

/** The signer cannot pay. */
export class InsufficientFundsError extends HedgerowError {
  constructor(address: string, balanceWei: bigint, neededWei: bigint) {
    super(`Signer ${address} holds ${balanceWei} wei and needs up to ${neededWei}. Send it native coins.`);
  }
}

/**
 * Brings calls onto the chain, one at a time and at most once each.
 *
 * The order is what makes a kill harmless: intent and nonce are on disk before the signature, the signed bytes before the
 * broadcast, and whatever the node answers, only a receipt or a consumed nonce ends an intent. A new attempt always has the
 * old nonce, so that at most one of them can be mined.
 */
export class Submitter {
  readonly #deps: SubmitterDeps;
  /** The intent that a `submit` is waiting for; a `resolve` beside it leaves it alone. */
  #awaited: number | undefined;

  constructor(deps: SubmitterDeps) {
    this.#deps = deps;
  }

  get address(): string {
    return this.#deps.signer.address;
  }

  /**
   * Sends a call and waits for its receipt, at most `confirmationTimeoutMs`.
   *
   * `pending` and a later `resolve` tell the rest. Throws GuardRefusedError, LaggingNodeError or InsufficientFundsError
   * before anything is sent; an unreachable node after the intent was written is `pending`, not an error.
   */
  async submit(request: SubmitRequest, signal?: AbortSignal): Promise<SubmitResult> {
    const { rpc, guard, limits, journal, signer, clock, settings } = this.#deps;
    const preview = await previewSubmit({ rpc, guard, limits, simulateAt: settings.simulateAt }, request);
    if (preview.kind === "pricedOut") this.#alertPricedOut(preview, request.vault);
    if (preview.kind !== "ready") return preview;

    const nonce = await this.#readNonce();
    const open = journal.findOpenIntent(guard.chainId, signer.address);
    const yields = open !== undefined && request.riskReducing && !open.riskReducing;
    if (open !== undefined && !yields) return { kind: "busy", intentId: open.id };
    const fees = this.#feesAtNonce(nonce, preview.fees, request.riskReducing);
    if (fees.kind === "pricedOut") {
      this.#alertPricedOut(fees, request.vault);
      return fees;
    }
    await this.#requireFunds(preview.gasLimit * fees.fees.maxFeePerGas);

    if (yields) this.#close(open, "expired", "gave way to an action that reduces risk");
    const draft = { ...request, chainId: guard.chainId, signer: signer.address, gasLimit: preview.gasLimit };
    const reserved = journal.openIntent(draft, nonce, clock.nowMs());
    this.#deps.log.info(
      { intentId: reserved.id, vault: request.vault, action: request.action, nonce },
      LogEvent.intentOpened,
    );
    this.#awaited = reserved.id;
    try {
      return await this.#sendAndWait(await this.#signOrAbandon(reserved, fees.fees), signal);
    } finally {
      if (this.#awaited === reserved.id) this.#awaited = undefined;
    }
  }

  /**
   * Makes journal and chain agree, without waiting for anything: what was mined meanwhile, what a reorganisation undid,
   * what was signed but never sent. Call it at the start and before every tick.
   *
   * @returns Everything whose state changed or is still open.
   */
  async resolve(): Promise<readonly IntentProgress[]> {
    const { rpc, journal, guard, signer, settings } = this.#deps;
    const head = await readHead(rpc);
    const since = head.number - settings.finalityBlocks;
    const progress: IntentProgress[] = [];
    for (const intent of journal.listConfirmedSince(guard.chainId, signer.address, since)) {
      progress.push(...(await this.#recheckConfirmed(intent)));
    }
    for (const intent of journal.listReleasedSince(guard.chainId, signer.address, since)) {
      const mined = await this.#findReceipt(intent);
      if (mined !== undefined) progress.push(this.#confirm(intent, mined));
    }
    const open = journal.findOpenIntent(guard.chainId, signer.address);
    if (open !== undefined && open.id !== this.#awaited) progress.push(await this.#advance(open));
    return progress;
  }

  // --- one look at an intent

  async #advance(intent: Intent): Promise<IntentProgress> {
    const { rpc, clock, settings } = this.#deps;
    const latest = intent.attempts.at(-1);
    if (latest === undefined) return this.#close(intent, "abandoned", "the process ended before anything was signed");
    const mined = await this.#findReceipt(intent);
    if (mined !== undefined) return this.#confirm(intent, mined);
    if ((await readNonce(rpc, this.address)) > intent.nonce) return await this.#concludeTakenNonce(intent);

    const head = await readHead(rpc);
    if (head.timestamp > intent.validUntil) return this.#close(intent, "expired", "not mined while it was valid");

    const overdue = clock.nowMs() - latest.signedAtMs >= settings.confirmationTimeoutMs;
    if (latest.broadcastAtMs !== undefined && overdue) return await this.#bump(intent, latest, head);
    if (latest.broadcastAtMs !== undefined && (await isKnownTransaction(rpc, latest.hash))) {
      return { kind: "pending", intent };
    }
    const reason = await this.#wouldRevert(intent);
    if (reason !== undefined) return this.#close(intent, "expired", `would revert now: ${reason.text}`);
    return await this.#broadcast(intent, latest, head);
  }

  /** The nonce is used up: by another of our intents, or by a transaction that is not ours. */
  async #concludeTakenNonce(intent: Intent): Promise<IntentProgress> {
    const { journal, guard } = this.#deps;
    // It may have been mined between the first look and the count.
    const mined = await this.#findReceipt(intent);
    if (mined !== undefined) return this.#confirm(intent, mined);
    for (const rival of journal.listIntentsAtNonce(guard.chainId, this.address, intent.nonce)) {
      if (rival.id === intent.id || rival.state === "confirmed") continue;
      const receipt = await this.#findReceipt(rival);
      if (receipt !== undefined) this.#confirm(rival, receipt);
    }
    this.#alert({
      code: "superseded",
      intentId: intent.id,
      text: `Nonce ${intent.nonce} was used by another transaction.`,
    });
    return this.#close(intent, "superseded", "another transaction used the nonce");
  }

  async #findReceipt(intent: Intent): Promise<MinedReceipt | undefined> {
    for (const attempt of intent.attempts.toReversed()) {
      const receipt = await readReceipt(this.#deps.rpc, attempt.hash);
      if (receipt !== undefined) return receipt;
    }
    return undefined;
  }

  async #recheckConfirmed(intent: Intent): Promise<readonly IntentProgress[]> {
    const receipt = await this.#findReceipt(intent);
    if (receipt !== undefined && receipt.blockHash === intent.mined?.blockHash) return [];
    if (receipt !== undefined) return [this.#confirm(intent, receipt)];
    const reopened = this.#deps.journal.unconfirm(intent.id, "its block was reorganised away");
    this.#deps.log.warn({ intentId: intent.id, block: intent.mined?.blockNumber }, LogEvent.intentReorganised);
    this.#alert({ code: "reorganised", intentId: intent.id, text: `Intent ${intent.id}: ${reopened.note}.` });
    return [];
  }

  // --- signing and sending

  async #signOrAbandon(intent: Intent, fees: Fees): Promise<Intent> {
    try {
      return await this.#sign(intent, fees);
    } catch (error) {
      this.#close(intent, "abandoned", `not signed: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }

  async #sign(intent: Intent, fees: Fees): Promise<Intent> {
    const { guard, signer, journal, clock, log } = this.#deps;
    const meant = {
      chainId: guard.chainId,
      nonce: intent.nonce,
      to: intent.vault,
      data: intent.data,
      gasLimit: intent.gasLimit,
      ...fees,
    };
    requireAllowedCall(guard, meant.to, meant.data);
    const raw = await signer.signTransaction(meant);
    const hash = requireAllowedBytes(guard, raw, meant);
    const signed = journal.addAttempt(intent.id, { ...fees, hash, raw, signedAtMs: clock.nowMs() });
    log.info({ intentId: intent.id, hash, nonce: intent.nonce, ...toGwei(fees) }, LogEvent.intentSigned);
    return signed;
  }

  async #sendAndWait(intent: Intent, signal: AbortSignal | undefined): Promise<IntentProgress> {
    const { journal, clock, settings } = this.#deps;
    const until = clock.nowMs() + settings.confirmationTimeoutMs;
    for (;;) {
      const step = await this.#tryAdvance(intent.id);
      if (step !== undefined && step.kind !== "pending") return step;
      // A raise of the fee is left to the next tick, which may by then prefer to do something else.
      const over = signal?.aborted === true || clock.nowMs() + settings.receiptPollMs >= until;
      if (over) return { kind: "pending", intent: journal.getIntent(intent.id) };
      await clock.sleep(settings.receiptPollMs, signal);
    }
  }

  /** A node that fails now may answer at the next look; the intent is on disk. */
  async #tryAdvance(intentId: number): Promise<IntentProgress | undefined> {
    try {
      const step = await this.#advance(this.#deps.journal.getIntent(intentId));
      if (step.kind !== "pending") return step;
      // Chains that mine at once have the receipt already.
      const mined = await this.#findReceipt(step.intent);
      return mined === undefined ? step : this.#confirm(step.intent, mined);
    } catch (error) {
      if (error instanceof HedgerowError) throw error;
      const failure = readRpcFailure(error);
      this.#deps.log.warn({ intentId, kind: failure.kind, error: failure.message }, LogEvent.intentRefused);
      return undefined;
    }
  }

  async #broadcast(intent: Intent, attempt: Attempt, head: Head): Promise<IntentProgress> {
    let [current, latest] = [intent, attempt];
    for (;;) {
      const refusal = await this.#sendRaw(current, latest);
      current = this.#deps.journal.getIntent(intent.id);
      if (refusal !== "replacement-underpriced" && refusal !== "fee-too-low")
        return { kind: "pending", intent: current };
      // Somebody's transaction sits on the nonce with a dearer fee, or the market rose: offer half as much again.
      const raised = await this.#raise(current, latest, head, refusal === "replacement-underpriced");
      if (raised === undefined) return { kind: "pending", intent: current };
      const next = raised.attempts.at(-1);
      if (next === undefined) return { kind: "pending", intent: raised };
      [current, latest] = [raised, next];
    }
  }

  async #bump(intent: Intent, latest: Attempt, head: Head): Promise<IntentProgress> {
    const reason = await this.#wouldRevert(intent);
    if (reason !== undefined) return this.#close(intent, "expired", `would revert now: ${reason.text}`);
    const raised = await this.#raise(intent, latest, head, false);
    const next = raised?.attempts.at(-1);
    if (raised === undefined || next === undefined) {
      // At the ceiling: all that is left is to keep the bytes in the pool.
      if (!(await isKnownTransaction(this.#deps.rpc, latest.hash))) await this.#sendRaw(intent, latest);
      return { kind: "pending", intent };
    }
    // A receipt may have come while the new bytes were being signed.
    const mined = await this.#findReceipt(raised);
    return mined === undefined ? await this.#broadcast(raised, next, head) : this.#confirm(raised, mined);
  }

  /** Signs a dearer attempt at the same nonce; undefined when the ceiling does not allow it. */
  async #raise(intent: Intent, latest: Attempt, head: Head, steep: boolean): Promise<Intent | undefined> {
    const { rpc, limits } = this.#deps;
    const ceiling = ceilingFor(limits, intent.riskReducing);
    const market = await quoteFees(rpc, limits, intent.riskReducing, head);
    const least = market.kind === "pricedOut" ? latest : market.fees;
    const quote =
      market.kind === "pricedOut"
        ? market
        : computeBump(latest, steep ? larger(least, halfMore(latest)) : least, ceiling);
    if (quote.kind === "pricedOut") {
      this.#alertPricedOut(quote, intent.vault, intent.id);
      return undefined;
    }
    return await this.#sign(intent, quote.fees);
  }

  /** @returns Why the node refused; undefined when it took the bytes. */
  async #sendRaw(intent: Intent, attempt: Attempt): Promise<RpcErrorKind | undefined> {
    const { rpc, journal, clock, guard, log } = this.#deps;
    // Bytes that come back from the disk are checked like new ones.
    requireAllowedBytes(guard, attempt.raw, {
      chainId: guard.chainId,
      nonce: intent.nonce,
      to: intent.vault,
      data: intent.data,
      gasLimit: intent.gasLimit,
      maxFeePerGas: attempt.maxFeePerGas,
      maxPriorityFeePerGas: attempt.maxPriorityFeePerGas,
    });
    const fields = { intentId: intent.id, hash: attempt.hash, nonce: intent.nonce };
    try {
      await rpc.send("eth_sendRawTransaction", [attempt.raw]);
    } catch (error) {
      const failure = readRpcFailure(error);
      log.warn({ ...fields, kind: failure.kind, error: failure.message }, LogEvent.intentRefused);
      const code = ALERT_OF_REFUSAL[failure.kind];
      if (code !== undefined) {
        this.#alert({ code, intentId: intent.id, text: `The node refused nonce ${intent.nonce}: ${failure.message}` });
      }
      if (failure.kind !== "already-known") return failure.kind;
    }
    journal.markBroadcast(intent.id, attempt.hash, clock.nowMs());
    log.info(fields, LogEvent.intentBroadcast);
    return undefined;
  }

  // --- pieces

  async #wouldRevert(intent: Intent): Promise<RevertReason | undefined> {
    const { rpc, signer, settings } = this.#deps;
    const call = { from: signer.address, to: intent.vault, data: intent.data };
    const simulation = await simulateSigned(rpc, call, intent.gasLimit, settings.simulateAt);
    return simulation.kind === "reverts" ? simulation.reason : undefined;
  }

  async #readNonce(): Promise<number> {
    const { rpc, signer, guard, journal } = this.#deps;
    const nonce = await readNonce(rpc, signer.address);
    const floor = journal.nextNonceFloor(guard.chainId, signer.address);
    if (nonce < floor) throw new LaggingNodeError(nonce, floor);
    return nonce;
  }

  /** Bytes given up earlier may still be in a pool: what takes their nonce must be dearer. */
  #feesAtNonce(nonce: number, quoted: Fees, riskReducing: boolean): FeeQuote {
    const { journal, guard, signer, limits } = this.#deps;
    const earlier = journal.listIntentsAtNonce(guard.chainId, signer.address, nonce).flatMap((rival) => rival.attempts);
    if (earlier.length === 0) return { kind: "fees", fees: quoted };
    return computeBump(
      earlier.reduce<Fees>(larger, { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n }),
      quoted,
      ceilingFor(limits, riskReducing),
    );
  }

  async #requireFunds(neededWei: bigint): Promise<void> {
    const balance = await readBalance(this.#deps.rpc, this.address);
    if (balance >= neededWei) return;
    const error = new InsufficientFundsError(this.address, balance, neededWei);
    this.#alert({ code: "insufficient-funds", text: error.message });
    throw error;
  }

  #confirm(intent: Intent, receipt: MinedReceipt): IntentProgress {
    const { hash, blockNumber, succeeded } = receipt;
    const confirmed = this.#deps.journal.confirm(intent.id, receipt);
    this.#deps.log.info({ intentId: intent.id, hash, blockNumber, succeeded }, LogEvent.intentConfirmed);
    return { kind: "mined", intent: confirmed, receipt };
  }

  #close(
    intent: Intent,
    state: "abandoned" | "expired" | "superseded",
    note: string,
  ): Extract<IntentProgress, { kind: "closed" }> {
    this.#deps.log.warn({ intentId: intent.id, state, note }, LogEvent.intentClosed);
    return { kind: "closed", intent: this.#deps.journal.closeIntent(intent.id, state, note) };
  }

  #alertPricedOut(quote: Extract<FeeQuote, { kind: "pricedOut" }>, vault: string, intentId?: number): void {
    const text = `Gas costs ${gwei(quote.neededPerGas)} gwei, the ceiling for this action is ${gwei(quote.ceilingPerGas)}. Raise it if the action matters.`;
    this.#alert({ code: "priced-out", vault, text, ...(intentId === undefined ? {} : { intentId }) });
  }

  #alert(alert: Alert): void {
    this.#deps.log.error({ ...alert }, LogEvent.alert);
    this.#deps.onAlert(alert);
  }
}

function larger(a: Fees, b: Fees): Fees {
  return {
    maxFeePerGas: a.maxFeePerGas > b.maxFeePerGas ? a.maxFeePerGas : b.maxFeePerGas,
    maxPriorityFeePerGas:
      a.maxPriorityFeePerGas > b.maxPriorityFeePerGas ? a.maxPriorityFeePerGas : b.maxPriorityFeePerGas,
  };
}

function halfMore(fees: Fees): Fees {
  return { maxFeePerGas: (fees.maxFeePerGas * 3n) / 2n, maxPriorityFeePerGas: (fees.maxPriorityFeePerGas * 3n) / 2n };
}

function gwei(wei: bigint): string {
  return (Number(wei) / 1e9).toFixed(2);
}

function toGwei(fees: Fees): { readonly maxFeeGwei: string; readonly tipGwei: string } {
  return { maxFeeGwei: gwei(fees.maxFeePerGas), tipGwei: gwei(fees.maxPriorityFeePerGas) };
}
