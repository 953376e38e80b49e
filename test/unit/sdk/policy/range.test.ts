import { expect } from "chai";
import { describe, it } from "mocha";

import { InvalidParameterError } from "../../../../sdk/errors.ts";
import { decide } from "../../../../sdk/policy/decide.ts";
import { planFor } from "../../../../sdk/policy/plan.ts";
import { chooseRangeWidth, computeRecentresPerYear } from "../../../../sdk/policy/range.ts";
import { defaultSettings } from "../../../../sdk/policy/settings.ts";
import { situationOf } from "../../../../sdk/policy/situation.ts";
import type { Market, PolicySettings, RangeSettings } from "../../../../sdk/policy/types.ts";
import { MARKET, snapshotOf, USDC } from "./snapshots.ts";
import { expectClose } from "../../../support/close.ts";

const AUTO: PolicySettings = { ...defaultSettings, rangeWidth: "auto" };
const HEALTH = { targetHealth: 1.9, minHealth: 1.5 };
const FLAT = snapshotOf({ liquidity: 0n, shortBase: 0n, marginQuote: 0n, idleQuote: 1_000_000n * USDC });
const { minWidth, maxWidth, fallbackWidth, steps } = defaultSettings.autoRange;

/** Fees that equal LVR at volatility 0.7 times `ratio`: sigma² sqrt(P)/4 a unit of liquidity. */
const marketAt = (ratio: number, changes: Partial<Market> = {}): Market => ({
  ...MARKET,
  feeQuotePerLiquidityYear: (ratio * 0.7 ** 2 * Math.sqrt(2_500)) / 4,
  ...changes,
});
const widthIn = (market: Market, settings: PolicySettings = AUTO): number =>
  chooseRangeWidth(situationOf(FLAT), market, settings, HEALTH);

describe("chooseRangeWidth", () => {
  it("leaves a number as it is, whatever the market", () => {
    for (const ratio of [0, 1, 5]) expect(widthIn(marketAt(ratio), { ...AUTO, rangeWidth: 1.27 })).to.equal(1.27);
  });

  it("takes the fallback while fees are not known", () => {
    expect(widthIn(MARKET)).to.equal(fallbackWidth);
    expect(widthIn(marketAt(2)), "control").to.not.equal(fallbackWidth);
  });

  it("goes wide where fees do not pay for LVR, and narrower the more they do", () => {
    expect(widthIn(marketAt(0.5))).to.equal(maxWidth);
    const widths = [1.02, 1.1, 1.3, 2, 4].map((ratio) => widthIn(marketAt(ratio)));
    expect(widths).to.deep.equal(widths.toSorted((a, b) => b - a));
    expect(widths[0]).to.be.greaterThan(widths.at(-1) ?? Infinity);
  });

  it("stays wider where trades and moves are dear, and for a nervous owner", () => {
    const usual = widthIn(marketAt(1.3));
    expect(usual).to.be.within(minWidth, maxWidth);
    expect(widthIn(marketAt(1.3, { hedgeGasQuote: 100 }))).to.be.greaterThan(usual);
    expect(widthIn(marketAt(1.3), { ...AUTO, relativeRiskAversion: 10_000 })).to.be.greaterThan(usual);
  });

  it("chooses from a grid in log price that holds both bounds", () => {
    const grid = Array.from({ length: steps }, (_, i) => minWidth * (maxWidth / minWidth) ** (i / (steps - 1)));
    for (const ratio of [0.5, 1.05, 1.2, 1.5, 3]) {
      const width = widthIn(marketAt(ratio));
      expect(
        grid.some((point) => Math.abs(point / width - 1) < 1e-12),
        String(width),
      ).to.equal(true);
    }
  });

  it("knows that its own liquidity thins out the fees of a small pool", () => {
    const small = snapshotOf({
      liquidity: 0n,
      shortBase: 0n,
      marginQuote: 0n,
      idleQuote: 1_000_000n * USDC,
      poolLiquidity: 10n ** 16n,
    });
    const narrow = widthIn(marketAt(3));
    expect(chooseRangeWidth(situationOf(small), marketAt(3), AUTO, HEALTH)).to.be.greaterThan(narrow);
  });

  it("reaches the plan", () => {
    for (const ratio of [1.1, 4]) {
      const decision = decide(FLAT, marketAt(ratio), { ...AUTO, feeGate: { ...AUTO.feeGate, enabled: false } });
      const added = planFor(FLAT, decision, AUTO)?.actions.find((action) => action.kind === "addLiquidity");
      if (added?.kind !== "addLiquidity") throw new Error("no liquidity");
      const half = Math.log(widthIn(marketAt(ratio))) / Math.log(1.0001);
      expect((added.tickUpper - added.tickLower) / 2).to.be.within(half - 1, half + 11);
    }
  });

  const BAD: readonly (readonly [keyof RangeSettings, number])[] = [
    ["minWidth", 1],
    ["maxWidth", 1.05],
    ["maxWidth", NaN],
    ["steps", 1],
    ["steps", 2.5],
    ["fallbackWidth", 0.9],
  ];
  for (const [key, value] of BAD) {
    it(`names autoRange.${key} when it is ${value}`, () => {
      expect(() => widthIn(marketAt(1), { ...AUTO, autoRange: { ...AUTO.autoRange, [key]: value } }))
        .to.throw(InvalidParameterError)
        .with.property("parameter", `autoRange.${key}`);
    });
  }
});

describe("computeRecentresPerYear", () => {
  it("is the inverse of the mean time to leave the inner part of the range", () => {
    // E[T] = a²/sigma² from the centre of ±a.
    expectClose(computeRecentresPerYear(0.7, 1.5, 0.8), (0.7 / (0.8 * Math.log(1.5))) ** 2, 1e-12);
    expect(computeRecentresPerYear(0.7, 1.1, 0.8)).to.be.greaterThan(computeRecentresPerYear(0.7, 1.5, 0.8));
    expect(() => computeRecentresPerYear(0.7, 1, 0.8)).to.throw(InvalidParameterError);
  });
});
