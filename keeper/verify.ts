import { getAddress } from "ethers";
import { z } from "zod";

import { vaultInterface } from "../sdk/chain/contracts.ts";
import type { BlockRef, SnapshotResult } from "../sdk/chain/snapshot.ts";
import type { VaultState } from "../sdk/policy/types.ts";
import type { Intent } from "./intents.ts";
import type { MinedReceipt } from "./rpc.ts";

/** State of a vault when an intent was decided, as far as its outcome is measured against it. */
export interface BeforeState {
  readonly epoch: bigint;
  readonly navQuote: bigint;
  readonly deltaBase: bigint;
  readonly priceWad: bigint;
  readonly queueHead: bigint;
}

/** What an action did, by the chain's own account. */
export interface OutcomeFigures {
  readonly deltaBeforeBase: bigint;
  readonly deltaAfterBase: bigint;
  readonly navBeforeQuote: bigint;
  readonly navAfterQuote: bigint;
  readonly gasUsed: bigint;
  readonly gasCostWei: bigint;
}

/** The promise joined with what came of it. */
export type Outcome =
  | { readonly kind: "kept"; readonly figures: OutcomeFigures }
  | { readonly kind: "broken"; readonly broken: readonly string[]; readonly figures: OutcomeFigures }
  | { readonly kind: "reverted"; readonly gasCostWei: bigint }
  | { readonly kind: "unverifiable"; readonly reason: string };

export interface VerifyDeps {
  readonly readReceipt: (hash: string) => Promise<MinedReceipt | undefined>;
  readonly readBlock: (hash: string) => Promise<BlockRef | undefined>;
  readonly readSnapshot: (vault: string, block: BlockRef) => Promise<SnapshotResult>;
}

const PROMISE = z.object({
  promise: z.object({ expectedEpoch: z.bigint(), maxResidualDeltaBase: z.bigint(), maxLossQuote: z.bigint() }),
});

const BEFORE = z.object({
  epoch: z.bigint(),
  navQuote: z.bigint(),
  deltaBase: z.bigint(),
  priceWad: z.bigint(),
  queueHead: z.bigint(),
});

/**
 * Compares a mined intent with its promise, on a fresh snapshot of the block that holds it: a successful receipt alone
 * proves nothing about the vault.
 *
 * `unverifiable` says why the comparison could not be made; it is never taken for `kept`. Rejects when the node fails.
 */
export async function verifyIntent(deps: VerifyDeps, intent: Intent): Promise<Outcome> {
  if (intent.mined === undefined) return { kind: "unverifiable", reason: "the intent is not mined" };
  const receipt = await deps.readReceipt(intent.mined.hash);
  if (receipt === undefined)
    return { kind: "unverifiable", reason: "the receipt is gone; its block was reorganised away" };
  const gasCostWei = receipt.gasUsed * receipt.effectiveGasPrice;
  if (!receipt.succeeded) return { kind: "reverted", gasCostWei };
  const block = await deps.readBlock(receipt.blockHash);
  if (block === undefined) return { kind: "unverifiable", reason: `the node no longer has block ${receipt.blockHash}` };
  const after = await deps.readSnapshot(intent.vault, block);
  if (!after.ok) return { kind: "unverifiable", reason: after.reason };
  const before = BEFORE.safeParse(intent.before);
  if (!before.success) return { kind: "unverifiable", reason: "the journal holds no state before the action" };
  return judge(intent, receipt, before.data, after.snapshot.vault, gasCostWei);
}

function judge(
  intent: Intent,
  receipt: MinedReceipt,
  before: BeforeState,
  after: VaultState,
  gasCostWei: bigint,
): Outcome {
  const gas = { gasUsed: receipt.gasUsed, gasCostWei };
  const seen: OutcomeFigures = {
    deltaBeforeBase: before.deltaBase,
    deltaAfterBase: after.book.deltaBase,
    navBeforeQuote: before.navQuote,
    navAfterQuote: after.book.navQuote,
    ...gas,
  };
  switch (intent.action) {
    case "rebalance": {
      const promised = PROMISE.safeParse(intent.plan);
      if (!promised.success) return { kind: "unverifiable", reason: "the journal holds no promise" };
      const event = findRebalanced(receipt, intent.vault);
      if (event === undefined) return conclude(["the vault emitted no Rebalanced event"], seen);
      return judgeRebalance(promised.data.promise, event, after, gas);
    }
    case "reconcile":
      return conclude(
        after.book.lost && !after.degraded ? ["a hedge is lost and the vault is not degraded"] : [],
        seen,
      );
    case "settle":
      // A request that is larger than the pool's depth is settled in parts.
      return conclude(
        after.queue.head > before.queueHead || after.queue.headSettledShares > 0n ? [] : ["no request left the queue"],
        seen,
      );
  }
}

function judgeRebalance(
  promise: z.infer<typeof PROMISE>["promise"],
  event: Rebalanced,
  after: VaultState,
  gas: { readonly gasUsed: bigint; readonly gasCostWei: bigint },
): Outcome {
  const broken: string[] = [];
  if (event.epoch !== promise.expectedEpoch || after.epoch <= promise.expectedEpoch) {
    broken.push(
      `epoch ran from ${event.epoch} to ${after.epoch}, expected ${promise.expectedEpoch} to ${promise.expectedEpoch + 1n}`,
    );
  }
  // An order that waits counts as executed, as it does for the vault's own judgement of the promise.
  const ordered = after.hedges.reduce((sum, { pendingDeltaBase }) => sum + pendingDeltaBase, 0n);
  const residual = magnitude(after.book.deltaBase + ordered);
  if (residual > promise.maxResidualDeltaBase) {
    broken.push(`|delta| is ${residual}, promised at most ${promise.maxResidualDeltaBase}`);
  }
  // Loss of the action itself: both values are at one price, so a market move in between does not count.
  const loss = event.navBeforeQuote - event.navAfterQuote;
  if (loss > promise.maxLossQuote) broken.push(`NAV fell by ${loss}, promised at most ${promise.maxLossQuote}`);
  return conclude(broken, {
    deltaBeforeBase: event.deltaBeforeBase,
    deltaAfterBase: after.book.deltaBase,
    navBeforeQuote: event.navBeforeQuote,
    navAfterQuote: event.navAfterQuote,
    ...gas,
  });
}

function conclude(broken: readonly string[], figures: OutcomeFigures): Outcome {
  return broken.length === 0 ? { kind: "kept", figures } : { kind: "broken", broken, figures };
}

interface Rebalanced {
  readonly epoch: bigint;
  readonly deltaBeforeBase: bigint;
  readonly navBeforeQuote: bigint;
  readonly navAfterQuote: bigint;
}

const REBALANCED = z.object({
  epoch: z.bigint(),
  deltaBeforeBase: z.bigint(),
  navBeforeQuote: z.bigint(),
  navAfterQuote: z.bigint(),
});

function findRebalanced(receipt: MinedReceipt, vault: string): Rebalanced | undefined {
  for (const log of receipt.logs) {
    if (getAddress(log.address) !== getAddress(vault)) continue;
    const parsed = vaultInterface.parseLog({ topics: [...log.topics], data: log.data });
    if (parsed?.name === "Rebalanced") return REBALANCED.parse(parsed.args.toObject());
  }
  return undefined;
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}
