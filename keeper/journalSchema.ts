import type { DatabaseSync } from "node:sqlite";

import { z } from "zod";

import { HedgerowError } from "../sdk/errors.ts";

/*
 * The file's version is SQLite's user_version; step n leads from version n to n + 1. A step that was released is never
 * edited: a change is a further step. Amounts are decimal text, because SQLite's integers end at 2^63.
 */
const STEPS: readonly string[] = [
  `CREATE TABLE intents (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     created_at_ms INTEGER NOT NULL,
     chain_id TEXT NOT NULL,
     signer TEXT NOT NULL,
     vault TEXT NOT NULL,
     action TEXT NOT NULL,
     risk_reducing INTEGER NOT NULL,
     data TEXT NOT NULL,
     gas_limit TEXT NOT NULL,
     valid_until INTEGER NOT NULL,
     block_number INTEGER NOT NULL,
     block_hash TEXT NOT NULL,
     decision TEXT NOT NULL,
     plan TEXT NOT NULL,
     before TEXT NOT NULL,
     nonce INTEGER NOT NULL,
     state TEXT NOT NULL
       CHECK (state IN ('reserved', 'signed', 'broadcast', 'confirmed', 'abandoned', 'expired', 'superseded')),
     note TEXT NOT NULL,
     mined_hash TEXT,
     mined_block_number INTEGER,
     mined_block_hash TEXT,
     mined_succeeded INTEGER,
     gas_used TEXT,
     effective_gas_price TEXT,
     outcome TEXT,
     verified_at_ms INTEGER
   ) STRICT;
   -- One transaction in flight a signer, whatever the program does.
   CREATE UNIQUE INDEX one_open_intent ON intents (chain_id, signer) WHERE state IN ('reserved', 'signed', 'broadcast');
   -- Two of ours cannot both be mined with one nonce.
   CREATE UNIQUE INDEX one_effect_a_nonce ON intents (chain_id, signer, nonce) WHERE state = 'confirmed';
   CREATE TABLE attempts (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     intent_id INTEGER NOT NULL REFERENCES intents (id),
     hash TEXT NOT NULL UNIQUE,
     raw TEXT NOT NULL,
     max_fee TEXT NOT NULL,
     max_priority_fee TEXT NOT NULL,
     signed_at_ms INTEGER NOT NULL,
     broadcast_at_ms INTEGER
   ) STRICT;
   CREATE INDEX attempts_of_intent ON attempts (intent_id);
   CREATE TABLE ticks (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     at_ms INTEGER NOT NULL,
     vault TEXT NOT NULL,
     block_number INTEGER,
     block_hash TEXT,
     kind TEXT NOT NULL,
     detail TEXT NOT NULL
   ) STRICT;
   CREATE INDEX ticks_of_vault ON ticks (vault, id);
   CREATE INDEX ticks_by_time ON ticks (at_ms);
   CREATE TABLE prices (
     chain_id TEXT NOT NULL,
     oracle TEXT NOT NULL,
     timestamp INTEGER NOT NULL,
     price_wad TEXT NOT NULL,
     PRIMARY KEY (chain_id, oracle, timestamp)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE chains (chain_id TEXT PRIMARY KEY, genesis_hash TEXT NOT NULL) STRICT, WITHOUT ROWID;`,
  // What the pool earned and the hedges cost: the fee gate's memory.
  `CREATE TABLE flows (
     chain_id TEXT NOT NULL,
     vault TEXT NOT NULL,
     timestamp INTEGER NOT NULL,
     pool TEXT NOT NULL,
     fee_growth_0 TEXT NOT NULL,
     fee_growth_1 TEXT NOT NULL,
     price_wad TEXT NOT NULL,
     mark TEXT NOT NULL,
     debt_base TEXT NOT NULL,
     margin_quote TEXT NOT NULL,
     PRIMARY KEY (chain_id, vault, timestamp)
   ) STRICT, WITHOUT ROWID;`,
];

/** The file was written by a newer keeper. */
export class NewerJournalError extends HedgerowError {}

/** Brings a database to this version, each step in a transaction of its own. Throws NewerJournalError. */
export function migrate(db: DatabaseSync): void {
  for (;;) {
    db.exec("BEGIN IMMEDIATE");
    try {
      const version = readVersion(db);
      if (version > STEPS.length) {
        throw new NewerJournalError(
          `it is of version ${version}, this keeper knows ${STEPS.length}; update the keeper`,
        );
      }
      const step = STEPS[version];
      if (step !== undefined) db.exec(`${step}; PRAGMA user_version = ${version + 1};`);
      db.exec("COMMIT");
      if (step === undefined) return;
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
  }
}

function readVersion(db: DatabaseSync): number {
  return z.object({ user_version: z.number() }).parse(db.prepare("PRAGMA user_version").get()).user_version;
}
