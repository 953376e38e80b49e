import { expect } from "chai";
import { describe, it } from "mocha";
import { MAX_UINT160, MAX_UINT256 } from "../../../../sdk/exact/fullMath.ts";
import {
  coversAmount0DeltaUp,
  coversAmount1DeltaUp,
  getAmount0DeltaDown,
  getAmount0DeltaUp,
  getAmount1DeltaDown,
  getAmount1DeltaUp,
  getNextSqrtPriceFromInput,
  getNextSqrtPriceFromOutput,
} from "../../../../sdk/exact/sqrtPriceMath.ts";
import { MAX_SQRT_RATIO, MIN_SQRT_RATIO } from "../../../../sdk/exact/tickMath.ts";
import {
  v3SdkAmount0Delta,
  v3SdkAmount1Delta,
  v3SdkNextSqrtPriceFromInput,
  v3SdkNextSqrtPriceFromOutput,
} from "../../../../sdk/chain/v3Sdk.ts";
import { expectInvalid } from "../math/assertions.ts";
import { createPoolRandom, outcomeOf } from "./random.ts";

const SEED = 20261113;
const ONE = 1n << 96n;

describe("amount deltas", () => {
  it(`agree with v3-sdk on 4000 random ranges, both roundings, edges in either order (seed ${SEED})`, () => {
    const random = createPoolRandom(SEED);
    for (let i = 0; i < 4000; i++) {
      const [a, b, liquidity] = [random.sqrtPriceX96(), random.sqrtPriceX96(), random.bits(128)];
      const context = `a ${a} b ${b} liquidity ${liquidity}`;
      expect(getAmount0DeltaUp(a, b, liquidity), context).to.equal(v3SdkAmount0Delta(a, b, liquidity, true));
      expect(getAmount0DeltaDown(a, b, liquidity), context).to.equal(v3SdkAmount0Delta(a, b, liquidity, false));
      expect(getAmount1DeltaUp(a, b, liquidity), context).to.equal(v3SdkAmount1Delta(a, b, liquidity, true));
      expect(getAmount1DeltaDown(a, b, liquidity), context).to.equal(v3SdkAmount1Delta(a, b, liquidity, false));
    }
  });

  it("agree over the whole range with the largest liquidity", () => {
    const liquidity = (1n << 128n) - 1n;
    for (const roundUp of [true, false]) {
      const amount0 = roundUp ? getAmount0DeltaUp : getAmount0DeltaDown;
      const amount1 = roundUp ? getAmount1DeltaUp : getAmount1DeltaDown;
      expect(amount0(MIN_SQRT_RATIO, MAX_SQRT_RATIO, liquidity)).to.equal(
        v3SdkAmount0Delta(MIN_SQRT_RATIO, MAX_SQRT_RATIO, liquidity, roundUp),
      );
      expect(amount1(MIN_SQRT_RATIO, MAX_SQRT_RATIO, liquidity)).to.equal(
        v3SdkAmount1Delta(MIN_SQRT_RATIO, MAX_SQRT_RATIO, liquidity, roundUp),
      );
    }
  });

  it("are 0 between equal prices and for no liquidity", () => {
    for (const amount of [getAmount0DeltaUp, getAmount0DeltaDown, getAmount1DeltaUp, getAmount1DeltaDown]) {
      expect(amount(ONE, ONE, 1000n)).to.equal(0n);
      expect(amount(ONE, 2n * ONE, 0n)).to.equal(0n);
      expect(amount(ONE, 2n * ONE, 1000n)).to.not.equal(0n);
    }
  });

  it("need a positive price for token0", () => {
    expectInvalid(() => getAmount0DeltaUp(0n, ONE, 1n), "sqrtPriceX96", 0n);
    expectInvalid(() => getAmount0DeltaDown(ONE, 0n, 1n), "sqrtPriceX96", 0n);
    expectInvalid(() => coversAmount0DeltaUp(1n, 0n, ONE, 1n), "sqrtPriceX96", 0n);
  });

  it(`are covered by themselves and not by one unit less (seed ${SEED})`, () => {
    const random = createPoolRandom(SEED + 1);
    for (let i = 0; i < 2000; i++) {
      const [first, second, liquidity] = [random.sqrtPriceX96(), random.sqrtPriceX96(), random.bits(128)];
      const [a, b] = first < second ? [first, second] : [second, first];
      const amount0 = getAmount0DeltaUp(a, b, liquidity);
      const amount1 = getAmount1DeltaUp(a, b, liquidity);
      expect(coversAmount0DeltaUp(amount0, a, b, liquidity)).to.equal(true);
      expect(coversAmount1DeltaUp(amount1, a, b, liquidity)).to.equal(true);
      if (amount0 > 0n) expect(coversAmount0DeltaUp(amount0 - 1n, a, b, liquidity)).to.equal(false);
      if (amount1 > 0n) expect(coversAmount1DeltaUp(amount1 - 1n, a, b, liquidity)).to.equal(false);
    }
  });
});

