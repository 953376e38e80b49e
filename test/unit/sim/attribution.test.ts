import { expect } from "chai";

import { InvalidParameterError } from "../../../sdk/errors.ts";
import { computeLiquidityForValue, computeLpAmounts } from "../../../sdk/math/lp.ts";
import {
  AttributionMismatchError,
  computeAttribution,
  computeUnexplainedLimit,
  requireExplained,
} from "../../../sdk/sim/attribution.ts";
import { computeMarkNavQuote } from "../../../sdk/sim/mark.ts";
import type { VaultMark } from "../../../sdk/sim/mark.ts";
import { expectClose } from "../../support/close.ts";

const START: VaultMark = {
  phase: "market",
  timestamp: 0,
  price: 2000,
  idleBase: 0,
  idleQuote: 1_000,
  liquidityBase: 10,
  liquidityQuote: 20_000,
  feesBase: 0,
  feesQuote: 0,
  marginQuote: 30_000,
  debtBase: 10,
  shares: 1,
  gasQuote: 0,
};

/** Marks made by changing the one before. */
function sequence(...changes: readonly Partial<VaultMark>[]): readonly VaultMark[] {
  const marks = [START];
  for (const change of changes) {
    const last = marks[marks.length - 1] ?? START;
    marks.push({ ...last, phase: "market", gasQuote: 0, timestamp: last.timestamp + 900, ...change });
  }
  return marks;
}

/** The ranges' principal at a price, for a range from 1500 to 2500 that is worth 40,000 at 2000. */
function principalAt(price: number): Pick<VaultMark, "price" | "liquidityBase" | "liquidityQuote"> {
  const range = { priceLower: 1500, priceUpper: 2500 };
  const liquidity = computeLiquidityForValue(40_000, 2000, range);
  const amounts = computeLpAmounts({ liquidity, ...range }, price);
  return { price, liquidityBase: amounts.baseAmount, liquidityQuote: amounts.quoteAmount };
}

const NOTHING = { fees: 0, divergence: 0, hedge: 0, interest: 0, swapCosts: 0, gas: 0, total: 0 };

