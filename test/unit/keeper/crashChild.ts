/*
 * A keeper that dies: submits one call over HTTP and kills its own process, without any clean-up, at the point that its
 * arguments name. Started by crash.test.ts; holds nothing of the test framework.
 */
import { writeSync } from "node:fs";

import { systemClock } from "../../../keeper/clock.ts";
import { Journal } from "../../../keeper/journal.ts";
import { silentLog } from "../../../keeper/log.ts";
import { connectUrl } from "../../../keeper/rpc.ts";
import { openSigner } from "../../../keeper/signers.ts";
import type { SubmitRequest } from "../../../keeper/preview.ts";
import { Submitter } from "../../../keeper/submitter.ts";
import { encodeReconcile } from "../../../sdk/chain/encode.ts";
import type { RpcSender } from "../../../sdk/chain/snapshot.ts";

/** Where the process dies. */
export type KillPoint =
  | "before the intent"
  | "intent written"
  | "bytes signed"
  | "bytes stored"
  | "before the broadcast"
  | "after the broadcast"
  | "broadcast recorded"
  | "receipt seen"
  | "receipt recorded"
  | "never";

interface Order {
  readonly url: string;
  readonly journalPath: string;
  readonly killAt: KillPoint;
  readonly vault: string;
  readonly privateKey: string;
  readonly chainId: number;
}

const order = JSON.parse(process.argv[2] ?? "") as Order;

function dieAt(point: KillPoint): void {
  if (point !== order.killAt) return;
  writeSync(1, `died: ${point}`);
  process.kill(process.pid, "SIGKILL");
  // The signal takes effect when control returns to the system: wait for it here.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
}

function wrapRpc(rpc: RpcSender): RpcSender {
  return {
    send: async (method: string, params: unknown[]) => {
      if (method === "eth_getBalance") dieAt("before the intent");
      if (method === "eth_sendRawTransaction") dieAt("before the broadcast");
      const answer: unknown = await rpc.send(method, params);
      if (method === "eth_sendRawTransaction") dieAt("after the broadcast");
      if (method === "eth_getTransactionReceipt" && answer !== null) dieAt("receipt seen");
      return answer;
    },
  };
}

/** Dies right after a method of the journal has returned, i.e. committed. */
function dieAfter(
  journal: Journal,
  name: "openIntent" | "addAttempt" | "markBroadcast" | "confirm",
  point: KillPoint,
): void {
  const original = journal[name].bind(journal) as (...args: unknown[]) => unknown;
  Object.defineProperty(journal, name, {
    value: (...args: unknown[]) => {
      const result = original(...args);
      dieAt(point);
      return result;
    },
  });
}

const chainId = BigInt(order.chainId);
const journal = Journal.open(order.journalPath);
dieAfter(journal, "openIntent", "intent written");
dieAfter(journal, "addAttempt", "bytes stored");
dieAfter(journal, "markBroadcast", "broadcast recorded");
dieAfter(journal, "confirm", "receipt recorded");

const key = await openSigner({ kind: "localKey", privateKey: order.privateKey }, chainId);
const provider = connectUrl(order.url, chainId, 5_000);
const submitter = new Submitter({
  rpc: wrapRpc(provider),
  guard: { chainId, signer: key.address, vaults: [order.vault], highestFeePerGas: 400_000_000_000n },
  limits: {
    maxFeePerGas: 50_000_000_000n,
    emergencyMaxFeePerGas: 400_000_000_000n,
    maxPriorityFeePerGas: 2_000_000_000n,
  },
  journal,
  signer: {
    address: key.address,
    signTransaction: async (transaction) => {
      const raw = await key.signTransaction(transaction);
      dieAt("bytes signed");
      return raw;
    },
  },
  clock: systemClock,
  log: silentLog,
  settings: { confirmationTimeoutMs: 5_000, receiptPollMs: 20, simulateAt: "latest", finalityBlocks: 20 },
  onAlert: () => undefined,
});

const request: SubmitRequest = {
  vault: order.vault,
  action: "reconcile",
  data: encodeReconcile(order.vault).data,
  riskReducing: false,
  validUntil: 4_000_000_000,
  blockNumber: 1,
  blockHash: `0x${"11".repeat(32)}`,
  decision: { kind: "reconcile" },
  plan: undefined,
  before: undefined,
};
const result = await submitter.submit(request);
writeSync(1, `survived: ${result.kind}`);
provider.destroy();
journal.close();
