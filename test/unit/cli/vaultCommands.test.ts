import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { createTwinWorld } from "../../../cli/demo/world.ts";
import type { TwinWorld } from "../../../cli/demo/world.ts";
import { writeDeployment } from "../../../cli/deployment.ts";
import { computeMarkNavQuote } from "../../../sdk/sim/mark.ts";
import { EXIT, run } from "./host.ts";
import type { CliRun } from "./host.ts";
import { expectClose } from "../../support/close.ts";

const START = { timestamp: 1_767_225_600, price: 2000 };
const DEPOSIT = 200_000;
const KEY = "DEPOSITOR_KEY";

/** The commands against a vault on a served twin: what a user does, in the order a user does it. */
describe("hedgerow status, deposit, redeem, claim and keeper on a chain", function () {
  this.timeout(60_000);
  let world: TwinWorld;
  let directory: string;
  let variables: Record<string, string>;

  before(async () => {
    world = await createTwinWorld({
      startPrice: START.price,
      startTimestamp: START.timestamp,
      depositQuote: String(DEPOSIT),
      rangeWidth: 1.5,
      isFeeGateEnabled: true,
      hedge: "aave",
      gasPriceGwei: 2,
      rpcPort: 0,
    });
    directory = mkdtempSync(path.join(tmpdir(), "hedgerow-vault-"));
    const file = path.join(directory, "addresses.json");
    if (world.deployment === undefined) throw new Error("the chain is not served");
    writeDeployment(file, world.deployment);
    variables = { HEDGEROW_DEPLOYMENT: file, [KEY]: world.accounts.depositor.privateKey };
  });
  after(async () => {
    await world.close();
    rmSync(directory, { recursive: true });
  });

  const hedgerow = (...args: readonly string[]): Promise<CliRun> => run(args, variables);
  const signed = (...args: readonly string[]): Promise<CliRun> => hedgerow(...args, "--private-key-env", KEY, "--json");
  async function json(promise: Promise<CliRun>): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await promise;
    expect(code, stderr).to.equal(EXIT.done);
    return JSON.parse(stdout) as Record<string, unknown>;
  }
  async function refusal(promise: Promise<CliRun>): Promise<string> {
    const { code, stdout, stderr } = await promise;
    expect({ code, stdout }).to.deep.equal({ code: EXIT.failed, stdout: "" });
    return stderr;
  }

  it("observes a vault whose parts add up to its own books", async () => {
    const observation = await world.observe("flow", 0);
    expect(observation.mark).to.include({ idleQuote: DEPOSIT, liquidityBase: 0, debtBase: 0, price: START.price });
    expect(observation).to.include({ health: null, range: null, deltaBase: 0 });
    expect(Math.abs(observation.navDifferenceQuote)).to.be.below(1e-5);
  });

  it("has a keeper that opens the position and says what it paid for it", async () => {
    const report = await world.tick(new AbortController().signal);
    expect(report).to.include({ kind: "sent", decision: "recentre" });
    expectClose(report.gasQuote, report.gasUsed * 2e-9 * START.price, 1e-9);
    const observation = await world.observe("action", report.gasQuote);
    expect(observation.mark.liquidityBase).to.be.above(0);
    expect(observation.mark.debtBase).to.be.above(0);
    expect(Math.abs(observation.navDifferenceQuote)).to.be.below(1e-5);
    expectClose(computeMarkNavQuote(observation.mark), DEPOSIT, 1);
    expect((await world.tick(new AbortController().signal)).kind).to.equal("held");
  });

  it("values at the market's price while the oracle still has its old one", async () => {
    await world.step({ timestamp: START.timestamp + 900, price: START.price, volumeQuote: 0 });
    await world.step({ timestamp: START.timestamp + 1_800, price: 2004, volumeQuote: 1_000_000 });
    const observation = await world.observe("market", 0);
    expect(observation.mark.price).to.equal(2004);
    expect(observation.oraclePrice).to.equal(START.price);
    expect(observation.mark.feesQuote + observation.mark.feesBase).to.be.above(0);
    expect(Math.abs(observation.navDifferenceQuote)).to.be.below(1e-5);
  });

  it("shows the vault to people and to programs", async () => {
    const report = await json(hedgerow("status", "--json"));
    expect(report).to.have.property("chainId", "31337");
    expect(report["units"]).to.deep.equal({ base: "WETH", quote: "USDC", share: "hrETHUSDC" });
    expect(report["ranges"]).to.have.length(1);
    const { stdout } = await hedgerow("status");
    expect(stdout).to.include("net delta").and.include("healthy").and.include("aave-v3-short");
  });

  it("previews a redemption without sending anything, then makes it and claims", async () => {
    const preview = await json(signed("redeem", "--shares", "50000.5"));
    expect(preview).to.include({ sent: false, shares: "50000.5", balance: String(DEPOSIT) });
    expect((await hedgerow("status")).stdout).to.include("200,000.0000");

    const made = await json(signed("redeem", "--shares", "50000.5", "--yes"));
    expect(made).to.include({ sent: true, settled: true, requestId: "1" });
    const claimable = Number(made["claimable"]);
    expectClose(claimable, 50_000, 100);

    expect(await json(signed("claim"))).to.include({ sent: false, assets: made["claimable"] });
    expect(await json(signed("claim", "--yes"))).to.include({ sent: true, assets: made["claimable"] });
    expect(await refusal(signed("claim", "--yes"))).to.include("nothing to claim");
  });

  it("cancels a redemption that waits, and leaves in kind once the delay is over", async () => {
    // Nothing settles while the feeds are older than their heartbeats.
    await world.wait(2 * 86_400);
    const waiting = await json(signed("redeem", "--shares", "1000", "--yes"));
    expect(waiting).to.include({ sent: true, settled: false, requestId: "2" });
    const second = await json(signed("redeem", "--shares", "2000", "--yes"));
    expect(second).to.include({ settled: false, requestId: "3" });

    expect(await json(signed("cancel", "--request", "2"))).to.include({ sent: false, shares: "1000" });
    const cancelled = await json(signed("cancel", "--request", "2", "--yes"));
    expect(cancelled).to.include({ sent: true, shares: "1000" });
    expect(await refusal(signed("cancel", "--request", "2", "--yes"))).to.include("nothing to cancel");

    expect(await json(signed("exit", "--request", "3"))).to.include({ sent: false, open: false });
    expect(await refusal(signed("exit", "--request", "3", "--yes"))).to.include("may leave in kind from");
    await world.wait(86_400);
    // The short is a little larger than the base in the liquidity, and this account brings none.
    expect(await refusal(signed("exit", "--request", "3", "--yes"))).to.include("HedgedVault_ExitNeedsMoreBase");
    const left = await json(signed("exit", "--request", "3", "--leave-hedges", "0", "--yes"));
    expect(left).to.include({ sent: true, open: true, baseIn: "0" });
    expect(Number(left["quoteOut"])).to.be.greaterThan(300);
    expect(Number(left["baseOut"])).to.be.greaterThan(0.1);
    expect(await refusal(signed("exit", "--request", "3", "--yes"))).to.include("waits for nothing");
    await world.step({ price: START.price, volumeQuote: 0, timestamp: (await world.timestamp()) + 900 });
  });

  it("deposits with the exact allowance", async () => {
    const preview = await json(signed("deposit", "--amount", "1250.25"));
    expect(preview).to.include({ sent: false, assets: "1250.25", allowance: "0" });
    const made = await json(signed("deposit", "--amount", "1250.25", "--yes"));
    expect(made).to.include({ sent: true });
    expectClose(Number(made["shares"]), Number(preview["sharesExpected"]), 1);
    expect(await json(signed("deposit", "--amount", "1"))).to.include({ allowance: "0" });
  });

  it("refuses what cannot be, before anything is sent", async () => {
    const before = (await json(hedgerow("status", "--json")))["block"];
    expect(await refusal(signed("deposit", "--amount", "1.1234567", "--yes"))).to.include("6 decimals");
    expect(await refusal(signed("deposit", "--amount", "5000000", "--yes"))).to.include("holds");
    expect(await refusal(signed("redeem", "--shares", "5000000", "--yes"))).to.include("holds");
    expect(await refusal(signed("deposit", "--amount", "1", "--yes", "--chain-id", "1"))).to.include(
      "serves chain 31337",
    );
    const { quote } = world.deployment ?? {};
    expect(await refusal(hedgerow("status", "--vault", String(quote)))).to.include("cannot be read");
    const stranger = ["--vault", String(quote), "--account", world.accounts.depositor.address];
    expect(await refusal(hedgerow("deposit", "--amount", "1", ...stranger))).to.include("not a Hedgerow vault");
    expect((await json(hedgerow("status", "--json")))["block"]).to.deep.equal(before);
  });

  it("asks for the chain's name before it sends to a vault that no deployment names", async () => {
    const { rpcUrl = "", vault, lens } = world.deployment ?? { rpcUrl: "", vault: "", lens: "" };
    const args = [
      "deposit",
      "--amount",
      "1",
      "--rpc",
      rpcUrl,
      "--lens",
      lens,
      "--private-key-env",
      KEY,
      "--json",
      "--yes",
    ];
    const other = path.join(directory, "other.json");
    if (world.deployment !== undefined) writeDeployment(other, { ...world.deployment, vault: lens });
    const elsewhere = { ...variables, HEDGEROW_DEPLOYMENT: other };
    expect(await refusal(run([...args, "--vault", vault], elsewhere))).to.include("--chain-id 31337");
    const { code, stderr } = await run([...args, "--vault", vault, "--chain-id", "31337"], elsewhere);
    expect(code, stderr).to.equal(EXIT.done);
  });

  it("runs the keeper once, dry, in the time of the chain", async () => {
    const { code, stdout, stderr } = await hedgerow("keeper", "--once", "--account", world.accounts.keeper.address);
    expect(code, stderr).to.equal(EXIT.done);
    expect(stdout).to.include("decision").and.include("net delta");
    expect(
      await refusal(hedgerow("keeper", "--once", "--live", "--account", world.accounts.keeper.address)),
    ).to.include("no key");
  });
});
