import { expect } from "chai";
import { beforeEach, describe, it } from "mocha";

import type { Alert } from "../../../keeper/alerts.ts";
import { createManualClock, type ManualClock } from "../../../keeper/clock.ts";
import { createOrderWatch } from "../../../keeper/orders.ts";
import { createFlights } from "../../../keeper/flights.ts";
import type { Intent } from "../../../keeper/intents.ts";
import { Journal } from "../../../keeper/journal.ts";
import { silentLog } from "../../../keeper/log.ts";
import type { Head } from "../../../keeper/rpc.ts";
import type { VaultOutcome } from "../../../keeper/outcomes.ts";
import type { SubmitRequest } from "../../../keeper/preview.ts";
import type { SubmitResult } from "../../../keeper/submitter.ts";
import { type Executor, tick, type TickDeps } from "../../../keeper/tick.ts";
import type { Outcome } from "../../../keeper/verify.ts";
import { errorInterfaces } from "../../../sdk/chain/contracts.ts";
import { encodePlan, encodeReconcile, encodeSettle, encodeSettleShares } from "../../../sdk/chain/encode.ts";
import type { SnapshotResult } from "../../../sdk/chain/snapshot.ts";
import type { Decision, Snapshot } from "../../../sdk/policy/types.ts";
import { deleverageAt, headAt, hedgeAt, holdAt, planAt, reconcileAt, snapshotAt } from "./snapshots.ts";
import { CHAIN_ID, OTHER_VAULT, SIGNER_ADDRESS, VAULT } from "./support.ts";

const NOW_SECONDS = 1_800_000_000;
const FIGURES = {
  deltaBeforeBase: 0n,
  deltaAfterBase: 0n,
  navBeforeQuote: 0n,
  navAfterQuote: 0n,
  gasUsed: 1n,
  gasCostWei: 1n,
};

