import { expect } from "chai";

import type { DataFileError } from "../../../../sdk/sim/data/fileError.ts";
import { parseFunding } from "../../../../sdk/sim/data/funding.ts";
import type { Funding, FundingRequest } from "../../../../sdk/sim/data/funding.ts";
import { parseCsvTable } from "../../../../sdk/sim/data/table.ts";
import { expectClose } from "../../../support/close.ts";
import { refusal } from "./refusals.ts";

const T0 = 1_700_006_400 - (1_700_006_400 % 28_800);
const EIGHT = 28_800;

type Payment = readonly [time: number | string, rate: number | string];

const payments = (count: number, rate: number | string = 0.0001, interval = EIGHT): readonly Payment[] =>
  Array.from({ length: count }, (_, i) => [T0 + i * interval, rate]);
const parse = (rows: readonly Payment[], request?: Partial<FundingRequest>, column = "rate_8h"): Funding => {
  const csv = [`timestamp,${column}`, ...rows.map((row) => row.join(","))].join("\n");
  return parseFunding(parseCsvTable(csv, "f.csv"), { from: T0, to: T0 + EIGHT, ...request });
};
const refuse = (rows: readonly Payment[], request?: Partial<FundingRequest>): DataFileError =>
  refusal(() => parse(rows, request));
const replace = (index: number, payment: Payment): readonly Payment[] =>
  payments(5).map((row, i) => (i === index ? payment : row));

describe("parseFunding", () => {
  it("reads eight-hourly and hourly payments under the names that venues use", () => {
    for (const column of ["rate", "rate_8h", "fundingRate", "funding_rate"]) {
      expect([...parse(payments(3), {}, column).rates], column).to.deep.equal([0.0001, 0.0001]);
    }
    const hourly = parse(payments(10, 0.00001, 3_600), { to: T0 + 6 * 3_600 });
    expect(hourly).to.include({ intervalSeconds: 3_600 });
    expect(hourly.rates.length).to.equal(7);
  });

  it("keeps a month of payments before the window, which tell what to expect, and none after it", () => {
    const { timestamps } = parse(payments(300), { from: T0 + 200 * EIGHT, to: T0 + 203 * EIGHT });
    expect(timestamps[0]).to.equal(T0 + (200 - 83) * EIGHT);
    expect(timestamps.at(-1)).to.equal(T0 + 203 * EIGHT);
  });

  it("takes a payment some seconds late for one at the full hour", () => {
    expect(parse(replace(1, [T0 + EIGHT + 7, 0.0002])).timestamps[1]).to.equal(T0 + EIGHT);
  });

  it("refuses rates in percent, a year's rates and single absurd ones, with the line", () => {
    expect(refuse(payments(5, 0.01))).to.include({ line: 2, column: "rate_8h" });
    expect(refuse(payments(5, 0.01)).reason).to.include("look like percent");
    expect(refuse(payments(5, 0.0005, 3_600), { to: T0 + 3_600 }).reason).to.include("look like percent");
    expect(refuse(payments(5, 0.11)).reason).to.include("absurd");
    const error = refuse(replace(3, [T0 + 3 * EIGHT, -0.04]));
    expect(error).to.include({ line: 5, column: "rate_8h" });
    expect(error.reason).to.include("absurd (limit 0.03 a payment)");
  });

  it("accepts the extremes that venues do pay, in either direction", () => {
    expect([...parse(replace(1, [T0 + EIGHT, -0.0075])).rates]).to.deep.equal([0.0001, -0.0075]);
  });

  it("refuses cells that are not numbers, and times out of order or twice, with the line", () => {
    expect(refuse(replace(2, [T0 + 2 * EIGHT, ""]))).to.include({ line: 4, column: "rate_8h" });
    expect(refuse(replace(2, [T0 + 2 * EIGHT, "NaN"]))).to.include({ line: 4 });
    expect(refuse(replace(2, [T0 + 2 * EIGHT, "0.01%"]))).to.include({ line: 4 });
    expect(refuse(replace(2, [T0 + EIGHT, 0.0002])).reason).to.include("with other values");
    expect(refuse(replace(2, [T0 - EIGHT, 0.0001])).reason).to.include("sort the file");
    expect(refuse(replace(2, [(T0 + 2 * EIGHT) * 1_000, 0.0001])).reason).to.include("milliseconds");
  });

  it("refuses payments at an odd spacing", () => {
    expect(refuse(payments(5, 0.0001, 1_800)).reason).to.include("1800 s apart");
  });

  it("refuses a missing payment in the window and pays the mean of its neighbours on request", () => {
    const rows = [...payments(3), [T0 + 4 * EIGHT, 0.0005], [T0 + 5 * EIGHT, 0.0001]] as const;
    const request = { to: T0 + 5 * EIGHT };
    expect(refuse(rows, request)).to.include({ line: 5 });
    const { rates, repairs } = parse(rows, { ...request, repair: { maxGapHours: 8 } });
    expectClose(rates[3], 0.0003, 1e-12);
    expect(repairs.map(({ kind, rows: count, line }) => [kind, count, line])).to.deep.equal([["gap", 1, 5]]);
  });

  it("refuses a file that does not cover the window", () => {
    expect(refuse(payments(3), { to: T0 + 5 * EIGHT }).reason).to.include("do not cover");
    expect(refuse(payments(3), { from: T0 - 2 * EIGHT }).reason).to.include("do not cover");
    expect(refusal(() => parse(payments(3), {}, "amount")).reason).to.include("rate column is missing");
  });
});
