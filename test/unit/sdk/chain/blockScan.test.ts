import { expect } from "chai";

import { readCreationBlock, scanBlocks } from "../../../../sdk/chain/blockScan.ts";
import { ReadError } from "../../../../sdk/chain/snapshot.ts";

/** A node that reads at most so many blocks at once. */
function scanner(limit: number): {
  readonly asked: [number, number][];
  readonly read: (from: number, to: number) => Promise<string>;
} {
  const asked: [number, number][] = [];
  const read = (from: number, to: number): Promise<string> => {
    asked.push([from, to]);
    if (to - from + 1 > limit) return Promise.reject(new Error("range too large"));
    return Promise.resolve(`${from}-${to}`);
  };
  return { asked, read };
}

const isTooMuch = (error: unknown): boolean => error instanceof Error && error.message === "range too large";

async function partsOf(
  ...args: Parameters<typeof scanBlocks<string>>
): Promise<readonly (readonly [number, number])[]> {
  const parts: (readonly [number, number])[] = [];
  for await (const { fromBlock, toBlock, result } of scanBlocks(...args)) {
    expect(result).to.equal(`${fromBlock}-${toBlock}`);
    parts.push([fromBlock, toBlock]);
  }
  return parts;
}

describe("scanBlocks", () => {
  for (const limit of [1, 3, 64, 1_000, 1e9]) {
    it(`reads every block once from a node that takes ${limit}`, async () => {
      const parts = await partsOf(17, 5_016, scanner(limit).read, { isTooMuch, firstBlocks: 100 });
      let next = 17;
      for (const [from, to] of parts) {
        expect(from).to.equal(next);
        expect(to - from).to.be.below(limit);
        next = to + 1;
      }
      expect(next).to.equal(5_017);
    });
  }

  it("asks for more after it was given some", async () => {
    const { asked, read } = scanner(1e9);
    await partsOf(0, 99_999, read, { isTooMuch, firstBlocks: 100, maxBlocks: 10_000 });
    expect(asked.length).to.be.below(40);
    expect(Math.max(...asked.map(([from, to]) => to - from + 1))).to.equal(10_000);
  });

  it("reads nothing of nothing, and gives up on what is not about the size", async () => {
    expect(await partsOf(5, 4, scanner(1).read, { isTooMuch })).to.deep.equal([]);
    const rejection = async (limit: number, judge: (error: unknown) => boolean): Promise<string> => {
      try {
        await partsOf(0, 10, scanner(limit).read, { isTooMuch: judge });
        return "nothing";
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(await rejection(5, () => false)).to.equal("range too large");
    expect(await rejection(0, isTooMuch)).to.equal("range too large");
    expect(await rejection(5, isTooMuch)).to.equal("nothing");
  });
});

describe("readCreationBlock", () => {
  const head = { number: 1_000, hash: "0x", timestamp: 0 };
  const node = (created: number, oldest = 0) => ({
    send: (_method: string, params: unknown[]): Promise<unknown> => {
      const block = Number(params[1]);
      if (block < oldest) return Promise.reject(new Error("missing trie node"));
      return Promise.resolve(block >= created ? "0x60" : "0x");
    },
  });

  for (const created of [0, 1, 2, 499, 500, 999, 1_000]) {
    it(`finds block ${created}`, async () => {
      expect(await readCreationBlock(node(created), "0x12", head)).to.equal(created);
    });
  }

  it("says when there is no contract, and when the node forgot", async () => {
    for (const [what, text] of [
      [node(1_001), "no contract"],
      [node(3, 900), "keeps no state"],
    ] as const) {
      let failure: unknown;
      await readCreationBlock(what, "0x12", head).catch((error: unknown) => (failure = error));
      expect(failure).to.be.instanceOf(ReadError);
      expect(String(failure)).to.include(text);
    }
  });
});
