import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";

import type { IntentState } from "../../../keeper/intents.ts";
import { Journal } from "../../../keeper/journal.ts";
import type { KillPoint } from "./crashChild.ts";
import {
  CHAIN_ID,
  createBench,
  KEY,
  requestFor,
  serveRpc,
  startChain,
  temporaryFile,
  type TestChain,
  VAULT,
} from "./support.ts";

const CHILD = fileURLToPath(new URL("crashChild.ts", import.meta.url));

interface Expected {
  readonly killAt: KillPoint;
  /** The intent as the dead process left it; undefined: none was written. */
  readonly leftAs: IntentState | undefined;
  /** After `resolve`. */
  readonly becomes: IntentState | undefined;
  /** Times that the call took effect, once resolved. */
  readonly effects: 0 | 1;
}

/** In the order in which a submission passes them. */
const POINTS: readonly Expected[] = [
  { killAt: "before the intent", leftAs: undefined, becomes: undefined, effects: 0 },
  { killAt: "intent written", leftAs: "reserved", becomes: "abandoned", effects: 0 },
  { killAt: "bytes signed", leftAs: "reserved", becomes: "abandoned", effects: 0 },
  { killAt: "bytes stored", leftAs: "signed", becomes: "confirmed", effects: 1 },
  { killAt: "before the broadcast", leftAs: "signed", becomes: "confirmed", effects: 1 },
  { killAt: "after the broadcast", leftAs: "signed", becomes: "confirmed", effects: 1 },
  { killAt: "broadcast recorded", leftAs: "broadcast", becomes: "confirmed", effects: 1 },
  { killAt: "receipt seen", leftAs: "broadcast", becomes: "confirmed", effects: 1 },
  { killAt: "receipt recorded", leftAs: "confirmed", becomes: "confirmed", effects: 1 },
];

/** Runs the child to its end. */
function runChild(order: object): Promise<{ readonly signal: string | null; readonly output: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [CHILD, JSON.stringify(order)], (_error, stdout, stderr) => {
      resolve({ signal: child.signalCode, output: `${stdout}${stderr}` });
    });
  });
}

describe("K01 the keeper is killed while it submits", () => {
  let chain: TestChain;
  let server: { readonly url: string; close(): Promise<void> };
  let file: ReturnType<typeof temporaryFile>;

  beforeEach(async () => {
    chain = await startChain();
    server = await serveRpc((method, params) => chain.request(method, ...params));
    file = temporaryFile("crash.sqlite");
  });
  afterEach(async () => {
    await server.close();
    await chain.close();
    await file.remove();
  });

  const orderFor = (killAt: KillPoint): object => ({
    url: server.url,
    journalPath: file.path,
    killAt,
    vault: VAULT,
    privateKey: KEY,
    chainId: Number(CHAIN_ID),
  });

  for (const { killAt, leftAs, becomes, effects } of POINTS) {
    it(`K01 ${killAt}: at most one effect, no gap, and the next call goes through`, async () => {
      const { signal, output } = await runChild(orderFor(killAt));
      expect(signal, output).to.equal("SIGKILL");
      expect(output).to.equal(`died: ${killAt}`);

      const journal = Journal.open(file.path);
      expect(journal.listIntents(1)[0]?.state).to.equal(leftAs);
      const { submitter } = await createBench(chain, { journal });
      await submitter.resolve();
      // Twice, because a restart may be followed by another.
      await submitter.resolve();
      expect(journal.listIntents(1)[0]?.state).to.equal(becomes);
      expect(await chain.effects()).to.equal(effects);
      expect(await chain.nonce()).to.equal(effects);

      expect((await submitter.submit(requestFor())).kind).to.equal("mined");
      expect(journal.listIntents(1)[0]?.nonce).to.equal(effects);
      expect(await chain.effects()).to.equal(effects + 1);
      expect(await chain.nonce()).to.equal(effects + 1);
      journal.close();
    });
  }

  it("K01 after the broadcast, before the block: the pool's copy and the journal's are one transaction", async () => {
    await chain.setAutomine(false);
    expect((await runChild(orderFor("after the broadcast"))).signal).to.equal("SIGKILL");
    const journal = Journal.open(file.path);
    const { submitter } = await createBench(chain, { journal });
    expect((await submitter.resolve()).map(({ kind }) => kind)).to.deep.equal(["pending"]);
    expect(journal.listIntents(1)[0]?.state).to.equal("broadcast");
    await chain.mine();
    expect((await submitter.resolve()).map(({ kind }) => kind)).to.deep.equal(["mined"]);
    expect(await chain.effects()).to.equal(1);
    expect(await chain.nonce()).to.equal(1);
    journal.close();
  });

  it("K01 control: the same process left alive submits once", async () => {
    const { signal, output } = await runChild(orderFor("never"));
    expect(signal, output).to.equal(null);
    expect(output).to.equal("survived: mined");
    expect(await chain.effects()).to.equal(1);
  });
});
