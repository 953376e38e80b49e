import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { readCandles } from "../../../../sdk/sim/data/candles.ts";
import { readFunding } from "../../../../sdk/sim/data/funding.ts";
import { parseCsvTable, readTable } from "../../../../sdk/sim/data/table.ts";
import { computeActiveLiquidity, parseTicks, readTicks } from "../../../../sdk/sim/data/ticks.ts";
import { encodeParquet } from "./parquet.ts";
import { fileRefusal, refusal } from "./refusals.ts";

const T0 = 1_700_006_400;
const SHARED = path.resolve(import.meta.dirname, "../../../../../shared/data");
const TICKS = path.join(SHARED, "usdc-weth-5bp-ticks-2026-01.parquet");

describe("readTable", () => {
  let directory: string;
  const write = (name: string, content: string | Buffer): string => {
    const file = path.join(directory, name);
    writeFileSync(file, content);
    return file;
  };
  before(() => (directory = mkdtempSync(path.join(tmpdir(), "hedgerow-table-"))));
  after(() => rmSync(directory, { recursive: true }));

  it("tells Parquet from CSV by its bytes, whatever the file is called", async () => {
    const csv = await readTable(write("a.parquet", "time,close\n1700006400,2000.5\n"));
    const parquet = await readTable(write("b.csv", encodeParquet({ time: [1_700_006_400n], close: [2_000.5] })));
    expect(csv.unit).to.equal("line");
    expect(parquet.unit).to.equal("row");
    expect(parquet.header.cells).to.deep.equal(csv.header.cells);
    expect(parquet.rows.map((row) => row.cells)).to.deep.equal(csv.rows.map((row) => row.cells));
  });

  it("gives the same candles and funding from Parquet as from CSV", async () => {
    const hours = [0, 1, 2];
    const csv = write(
      "c.csv",
      ["timestamp,close", ...hours.map((h) => `${T0 + h * 3_600},${2_000.125 + h}`)].join("\n"),
    );
    const columns = { timestamp: hours.map((h) => BigInt(T0 + h * 3_600)), close: hours.map((h) => 2_000.125 + h) };
    const parquet = write("c.parquet", encodeParquet(columns));
    expect((await readCandles(parquet, {})).bars).to.deep.equal((await readCandles(csv, {})).bars);
    const start = T0 - (T0 % 28_800);
    const payments = { timestamp: [start, start + 28_800].map(BigInt), rate: [0.0001, -0.0002] };
    const funding = await readFunding(write("f.parquet", encodeParquet(payments)), { from: start, to: start + 28_800 });
    expect([...funding.rates]).to.deep.equal([0.0001, -0.0002]);
  });

  it("keeps integers beyond 2^53 and text of a Parquet file exact", async () => {
    const file = write(
      "d.parquet",
      encodeParquet({ amount: [9_223_372_036_854_775_807n], wide: ["12453647101533358277"] }),
    );
    expect((await readTable(file)).rows[0]?.cells).to.deep.equal(["9223372036854775807", "12453647101533358277"]);
  });

  it("names rows, not lines, where a Parquet file is wrong", async () => {
    const columns = { timestamp: [T0, T0 + 3_600, T0 + 7_200].map(BigInt), close: [2_000, Number.NaN, 2_001] };
    const error = await fileRefusal(() => readCandles(write("e.parquet", encodeParquet(columns)), {}));
    expect(error).to.include({ line: 2, column: "close" });
    expect(error.message).to.include('e.parquet, row 2, column "close": "NaN" is not a number');
  });

  it("refuses what cannot be read, by name", async () => {
    const missing = await fileRefusal(() => readTable(path.join(directory, "none.csv")));
    expect(missing.reason).to.include("no such file");
    expect((await fileRefusal(() => readTable(directory))).reason).to.match(/directory/);
    const cut = encodeParquet({ time: [1n] }).subarray(0, 30);
    expect((await fileRefusal(() => readTable(write("cut.parquet", cut)))).reason).to.include("not a Parquet file");
    expect((await fileRefusal(() => readTable(write("empty.csv", "")))).reason).to.include("empty");
  });
});

describe("parseTicks", () => {
  const HEADER = "tickIdx,liquidityGross,liquidityNet";
  const parse = (...rows: readonly string[]) => parseTicks(parseCsvTable([HEADER, ...rows].join("\n"), "t.csv"));

  it("reads ticks, and sums the active liquidity at one", () => {
    const ticks = parse("-20,5,5", "-10,2,2", "10,2,-2", "20.0,5,-5");
    expect([-30, -20, 0, 10, 20].map((tick) => computeActiveLiquidity(ticks, tick))).to.deep.equal([0, 5, 7, 5, 0]);
  });

  it("refuses ticks out of order, twice or out of bounds, and liquidity that cannot be, with the line", () => {
    const lines: readonly (readonly [rows: readonly string[], column: string, reason: string])[] = [
      [["-20,5,5", "-20,5,-5"], "tickIdx", "appears twice"],
      [["-20,5,5", "-30,5,-5"], "tickIdx", "sort the file"],
      [["-20,5,5", "900000,5,-5"], "tickIdx", "bounds"],
      [["-20,5,5", "1.5,5,-5"], "tickIdx", "not a whole number"],
      [["-20,5,5", "20,5,-6"], "liquidityNet", "exceeds the gross"],
      [["-20,5,5", "20,-5,-5"], "liquidityGross", "negative"],
      [["-20,5,5", "20,5,"], "liquidityNet", "missing"],
    ];
    for (const [rows, column, reason] of lines) {
      const error = refusal(() => parse(...rows));
      expect(error, rows.join(" ")).to.include({ line: 3, column });
      expect(error.reason).to.include(reason);
    }
  });

  it("refuses a file whose net liquidity does not cancel: a tick is missing", () => {
    expect(refusal(() => parse("-20,5,5", "20,4,-4")).reason).to.include("sum to 1 instead of 0");
  });

  it("reads the published ticks of a mainnet pool", async function () {
    if (!existsSync(TICKS)) {
      console.log(`      skipped: ${path.basename(TICKS)} is not beside the clone`);
      this.skip();
    }
    const ticks = await readTicks(TICKS);
    expect(ticks.length).to.equal(3_510);
    expect(ticks[0]?.tick).to.equal(-887_270);
    expect(computeActiveLiquidity(ticks, 195_000)).to.be.greaterThan(1e18);
  });
});
