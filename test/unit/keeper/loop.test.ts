import { expect } from "chai";
import { describe, it } from "mocha";

import { createManualClock, systemClock } from "../../../keeper/clock.ts";
import { createHealth, type HealthDeps } from "../../../keeper/health.ts";
import { HealthPortError, serveHealth } from "../../../keeper/healthServer.ts";
import { silentLog } from "../../../keeper/log.ts";
import { type LoopDeps, runLoop } from "../../../keeper/loop.ts";
import type { Head } from "../../../keeper/rpc.ts";
import type { TickRecord } from "../../../keeper/outcomes.ts";
import { headAt, holdAt, snapshotAt } from "./snapshots.ts";
import { hex, rejection, VAULT } from "./support.ts";

function recordAt(head: Head | undefined, atMs: number, overrides: Partial<TickRecord> = {}): TickRecord {
  const outcomes =
    head === undefined ? [] : [{ kind: "held", vault: VAULT, decision: holdAt(snapshotAt(head)) } as const];
  return { startedAtMs: atMs, finishedAtMs: atMs, head, outcomes, settled: [], alerts: [], ...overrides };
}

/** A loop over a scripted chain: `heads` gives the block number of each poll; the loop ends with the list. */
async function runOver(
  heads: readonly (number | "down")[],
  overrides: Partial<LoopDeps> = {},
): Promise<readonly number[]> {
  const clock = createManualClock(0);
  const stop = new AbortController();
  const ticks: number[] = [];
  let poll = 0;
  let current = headAt(0, 0);
  await runLoop(
    {
      rpc: {
        send: () => {
          const number = heads[poll++];
          if (poll >= heads.length) stop.abort();
          if (number === "down" || number === undefined) return Promise.reject(new Error("ECONNREFUSED"));
          current = headAt(number, number);
          return Promise.resolve({
            number: hex(BigInt(number)),
            hash: current.hash,
            timestamp: "0x1",
            baseFeePerGas: "0x1",
          });
        },
      },
      clock,
      log: silentLog,
      pollMs: 1_000,
      maxQuietMs: 60_000,
      hasOpenIntent: () => false,
      tick: () => {
        ticks.push(current.number);
        return Promise.resolve(recordAt(current, clock.nowMs()));
      },
      ...overrides,
    },
    stop.signal,
  );
  return ticks;
}

describe("runLoop", () => {
  it("ticks once a block", async () => {
    expect(await runOver([1, 1, 1, 2, 2, 3])).to.deep.equal([1, 2, 3]);
  });

  it("ticks without a new block while a transaction is in flight, and when it was quiet for long", async () => {
    expect(await runOver([1, 1, 1], { hasOpenIntent: () => true })).to.deep.equal([1, 1, 1]);
    expect(await runOver([1, 1, 1, 1, 1], { maxQuietMs: 2_000 })).to.deep.equal([1, 1, 1]);
  });

  it("lives through a node that is down and a tick that throws", async () => {
    expect(await runOver(["down", 1, "down", 2])).to.deep.equal([1, 2]);
    let calls = 0;
    await runOver([1, 2, 3], {
      tick: () => {
        calls += 1;
        return Promise.reject(new Error("disk full"));
      },
    });
    expect(calls).to.equal(3);
  });

  it("stops at the signal and finishes the tick at work", async () => {
    const stop = new AbortController();
    let finished = 0;
    const heads = { number: "0x1", hash: "0x01", timestamp: "0x1", baseFeePerGas: "0x1" };
    await runLoop(
      {
        rpc: { send: () => Promise.resolve(heads) },
        clock: systemClock,
        log: silentLog,
        pollMs: 3_600_000,
        maxQuietMs: 1,
        hasOpenIntent: () => false,
        tick: async (signal) => {
          stop.abort();
          await new Promise((resolve) => setImmediate(resolve));
          expect(signal.aborted).to.equal(true);
          finished += 1;
          return recordAt(headAt(1, 1), 0);
        },
      },
      stop.signal,
    );
    expect(finished).to.equal(1);
    // A loop that is stopped before it starts does nothing.
    expect(await runOver([])).to.deep.equal([]);
  });
});

