import { expect } from "chai";

import { createOutput, displayNumber, displayPercent, toJson } from "../../../cli/output.ts";
import { collect } from "./host.ts";

const ESCAPE = "\u001b[";

function print(options: { readonly isTTY: boolean; readonly noColor: boolean }): string {
  const stdout = collect();
  const output = createOutput({
    stdout: Object.assign(stdout.stream, { isTTY: options.isTTY }),
    stderr: collect().stream,
    noColor: options.noColor,
  });
  output.table("Heading", [{ title: "name" }, { title: "value", align: "right" }], [["a", "1"]]);
  output.pairs("Pairs", [
    ["a", "1"],
    ["longer", "2"],
  ]);
  return stdout.text();
}

describe("createOutput", () => {
  it("colours on a terminal only, and not against NO_COLOR", () => {
    expect(print({ isTTY: true, noColor: false })).to.include(ESCAPE);
    expect(print({ isTTY: true, noColor: true })).not.to.include(ESCAPE);
    expect(print({ isTTY: false, noColor: false })).not.to.include(ESCAPE);
  });

  it("prints headings, cells and aligned pairs", () => {
    const text = print({ isTTY: false, noColor: false });
    expect(text).to.match(/Heading\n.*name.*value/s);
    expect(text).to.include("  a       1\n  longer  2\n");
  });

  it("keeps results and remarks apart", () => {
    const stdout = collect();
    const stderr = collect();
    const output = createOutput({ stdout: stdout.stream, stderr: stderr.stream, noColor: true });
    output.json({ units: 10n });
    output.note("remark");
    output.error("trouble");
    expect(JSON.parse(stdout.text())).to.deep.equal({ units: "10" });
    expect(stderr.text()).to.equal("remark\ntrouble\n");
  });
});

describe("toJson", () => {
  it("writes bigints exactly and numbers that JSON has no word for as null", () => {
    const value = { big: 2n ** 100n, none: Number.NaN, endless: Infinity, half: 0.5 };
    expect(JSON.parse(toJson(value))).to.deep.equal({
      big: (2n ** 100n).toString(),
      none: null,
      endless: null,
      half: 0.5,
    });
  });
});

describe("displayNumber", () => {
  it("separates thousands, fixes decimals and knows no minus zero", () => {
    expect(displayNumber(1234567.891)).to.equal("1,234,567.89");
    expect(displayNumber(-0.001)).to.equal("0.00");
    expect(displayNumber(-1.5, 0)).to.equal("-2");
    expect(displayPercent(0.98765, 1)).to.equal("98.8 %");
  });
});
