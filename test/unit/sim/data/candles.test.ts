import { expect } from "chai";

import { parseCandles } from "../../../../sdk/sim/data/candles.ts";
import type { CandleRequest, Candles } from "../../../../sdk/sim/data/candles.ts";
import type { DataFileError } from "../../../../sdk/sim/data/fileError.ts";
import { parseCsvTable } from "../../../../sdk/sim/data/table.ts";
import { refusal } from "./refusals.ts";

const T0 = 1_700_006_400;
const HOUR = 3_600;
const REPAIR = { maxGapHours: 3 };

type Row = readonly (string | number)[];

const candle = (hour: number, open = 2_000, close = open): Row => [
  T0 + hour * HOUR,
  open,
  Math.max(open, close) + 5,
  Math.min(open, close) - 5,
  close,
];
const text = (rows: readonly Row[], header = "timestamp,open,high,low,close"): string =>
  [header, ...rows.map((row) => row.join(","))].join("\n");
const parse = (rows: readonly Row[], request: CandleRequest = {}): Candles =>
  parseCandles(parseCsvTable(text(rows), "c.csv"), request);
const refuse = (rows: readonly Row[], request: CandleRequest = {}): DataFileError =>
  refusal(() => parse(rows, request));
/** The third row with one cell replaced: line 4 of the file. */
const broken = (column: number, cell: string | number): readonly Row[] => {
  const rows = [0, 1, 2, 3].map((hour) => candle(hour));
  return rows.map((row, i) => (i === 2 ? row.map((value, c) => (c === column ? cell : value)) : row));
};