describe("createHealth", () => {
  const head = headAt(9, 9);
  const setUp = (overrides: Partial<HealthDeps> = {}) => {
    const clock = createManualClock(1_000_000);
    const deps = {
      clock,
      live: true,
      vaults: [VAULT],
      maxTickAgeSeconds: 60,
      findOpenIntentId: () => undefined,
      ...overrides,
    };
    return { clock, health: createHealth(deps) };
  };

  it("is not healthy before the first tick", () => {
    expect(setUp().health.status()).to.deep.include({ healthy: false, reasons: ["No tick has finished yet."] });
  });

  it("is healthy after a good tick, until that is too long ago", () => {
    const { clock, health } = setUp({ findOpenIntentId: () => 3 });
    health.note(recordAt(head, clock.nowMs()));
    expect(health.status()).to.deep.include({ healthy: true, reasons: [], blockNumber: 9, openIntentId: 3 });
    clock.set(1_060_000);
    expect(health.status().healthy).to.equal(true);
    clock.set(1_061_000);
    expect(health.status().reasons).to.deep.equal(["The last good tick is 61 s ago (limit 60 s)."]);
  });

  it("names a vault that failed and every alert, and a failed tick is not a good one", () => {
    const { clock, health } = setUp();
    health.note(recordAt(head, clock.nowMs()));
    const outcomes = [{ kind: "failed", vault: VAULT, error: "VaultUnreadableError", text: "no price" } as const];
    health.note(
      recordAt(head, clock.nowMs() + 1, { outcomes, alerts: [{ code: "vault-unreadable", text: "no price" }] }),
    );
    const status = health.status();
    expect(status.reasons).to.deep.equal([`Vault ${VAULT} failed: no price`, "vault-unreadable: no price"]);
    expect(status.lastGoodTickAtMs).to.equal(1_000_000);
    expect(status.lastTickAtMs).to.equal(1_000_001);
    // Recovery shows as well.
    health.note(recordAt(head, clock.nowMs() + 2));
    expect(health.status().healthy).to.equal(true);
  });

  it("K12 takes no notice of a tick that found every vault taken", () => {
    const { clock, health } = setUp();
    health.note(recordAt(head, clock.nowMs()));
    const outcomes = [{ kind: "skipped", vault: VAULT, cause: "busy-vault", text: "busy" } as const];
    health.note(recordAt(undefined, clock.nowMs() + 1, { outcomes }));
    expect(health.status()).to.deep.include({ healthy: true, blockNumber: 9, lastTickAtMs: 1_000_000 });
  });
});

describe("serveHealth", () => {
  it("answers 503 with the reasons while unhealthy, 200 when healthy, and 404 for anything else", async () => {
    const clock = createManualClock(1_000_000);
    const health = createHealth({
      clock,
      live: false,
      vaults: [VAULT],
      maxTickAgeSeconds: 60,
      findOpenIntentId: () => undefined,
    });
    const server = await serveHealth("127.0.0.1", 0, () => health.status());
    try {
      const early = await fetch(`${server.url}/healthz`);
      expect(early.status).to.equal(503);
      expect(((await early.json()) as { reasons: string[] }).reasons).to.deep.equal(["No tick has finished yet."]);
      expect(await (await fetch(`${server.url}/metrics`)).text()).to.not.include("last_good_tick");
      health.note(recordAt(headAt(9, 9), clock.nowMs()));
      expect((await fetch(`${server.url}/healthz`)).status).to.equal(200);
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      expect(metrics)
        .to.include("hedgerow_keeper_healthy 1\n")
        .and.include("hedgerow_keeper_last_good_tick_seconds 1000\n");
      expect(metrics).to.include(`hedgerow_vault_outcome{vault="${VAULT}",outcome="held"} 1\n`);
      expect((await fetch(`${server.url}/`)).status).to.equal(404);
      expect((await fetch(`${server.url}/healthz`, { method: "POST" })).status).to.equal(405);
      const taken = await rejection(serveHealth("127.0.0.1", Number(new URL(server.url).port), () => health.status()));
      expect(taken).to.be.instanceOf(HealthPortError);
    } finally {
      await server.close();
    }
  });
});
