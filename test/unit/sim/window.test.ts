import { expect } from "chai";

import { InvalidParameterError } from "../../../sdk/errors.ts";
import { flatBar } from "../../../sdk/sim/bar.ts";
import type { Bar } from "../../../sdk/sim/bar.ts";
import { HOUR_SECONDS, PriceWindowError, formatTime, selectWindow } from "../../../sdk/sim/window.ts";

const T0 = Date.UTC(2022, 10, 6) / 1000;

function series(count: number, spacing = HOUR_SECONDS): readonly Bar[] {
  return Array.from({ length: count }, (_, i) => flatBar(T0 + i * spacing, 2000 + i));
}

describe("selectWindow", () => {
  it("cuts the hours asked for, from the time asked for", () => {
    const window = selectWindow(series(100), { from: T0 + 10 * HOUR_SECONDS, hours: 24, defaultHours: 168 });
    expect(window).to.include({ hours: 24, barSeconds: HOUR_SECONDS, filledBars: 0, fromTimestamp: T0 + 36_000 });
    expect(window.bars.map((bar) => bar.close)).to.deep.equal(Array.from({ length: 24 }, (_, i) => 2010 + i));
  });

  it("starts at the first bar and takes the default length, or all of a shorter series", () => {
    expect(selectWindow(series(400), { defaultHours: 168 }).bars).to.have.length(168);
    expect(selectWindow(series(50), { defaultHours: 168 }).bars).to.have.length(50);
  });

  it("merges finer rows into hourly bars that keep the extremes", () => {
    const bars = series(12 * 3, 300).map((bar, i) => ({ ...bar, high: bar.high + (i === 5 ? 100 : 0) }));
    const window = selectWindow(bars, { defaultHours: 168 });
    expect(window.bars).to.have.length(3);
    expect(window.bars[0]).to.deep.equal({ timestamp: T0, open: 2000, high: 2105, low: 2000, close: 2011 });
  });

  it("keeps the length of coarser bars", () => {
    const window = selectWindow(series(30, 4 * HOUR_SECONDS), { hours: 50, defaultHours: 168 });
    expect(window).to.include({ barSeconds: 4 * HOUR_SECONDS, hours: 48 });
    expect(window.bars).to.have.length(12);
  });

  it("stands still through a short gap and says how many bars that were", () => {
    const bars = series(40).filter((_, i) => i < 10 || i >= 15);
    const window = selectWindow(bars, { hours: 40, defaultHours: 168 });
    expect(window.filledBars).to.equal(5);
    expect(window.bars[12]).to.deep.equal(flatBar(T0 + 12 * HOUR_SECONDS, 2009));
    expect(window.bars[15]?.close).to.equal(2015);
  });

  it("opens at the last known close when the window starts inside a gap", () => {
    const bars = series(40).filter((_, i) => i < 10 || i >= 15);
    const window = selectWindow(bars, { from: T0 + 12 * HOUR_SECONDS, hours: 5, defaultHours: 168 });
    expect(window.bars.map((bar) => bar.close)).to.deep.equal([2009, 2009, 2009, 2015, 2016]);
  });

  it("starts at the close before a window of closes, and at the open of one of bars", () => {
    const closes = selectWindow(series(40), { from: T0 + 12 * HOUR_SECONDS, hours: 5, defaultHours: 168 });
    expect(closes.startPrice).to.equal(2011);
    const bars = series(40).map((bar) => ({ ...bar, high: bar.high + 1 }));
    expect(selectWindow(bars, { from: T0 + 12 * HOUR_SECONDS, hours: 5, defaultHours: 168 }).startPrice).to.equal(2012);
    expect(selectWindow(series(40), { hours: 5, defaultHours: 168 }).startPrice).to.equal(2000);
  });

  it("refuses a gap above 24 hours inside the window, not one outside of it", () => {
    const bars = series(100).filter((_, i) => i < 10 || i >= 40);
    expect(() => selectWindow(bars, { hours: 50, defaultHours: 168 })).to.throw(PriceWindowError, "--from");
    expect(selectWindow(bars, { from: T0 + 45 * HOUR_SECONDS, hours: 50, defaultHours: 1 }).bars).to.have.length(50);
    expect(selectWindow(bars, { hours: 10, defaultHours: 1 }).bars).to.have.length(10);
    const daily = series(10, 24 * HOUR_SECONDS);
    expect(selectWindow(daily, { defaultHours: 168 }).bars).to.have.length(7);
  });

  it("refuses a window outside of the series, and hours that are no number of hours", () => {
    const bars = series(100);
    const request = (from: number, hours: number) => () => selectWindow(bars, { from, hours, defaultHours: 1 });
    expect(request(T0 - 1, 1)).to.throw(PriceWindowError, "outside");
    expect(request(T0 + 100 * HOUR_SECONDS, 1)).to.throw(PriceWindowError, "outside");
    expect(request(T0, 101)).to.throw(PriceWindowError, "do not fit");
    expect(request(T0, 100)).not.to.throw();
    for (const hours of [0, -1, 1.5, Number.NaN]) expect(request(T0, hours)).to.throw(InvalidParameterError);
  });
});

describe("formatTime", () => {
  it("leaves out seconds that are zero", () => {
    expect(formatTime(T0)).to.equal("2022-11-06T00:00Z");
    expect(formatTime(T0 + 61)).to.equal("2022-11-06T00:01:01Z");
  });
});
