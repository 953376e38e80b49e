import { expect } from "chai";

import type { BacktestModel } from "../../../../sdk/sim/backtest/model.ts";
import { expectClose } from "../../../support/close.ts";
import { AAVE, HOUR, MODEL, PERP, START, closeBars, runBars } from "./runs.ts";

/** A keeper that comes hours late cannot help. */
const LATE = 6 * HOUR;
const QUIET = new Array<number>(30).fill(2_000);
const NO_FEES = { kind: "apr", aprFraction: 0 } as const;
const base: BacktestModel = { ...MODEL, fees: NO_FEES, latencySeconds: LATE };

/** A day at 2,000, so that a late keeper has opened; then a rise, an hour long, and three days there. */
function rise(factor: number) {
  return closeBars([...QUIET, ...new Array<number>(72).fill(2_000 * factor)]);
}

describe("liquidation in a backtest", () => {
  it("takes half of a loan with the bonus, and the vault closes for good", () => {
    const { record, result } = runBars(rise(2.1), { ...base, venue: AAVE });
    expect(result.actions).to.include({ liquidations: 1, reconcile: 1, exit: 1 });
    const [event] = result.risk.liquidations;
    // The health of 1.9 falls to 1 where the price has risen 1.9 times, nearly: interest moves it a little.
    expectClose(event?.price, 3_800, 60);
    // Half of the debt that was opened, and a twentieth of its value on top.
    const { shortBase } = runBars(closeBars(QUIET), { ...base, venue: AAVE }).record.book;
    expectClose(result.attribution.liquidation, -0.05 * 0.5 * shortBase * event!.price, 1);
    expect(record.book).to.include({ shortBase: 0, liquidity: 0, marginQuote: 0 });
    expectClose(record.book.idleBase, 0, 1e-9);
    expect(result.risk.minHealth).to.equal(1);
  });

  it("closes a perpetual at its maintenance margin and takes the fee", () => {
    const { result, record } = runBars(rise(2.1), { ...base, venue: PERP });
    expect(result.actions.liquidations).to.equal(1);
    const [event] = result.risk.liquidations;
    expectClose(event?.price, 3_800, 60);
    expect(result.attribution.liquidation).to.be.within(-2_000, -300);
    expect(record.book.shortBase).to.equal(0);
    expectClose(result.attribution.unexplained, 0, 1e-6);
  });

  it("does not come while the margin holds, nor when the keeper is in time", () => {
    expect(runBars(rise(1.5), { ...base, venue: AAVE }).result.actions.liquidations).to.equal(0);
    const { result } = runBars(rise(2.1), { ...base, venue: AAVE, latencySeconds: 12 });
    expect(result.actions.liquidations).to.equal(0);
    expect(result.actions.deleverage + result.actions.recentre).to.be.greaterThan(1);
  });

  it("finds the high of a bar that closes below it", () => {
    const bars = rise(1).map((bar, i) => (i === 60 ? { ...bar, high: 4_300 } : bar));
    const flat = rise(1).map((bar) => ({ ...bar }));
    expect(runBars(bars, { ...base, venue: AAVE }).result.actions.liquidations).to.equal(1);
    expect(runBars(flat, { ...base, venue: AAVE }).result.actions.liquidations).to.equal(0);
  });

  it("leaves debt beyond the collateral with the lender, and a negative margin with the venue", () => {
    for (const venue of [
      { ...AAVE, closeFraction: 1, liquidationBonus: 0.5 },
      { ...PERP, liquidationFeeFraction: 1 },
    ]) {
      const { result, record } = runBars(rise(2.1), { ...base, venue });
      expect(result.actions.liquidations).to.equal(1);
      expect(record.book.marginQuote).to.equal(0);
      expect(result.navEnd).to.be.greaterThan(0);
      expectClose(result.attribution.unexplained, 0, 1e-6);
    }
  });

  it("lets the vault work again after the time that the model names", () => {
    const model: BacktestModel = { ...base, venue: AAVE };
    const closed = runBars(rise(2.1), model);
    const reopened = runBars(rise(2.1), { ...model, reopenAfterHours: 24 });
    expect(closed.result.actions.liquidations).to.equal(1);
    expect(closed.record.book.liquidity).to.equal(0);
    expect(reopened.record.book.liquidity).to.be.greaterThan(0);
    expect(reopened.result.risk.liquidations[0]?.timestamp).to.be.greaterThan(START);
  });
});
