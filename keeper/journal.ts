import { DatabaseSync, type SQLInputValue } from "node:sqlite";

import { z } from "zod";

import { HedgerowError } from "../sdk/errors.ts";
import type { Attempt, Intent, IntentDraft, StoredFlow, StoredPrice, TickEntry } from "./intents.ts";
import type { MinedAt } from "./rpc.ts";
import { toAttempt, toIntent, toStoredFlow, toStoredPrice, toTickEntry } from "./journalRows.ts";
import { migrate } from "./journalSchema.ts";
import { toJson } from "./serialise.ts";

/** Another intent of the same signer is open: one transaction in flight. */
export class IntentOpenError extends HedgerowError {
  readonly intentId: number;

  constructor(intentId: number) {
    super(`Intent ${intentId} is still open; a signer has one transaction in flight. Wait until it is settled.`);
    this.intentId = intentId;
  }
}

/** The journal file cannot be used. */
export class JournalError extends HedgerowError {}

const OPEN_STATES = "('reserved', 'signed', 'broadcast')";

/**
 * The keeper's memory: intents with their nonces and signed bytes, ticks, price samples. Every write is on disk before the
 * call returns (`synchronous = FULL`), so a kill at any point leaves a state that `recover` understands.
 */
export class Journal {
  readonly #db: DatabaseSync;

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /**
   * Opens or creates the file; ":memory:" keeps nothing.
   *
   * Throws JournalError when the file is not a journal, or one of a newer version.
   */
  static open(path: string): Journal {
    let db: DatabaseSync | undefined;
    try {
      db = new DatabaseSync(path, { timeout: 5_000, enableForeignKeyConstraints: true });
      db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
      migrate(db);
    } catch (error) {
      db?.close();
      const cause = error instanceof Error ? error.message : String(error);
      throw new JournalError(
        `The journal ${path} cannot be opened (${cause}). Check path and permissions, or set another file.`,
      );
    }
    return new Journal(db);
  }

  close(): void {
    this.#db.close();
  }

  /**
   * Remembers which chain the file belongs to; chain ids of local chains repeat, their first blocks do not.
   *
   * Throws JournalError when the file was written for another chain with this id.
   */
  bindChain(chainId: bigint, genesisHash: string): void {
    this.#run(`INSERT OR IGNORE INTO chains (chain_id, genesis_hash) VALUES (?, ?)`, String(chainId), genesisHash);
    const row = this.#db.prepare(`SELECT genesis_hash FROM chains WHERE chain_id = ?`).get(String(chainId));
    const known = z.object({ genesis_hash: z.string() }).parse(row).genesis_hash;
    if (known !== genesisHash) {
      throw new JournalError(
        `The journal was written for another chain ${chainId} (first block ${known}, the node's is ${genesisHash}). ` +
          `Set journalPath to a new file.`,
      );
    }
  }

  // --- intents

