import { mkdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

import { display } from "../deployment.ts";
import { UsageError } from "../errors.ts";

/** A transaction whose signed bytes were written down before they were sent. */
export interface SentTransaction {
  readonly from: string;
  readonly nonce: number;
  readonly hash: string;
  /** The signed bytes as 0x hex. */
  readonly raw: string;
}

/** What a deployment has signed, on disk before it is sent; also the lock that keeps two deployments of a network apart. */
export interface SentTransactions {
  record(transaction: SentTransaction): void;
  findByNonce(from: string, nonce: number): SentTransaction | undefined;
  findByHash(hash: string): SentTransaction | undefined;
  close(): void;
}

/**
 * Opens the store and holds it alone until it is closed; the operating system lets go of it when the process is killed.
 *
 * Throws {@link UsageError} while another process holds it.
 */
export function openSentTransactions(file: string): SentTransactions {
  mkdirSync(path.dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  try {
    database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA synchronous = FULL;
      BEGIN EXCLUSIVE;
      CREATE TABLE IF NOT EXISTS sent (
        hash TEXT PRIMARY KEY, sender TEXT NOT NULL, nonce INTEGER NOT NULL, raw TEXT NOT NULL
      ) STRICT;
      COMMIT;
    `);
  } catch (error) {
    database.close();
    if (/locked|busy/i.test(String(error))) {
      throw new UsageError(
        `Another deployment is running (${display(file)} is in use). Wait until it ends; two at once would deploy twice.`,
      );
    }
    throw new UsageError(
      `${display(file)} cannot be used (${String(error)}). Move it away and look at the chain first.`,
    );
  }
  const insert = database.prepare("INSERT OR IGNORE INTO sent (hash, sender, nonce, raw) VALUES (?, ?, ?, ?)");
  const byNonce = database.prepare("SELECT * FROM sent WHERE sender = ? AND nonce = ? ORDER BY rowid DESC");
  const byHash = database.prepare("SELECT * FROM sent WHERE hash = ?");
  const toSent = (row: ReturnType<typeof byHash.get>): SentTransaction | undefined =>
    row && {
      from: String(row["sender"]),
      nonce: Number(row["nonce"]),
      hash: String(row["hash"]),
      raw: String(row["raw"]),
    };
  return {
    record: ({ from, nonce, hash, raw }) => void insert.run(hash.toLowerCase(), from.toLowerCase(), nonce, raw),
    findByNonce: (from, nonce) => toSent(byNonce.get(from.toLowerCase(), nonce)),
    findByHash: (hash) => toSent(byHash.get(hash.toLowerCase())),
    close: () => database.close(),
  };
}
