import { expect } from "chai";
import { describe, it } from "mocha";
import { createOrientation, toBaseQuote, toTokenAmounts } from "../../../../sdk/exact/orientation.ts";
import { expectInvalid } from "../math/assertions.ts";

const weth = { address: "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", decimals: 18 };
const usdc = { address: "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", decimals: 6 };

describe("createOrientation", () => {
  it("puts the lower address first, whatever its letters' case", () => {
    const expected = { baseIsToken0: false, baseDecimals: 18, quoteDecimals: 6 };
    expect(createOrientation({ base: weth, quote: usdc })).to.deep.equal(expected);
    const lowerCase = { ...weth, address: weth.address.toLowerCase() };
    expect(createOrientation({ base: lowerCase, quote: usdc })).to.deep.equal(expected);
    expect(createOrientation({ base: usdc, quote: weth })).to.deep.equal({
      baseIsToken0: true,
      baseDecimals: 6,
      quoteDecimals: 18,
    });
  });

  it("refuses one token twice, malformed addresses and impossible decimals", () => {
    expectInvalid(() => createOrientation({ base: weth, quote: weth }), "quote.address", weth.address);
    expectInvalid(() => createOrientation({ base: { ...weth, address: "0x12" }, quote: usdc }), "base.address", "0x12");
    expectInvalid(() => createOrientation({ base: { ...weth, decimals: 256 }, quote: usdc }), "baseDecimals", 256);
    expectInvalid(() => createOrientation({ base: weth, quote: { ...usdc, decimals: NaN } }), "quoteDecimals", NaN);
  });
});

describe("amounts by role", () => {
  it("swap when base is token1, and return", () => {
    for (const orientation of [
      createOrientation({ base: weth, quote: usdc }),
      createOrientation({ base: usdc, quote: weth }),
    ]) {
      const byRole = toBaseQuote({ amount0: 7n, amount1: 1n }, orientation);
      expect(byRole.amountBase).to.equal(orientation.baseIsToken0 ? 7n : 1n);
      expect(byRole.amountQuote).to.equal(orientation.baseIsToken0 ? 1n : 7n);
      expect(toTokenAmounts(byRole, orientation)).to.deep.equal({ amount0: 7n, amount1: 1n });
    }
  });
});
