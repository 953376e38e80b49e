import { DatabaseSync } from "node:sqlite";
import { writeFile } from "node:fs/promises";

import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";

import type { Intent } from "../../../keeper/intents.ts";
import { IntentOpenError, Journal, JournalError } from "../../../keeper/journal.ts";
import { fromJson, toJson } from "../../../keeper/serialise.ts";
import { headAt, planAt, snapshotAt } from "./snapshots.ts";
import { CHAIN_ID, requestFor, SIGNER_ADDRESS, temporaryFile, VAULT } from "./support.ts";

const DRAFT = { ...requestFor(), chainId: CHAIN_ID, signer: SIGNER_ADDRESS, gasLimit: 2n ** 70n };
const ATTEMPT = { hash: "0x01", raw: "0x02", maxFeePerGas: 2n ** 80n, maxPriorityFeePerGas: 1n, signedAtMs: 5 };
const MINED = {
  hash: "0x01",
  blockNumber: 9,
  blockHash: "0x09",
  succeeded: true,
  gasUsed: 3n,
  effectiveGasPrice: 2n ** 65n,
};

describe("Journal", () => {
  let file: ReturnType<typeof temporaryFile>;
  let journal: Journal;

  beforeEach(() => {
    file = temporaryFile("journal.sqlite");
    journal = Journal.open(file.path);
  });
  afterEach(async () => {
    journal.close();
    await file.remove();
  });
  const reopen = (): Journal => {
    journal.close();
    journal = Journal.open(file.path);
    return journal;
  };

  it("K01 keeps an intent with its nonce, signed bytes and amounts across a restart", () => {
    const plan = planAt(snapshotAt(headAt(3, 4)));
    const { id } = journal.openIntent({ ...DRAFT, plan, before: { health: Infinity, navQuote: -1n } }, 7, 1);
    journal.addAttempt(id, ATTEMPT);
    const intent = reopen().findOpenIntent(CHAIN_ID, SIGNER_ADDRESS);
    expect(intent).to.deep.include({ id, nonce: 7, state: "signed", gasLimit: 2n ** 70n, riskReducing: false });
    expect(intent?.plan).to.deep.equal(plan);
    expect(intent?.before).to.deep.equal({ health: Infinity, navQuote: -1n });
    expect(intent?.attempts).to.deep.equal([{ ...ATTEMPT, broadcastAtMs: undefined }]);
  });

  it("K01 writes intent and nonce together or not at all", () => {
    journal.openIntent(DRAFT, 0, 1);
    expect(() => journal.openIntent(DRAFT, 1, 1)).to.throw(IntentOpenError);
    expect(journal.listIntents(9)).to.have.length(1);
    // Control: another signer has a line of its own.
    journal.openIntent({ ...DRAFT, signer: VAULT }, 0, 1);
    expect(journal.listIntents(9)).to.have.length(2);
  });

  it("K01 two processes on one file cannot both open an intent", () => {
    const other = Journal.open(file.path);
    journal.openIntent(DRAFT, 0, 1);
    expect(() => other.openIntent(DRAFT, 0, 1)).to.throw(IntentOpenError);
    other.close();
  });

  it("walks through the states", () => {
    const states: string[] = [];
    const note = (intent: Intent): number => states.push(intent.state) && intent.id;
    const id = note(journal.openIntent(DRAFT, 0, 1));
    note(journal.addAttempt(id, ATTEMPT));
    note(journal.markBroadcast(id, ATTEMPT.hash, 6));
    note(journal.confirm(id, MINED));
    expect(states).to.deep.equal(["reserved", "signed", "broadcast", "confirmed"]);
    expect(journal.getIntent(id).mined).to.deep.equal(MINED);
    expect(journal.findOpenIntent(CHAIN_ID, SIGNER_ADDRESS)).to.equal(undefined);
    expect(journal.nextNonceFloor(CHAIN_ID, SIGNER_ADDRESS)).to.equal(1);
    expect(journal.listUnverified(CHAIN_ID, SIGNER_ADDRESS)).to.have.length(1);
    journal.recordOutcome(id, { kind: "kept" }, 7);
    expect(journal.listUnverified(CHAIN_ID, SIGNER_ADDRESS)).to.have.length(0);
    expect(journal.getIntent(id).outcome).to.deep.equal({ kind: "kept" });
  });

  it("gives an abandoned nonce out again and counts only mined ones", () => {
    const { id } = journal.openIntent(DRAFT, 0, 1);
    journal.closeIntent(id, "abandoned", "for a test");
    expect(journal.nextNonceFloor(CHAIN_ID, SIGNER_ADDRESS)).to.equal(0);
    journal.openIntent(DRAFT, 0, 2);
    expect(journal.listIntentsAtNonce(CHAIN_ID, SIGNER_ADDRESS, 0)).to.have.length(2);
  });

  it("K13 puts a confirmed intent back into flight, unless a newer one is", () => {
    const first = journal.openIntent(DRAFT, 0, 1).id;
    journal.addAttempt(first, ATTEMPT);
    journal.confirm(first, MINED);
    journal.recordOutcome(first, { kind: "kept" }, 2);
    expect(journal.unconfirm(first, "gone")).to.deep.include({
      state: "broadcast",
      mined: undefined,
      outcome: undefined,
    });
    journal.confirm(first, MINED);
    journal.openIntent(DRAFT, 1, 1);
    expect(journal.unconfirm(first, "gone").state).to.equal("expired");
  });

  it("refuses two mined intents with one nonce", () => {
    const first = journal.openIntent(DRAFT, 0, 1).id;
    journal.closeIntent(first, "expired", "");
    const second = journal.openIntent(DRAFT, 0, 1).id;
    journal.confirm(first, MINED);
    expect(() => journal.confirm(second, MINED)).to.throw(/UNIQUE/);
  });

  it("keeps ticks and prices, the newest tick first and the oldest price first", () => {
    for (const atMs of [1, 2, 3]) {
      journal.addTick({ atMs, vault: VAULT, blockNumber: atMs, blockHash: "0x", kind: "held", detail: { atMs } });
      journal.addPrice(VAULT, CHAIN_ID, { timestampSeconds: 10 - atMs, priceWad: 10n ** 30n + BigInt(atMs) });
    }
    journal.addPrice(VAULT, CHAIN_ID, { timestampSeconds: 8, priceWad: 5n });
    expect(journal.listTicks(2, VAULT).map(({ atMs }) => atMs)).to.deep.equal([3, 2]);
    expect(journal.listPrices(VAULT, CHAIN_ID, 0, 8)).to.deep.equal([
      { timestampSeconds: 7, priceWad: 10n ** 30n + 3n },
      { timestampSeconds: 8, priceWad: 5n },
    ]);
    expect(journal.listPrices(VAULT, 1n, 0, 99)).to.deep.equal([]);
    journal.prune(3, 9);
    expect([journal.listTicks(9).length, journal.listPrices(VAULT, CHAIN_ID, 0, 99).length]).to.deep.equal([1, 1]);
  });

  it("belongs to one chain of an id", () => {
    journal.bindChain(CHAIN_ID, "0xaa");
    journal.bindChain(CHAIN_ID, "0xaa");
    journal.bindChain(1n, "0xbb");
    expect(() => journal.bindChain(CHAIN_ID, "0xbb")).to.throw(JournalError, "new file");
  });

  it("is durable at every write", () => {
    const db = new DatabaseSync(file.path);
    expect(db.prepare("PRAGMA journal_mode").get()).to.deep.include({ journal_mode: "wal" });
    expect(db.prepare("PRAGMA user_version").get()).to.deep.include({ user_version: 2 });
    db.close();
  });

  it("refuses a newer file and a file that is no journal", async () => {
    const db = new DatabaseSync(file.path);
    db.exec("PRAGMA user_version = 99");
    db.close();
    expect(() => reopen()).to.throw(JournalError, "version 99");
    const text = temporaryFile("text.sqlite");
    await writeFile(text.path, "this is not a database, but long enough to be looked at ".repeat(50));
    expect(() => Journal.open(text.path)).to.throw(JournalError, text.path);
    expect(() => Journal.open("/nonexistent/dir/journal.sqlite")).to.throw(JournalError, "/nonexistent/dir");
    await text.remove();
    journal = Journal.open(":memory:");
  });
});

describe("serialise", () => {
  it("brings bigints and infinities back as they were", () => {
    const value = { a: [-(2n ** 200n), 0n], b: Infinity, c: -Infinity, d: { e: "12n", f: null, g: 1.5 } };
    expect(fromJson(toJson(value))).to.deep.equal(value);
    expect(fromJson(toJson(NaN))).to.deep.equal(NaN);
  });

  it("throws on what has no JSON form", () => {
    expect(() => toJson(undefined)).to.throw(TypeError);
  });
});
