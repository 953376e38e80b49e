import { expect } from "chai";
import { describe, it } from "mocha";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { computeJumpLiquidationBound, computeJumpStressProbability } from "../../../../sdk/math/liquidationStress.ts";
import { computeFirstPassageProbability } from "../../../../sdk/math/margin.ts";
import { computeNormalQuantile } from "../../../../sdk/math/normal.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";

const SEED = 20261123;
const inputs = { price: 2000, barrier: 2614.38, volatility: 0.7, drift: 0, years: 30 / 365 };
const plain = computeFirstPassageProbability(inputs);

describe("computeJumpStressProbability", () => {
  it("starts the continuous path from the price after the jump", () => {
    expect(computeJumpStressProbability(inputs, 0)).to.equal(plain);
    const after = computeFirstPassageProbability({ ...inputs, price: 2200 });
    expectRelative(computeJumpStressProbability(inputs, 0.1), after, 1e-12);
    expect(after).to.be.above(2 * plain);
    expect(computeJumpStressProbability(inputs, 0.31)).to.equal(1);
  });

  it("refuses a fall, a barrier below the price and NaN", () => {
    for (const jump of [NaN, -0.1, Infinity]) {
      expectInvalid(() => computeJumpStressProbability(inputs, jump), "upJump", jump);
    }
    expectInvalid(() => computeJumpStressProbability({ ...inputs, barrier: 1999 }, 0.1), "barrier", 1999);
    expectInvalid(() => computeJumpStressProbability({ ...inputs, barrier: NaN }, 0.1), "barrier", NaN);
    expectInvalid(() => computeJumpStressProbability({ ...inputs, years: 0 }, 0.1), "years", 0);
  });
});

describe("computeJumpLiquidationBound", () => {
  it("is the plain probability without jumps, and grows with their rate and size", () => {
    const bound = (jumpsPerYear: number, upJump: number): number =>
      computeJumpLiquidationBound(inputs, { jumpsPerYear, upJump });
    expectRelative(bound(0, 0.07), plain, 1e-12);
    expect(bound(12, 0.07)).to.be.above(bound(6, 0.07)).and.below(bound(12, 0.1));
    expectRelative(bound(1e4, 0.07), 1, 1e-12);
  });

  it("is the chance of one jump or the plain passage when one jump is enough", () => {
    const none = Math.exp((-12 * 30) / 365);
    const bound = computeJumpLiquidationBound(inputs, { jumpsPerYear: 12, upJump: 0.5 });
    expectRelative(bound, none * plain + 1 - none, 1e-12);
  });

  it(`lies above simulated jump diffusions, and not far (seed ${SEED})`, () => {
    const random = xoroshiro128plus(SEED);
    const uniform = (): number => uniformFloat64(random) * (1 - 2e-16) + 1e-16;
    const steps = 120;
    const dt = inputs.years / steps;
    const paths = 8000;
    const logBarrier = Math.log(inputs.barrier / inputs.price);
    let hits = 0;
    for (let path = 0; path < paths; path++) {
      let x = 0;
      let survival = 1; // of the bridges between grid points, so that the grid misses no touch
      for (let i = 0; i < steps && survival > 0; i++) {
        const move = -0.5 * 0.49 * dt + 0.7 * Math.sqrt(dt) * computeNormalQuantile(uniform());
        const after = x + move;
        survival *=
          after >= logBarrier ? 0 : 1 - Math.exp((-2 * (logBarrier - x) * (logBarrier - after)) / (0.49 * dt));
        x = after + (uniform() < 12 * dt ? Math.log(1.07) : 0);
        if (x >= logBarrier) survival = 0;
      }
      hits += 1 - survival;
    }
    const simulated = hits / paths;
    const bound = computeJumpLiquidationBound(inputs, { jumpsPerYear: 12, upJump: 0.07 });
    expect(simulated).to.be.above(plain).and.below(bound);
    expect(bound).to.be.below(1.4 * simulated);
  });

  it("refuses a negative rate, no jump and NaN", () => {
    expectInvalid(() => computeJumpLiquidationBound(inputs, { jumpsPerYear: -1, upJump: 0.1 }), "jumpsPerYear", -1);
    expectInvalid(() => computeJumpLiquidationBound(inputs, { jumpsPerYear: NaN, upJump: 0.1 }), "jumpsPerYear", NaN);
    expectInvalid(() => computeJumpLiquidationBound(inputs, { jumpsPerYear: 1, upJump: 0 }), "upJump", 0);
    const beyond = { ...inputs, price: 3000 };
    expectInvalid(() => computeJumpLiquidationBound(beyond, { jumpsPerYear: 1, upJump: 1 }), "barrier", 2614.38);
  });
});
