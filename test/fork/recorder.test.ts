import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";

import { expect } from "chai";
import { after, afterEach, before, beforeEach, describe, it } from "mocha";

import { startRecorder, type Recorder, type RecorderOptions } from "../../localnet/recording/recorder.ts";
import { pinRequest } from "../../localnet/recording/requests.ts";
import { MAINNET_FORK } from "./networks.ts";
import { readForkRun } from "./options.ts";

const HEAD = 100n;
const ADDRESS = "0xAbCd000000000000000000000000000000000001";
const KEY = "s3cr3t-key-of-the-node";

describe("pinRequest", () => {
  const pin = (method: string, ...params: readonly unknown[]) => pinRequest(method, params, HEAD, "0x1");

  it("calls reads of a fixed block and what is named by a hash immutable, and says which block is meant", () => {
    for (const [method, params, pinned] of [
      ["eth_getCode", [ADDRESS, "latest"], [ADDRESS, "0x64"]],
      ["eth_getBalance", [ADDRESS], [ADDRESS, "0x64"]],
      ["eth_getStorageAt", [ADDRESS, "0x0", "0x0A"], [ADDRESS, "0x0", "0xa"]],
      ["eth_call", [{ to: ADDRESS }, { blockNumber: "0x5" }], [{ to: ADDRESS }, "0x5"]],
      ["eth_call", [{ to: ADDRESS }, { blockHash: "0x12" }], [{ to: ADDRESS }, { blockHash: "0x12" }]],
      ["eth_getBlockByNumber", ["earliest", false], ["0x0", false]],
      ["eth_getTransactionReceipt", ["0x12"], ["0x12"]],
      ["eth_getLogs", [{ fromBlock: "0x1", toBlock: "latest" }], [{ fromBlock: "0x1", toBlock: "0x64" }]],
    ] as const) {
      const found = pin(method, ...params);
      expect(found.kind, method).to.equal("immutable");
      if (found.kind === "immutable") expect(found.params, method).to.deep.equal(pinned);
    }
    const keyOf = (address: string): unknown => {
      const found = pin("eth_getCode", address, "latest");
      return found.kind === "immutable" ? found.key : undefined;
    };
    expect(keyOf(ADDRESS), "letters of an address do not matter").to.equal(keyOf(ADDRESS.toLowerCase()));
  });

  it("answers for the chain, which ends with the head", () => {
    expect(pin("eth_blockNumber")).to.deep.equal({ kind: "answered", result: "0x64" });
    expect(pin("eth_chainId")).to.deep.equal({ kind: "answered", result: "0x1" });
    expect(pin("eth_getBlockByNumber", "0x65", false)).to.deep.equal({ kind: "answered", result: null });
  });

  it("refuses what may be answered differently tomorrow, and everything that is no read", () => {
    for (const [method, ...params] of [
      ["eth_getBalance", ADDRESS, "pending"],
      ["eth_getBalance", ADDRESS, "0x65"],
      ["eth_getBlockByNumber", "safe", false],
      ["eth_getBlockByNumber", "finalized", false],
      ["eth_getLogs", { fromBlock: "0x1", toBlock: "0x65" }],
      ["eth_getLogs", { fromBlock: "pending" }],
      ["eth_sendRawTransaction", "0x00"],
      ["eth_gasPrice"],
      ["hardhat_setBalance", ADDRESS, "0x1"],
    ] as const) {
      expect(pin(method, ...params).kind, `${method} ${JSON.stringify(params)}`).to.equal("refused");
    }
  });
});

