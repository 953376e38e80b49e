import { expect } from "chai";
import { after, afterEach, before, describe, it } from "mocha";

import { createManualClock } from "../../../keeper/clock.ts";
import {
  checkChain,
  connectUrl,
  DeadRpcError,
  FutureBlockError,
  MalformedAnswerError,
  NoCodeError,
  readBlock,
  readGenesisHash,
  readHead,
  readReceipt,
  requireFreshHead,
  StaleSnapshotError,
  toQuantity,
  WrongChainError,
} from "../../../keeper/rpc.ts";
import {
  CHAIN_ID,
  createBench,
  intercept,
  LENS,
  rejection,
  requestFor,
  serveRpc,
  startChain,
  type TestChain,
  VAULT,
} from "./support.ts";

describe("rpc", () => {
  let chain: TestChain;
  const closers: (() => Promise<void> | void)[] = [];

  before(async () => {
    chain = await startChain();
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  after(async () => {
    await chain.close();
  });

  const connect = async (
    answer: (method: string, params: readonly unknown[]) => Promise<unknown>,
    timeoutMs = 2_000,
  ) => {
    const server = await serveRpc(answer);
    const provider = connectUrl(server.url, CHAIN_ID, timeoutMs);
    closers.push(
      () => provider.destroy(),
      () => server.close(),
    );
    return provider;
  };

  describe("checkChain", () => {
    it("accepts the configured chain with contracts at their addresses", async () => {
      await checkChain(chain.rpc, CHAIN_ID, { lens: LENS, "vaults[0]": VAULT });
    });

    it("names both chains when the node serves another", async () => {
      const error = await rejection(checkChain(chain.rpc, 1n, { lens: LENS }));
      expect(error).to.be.instanceOf(WrongChainError);
      expect(error).to.deep.include({ expected: 1n, actual: CHAIN_ID });
    });

    it("says where there is no contract", async () => {
      const empty = "0x00000000000000000000000000000000000000FF";
      const error = await rejection(checkChain(chain.rpc, CHAIN_ID, { lens: LENS, "vaults[1]": empty }));
      expect(error).to.be.instanceOf(NoCodeError);
      expect(error.message).to.include("vaults[1]").and.include(empty);
    });

    it("says that nobody answers, without trying for ever", async () => {
      const server = await serveRpc(() => Promise.resolve("0x1"));
      const provider = connectUrl(server.url, CHAIN_ID, 1_000);
      await server.close();
      expect(await rejection(checkChain(provider, CHAIN_ID, {}))).to.be.instanceOf(DeadRpcError);
      provider.destroy();
    });

    it("shows no key that is part of the URL", async () => {
      const server = await serveRpc(() => Promise.resolve("0x1"), 401);
      const provider = connectUrl(`${server.url}/v3/SECRETKEY`, CHAIN_ID, 1_000);
      const error = await rejection(checkChain(provider, CHAIN_ID, {}));
      expect(error.message).to.include("401").and.not.include("SECRETKEY");
      provider.destroy();
      await server.close();
    });

    it("K08 a node that accepts and never answers is given up after the timeout", async () => {
      const provider = await connect(() => new Promise(() => undefined), 100);
      expect(await rejection(checkChain(provider, CHAIN_ID, {}))).to.be.instanceOf(DeadRpcError);
    });
  });

  describe("connectUrl", () => {
    it("asks for exactly what it is told to: no detection, no cache, no batches", async () => {
      const asked: string[] = [];
      const provider = await connect((method, params) => {
        asked.push(method);
        return chain.request(method, ...params);
      });
      await Promise.all([readHead(provider), readHead(provider), provider.send("eth_chainId", [])]);
      expect(asked.toSorted()).to.deep.equal(["eth_chainId", "eth_getBlockByNumber", "eth_getBlockByNumber"]);
    });
  });

  describe("reads", () => {
    it("gives the newest block with its base fee, and a block by hash", async () => {
      const head = await readHead(chain.rpc);
      expect(head.baseFeePerGas > 0n).to.equal(true);
      expect(await readBlock(chain.rpc, head.hash)).to.deep.equal(head);
      expect(await readBlock(chain.rpc, `0x${"77".repeat(32)}`)).to.equal(undefined);
      expect(await readGenesisHash(chain.rpc)).to.match(/^0x[0-9a-f]{64}$/);
    });

    it("gives the receipt of a mined transaction and undefined for others", async () => {
      const { submitter } = await createBench(chain);
      const result = await submitter.submit(requestFor());
      if (result.kind !== "mined") throw new Error(result.kind);
      expect(await readReceipt(chain.rpc, result.receipt.hash)).to.deep.equal(result.receipt);
      expect(result.receipt.succeeded).to.equal(true);
      expect(await readReceipt(chain.rpc, `0x${"77".repeat(32)}`)).to.equal(undefined);
    });

    it("K11 takes nothing for zero", async () => {
      for (const value of [undefined, null, "", "0x", 0, "12", {}]) {
        expect(() => toQuantity("eth_x", "field", value), JSON.stringify(value)).to.throw(MalformedAnswerError);
      }
      expect(toQuantity("eth_x", "field", "0x0")).to.equal(0n);
      for (const block of [null, {}, { number: "0x1", hash: "0x", timestamp: "0x1" }]) {
        const rpc = intercept(chain.rpc, () => Promise.resolve(block));
        expect(await rejection(readHead(rpc))).to.be.instanceOf(MalformedAnswerError);
      }
    });
  });

  describe("requireFreshHead", () => {
    const limits = { maxSnapshotAgeSeconds: 30, maxClockSkewSeconds: 15 };
    const head = { number: 5, hash: "0x05", timestamp: 1_000 };
    const at = (seconds: number) => () => requireFreshHead(head, createManualClock(seconds * 1_000), limits);

    it("K08 refuses a head older than the limit, one second beyond it", () => {
      at(1_000)();
      at(1_030)();
      expect(at(1_031))
        .to.throw(StaleSnapshotError)
        .that.deep.includes({ blockNumber: 5, ageSeconds: 31, limitSeconds: 30 });
    });

    it("K16 refuses a head from the future, one second beyond the allowed skew", () => {
      at(985)();
      expect(at(984)).to.throw(FutureBlockError).that.deep.includes({ blockNumber: 5, aheadSeconds: 16 });
    });
  });
});
