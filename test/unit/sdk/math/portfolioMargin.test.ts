import { expect } from "chai";
import { describe, it } from "mocha";
import { computeOptionValueQuote } from "../../../../sdk/math/blackScholes.ts";
import { computeLpValueQuote } from "../../../../sdk/math/lp.ts";
import { computePortfolioMargin } from "../../../../sdk/math/portfolioMargin.ts";
import type { PortfolioLeg, PortfolioMarginInputs } from "../../../../sdk/math/portfolioMargin.ts";
import { computeReplicatingStrip } from "../../../../sdk/math/replication.ts";
import vectors from "../../../vectors/math.json" with { type: "json" };
import { expectClose } from "../../../support/close.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";

const position = vectors.liquidityPosition;
const liquidity: PortfolioLeg = { kind: "liquidity", position };
const short: PortfolioLeg = { kind: "linear", venue: "perp", deltaBase: -position.deltaBase };
const put: PortfolioLeg = {
  kind: "option",
  venue: "options",
  option: { kind: "put", strike: 1800 },
  quantityBase: 2,
  years: 30 / 365,
  volatility: 0.7,
};
const book: PortfolioMarginInputs = {
  legs: [liquidity, short],
  venues: [
    { name: "perp", marginQuote: 3000 },
    { name: "options", marginQuote: 0 },
  ],
  price: 2000,
  ratePerYear: 0,
  priceShocks: [-0.3, -0.15, 0, 0.15, 0.3],
  volatilityShocks: [0],
};

function profitAt(shock: number): number {
  const price = 2000 * (1 + shock);
  return computeLpValueQuote(position, price) - position.valueQuote - position.deltaBase * (price - 2000);
}

describe("computePortfolioMargin", () => {
  it("is the worst loss of everything at once, far below the sum of the parts", () => {
    const result = computePortfolioMargin(book);
    const worst = Math.min(...book.priceShocks.map(profitAt));
    expectRelative(result.marginQuote, -worst, 1e-8);
    expectRelative(result.worst.profitQuote, worst, 1e-8);
    expect(result.worst.lostVenue).to.equal(undefined);
    const alone = computePortfolioMargin({ ...book, legs: [liquidity] }).marginQuote;
    expectRelative(result.standaloneQuote[0] ?? NaN, position.deltaBase * 600, 1e-12);
    expect(result.marginQuote).to.be.below(0.35 * (alone + (result.standaloneQuote[0] ?? NaN)));
  });

  it("counts a lost venue's margin, and what its hedge no longer earns", () => {
    const result = computePortfolioMargin(book);
    // without the short the position falls with the price
    const unhedged = position.valueQuote - computeLpValueQuote(position, 1400);
    expectRelative(result.withVenueLossQuote, unhedged + 3000, 1e-8);
    expect(result.worstWithVenueLoss).to.include({ lostVenue: "perp", priceShock: -0.3 });
  });

  it("loses the value of options with their venue", () => {
    const legs = [liquidity, short, put];
    const now = { price: 2000, volatility: 0.7, years: 30 / 365, ratePerYear: 0, yieldPerYear: 0 };
    const premium = 2 * computeOptionValueQuote({ kind: "put", strike: 1800 }, now);
    const lost = computePortfolioMargin({
      ...book,
      legs,
      venues: [
        { name: "options", marginQuote: 500 },
        { name: "perp", marginQuote: 0 },
      ],
      priceShocks: [0],
    });
    expectRelative(lost.withVenueLossQuote, premium + 500, 1e-9);
    expect(lost.worstWithVenueLoss.lostVenue).to.equal("options");
    // a short option's debt is not forgiven as a gain
    const owed = computePortfolioMargin({
      ...book,
      legs: [liquidity, { ...put, quantityBase: -2 }],
      venues: [{ name: "options", marginQuote: 500 }],
      priceShocks: [0],
    });
    expectClose(owed.worstWithVenueLoss.profitQuote, -500, 1e-9);
  });

  it("reprices options under the volatility shock", () => {
    const sold: PortfolioMarginInputs = {
      ...book,
      legs: [{ ...put, quantityBase: -1 }],
      priceShocks: [-0.1, 0.1],
      volatilityShocks: [-0.5, 0, 0.5],
    };
    const { worst, marginQuote } = computePortfolioMargin(sold);
    expect(worst).to.include({ priceShock: -0.1, volatilityShock: 0.5 });
    const value = (price: number, volatility: number): number =>
      computeOptionValueQuote(put.option, { price, volatility, years: 30 / 365, ratePerYear: 0, yieldPerYear: 0 });
    expectRelative(marginQuote, value(1800, 1.05) - value(2000, 0.7), 1e-12);
  });

  it("asks for almost nothing once the replicating strip is bought and the forward sold", () => {
    const strikes = Array.from({ length: 21 }, (_, i) => 1500 + 50 * i);
    const strip = computeReplicatingStrip(position, 2000, strikes);
    const bought = strip.legs.map((leg): PortfolioLeg => ({
      kind: "option",
      venue: "options",
      option: leg,
      quantityBase: leg.weightBase,
      years: 0,
      volatility: 0.7,
    }));
    const sold: PortfolioLeg = { kind: "linear", venue: "perp", deltaBase: -strip.forwardBase };
    const hedged = computePortfolioMargin({ ...book, legs: [liquidity, ...bought, sold], volatilityShocks: [0, 1] });
    expect(hedged.marginQuote).to.be.below(1e-6); // every line lies below the value curve
    expect(computePortfolioMargin(book).marginQuote).to.be.above(300);
  });

  it("refuses an unknown or double venue, an empty grid and numbers that cannot be", () => {
    expectInvalid(() => computePortfolioMargin({ ...book, venues: [] }), "venue", "perp");
    const twice = [...book.venues, { name: "perp", marginQuote: 0 }];
    expectInvalid(() => computePortfolioMargin({ ...book, venues: twice }), "venue", "perp");
    expectInvalid(() => computePortfolioMargin({ ...book, legs: [] }), "legs.length", 0);
    expectInvalid(() => computePortfolioMargin({ ...book, priceShocks: [] }), "priceShocks.length", 0);
    for (const shock of [-1, NaN, Infinity]) {
      expectInvalid(() => computePortfolioMargin({ ...book, priceShocks: [shock] }), "priceShock", shock);
    }
    expectInvalid(() => computePortfolioMargin({ ...book, volatilityShocks: [-1.1] }), "volatilityShock", -1.1);
    expectInvalid(() => computePortfolioMargin({ ...book, price: 0 }), "price", 0);
    const endless = { ...short, deltaBase: NaN };
    expectInvalid(() => computePortfolioMargin({ ...book, legs: [endless] }), "deltaBase", NaN);
    expectInvalid(() => computePortfolioMargin({ ...book, legs: [{ ...put, volatility: -1 }] }), "volatility", -1);
  });
});
