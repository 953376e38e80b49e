import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { after, before, describe, it } from "mocha";

import { MAINNET } from "../../localnet/addresses.ts";
import { readRecording, writeRecording } from "../../localnet/recording/file.ts";
import { startRecorder } from "../../localnet/recording/recorder.ts";
import { createRpc, toQuantity } from "../../localnet/rpc.ts";
import { openFork, serveTwin } from "../../localnet/serve.ts";

type Json = Readonly<Record<string, unknown>>;

const WORD = `0x${"12".repeat(32)}`;
const L1_ATTRIBUTES = "0x4200000000000000000000000000000000000015";
const ARBOS = "0x00000000000000000000000000000000000a4b05";

/** Blocks as nodes of the two chains answer them: each begins with a transaction that Ethereum does not know. */
const SHAPES: Readonly<Record<string, { readonly block: (found: Json) => Json; readonly transaction: Json }>> = {
  // ArbOS's own transaction; a gas limit of 2^50, and nothing of the upgrades that brought withdrawals and blobs.
  Arbitrum: {
    block: (found) => ({
      ...without(found, ["withdrawals", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot"]),
      ...{ requestsHash: undefined, gasLimit: "0x4000000000000", difficulty: "0x1" },
      ...{ l1BlockNumber: "0x1775d40", sendCount: "0x2a", sendRoot: WORD, extraData: WORD },
    }),
    transaction: { type: "0x6a", chainId: "0xa4b1", from: ARBOS, to: ARBOS, gas: "0x0", input: "0x6bf6a42d" },
  },
  // The deposit that carries the attributes of Ethereum's block; the fee parameters in the extra data.
  Base: {
    block: (found) => ({ ...found, extraData: "0x000000003200000006", blobGasUsed: "0x0", excessBlobGas: "0x0" }),
    transaction: {
      ...{ type: "0x7e", sourceHash: WORD, mint: "0x0", isSystemTx: false, depositReceiptVersion: "0x1" },
      ...{ from: "0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001", to: L1_ATTRIBUTES, gas: "0xf4240", input: "0x440a5e20" },
    },
  },
};

function without(json: Json, keys: readonly string[]): Json {
  return Object.fromEntries(Object.entries(json).filter(([key]) => !keys.includes(key)));
}

describe("blocks of other chains", () => {
  let folder: string;
  let file: string;
  let block: bigint;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "hedgerow-blocks-"));
    file = path.join(folder, "twin.json.gz");
    const served = await serveTwin();
    block = BigInt(await served.twin.rpc.request<string>("eth_blockNumber"));
    const recorder = await startRecorder({ name: "the twin", file, block, upstreamUrl: served.url });
    const fork = await openFork(recorder.url);
    await createRpc(fork.provider).codeAt(MAINNET.weth);
    await fork.close();
    await recorder.close();
    await served.close();
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const [chain, { block: shapeOf, transaction }] of Object.entries(SHAPES)) {
    it(`reads a block of ${chain} and goes on from it`, async () => {
      const recording = await readRecording(file);
      if (recording === undefined) throw new Error("nothing was recorded");
      const shaped = path.join(folder, `${chain}.json.gz`);
      const answers = new Map(recording.answers);
      let changed = 0;
      for (const [request, answer] of recording.answers) {
        if (!request.startsWith("eth_getBlockByNumber")) continue;
        const found = answer as Json;
        const foreign = {
          ...{ hash: WORD, blockHash: found["hash"], blockNumber: found["number"], transactionIndex: "0x0" },
          ...{ nonce: "0x0", value: "0x0", gasPrice: "0x0", v: "0x0", r: "0x0", s: "0x0", ...transaction },
        };
        const transactions = request.endsWith("true]") ? [foreign] : [WORD];
        answers.set(request, { ...shapeOf(found), transactions });
        changed++;
      }
      expect(changed).to.be.greaterThan(0);
      await writeRecording(shaped, { ...recording, answers });

      const recorder = await startRecorder({ name: chain, file: shaped, block, mode: "replay" });
      try {
        const fork = await openFork(recorder.url, { chainType: "generic" });
        const rpc = createRpc(fork.provider);
        expect(BigInt(await rpc.request<string>("eth_blockNumber"))).to.equal(block + 1n);
        expect((await rpc.codeAt(MAINNET.weth)).length).to.be.greaterThan(1_000);
        const read = await rpc.request<{ readonly transactions: readonly Json[] }>("eth_getBlockByNumber", [
          toQuantity(block),
          true,
        ]);
        // An "l1" fork would call it a plain transaction of Ethereum.
        expect(read.transactions.map(({ type }) => type)).to.deep.equal([transaction["type"]]);
        await fork.close();
      } finally {
        await recorder.close();
      }
    });
  }
});
