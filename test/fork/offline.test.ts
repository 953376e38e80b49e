import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { after, before, describe, it } from "mocha";

import { startRecorder, type Recorder } from "../../localnet/recording/recorder.ts";
import { serveAsArbitrum, serveAsMainnet, type TwinAsNetwork } from "./servedTwin.ts";
import { describeForkSuites, type GasLog } from "./suite.ts";

/** The suites that run on forks of genuine chains, without a network: the chain behind the node is a twin. */
describe("fork of the served twin as Ethereum", () => {
  let twin: TwinAsNetwork;
  before(async () => {
    twin = await serveAsMainnet();
  });
  after(() => twin.served.close());

  describeForkSuites(() => ({ network: twin.network, url: twin.served.url }), { hasGmx: false });
});

describe("fork of the served twin as Arbitrum", () => {
  const recorded: GasLog = new Map();
  const replayed: GasLog = new Map();
  let folder: string;
  let file: string;
  let twin: TwinAsNetwork;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "hedgerow-fork-"));
    twin = await serveAsArbitrum();
    file = path.join(folder, `arbitrum-${twin.network.block}.json.gz`);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const startWith = (upstreamUrl: string | undefined): Promise<Recorder> =>
    startRecorder({
      name: "the served twin",
      file,
      block: twin.network.block,
      chainId: twin.network.chainId,
      ...(upstreamUrl === undefined ? { mode: "replay" } : { upstreamUrl }),
    });

  describe("through a recorder", () => {
    let recorder: Recorder;
    before(async () => {
      recorder = await startWith(twin.served.url);
    });
    after(async () => {
      await recorder.close();
      await twin.served.close();
    });

    describeForkSuites(() => ({ network: twin.network, url: recorder.url }), { hasGmx: true, gas: recorded });

    describe("the recorder", () => {
      it("asked the node once for everything, and nothing that may change", () => {
        const { asked, replayed: again, refused } = recorder.counts;
        expect(asked).to.be.greaterThan(200);
        expect(again, "the second world reads what the first one read").to.be.greaterThan(100);
        expect(refused).to.equal(0);
      });
    });
  });

  describe("from the recording, the node being gone", () => {
    let recorder: Recorder;
    before(async () => {
      const reached = await fetch(twin.served.url).then(
        () => true,
        () => false,
      );
      expect(reached, "the twin is closed").to.equal(false);
      recorder = await startWith(undefined);
    });
    after(() => recorder.close());

    describeForkSuites(() => ({ network: twin.network, url: recorder.url }), { hasGmx: true, gas: replayed });

    describe("the replay", () => {
      it("used as much gas as before, for every action", async () => {
        expect(replayed.size).to.be.greaterThan(10);
        expect([...replayed]).to.deep.equal([...recorded]);
        expect(recorder.counts.refused).to.equal(0);
        expect(await readdir(folder)).to.deep.equal([path.basename(file)]);
      });
    });
  });
});
