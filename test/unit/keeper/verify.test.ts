import { expect } from "chai";
import { describe, it } from "mocha";

import type { Intent } from "../../../keeper/intents.ts";
import type { MinedReceipt } from "../../../keeper/rpc.ts";
import { type Outcome, type VerifyDeps, verifyIntent } from "../../../keeper/verify.ts";
import { vaultInterface } from "../../../sdk/chain/contracts.ts";
import type { VaultState } from "../../../sdk/policy/types.ts";
import { headAt, planAt, snapshotAt, vaultState } from "./snapshots.ts";
import { CHAIN_ID, requestFor, SIGNER_ADDRESS, VAULT } from "./support.ts";

const WAD = 10n ** 18n;
const HEAD = headAt(50, 1_000);
const BEFORE = { epoch: 7n, navQuote: 1_000_000_000_000n, deltaBase: 9n * WAD, priceWad: 2_500n * WAD, queueHead: 0n };

function rebalanced(
  overrides: { epoch?: bigint; navAfter?: bigint; vault?: string } = {},
): MinedReceipt["logs"][number] {
  const { data, topics } = vaultInterface.encodeEventLog("Rebalanced", [
    overrides.epoch ?? 7n,
    SIGNER_ADDRESS,
    2_500n * WAD,
    9n * WAD,
    4n * WAD,
    1_000_000_000_000n,
    overrides.navAfter ?? 999_500_000_000n,
  ]);
  return { address: overrides.vault ?? VAULT, topics, data };
}

function receiptWith(overrides: Partial<MinedReceipt> = {}): MinedReceipt {
  return {
    hash: "0x01",
    blockNumber: 50,
    blockHash: HEAD.hash,
    succeeded: true,
    gasUsed: 500_000n,
    effectiveGasPrice: 2n,
    logs: [rebalanced()],
    ...overrides,
  };
}

function intentWith(overrides: Partial<Intent> = {}): Intent {
  return {
    ...requestFor({ action: "rebalance", plan: planAt(snapshotAt(HEAD)), before: BEFORE }),
    chainId: CHAIN_ID,
    signer: SIGNER_ADDRESS,
    gasLimit: 1n,
    id: 1,
    createdAtMs: 0,
    nonce: 0,
    state: "confirmed",
    note: "",
    attempts: [],
    mined: { hash: "0x01", blockNumber: 50, blockHash: HEAD.hash, succeeded: true, gasUsed: 1n, effectiveGasPrice: 1n },
    outcome: undefined,
    ...overrides,
  };
}

function book(deltaBase: bigint): VaultState["book"] {
  return { ...vaultState().book, deltaBase };
}

const KEPT_STATE: Partial<VaultState> = { epoch: 8n, book: book(4n * WAD) };

function verify(
  parts: {
    intent?: Partial<Intent>;
    receipt?: MinedReceipt | undefined;
    state?: Partial<VaultState>;
    deps?: Partial<VerifyDeps>;
  } = {},
): Promise<Outcome> {
  const receipt = "receipt" in parts ? parts.receipt : receiptWith();
  const deps: VerifyDeps = {
    readReceipt: () => Promise.resolve(receipt),
    readBlock: () => Promise.resolve(HEAD),
    readSnapshot: (_vault, block) =>
      Promise.resolve({ ok: true, snapshot: snapshotAt({ ...HEAD, ...block }, parts.state ?? KEPT_STATE) }),
    ...parts.deps,
  };
  return verifyIntent(deps, intentWith(parts.intent));
}

async function broken(parts: Parameters<typeof verify>[0]): Promise<string> {
  const outcome = await verify(parts);
  return outcome.kind === "broken" ? outcome.broken.join("; ") : outcome.kind;
}

