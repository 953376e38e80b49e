import { expect } from "chai";

import { AmountError, displayAmount, formatAmount, parseAmount } from "../../../cli/amount.ts";

describe("parseAmount", () => {
  it("is exact where a float would not be", () => {
    expect(parseAmount("0.1", 18, "WETH")).to.equal(10n ** 17n);
    expect(parseAmount("123456789012345678.123456789012345678", 18, "WETH")).to.equal(
      123456789012345678123456789012345678n,
    );
    expect(parseAmount(" 1250.5 ", 6, "USDC")).to.equal(1_250_500_000n);
    expect(parseAmount("7", 0, "X")).to.equal(7n);
  });

  it("takes trailing zeros beyond the decimals, not digits", () => {
    expect(parseAmount("1.50000000", 6, "USDC")).to.equal(1_500_000n);
    expect(() => parseAmount("1.0000001", 6, "USDC")).to.throw(AmountError, "6 decimals");
  });

  it("refuses everything else with the value it was given", () => {
    for (const value of [
      "",
      " ",
      "-1",
      "+1",
      "0",
      "0.000",
      "abc",
      "1e6",
      "0x10",
      "1,000",
      "1_000",
      "1.2.3",
      ".5",
      "5.",
      "NaN",
    ]) {
      expect(() => parseAmount(value, 6, "USDC"), value)
        .to.throw(AmountError)
        .with.property("value", value);
    }
  });
});

describe("formatAmount", () => {
  it("is the inverse of parseAmount", () => {
    for (const text of ["1250.5", "0.000001", "1000000", "123456789.000001"]) {
      expect(formatAmount(parseAmount(text, 6, "USDC"), 6)).to.equal(text);
    }
  });

  it("keeps signs and units without decimals", () => {
    expect(formatAmount(-1_500_000n, 6)).to.equal("-1.5");
    expect(formatAmount(0n, 6)).to.equal("0");
    expect(formatAmount(42n, 0)).to.equal("42");
  });
});

describe("displayAmount", () => {
  it("separates thousands and cuts, never rounds up", () => {
    expect(displayAmount(1_234_567_899_999n, 6)).to.equal("1,234,567.89");
    expect(displayAmount(-1_234_567_899_999n, 6, 0)).to.equal("-1,234,567");
    expect(displayAmount(5n, 6, 6)).to.equal("0.000005");
  });

  it("shows no sign on what it shows as zero", () => {
    expect(displayAmount(-5n, 6)).to.equal("0.00");
  });
});