describe("next square-root price", () => {
  /** v3-sdk has unbounded integers: a result beyond 160 bits, which reverts on chain, is a refusal here. */
  const fits160 = (outcome: bigint | "threw"): bigint | "threw" =>
    outcome === "threw" || outcome > MAX_UINT160 ? "threw" : outcome;

  it(`agrees with v3-sdk on 4000 random inputs and outputs, refusals included (seed ${SEED})`, () => {
    const random = createPoolRandom(SEED + 2);
    let refused = 0;
    for (let i = 0; i < 4000; i++) {
      const [price, liquidity, amount] = [
        random.sqrtPriceX96(),
        random.bits(128),
        random.bits(i % 3 === 0 ? 255 : 128),
      ];
      const zeroForOne = i % 2 === 0;
      const context = `price ${price} liquidity ${liquidity} amount ${amount} zeroForOne ${zeroForOne}`;
      expect(
        outcomeOf(() => getNextSqrtPriceFromInput(price, liquidity, amount, zeroForOne)),
        context,
      ).to.equal(fits160(outcomeOf(() => v3SdkNextSqrtPriceFromInput(price, liquidity, amount, zeroForOne))));
      const output = outcomeOf(() => getNextSqrtPriceFromOutput(price, liquidity, amount, zeroForOne));
      expect(output, context).to.equal(
        fits160(outcomeOf(() => v3SdkNextSqrtPriceFromOutput(price, liquidity, amount, zeroForOne))),
      );
      if (output === "threw") refused++;
    }
    expect(refused).to.be.within(400, 3600); // both kinds of outcome were compared
  });

  it("takes the contract's coarser formula when the product overflows 256 bits", () => {
    // values of Uniswap's own tests: the price after a huge input of token0 is 1
    expect(getNextSqrtPriceFromInput(ONE, 1n, MAX_UINT256 / 2n, true)).to.equal(1n);
    expect(getNextSqrtPriceFromInput(MAX_UINT160, 1n << 100n, 1n << 100n, true)).to.equal(
      v3SdkNextSqrtPriceFromInput(MAX_UINT160, 1n << 100n, 1n << 100n, true),
    );
  });

  it("returns the price for no amount, and known values for 0.1 in or out of a pool at 1", () => {
    const liquidity = 10n ** 18n;
    for (const zeroForOne of [true, false]) {
      expect(getNextSqrtPriceFromInput(ONE, liquidity, 0n, zeroForOne)).to.equal(ONE);
      expect(getNextSqrtPriceFromOutput(ONE, liquidity, 0n, zeroForOne)).to.equal(ONE);
    }
    expect(getNextSqrtPriceFromInput(ONE, liquidity, 10n ** 17n, false)).to.equal(87150978765690771352898345369n);
    expect(getNextSqrtPriceFromInput(ONE, liquidity, 10n ** 17n, true)).to.equal(72025602285694852357767227579n);
    expect(getNextSqrtPriceFromOutput(ONE, liquidity, 10n ** 17n, false)).to.equal(88031291682515930659493278152n);
    expect(getNextSqrtPriceFromOutput(ONE, liquidity, 10n ** 17n, true)).to.equal(71305346262837903834189555302n);
  });

  it("refuses no liquidity, no price, more than there is, and a price beyond 160 bits", () => {
    expectInvalid(() => getNextSqrtPriceFromInput(ONE, 0n, 1n, true), "liquidity", 0n);
    expectInvalid(() => getNextSqrtPriceFromInput(0n, 1n, 1n, true), "sqrtPriceX96", 0n);
    expectInvalid(() => getNextSqrtPriceFromOutput(ONE, 0n, 1n, true), "liquidity", 0n);
    expectInvalid(() => getNextSqrtPriceFromOutput(0n, 1n, 1n, true), "sqrtPriceX96", 0n);
    // a pool at price 4 with 1024 of liquidity holds 512 of token0 and 2048 of token1
    expectInvalid(() => getNextSqrtPriceFromOutput(2n * ONE, 1024n, 512n, false), "amountOut", 512n);
    expect(getNextSqrtPriceFromOutput(2n * ONE, 1024n, 511n, false)).to.equal(1024n * ONE);
    expectInvalid(() => getNextSqrtPriceFromOutput(2n * ONE, 1024n, 2048n, true), "amountOut", 2048n);
    expect(getNextSqrtPriceFromOutput(2n * ONE, 1024n, 2047n, true)).to.equal(ONE / 512n / 2n);
    expectInvalid(
      () => getNextSqrtPriceFromInput(MAX_UINT160, 1024n, 1024n, false),
      "next sqrtPriceX96",
      MAX_UINT160 + ONE,
    );
  });
});
