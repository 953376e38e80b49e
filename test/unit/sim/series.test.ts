import { expect } from "chai";

import { InvalidParameterError } from "../../../sdk/errors.ts";
import type { VaultMark } from "../../../sdk/sim/mark.ts";
import {
  computeChanges,
  computeEquitySeries,
  computeSeriesVarianceRemoved,
  summariseCurve,
} from "../../../sdk/sim/series.ts";
import { expectClose } from "../../support/close.ts";

const HOUR = 3_600;

const EMPTY: VaultMark = {
  phase: "market",
  timestamp: 0,
  price: 2000,
  idleBase: 0,
  idleQuote: 100_000,
  liquidityBase: 0,
  liquidityQuote: 0,
  feesBase: 0,
  feesQuote: 0,
  marginQuote: 0,
  debtBase: 0,
  shares: 1,
  gasQuote: 0,
};

/** Opened at once: 10 base and 20,000 quote in the range, 10 base short, 20 lost on the way. */
const OPENED: VaultMark = {
  ...EMPTY,
  phase: "action",
  idleQuote: 49_980,
  liquidityBase: 10,
  liquidityQuote: 20_000,
  marginQuote: 30_000,
  debtBase: 10,
  gasQuote: 4,
};

function market(hours: number, price: number, change: Partial<VaultMark> = {}): VaultMark {
  return { ...OPENED, phase: "market", gasQuote: 0, timestamp: hours * HOUR, price, ...change };
}

describe("computeEquitySeries", () => {
  it("follows vault, liquidity and holding from the first mark, in quote", () => {
    const series = computeEquitySeries([EMPTY, OPENED, market(1, 2100), market(2, 1950, { feesQuote: 7 })], HOUR);
    expect(series.timestamps).to.deep.equal([0, HOUR, 2 * HOUR]);
    expect(series.prices).to.deep.equal([2000, 2100, 1950]);
    expect(series.vault).to.deep.equal([0, -24, -17]);
    expect(series.unhedged).to.deep.equal([0, 1_000, -493]);
    expect(series.hold).to.deep.equal([0, 1_000, -500]);
    expect(series).to.include({ liquidityStartQuote: 40_000, navStartQuote: 100_000 });
  });

  it("counts what the position is built of in steps, and neither a range that moves nor what comes a day later", () => {
    const grown = (mark: VaultMark, factor: number): VaultMark => ({
      ...mark,
      phase: "action",
      liquidityBase: mark.liquidityBase * factor,
      liquidityQuote: mark.liquidityQuote * factor,
    });
    const second = grown(OPENED, 2);
    const moved: VaultMark = { ...second, liquidityBase: 25, liquidityQuote: 30_000 };
    const marks = [EMPTY, OPENED, second, moved, market(1, 2100, { liquidityBase: 25, liquidityQuote: 30_000 })];
    const built = computeEquitySeries(marks, HOUR);
    expect(built.liquidityStartQuote).to.equal(80_000);
    expect(built.hold).to.deep.equal([0, 2_000]);
    const late = computeEquitySeries(
      [EMPTY, OPENED, market(24, 2000), grown(market(24, 2000), 2), market(25, 2100)],
      HOUR,
    );
    expect(late.liquidityStartQuote).to.equal(40_000);
    expect(late.hold.at(-1)).to.equal(1_000);
  });

  it("samples once an interval, whatever happened in between", () => {
    const marks = [OPENED, market(0.25, 2010), market(0.5, 2005), market(1, 2020), market(3, 2040)];
    const series = computeEquitySeries(marks, HOUR);
    expect(series.prices).to.deep.equal([2000, 2020, 2020, 2040]);
    expect(series.hold).to.deep.equal([0, 200, 200, 400]);
  });

  it("leaves what the keeper moves out of the liquidity's P&L, and deposits out of everything", () => {
    const halved = { liquidityBase: 5, liquidityQuote: 10_000, idleBase: 5, idleQuote: 59_980 };
    const marks = [
      OPENED,
      market(1, 2100),
      market(1, 2100, { phase: "action", ...halved, idleQuote: 59_970 }),
      market(1, 2100, { phase: "flow", ...halved, idleQuote: 159_970 }),
      market(2, 2000, { ...halved, idleQuote: 159_970 }),
    ];
    const series = computeEquitySeries(marks, HOUR);
    expect(series.unhedged).to.deep.equal([0, 1_000, 500]);
    expect(series.hold).to.deep.equal([0, 1_000, 0]);
    expect(series.vault).to.deep.equal([0, -10, -10]);
  });

  it("counts the keeper's answer to the last move", () => {
    const answer = market(2, 2100, { phase: "action", timestamp: 2 * HOUR + 12, gasQuote: 3 });
    expect(computeEquitySeries([OPENED, market(1, 2000), market(2, 2100), answer], HOUR).vault).to.deep.equal([
      0, 0, -3,
    ]);
  });

  it("refuses marks without liquidity", () => {
    expect(() => computeEquitySeries([EMPTY, { ...EMPTY, timestamp: HOUR }], HOUR)).to.throw(InvalidParameterError);
    expect(() => computeEquitySeries([OPENED, market(1, 2000)], 0)).to.throw(InvalidParameterError);
  });
});

describe("computeSeriesVarianceRemoved", () => {
  it("is 1 for a still vault, 0.99 for a tenth of the moves, and negative for a hedge in the wrong direction", () => {
    const unhedged = [0, 10, -10, 20];
    const scaled = (factor: number): number =>
      computeSeriesVarianceRemoved({ unhedged, vault: unhedged.map((value) => factor * value) });
    expect(scaled(0)).to.equal(1);
    expectClose(scaled(0.1), 0.99, 1e-12);
    expect(scaled(2)).to.equal(-3);
  });
});

describe("summariseCurve", () => {
  it("measures P&L, deviation and the deepest fall from a peak", () => {
    const summary = summariseCurve([0, 10, -5, 15, 5], 1_000, HOUR);
    expect(summary).to.include({ capitalQuote: 1_000, pnlQuote: 5, returnFraction: 0.005, maxDrawdownQuote: 15 });
    // changes 10, -15, 20, -10: mean 1.25, sum of squares 825 - 4·1.5625
    expectClose(summary.deviationQuote, Math.sqrt(818.75 / 3), 1e-12);
    expectClose(summary.volatilityAnnual, (summary.deviationQuote / 1_000) * Math.sqrt(8_760), 1e-12);
  });

  it("refuses curves too short to have a deviation", () => {
    expect(() => summariseCurve([0, 1], 1_000, HOUR)).to.throw(InvalidParameterError);
    expect(() => summariseCurve([0, 1, 2], 0, HOUR)).to.throw(InvalidParameterError);
  });
});

describe("computeChanges", () => {
  it("returns the differences of neighbours", () => {
    expect(computeChanges([1, 3, 2])).to.deep.equal([2, -1]);
    expect(computeChanges([1])).to.deep.equal([]);
  });
});
