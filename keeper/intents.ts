import type { Fees } from "./fees.ts";
import type { GuardedAction } from "./guard.ts";

/**
 * Where an intent stands. Open: `reserved` (has a nonce, nothing signed), `signed` (bytes stored, no node took them yet),
 * `broadcast`. Closed: `confirmed` (mined, see `mined.succeeded`), `abandoned` (never signed), `expired` (given up while
 * unmined; its bytes may still be mined, so it stays watched), `superseded` (another transaction took its nonce).
 */
export type IntentState = "reserved" | "signed" | "broadcast" | "confirmed" | "abandoned" | "expired" | "superseded";

/** What the keeper means to do, before it has a nonce. */
export interface IntentDraft {
  readonly chainId: bigint;
  readonly signer: string;
  readonly vault: string;
  readonly action: GuardedAction;
  readonly riskReducing: boolean;
  readonly data: string;
  readonly gasLimit: bigint;
  /** Unix seconds of chain time; nothing is sent again afterwards. */
  readonly validUntil: number;
  readonly blockNumber: number;
  readonly blockHash: string;
  /** For the record and for verification, any JSON with bigints. */
  readonly decision: unknown;
  readonly plan: unknown;
  readonly before: unknown;
}

/** One set of signed bytes. */
export interface Attempt extends Fees {
  readonly hash: string;
  readonly raw: string;
  readonly signedAtMs: number;
  /** When a node last took the bytes; undefined: none is known to have. */
  readonly broadcastAtMs: number | undefined;
}

/** Where a transaction was mined. */
export interface MinedAt {
  readonly hash: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  readonly effectiveGasPrice: bigint;
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
