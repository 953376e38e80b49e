import { expect } from "chai";
import { describe, it } from "mocha";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { computeNormalCdf } from "../../../../sdk/math/normal.ts";
import {
  computeChristoffersenTests,
  computeKupiecTest,
  computeRollingViolations,
} from "../../../../sdk/math/varBacktest.ts";
import { expectClose } from "../../../support/close.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";

const SEED = 20261124;

describe("computeKupiecTest", () => {
  it("accepts the numbers of failures of Kupiec's table at 95 %, and no others", () => {
    // [rate, days, largest rejected below, smallest rejected above]
    const table = [
      [0.025, 255, 2, 12],
      [0.05, 255, 6, 21],
      [0.075, 255, 11, 28],
      [0.1, 255, 16, 36],
      [0.01, 510, 1, 11],
      [0.025, 510, 6, 21],
      [0.05, 510, 16, 36],
      [0.1, 510, 38, 65],
      [0.01, 1000, 4, 17],
      [0.025, 1000, 15, 36],
      [0.05, 1000, 37, 65],
      [0.1, 1000, 81, 120],
    ] as const;
    for (const [expectedRate, observations, below, above] of table) {
      const pValue = (violations: number): number =>
        computeKupiecTest({ violations, observations, expectedRate }).pValue;
      for (const rejected of [below, above]) expect(pValue(rejected)).to.be.below(0.05);
      for (const accepted of [below + 1, above - 1]) expect(pValue(accepted)).to.be.above(0.05);
    }
  });

  it("is 0 with p value 1 when the rate is met exactly", () => {
    const test = computeKupiecTest({ violations: 50, observations: 1000, expectedRate: 0.05 });
    expectClose(test.statistic, 0, 1e-10);
    expectClose(test.pValue, 1, 1e-5);
  });

  it("has its limit without violations and with nothing else", () => {
    const none = computeKupiecTest({ violations: 0, observations: 255, expectedRate: 0.05 });
    expectRelative(none.statistic, -2 * 255 * Math.log(0.95), 1e-12);
    const all = computeKupiecTest({ violations: 10, observations: 10, expectedRate: 0.05 });
    expectRelative(all.statistic, -2 * 10 * Math.log(0.05), 1e-12);
  });

  it("takes its p value from chi-square, one degree of freedom: twice a normal tail", () => {
    for (const violations of [1, 5, 13, 20, 30]) {
      const test = computeKupiecTest({ violations, observations: 255, expectedRate: 0.05 });
      expect(test.degreesOfFreedom).to.equal(1);
      expectClose(test.pValue, 2 * computeNormalCdf(-Math.sqrt(test.statistic)), 1e-12);
    }
  });

  it("refuses counts and rates that cannot be", () => {
    const good = { violations: 1, observations: 10, expectedRate: 0.05 };
    for (const violations of [NaN, -1, 11, 1.5]) {
      expectInvalid(() => computeKupiecTest({ ...good, violations }), "violations", violations);
    }
    for (const observations of [NaN, 0, 1.5, Infinity]) {
      expectInvalid(() => computeKupiecTest({ ...good, observations }), "observations", observations);
    }
    for (const expectedRate of [NaN, 0, 1, 5]) {
      expectInvalid(() => computeKupiecTest({ ...good, expectedRate }), "expectedRate", expectedRate);
    }
  });
});

