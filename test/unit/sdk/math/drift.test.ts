import { expect } from "chai";
import { describe, it } from "mocha";
import { computeDrift } from "../../../../sdk/math/drift.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";

const inputs = { hedgeDeltaBase: -24, exposureBase: 25, hedgeRatio: 1, price: 2000, valueQuote: 100_000 };

describe("computeDrift", () => {
  it("is long when the short is too small, short when it is too large", () => {
    expect(computeDrift(inputs)).to.deep.equal({ driftBase: 1, driftQuote: 2000, driftFraction: 0.02 });
    expect(computeDrift({ ...inputs, hedgeDeltaBase: -26 })).to.deep.equal({
      driftBase: -1,
      driftQuote: -2000,
      driftFraction: -0.02,
    });
  });

  it("measures against the part of the exposure that is meant to be hedged", () => {
    expectRelative(computeDrift({ ...inputs, hedgeRatio: 0.8 }).driftBase, -4, 1e-12);
    expect(computeDrift({ ...inputs, hedgeDeltaBase: 0, hedgeRatio: 0 }).driftBase).to.equal(0);
  });

  it("refuses missing data and a ratio in percent", () => {
    expectInvalid(() => computeDrift({ ...inputs, hedgeDeltaBase: NaN }), "hedgeDeltaBase", NaN);
    expectInvalid(() => computeDrift({ ...inputs, exposureBase: -1 }), "exposureBase", -1);
    expectInvalid(() => computeDrift({ ...inputs, hedgeRatio: 95 }), "hedgeRatio", 95);
    expectInvalid(() => computeDrift({ ...inputs, price: 0 }), "price", 0);
    expectInvalid(() => computeDrift({ ...inputs, valueQuote: 0 }), "valueQuote", 0);
  });
});