  /**
   * Writes the intent and reserves its nonce in one transaction.
   *
   * Throws IntentOpenError while another intent of this signer on this chain is open.
   */
  openIntent(draft: IntentDraft, nonce: number, atMs: number): Intent {
    return this.#transaction(() => {
      const open = this.findOpenIntent(draft.chainId, draft.signer);
      if (open !== undefined) throw new IntentOpenError(open.id);
      const result = this.#run(
        `INSERT INTO intents (created_at_ms, chain_id, signer, vault, action, risk_reducing, data, gas_limit, valid_until,
           block_number, block_hash, decision, plan, before, nonce, state, note)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'reserved', '')`,
        atMs,
        String(draft.chainId),
        draft.signer.toLowerCase(),
        draft.vault.toLowerCase(),
        draft.action,
        draft.riskReducing ? 1 : 0,
        draft.data,
        String(draft.gasLimit),
        draft.validUntil,
        draft.blockNumber,
        draft.blockHash,
        toJson(draft.decision),
        toJson(draft.plan ?? null),
        toJson(draft.before ?? null),
        nonce,
      );
      return this.getIntent(Number(result.lastInsertRowid));
    });
  }

  /** Stores signed bytes before anybody else sees them. */
  addAttempt(intentId: number, attempt: Omit<Attempt, "broadcastAtMs">): Intent {
    return this.#transaction(() => {
      this.#run(
        `INSERT INTO attempts (intent_id, hash, raw, max_fee, max_priority_fee, signed_at_ms) VALUES (?, ?, ?, ?, ?, ?)`,
        intentId,
        attempt.hash,
        attempt.raw,
        String(attempt.maxFeePerGas),
        String(attempt.maxPriorityFeePerGas),
        attempt.signedAtMs,
      );
      this.#run(`UPDATE intents SET state = 'signed' WHERE id = ? AND state = 'reserved'`, intentId);
      return this.getIntent(intentId);
    });
  }

  /** A node took the bytes. */
  markBroadcast(intentId: number, hash: string, atMs: number): Intent {
    return this.#transaction(() => {
      this.#run(`UPDATE attempts SET broadcast_at_ms = ? WHERE hash = ?`, atMs, hash);
      this.#run(`UPDATE intents SET state = 'broadcast' WHERE id = ? AND state = 'signed'`, intentId);
      return this.getIntent(intentId);
    });
  }

  /** Mined, in whatever state the intent was: the chain is the truth. */
  confirm(intentId: number, mined: MinedAt): Intent {
    this.#run(
      `UPDATE intents SET state = 'confirmed', mined_hash = ?, mined_block_number = ?, mined_block_hash = ?,
         mined_succeeded = ?, gas_used = ?, effective_gas_price = ?, outcome = NULL WHERE id = ?`,
      mined.hash,
      mined.blockNumber,
      mined.blockHash,
      mined.succeeded ? 1 : 0,
      String(mined.gasUsed),
      String(mined.effectiveGasPrice),
      intentId,
    );
    return this.getIntent(intentId);
  }

  /** The block that held the transaction is gone: back to being in flight. */
  unconfirm(intentId: number, note: string): Intent {
    return this.#transaction(() => {
      const intent = this.getIntent(intentId);
      const open = this.findOpenIntent(intent.chainId, intent.signer);
      // Two open intents of a signer cannot be; the newer one holds the same nonce or a later one and is driven already.
      const state = open === undefined ? "broadcast" : "expired";
      this.#run(
        `UPDATE intents SET state = ?, note = ?, mined_hash = NULL, mined_block_number = NULL, mined_block_hash = NULL,
           mined_succeeded = NULL, gas_used = NULL, effective_gas_price = NULL, outcome = NULL WHERE id = ?`,
        state,
        note,
        intentId,
      );
      return this.getIntent(intentId);
    });
  }

  /** Closes an intent that was not mined. */
  closeIntent(intentId: number, state: "abandoned" | "expired" | "superseded", note: string): Intent {
    this.#run(`UPDATE intents SET state = ?, note = ? WHERE id = ?`, state, note, intentId);
    return this.getIntent(intentId);
  }

  /** Joins the promise with what came of it. */
  recordOutcome(intentId: number, outcome: unknown, atMs: number): Intent {
    this.#run(`UPDATE intents SET outcome = ?, verified_at_ms = ? WHERE id = ?`, toJson(outcome), atMs, intentId);
    return this.getIntent(intentId);
  }

  /** Throws JournalError on an id that was never given out. */
  getIntent(id: number): Intent {
    const row = this.#db.prepare(`SELECT * FROM intents WHERE id = ?`).get(id);
    if (row === undefined) throw new JournalError(`The journal holds no intent ${id}.`);
    return this.#toIntent(row);
  }

  /** The one intent of a signer that is in flight. */
  findOpenIntent(chainId: bigint, signer: string): Intent | undefined {
    return this.#intents(
      `chain_id = ? AND signer = ? AND state IN ${OPEN_STATES}`,
      String(chainId),
      signer.toLowerCase(),
    )[0];
  }

  /** Every intent that ever signed this nonce; at most one of them can be mined. */
  listIntentsAtNonce(chainId: bigint, signer: string, nonce: number): readonly Intent[] {
    return this.#intents(`chain_id = ? AND signer = ? AND nonce = ?`, String(chainId), signer.toLowerCase(), nonce);
  }

  /** Mined at or after `blockNumber`: young enough for a reorganisation. */
  listConfirmedSince(chainId: bigint, signer: string, blockNumber: number): readonly Intent[] {
    return this.#intents(
      `chain_id = ? AND signer = ? AND state = 'confirmed' AND mined_block_number >= ?`,
      String(chainId),
      signer.toLowerCase(),
      blockNumber,
    );
  }

  /** Mined but not compared with their promise yet, e.g. because the process died in between. */
  listUnverified(chainId: bigint, signer: string): readonly Intent[] {
    return this.#intents(
      `chain_id = ? AND signer = ? AND state = 'confirmed' AND outcome IS NULL`,
      String(chainId),
      signer.toLowerCase(),
    );
  }

  /** Given up while unmined, and decided no earlier than `blockNumber`: their bytes may still be mined. */
  listReleasedSince(chainId: bigint, signer: string, blockNumber: number): readonly Intent[] {
    return this.#intents(
      `chain_id = ? AND signer = ? AND state IN ('expired', 'superseded') AND block_number >= ?`,
      String(chainId),
      signer.toLowerCase(),
      blockNumber,
    );
  }

  /** The newest intents first. */
  listIntents(limit: number): readonly Intent[] {
    return this.#intents(`TRUE ORDER BY id DESC LIMIT ?`, limit);
  }

  /** The lowest nonce that no mined transaction of ours has used; 0 before the first. */
  nextNonceFloor(chainId: bigint, signer: string): number {
    const row = this.#db
      .prepare(`SELECT max(nonce) AS highest FROM intents WHERE chain_id = ? AND signer = ? AND state = 'confirmed'`)
      .get(String(chainId), signer.toLowerCase());
    const { highest } = z.object({ highest: z.number().nullable() }).parse(row);
    return highest === null ? 0 : highest + 1;
  }

  // --- ticks

  addTick(entry: TickEntry): void {
    this.#run(
      `INSERT INTO ticks (at_ms, vault, block_number, block_hash, kind, detail) VALUES (?, ?, ?, ?, ?, ?)`,
      entry.atMs,
      entry.vault.toLowerCase(),
      entry.blockNumber ?? null,
      entry.blockHash ?? null,
      entry.kind,
      toJson(entry.detail ?? null),
    );
  }

  /** The newest first; of one vault when given. */
  listTicks(limit: number, vault?: string): readonly TickEntry[] {
    const rows =
      vault === undefined
        ? this.#db.prepare(`SELECT * FROM ticks ORDER BY id DESC LIMIT ?`).all(limit)
        : this.#db
            .prepare(`SELECT * FROM ticks WHERE vault = ? ORDER BY id DESC LIMIT ?`)
            .all(vault.toLowerCase(), limit);
    return rows.map(toTickEntry);
  }

  // --- prices

  /** Keeps one price a moment; a second one for the same moment replaces the first (its block was reorganised away). */
  addPrice(oracle: string, chainId: bigint, sample: StoredPrice): void {
    this.#run(
      `INSERT INTO prices (chain_id, oracle, timestamp, price_wad) VALUES (?, ?, ?, ?)
       ON CONFLICT (chain_id, oracle, timestamp) DO UPDATE SET price_wad = excluded.price_wad`,
      String(chainId),
      oracle.toLowerCase(),
      sample.timestampSeconds,
      String(sample.priceWad),
    );
  }

  /** Prices from `fromSeconds` to `toSeconds`, the oldest first. */
  listPrices(oracle: string, chainId: bigint, fromSeconds: number, toSeconds: number): readonly StoredPrice[] {
    return this.#db
      .prepare(
        `SELECT timestamp, price_wad FROM prices
         WHERE chain_id = ? AND oracle = ? AND timestamp BETWEEN ? AND ? ORDER BY timestamp`,
      )
      .all(String(chainId), oracle.toLowerCase(), fromSeconds, toSeconds)
      .map(toStoredPrice);
  }

  // --- flows

  /** Keeps one sample a moment; a second one for the same moment replaces the first (its block was reorganised away). */
  addFlow(vault: string, chainId: bigint, sample: StoredFlow): void {
    this.#run(
      `INSERT OR REPLACE INTO flows
         (chain_id, vault, timestamp, pool, fee_growth_0, fee_growth_1, price_wad, mark, debt_base, margin_quote)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      String(chainId),
      vault.toLowerCase(),
      sample.timestampSeconds,
      sample.pool.toLowerCase(),
      String(sample.feeGrowth0X128),
      String(sample.feeGrowth1X128),
      String(sample.priceWad),
      sample.mark,
      String(sample.debtBase),
      String(sample.marginQuote),
    );
  }

  /** Samples from `fromSeconds` to `toSeconds`, the oldest first. */
  listFlows(vault: string, chainId: bigint, fromSeconds: number, toSeconds: number): readonly StoredFlow[] {
    return this.#db
      .prepare(`SELECT * FROM flows WHERE chain_id = ? AND vault = ? AND timestamp BETWEEN ? AND ? ORDER BY timestamp`)
      .all(String(chainId), vault.toLowerCase(), fromSeconds, toSeconds)
      .map(toStoredFlow);
  }

  /** The newest sample no later than `toSeconds`. */
  findLastFlow(vault: string, chainId: bigint, toSeconds: number): StoredFlow | undefined {
    const row = this.#db
      .prepare(
        `SELECT * FROM flows WHERE chain_id = ? AND vault = ? AND timestamp <= ? ORDER BY timestamp DESC LIMIT 1`,
      )
      .get(String(chainId), vault.toLowerCase(), toSeconds);
    return row === undefined ? undefined : toStoredFlow(row);
  }

  /** Forgets ticks before `ticksBeforeMs`, and prices and flows before `samplesBeforeSeconds`. Intents are kept for ever. */
  prune(ticksBeforeMs: number, samplesBeforeSeconds: number): void {
    this.#run(`DELETE FROM ticks WHERE at_ms < ?`, ticksBeforeMs);
    this.#run(`DELETE FROM prices WHERE timestamp < ?`, samplesBeforeSeconds);
    this.#run(`DELETE FROM flows WHERE timestamp < ?`, samplesBeforeSeconds);
  }

  // --- internals

  #transaction<T>(body: () => T): T {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const result = body();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  #run(sql: string, ...values: SQLInputValue[]): { readonly lastInsertRowid: number | bigint } {
    return this.#db.prepare(sql).run(...values);
  }

  #intents(where: string, ...values: SQLInputValue[]): readonly Intent[] {
    const order = where.includes("ORDER BY") ? "" : "ORDER BY id";
    const rows = this.#db.prepare(`SELECT * FROM intents WHERE ${where} ${order}`).all(...values);
    return rows.map((row) => this.#toIntent(row));
  }

  #toIntent(row: Record<string, unknown>): Intent {
    const { id } = z.object({ id: z.number() }).parse(row);
    const attempts = this.#db.prepare(`SELECT * FROM attempts WHERE intent_id = ? ORDER BY id`).all(id).map(toAttempt);
    return toIntent(row, attempts);
  }
}
