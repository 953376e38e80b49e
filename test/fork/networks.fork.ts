import { expect } from "chai";
import { after, before, describe, it } from "mocha";

import { createOutput } from "../../cli/output.ts";
import { startRecorder, type Recorder } from "../../localnet/recording/recorder.ts";
import { computeGasRatios } from "./gasRatios.ts";
import { FORK_NETWORKS } from "./networks.ts";
import { type ForkRun, readForkRun } from "./options.ts";
import { serveAsArbitrum, serveAsMainnet, type TwinAsNetwork } from "./servedTwin.ts";
import { describeForkSuites, type GasLog } from "./suite.ts";

// Not part of `npm test`: the name does not end as its tests do. `npm run test:fork` runs it.

/** One test of the suites reads up to a few hundred slots from a node that may be slow. */
const TIMEOUT_MS = 20 * 60_000;
/** Genuine venues are newer than those on npm and have more reserves, rewards and ticks; more than this is another cause. */
const MAX_RATIO = 3;

const runs = FORK_NETWORKS.map((network) => readForkRun(network, process.env));
const works = runs.filter(({ skip }) => skip === undefined);

/** What the networks are compared with: the same suites, the same way, on the twin, with a sequencer to ask or without. */
const references = [
  { title: "the twin as Ethereum", isL2: false, serve: serveAsMainnet, gas: new Map() as GasLog },
  { title: "the twin as Arbitrum", isL2: true, serve: serveAsArbitrum, gas: new Map() as GasLog },
];
const isL2 = ({ network }: ForkRun): boolean => network.sequencerFeed !== undefined;

for (const reference of references.filter(({ isL2: l2 }) => works.some((run) => isL2(run) === l2))) {
  describe(`${reference.title}, for comparison`, () => {
    let twin: TwinAsNetwork;
    before(async () => {
      twin = await reference.serve();
    });
    after(() => twin.served.close());

    describeForkSuites(() => ({ network: twin.network, url: twin.served.url }), {
      hasGmx: reference.isL2,
      gas: reference.gas,
    });
  });
}

for (const run of runs) {
  const { skip } = run;
  const title = `${run.network.name} at block ${run.network.block}`;
  if (skip === undefined) describe(title, () => describeNetwork(run));
  else if (!run.isWanted) it.skip(`${title}: ${skip}`);
  else {
    it(title, () => {
      throw new Error(`${run.network.name} cannot run: ${skip}.`);
    });
  }
}

function describeNetwork(run: ForkRun): void {
  const { network, mode, file, upstreamUrl } = run;
  const twinGas = references.find((reference) => reference.isL2 === isL2(run))?.gas ?? new Map<string, bigint>();
  const gas: GasLog = new Map();
  let recorder: Recorder | undefined;

  before(async function () {
    this.timeout(TIMEOUT_MS);
    recorder = await startRecorder({
      name: `${network.name} (${network.rpcVariable})`,
      file,
      block: network.block,
      chainId: network.chainId,
      mode,
      ...(upstreamUrl === undefined ? {} : { upstreamUrl }),
    });
  });
  after(async function () {
    this.timeout(TIMEOUT_MS);
    if (recorder === undefined) return;
    await recorder.close();
    const { asked, replayed } = recorder.counts;
    console.log(`    ${asked} reads from the node, ${replayed} from the recording`);
  });

  describeForkSuites(() => ({ network, url: recorder?.url ?? "" }), {
    hasGmx: network.gmx !== undefined,
    timeoutMs: TIMEOUT_MS,
    gas,
  });

  describe("gas", () => {
    it("is that of the twin, up to what genuine venues do beyond it", function () {
      if (twinGas.size === 0) this.skip(); // not all tests were chosen
      const ratios = computeGasRatios(gas, twinGas);
      createOutput({ stdout: process.stdout, stderr: process.stderr, noColor: true }).table(
        `Gas on ${network.name}`,
        [
          { title: "action" },
          ...["gas", "twin", "ratio"].map((column) => ({ title: column, align: "right" }) as const),
        ],
        ratios.map(({ action, gas: used, twinGas: reference, ratio }) => [
          action,
          used.toLocaleString("en"),
          reference.toLocaleString("en"),
          ratio.toFixed(3),
        ]),
      );
      expect(ratios.length, "actions measured on both").to.equal(gas.size);
      expect(ratios.length).to.be.greaterThan(7);
      for (const { action, ratio } of ratios) expect(ratio, action).to.be.within(1 / MAX_RATIO, MAX_RATIO);
    });
  });
}
