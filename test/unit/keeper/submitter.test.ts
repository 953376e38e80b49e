import { expect } from "chai";
import { Interface, Wallet } from "ethers";
import { afterEach, beforeEach, describe, it } from "mocha";

import { Journal } from "../../../keeper/journal.ts";
import { previewSubmit } from "../../../keeper/preview.ts";
import type { KeeperSigner } from "../../../keeper/signers.ts";
import { InsufficientFundsError, LaggingNodeError } from "../../../keeper/submitter.ts";
import { vaultInterface } from "../../../sdk/chain/contracts.ts";
import {
  CHAIN_ID,
  countCalls,
  createBench,
  GUARD,
  GWEI,
  hex,
  intercept,
  KEY,
  LIMITS,
  OTHER_VAULT,
  rejection,
  requestFor,
  revertingCode,
  SIGNER_ADDRESS,
  startChain,
  type TestChain,
  VAULT,
} from "./support.ts";

describe("Submitter", () => {
  let chain: TestChain;

  beforeEach(async () => {
    chain = await startChain();
  });
  afterEach(async () => {
    await chain.close();
  });

  /** The signed bytes that the pool holds, as transactions. */
  const pooled = async (): Promise<readonly { hash: string; maxFeePerGas: string }[]> =>
    (
      (await chain.request("eth_getBlockByNumber", "pending", true)) as {
        transactions: { hash: string; maxFeePerGas: string }[];
      }
    ).transactions;

  describe("submit", () => {
    it("brings a call onto the chain once and records every step", async () => {
      const { submitter, journal } = await createBench(chain);
      const result = await submitter.submit(requestFor());
      expect(result.kind).to.equal("mined");
      expect(await chain.effects()).to.equal(1);
      const [intent] = journal.listIntents(1);
      expect(intent?.state).to.equal("confirmed");
      expect(intent?.nonce).to.equal(0);
      expect(intent?.attempts).to.have.length(1);
      expect(intent?.mined?.succeeded).to.equal(true);
      expect(intent?.mined?.hash).to.equal(intent?.attempts[0]?.hash);
    });

    it("uses consecutive nonces", async () => {
      const { submitter, journal } = await createBench(chain);
      for (let i = 0; i < 3; i++) await submitter.submit(requestFor());
      expect(journal.listIntents(3).map(({ nonce }) => nonce)).to.deep.equal([2, 1, 0]);
      expect(await chain.effects()).to.equal(3);
    });

    it("simulates exactly the bytes it signs", async () => {
      const calls: Record<string, string>[] = [];
      const rpc = intercept(chain.rpc, (method, params) => {
        if (method === "eth_call") calls.push(params[0] as Record<string, string>);
      });
      const { submitter, journal } = await createBench(chain, { rpc });
      await submitter.submit(requestFor());
      const [intent] = journal.listIntents(1);
      expect(calls[0]).to.deep.equal({
        from: SIGNER_ADDRESS,
        to: VAULT,
        data: requestFor().data,
        value: "0x0",
        gas: hex(intent?.gasLimit ?? 0n),
      });
    });

    it("sends nothing when the simulation reverts, and decodes the custom error", async () => {
      const data = vaultInterface.encodeErrorResult("HedgedVault_WrongEpoch", [3, 4]);
      await chain.setCode(VAULT, revertingCode(data));
      const { submitter, journal } = await createBench(chain);
      const result = await submitter.submit(requestFor());
      expect(result.kind).to.equal("reverts");
      if (result.kind === "reverts") {
        expect(result.reason.data).to.equal(data);
        expect(result.reason.text).to.equal("HedgedVault_WrongEpoch(expected 3, actual 4)");
      }
      expect(await chain.nonce()).to.equal(0);
      expect(journal.listIntents(1)).to.have.length(0);
      // Control: the other target works.
      expect((await submitter.submit(requestFor({ vault: OTHER_VAULT }))).kind).to.equal("mined");
    });

    it("reads a revert with a reason string as one, too", async () => {
      const data = new Interface(["error Error(string)"]).encodeErrorResult("Error", ["SPL"]);
      await chain.setCode(VAULT, revertingCode(data));
      const { submitter } = await createBench(chain);
      const result = await submitter.submit(requestFor());
      expect(result.kind === "reverts" && result.reason.text).to.include("SPL");
    });

    it("does not sign when the signer cannot pay", async () => {
      await chain.request("hardhat_setBalance", SIGNER_ADDRESS, hex(1_000n));
      const { submitter, journal, alerts } = await createBench(chain);
      expect(await rejection(submitter.submit(requestFor()))).to.be.instanceOf(InsufficientFundsError);
      expect(journal.listIntents(1)).to.have.length(0);
      expect(alerts.map(({ code }) => code)).to.deep.equal(["insufficient-funds"]);
    });

    it("abandons the intent when the signer fails, and leaves no gap", async () => {
      const broken: KeeperSigner = {
        address: SIGNER_ADDRESS,
        signTransaction: () => Promise.reject(new Error("KMS is down")),
      };
      const journal = Journal.open(":memory:");
      const bench = await createBench(chain, { signer: broken, journal });
      expect((await rejection(bench.submitter.submit(requestFor()))).message).to.equal("KMS is down");
      expect(journal.listIntents(1)[0]?.state).to.equal("abandoned");
      const { submitter } = await createBench(chain, { journal });
      expect((await submitter.submit(requestFor())).kind).to.equal("mined");
      expect(journal.listIntents(1)[0]?.nonce).to.equal(0);
    });

    it("refuses a nonce from a node that forgot a mined transaction", async () => {
      const first = await createBench(chain);
      await first.submitter.submit(requestFor());
      const rpc = intercept(chain.rpc, (method) =>
        method === "eth_getTransactionCount" ? Promise.resolve("0x0") : undefined,
      );
      const { submitter } = await createBench(chain, { rpc, journal: first.journal });
      expect(await rejection(submitter.submit(requestFor()))).to.be.instanceOf(LaggingNodeError);
      expect(await chain.effects()).to.equal(1);
    });

    it("keeps one transaction in flight a signer", async () => {
      await chain.setAutomine(false);
      const { submitter } = await createBench(chain, { settings: { confirmationTimeoutMs: 1_000 } });
      expect((await submitter.submit(requestFor())).kind).to.equal("pending");
      expect((await submitter.submit(requestFor({ vault: OTHER_VAULT }))).kind).to.equal("busy");
      await chain.mine();
      expect((await submitter.resolve()).map(({ kind }) => kind)).to.deep.equal(["mined"]);
      expect(await chain.effects()).to.equal(1);
      expect(await chain.effects(OTHER_VAULT)).to.equal(0);
    });

    it("lets an action that reduces risk take the place of one that does not", async () => {
      await chain.setAutomine(false);
      const { submitter, journal } = await createBench(chain, { settings: { confirmationTimeoutMs: 1_000 } });
      await submitter.submit(requestFor());
      const urgent = await submitter.submit(requestFor({ vault: OTHER_VAULT, riskReducing: true }));
      expect(urgent.kind).to.equal("pending");
      expect(await pooled()).to.have.length(1);
      await chain.mine();
      await submitter.resolve();
      expect(await chain.effects(OTHER_VAULT)).to.equal(1);
      expect(await chain.effects()).to.equal(0);
      expect(await chain.nonce()).to.equal(1);
      expect(journal.listIntents(2).map(({ state }) => state)).to.deep.equal(["confirmed", "expired"]);
    });

    it("stops waiting when the signal aborts and keeps the intent", async () => {
      await chain.setAutomine(false);
      const { submitter, journal } = await createBench(chain);
      const result = await submitter.submit(requestFor(), AbortSignal.abort());
      expect(result.kind).to.equal("pending");
      expect(journal.findOpenIntent(CHAIN_ID, SIGNER_ADDRESS)?.state).to.equal("broadcast");
    });
  });

  describe("a node that fails", () => {
    it("K02 every second send fails: each call has one effect and no nonce is skipped", async () => {
      let sends = 0;
      const rpc = intercept(chain.rpc, (method) => {
        if (method === "eth_sendRawTransaction" && ++sends % 2 === 1)
          throw new Error("connect ECONNREFUSED 127.0.0.1:8545");
      });
      const { submitter, journal } = await createBench(chain, { rpc });
      for (let i = 0; i < 4; i++) expect((await submitter.submit(requestFor())).kind).to.equal("mined");
      expect(sends).to.equal(8);
      expect(await chain.effects()).to.equal(4);
      expect(journal.listIntents(4).map(({ nonce }) => nonce)).to.deep.equal([3, 2, 1, 0]);
      // The bytes that failed are the bytes that were sent again.
      expect(journal.listIntents(4).map(({ attempts }) => attempts.length)).to.deep.equal([1, 1, 1, 1]);
    });

    it("K02 the send succeeds but its answer is lost: one effect", async () => {
      let lost = 0;
      const rpc = intercept(chain.rpc, async (method, params) => {
        if (method !== "eth_sendRawTransaction" || lost++ > 0) return undefined;
        await chain.rpc.send(method, [...params]);
        throw new Error("socket hang up");
      });
      const { submitter } = await createBench(chain, { rpc });
      expect((await submitter.submit(requestFor())).kind).to.equal("mined");
      expect(await chain.effects()).to.equal(1);
      expect(await chain.nonce()).to.equal(1);
    });

    it("K02 any read may fail once the intent is written: pending, then resolved", async () => {
      let down = false;
      const rpc = intercept(chain.rpc, (method) => {
        if (down) throw new Error("502 Bad Gateway");
        if (method === "eth_sendRawTransaction") down = true;
      });
      const { submitter } = await createBench(chain, { rpc });
      const result = await submitter.submit(requestFor());
      expect(result.kind).to.equal("pending");
      down = false;
      expect((await submitter.resolve()).map(({ kind }) => kind)).to.deep.equal(["mined"]);
      expect(await chain.effects()).to.equal(1);
    });
  });

  describe("replacement", () => {
    it("raises both fees by an eighth or more when the receipt does not come", async () => {
      await chain.setAutomine(false);
      const { submitter, journal, clock } = await createBench(chain, { settings: { confirmationTimeoutMs: 10_000 } });
      await submitter.submit(requestFor());
      clock.set(clock.nowMs() + 10_000);
      await submitter.resolve();
      const attempts = journal.findOpenIntent(CHAIN_ID, SIGNER_ADDRESS)?.attempts ?? [];
      expect(attempts).to.have.length(2);
      const [first, second] = attempts;
      expect((second?.maxFeePerGas ?? 0n) * 8n >= (first?.maxFeePerGas ?? 1n) * 9n).to.equal(true);
      expect((second?.maxPriorityFeePerGas ?? 0n) * 8n >= (first?.maxPriorityFeePerGas ?? 1n) * 9n).to.equal(true);
      expect((await pooled()).map(({ hash }) => hash)).to.deep.equal([second?.hash]);
      await chain.mine();
      expect((await submitter.resolve()).map(({ kind }) => kind)).to.deep.equal(["mined"]);
      expect(await chain.effects()).to.equal(1);
    });

    it("K05 the receipt arrives between timeout and resend: one effect, no second nonce", async () => {
      await chain.setAutomine(false);
      const journal = Journal.open(":memory:");
      const wallet = new Wallet(KEY);
      let signatures = 0;
      // The block comes while the replacement is being signed.
      const signer: KeeperSigner = {
        address: SIGNER_ADDRESS,
        signTransaction: async (transaction) => {
          if (++signatures === 2) await chain.mine();
          return await wallet.signTransaction({ ...transaction, type: 2, value: 0n });
        },
      };
      const sends = countCalls(chain.rpc, "eth_sendRawTransaction");
      const { submitter, clock } = await createBench(chain, { rpc: sends.rpc, journal, signer });
      await submitter.submit(requestFor());
      clock.set(clock.nowMs() + 60_000);
      const [progress] = await submitter.resolve();
      expect(progress?.kind).to.equal("mined");
      expect(signatures).to.be.greaterThan(1);
      expect(await chain.effects()).to.equal(1);
      expect(await chain.nonce()).to.equal(1);
      expect(progress?.intent.mined?.hash).to.not.equal(progress?.intent.attempts.at(-1)?.hash);
    });

    it("K05 the receipt arrives when the resend is on its way: nonce too low ends in the receipt", async () => {
      await chain.setAutomine(false);
      let sends = 0;
      const rpc = intercept(chain.rpc, async (method) => {
        if (method === "eth_sendRawTransaction" && ++sends === 2) await chain.mine();
      });
      const { submitter, journal, clock } = await createBench(chain, {
        rpc,
        settings: { confirmationTimeoutMs: 5_000 },
      });
      await submitter.submit(requestFor());
      clock.set(clock.nowMs() + 60_000);
      await submitter.resolve();
      await submitter.resolve();
      const [intent] = journal.listIntents(1);
      expect(sends).to.equal(2);
      expect(intent?.state).to.equal("confirmed");
      expect(intent?.mined?.hash).to.equal(intent?.attempts[0]?.hash);
      expect(await chain.effects()).to.equal(1);
      expect(await chain.nonce()).to.equal(1);
    });

    it("K06 the pool holds a dearer transaction: the bid rises until the pool takes it", async () => {
      await chain.setAutomine(false);
      const foreign = await new Wallet(KEY).signTransaction({
        type: 2,
        chainId: CHAIN_ID,
        nonce: 0,
        to: OTHER_VAULT,
        gasLimit: 100_000n,
        maxFeePerGas: 20n * GWEI,
        maxPriorityFeePerGas: 8n * GWEI,
      });
      await chain.request("eth_sendRawTransaction", foreign);
      const { submitter, journal } = await createBench(chain, { settings: { confirmationTimeoutMs: 2_000 } });
      expect((await submitter.submit(requestFor())).kind).to.equal("pending");
      const [intent] = journal.listIntents(1);
      expect(intent?.attempts.length).to.be.greaterThan(1);
      expect((await pooled()).map(({ hash }) => hash)).to.deep.equal([intent?.attempts.at(-1)?.hash]);
      await chain.mine();
      await submitter.resolve();
      expect(await chain.effects()).to.equal(1);
      expect(await chain.effects(OTHER_VAULT)).to.equal(0);
      expect(await chain.nonce()).to.equal(1);
    });

    it("K06 the dearer transaction is above the ceiling: alert, no higher bid, superseded once it is mined", async () => {
      await chain.setAutomine(false);
      const foreign = await new Wallet(KEY).signTransaction({
        type: 2,
        chainId: CHAIN_ID,
        nonce: 0,
        to: OTHER_VAULT,
        gasLimit: 100_000n,
        maxFeePerGas: 300n * GWEI,
        maxPriorityFeePerGas: 100n * GWEI,
      });
      await chain.request("eth_sendRawTransaction", foreign);
      const { submitter, journal, alerts } = await createBench(chain, { settings: { confirmationTimeoutMs: 2_000 } });
      expect((await submitter.submit(requestFor())).kind).to.equal("pending");
      expect(alerts.map(({ code }) => code)).to.include("priced-out");
      for (const attempt of journal.listIntents(1)[0]?.attempts ?? []) {
        expect(attempt.maxFeePerGas <= LIMITS.maxFeePerGas).to.equal(true);
      }
      await chain.mine();
      await submitter.resolve();
      expect(journal.listIntents(1)[0]?.state).to.equal("superseded");
      expect(await chain.effects()).to.equal(0);
      // The next call has the next nonce.
      await chain.setAutomine(true);
      expect((await submitter.submit(requestFor())).kind).to.equal("mined");
      expect(await chain.nonce()).to.equal(2);
    });

    it("does not raise the bid of a call that would revert by now", async () => {
      await chain.setAutomine(false);
      const { submitter, journal, clock } = await createBench(chain);
      await submitter.submit(requestFor());
      await chain.setCode(VAULT, revertingCode("0x"));
      clock.set(clock.nowMs() + 60_000);
      await submitter.resolve();
      const [intent] = journal.listIntents(1);
      expect(intent?.state).to.equal("expired");
      expect(intent?.note).to.include("would revert now");
    });

    it("gives a call up after its deadline, reuses the nonce, and notices if the old bytes are mined after all", async () => {
      await chain.setAutomine(false);
      const { submitter, journal } = await createBench(chain, { settings: { confirmationTimeoutMs: 1_000 } });
      await submitter.submit(requestFor({ validUntil: (await chain.timestamp()) + 50 }));
      await chain.request("evm_setAutomine", false);
      const [kept] = await pooled();
      // A block without our transaction, after the deadline: drop it from the pool, mine, and put it back.
      await chain.request("hardhat_dropTransaction", kept?.hash);
      await chain.request("evm_setNextBlockTimestamp", (await chain.timestamp()) + 100);
      await chain.mine();
      await submitter.resolve();
      const [expired] = journal.listIntents(1);
      expect(expired?.state).to.equal("expired");

      await chain.request("eth_sendRawTransaction", expired?.attempts.at(-1)?.raw);
      const next = await submitter.submit(requestFor({ vault: OTHER_VAULT }));
      expect(next.kind).to.equal("pending");
      expect(journal.listIntents(1)[0]?.nonce).to.equal(0);
      expect(
        (journal.listIntents(1)[0]?.attempts[0]?.maxFeePerGas ?? 0n) > (expired?.attempts.at(-1)?.maxFeePerGas ?? 0n),
      ).to.equal(true);
      await chain.mine();
      await submitter.resolve();
      expect((await chain.effects()) + (await chain.effects(OTHER_VAULT))).to.equal(1);
      expect(await chain.nonce()).to.equal(1);
    });
  });

  it("keeps bytes at the ceiling in the pool when a node drops them", async () => {
    await chain.setAutomine(false);
    const limits = { maxFeePerGas: 3n * GWEI, emergencyMaxFeePerGas: 3n * GWEI, maxPriorityFeePerGas: GWEI };
    const { submitter, clock, alerts } = await createBench(chain, { limits });
    await submitter.submit(requestFor());
    const [sent] = await pooled();
    expect(BigInt(sent?.maxFeePerGas ?? 0) * 9n > 8n * limits.maxFeePerGas).to.equal(true);
    await chain.request("hardhat_dropTransaction", sent?.hash);
    expect(await pooled()).to.have.length(0);
    clock.set(clock.nowMs() + 60_000);
    await submitter.resolve();
    expect((await pooled()).map(({ hash }) => hash)).to.deep.equal([sent?.hash]);
    expect(alerts.map(({ code }) => code)).to.deep.equal(["priced-out"]);
  });

  it("K04 raises an alert for a refusal that neither waiting nor a dearer bid mends", async () => {
    for (const [message, code] of [
      ["tx fee (1.10 ether) exceeds the configured cap (1.00 ether)", "send-refused"],
      ["insufficient funds for gas * price + value", "insufficient-funds"],
      ["some text that nobody has seen before", "send-refused"],
      ["socket hang up", undefined],
    ] as const) {
      const rpc = intercept(chain.rpc, (method) => {
        if (method === "eth_sendRawTransaction") throw new Error(message);
      });
      const { submitter, alerts, journal } = await createBench(chain, { rpc });
      expect((await submitter.submit(requestFor(), AbortSignal.abort())).kind).to.equal("pending");
      expect(alerts[0]?.code, message).to.equal(code);
      expect(journal.listIntents(1)[0]?.state).to.equal("signed");
    }
    expect(await chain.nonce()).to.equal(0);
  });

  describe("gas", () => {
    it("K07 base fee × 20 in 10 blocks: the ordinary ceiling holds, the emergency ceiling pays", async () => {
      const { submitter, alerts, journal } = await createBench(chain);
      await chain.setBaseFee(5n * GWEI);
      await chain.mine();
      expect((await submitter.submit(requestFor())).kind).to.equal("mined");

      const growth = 20 ** (1 / 10);
      for (let i = 1; i <= 10; i++) {
        await chain.setBaseFee(BigInt(Math.round(5e9 * growth ** i)));
        await chain.mine();
      }
      const ordinary = await submitter.submit(requestFor());
      expect(ordinary.kind).to.equal("pricedOut");
      expect(alerts.map(({ code }) => code)).to.deep.equal(["priced-out"]);
      expect(journal.listIntents(9)).to.have.length(1);
      const urgent = await submitter.submit(requestFor({ riskReducing: true }));
      expect(urgent.kind).to.equal("mined");
      expect(await chain.effects()).to.equal(2);
    });

    it("K07 above the emergency ceiling even an urgent action is priced out, with an alert", async () => {
      await chain.setBaseFee(500n * GWEI);
      await chain.mine();
      const { submitter, alerts } = await createBench(chain);
      const result = await submitter.submit(requestFor({ riskReducing: true }));
      expect(result).to.deep.include({ kind: "pricedOut", ceilingPerGas: LIMITS.emergencyMaxFeePerGas });
      expect(alerts.map(({ code }) => code)).to.deep.equal(["priced-out"]);
      expect(await chain.nonce()).to.equal(0);
    });

    it("K07 a transaction caught by the spike stays in flight, is reported, and lands when gas falls", async () => {
      await chain.setAutomine(false);
      const { submitter, alerts, clock } = await createBench(chain);
      await submitter.submit(requestFor());
      await chain.request("hardhat_dropTransaction", (await pooled())[0]?.hash);
      await chain.setBaseFee(100n * GWEI);
      await chain.mine();
      clock.set(clock.nowMs() + 60_000);
      expect((await submitter.resolve()).map(({ kind }) => kind)).to.deep.equal(["pending"]);
      expect(alerts.map(({ code }) => code)).to.deep.equal(["priced-out"]);
      await chain.setBaseFee(1n * GWEI);
      await chain.mine();
      await submitter.resolve();
      await chain.setBaseFee(1n * GWEI);
      await chain.mine();
      await submitter.resolve();
      expect(await chain.effects()).to.equal(1);
    });
  });

  describe("resolve", () => {
    it("K13 a reorganisation of depth 3 under a confirmed action: record corrected, same bytes, one effect", async () => {
      const { submitter, journal, alerts } = await createBench(chain);
      const snapshot = await chain.request("evm_snapshot");
      await submitter.submit(requestFor());
      await chain.mine(2);
      const confirmed = journal.listIntents(1)[0];
      expect(confirmed?.state).to.equal("confirmed");

      await chain.request("evm_revert", snapshot);
      expect(await chain.effects()).to.equal(0);
      await chain.request("evm_increaseTime", 7);
      await chain.setAutomine(false);
      await chain.mine(1);
      const progress = await submitter.resolve();
      expect(progress.map(({ kind }) => kind)).to.deep.equal(["pending"]);
      expect(alerts.map(({ code }) => code)).to.deep.equal(["reorganised"]);
      await chain.mine(2);
      await submitter.resolve();
      const again = journal.listIntents(1)[0];
      expect(again?.state).to.equal("confirmed");
      expect(again?.attempts).to.have.length(1);
      expect(again?.mined?.blockHash).to.not.equal(confirmed?.mined?.blockHash);
      expect(await chain.effects()).to.equal(1);
      expect(await chain.nonce()).to.equal(1);
    });

    it("records bytes that were given up and mined after all", async () => {
      await chain.setAutomine(false);
      const { submitter, journal } = await createBench(chain);
      await submitter.submit(requestFor({ validUntil: 1 }), AbortSignal.abort());
      // The first look finds it too late; the second sends nothing, but the bytes were out.
      const [expired] = journal.listIntents(1);
      expect(expired?.state).to.equal("expired");
      await chain.request("eth_sendRawTransaction", expired?.attempts[0]?.raw);
      expect(await submitter.resolve()).to.deep.equal([]);
      await chain.mine();
      expect((await submitter.resolve()).map(({ kind }) => kind)).to.deep.equal(["mined"]);
      expect(journal.listIntents(1)[0]?.state).to.equal("confirmed");
    });

    it("K12 leaves the intent alone that a submit beside it is waiting for", async () => {
      await chain.setAutomine(false);
      const sends = countCalls(chain.rpc, "eth_sendRawTransaction");
      let beside: readonly unknown[] | undefined;
      const rpc = intercept(sends.rpc, async (method) => {
        if (method !== "eth_getTransactionByHash" || beside !== undefined) return undefined;
        beside = [];
        beside = await submitter.resolve();
        await chain.mine();
        return undefined;
      });
      const { submitter } = await createBench(chain, { rpc });
      expect((await submitter.submit(requestFor())).kind).to.equal("mined");
      expect(beside).to.deep.equal([]);
      expect(sends.count()).to.equal(1);
    });

    it("does nothing where nothing is open", async () => {
      const { submitter } = await createBench(chain);
      expect(await submitter.resolve()).to.deep.equal([]);
      // Control: an open intent is reported.
      await chain.setAutomine(false);
      await submitter.submit(requestFor(), AbortSignal.abort());
      expect(await submitter.resolve()).to.have.length(1);
    });
  });

  describe("previewSubmit", () => {
    it("quotes gas and fees without a signature or a record", async () => {
      const sends = countCalls(chain.rpc, "eth_sendRawTransaction");
      const preview = await previewSubmit(
        { rpc: sends.rpc, guard: GUARD, limits: LIMITS, simulateAt: "latest" },
        requestFor(),
      );
      expect(preview.kind).to.equal("ready");
      if (preview.kind === "ready") {
        expect(preview.gasLimit > 21_000n).to.equal(true);
        expect(preview.fees.maxPriorityFeePerGas).to.equal(1n * GWEI);
      }
      expect(sends.count()).to.equal(0);
    });

    it("takes the configured tip where the node has no opinion", async () => {
      const rpc = intercept(chain.rpc, (method) => {
        if (method === "eth_maxPriorityFeePerGas")
          throw new Error("the method eth_maxPriorityFeePerGas does not exist/is not available");
      });
      const preview = await previewSubmit({ rpc, guard: GUARD, limits: LIMITS, simulateAt: "latest" }, requestFor());
      expect(preview.kind === "ready" && preview.fees.maxPriorityFeePerGas).to.equal(LIMITS.maxPriorityFeePerGas);
    });
  });
});
