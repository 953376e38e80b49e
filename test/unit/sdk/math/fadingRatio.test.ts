import { expect } from "chai";

import { InvalidParameterError } from "../../../../sdk/errors.ts";
import { createFadingRatio } from "../../../../sdk/math/fadingRatio.ts";
import { expectClose } from "../../../support/close.ts";

describe("createFadingRatio", () => {
  it("lets older observations count half after every half-life, at any pace", () => {
    const ratio = createFadingRatio(24);
    ratio.add(2, 1, 1);
    ratio.add(4, 1, 24);
    expectClose(ratio.value, (2 / 2 + 4) / (1 / 2 + 1), 1e-15);
    ratio.add(0, 0, 12); // time alone changes no mean
    expectClose(ratio.value, 10 / 3, 1e-15);
    ratio.add(1, 2, 12);
    expectClose(ratio.value, (1 / 2 + 2 + 1) / (1 / 4 + 1 / 2 + 2), 1e-15);
  });

  it("is unknown before any weight, and what was believed until something is seen", () => {
    const empty = createFadingRatio(1);
    expect(empty.value).to.equal(undefined);
    empty.add(0, 0, 5);
    expect(empty.value).to.equal(undefined);
    const believed = createFadingRatio(1, { amount: 6, weight: 2 });
    expect(believed.value).to.equal(3);
    for (let i = 0; i < 60; i++) believed.add(1, 1, 1);
    expectClose(believed.value, 1, 1e-15);
  });

  it("refuses a half-life and a start that cannot be", () => {
    for (const halfLife of [0, -1, Number.NaN]) {
      expect(() => createFadingRatio(halfLife)).to.throw(InvalidParameterError, "halfLife");
    }
    expect(() => createFadingRatio(1, { amount: Infinity, weight: 1 })).to.throw(InvalidParameterError, "start.amount");
    expect(() => createFadingRatio(1, { amount: 1, weight: -1 })).to.throw(InvalidParameterError, "start.weight");
  });
});