describe("parseCandles", () => {
  it("reads candles, the spacing and the price to begin with", () => {
    const candles = parse([candle(0, 2_000, 2_010), candle(1, 2_011, 2_020), candle(2, 2_020)]);
    expect(candles).to.deep.include({ barSeconds: HOUR, startPrice: 2_000, repairs: [] });
    expect(candles.bars[1]).to.deep.equal({ timestamp: T0 + HOUR, open: 2_011, high: 2_025, low: 2_006, close: 2_020 });
  });

  it("begins with the close before the window where closes are all there is", () => {
    const table = parseCsvTable(
      text(
        [
          [T0, 10],
          [T0 + HOUR, 11],
          [T0 + 2 * HOUR, 12],
        ],
        "unix,price",
      ),
      "c.csv",
    );
    expect(parseCandles(table, { from: T0 + HOUR }).startPrice).to.equal(10);
    expect(parseCandles(table, {}).startPrice).to.equal(10);
  });

  it("keeps bars shorter than an hour as they are", () => {
    const table = parseCsvTable(
      text(
        [
          [T0, 10],
          [T0 + 60, 11],
          [T0 + 120, 12],
        ],
        "time,close",
      ),
      "c.csv",
    );
    expect(parseCandles(table, {})).to.deep.include({ barSeconds: 60 });
  });

  it("understands one unit of time in a file, whichever it is", () => {
    for (const factor of [1, 1e3, 1e6]) {
      const rows = [0, 1, 2].map((hour) => [(T0 + hour * HOUR) * factor, ...candle(hour).slice(1)]);
      expect(parse(rows).bars[0]?.timestamp).to.equal(T0);
    }
  });

  it("refuses every kind of broken cell, with its line, column and reason", () => {
    const cases: readonly (readonly [what: string, rows: readonly Row[], column: string, reason: RegExp])[] = [
      ["an empty price", broken(4, ""), "close", /missing/],
      ["NaN", broken(4, "NaN"), "close", /"NaN" is not a number/],
      ["Infinity", broken(2, "Infinity"), "high", /not a number/],
      ["a thousands separator", broken(1, '"2,000"'), "open", /not a number/],
      ["a price of zero", broken(4, 0), "close", /greater than 0/],
      ["a negative price", broken(3, -5), "low", /greater than 0/],
      ["a price times 1e18", broken(4, "2000000000000000000000"), "close", /1e18/],
      ["a price at 8 decimals", broken(4, "200000000000"), "close", /absurd/],
      ["an inverted price in the smallest unit", broken(4, "5e-16"), "close", /absurd/],
      ["a price that jumps", broken(4, 25_000), "close", /jumps from 2000 to 25000/],
      ["a high below the close", broken(2, 1_996), "high", /not the highest/],
      ["a low above the open", broken(3, 2_001), "low", /not the lowest/],
      ["an empty time", broken(0, ""), "timestamp", /time is missing/],
      [
        "another unit of time",
        broken(0, (T0 + 2 * HOUR) * 1_000),
        "timestamp",
        /milliseconds, the first one in seconds/,
      ],
      ["nanoseconds", broken(0, (T0 + 2 * HOUR) * 1e9), "timestamp", /2001 and 2100/],
      ["a date among unix times", broken(0, "2023-11-15T02:00:00Z"), "timestamp", /a date, the first one in seconds/],
      ["a named time zone", broken(0, "2023-11-15T02:00:00 CET"), "timestamp", /time zone CET is not known/],
      ["a named time zone", broken(0, "2023-11-15T02:00:00 Europe/Berlin"), "timestamp", /Europe\/Berlin/],
      ["a date that does not exist", broken(0, "2023-02-30T00:00:00Z"), "timestamp", /neither/],
      ["a time between the hours", broken(0, T0 + 2 * HOUR - 7), "timestamp", /3593 s after the one before/],
      ["a time that appears twice", broken(0, T0 + HOUR), "timestamp", /appears twice, first at line 3/],
      ["rows in reverse", broken(0, T0 - HOUR), "timestamp", /before that of the row above/],
      ["a gap", [candle(0), candle(1), candle(4), candle(5)], "timestamp", /2 rows are missing from .*2 hours/],
    ];
    for (const [what, rows, column, reason] of cases) {
      const error = refuse(rows);
      expect({ file: error.file, line: error.line, column: error.column }, what).to.deep.equal({
        file: "c.csv",
        line: 4,
        column,
      });
      expect(error.reason, what).to.match(reason);
      expect(error.message, what).to.include(`c.csv, line 4, column "${column}": `);
    }
  });

  it("repairs none of the broken cells even when asked", () => {
    for (const rows of [broken(4, ""), broken(4, "NaN"), broken(4, 0), broken(4, 25_000), broken(2, 1_996)]) {
      expect(refuse(rows, { repair: REPAIR }).line).to.equal(4);
    }
  });

  it("sorts, drops copies and fills gaps on request, and lists each", () => {
    const rows = [candle(1, 2_001), candle(0), candle(2, 2_002), candle(2, 2_002), candle(5, 2_005), candle(6)];
    const { bars, repairs } = parse(rows, { repair: REPAIR });
    expect(bars.map((bar) => [(bar.timestamp - T0) / HOUR, bar.close])).to.deep.equal([
      [0, 2_000],
      [1, 2_001],
      [2, 2_002],
      [3, 2_002],
      [4, 2_002],
      [5, 2_005],
      [6, 2_000],
    ]);
    expect(repairs.map(({ kind, rows: count, line }) => [kind, count, line])).to.deep.equal([
      ["sorted", 1, 3],
      ["duplicate", 1, 5],
      ["gap", 2, 6],
    ]);
    expect(repairs.map(({ text: words }) => words).join(" ")).to.include("the first at line 3");
  });

  it("takes offsets to UTC only on request", () => {
    const zoned = (hour: number): Row => [`2023-11-15T0${hour + 2}:00:00+02:00`, 10, 11, 9, 10];
    expect(refuse([zoned(0), zoned(1)]).reason).to.include("not in UTC");
    const { bars, repairs } = parse([zoned(0), zoned(1)], { repair: REPAIR });
    expect(bars[0]?.timestamp).to.equal(Date.UTC(2023, 10, 15) / 1_000);
    expect(repairs.map(({ kind, rows }) => [kind, rows])).to.deep.equal([["offset", 2]]);
    const utc = (hour: number): Row => [`2023-11-15T0${hour}:00:00+00:00`, 10, 11, 9, 10];
    expect(parse([utc(0), utc(1)]).repairs).to.deep.equal([]);
  });

  it("refuses two rows of one time that disagree, and a gap beyond the limit, whatever is asked", () => {
    expect(refuse([candle(0), candle(1), candle(1, 2_004), candle(2)], { repair: REPAIR })).to.include({ line: 4 });
    const error = refuse([candle(0), candle(1), candle(5), candle(6)], { repair: { maxGapHours: 2 } });
    expect(error).to.include({ line: 4 });
    expect(error.reason).to.include("repairs fill at most 2 hours");
    expect(parse([candle(0), candle(1), candle(5), candle(6)], { repair: REPAIR }).bars.length).to.equal(7);
  });

  it("minds gaps inside the window only", () => {
    const rows = [candle(0), candle(3), candle(4), candle(5), candle(9)];
    const bars = parse(rows, { from: T0 + 3 * HOUR, to: T0 + 6 * HOUR }).bars;
    expect(bars.map((bar) => (bar.timestamp - T0) / HOUR)).to.deep.equal([3, 4, 5]);
    expect(refuse(rows, { from: T0 + 3 * HOUR, to: T0 + 10 * HOUR }).line).to.equal(6);
    expect(refuse(rows, { from: T0 + 2 * HOUR, to: T0 + 6 * HOUR }).reason).to.include("begins or ends in a gap");
  });

  it("refuses a window that the file does not cover, one that is turned round and one of a single bar", () => {
    const rows = [0, 1, 2, 3].map((hour) => candle(hour));
    expect(refuse(rows, { from: T0 - HOUR }).reason).to.include("is not inside");
    expect(refuse(rows, { to: T0 + 5 * HOUR }).reason).to.include("is not inside");
    expect(refuse(rows, { to: T0 + HOUR }).reason).to.include("fewer than two rows");
    expect(() => parse(rows, { from: T0 + HOUR, to: T0 })).to.throw("to is ");
  });

  it("refuses a file that is no table of prices", () => {
    const read = (content: string): DataFileError => refusal(() => parseCandles(parseCsvTable(content, "c.csv"), {}));
    expect(read("").reason).to.include("empty");
    expect(read("1700000000,1\n1700003600,2\n")).to.include({ line: 1 });
    expect(read("time,volume\n1700000000,2\n").reason).to.include("price column is missing");
    expect(read("close,volume\n1,2\n").reason).to.include("time column is missing");
    expect(read("time,high,close\n1700000000,2,2\n").reason).to.include("belong together");
    expect(read("time,close,Close\n1700000000,2,2\n").reason).to.include("appears twice");
    expect(read("time,close\n1700000000,2\n").reason).to.include("the file has one");
    expect(read("time,close\n1700000000,2\n1700003600\n")).to.include({ line: 3 });
    expect(read('time,close\n1700000000,"2\n').reason).to.include("not a CSV file");
  });
});
