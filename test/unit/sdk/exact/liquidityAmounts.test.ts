import { expect } from "chai";
import { describe, it } from "mocha";
import { MAX_UINT128 } from "../../../../sdk/exact/fullMath.ts";
import {
  getAmountsForLiquidityDown,
  getAmountsForLiquidityUp,
  getLiquidityForAmount0Down,
  getLiquidityForAmount1Down,
  getLiquidityForAmountsDown,
} from "../../../../sdk/exact/liquidityAmounts.ts";
import { getSqrtRatioAtTick, MAX_TICK, MIN_TICK } from "../../../../sdk/exact/tickMath.ts";
import { v3SdkAmount0Delta, v3SdkAmount1Delta, v3SdkLiquidityForAmounts } from "../../../../sdk/chain/v3Sdk.ts";
import { computeLpAmounts } from "../../../../sdk/math/lp.ts";
import { expectInvalid, expectRelative } from "../math/assertions.ts";
import { createPoolRandom, outcomeOf } from "./random.ts";
import type { PoolRandom } from "./random.ts";

const SEED = 20261115;
const ONE = 1n << 96n;

/** A price and a range: the price below, above, inside, or exactly on an edge of it. */
function drawRange(random: PoolRandom, i: number): { price: bigint; lower: bigint; upper: bigint } {
  const tickLower = i % 20 === 0 ? MIN_TICK : random.int(-300_000, 300_000);
  const tickUpper = i % 20 === 0 ? MAX_TICK : tickLower + random.int(1, 50_000);
  const lower = getSqrtRatioAtTick(tickLower);
  const upper = getSqrtRatioAtTick(tickUpper);
  const choices = [
    random.sqrtPriceX96(),
    lower,
    upper,
    lower - 1n,
    lower + 1n,
    upper - 1n,
    upper + 1n,
    getSqrtRatioAtTick(random.int(tickLower, tickUpper)),
  ];
  return { price: choices[i % choices.length] ?? lower, lower, upper };
}

describe("getLiquidityForAmountsDown", () => {
  it(`agrees with v3-sdk on 4000 random ranges and amounts (seed ${SEED})`, () => {
    const random = createPoolRandom(SEED);
    let refused = 0;
    for (let i = 0; i < 4000; i++) {
      const { price, lower, upper } = drawRange(random, i);
      const [amount0, amount1] = [random.bits(112), random.bits(112)];
      const theirs = v3SdkLiquidityForAmounts(price, lower, upper, amount0, amount1);
      const context = `price ${price} lower ${lower} upper ${upper} amounts ${amount0} ${amount1}`;
      if (theirs > MAX_UINT128) {
        refused++;
        expect(() => getLiquidityForAmountsDown(price, lower, upper, amount0, amount1), context).to.throw();
      } else {
        // in range either side alone may exceed 128 bits, where the contract reverts and v3-sdk does not
        const side0 =
          price < upper ? v3SdkLiquidityForAmounts(lower, price > lower ? price : lower, upper, amount0, 0n) : 0n;
        const side1 =
          price > lower ? v3SdkLiquidityForAmounts(upper, lower, price < upper ? price : upper, 0n, amount1) : 0n;
        if (side0 > MAX_UINT128 || side1 > MAX_UINT128) {
          refused++;
          expect(() => getLiquidityForAmountsDown(price, lower, upper, amount0, amount1), context).to.throw();
        } else {
          expect(getLiquidityForAmountsDown(price, lower, upper, amount0, amount1), context).to.equal(theirs);
          expect(getLiquidityForAmountsDown(price, upper, lower, amount0, amount1), context).to.equal(theirs);
        }
      }
    }
    expect(refused).to.be.below(2000);
  });

  it(`never asks for more than was offered when minted (seed ${SEED})`, () => {
    const random = createPoolRandom(SEED + 1);
    let minted = 0;
    for (let i = 0; i < 2000; i++) {
      const { price, lower, upper } = drawRange(random, i);
      const [amount0, amount1] = [random.bits(90), random.bits(90)];
      const liquidity = outcomeOf(() => getLiquidityForAmountsDown(price, lower, upper, amount0, amount1));
      if (liquidity === "threw") continue; // a sliver of a range, whose liquidity exceeds 128 bits
      minted++;
      const charged = getAmountsForLiquidityUp(price, lower, upper, liquidity);
      expect(charged.amount0 <= amount0 && charged.amount1 <= amount1).to.equal(true);
    }
    expect(minted).to.be.above(1000);
  });

  it("refuses an empty range and liquidity beyond 128 bits", () => {
    expectInvalid(() => getLiquidityForAmountsDown(ONE, ONE, ONE, 1n, 1n), "sqrtRatioBX96", ONE);
    expectInvalid(() => getLiquidityForAmount1Down(ONE, ONE, 1n), "sqrtRatioBX96", ONE);
    expect(getLiquidityForAmount1Down(ONE, 2n * ONE, MAX_UINT128)).to.equal(MAX_UINT128);
    expectInvalid(() => getLiquidityForAmount1Down(ONE, 2n * ONE, MAX_UINT128 + 1n), "liquidity", MAX_UINT128 + 1n);
    expectInvalid(() => getLiquidityForAmount0Down(ONE, 2n * ONE, MAX_UINT128), "liquidity", 2n * MAX_UINT128);
  });
});

describe("amounts for liquidity", () => {
  it(`agree with v3-sdk below, inside, above and exactly on the edges, both roundings (seed ${SEED})`, () => {
    const random = createPoolRandom(SEED + 2);
    for (let i = 0; i < 4000; i++) {
      const { price, lower, upper } = drawRange(random, i);
      const liquidity = random.bits(128);
      for (const roundUp of [true, false]) {
        let [amount0, amount1] = [0n, 0n];
        if (price <= lower) amount0 = v3SdkAmount0Delta(lower, upper, liquidity, roundUp);
        else if (price >= upper) amount1 = v3SdkAmount1Delta(lower, upper, liquidity, roundUp);
        else {
          amount0 = v3SdkAmount0Delta(price, upper, liquidity, roundUp);
          amount1 = v3SdkAmount1Delta(lower, price, liquidity, roundUp);
        }
        const compute = roundUp ? getAmountsForLiquidityUp : getAmountsForLiquidityDown;
        expect(compute(price, lower, upper, liquidity)).to.deep.equal({ amount0, amount1 });
        expect(compute(price, upper, lower, liquidity)).to.deep.equal({ amount0, amount1 });
      }
    }
  });

  it("agree with the float model", () => {
    // token0 with 18 decimals as base, token1 with 18 as quote: prices and liquidity need no scaling but 1e18
    const [lower, price, upper] = [69_082, 76_012, 78_244];
    const amounts = getAmountsForLiquidityDown(
      getSqrtRatioAtTick(price),
      getSqrtRatioAtTick(lower),
      getSqrtRatioAtTick(upper),
      933n * 10n ** 18n,
    );
    const model = computeLpAmounts(
      { liquidity: 933, priceLower: 1.0001 ** lower, priceUpper: 1.0001 ** upper },
      1.0001 ** price,
    );
    expectRelative(Number(amounts.amount0) / 1e18, model.baseAmount, 1e-9);
    expectRelative(Number(amounts.amount1) / 1e18, model.quoteAmount, 1e-9);
  });
});
