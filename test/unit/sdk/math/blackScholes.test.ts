import { expect } from "chai";
import { describe, it } from "mocha";
import {
  computeOptionGreeks,
  computeOptionPayoffQuote,
  computeOptionValueQuote,
} from "../../../../sdk/math/blackScholes.ts";
import type { EuropeanOption } from "../../../../sdk/math/blackScholes.ts";
import { computeForwardPrice } from "../../../../sdk/math/optionMarket.ts";
import type { OptionMarket } from "../../../../sdk/math/optionMarket.ts";
import { expectClose } from "../../../support/close.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";
import { expectLognormal } from "./quadrature.ts";

const market: OptionMarket = { price: 2000, volatility: 0.7, years: 0.25, ratePerYear: 0.05, yieldPerYear: 0.03 };
const options: readonly EuropeanOption[] = (["call", "put"] as const).flatMap((kind) =>
  [800, 1600, 2000, 2300, 5000].map((strike) => ({ kind, strike })),
);

describe("computeOptionValueQuote", () => {
  it("matches the examples of Hull's book", () => {
    const stock = { price: 42, volatility: 0.2, years: 0.5, ratePerYear: 0.1, yieldPerYear: 0 };
    expectClose(computeOptionValueQuote({ kind: "call", strike: 40 }, stock), 4.76, 0.005);
    expectClose(computeOptionValueQuote({ kind: "put", strike: 40 }, stock), 0.81, 0.005);
    const index = { price: 930, volatility: 0.2, years: 2 / 12, ratePerYear: 0.08, yieldPerYear: 0.03 };
    expectClose(computeOptionValueQuote({ kind: "call", strike: 900 }, index), 51.83, 0.005);
    // an option on a future: the yield equals the rate
    const future = { price: 20, volatility: 0.25, years: 4 / 12, ratePerYear: 0.09, yieldPerYear: 0.09 };
    expectClose(computeOptionValueQuote({ kind: "put", strike: 20 }, future), 1.12, 0.005);
  });

  it("is the discounted expectation of the payoff", () => {
    for (const option of options) {
      const expected = expectLognormal(
        (price) => computeOptionPayoffQuote(option, price),
        computeForwardPrice(market),
        market.volatility * Math.sqrt(market.years),
      );
      const discounted = Math.exp(-market.ratePerYear * market.years) * expected;
      expectClose(computeOptionValueQuote(option, market), discounted, 1e-3);
    }
  });

  it("keeps put-call parity: call - put = e^(-rT) (forward - strike)", () => {
    for (const { strike } of options) {
      const difference =
        computeOptionValueQuote({ kind: "call", strike }, market) -
        computeOptionValueQuote({ kind: "put", strike }, market);
      const parity = Math.exp(-market.ratePerYear * market.years) * (computeForwardPrice(market) - strike);
      expectClose(difference, parity, 1e-9);
    }
  });

  it("is the discounted payoff at the forward without time or volatility, and never below 0", () => {
    const option = { kind: "call", strike: 1900 } as const;
    expect(computeOptionValueQuote(option, { ...market, years: 0 })).to.equal(100);
    const forward = 2000 * Math.exp(0.02 * 0.25);
    expectRelative(
      computeOptionValueQuote(option, { ...market, volatility: 0 }),
      (forward - 1900) * Math.exp(-0.0125),
      1e-12,
    );
    expect(computeOptionValueQuote({ kind: "put", strike: 1e-6 }, market)).to.equal(0);
    expect(computeOptionValueQuote({ kind: "call", strike: 1e9 }, market)).to.be.at.least(0);
  });

  it("refuses prices, strikes, times and volatilities that cannot be", () => {
    const call = { kind: "call", strike: 2000 } as const;
    for (const strike of [NaN, 0, -1, Infinity]) {
      expectInvalid(() => computeOptionValueQuote({ kind: "call", strike }, market), "strike", strike);
    }
    for (const key of ["volatility", "years"] as const) {
      for (const value of [NaN, -1, Infinity]) {
        expectInvalid(() => computeOptionValueQuote(call, { ...market, [key]: value }), key, value);
      }
    }
    expectInvalid(() => computeOptionValueQuote(call, { ...market, price: 0 }), "price", 0);
    expectInvalid(() => computeOptionValueQuote(call, { ...market, ratePerYear: NaN }), "ratePerYear", NaN);
    expectInvalid(() => computeOptionPayoffQuote(call, NaN), "price", NaN);
  });
});

describe("computeOptionGreeks", () => {
  it("match the example of Hull's book", () => {
    const greeks = computeOptionGreeks(
      { kind: "call", strike: 50 },
      { price: 49, volatility: 0.2, years: 0.3846, ratePerYear: 0.05, yieldPerYear: 0 },
    );
    expectClose(greeks.delta, 0.522, 5e-4);
    expectClose(greeks.gamma, 0.066, 5e-4);
    expectClose(greeks.vega, 12.1, 0.05);
    expectClose(greeks.theta, -4.31, 0.005);
    expectClose(greeks.rho, 8.91, 0.005);
  });

  it("are the derivatives of the value", () => {
    for (const option of options) {
      const valueWith = (change: Partial<OptionMarket>): number =>
        computeOptionValueQuote(option, { ...market, ...change });
      const slope = (key: keyof OptionMarket, step: number): number =>
        (valueWith({ [key]: market[key] + step }) - valueWith({ [key]: market[key] - step })) / (2 * step);
      const greeks = computeOptionGreeks(option, market);
      expectClose(greeks.delta, slope("price", 0.01), 1e-7);
      expectClose(
        greeks.gamma,
        (valueWith({ price: 2001 }) - 2 * valueWith({}) + valueWith({ price: 1999 })) / 1,
        1e-8,
      );
      expectClose(greeks.vega, slope("volatility", 1e-5), 1e-4);
      expectClose(greeks.theta, -slope("years", 1e-5), 1e-3);
      expectClose(greeks.rho, slope("ratePerYear", 1e-5), 1e-4);
    }
  });

  it("solve the Black–Scholes equation", () => {
    for (const option of options) {
      const { delta, gamma, theta } = computeOptionGreeks(option, market);
      const { price, volatility, ratePerYear, yieldPerYear } = market;
      const left = theta + (ratePerYear - yieldPerYear) * price * delta + 0.5 * volatility ** 2 * price ** 2 * gamma;
      expectClose(left, ratePerYear * computeOptionValueQuote(option, market), 1e-9);
    }
  });

  it("refuse an option without time or volatility, whose derivatives need not exist", () => {
    const call = { kind: "call", strike: 2000 } as const;
    expectInvalid(() => computeOptionGreeks(call, { ...market, years: 0 }), "years", 0);
    expectInvalid(() => computeOptionGreeks(call, { ...market, volatility: 0 }), "volatility", 0);
    expectInvalid(() => computeOptionGreeks({ ...call, strike: 0 }, market), "strike", 0);
  });
});
