import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { rehearse } from "../../scripts/rehearse/rehearse.ts";

/** Quicker blocks than `npm run rehearse`; killed in the vault's own part, behind the 17 transactions of the system. */
const BLOCK_MS = 200;
const KILL_AFTER = 19;

describe("the way to a testnet vault", function () {
  this.timeout(300_000);
  let directory: string;
  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), "hedgerow-e2e-"));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  it("leads from new keys over a killed deployment to a hedged vault and back out", async () => {
    const steps: string[] = [];
    const result = await rehearse({
      directory,
      blockMs: BLOCK_MS,
      killAfter: KILL_AFTER,
      report: (text) => void steps.push(text),
    });
    expect(steps.join("\n")).to.include(`killed with -9 after ${KILL_AFTER} transactions`);
    expect(result.sentTransactions, "no second contract").to.equal(result.plannedTransactions);
    expect(result.rangesHeld).to.equal(1);
    expect(Math.abs(result.deltaFractionOfNav)).to.be.below(0.01);
    expect(result.claimed).to.be.closeTo(result.deposited / 2, result.deposited / 100);

    const file = path.join(directory, "deployments", "sepolia", "hrWETH", "addresses.json");
    const addresses = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    expect(addresses).to.include({ network: "sepolia", chainId: 11_155_111, vault: result.vault });
    expect(JSON.stringify(addresses)).to.not.match(/password|privateKey/i);
  });
});
