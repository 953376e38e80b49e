import { expect } from "chai";
import { describe, it } from "mocha";
import { computeFundingCostQuote } from "../../../../sdk/math/funding.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";

const inputs = { ratePerYear: 0.03, hedgeDeltaBase: -25, price: 2000, years: 0.5 };

describe("computeFundingCostQuote", () => {
  it("charges the notional whatever its sign, and pays when the rate is negative", () => {
    expectRelative(computeFundingCostQuote(inputs), 750, 1e-12);
    expectRelative(computeFundingCostQuote({ ...inputs, hedgeDeltaBase: 25 }), 750, 1e-12);
    expectRelative(computeFundingCostQuote({ ...inputs, ratePerYear: -0.03 }), -750, 1e-12);
    expect(computeFundingCostQuote({ ...inputs, years: 0 })).to.equal(0);
  });

  it("refuses an unknown rate", () => {
    expectInvalid(() => computeFundingCostQuote({ ...inputs, ratePerYear: NaN }), "ratePerYear", NaN);
    expectInvalid(() => computeFundingCostQuote({ ...inputs, years: -1 }), "years", -1);
  });
});
