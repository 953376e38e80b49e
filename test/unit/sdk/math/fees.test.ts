import { expect } from "chai";
import { describe, it } from "mocha";
import { computeFeeApr } from "../../../../sdk/math/fees.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";

const inputs = { feeFraction: 5e-4, volumeQuotePerYear: 1e9, liquidity: 10, activeLiquidity: 100, valueQuote: 100_000 };

describe("computeFeeApr", () => {
  it("gives a tenth of the pool's fees to a tenth of its liquidity", () => {
    expectRelative(computeFeeApr(inputs), 0.5, 1e-12);
  });

  it("is 0 without volume", () => {
    expect(computeFeeApr({ ...inputs, volumeQuotePerYear: 0 })).to.equal(0);
  });

  it("refuses more own liquidity than there is, and values out of domain", () => {
    expectInvalid(() => computeFeeApr({ ...inputs, liquidity: 101 }), "liquidity", 101);
    expectInvalid(() => computeFeeApr({ ...inputs, feeFraction: 5 }), "feeFraction", 5);
    expectInvalid(() => computeFeeApr({ ...inputs, activeLiquidity: 0 }), "activeLiquidity", 0);
    expectInvalid(() => computeFeeApr({ ...inputs, valueQuote: NaN }), "valueQuote", NaN);
  });
});
