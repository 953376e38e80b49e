import type { Fees } from "./fees.ts";
import type { SubmitRequest } from "./preview.ts";
import type { MinedAt } from "./rpc.ts";

/**
 * Where an intent stands. Open: `reserved` (has a nonce, nothing signed), `signed` (bytes stored, no node took them yet),
 * `broadcast`. Closed: `confirmed` (mined, see `mined.succeeded`), `abandoned` (never signed), `expired` (given up while
 * unmined; its bytes may still be mined, so it stays watched), `superseded` (another transaction took its nonce).
 */
export type IntentState = "reserved" | "signed" | "broadcast" | "confirmed" | "abandoned" | "expired" | "superseded";

/** What the keeper means to do, before it has a nonce: the request, by whom and where, with the gas it may use. */
export interface IntentDraft extends SubmitRequest {
  readonly chainId: bigint;
  readonly signer: string;
  readonly gasLimit: bigint;
}

/** One set of signed bytes. */
export interface Attempt extends Fees {
  readonly hash: string;
  readonly raw: string;
  readonly signedAtMs: number;
  /** When a node last took the bytes; undefined: none is known to have. */
  readonly broadcastAtMs: number | undefined;
}

/** A durable intent with everything that happened to it. */
export interface Intent extends IntentDraft {
  readonly id: number;
  readonly createdAtMs: number;
  readonly nonce: number;
  readonly state: IntentState;
  /** Why it was closed, in words; empty while nothing was said. */
  readonly note: string;
  readonly attempts: readonly Attempt[];
  readonly mined: MinedAt | undefined;
  /** What verification found; undefined: not verified yet. */
  readonly outcome: unknown;
}

/** One line of the keeper's diary: a vault at a tick. */
export interface TickEntry {
  readonly atMs: number;
  readonly vault: string;
  readonly blockNumber: number | undefined;
  readonly blockHash: string | undefined;
  readonly kind: string;
  readonly detail: unknown;
}

/** A price as the oracle gave it. */
export interface StoredPrice {
  readonly timestampSeconds: number;
  readonly priceWad: bigint;
}

/** What a vault's pool and hedges had brought and cost by a moment. */
export interface StoredFlow {
  readonly timestampSeconds: number;
  /** The pool's address, in lower case. */
  readonly pool: string;
  /** Global fee growth of the pool [Q128.128, uint256, wrapping]. */
  readonly feeGrowth0X128: bigint;
  readonly feeGrowth1X128: bigint;
  /** Of the vault's oracle. */
  readonly priceWad: bigint;
  /** Differs between two samples when the vault or its hedges were touched in between. */
  readonly mark: string;
  /** Owed to all hedges [base units]. */
  readonly debtBase: bigint;
  /** Margin at all hedges [quote units]. */
  readonly marginQuote: bigint;
}
