import { expect } from "chai";
import { Interface, Wallet } from "ethers";
import { describe, it } from "mocha";

import {
  GuardRefusedError,
  requireAllowedBytes,
  requireAllowedCall,
  type UnsignedTransaction,
} from "../../../keeper/guard.ts";
import { Journal } from "../../../keeper/journal.ts";
import { openSigner } from "../../../keeper/signers.ts";
import { vaultInterface } from "../../../sdk/chain/contracts.ts";
import { encodePlan, encodeReconcile, encodeSettle, encodeSettleShares } from "../../../sdk/chain/encode.ts";
import { headAt, planAt, snapshotAt } from "./snapshots.ts";
import {
  CHAIN_ID,
  createBench,
  GUARD,
  GWEI,
  KEY,
  LENS,
  rejection,
  requestFor,
  SIGNER_ADDRESS,
  startChain,
  VAULT,
} from "./support.ts";

const REBALANCE = encodePlan(planAt(snapshotAt(headAt(1, 1)))).data;
const MEANT: UnsignedTransaction = {
  chainId: CHAIN_ID,
  nonce: 4,
  to: VAULT,
  data: encodeReconcile(VAULT).data,
  gasLimit: 100_000n,
  maxFeePerGas: 10n * GWEI,
  maxPriorityFeePerGas: GWEI,
};

/** The field that the guard names, or "nothing" when it lets the call pass. */
function refusedField(body: () => unknown): string {
  try {
    body();
    return "nothing";
  } catch (error) {
    if (error instanceof GuardRefusedError) return error.field;
    throw error;
  }
}

