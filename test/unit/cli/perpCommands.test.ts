import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { createTwinWorld } from "../../../cli/demo/world.ts";
import type { TwinWorld } from "../../../cli/demo/world.ts";
import { writeDeployment } from "../../../cli/deployment.ts";
import type { StatusReport } from "../../../cli/vault/status.ts";
import { expectClose } from "../../support/close.ts";
import { EXIT, run } from "./host.ts";

const START = { timestamp: 1_767_225_600, price: 2000 };

/** What a user sees of a vault whose venue answers later. */
describe("hedgerow status of a vault on a perpetual", function () {
  this.timeout(60_000);
  let world: TwinWorld;
  let directory: string;
  let file: string;

  before(async () => {
    world = await createTwinWorld({
      startPrice: START.price,
      startTimestamp: START.timestamp,
      depositQuote: "200000",
      rangeWidth: 1.5,
      isFeeGateEnabled: true,
      hedge: "gmx",
      gasPriceGwei: 0.1,
      rpcPort: 0,
    });
    directory = mkdtempSync(path.join(tmpdir(), "hedgerow-perp-"));
    file = path.join(directory, "addresses.json");
    if (world.deployment === undefined) throw new Error("the chain is not served");
    writeDeployment(file, world.deployment);
  });
  after(async () => {
    await world.close();
    rmSync(directory, { recursive: true });
  });

  const status = async (): Promise<StatusReport> => {
    const { code, stdout, stderr } = await run(["status", "--json"], { HEDGEROW_DEPLOYMENT: file });
    expect(code, stderr).to.equal(EXIT.done);
    return JSON.parse(stdout) as StatusReport;
  };

  it("shows the order that waits, and no more of it once the venue has answered", async () => {
    const signal = new AbortController().signal;
    expect(await world.tick(signal)).to.include({ kind: "sent", decision: "recentre" });
    const [waiting] = (await status()).hedges;
    expect(waiting).to.include({ venue: "gmx-v2-short", pending: true, lost: false });
    expect(Number(waiting?.pendingDelta)).to.be.below(-3);
    expect(Number(waiting?.executionFees)).to.be.above(1);
    const table = await run(["status"], { HEDGEROW_DEPLOYMENT: file });
    expect(table.stdout).to.match(/gmx-v2-short.*-[0-9.]+ WETH waits/);
    expect(await world.tick(signal), "the keeper waits, too").to.include({ kind: "held" });

    const answered = await world.answer(START.timestamp + 600);
    expect(answered?.feeQuote).to.be.above(0);
    const [done] = (await status()).hedges;
    expect(done).to.include({ pending: false, pendingDelta: null });
    expect(done?.delta).to.equal(waiting?.pendingDelta);
    expect(await world.answer(START.timestamp + 600), "nothing waits").to.equal(undefined);
  });

  it("redeems through the venue: the keeper has it pay first", async () => {
    const signal = new AbortController().signal;
    const key = { HEDGEROW_DEPLOYMENT: file, KEY: world.accounts.depositor.privateKey };
    const asked = await run(["redeem", "--shares", "10000", "--yes", "--private-key-env", "KEY", "--json"], key);
    expect(asked.code, asked.stderr).to.equal(EXIT.done);
    const kinds: string[] = [];
    for (let i = 0; i < 12 && Number((await status()).queue.pendingShares) > 0; i++) {
      const { kind, decision = "" } = await world.tick(signal);
      kinds.push(`${kind} ${decision}`);
      await world.answer(Infinity);
      await world.wait(61);
    }
    expect(kinds).to.include("sent raise");
    expect(Number((await status()).queue.claimable), kinds.join()).to.be.within(9_800, 10_010);
  });

  it("pays for execution, cancels an order that nobody answers, and says what is not owed", async () => {
    const key = { HEDGEROW_DEPLOYMENT: file, KEY: world.accounts.depositor.privateKey };
    const perp = (...args: readonly string[]): ReturnType<typeof run> =>
      run(["perp", ...args, "--private-key-env", "KEY", "--json"], key);
    const before = Number((await status()).hedges[0]?.executionFees);
    const shown = await perp("fund", "--amount", "0.25");
    expect(JSON.parse(shown.stdout)).to.include({ sent: false, value: "0.25", action: "fund" });
    expect((await perp("fund", "--amount", "0.25", "--yes")).code).to.equal(EXIT.done);
    expectClose(Number((await status()).hedges[0]?.executionFees), before + 0.25, 1e-9);
    for (const [args, sentence] of [
      [["fund"], "--amount"],
      [["fund", "--amount", "-1"], "no amount of ETH"],
      [["cancel-order", "--yes"], "Hedge_NothingPending"],
      [["pay-exit", "--yes"], "Nothing of the position is owed to"],
    ] as const) {
      const { code, stderr } = await perp(...args);
      expect(code, stderr).to.equal(EXIT.failed);
      expect(stderr).to.include(sentence);
    }

    // The feeds have been silent while time passed.
    await world.step({ timestamp: (await world.timestamp()) + 900, price: START.price, volumeQuote: 0 });
    expect(await world.tick(new AbortController().signal)).to.include({ kind: "sent" });
    expect((await perp("cancel-order", "--yes")).stderr).to.include("GmxV2Hedge_NotExpired");
    await world.wait(400);
    expect((await perp("cancel-order", "--yes")).code).to.equal(EXIT.done);
    expect((await status()).hedges[0]).to.include({ pending: false, pendingDelta: null });
    expect((await perp("claim-funding", "--yes")).code).to.equal(EXIT.done);
  });
});