describe("startRecorder", () => {
  let folder: string;
  let file: string;
  let node: Server;
  let nodeUrl: string;
  /** Methods that reached the node. */
  let asked: string[] = [];
  /** What the node does with the next requests. */
  let busyFor = 0;

  before(async () => {
    node = createServer((request, response) => {
      void text(request).then((body) => {
        const { id, method, params } = JSON.parse(body) as { id: number; method: string; params: readonly unknown[] };
        if (busyFor-- > 0) {
          // One way to say so, and then the other.
          if (busyFor > 0) response.writeHead(429).end("slow down");
          else
            response.end(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32_005, message: "limit exceeded" } }));
          return;
        }
        if (method !== "eth_chainId" && method !== "eth_getBlockByNumber") asked.push(method);
        const answer = (result: unknown): object => ({ jsonrpc: "2.0", id, result });
        const answers: Record<string, object> = {
          eth_chainId: answer("0x1"),
          eth_getBlockByNumber: answer(params[0] === "0x64" ? { number: "0x64" } : null),
          eth_getCode: answer("0x6001"),
          eth_getTransactionByHash: answer(null),
          eth_getProof: { error: "no such key" },
          eth_call: { jsonrpc: "2.0", id, error: { code: 3, message: `reverted at https://node.example/${KEY}` } },
        };
        response.end(JSON.stringify(answers[method] ?? answer("0x0")));
      });
    });
    await new Promise<void>((resolve) => node.listen(0, "127.0.0.1", resolve));
    nodeUrl = `http://127.0.0.1:${(node.address() as AddressInfo).port}/v2/${KEY}?token=${KEY}`;
  });
  after(() => node.close());

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "hedgerow-recorder-"));
    file = path.join(folder, "mainnet-100.json.gz");
    asked = [];
    busyFor = 0;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const start = (options: Partial<RecorderOptions> = {}): Promise<Recorder> =>
    startRecorder({ name: "mainnet (MAINNET_RPC_URL)", file, block: HEAD, chainId: 1, ...options });
  const post = async (recorder: Recorder, body: unknown): Promise<unknown> => {
    const response = await fetch(recorder.url, { method: "POST", body: JSON.stringify(body) });
    return await response.json();
  };
  const ask = async (
    recorder: Recorder,
    method: string,
    ...params: readonly unknown[]
  ): Promise<{ result?: unknown; error?: { message: string } }> =>
    (await post(recorder, { jsonrpc: "2.0", id: 1, method, params })) as never;
  const failureOf = async (started: Promise<Recorder>): Promise<string> => {
    try {
      await (await started).close();
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error("it was expected to fail");
  };

  it("asks the node once, then never again, not even after a restart without it", async () => {
    const first = await start({ upstreamUrl: nodeUrl });
    const codes = await Promise.all([1, 2, 3].map(() => ask(first, "eth_getCode", ADDRESS, "latest")));
    expect(codes.map(({ result }) => result)).to.deep.equal(["0x6001", "0x6001", "0x6001"]);
    expect((await ask(first, "eth_getCode", ADDRESS.toLowerCase(), "0x64")).result).to.equal("0x6001");
    expect(asked).to.deep.equal(["eth_getCode"]);
    await first.close();

    const second = await start();
    expect((await ask(second, "eth_getCode", ADDRESS, "latest")).result).to.equal("0x6001");
    expect((await ask(second, "eth_chainId")).result).to.equal("0x1");
    expect(second.counts).to.deep.equal({ replayed: 1, asked: 0, refused: 0 });
    await second.close();
    expect(asked).to.deep.equal(["eth_getCode"]);
  });

  it("refuses in a sentence what was never recorded", async () => {
    await (await start({ upstreamUrl: nodeUrl })).close();
    // A recording is written when there is something in it.
    expect(await failureOf(start())).to.include("There is no recording of mainnet (MAINNET_RPC_URL) at block 100");
    const recorder = await start({ upstreamUrl: nodeUrl });
    await ask(recorder, "eth_getCode", ADDRESS, "latest");
    await recorder.close();
    const replay = await start({ upstreamUrl: nodeUrl, mode: "replay" });
    const { error } = await ask(replay, "eth_getBalance", ADDRESS, "latest");
    expect(error?.message).to.include("was never recorded").and.to.include("MAINNET_RPC_URL");
    expect(asked, "replay asks no node").to.deep.equal(["eth_getCode"]);
    expect(replay.counts.refused).to.equal(1);
    await replay.close();
  });

  it("records neither what does not exist yet nor errors", async () => {
    const recorder = await start({ upstreamUrl: nodeUrl });
    for (let i = 0; i < 2; i++) {
      expect((await ask(recorder, "eth_getTransactionByHash", "0x12")).result).to.equal(null);
      expect((await ask(recorder, "eth_call", { to: ADDRESS }, "latest")).error?.message).to.match(/^reverted/);
    }
    expect(asked).to.have.length(4);
    await recorder.close();
  });

  it("keeps the node's address out of the file and out of every answer", async () => {
    const recorder = await start({ upstreamUrl: nodeUrl });
    await ask(recorder, "eth_getCode", ADDRESS, "latest");
    const { error } = await ask(recorder, "eth_call", { to: ADDRESS }, "latest");
    expect(error?.message).to.equal("reverted at https://node.example/…");
    await recorder.close();
    const kept = gunzipSync(await readFile(file)).toString("utf8");
    expect(kept).to.include("eth_getCode");
    expect(kept).to.not.include(KEY).and.to.not.include("127.0.0.1");
  });

  it("waits for a busy node, and answers a batch in its order", async () => {
    const recorder = await start({ upstreamUrl: nodeUrl });
    busyFor = 2;
    const batch = ["eth_getCode", "eth_blockNumber", "eth_sendRawTransaction"].map((method, id) => ({
      jsonrpc: "2.0",
      id,
      method,
      params: [ADDRESS, "latest"],
    }));
    const answers = (await post(recorder, batch)) as readonly { id: number; result?: unknown; error?: unknown }[];
    expect(answers.map(({ id }) => id)).to.deep.equal([0, 1, 2]);
    expect(answers.map(({ result }) => result)).to.deep.equal(["0x6001", "0x64", undefined]);
    expect(answers[2]?.error).to.be.an("object");
    await recorder.close();
  });

  it("says so when what answers is no node", async () => {
    const recorder = await start({ upstreamUrl: nodeUrl });
    const { error } = await ask(recorder, "eth_getProof", ADDRESS, [], "latest");
    expect(error?.message).to.equal("What answered eth_getProof with HTTP 200 is no node. Check its URL.");
    await recorder.close();
  });

  it("refuses another chain, another block, a block that the node lacks, and a file that is no recording", async () => {
    expect(await failureOf(start({ upstreamUrl: nodeUrl, chainId: 42_161 }))).to.include(
      "is of chain 1, expected 42161",
    );
    expect(await failureOf(start({ upstreamUrl: nodeUrl, block: 101n }))).to.equal("The node has no block 101.");
    const recorder = await start({ upstreamUrl: nodeUrl });
    await ask(recorder, "eth_getCode", ADDRESS, "latest");
    await recorder.close();
    expect(await failureOf(start({ block: 99n }))).to.include("was recorded at block 100, not 99");
    expect(await failureOf(start({ chainId: 8_453 }))).to.include("is of chain 1, expected 8453");
    await writeFile(file, "half a recor");
    expect(await failureOf(start())).to.include("is not a recording of this version. Delete it");
    await (await start({ upstreamUrl: nodeUrl, mode: "renew" })).close(); // starts over: what is there does not matter
  });
});