describe("verifyIntent", () => {
  it("finds a kept promise, with the figures of the action", async () => {
    const outcome = await verify();
    expect(outcome).to.deep.equal({
      kind: "kept",
      figures: {
        deltaBeforeBase: 9n * WAD,
        deltaAfterBase: 4n * WAD,
        navBeforeQuote: 1_000_000_000_000n,
        navAfterQuote: 999_500_000_000n,
        gasUsed: 500_000n,
        gasCostWei: 1_000_000n,
      },
    });
  });

  it("looks at the snapshot of the receipt's block, not at the receipt alone", async () => {
    const asked: unknown[] = [];
    await verify({
      deps: {
        readSnapshot: (vault, block) => {
          asked.push([vault, block.hash]);
          return Promise.resolve({ ok: true, snapshot: snapshotAt(HEAD, KEPT_STATE) });
        },
      },
    });
    expect(asked).to.deep.equal([[VAULT, HEAD.hash]]);
  });

  it("finds a delta above the promise, one unit beyond it", async () => {
    const limit = planAt(snapshotAt(HEAD)).promise.maxResidualDeltaBase;
    for (const sign of [1n, -1n]) {
      expect(await broken({ state: { epoch: 8n, book: book(sign * limit) } })).to.equal("kept");
      expect(await broken({ state: { epoch: 8n, book: book(sign * (limit + 1n)) } })).to.include("|delta|");
    }
  });

  it("finds a loss above the promise, one unit beyond it, and no fault in a gain", async () => {
    const limit = planAt(snapshotAt(HEAD)).promise.maxLossQuote;
    const at = (loss: bigint) => ({
      receipt: receiptWith({ logs: [rebalanced({ navAfter: 1_000_000_000_000n - loss })] }),
    });
    expect(await broken(at(limit))).to.equal("kept");
    expect(await broken(at(limit + 1n))).to.include("NAV fell");
    expect(await broken(at(-5n))).to.equal("kept");
  });

  it("V13 finds an action without an effect: no event, or an epoch that stood still", async () => {
    expect(await broken({ receipt: receiptWith({ logs: [] }) })).to.include("no Rebalanced event");
    expect(await broken({ receipt: receiptWith({ logs: [rebalanced({ vault: SIGNER_ADDRESS })] }) })).to.include(
      "no Rebalanced event",
    );
    expect(await broken({ state: { ...KEPT_STATE, epoch: 7n } })).to.include("epoch");
    expect(await broken({ receipt: receiptWith({ logs: [rebalanced({ epoch: 6n })] }) })).to.include("epoch");
  });

  it("calls a reverted transaction reverted and what it cannot see unverifiable, never kept", async () => {
    expect(await verify({ receipt: receiptWith({ succeeded: false }) })).to.deep.equal({
      kind: "reverted",
      gasCostWei: 1_000_000n,
    });
    const unverifiable: readonly Parameters<typeof verify>[0][] = [
      { receipt: undefined },
      { intent: { mined: undefined } },
      { intent: { plan: null } },
      { intent: { before: null } },
      { deps: { readBlock: () => Promise.resolve(undefined) } },
      { deps: { readSnapshot: (vault) => Promise.resolve({ ok: false, vault, reason: "no price" }) } },
    ];
    for (const parts of unverifiable) expect((await verify(parts)).kind).to.equal("unverifiable");
  });

  it("judges reconcile by the degraded mode and settle by the queue", async () => {
    const lost = { ...vaultState().book, lost: true };
    expect(await broken({ intent: { action: "reconcile" }, state: { degraded: true, book: lost } })).to.equal("kept");
    expect(await broken({ intent: { action: "reconcile" }, state: { degraded: false, book: lost } })).to.include(
      "degraded",
    );
    const queue = { head: 1n, tail: 1n, headSettledShares: 0n, pendingShares: 0n, reservedQuote: 0n };
    expect(await broken({ intent: { action: "settle" }, state: { queue } })).to.equal("kept");
    expect(await broken({ intent: { action: "settle" }, state: { queue: { ...queue, head: 0n } } })).to.include(
      "queue",
    );
  });
});