describe("computeAttribution", () => {
  it("finds nothing where nothing happened", () => {
    const attribution = computeAttribution(sequence({}, { phase: "action" }, { phase: "flow" }));
    expect(attribution.parts).to.deep.equal({ ...NOTHING, gas: attribution.parts.gas });
    expect(attribution).to.include({ navStart: 51_000, navEnd: 51_000, unexplained: 0, flows: 0 });
  });

  it("splits a rise by hand: 12 less base sold on the way, the short loses 10 a unit", () => {
    // 10 base become 9 on the way up, sold for 1,040 in all: 40,000 + 10·100 would be 41,000, the ranges hold 40,940
    const { parts, detail, unexplained } = computeAttribution(
      sequence({ price: 2100, liquidityBase: 9, liquidityQuote: 22_040, idleQuote: 1_000 }),
    );
    expect(detail.divergence).to.deep.equal({ inventory: 1_000, convexity: -60 });
    expect(parts).to.deep.include({ divergence: 940, hedge: -1_000, fees: 0, interest: 0, total: -60 });
    expect(unexplained).to.equal(0);
  });

  it("splits a fall the same way, and the convexity is a loss again", () => {
    const { parts, detail } = computeAttribution(sequence({ price: 1900, liquidityBase: 11, liquidityQuote: 18_040 }));
    expect(detail.divergence).to.deep.equal({ inventory: -1_000, convexity: -60 });
    expect(parts).to.deep.include({ divergence: -1_060, hedge: 1_000, total: -60 });
  });

  it("never finds a convexity gain in a real range, inside or outside of it, and none once the price stays outside", () => {
    const steps = [2000, 2100, 1800, 1450, 1300, 1500, 1900, 2499, 2600, 3000, 2000];
    const marks = sequence(...steps.map(principalAt));
    const whole = computeAttribution([{ ...START, ...principalAt(2000) }, ...marks.slice(1)]);
    expect(whole.detail.divergence.convexity).to.be.below(0);
    expectClose(whole.parts.divergence, 0, 1e-8); // back where it began
    for (let i = 2; i < marks.length; i++) {
      const { detail } = computeAttribution(marks.slice(i - 1, i + 1));
      expect(detail.divergence.convexity).to.be.at.most(1e-9);
    }
    const outside = computeAttribution([principalAt(2600), principalAt(3000)].map((part) => ({ ...START, ...part })));
    expectClose(outside.detail.divergence.convexity, 0, 1e-9);
  });

  it("values fees when they are earned, and their base's later moves as price P&L", () => {
    const { parts, detail } = computeAttribution(
      sequence({ feesBase: 0.1, feesQuote: 50 }, { price: 2100, debtBase: 10, feesBase: 0.1, feesQuote: 50 }),
    );
    expectClose(parts.fees, 0.1 * 2000 + 50, 1e-9);
    expectClose(detail.hedge.heldBase, 0.1 * 100, 1e-9);
    expect(detail.hedge.short).to.equal(-1_000);
  });

  it("does not count fees again, nor principal, when an action moves them", () => {
    const { parts, unexplained } = computeAttribution(
      sequence(
        { feesBase: 0.1, feesQuote: 50 },
        // collect everything, remove half of the principal, post margin, at no cost
        {
          phase: "action",
          feesBase: 0,
          feesQuote: 0,
          idleBase: 5.1,
          liquidityBase: 5,
          liquidityQuote: 10_000,
          idleQuote: 6_050,
          marginQuote: 35_000,
        },
        { feesBase: 0.01, feesQuote: 5 },
      ),
    );
    expectClose(parts.swapCosts, 0, 1e-9);
    expectClose(parts.fees, 250 + 25, 1e-9);
    expectClose(unexplained, 0, 1e-9);
  });

  it("charges an action for what NAV lost in it: 1 base bought for 2,003 to repay debt", () => {
    const { parts, navChange, navChangeBeforeGas } = computeAttribution(
      sequence({ phase: "action", debtBase: 9, idleQuote: 1_000 - 2_003 + 2_000, marginQuote: 28_000, gasQuote: 1.5 }),
    );
    expectClose(parts.swapCosts, -3, 1e-9);
    expect(parts.gas).to.equal(-1.5);
    expectClose(navChangeBeforeGas, -3, 1e-9);
    expectClose(navChange, -4.5, 1e-9);
  });

  it("separates interest earned and paid from the price", () => {
    const { parts, detail } = computeAttribution(sequence({ price: 2100, marginQuote: 30_007, debtBase: 10.001 }));
    expectClose(detail.interest.earned, 7, 1e-9);
    expectClose(detail.interest.paid, -2.1, 1e-9);
    expectClose(parts.interest, 4.9, 1e-9);
    expectClose(parts.hedge, -1_000, 1e-9);
  });

  it("leaves deposits and redemptions out of the P&L", () => {
    const attribution = computeAttribution(
      sequence(
        { phase: "flow", idleQuote: 11_000, shares: 2 },
        { feesQuote: 10 },
        { phase: "flow", idleQuote: 4_000, shares: 1 },
      ),
    );
    expect(attribution.flows).to.equal(3_000);
    expect(attribution.navChange).to.equal(10);
    expect(attribution.parts.total).to.equal(10);
  });

  it("adds up over a long mixed history", () => {
    const changes: Partial<VaultMark>[] = [];
    let margin = 30_000;
    let debt = 10;
    for (let i = 0; i < 500; i++) {
      const price = 2000 * Math.exp(0.2 * Math.sin(i / 7) + 0.05 * Math.cos(i * 1.7));
      margin *= 1.000001;
      debt *= 1.000002;
      changes.push({ ...principalAt(price), marginQuote: margin, debtBase: debt, feesQuote: i, feesBase: i / 1e4 });
      if (i % 10 === 9) {
        debt += Math.sin(i) / 10;
        margin -= (2000 * Math.sin(i)) / 10 + 1;
        changes.push({ phase: "action", debtBase: debt, marginQuote: margin, gasQuote: 0.3 });
      }
    }
    const attribution = computeAttribution(sequence(...changes));
    expect(Math.abs(attribution.unexplained)).to.be.below(1e-6);
    expect(() => requireExplained(attribution)).not.to.throw();
  });

  it("leaves money that appears from nowhere unexplained, and requireExplained says so", () => {
    const attribution = computeAttribution(sequence({ idleQuote: 1_100 }));
    expect(attribution.unexplained).to.equal(100);
    expect(attribution.parts.total).to.equal(0);
    expect(() => requireExplained(attribution))
      .to.throw(AttributionMismatchError)
      .with.property("unexplained", 100);
    const small = computeAttribution(sequence({ idleQuote: 1_000.004 }));
    expectClose(computeUnexplainedLimit(small), 0.0051, 1e-6); // 0.1 % of 1 bp of 51,000
    expect(() => requireExplained(small)).not.to.throw();
  });

  it("refuses marks that cannot be", () => {
    for (const change of [
      { phase: "action", price: 2001 },
      { phase: "flow", price: 2001 },
      { timestamp: -1 },
      { price: 0 },
      { debtBase: -1 },
      { feesQuote: Number.NaN },
    ] as const) {
      expect(() => computeAttribution(sequence(change))).to.throw(InvalidParameterError);
    }
    expect(() => computeAttribution([START])).to.throw(InvalidParameterError);
  });
});

describe("computeMarkNavQuote", () => {
  it("adds everything up at the mark's price and subtracts the debt", () => {
    expect(computeMarkNavQuote({ ...START, idleBase: 1, feesBase: 0.5, feesQuote: 3 })).to.equal(51_000 + 3_003);
  });
});
