import { expect } from "chai";

import { InvalidParameterError } from "../../../../sdk/errors.ts";
import { createRunningVolatility } from "../../../../sdk/math/runningVolatility.ts";
import { computeEwmaVolatility } from "../../../../sdk/math/volatility.ts";
import { createRandomSource } from "../../../../sdk/sim/random.ts";
import { expectClose } from "../../../support/close.ts";

const HOUR = 3_600;
const SETTINGS = { priorAnnual: 0.7, halfLifeHours: 24, priorWeightHours: 24 };

describe("createRunningVolatility", () => {
  it("begins with the prior, and forgets it", () => {
    const running = createRunningVolatility(2_000, SETTINGS);
    expectClose(running.annual, 0.7, 1e-15);
    for (let i = 0; i < 24 * 60; i++) running.observe(2_000, HOUR);
    expect(running.annual).to.be.within(0, 1e-6);
  });

  it("is RiskMetrics' estimate once the prior has faded, on even spacing", () => {
    const random = createRandomSource(3);
    const closes = [2_000];
    for (let i = 0; i < 3_000; i++) closes.push((closes.at(-1) ?? 0) * Math.exp(0.007 * random.normal()));
    const running = createRunningVolatility(2_000, SETTINGS);
    for (const close of closes.slice(1)) running.observe(close, HOUR);
    expectClose(running.annual, computeEwmaVolatility(closes, 8_760, 2 ** (-1 / 24)), 1e-9);
  });

  it("weighs a move by the time it took", () => {
    const [slow, fast] = [createRunningVolatility(100, SETTINGS), createRunningVolatility(100, SETTINGS)];
    slow.observe(103, 6 * HOUR);
    fast.observe(103, HOUR);
    expect(fast.annual).to.be.greaterThan(slow.annual);
  });

  it("names settings that cannot be", () => {
    for (const name of ["priorAnnual", "halfLifeHours", "priorWeightHours"] as const) {
      expect(() => createRunningVolatility(1, { ...SETTINGS, [name]: 0 })).to.throw(InvalidParameterError, name);
    }
    expect(() => createRunningVolatility(0, SETTINGS)).to.throw(InvalidParameterError, "startPrice");
  });
});
