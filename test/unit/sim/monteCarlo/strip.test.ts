import { expect } from "chai";

import { computeLiquidityForValue, computeLpDeltaBase, computeLpValueQuote } from "../../../../sdk/math/lp.ts";
import { createDeltaTable, fillDeltas } from "../../../../sdk/sim/monteCarlo/deltaTable.ts";
import { computeStripValueQuote, createOptionStrip } from "../../../../sdk/sim/monteCarlo/strip.ts";
import { expectClose } from "../../../support/close.ts";

const MONTH = 30 / 365;
const RANGE = { priceLower: 2_000 / 1.27, priceUpper: 2_540 };
const POSITION = { liquidity: computeLiquidityForValue(100_000, 2_000, RANGE), ...RANGE };

describe("createOptionStrip", () => {
  const strip = createOptionStrip(POSITION, 2_000, 50);
  const startBase = computeLpDeltaBase(POSITION, 2_000);

  it("makes the liquidity pay a straight line at every strike, inside and far outside the range", () => {
    for (const price of [500, 1_550, 1_700, 2_000, 2_300, 2_550, 6_000]) {
      const together = computeLpValueQuote(POSITION, price) + computeStripValueQuote(strip, price, 0, 0);
      // At the two edges the range ends between strikes; the interpolant cuts that corner.
      expectClose(together, 100_000 + startBase * (price - 2_000), 40);
    }
  });

  it("has its whole error between strikes, and less of it on closer ones", () => {
    const error = (spacing: number): number => {
      const own = createOptionStrip(POSITION, 2_000, spacing);
      const prices = Array.from({ length: 400 }, (_, i) => 1_600 + 2 * i);
      return Math.max(
        ...prices.map((price) =>
          Math.abs(
            computeLpValueQuote(POSITION, price) +
              computeStripValueQuote(own, price, 0, 0) -
              100_000 -
              startBase * (price - 2_000),
          ),
        ),
      );
    };
    expect(error(100)).to.be.below(200);
    expect(error(10)).to.be.below(error(100) / 5);
  });

  it("buys every option: the liquidity is short convexity everywhere", () => {
    expect([...strip.puts.amounts, ...strip.calls.amounts].every((amount) => amount > 0)).to.equal(true);
    expect(strip.puts.strikes.at(-1)).to.equal(2_000);
    expect(strip.calls.strikes[0]).to.equal(2_000);
  });

  it("costs at the reference volatility about what the liquidity earns and loses in a month", () => {
    // Fees at break-even in the centre: 54.4 % a year, less while out of range; the strip pays for what stays in.
    expectClose(computeStripValueQuote(strip, 2_000, MONTH, 0.7), 0.041 * 100_000, 400);
  });
});

describe("the table of deltas", () => {
  const strip = createOptionStrip(POSITION, 2_000, 50);
  const table = createDeltaTable(strip, 2_000, 1, 0.7 * Math.sqrt(MONTH));

  it("agrees with the slope of the strip's value", () => {
    for (const years of [MONTH, MONTH / 2, MONTH / 10]) {
      for (const price of [1_400, 1_800, 2_000, 2_222, 2_900]) {
        const target = new Float64Array(1);
        const deviations = Float64Array.of(0.7 * Math.sqrt(years));
        fillDeltas(table, Float64Array.of(Math.log(price / 2_000)), deviations, target);
        const value = (at: number): number => computeStripValueQuote(strip, at, years, 0.7);
        expectClose(target[0], (value(price + 0.5) - value(price - 0.5)) / 1, 0.03);
      }
    }
  });

  it("keeps the value at its edge beyond it", () => {
    const target = new Float64Array(3);
    fillDeltas(table, Float64Array.of(-5, 5, 0), Float64Array.of(0.1, 0.1, 9), target);
    const below = -strip.puts.amounts.reduce((sum, amount) => sum + amount, 0);
    const above = strip.calls.amounts.reduce((sum, amount) => sum + amount, 0);
    expectClose(target[0], below, 1e-6);
    expectClose(target[1], above, 1e-6);
    expect(Number.isFinite(target[2])).to.equal(true);
  });
});
