import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { PriceFileError, parseIsoTime, parsePrices, readPrices } from "../../../sdk/sim/prices.ts";

const T0 = 1_700_000_000;
const FILE = "prices.csv";

function refusal(text: string): PriceFileError {
  try {
    parsePrices(text, FILE);
  } catch (error) {
    if (error instanceof PriceFileError) return error;
    throw error;
  }
  throw new Error("the file was accepted");
}

function closes(...rows: readonly (readonly [time: string | number, close: string | number])[]): string {
  return ["timestamp,close", ...rows.map(([time, close]) => `${time},${close}`)].join("\n");
}

describe("parsePrices", () => {
  it("reads open, high, low and close in any order among other columns", () => {
    const text = `Low,Volume,High,Open Time,Close,Open\n95,1,110,${T0},105,100\n104,2,120,${T0 + 3600},119,105\n`;
    expect(parsePrices(text, FILE)).to.deep.equal([
      { timestamp: T0, open: 100, high: 110, low: 95, close: 105 },
      { timestamp: T0 + 3600, open: 105, high: 120, low: 104, close: 119 },
    ]);
  });

  it("makes flat bars of a series of closes, whether it is called close or price", () => {
    for (const name of ["close", "Price"]) {
      const [bar] = parsePrices(`unix,${name}\n${T0},2000\n${T0 + 60},2001\n`, FILE);
      expect(bar).to.deep.equal({ timestamp: T0, open: 2000, high: 2000, low: 2000, close: 2000 });
    }
  });

  it("understands seconds, milliseconds, microseconds and ISO 8601, UTC unless it says otherwise", () => {
    const iso = new Date(T0 * 1000).toISOString();
    const written = [
      T0,
      `${T0}.0`,
      T0 * 1e3,
      T0 * 1e6,
      iso,
      iso.slice(0, 19),
      iso.slice(0, 19).replace("T", " "),
      `${iso.slice(0, 19)}+00:00`,
      `${iso.slice(0, 19).replace("T", " ")} UTC`,
      new Date((T0 + 7200) * 1000).toISOString().replace(".000Z", "+0200"),
    ];
    for (const time of written) {
      const text = closes([time, 2000], ["2024-06-01", 2001]);
      expect(parsePrices(text, FILE)[0]?.timestamp, String(time)).to.equal(T0);
    }
  });

  it("accepts a byte order mark, Windows line ends, semicolons, tabs, quotes and blank lines", () => {
    const rows = [
      ["timestamp", "close"],
      [String(T0), '"2000"'],
      [String(T0 + 1), "2001"],
    ];
    for (const delimiter of [",", ";", "\t"]) {
      const text = `\uFEFF${rows.map((row) => row.join(delimiter)).join("\r\n\r\n")}\r\n\r\n`;
      expect(parsePrices(text, FILE).map((bar) => bar.close)).to.deep.equal([2000, 2001]);
    }
  });

  it("names file, line and column of a cell that is wrong", () => {
    for (const [cell, reason] of [
      ["abc", "not a number"],
      ["NaN", "not a number"],
      ["Infinity", "not a number"],
      ["0x10", "not a number"],
      ["", "missing"],
      ["0", "greater than 0"],
      ["-5", "greater than 0"],
      ["2e7", "absurd"],
      ["30000", "jumps"],
      ["100", "jumps"],
    ] as const) {
      const error = refusal(closes([T0, 2000], [T0 + 1, cell], [T0 + 2, 2000]));
      expect(error, cell).to.include({ file: FILE, line: 3, column: "close" });
      expect(error.reason, cell).to.include(reason);
      expect(error.message, cell).to.match(/^prices\.csv, line 3, column "close": /);
    }
  });

  it("counts lines as an editor does, blank ones included", () => {
    expect(refusal(`timestamp,close\n\n${T0},2000\n\n\n${T0 + 1},x\n`).line).to.equal(6);
  });

  it("refuses times that are wrong, come twice or go backwards", () => {
    for (const [time, reason] of [
      ["soon", "neither"],
      ["2024-02-30", "neither"],
      ["2024-13-01", "neither"],
      ["", "missing"],
      ["20240101", "between the years"],
      ["-5", "between the years"],
      [T0, "twice"],
      [T0 - 1, "sort"],
    ] as const) {
      const error = refusal(closes([T0, 2000], [time, 2000]));
      expect(error, String(time)).to.include({ line: 3, column: "timestamp" });
      expect(error.reason, String(time)).to.include(reason);
    }
  });

  it("refuses bars whose extremes contradict them", () => {
    const bar = (open: number, high: number, low: number, close: number): PriceFileError =>
      refusal(`time,open,high,low,close\n${T0},${open},${high},${low},${close}\n${T0 + 1},1,1,1,1\n`);
    expect(bar(100, 101, 99, 102)).to.include({ line: 2, column: "high" });
    expect(bar(100, 103, 101, 102)).to.include({ line: 2, column: "low" });
    expect(bar(100, 1001, 99, 102)).to.include({ line: 2, column: "high" });
  });

  it("refuses files without header, without a needed column, with a column twice, or with ragged rows", () => {
    for (const [text, reason] of [
      ["", "empty"],
      [`${T0},2000\n${T0 + 1},2001\n`, "no header"],
      ["2024-01-01,2000\n2024-01-02,2001\n", "no header"],
      [`when,close\n${T0},2000\n`, "time column is missing"],
      [`timestamp,value\n${T0},2000\n`, "price column is missing"],
      [`timestamp,open,high,low\n${T0},1,1,1\n`, "price column is missing"],
      [`timestamp,open,high,close\n${T0},1,1,1\n`, "one of them is missing"],
      [`timestamp,close,close\n${T0},1,1\n`, "twice"],
      [`timestamp,close\n${T0},1,1\n`, "3 cells"],
      [`timestamp,close\n${T0}\n`, "1 cells"],
      ["timestamp,close\n", "two rows"],
      [closes([T0, 2000]), "two rows"],
      [`timestamp,close\n"${T0},2000\n`, "not a CSV"],
    ] as const) {
      expect(refusal(text).reason, text).to.include(reason);
    }
  });
});

describe("readPrices", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), "hedgerow-prices-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("reads a file and names it in its errors", () => {
    const file = path.join(directory, "good.csv");
    writeFileSync(file, closes([T0, 2000], [T0 + 1, 2001]));
    expect(readPrices(file)).to.have.length(2);
    expect(() => readPrices(path.join(directory, "none.csv")))
      .to.throw(PriceFileError)
      .that.includes({ file: path.join(directory, "none.csv"), line: undefined });
    expect(() => readPrices(directory))
      .to.throw(PriceFileError)
      .with.property("reason")
      .that.includes("directory");
  });

  it("reads years of exchange candles", function () {
    const file = path.join(import.meta.dirname, "../../../../shared/data/eth-usd-1h.csv");
    if (!existsSync(file)) this.skip();
    const bars = readPrices(file);
    expect(bars.length).to.be.above(60_000);
    expect(bars.every((bar) => bar.low <= bar.close && bar.close <= bar.high)).to.equal(true);
  });
});

describe("parseIsoTime", () => {
  it("returns UTC seconds, or undefined", () => {
    expect(parseIsoTime(" 2022-11-06 ")).to.equal(Date.UTC(2022, 10, 6) / 1000);
    expect(parseIsoTime("6 Nov 2022")).to.equal(undefined);
  });
});
