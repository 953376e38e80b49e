import { expect } from "chai";
import { describe, it } from "mocha";
import { computeFeeGrowthInside, computeFeesOwedDown } from "../../../../sdk/exact/feeGrowth.ts";
import { MAX_UINT128, MAX_UINT256, Q128 } from "../../../../sdk/exact/fullMath.ts";
import { v3SdkFeeGrowthInside, v3SdkFeesOwed } from "../../../../sdk/chain/v3Sdk.ts";
import { expectInvalid } from "../math/assertions.ts";
import { createPoolRandom } from "./random.ts";

const SEED = 20261116;

describe("computeFeeGrowthInside", () => {
  it(`agrees with v3-sdk below, inside, above and exactly on the edges (seed ${SEED})`, () => {
    const random = createPoolRandom(SEED);
    for (let i = 0; i < 3000; i++) {
      const tickLower = random.int(-1000, 1000);
      const tickUpper = tickLower + random.int(1, 500);
      const positions = [tickLower - 1, tickLower, tickLower + 1, tickUpper - 1, tickUpper, tickUpper + 1];
      const inputs = {
        tickLower,
        tickUpper,
        tickCurrent: positions[i % positions.length] ?? tickLower,
        feeGrowthGlobal0X128: random.bits(256),
        feeGrowthGlobal1X128: random.bits(256),
        lower: { feeGrowthOutside0X128: random.bits(256), feeGrowthOutside1X128: random.bits(256) },
        upper: { feeGrowthOutside0X128: random.bits(256), feeGrowthOutside1X128: random.bits(256) },
      };
      expect(computeFeeGrowthInside(inputs)).to.deep.equal(v3SdkFeeGrowthInside(inputs));
    }
  });

  it("wraps below 0, and a later difference is right all the same", () => {
    const at = (global: bigint): bigint =>
      computeFeeGrowthInside({
        tickLower: -10,
        tickUpper: 10,
        tickCurrent: 0,
        feeGrowthGlobal0X128: global,
        feeGrowthGlobal1X128: 0n,
        lower: { feeGrowthOutside0X128: 8n * Q128, feeGrowthOutside1X128: 0n },
        upper: { feeGrowthOutside0X128: 0n, feeGrowthOutside1X128: 0n },
      }).feeGrowthInside0X128;
    const earlier = at(5n * Q128);
    const later = at(9n * Q128);
    expect(earlier).to.equal(MAX_UINT256 + 1n - 3n * Q128);
    expect(later).to.equal(Q128);
    const inputs = { feeGrowthInsideX128: later, feeGrowthInsideLastX128: earlier, liquidity: 100n };
    expect(computeFeesOwedDown(inputs)).to.equal(400n);
  });

  it("refuses a range turned inside out", () => {
    const zero = { feeGrowthOutside0X128: 0n, feeGrowthOutside1X128: 0n };
    const inputs = { tickCurrent: 0, feeGrowthGlobal0X128: 0n, feeGrowthGlobal1X128: 0n, lower: zero, upper: zero };
    expectInvalid(() => computeFeeGrowthInside({ ...inputs, tickLower: 10, tickUpper: 10 }), "tickUpper", 10);
    expectInvalid(() => computeFeeGrowthInside({ ...inputs, tickLower: NaN, tickUpper: 10 }), "tickUpper", 10);
  });
});

describe("computeFeesOwedDown", () => {
  it(`agrees with v3-sdk, cut to the 128 bits of the contract (seed ${SEED})`, () => {
    const random = createPoolRandom(SEED + 1);
    let cut = 0;
    for (let i = 0; i < 3000; i++) {
      const [current, last, liquidity] = [random.bits(256), random.bits(256), random.bits(128)];
      const theirs = v3SdkFeesOwed(current, last, liquidity);
      if (theirs > MAX_UINT128) cut++;
      expect(computeFeesOwedDown({ feeGrowthInsideX128: current, feeGrowthInsideLastX128: last, liquidity })).to.equal(
        theirs % Q128,
      );
    }
    expect(cut).to.be.within(100, 2900); // both cases came up
  });

  it("rounds down", () => {
    const owed = (growth: bigint): bigint =>
      computeFeesOwedDown({ feeGrowthInsideX128: growth, feeGrowthInsideLastX128: 0n, liquidity: 1n });
    expect(owed(Q128 - 1n)).to.equal(0n);
    expect(owed(Q128)).to.equal(1n);
  });
});
