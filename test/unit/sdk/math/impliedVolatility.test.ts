import { expect } from "chai";
import { describe, it } from "mocha";
import { computeOptionValueQuote } from "../../../../sdk/math/blackScholes.ts";
import { computeImpliedVolatility } from "../../../../sdk/math/impliedVolatility.ts";
import { InvalidParameterError } from "../../../../sdk/errors.ts";
import { expectClose } from "../../../support/close.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";

const market = { price: 2000, years: 0.1, ratePerYear: 0.02, yieldPerYear: 0.01 };

describe("computeImpliedVolatility", () => {
  it("matches the example of Hull's book", () => {
    const hull = { price: 21, years: 0.25, ratePerYear: 0.1, yieldPerYear: 0 };
    expectClose(computeImpliedVolatility({ kind: "call", strike: 20 }, 1.875, hull), 0.235, 5e-4);
  });

  it("inverts the value out of the money, from 5 % to 500 %", () => {
    for (const volatility of [0.05, 0.3, 0.7, 2, 5]) {
      for (const moneyness of [-2, -1, 0, 1, 2]) {
        const strike = 2000 * Math.exp(moneyness * volatility * Math.sqrt(market.years));
        const option = { kind: moneyness < 0 ? "put" : "call", strike } as const;
        const value = computeOptionValueQuote(option, { ...market, volatility });
        expectRelative(computeImpliedVolatility(option, value, market), volatility, 1e-8);
      }
    }
  });

  it("refuses values that no volatility gives", () => {
    const call = { kind: "call", strike: 1500 } as const;
    const least = computeOptionValueQuote(call, { ...market, volatility: 0 });
    for (const value of [least, least - 1, 2000, 3000]) {
      expectInvalid(() => computeImpliedVolatility(call, value, market), "valueQuote", value);
    }
    for (const value of [NaN, 0, -1, Infinity]) {
      expectInvalid(() => computeImpliedVolatility(call, value, market), "valueQuote", value);
    }
    const put = { kind: "put", strike: 1500 } as const;
    expectInvalid(() => computeImpliedVolatility(put, 1500, market), "valueQuote", 1500);
    expectInvalid(() => computeImpliedVolatility(put, 10, { ...market, years: 0 }), "years", 0);
  });

  it("refuses a volatility beyond 3000 %, which is a mistake in the quote", () => {
    const call = { kind: "call", strike: 2000 } as const;
    const brief = { ...market, years: 1e-5 };
    const mad = computeOptionValueQuote(call, { ...brief, volatility: 31 });
    expect(() => computeImpliedVolatility(call, mad, brief)).to.throw(InvalidParameterError, "3000");
    const highest = computeOptionValueQuote(call, { ...brief, volatility: 29 });
    expectRelative(computeImpliedVolatility(call, highest, brief), 29, 1e-9);
  });
});
