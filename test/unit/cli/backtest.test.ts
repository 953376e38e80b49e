import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { readEnvironment } from "../../../cli/env.ts";
import { runCli } from "../../../cli/main.ts";
import { simulatePath } from "../../../sdk/sim/path.ts";
import { expectClose } from "../../support/close.ts";
import { EXIT, collect, run } from "./host.ts";

const SHARED = path.resolve(import.meta.dirname, "../../../../shared/data");
const START = 1_767_225_600;

interface Json {
  readonly from: string;
  readonly to: string;
  readonly bars: number;
  readonly hours: number;
  readonly navStart: number;
  readonly navEnd: number;
  readonly return: number;
  readonly annualised: number;
  readonly varianceRemoved: number;
  readonly benchmarks: Readonly<Record<"unhedged" | "hold" | "cash", { readonly return: number }>>;
  readonly attribution: Readonly<Record<string, number>>;
  readonly costs: Readonly<Record<string, number>>;
  readonly risk: Readonly<Record<string, unknown>>;
  readonly actions: Readonly<Record<string, number>>;
  readonly dataRepairs: readonly { readonly kind: string }[];
  readonly assumptions: readonly string[];
  readonly series?: Readonly<Record<string, readonly number[]>>;
}

describe("hedgerow backtest", () => {
  let directory: string;
  let prices: string;
  const at = (name: string): string => path.join(directory, name);
  const readJson = (file: string): Json => JSON.parse(readFileSync(file, "utf8")) as Json;
  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), "hedgerow-backtest-"));
    prices = at("prices.csv");
    const { bars } = simulatePath({ seed: 9, hours: 30 * 24, startTimestamp: START });
    const rows = bars.map((bar) => [bar.timestamp, bar.open, bar.high, bar.low, bar.close].join(","));
    writeFileSync(prices, ["timestamp,open,high,low,close", ...rows].join("\n"));
  });
  after(() => rmSync(directory, { recursive: true }));

  it("says what it earned, against what and by what, in sentences and tables", async () => {
    const { code, stdout, stderr } = await run(["backtest", "--prices", prices]);
    expect(code, stderr).to.equal(EXIT.done);
    expect(stdout).to.match(/The hedged vault (earned|lost) [\d.]+ % in 30\.0 days/);
    expect(stdout).to.include("Without a hedge the same deposit made").and.include("Fees brought");
    for (const word of ["same range, no hedge", "divergence", "unexplained 0.000000", "worst hour", "Assumptions"])
      expect(stdout).to.include(word);
    expect(stdout).to.include("Funding: none; without --funding neither side pays.");
  });

  it("writes JSON, curves and a report that agree", async () => {
    const args = ["--json", at("o.json"), "--csv", at("s.csv"), "--report", at("deep/r.html"), "--series"];
    const { code, stderr } = await run(["backtest", "--prices", prices, "--venue", "aave", ...args]);
    expect(code, stderr).to.equal(EXIT.done);
    const json = readJson(at("o.json"));
    expect(json).to.include({
      from: "2026-01-01T00:00Z",
      to: "2026-01-31T00:00Z",
      bars: 720,
      hours: 720,
      navStart: 100_000,
    });
    expectClose(json.return, json.navEnd / json.navStart - 1, 1e-12);
    const { total = Number.NaN, unexplained = Number.NaN, ...parts } = json.attribution;
    expectClose(
      Object.values(parts).reduce((sum, value) => sum + value, 0),
      total,
      1e-6,
    );
    expectClose(total + unexplained, json.navEnd - json.navStart, 1e-6);
    expect(json.series?.["vault"]?.length).to.equal(721);
    const csv = readFileSync(at("s.csv"), "utf8").trimEnd().split("\n");
    expect(csv[0]).to.equal("timestamp,price,vault,unhedged,hold,deltaBase,triggerBase");
    expect(csv.length).to.equal(722);
    expect(Number(csv.at(-1)?.split(",")[2])).to.equal(json.navEnd);
    const html = readFileSync(at("deep/r.html"), "utf8");
    expect(html)
      .to.match(/^<!doctype html>/)
      .and.include("Where the P&amp;L came from");
    expect(html.match(/<svg role="img" aria-labelledby=/g)?.length).to.equal(6);
    expect(html).not.to.match(/<script|(?:src|href)=|url\(http/);
    expect(html).not.to.include("NaN");
  });

  it("prints JSON alone on stdout for - and for no name, without the curves", async () => {
    for (const args of [["--json"], ["--json", "-"]]) {
      const { stdout } = await run(["backtest", "--prices", prices, ...args]);
      const json = JSON.parse(stdout) as Json;
      expect(json.bars).to.equal(720);
      expect(json.series).to.equal(undefined);
      expect(json.dataRepairs).to.deep.equal([]);
    }
  });

  it("says where a file is wrong, and repairs it only when asked", async () => {
    const lines = readFileSync(prices, "utf8").split("\n");
    writeFileSync(at("gap.csv"), lines.filter((_, i) => i !== 100 && i !== 101).join("\n"));
    const refused = await run(["backtest", "--prices", at("gap.csv")]);
    expect(refused.code).to.equal(EXIT.failed);
    expect(refused.stderr).to.match(/gap\.csv, line 101, column "timestamp": 2 rows are missing .*ask for repairs\n$/);
    const repaired = await run(["backtest", "--prices", at("gap.csv"), "--repair", "2", "--json"]);
    const json = JSON.parse(repaired.stdout) as Json;
    expect(json.bars).to.equal(720);
    expect(json.dataRepairs.map(({ kind }) => kind)).to.deep.equal(["gap"]);
    expect((await run(["backtest", "--prices", at("gap.csv"), "--repair", "1"])).code).to.equal(EXIT.failed);
  });

  it("refuses options that contradict each other, in one line", async () => {
    const cases: readonly (readonly [args: readonly string[], words: string])[] = [
      [[], "--prices is missing"],
      [["--prices", at("none.csv")], "no such file"],
      [["--prices", prices, "--from", "2026-01-05", "--to", "2026-01-02"], "--to has to lie after --from"],
      [["--prices", prices, "--from", "2025-01-05"], "is not inside"],
      [["--prices", prices, "--venue", "aave", "--funding", prices], "--funding belongs to --venue perp"],
      [["--prices", prices, "--fee-apr", "0.2", "--daily-turnover", "1"], "name the pool's fees twice"],
      [["--prices", prices, "--target-health", "1.2"], "--target-health has to exceed --min-health"],
      [["--prices", prices, "--venue", "bank"], "perp, aave"],
      [["--prices", prices, "--repair", "soon"], "number of hours"],
      [["--prices", prices, "--json", path.join(prices, "x.json")], "cannot be written"],
    ];
    for (const [args, words] of cases) {
      const { code, stdout, stderr } = await run(["backtest", ...args]);
      expect({ code, stdout }, args.join(" ")).to.deep.equal({ code: EXIT.failed, stdout: "" });
      expect(stderr).to.include(words);
      expect(stderr.trimEnd()).not.to.include("\n");
    }
  });

  it("writes nothing when it is interrupted", async () => {
    const stream = collect().stream;
    const code = await runCli(["backtest", "--prices", prices, "--json", at("never.json")], {
      environment: readEnvironment({}),
      streams: { stdout: stream, stderr: stream },
      signal: AbortSignal.abort(),
    });
    expect(code).to.equal(EXIT.interrupted);
    expect(existsSync(at("never.json"))).to.equal(false);
  });

  it("goes through May 2021 with the funding of the time", async function () {
    const files = [path.join(SHARED, "eth-usd-1h.csv"), path.join(SHARED, "eth-perp-funding-8h.csv")] as const;
    if (!files.every((file) => existsSync(file))) {
      console.log("      skipped: eth-usd-1h.csv and eth-perp-funding-8h.csv are not beside the clone");
      this.skip();
    }
    const window = ["--from", "2021-05-01", "--to", "2021-06-01", "--json"];
    const args = ["backtest", "--prices", files[0], "--funding", files[1], ...window];
    const { stdout, stderr } = await run([...args, "--no-fee-gate"]);
    expect(stdout, stderr).not.to.equal("");
    const json = JSON.parse(stdout) as Json;
    expect(json).to.include({ bars: 744, hours: 744 });
    // The gate sees that fees do not pay for such a month, and leaves.
    const gated = JSON.parse((await run(args)).stdout) as Json;
    expect(gated.actions["exit"]).to.be.greaterThan(0);
    expect(gated.return).to.be.within(-0.02, 0.02);
    // The price ended 2.4 % down, after a fall of half in between: holding half of it lost half of that.
    expectClose(json.benchmarks.hold.return, -0.01195, 1e-4);
    expect(json.varianceRemoved).to.be.greaterThan(0.95);
    // Longs paid shorts in that month; what the liquidity lost to the moves was far more than fees and funding brought.
    expect(json.attribution["funding"]).to.be.within(300, 1_000);
    expect(json.return).to.be.within(-0.25, -0.1);
    expect(json.benchmarks.unhedged.return).to.be.lessThan(json.return);
    expect(json.actions["liquidations"]).to.equal(0);
  });

  it("takes the fees of a day from the pool's own events", async function () {
    const candles = path.join(SHARED, "eth-usd-1h.csv");
    const events = path.join(SHARED, "uniswap-v3-usdc-weth-5bp-2024-01-05.csv");
    if (![candles, events].every((file) => existsSync(file))) {
      console.log("      skipped: eth-usd-1h.csv and the pool's events are not beside the clone");
      this.skip();
    }
    const window = ["--from", "2024-01-05", "--to", "2024-01-06", "--json"];
    const { stdout } = await run(["backtest", "--prices", candles, "--events", events, ...window]);
    const json = JSON.parse(stdout) as Json;
    // 3.86 quote a year for a unit of liquidity; a deposit of 100,000 has about 3,280 of it at 2,270.
    expect(json.attribution["fees"]).to.be.within(25, 45);
    expect(json.assumptions[0]).to.include("6046 swaps");
  });
});
