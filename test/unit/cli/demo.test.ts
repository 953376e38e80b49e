import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import type { DemoResult } from "../../../cli/demo/result.ts";
import { EXIT, run } from "./host.ts";
import { expectClose } from "../../support/close.ts";

const HOURS = 6;
const T0 = Date.UTC(2024, 0, 1) / 1000;

describe("hedgerow demo", function () {
  this.timeout(60_000);
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), "hedgerow-demo-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const demo = (...args: readonly string[]) =>
    run(["demo", "--once", "--headless", "--out", path.join(directory, "out"), ...args]);

  it("runs a simulated market on the twin and leaves table, chart and report", async () => {
    const file = path.join(directory, "deep", "result.json");
    const { code, stdout, stderr } = await demo("--hours", String(HOURS), "--steps-per-hour", "2", "--json", file);
    expect(code, stderr).to.equal(EXIT.done);
    expect(stdout).to.include("hedged vault").and.include("Where the P&L came from");
    expect(stderr).to.include("100 %");
    const result = JSON.parse(readFileSync(file, "utf8")) as DemoResult;
    const { attribution } = result;
    const parts = attribution.fees + attribution.divergence + attribution.hedge + attribution.interest;
    expectClose(parts + attribution.swapCosts + attribution.gas, attribution.total, 1e-6);
    expect(Math.abs(result.unexplained)).to.be.below(result.unexplainedLimit);
    expect(result.rebalances.sent).to.be.at.least(1);
    expect(result.rebalances.reverted).to.equal(0);
    expect(result.window).to.include({ hours: HOURS, steps: 2 * HOURS });
    expect(result.nav.maxDifferenceToBooks).to.be.below(1e-4);
    expect(readFileSync(path.join(directory, "out", "chart.svg"), "utf8")).to.include("</svg>");
    expect(existsSync(path.join(directory, "out", "report.json"))).to.equal(true);
  });

  it("replays a file and prints nothing but JSON when asked to", async () => {
    const file = path.join(directory, "prices.csv");
    const rows = Array.from({ length: 12 }, (_, i) => `${T0 + i * 3_600},${3000 + 40 * Math.sin(i)}`);
    writeFileSync(file, ["time,close", ...rows].join("\n"));
    const args = ["--prices", file, "--from", "2024-01-01T03:00Z", "--hours", "5", "--deposit", "50000.5", "--json"];
    const { code, stdout, stderr } = await demo(...args);
    expect(code, stderr).to.equal(EXIT.done);
    const result = JSON.parse(stdout) as DemoResult;
    expect(result.window).to.include({ from: "2024-01-01T03:00Z", to: "2024-01-01T08:00Z", hours: 5 });
    expectClose(result.nav.start, 50_000.5, 1e-6);
    expectClose(result.market.priceStart, 3000 + 40 * Math.sin(2), 1e-9);
  });

  it("refuses before it starts anything", async () => {
    const file = path.join(directory, "prices.csv");
    writeFileSync(file, `time,close\n${T0},3000\n${T0 + 3_600},-1\n`);
    writeFileSync(path.join(directory, "occupied"), "");
    for (const [args, text] of [
      [["--prices", file], "line 3"],
      [["--prices", path.join(directory, "none.csv")], "no such file"],
      [["--from", "2024-01-01"], "--prices"],
      [["--from", "yesterday"], "It must be a date"],
      [["--hours", "0"], "whole number"],
      [["--deposit", "1e6"], "not an amount"],
      [["--deposit", "5"], "choose between"],
      [["--out", path.join(directory, "occupied", "out")], "cannot be written"],
      [["--width", "1"], "from 1.02 to 10"],
    ] as const) {
      const { code, stdout, stderr } = await demo(...args);
      expect({ code, stdout }, args.join(" ")).to.deep.equal({ code: EXIT.failed, stdout: "" });
      expect(stderr, args.join(" ")).to.include(text).and.not.include("Starting");
    }
  });
});
