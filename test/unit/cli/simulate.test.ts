import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { parse } from "csv-parse/sync";
import { expect } from "chai";
import { after, before, describe, it } from "mocha";

import { scaleModel } from "../../../cli/simulate/market.ts";
import type { StrategySummary } from "../../../sdk/sim/monteCarlo/summary.ts";
import { EXPERIMENT_MODELS } from "../../../sdk/sim/models/priceModel.ts";
import type { SweepRow } from "../../../sdk/sim/sweep/sweep.ts";
import { EXIT, run } from "./host.ts";

/** Small enough for a test: three days, no options, whose tables take a second. */
const SMALL = ["--days", "3", "--paths", "40", "--workers", "0", "--model", "gbm"];

describe("hedgerow simulate", () => {
  it("prints what each hedge leaves and costs, and the same as JSON for the same seed", async () => {
    const args = ["simulate", ...SMALL, "--only", "hourly"];
    const json = await run([...args, "--json"]);
    expect(json.code, json.stderr).to.equal(EXIT.done);
    const { rows } = JSON.parse(json.stdout) as { readonly rows: readonly StrategySummary[] };
    expect(rows.map(({ strategy }) => strategy)).to.deep.equal(["no hedge", "hourly"]);
    expect(rows[0]?.varianceRemoved).to.equal(0);
    expect(rows[1]?.varianceRemoved).to.be.within(0.9, 1);
    expect((await run([...args, "--json"])).stdout).to.equal(json.stdout);
    expect((await run([...args, "--json", "--seed", "2"])).stdout).to.not.equal(json.stdout);
    const table = await run(args);
    expect(table.stdout).to.contain("variance removed").and.to.contain("hourly");
  });

  it("names the hedges there are when none is called so", async () => {
    const { code, stderr } = await run(["simulate", ...SMALL, "--only", "magic"]);
    expect(code).to.equal(EXIT.failed);
    expect(stderr).to.contain('called like "magic"').and.to.contain("optimal band");
  });
});

describe("hedgerow sweep", () => {
  let directory: string;
  const small = ["sweep", ...SMALL, "--widths", "1.27", "--strips", "0"];

  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), "hedgerow-sweep-"));
  });
  after(() => rmSync(directory, { recursive: true }));

  it("writes all combinations as JSON and CSV, cheapest first, and prints those that nothing beats", async () => {
    const [json, csv] = [path.join(directory, "a", "sweep.json"), path.join(directory, "sweep.csv")];
    const { code, stdout, stderr } = await run([...small, "--json", json, "--csv", csv]);
    expect(code, stderr).to.equal(EXIT.done);
    const { rows } = JSON.parse(readFileSync(json, "utf8")) as { readonly rows: readonly SweepRow[] };
    expect(rows).to.have.length(3);
    expect(rows.map(({ costBp }) => costBp)).to.deep.equal(rows.map(({ costBp }) => costBp).sort((a, b) => a - b));
    const records = parse(readFileSync(csv, "utf8"), { columns: true }) as unknown as readonly Record<string, string>[];
    expect(records.map((record) => Number(record["es95"]))).to.deep.equal(rows.map(({ es95 }) => es95));
    const best = rows.filter(({ isEfficient }) => isEfficient).length;
    expect(stdout).to.contain(`${best} of 3`);
  });

  it("refuses what it cannot write or try before it begins", async () => {
    const file = path.join(directory, "file");
    writeFileSync(file, "");
    for (const [args, sentence] of [
      [[...small, "--json", path.join(file, "below.json")], "cannot be written"],
      [["sweep", "--strips", "3"], "from 0 to 2"],
      [["sweep", "--widths", "1.5,1.5"], "not name a value twice"],
      [["sweep", "--model", "magic"], "Allowed choices"],
      [["sweep-worker"], "--queue is missing"],
      [[...small, "--queue", "postgres://nobody@127.0.0.1:9/none"], "Check the address"],
    ] as const) {
      const { code, stderr, stdout } = await run(args);
      expect(code, sentence).to.equal(EXIT.failed);
      expect(stderr).to.contain(sentence);
      expect(stdout).to.equal("");
    }
  });
});

describe("scaleModel", () => {
  it("scales every move and leaves times and correlations as they are", () => {
    const { hestonJumps, logOuJumps, merton } = EXPERIMENT_MODELS;
    if (hestonJumps.kind !== "hestonJumps" || logOuJumps.kind !== "logOuJumps" || merton.kind !== "merton") {
      throw new Error("the models of the experiment are under other names");
    }
    expect(scaleModel(merton, 2)).to.deep.include({
      volatility: merton.volatility * 2,
      jumpDeviation: merton.jumpDeviation * 2,
      jumpsPerYear: merton.jumpsPerYear,
    });
    expect(scaleModel(hestonJumps, 2)).to.deep.include({
      meanVariance: hestonJumps.meanVariance * 4,
      volOfVariance: hestonJumps.volOfVariance * 2,
      reversion: hestonJumps.reversion,
    });
    expect(scaleModel(logOuJumps, 0.5)).to.deep.include({
      baseVolatility: logOuJumps.baseVolatility / 2,
      volOfVol: logOuJumps.volOfVol,
    });
  });
});
