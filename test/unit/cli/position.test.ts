import { expect } from "chai";

import { describePosition } from "../../../cli/commands/position.ts";
import type { PositionInputs, PositionReport } from "../../../cli/commands/position.ts";
import { EXIT, run } from "./host.ts";
import { expectClose } from "../../support/close.ts";

/** Figures of the design's test vectors; 10,000 quote in 1500 to 2500, opened at 2000. */
const VECTOR = {
  liquidity: 933.4553114807629,
  value: {
    1400: 7605.648785947921,
    1500: 8148.909413515629,
    1800: 9449.349710671824,
    2200: 10341.267618113085,
    2600: 10520.19681609963,
  },
  delta: { 1400: 5.432606275677086, 1800: 3.332646459806354, 2200: 1.2322278797495512 },
  divergence: { 1400: -12.355574, 1500: -8.420755, 1800: -1.150008, 2200: -0.952523, 2600: -7.083075 },
} as const;

const INPUTS: PositionInputs = {
  pa: 1500,
  pb: 2500,
  price: 2000,
  value: 10_000,
  sigma: 0.7,
  lambda: 5e-4,
  gas: 1,
  impact: 0,
  riskAversion: 1e-4,
};
const ARGS = ["position", "--pa", "1500", "--pb", "2500", "--value", "10000", "--sigma", "0.7"];

describe("describePosition", () => {
  it("matches the vectors at the entry price", () => {
    const report = describePosition(INPUTS);
    expectClose(report.liquidity, VECTOR.liquidity, 1e-8);
    expectClose(report.delta, 2.203589074677, 1e-9);
    expectClose(report.gamma, -0.0052181738, 1e-9);
    expectClose(report.value, 10_000, 1e-8);
    expect(report.divergenceLossPercent).to.equal(0);
  });

  it("values a position that was opened elsewhere", () => {
    for (const [price, value] of Object.entries(VECTOR.value)) {
      const report = describePosition({ ...INPUTS, entry: 2000, price: Number(price) });
      expectClose(report.value, value, value * 1e-8, price);
      expectClose(report.liquidity, VECTOR.liquidity, 1e-8, price);
    }
    for (const [price, delta] of Object.entries(VECTOR.delta)) {
      expectClose(describePosition({ ...INPUTS, entry: 2000, price: Number(price) }).delta, delta, 1e-7, price);
    }
    for (const [price, loss] of Object.entries(VECTOR.divergence)) {
      const { divergenceLossPercent } = describePosition({ ...INPUTS, entry: 2000, price: Number(price) });
      expectClose(divergenceLossPercent, loss, 1e-6, price);
    }
  });

  it("finds the band and the LVR of the vectors with the default costs", () => {
    const report = describePosition({ ...INPUTS, pa: 2000 / 1.27, pb: 2000 * 1.27, value: 100_000 });
    expectClose(report.lvrPerYear, 54_375, 1);
    expectClose(report.lvrFractionPerYear, 0.54375, 1e-5);
    expectClose(report.band.trigger, 5.704, 0.057);
    expectClose(report.band.target, 2.087, 0.021);
    expectClose(report.band.tradesPerYear, 214, 2.1);
    expectClose(report.band.costPerYear, 989, 9.9);
  });

  it("has no band, and no LVR, where the exposure stands still", () => {
    const report = describePosition({ ...INPUTS, entry: 2000, price: 2600 });
    expect(report.band).to.deep.equal({ trigger: null, target: null, tradesPerYear: 0, costPerYear: 0 });
    expect(report).to.include({ delta: 0, lvrPerYear: 0 });
  });
});

describe("hedgerow position", () => {
  it("prints JSON with its defaults", async () => {
    const { code, stdout } = await run([...ARGS, "--price", "2200", "--entry", "2000", "--json"]);
    expect(code).to.equal(EXIT.done);
    const report = JSON.parse(stdout) as PositionReport;
    expect(report).to.deep.equal(describePosition({ ...INPUTS, price: 2200, entry: 2000 }));
  });

  it("prints for people, inside and outside of the range", async () => {
    expect((await run([...ARGS, "--price", "2000"])).stdout)
      .to.include("trigger")
      .and.include("10,000.00 quote");
    expect((await run([...ARGS, "--price", "3000", "--entry", "2000"])).stdout).to.include("does not change");
  });

  it("knows the full range", async () => {
    const args = [
      "position",
      "--pa",
      "0",
      "--pb",
      "inf",
      "--price",
      "4",
      "--entry",
      "1",
      "--value",
      "10",
      "--sigma",
      "1",
    ];
    const { stdout } = await run([...args, "--json"]);
    expectClose((JSON.parse(stdout) as PositionReport).divergenceLossPercent, -20, 1e-9);
  });

  it("refuses numbers that are none and ranges that are empty", async () => {
    for (const [name, value] of [
      ["--price", "abc"],
      ["--price", "0"],
      ["--price", "-5"],
      ["--price", "Infinity"],
    ] as const) {
      const { code, stdout, stderr } = await run([...ARGS, name, value]);
      expect({ code, stdout }, value).to.deep.equal({ code: EXIT.failed, stdout: "" });
      expect(stderr, value).to.include(value);
    }
    const { code, stderr } = await run([
      "position",
      "--pa",
      "5",
      "--pb",
      "1",
      "--price",
      "1",
      "--value",
      "1",
      "--sigma",
      "1",
    ]);
    expect(code).to.equal(EXIT.failed);
    expect(stderr).to.match(/^hedgerow: priceUpper is 1; .*\n$/);
  });
});