describe("guard", () => {
  describe("requireAllowedCall", () => {
    it("lets the calls of the keeper pass", () => {
      for (const [data, action] of [
        [REBALANCE, "rebalance"],
        [encodeReconcile(VAULT).data, "reconcile"],
        [encodeSettle(VAULT, 10n).data, "settle"],
        [encodeSettleShares(VAULT, 10n, 5n).data, "settle"],
      ] as const) {
        expect(requireAllowedCall(GUARD, VAULT, data)).to.deep.equal({ vault: VAULT, action });
      }
      expect(requireAllowedCall(GUARD, VAULT.toLowerCase(), encodeReconcile(VAULT).data).vault).to.equal(VAULT);
    });

    it("K17 refuses any other target", () => {
      for (const target of [LENS, SIGNER_ADDRESS, "0x0000000000000000000000000000000000000000"]) {
        expect(refusedField(() => requireAllowedCall(GUARD, target, MEANT.data))).to.equal("target");
      }
    });

    it("K17 refuses every other function of the vault", () => {
      const allowed = new Set(["rebalance", "reconcile", "settle", "settleShares"]);
      let refused = 0;
      vaultInterface.forEachFunction((fragment) => {
        if (allowed.has(fragment.name)) return;
        expect(
          refusedField(() => requireAllowedCall(GUARD, VAULT, `${fragment.selector}${"00".repeat(64)}`)),
          fragment.name,
        ).to.equal("selector");
        refused += 1;
      });
      expect(refused).to.be.greaterThan(20);
    });

    it("K17 refuses calls of tokens, empty data and bare transfers", () => {
      const token = new Interface(["function transfer(address,uint256)", "function approve(address,uint256)"]);
      for (const data of [
        token.encodeFunctionData("transfer", [VAULT, 1n]),
        token.encodeFunctionData("approve", [VAULT, 1n]),
        "0x",
        "0x12",
      ]) {
        expect(refusedField(() => requireAllowedCall(GUARD, VAULT, data))).to.equal("selector");
      }
    });

    it("K17 refuses a permitted selector with bytes that are not its arguments", () => {
      for (const data of [
        `${MEANT.data}00`,
        `${REBALANCE}${"00".repeat(32)}`,
        REBALANCE.slice(0, -64),
        encodeSettle(VAULT, 1n).data.slice(0, 10),
      ]) {
        expect(refusedField(() => requireAllowedCall(GUARD, VAULT, data))).to.equal("calldata");
      }
    });
  });

  describe("requireAllowedBytes", () => {
    const wallet = new Wallet(KEY);
    const base = { type: 2, value: 0n, ...MEANT };

    it("lets the transaction pass that was meant, and returns its hash", async () => {
      const signer = await openSigner({ kind: "localKey", privateKey: KEY }, CHAIN_ID);
      expect(requireAllowedBytes(GUARD, await signer.signTransaction(MEANT), MEANT)).to.match(/^0x[0-9a-f]{64}$/);
    });

    for (const [name, change, field] of [
      ["another chain", { chainId: 1n }, "chainId"],
      ["value", { value: 1n }, "value"],
      ["another target", { to: LENS }, "target"],
      ["another vault than meant", { to: GUARD.vaults[1] }, "target"],
      ["a contract creation", { to: null }, "target"],
      ["another function", { data: vaultInterface.encodeFunctionData("startWindDown") }, "selector"],
      ["another permitted call than meant", { data: encodeSettle(VAULT, 1n).data }, "calldata"],
      ["another nonce", { nonce: 5 }, "nonce"],
      ["another gas limit", { gasLimit: 1_000_000n }, "gasLimit"],
      ["another fee", { maxFeePerGas: 11n * GWEI }, "maxFeePerGas"],
      ["another tip", { maxPriorityFeePerGas: 2n * GWEI }, "maxPriorityFeePerGas"],
      ["an access list", { accessList: [{ address: LENS, storageKeys: [] }] }, "accessList"],
      [
        "a transaction of the old type",
        { type: 0, gasPrice: GWEI, maxFeePerGas: null, maxPriorityFeePerGas: null },
        "type",
      ],
    ] as const) {
      it(`K17 refuses signed bytes with ${name}`, async () => {
        const raw = await wallet.signTransaction({ ...base, ...change } as Parameters<Wallet["signTransaction"]>[0]);
        expect(refusedField(() => requireAllowedBytes(GUARD, raw, MEANT))).to.equal(field);
      });
    }

    it("K17 refuses another signer's bytes, and bytes that are no transaction", async () => {
      const raw = await new Wallet(`0x${"42".repeat(32)}`).signTransaction(base);
      expect(refusedField(() => requireAllowedBytes(GUARD, raw, MEANT))).to.equal("signer");
      expect(refusedField(() => requireAllowedBytes(GUARD, "0x02", MEANT))).to.equal("signed bytes");
    });

    it("K17 refuses a fee above every ceiling even when it was meant", async () => {
      const dear = { ...MEANT, maxFeePerGas: GUARD.highestFeePerGas + 1n };
      const raw = await wallet.signTransaction({ ...base, ...dear });
      expect(refusedField(() => requireAllowedBytes(GUARD, raw, dear))).to.equal("maxFeePerGas");
    });
  });

  describe("in the submitter", () => {
    it("K17 a call outside the list is refused before anything is simulated, written or signed", async () => {
      const chain = await startChain();
      const { submitter, journal } = await createBench(chain);
      const data = vaultInterface.encodeFunctionData("pauseDeposits");
      expect(await rejection(submitter.submit(requestFor({ data })))).to.be.instanceOf(GuardRefusedError);
      expect(await rejection(submitter.submit(requestFor({ vault: LENS })))).to.be.instanceOf(GuardRefusedError);
      expect(journal.listIntents(1)).to.have.length(0);
      expect([await chain.effects(), await chain.effects(LENS)]).to.deep.equal([0, 0]);
      // Control.
      expect((await submitter.submit(requestFor())).kind).to.equal("mined");
      await chain.close();
    });

    it("K17 a signer that signs something else is caught before the bytes are stored or sent", async () => {
      const chain = await startChain();
      const wallet = new Wallet(KEY);
      const thief = {
        address: SIGNER_ADDRESS,
        signTransaction: (meant: UnsignedTransaction) =>
          wallet.signTransaction({ ...meant, type: 2, to: LENS, value: 10n ** 18n }),
      };
      const { submitter, journal } = await createBench(chain, { signer: thief });
      expect(await rejection(submitter.submit(requestFor()))).to.be.instanceOf(GuardRefusedError);
      expect(journal.listIntents(1)[0]).to.deep.include({ state: "abandoned", attempts: [] });
      expect(await chain.nonce()).to.equal(0);
      await chain.close();
    });

    it("K17 bytes that were changed in the journal are not sent", async () => {
      const chain = await startChain();
      await chain.setAutomine(false);
      const journal = Journal.open(":memory:");
      const raw = await new Wallet(KEY).signTransaction({
        ...MEANT,
        type: 2,
        nonce: 0,
        to: LENS,
        data: "0x",
        value: 10n ** 18n,
      });
      const draft = { ...requestFor(), chainId: CHAIN_ID, signer: SIGNER_ADDRESS, gasLimit: 100_000n };
      const { id } = journal.openIntent(draft, 0, 0);
      journal.addAttempt(id, {
        hash: `0x${"ab".repeat(32)}`,
        raw,
        maxFeePerGas: 10n * GWEI,
        maxPriorityFeePerGas: GWEI,
        signedAtMs: 0,
      });
      const { submitter } = await createBench(chain, { journal });
      expect(await rejection(submitter.resolve())).to.be.instanceOf(GuardRefusedError);
      await chain.mine();
      expect(await chain.nonce()).to.equal(0);
      await chain.close();
    });
  });
});
