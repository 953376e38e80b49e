import { expect } from "chai";
import { describe, it } from "mocha";
import { BPS_PER_UNIT, DAYS_PER_YEAR, SECONDS_PER_YEAR, toFloat } from "../../../../sdk/math/units.ts";
import { expectInvalid } from "./assertions.ts";

describe("units", () => {
  it("count a year of 365 days", () => {
    expect(DAYS_PER_YEAR).to.equal(365);
    expect(SECONDS_PER_YEAR).to.equal(31_536_000);
    expect(BPS_PER_UNIT).to.equal(10_000);
  });
});

describe("toFloat", () => {
  it("divides by the token's decimals, signs and zeros included", () => {
    expect(toFloat(1_500_000n, 6)).to.equal(1.5);
    expect(toFloat(-25n * 10n ** 18n, 18)).to.equal(-25);
    expect(toFloat(7n, 0)).to.equal(7);
    expect(toFloat(0n, 18)).to.equal(0);
  });

  it("refuses decimals that no token has", () => {
    for (const decimals of [NaN, -1, 1.5, 256, Infinity]) {
      expectInvalid(() => toFloat(1n, decimals), "decimals", decimals);
    }
  });
});