describe("computeChristoffersenTests", () => {
  const series = "0000011000100000000001110000000001000000".split("").map((day) => day === "1");

  it("is the ratio of the likelihoods, multiplied out", () => {
    // transitions counted by hand: 28 calm-calm, 4 calm-hit, 4 hit-calm, 3 hit-hit
    const separate = (28 / 32) ** 28 * (4 / 32) ** 4 * (4 / 7) ** 4 * (3 / 7) ** 3;
    const pooled = (32 / 39) ** 32 * (7 / 39) ** 7;
    const tests = computeChristoffersenTests(series, 0.05);
    expectRelative(tests.independence.statistic, -2 * Math.log(pooled / separate), 1e-10);
    const rate = -2 * Math.log((0.95 ** 33 * 0.05 ** 7) / ((33 / 40) ** 33 * (7 / 40) ** 7));
    expectRelative(tests.unconditional.statistic, rate, 1e-10);
  });

  it("adds both statistics for conditional coverage, with two degrees of freedom", () => {
    const { unconditional, independence, conditional } = computeChristoffersenTests(series, 0.05);
    expectRelative(conditional.statistic, unconditional.statistic + independence.statistic, 1e-15);
    expect(conditional.degreesOfFreedom).to.equal(2);
    expectClose(conditional.pValue, Math.exp(-conditional.statistic / 2), 1e-12);
  });

  it("tells clusters from the same violations scattered", () => {
    const spread = Array.from({ length: 400 }, (_, i) => i % 20 === 10);
    const clustered = Array.from({ length: 400 }, (_, i) => i >= 200 && i < 220);
    expect(computeChristoffersenTests(clustered, 0.05).independence.pValue).to.be.below(1e-10);
    expect(computeChristoffersenTests(spread, 0.05).independence.pValue).to.be.above(0.05);
    expectClose(computeChristoffersenTests(clustered, 0.05).unconditional.statistic, 0, 1e-10);
  });

  it(`rejects about one honest model in twenty (seed ${SEED})`, () => {
    const random = xoroshiro128plus(SEED);
    const rejected = { unconditional: 0, independence: 0, conditional: 0 };
    for (let run = 0; run < 600; run++) {
      const days = Array.from({ length: 1000 }, () => uniformFloat64(random) < 0.1);
      const tests = computeChristoffersenTests(days, 0.1);
      for (const name of ["unconditional", "independence", "conditional"] as const) {
        if (tests[name].pValue < 0.05) rejected[name] += 1;
      }
    }
    for (const count of Object.values(rejected)) expect(count).to.be.within(12, 54); // 30 ± 4.5 deviations
  });

  it("stands series without violations and of nothing else", () => {
    for (const day of [true, false]) {
      const tests = computeChristoffersenTests([day, day, day], 0.05);
      expect(tests.independence.statistic).to.equal(0);
      expect(tests.conditional.statistic).to.equal(tests.unconditional.statistic);
    }
    expectInvalid(() => computeChristoffersenTests([true], 0.05), "violated.length", 1);
    expectInvalid(() => computeChristoffersenTests([true, false], NaN), "expectedRate", NaN);
  });
});

describe("computeRollingViolations", () => {
  it("compares each day with the days before it only", () => {
    // value at risk at 50 % is the median loss of the three days before
    const profits = [-1, -2, -3, -2.5, -2.5, 4, -1, -3];
    expect(computeRollingViolations(profits, 3, 0.5)).to.deep.equal([true, false, false, false, true]);
    const future = [...profits];
    future[7] = 100;
    expect(computeRollingViolations(future, 3, 0.5).slice(0, 4)).to.deep.equal([true, false, false, false]);
  });

  it(`gives the promised rate for a law that stays the same (seed ${SEED})`, () => {
    const random = xoroshiro128plus(SEED);
    const profits = Float64Array.from({ length: 3000 }, () => uniformFloat64(random));
    const violated = computeRollingViolations(profits, 250, 0.95);
    expect(violated.length).to.equal(2750);
    expect(computeChristoffersenTests(violated, 0.05).conditional.pValue).to.be.above(0.01);
    // and the test notices a risk that doubles and is not followed
    const wilder = profits.map((profit, i) => (i > 1500 ? 2 * profit - 1.5 : profit));
    expect(
      computeChristoffersenTests(computeRollingViolations(wilder, 1000, 0.95), 0.05).conditional.pValue,
    ).to.be.below(1e-6);
  });

  it("refuses a window it cannot fill, and NaN", () => {
    for (const length of [NaN, 1, 2.5, Infinity]) {
      expectInvalid(() => computeRollingViolations([1, 2, 3], length, 0.5), "windowLength", length);
    }
    expectInvalid(() => computeRollingViolations([1, 2, 3], 3, 0.5), "profits.length", 3);
    expectInvalid(() => computeRollingViolations([1, 2, NaN], 2, 0.5), "profits", NaN);
    expectInvalid(() => computeRollingViolations([1, 2, 3], 2, 95), "confidence", 95);
  });
});
