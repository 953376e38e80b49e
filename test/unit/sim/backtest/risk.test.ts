import { expect } from "chai";

import { InvalidParameterError } from "../../../../sdk/errors.ts";
import { computeCurveRisk, computeDailyReturns } from "../../../../sdk/sim/backtest/risk.ts";
import { expandBars } from "../../../../sdk/sim/backtest/steps.ts";
import { MAX_STEP_MOVE } from "../../../../sdk/sim/steps.ts";
import { expectClose } from "../../../support/close.ts";
import { HOUR, START, closeBars } from "./runs.ts";

const curve = (values: readonly number[], seconds = HOUR) => {
  const equity = Float64Array.from(values);
  return computeCurveRisk(
    equity,
    Float64Array.from(values.keys()).map((i) => START + i * seconds),
    seconds,
  );
};

describe("computeCurveRisk", () => {
  it("finds the largest fall from a peak and the worst hour", () => {
    const risk = curve([100, 120, 90, 110, 95, 130]);
    expectClose(risk.maxDrawdown, 0.25, 1e-12);
    expect(risk.worstHour).to.deep.equal({ timestamp: START + 2 * HOUR, pnlQuote: -30, fraction: -0.25 });
  });

  it("finds an hour that lies across the minutes of two", () => {
    const minutes = Array.from({ length: 181 }, (_, i) => (i < 90 ? 100 : i < 120 ? 100 - (i - 89) : 70));
    const { worstHour } = curve(minutes, 60);
    expect(worstHour.pnlQuote).to.equal(-30);
    expectClose(worstHour.fraction, -0.3, 1e-12);
  });

  it("gives quantiles of whole days, and leaves unknown what too few days cannot tell", () => {
    const days = (count: number): readonly number[] =>
      Array.from({ length: count + 1 }, (_, i) => i).reduce<number[]>((all, i) => {
        all.push(i === 0 ? 100 : all[i - 1]! * (i % 10 === 0 ? 0.95 : 1.01));
        return all;
      }, []);
    const few = curve(days(10), 86_400);
    expect([few.days, few.var95, few.es99, few.forecastTests]).to.deep.equal([10, undefined, undefined, undefined]);
    const some = curve(days(40), 86_400);
    expectClose(some.var95, 0.05, 1e-9);
    expectClose(some.es95, 0.05, 1e-9);
    expect(some.var99).to.equal(undefined);
    const many = curve(days(200), 86_400);
    expectClose(many.var99, 0.05, 1e-9);
    expect(many.forecastTests?.forecasts).to.equal(140);
    // A tenth of the days loses 5 %, and the forecast says so: only rounding puts a day beyond it.
    expect(many.forecastTests?.exceptions).to.be.lessThan(7);
    expect(many.forecastTests?.conditionalPValue).to.be.within(0, 1);
    expect([...computeDailyReturns(Float64Array.from([1, 2, 4, 8]), 43_200)]).to.deep.equal([3]);
  });

  it("refuses what is no curve", () => {
    expect(() => curve([100, 101])).to.throw(InvalidParameterError, "equity.length");
    expect(() => curve([0, 101, 102])).to.throw(InvalidParameterError, "equity[0]");
    expect(() => curve([100, Number.NaN, 102])).to.throw(InvalidParameterError);
  });
});

describe("expandBars", () => {
  const bar = { timestamp: START, open: 2_000, high: 2_400, low: 1_700, close: 2_300 };

  it("goes through both extremes of a bar in steps of at most 2 %, to its close", () => {
    const { prices, highs, timestamps } = expandBars({ bars: [bar], barSeconds: HOUR, startPrice: 2_000 }, 4);
    expect(Math.max(...prices)).to.equal(2_400);
    expect(Math.min(...prices)).to.equal(1_700);
    expect(prices.at(-1)).to.equal(2_300);
    expect(timestamps.at(-1)).to.equal(START + HOUR);
    let before = 2_000;
    for (const [i, price] of prices.entries()) {
      expect(Math.abs(Math.log(price / before))).to.be.lessThan(MAX_STEP_MOVE * 1.1);
      expect(highs[i]).to.equal(Math.max(before, price));
      before = price;
    }
  });

  it("takes one step through a quiet bar, and remembers the high that it passes over", () => {
    const quiet = { ...bar, high: 2_004, low: 1_999, close: 2_001 };
    const { prices, highs } = expandBars({ bars: [quiet], barSeconds: HOUR, startPrice: 2_000 }, 1);
    expect([...prices]).to.deep.equal([2_001]);
    expect([...highs]).to.deep.equal([2_004]);
  });

  it("keeps to whole minutes however far the price moves", () => {
    const wild = { ...bar, high: 20_000, low: 400 };
    expect(expandBars({ bars: [wild], barSeconds: HOUR, startPrice: 2_000 }, 1).prices.length).to.equal(60);
  });

  it("refuses bars and steps that cannot be", () => {
    const expand = (bars: Parameters<typeof expandBars>[0]["bars"], steps: number) => () =>
      expandBars({ bars, barSeconds: HOUR, startPrice: 2_000 }, steps);
    expect(expand([], 1)).to.throw(InvalidParameterError, "bars.length");
    expect(expand(closeBars([1, 2]), 0)).to.throw(InvalidParameterError, "stepsPerBar");
    expect(expand([{ ...bar, low: 2_100 }], 1)).to.throw(InvalidParameterError, "bars[0]");
  });
});
