import { describe, it } from "mocha";
import { computeFullRangeIlClaimQuote, computeStraddleHedge } from "../../../../sdk/math/fullRangeIl.ts";
import { FULL_RANGE, computeLpValueQuote } from "../../../../sdk/math/lp.ts";
import vectors from "../../../vectors/math.json" with { type: "json" };
import { expectClose } from "../../../support/close.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";
import { expectLognormal } from "./quadrature.ts";

const v = vectors.fullRangeValue;
const inputs = { baseAmount: v.baseAmount, entryPrice: v.entryPrice, upFactor: v.factor };

describe("computeStraddleHedge", () => {
  it("matches the published quantity and premium", () => {
    const hedge = computeStraddleHedge(inputs);
    expectRelative(hedge.quantity, v.straddleQuantity, v.tolerance);
    expectRelative(hedge.premiumQuote, v.premiumQuote, v.tolerance);
  });

  it("repays the loss at both prices", () => {
    const { quantity } = computeStraddleHedge({ baseAmount: 3, entryPrice: 2000, upFactor: 1.7 });
    const position = { liquidity: 3 * Math.sqrt(2000), ...FULL_RANGE };
    for (const price of [2000 * 1.7, 2000 / 1.7]) {
      const held = 3 * price + 6000;
      expectRelative(quantity * Math.abs(price - 2000), held - computeLpValueQuote(position, price), 1e-12);
    }
  });

  it("refuses a factor of 1, and amounts that are not positive", () => {
    for (const upFactor of [NaN, 1, 0.8, Infinity]) {
      expectInvalid(() => computeStraddleHedge({ ...inputs, upFactor }), "upFactor", upFactor);
    }
    expectInvalid(() => computeStraddleHedge({ ...inputs, baseAmount: 0 }), "baseAmount", 0);
    expectInvalid(() => computeStraddleHedge({ ...inputs, entryPrice: -1 }), "entryPrice", -1);
  });
});

describe("computeFullRangeIlClaimQuote", () => {
  const claim = vectors.fullRangeIlClaim;

  it("matches the published price, below its approximation for small variance", () => {
    expectClose(computeFullRangeIlClaimQuote(claim), claim.valueQuote, claim.absolute);
    expectClose(
      (claim.quoteAmount * claim.volatility ** 2 * claim.years) / 4,
      claim.smallVarianceQuote,
      claim.absolute,
    );
  });

  it("is the expected loss of the constant product", () => {
    const expected = expectLognormal((ratio) => 100 * (Math.sqrt(ratio) - 1) ** 2, 1, 0.9 * Math.sqrt(0.5));
    expectClose(computeFullRangeIlClaimQuote({ quoteAmount: 100, volatility: 0.9, years: 0.5 }), expected, 1e-9);
  });

  it("refuses amounts, volatilities and times that cannot be", () => {
    expectInvalid(() => computeFullRangeIlClaimQuote({ ...claim, quoteAmount: 0 }), "quoteAmount", 0);
    expectInvalid(() => computeFullRangeIlClaimQuote({ ...claim, volatility: -0.1 }), "volatility", -0.1);
    expectInvalid(() => computeFullRangeIlClaimQuote({ ...claim, years: NaN }), "years", NaN);
  });
});
