import { expect } from "chai";

import { formatCrashes, formatCsv, formatRows, toRow } from "../../../../scripts/experiment/report.ts";
import type { StrategySummary } from "../../../../sdk/sim/monteCarlo/summary.ts";

const SUMMARY: StrategySummary = {
  width: 1.27,
  strategy: "ratio 0.65, 5 % threshold",
  paths: 100,
  varianceRemoved: 0.848,
  es95: -0.12,
  valueAtRisk95: -0.1,
  meanPnl: 0.01,
  pnlDeviation: 0.05,
  deltaCostBp: 15.42,
  premiumBp: 331,
  fundingBp: -57.9,
  liquidationProbability: 0.001,
  tradesPerPath: 7,
  peakMargin: 0.34,
  intervals: { varianceRemoved: [0.84, 0.856], meanPnl: [0, 0.02], liquidationProbability: [0, 0.002] },
};

describe("the report of the experiment", () => {
  it("prints fractions as percent, costs in basis points, and half of each interval", () => {
    const text = formatRows([toRow("gbm", { ...SUMMARY, intervals: { ...SUMMARY.intervals, es95: [-0.13, -0.11] } })]);
    for (const cell of [
      "84.80 % ± 0.80",
      "-12.00 % ± 1.00",
      "-13.00 %",
      "15.4 bp",
      "331 bp",
      "-57.9 bp",
      "0.100 %",
      "34 %",
    ]) {
      expect(text).to.include(cell);
    }
  });

  it("says nothing about an interval that is not known", () => {
    expect(formatRows([toRow("history", SUMMARY)])).to.match(/│ +-12\.00 % │/);
    const unknown = { ...SUMMARY.intervals, varianceRemoved: [Number.NaN, Number.NaN] as const };
    expect(formatRows([toRow("history", { ...SUMMARY, intervals: unknown })])).to.match(/│ +84\.80 % │/);
  });

  it("writes CSV with as many cells a row as columns, an unknown interval empty", () => {
    const [header = "", row = "", end] = formatCsv([toRow("history, fees follow volatility", SUMMARY)]).split("\n");
    const columns = header.split(",");
    // Two names hold a comma and are quoted.
    expect(row.startsWith('"history, fees follow volatility",1.27,"ratio 0.65, 5 % threshold",100,0.848,')).to.equal(
      true,
    );
    expect(row.split(",")).to.have.length(columns.length + 2);
    expect(row.split(",")[columns.indexOf("es95Low") + 2]).to.equal("");
    expect(row.split(",")[columns.indexOf("meanPnlHigh") + 2]).to.equal("0.02");
    expect(end).to.equal("");
  });

  it("marks the months in which a short was liquidated", () => {
    const crash = { window: "March", from: "2020-03-01", width: 1.27, priceReturn: -0.39, pnl: -0.02 };
    const text = formatCrashes([
      { ...crash, strategy: "hourly", liquidations: 1 },
      { ...crash, strategy: "short once", liquidations: 0, pnl: -0.136 },
    ]);
    expect(text).to.include("-2.0 % (liquidated)");
    expect(text).to.match(/-13\.6 % │/);
    expect(text).to.include("-39 %");
  });
});
