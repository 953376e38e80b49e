import { expect } from "chai";

import { InvalidParameterError } from "../../../sdk/errors.ts";
import { flatBar } from "../../../sdk/sim/bar.ts";
import { simulatePath } from "../../../sdk/sim/path.ts";
import { MAX_STEP_MOVE, computePathSteps, computeWindowSteps } from "../../../sdk/sim/steps.ts";
import { HOUR_SECONDS } from "../../../sdk/sim/window.ts";
import type { PriceWindow } from "../../../sdk/sim/window.ts";

function windowOf(bars: PriceWindow["bars"], barSeconds = HOUR_SECONDS): PriceWindow {
  return {
    bars,
    barSeconds,
    fromTimestamp: 0,
    startPrice: bars[0]?.open ?? Number.NaN,
    hours: (bars.length * barSeconds) / HOUR_SECONDS,
    filledBars: 0,
  };
}

describe("computeWindowSteps", () => {
  it("walks every bar from where the one before closed and ends each step in time", () => {
    const bars = [
      { timestamp: 0, open: 100, high: 101.4, low: 99.5, close: 101 },
      { ...flatBar(HOUR_SECONDS, 101), high: 102, close: 102 },
    ];
    const steps = computeWindowSteps(windowOf(bars), 3);
    expect(steps.map((step) => step.timestamp)).to.deep.equal([1200, 2400, 3600, 4800, 6000, 7200]);
    expect(steps.slice(0, 3).map((step) => step.price)).to.deep.equal([99.5, 101.4, 101]);
    expect(steps.at(-1)?.price).to.equal(102);
  });

  it("gives longer bars as many times the steps", () => {
    const steps = computeWindowSteps(windowOf([flatBar(0, 100), flatBar(4 * HOUR_SECONDS, 110)], 4 * HOUR_SECONDS), 2);
    expect(steps).to.have.length(16);
    expect(steps[7]).to.deep.equal({ timestamp: 4 * HOUR_SECONDS, price: 100 });
    expect(steps[15]).to.deep.equal({ timestamp: 8 * HOUR_SECONDS, price: 110 });
  });

  it("takes more steps through a bar that moves far, so that none moves far itself", () => {
    const crash = { timestamp: HOUR_SECONDS, open: 100, high: 101, low: 70, close: 80 };
    const steps = computeWindowSteps(windowOf([flatBar(0, 100), crash, flatBar(2 * HOUR_SECONDS, 80)]), 4);
    const prices = [100, ...steps.map((step) => step.price)];
    const moves = prices.slice(1).map((price, i) => Math.abs(Math.log(price / (prices[i] ?? price))));
    expect(Math.max(...moves)).to.be.at.most(MAX_STEP_MOVE * 1.1);
    expect(steps.filter((step) => step.timestamp <= HOUR_SECONDS)).to.have.length(4);
    expect(steps.filter((step) => step.timestamp > 2 * HOUR_SECONDS)).to.have.length(4);
    expect(steps.length).to.be.above(4 * 3);
  });

  it("keeps steps a minute long at least", () => {
    const collapse = { timestamp: 0, open: 100, high: 100, low: 11, close: 100 };
    const steps = computeWindowSteps(windowOf([collapse]), 4);
    expect(steps).to.have.length(60);
    expect(steps[0]?.timestamp).to.equal(60);
  });

  it("refuses steps that are no count", () => {
    for (const count of [0, -1, 1.5]) {
      expect(() => computeWindowSteps(windowOf([flatBar(0, 1)]), count)).to.throw(InvalidParameterError);
    }
  });
});

describe("computePathSteps", () => {
  const path = simulatePath({ seed: 4, hours: 3, startTimestamp: 7_200 });

  it("takes the minutes that were simulated", () => {
    const steps = computePathSteps(path, 4);
    expect(steps).to.have.length(12);
    expect(steps[0]).to.deep.equal({ timestamp: 7_200 + 900, price: path.minutes[14] });
    expect(steps[11]).to.deep.equal({ timestamp: 7_200 + 3 * HOUR_SECONDS, price: path.bars[2]?.close });
    expect(computePathSteps(path, 60).map((step) => step.price)).to.deep.equal(path.minutes);
  });

  it("comes as close as minutes allow where they do not divide evenly", () => {
    const steps = computePathSteps(path, 7);
    expect(steps).to.have.length(21);
    expect(steps[6]?.price).to.equal(path.bars[0]?.close);
  });

  it("refuses to invent more than was simulated", () => {
    expect(() => computePathSteps(path, 61)).to.throw(InvalidParameterError);
    expect(() => computePathSteps(path, 0)).to.throw(InvalidParameterError);
  });
});
