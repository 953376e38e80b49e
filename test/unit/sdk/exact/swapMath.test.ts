import { expect } from "chai";
import { describe, it } from "mocha";
import { computeSwapStep } from "../../../../sdk/exact/swapMath.ts";
import { getSqrtRatioAtTick, MAX_SQRT_RATIO, MAX_TICK, MIN_TICK } from "../../../../sdk/exact/tickMath.ts";
import { v3SdkSwapStep } from "../../../../sdk/chain/v3Sdk.ts";
import { expectInvalid } from "../math/assertions.ts";
import { createPoolRandom, outcomeOf } from "./random.ts";

const SEED = 20261114;
const ONE = 1n << 96n;
const FEES = [0n, 100n, 500n, 3000n, 10_000n, 999_999n];

describe("computeSwapStep", () => {
  it(`agrees with v3-sdk on 8000 random steps of all kinds (seed ${SEED})`, () => {
    const random = createPoolRandom(SEED);
    const seen = { reached: 0, short: 0, threw: 0 };
    for (let i = 0; i < 8000; i++) {
      const current = random.sqrtPriceX96();
      const near = current + (current * BigInt(random.int(-1000, 1000))) / 100_000n;
      const target = i % 2 === 0 && near < MAX_SQRT_RATIO ? near : random.sqrtPriceX96();
      const liquidity = random.bits(128);
      const amount = random.bits(i % 5 === 0 ? 250 : 110);
      const remaining = i % 3 === 0 ? -amount : amount;
      const fee = FEES[random.int(0, FEES.length - 1)] ?? 0n;
      const ours = outcomeOf(() => computeSwapStep(current, target, liquidity, remaining, fee));
      const theirs = outcomeOf(() => v3SdkSwapStep(current, target, liquidity, remaining, fee));
      expect(ours, [current, target, liquidity, remaining, fee].join(" ")).to.deep.equal(theirs);
      if (ours === "threw") seen.threw++;
      else seen[ours.sqrtRatioNextX96 === target ? "reached" : "short"]++;
    }
    expect(seen.reached).to.be.above(1000);
    expect(seen.short).to.be.above(1000);
  });

  it(`agrees from and to exactly a tick, the outermost ones included (seed ${SEED})`, () => {
    const random = createPoolRandom(SEED + 1);
    for (let i = 0; i < 2000; i++) {
      const spacing = [1, 10, 60, 200][i % 4] ?? 1;
      const at = random.int(-4000, 4000) * spacing;
      const edges: [number, number] = i % 50 === 0 ? [MIN_TICK, MAX_TICK] : [at, at + spacing * random.int(1, 30)];
      const [lower, upper] = [getSqrtRatioAtTick(edges[0]), getSqrtRatioAtTick(edges[1])];
      const [current, target] = i % 2 === 0 ? [lower, upper] : [upper, lower];
      const liquidity = random.bits(100) + 1n;
      const amount = random.bits(120);
      for (const remaining of [amount, -amount]) {
        expect(outcomeOf(() => computeSwapStep(current, target, liquidity, remaining, 500n))).to.deep.equal(
          outcomeOf(() => v3SdkSwapStep(current, target, liquidity, remaining, 500n)),
        );
      }
    }
  });

  it("gives the figures of Uniswap's own tests", () => {
    // an exact input that is capped at the target, at a 0.06 % fee and prices 1 and 1.01
    const capped = computeSwapStep(ONE, 79623317895830914510639640423n, 2n * 10n ** 18n, 10n ** 18n, 600n);
    expect(capped).to.deep.equal({
      sqrtRatioNextX96: 79623317895830914510639640423n,
      amountIn: 9975124224178055n,
      amountOut: 9925619580021728n,
      feeAmount: 5988667735148n,
    });
    // and an exact output capped there
    const cappedOutput = computeSwapStep(ONE, 79623317895830914510639640423n, 2n * 10n ** 18n, -(10n ** 18n), 600n);
    expect(cappedOutput).to.deep.equal(capped);
  });

  it("spends the whole input when it does not reach the target", () => {
    const step = computeSwapStep(ONE, ONE / 2n, 10n ** 18n, 10n ** 15n, 3000n);
    expect(step.amountIn + step.feeAmount).to.equal(10n ** 15n);
    expect(step.sqrtRatioNextX96 > ONE / 2n).to.equal(true);
  });

  it("pays out exactly what was wanted when it does not reach the target", () => {
    expect(computeSwapStep(ONE, ONE / 2n, 10n ** 18n, -(10n ** 15n), 3000n).amountOut).to.equal(10n ** 15n);
  });

  it("crosses a gap without liquidity for nothing", () => {
    expect(computeSwapStep(ONE, 2n * ONE, 0n, 10n ** 18n, 3000n)).to.deep.equal({
      sqrtRatioNextX96: 2n * ONE,
      amountIn: 0n,
      amountOut: 0n,
      feeAmount: 0n,
    });
  });

  it("refuses a fee of everything or less than nothing, and a price of 0", () => {
    expectInvalid(() => computeSwapStep(ONE, 2n * ONE, 1n, 1n, 1_000_000n), "feePips", 1_000_000n);
    expectInvalid(() => computeSwapStep(ONE, 2n * ONE, 1n, 1n, -1n), "feePips", -1n);
    expectInvalid(() => computeSwapStep(ONE, 0n, 1n, 1n, 500n), "sqrtPriceX96", 0n);
  });
});