describe("readForkRun", () => {
  const skipOf = (env: Record<string, string>): string | undefined =>
    readForkRun(MAINNET_FORK, { HEDGEROW_FORK_CACHE: "/nonexistent", ...env }).skip;

  it("runs with a node, and says which variable to set without one", () => {
    expect(skipOf({})).to.include("set MAINNET_RPC_URL");
    expect(skipOf({ MAINNET_RPC_URL: "" })).to.include("set MAINNET_RPC_URL");
    expect(skipOf({ MAINNET_RPC_URL: "http://127.0.0.1:1" })).to.equal(undefined);
    expect(skipOf({ MAINNET_RPC_URL: "http://127.0.0.1:1", HEDGEROW_FORK_MODE: "replay" })).to.include("no recording");
    expect(skipOf({ MAINNET_RPC_URL: "http://127.0.0.1:1", HEDGEROW_FORK_NETWORKS: "base" })).to.include("not asked");
  });

  it("takes another block, and refuses what is none", () => {
    const { network, file } = readForkRun(MAINNET_FORK, { MAINNET_FORK_BLOCK: "24700000", HEDGEROW_FORK_CACHE: "/c" });
    expect([network.block, file]).to.deep.equal([24_700_000n, path.join("/c", "mainnet-24700000.json.gz")]);
    for (const block of ["latest", "-1", "1e6", "0x10"]) {
      expect(() => readForkRun(MAINNET_FORK, { MAINNET_FORK_BLOCK: block })).to.throw(RangeError, "MAINNET_FORK_BLOCK");
    }
    expect(() => readForkRun(MAINNET_FORK, { HEDGEROW_FORK_MODE: "fast" })).to.throw(RangeError, "use, renew, replay");
  });
});