describe("tick", () => {
  let clock: ManualClock;
  let journal: Journal;
  let head: Head;
  let submitted: SubmitRequest[];

  beforeEach(() => {
    clock = createManualClock(NOW_SECONDS * 1_000);
    journal = Journal.open(":memory:");
    head = headAt(100, NOW_SECONDS - 3);
    submitted = [];
  });

  /** A closed intent as a submitter would leave it. */
  const mine = (request: SubmitRequest): SubmitResult => {
    const draft = { ...request, chainId: CHAIN_ID, signer: SIGNER_ADDRESS, gasLimit: 1n };
    const opened = journal.openIntent(draft, journal.nextNonceFloor(CHAIN_ID, SIGNER_ADDRESS), clock.nowMs());
    const receipt = {
      hash: `0x${opened.id}`,
      blockNumber: head.number + 1,
      blockHash: "0xbb",
      succeeded: true,
      gasUsed: 1n,
      effectiveGasPrice: 1n,
      logs: [],
    };
    return { kind: "mined", intent: journal.confirm(opened.id, receipt), receipt };
  };
  const liveExecutor = (overrides: Partial<Extract<Executor, { live: true }>> = {}): Executor => ({
    live: true,
    submit: (request) => {
      submitted.push(request);
      return Promise.resolve(mine(request));
    },
    resolve: () => Promise.resolve([]),
    listUnverified: () => journal.listUnverified(CHAIN_ID, SIGNER_ADDRESS),
    verify: () => Promise.resolve({ kind: "kept", figures: FIGURES }),
    ...overrides,
  });
  const depsFor = (overrides: Partial<TickDeps> & { readonly decide?: (s: Snapshot) => Decision } = {}): TickDeps => ({
    chainId: CHAIN_ID,
    vaults: [VAULT],
    settings: {
      maxSnapshotAgeSeconds: 30,
      maxClockSkewSeconds: 15,
      deadlineSeconds: 300,
      settleRequests: 10,
    },
    clock,
    log: silentLog,
    journal,
    flights: createFlights(),
    orders: createOrderWatch(),
    executor: liveExecutor(),
    policy: {
      decide: overrides.decide ?? holdAt,
      plan: (snapshot, decision) =>
        decision.kind === "hold" || decision.kind === "reconcile" ? undefined : planAt(snapshot, decision.kind),
    },
    readHead: () => Promise.resolve(head),
    readSnapshots: (vaults, block) =>
      Promise.resolve(vaults.map((vault) => ({ ok: true, snapshot: snapshotAt(block, { vault }) }))),
    readMarket: () => ({ volatilityAnnual: 0.7, hedgeGasQuote: 1 }),
    takeAlerts: () => [],
    ...overrides,
  });
  const kinds = (outcomes: readonly VaultOutcome[]): readonly string[] => outcomes.map(({ kind }) => kind);
  const codes = (alerts: readonly Alert[]): readonly string[] => alerts.map(({ code }) => code);

  describe("decides and acts", () => {
    it("holds, sends nothing, and writes the hold with its reasons down", async () => {
      const record = await tick(depsFor());
      expect(kinds(record.outcomes)).to.deep.equal(["held"]);
      expect(submitted).to.have.length(0);
      const [entry] = journal.listTicks(1);
      expect(entry).to.deep.include({
        vault: VAULT.toLowerCase(),
        blockNumber: 100,
        blockHash: head.hash,
        kind: "held",
      });
      expect(entry?.detail).to.deep.include({ decision: "hold", health: Infinity });
      // Control: the same tick with another decision sends.
      expect(kinds((await tick(depsFor({ decide: hedgeAt }))).outcomes)).to.deep.equal(["sent"]);
    });

    it("sends the encoded plan with its deadline, and joins the promise with the outcome", async () => {
      const record = await tick(depsFor({ decide: hedgeAt }));
      const plan = planAt(snapshotAt(head));
      expect(submitted).to.have.length(1);
      expect(submitted[0]).to.deep.include({
        vault: VAULT,
        action: "rebalance",
        data: encodePlan(plan).data,
        riskReducing: false,
        validUntil: plan.promise.deadline,
        blockNumber: 100,
        blockHash: head.hash,
      });
      expect(record.outcomes[0]).to.deep.include({ kind: "sent", vault: VAULT, blockNumber: 101 });
      expect((journal.listIntents(1)[0]?.outcome as Outcome).kind).to.equal("kept");
    });

    it("reconciles with a call of its own", async () => {
      await tick(depsFor({ decide: reconcileAt }));
      expect(submitted[0]).to.deep.include({
        action: "reconcile",
        data: encodeReconcile(VAULT).data,
        riskReducing: true,
      });
      expect(submitted[0]?.validUntil).to.equal(head.timestamp + 300);
    });

    it("settles the redemption queue when the policy holds", async () => {
      const queue = { head: 0n, tail: 1n, headSettledShares: 0n, pendingShares: 5n, reservedQuote: 0n };
      const withQueue =
        (overrides = {}): TickDeps["readSnapshots"] =>
        (vaults, block) =>
          Promise.resolve(
            vaults.map((vault) => ({ ok: true, snapshot: snapshotAt(block, { vault, queue, ...overrides }) })),
          );
      await tick(depsFor({ readSnapshots: withQueue() }));
      expect(submitted[0]).to.deep.include({
        action: "settle",
        data: encodeSettle(VAULT, 10n).data,
        riskReducing: false,
      });
      // Not while the vault would refuse, and not when it is switched off.
      const oracle = { address: VAULT, priceWad: 1n, flags: 1n << 5n, bandBps: 0n };
      await tick(depsFor({ readSnapshots: withQueue({ oracle }) }));
      await tick(depsFor({ readSnapshots: withQueue(), settings: { ...depsFor().settings, settleRequests: 0 } }));
      expect(submitted).to.have.length(1);
    });

    it("settles an eighth of the queue when all of it is too much for the pool's depth", async () => {
      const queue = { head: 0n, tail: 1n, headSettledShares: 0n, pendingShares: 17n, reservedQuote: 0n };
      const readSnapshots: TickDeps["readSnapshots"] = (vaults, block) =>
        Promise.resolve(vaults.map((vault) => ({ ok: true, snapshot: snapshotAt(block, { vault, queue }) })));
      const whole = encodeSettle(VAULT, 10n).data;
      const refusing = (error: string): Executor =>
        liveExecutor({
          submit: (request) => {
            submitted.push(request);
            const [interfaceOf] = errorInterfaces.filter((i) => i.getError(error) !== null);
            const data = interfaceOf?.encodeErrorResult(error, [2n, 1n]);
            return Promise.resolve(
              request.data === whole ? { kind: "reverts", reason: { text: error, data } } : mine(request),
            );
          },
        });
      const inParts = await tick(depsFor({ readSnapshots, executor: refusing("Liquidity_SwapAboveMaximum") }));
      expect(submitted.map(({ data }) => data)).to.deep.equal([whole, encodeSettleShares(VAULT, 10n, 3n).data]);
      expect(kinds(inParts.outcomes)).to.deep.equal(["sent"]);
      expect(codes(inParts.alerts)).to.deep.equal([]);
      // Anything else that stops a settlement is no matter of size.
      const other = await tick(depsFor({ readSnapshots, executor: refusing("HedgedVault_WrongEpoch") }));
      expect(submitted).to.have.length(3);
      expect(kinds(other.outcomes)).to.deep.equal(["reverted"]);
      expect(codes(other.alerts)).to.deep.equal(["simulation-reverts"]);
    });

    it("carries out what reduces risk before what does not", async () => {
      const decide = (s: Snapshot): Decision => (s.vault.vault === OTHER_VAULT ? deleverageAt(s) : hedgeAt(s));
      const record = await tick(depsFor({ vaults: [VAULT, OTHER_VAULT], decide }));
      expect(submitted.map(({ vault }) => vault)).to.deep.equal([OTHER_VAULT, VAULT]);
      expect(record.outcomes.map(({ vault }) => vault)).to.deep.equal([VAULT, OTHER_VAULT]);
    });

    it("does everything but send in a dry run", async () => {
      const fees = { maxFeePerGas: 2n, maxPriorityFeePerGas: 1n };
      const executor: Executor = { live: false, preview: () => Promise.resolve({ kind: "ready", gasLimit: 9n, fees }) };
      const record = await tick(depsFor({ decide: hedgeAt, executor }));
      const [outcome] = record.outcomes;
      expect(outcome?.kind).to.equal("dryRun");
      if (outcome?.kind === "dryRun") {
        expect(outcome.wouldSend).to.deep.equal({ ...encodePlan(planAt(snapshotAt(head))), gasLimit: 9n, fees });
      }
      expect(submitted).to.have.length(0);
      expect(journal.listIntents(1)).to.have.length(0);
      expect(journal.listTicks(1)[0]?.kind).to.equal("dryRun");
    });

    it("records a simulated revert with its decoded reason and raises an alert", async () => {
      const executor = liveExecutor({
        submit: () =>
          Promise.resolve({ kind: "reverts", reason: { text: "RiskPolicy_CoolingDown(readyAt 5)", data: "0x01" } }),
      });
      const record = await tick(depsFor({ decide: hedgeAt, executor }));
      expect(record.outcomes[0]).to.deep.include({
        kind: "reverted",
        where: "simulation",
        reason: "RiskPolicy_CoolingDown(readyAt 5)",
      });
      expect(codes(record.alerts)).to.deep.equal(["simulation-reverts"]);
    });

    it("does not take a broken promise for a success", async () => {
      const broken: Outcome = { kind: "broken", broken: ["|delta| is 9, promised at most 5"], figures: FIGURES };
      const record = await tick(
        depsFor({ decide: hedgeAt, executor: liveExecutor({ verify: () => Promise.resolve(broken) }) }),
      );
      expect(codes(record.alerts)).to.deep.equal(["promise-broken"]);
      expect(journal.listIntents(1)[0]?.outcome).to.deep.equal(broken);
      // Control: a kept promise raises nothing.
      expect((await tick(depsFor({ decide: hedgeAt }))).alerts).to.deep.equal([]);
    });

    it("verifies what an earlier process left mined", async () => {
      const snapshot = snapshotAt(head);
      mine({
        vault: VAULT,
        action: "rebalance",
        data: "0x",
        riskReducing: false,
        validUntil: 0,
        blockNumber: 90,
        blockHash: "0xaa",
        decision: {},
        plan: planAt(snapshot),
        before: undefined,
      });
      const verified: Intent[] = [];
      const executor = liveExecutor({
        verify: (intent) => {
          verified.push(intent);
          return Promise.resolve({ kind: "kept", figures: FIGURES });
        },
      });
      await tick(depsFor({ executor }));
      await tick(depsFor({ executor }));
      expect(verified).to.have.length(1);
    });

    it("tries again to verify when the node was down, and gives up on an answer that stays an error", async () => {
      const errors = ["connect ECONNREFUSED", "missing trie node 0xab (path )"];
      const executor = liveExecutor({ verify: () => Promise.reject(new Error(errors.shift())) });
      const first = await tick(depsFor({ decide: hedgeAt, executor }));
      expect(first.outcomes[0]?.kind === "sent" && first.outcomes[0].outcome.kind).to.equal("unanswered");
      expect(journal.listUnverified(CHAIN_ID, SIGNER_ADDRESS)).to.have.length(1);
      const second = await tick(depsFor({ executor }));
      expect(codes(second.alerts)).to.deep.equal(["unverifiable"]);
      // The vault itself goes on meanwhile.
      expect(kinds(second.outcomes)).to.deep.equal(["held"]);
      expect(journal.listUnverified(CHAIN_ID, SIGNER_ADDRESS)).to.have.length(0);
      expect((journal.listIntents(1)[0]?.outcome as Outcome).kind).to.equal("unverifiable");
    });

    it("says that the signer is busy instead of queueing", async () => {
      const executor = liveExecutor({ submit: () => Promise.resolve({ kind: "busy", intentId: 4 }) });
      const record = await tick(depsFor({ decide: hedgeAt, executor }));
      expect(record.outcomes[0]).to.deep.include({ kind: "skipped", cause: "busy-signer" });
    });
  });

  describe("reads", () => {
    it("K11 a vault whose read failed gets no decision, never a neutral one; the others go on", async () => {
      const decided: string[] = [];
      const decide = (s: Snapshot): Decision => {
        decided.push(s.vault.vault);
        return hedgeAt(s);
      };
      const readSnapshots: TickDeps["readSnapshots"] = (vaults, block) =>
        Promise.resolve(
          vaults.map((vault): SnapshotResult =>
            vault === VAULT
              ? { ok: false, vault, reason: "the oracle has no price" }
              : { ok: true, snapshot: snapshotAt(block, { vault }) },
          ),
        );
      const record = await tick(depsFor({ vaults: [VAULT, OTHER_VAULT], decide, readSnapshots }));
      expect(decided).to.deep.equal([OTHER_VAULT]);
      expect(kinds(record.outcomes)).to.deep.equal(["failed", "sent"]);
      expect(record.outcomes[0]).to.deep.include({ error: "VaultUnreadableError" });
      expect(codes(record.alerts)).to.deep.equal(["vault-unreadable"]);
      expect(journal.listTicks(1, VAULT)[0]?.kind).to.equal("failed");
    });

    for (const [name, overrides] of [
      ["snapshots", { readSnapshots: () => Promise.reject(new Error("connect ECONNREFUSED")) }],
      ["head", { readHead: () => Promise.reject(new Error("connect ECONNREFUSED")) }],
      ["result", { readSnapshots: () => Promise.resolve([]) }],
      [
        "market",
        {
          readMarket: () => {
            throw new Error("no price of gas");
          },
        },
      ],
    ] as const satisfies readonly (readonly [string, Partial<TickDeps>])[]) {
      it(`K11 no ${name}: no decision, recorded as failed`, async () => {
        const decide = (): Decision => {
          throw new Error("must not be asked");
        };
        const record = await tick(depsFor({ decide, ...overrides }));
        expect(kinds(record.outcomes)).to.deep.equal(["failed"]);
        expect(record.outcomes[0]).to.not.deep.include({ text: "must not be asked" });
        expect(submitted).to.have.length(0);
        expect(journal.listTicks(1)[0]?.kind).to.equal("failed");
      });
    }

    it("K11 a policy that throws fails its vault only", async () => {
      const decide = (s: Snapshot): Decision => {
        if (s.vault.vault === VAULT) throw new Error("volatility is NaN");
        return hedgeAt(s);
      };
      const record = await tick(depsFor({ vaults: [VAULT, OTHER_VAULT], decide }));
      expect(kinds(record.outcomes)).to.deep.equal(["failed", "sent"]);
    });

    it("K08 a head that stopped: no decision, no transaction, an alert", async () => {
      let decisions = 0;
      const decide = (s: Snapshot): Decision => {
        decisions += 1;
        return hedgeAt(s);
      };
      const deps = depsFor({ decide });
      // Control: fresh as it is, it trades.
      expect(kinds((await tick(deps)).outcomes)).to.deep.equal(["sent"]);
      clock.set((head.timestamp + 31) * 1_000);
      const record = await tick(deps);
      expect(kinds(record.outcomes)).to.deep.equal(["failed"]);
      expect(record.outcomes[0]).to.deep.include({ error: "StaleSnapshotError" });
      expect(codes(record.alerts)).to.deep.equal(["stale-head"]);
      expect([decisions, submitted.length]).to.deep.equal([1, 1]);
      // One second earlier it would still have been of now.
      clock.set((head.timestamp + 30) * 1_000);
      expect(kinds((await tick(deps)).outcomes)).to.deep.equal(["sent"]);
    });

    it("K16 a block from the future: no decision, an alert", async () => {
      clock.set((head.timestamp - 16) * 1_000);
      const deps = depsFor({ decide: hedgeAt });
      const record = await tick(deps);
      expect(record.outcomes[0]).to.deep.include({ kind: "failed", error: "FutureBlockError" });
      expect(codes(record.alerts)).to.deep.equal(["future-block"]);
      expect(submitted).to.have.length(0);
      // Control: at the limit it is a small skew and nothing else.
      clock.set((head.timestamp - 15) * 1_000);
      expect(kinds((await tick(deps)).outcomes)).to.deep.equal(["sent"]);
    });

    it("K09 a snapshot of another block, vault or chain than was asked for is refused", async () => {
      const right = snapshotAt(head);
      const wrong: readonly Snapshot[] = [
        snapshotAt(headAt(100, head.timestamp, "bb")),
        snapshotAt(head, { vault: OTHER_VAULT }),
        { ...right, chainId: 1n },
      ];
      const answer =
        (snapshot: Snapshot): TickDeps["readSnapshots"] =>
        () =>
          Promise.resolve([{ ok: true, snapshot }]);
      for (const snapshot of wrong) {
        const record = await tick(depsFor({ decide: hedgeAt, readSnapshots: answer(snapshot) }));
        expect(record.outcomes[0]).to.deep.include({ kind: "failed", error: "MixedSnapshotError" });
      }
      expect(submitted).to.have.length(0);
      // Control: the right one is acted on.
      await tick(depsFor({ decide: hedgeAt, readSnapshots: answer(right) }));
      expect(submitted).to.have.length(1);
    });
  });

  describe("overlap", () => {
    it("K12 a tick slower than a block: the second one skips the vault and works on the others", async () => {
      const gate = createGate();
      let [running, most] = [0, 0];
      const executor = liveExecutor({
        submit: async (request) => {
          submitted.push(request);
          most = Math.max(most, ++running);
          await gate.opened;
          running -= 1;
          return mine(request);
        },
      });
      const flights = createFlights();
      const slow = tick(depsFor({ decide: hedgeAt, executor, flights }));
      await gate.reached(() => submitted.length === 1);
      const overlapping = await tick(depsFor({ vaults: [VAULT, OTHER_VAULT], decide: holdAt, executor, flights }));
      expect(overlapping.outcomes.map(({ kind, vault }) => [kind, vault])).to.deep.equal([
        ["held", OTHER_VAULT],
        ["skipped", VAULT],
      ]);
      gate.open();
      expect(kinds((await slow).outcomes)).to.deep.equal(["sent"]);
      expect(most).to.equal(1);
      // Control: once the first is done the vault is free.
      expect(kinds((await tick(depsFor({ decide: hedgeAt, executor, flights }))).outcomes)).to.deep.equal(["sent"]);
    });

    it("K12 a tick that fails frees its vaults", async () => {
      const flights = createFlights();
      await tick(depsFor({ flights, readHead: () => Promise.reject(new Error("down")) }));
      expect(kinds((await tick(depsFor({ flights }))).outcomes)).to.deep.equal(["held"]);
    });
  });
});

/** A door that a test opens, and a way to wait for others to get there without sleeping. */
function createGate(): {
  readonly opened: Promise<void>;
  open(): void;
  reached(condition: () => boolean): Promise<void>;
} {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    opened,
    open: () => open(),
    reached: async (condition) => {
      while (!condition()) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
