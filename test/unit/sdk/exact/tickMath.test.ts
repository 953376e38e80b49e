import { expect } from "chai";
import { describe, it } from "mocha";
import {
  getSqrtRatioAtTick,
  getTickAtSqrtRatio,
  MAX_SQRT_RATIO,
  MAX_TICK,
  maxUsableTick,
  MIN_SQRT_RATIO,
  MIN_TICK,
  minUsableTick,
} from "../../../../sdk/exact/tickMath.ts";
import { v3SdkSqrtRatioAtTick, v3SdkTickAtSqrtRatio } from "../../../../sdk/chain/v3Sdk.ts";
import { expectInvalid } from "../math/assertions.ts";
import { createPoolRandom } from "./random.ts";

const SEED = 20261112;
// coprime with every power of two, so a walk meets all patterns of the low bits
const STRIDE = 101;

function* strideOfTicks(stride: number): Generator<number> {
  for (let tick = MIN_TICK + 1; tick < MAX_TICK; tick += stride) yield tick;
}

describe("getSqrtRatioAtTick", () => {
  it("starts and ends at the pool's bounds, with 2^96 in the middle", () => {
    expect(getSqrtRatioAtTick(MIN_TICK)).to.equal(MIN_SQRT_RATIO);
    expect(getSqrtRatioAtTick(MAX_TICK)).to.equal(MAX_SQRT_RATIO);
    expect(getSqrtRatioAtTick(0)).to.equal(1n << 96n);
    expect(getSqrtRatioAtTick(-0)).to.equal(1n << 96n);
  });

  it("agrees with v3-sdk at every single bit, at the bounds and around 0", () => {
    const ticks = Array.from({ length: 41 }, (_, i) => i - 20);
    for (let bit = 0; bit < 20; bit++) ticks.push(2 ** bit, 2 ** bit - 1);
    for (let i = 0; i < 20; i++) ticks.push(MAX_TICK - i);
    for (const tick of ticks) {
      for (const signed of [tick, -tick]) expect(getSqrtRatioAtTick(signed)).to.equal(v3SdkSqrtRatioAtTick(signed));
    }
  });

  it(`agrees with v3-sdk on 5000 random ticks (seed ${SEED})`, () => {
    const random = createPoolRandom(SEED);
    for (let i = 0; i < 5000; i++) {
      const tick = random.int(MIN_TICK, MAX_TICK);
      expect(getSqrtRatioAtTick(tick), `tick ${tick}`).to.equal(v3SdkSqrtRatioAtTick(tick));
    }
  });

  it("refuses ticks out of bounds and fractions", () => {
    for (const tick of [MIN_TICK - 1, MAX_TICK + 1, 0.5, NaN, Infinity]) {
      expectInvalid(() => getSqrtRatioAtTick(tick), "tick", tick);
    }
  });
});

describe("getTickAtSqrtRatio", () => {
  it("changes exactly at the price of a tick, across the whole range", () => {
    for (const tick of strideOfTicks(STRIDE)) {
      const ratio = getSqrtRatioAtTick(tick);
      const found = [getTickAtSqrtRatio(ratio - 1n), getTickAtSqrtRatio(ratio), getTickAtSqrtRatio(ratio + 1n)];
      if (found[0] !== tick - 1 || found[1] !== tick || found[2] !== tick)
        expect.fail(`tick ${tick} gave ${found.join(", ")}`);
    }
  });

  it("knows the first and last prices", () => {
    expect(getTickAtSqrtRatio(MIN_SQRT_RATIO)).to.equal(MIN_TICK);
    expect(getTickAtSqrtRatio(MAX_SQRT_RATIO - 1n)).to.equal(MAX_TICK - 1);
    expect(getTickAtSqrtRatio(1n << 96n)).to.equal(0);
    expect(getTickAtSqrtRatio((1n << 96n) - 1n)).to.equal(-1);
  });

  it(`agrees with v3-sdk on 4000 random prices, on, beside and between ticks (seed ${SEED})`, () => {
    const random = createPoolRandom(SEED);
    for (let i = 0; i < 4000; i++) {
      const price = random.sqrtPriceX96();
      expect(getTickAtSqrtRatio(price), `price ${price}`).to.equal(v3SdkTickAtSqrtRatio(price));
    }
  });

  it("refuses prices the pool cannot have", () => {
    for (const price of [0n, MIN_SQRT_RATIO - 1n, MAX_SQRT_RATIO]) {
      expectInvalid(() => getTickAtSqrtRatio(price), "sqrtPriceX96", price);
    }
  });
});

describe("usable ticks", () => {
  it("are the outermost multiples of the spacing", () => {
    expect([minUsableTick(1), maxUsableTick(1)]).to.deep.equal([MIN_TICK, MAX_TICK]);
    expect([minUsableTick(10), maxUsableTick(10)]).to.deep.equal([-887_270, 887_270]);
    expect([minUsableTick(60), maxUsableTick(60)]).to.deep.equal([-887_220, 887_220]);
    expect([minUsableTick(200), maxUsableTick(200)]).to.deep.equal([-887_200, 887_200]);
  });

  it("need a spacing the factory allows", () => {
    for (const spacing of [0, -10, 1.5, 16_384, NaN])
      expectInvalid(() => maxUsableTick(spacing), "tickSpacing", spacing);
  });
});
