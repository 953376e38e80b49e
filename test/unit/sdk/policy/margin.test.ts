import { expect } from "chai";
import { describe, it } from "mocha";

import { InvalidParameterError } from "../../../../sdk/errors.ts";
import { computeFirstPassageProbability } from "../../../../sdk/math/margin.ts";
import { decide } from "../../../../sdk/policy/decide.ts";
import { planMargin } from "../../../../sdk/policy/margin.ts";
import { planFor } from "../../../../sdk/policy/plan.ts";
import { defaultSettings } from "../../../../sdk/policy/settings.ts";
import type { MarginSettings } from "../../../../sdk/policy/types.ts";
import { MARKET, snapshotOf, snapshotWithDelta, USDC } from "./snapshots.ts";
import { expectClose } from "../../../support/close.ts";

const BARE = { targetHealth: 1.01, minHealth: 1.005, marginPlan: { ...defaultSettings.marginPlan, jumpFraction: 0 } };
const planned = (volatility: number, changes: Partial<MarginSettings> = {}, floor?: number) =>
  planMargin(volatility, floor, { ...BARE, marginPlan: { ...BARE.marginPlan, ...changes } });

describe("planMargin", () => {
  it("keeps the accepted probability: liquidation from the minimum within outage and latency", () => {
    for (const volatility of [0.3, 0.7, 2, 4]) {
      const { minHealth, targetHealth } = planned(volatility);
      const reached = (rise: number, hours: number): number =>
        computeFirstPassageProbability({ price: 1, barrier: 1 + rise, volatility, drift: 0, years: hours / 8_760 });
      expectClose(reached(minHealth - 1, 13), 0.001, 1e-6);
      expectClose(reached(targetHealth / minHealth - 1, 24), 0.1, 1e-6);
    }
  });

  it("asks for more in a livelier market, a longer outage, a slower top-up, a rarer loss, and for a jump", () => {
    const usual = planned(0.7).minHealth;
    expect(planned(0.8).minHealth).to.be.greaterThan(usual);
    expect(planned(0.7, { keeperOutageHours: 24 }).minHealth).to.be.greaterThan(usual);
    expect(planned(0.7, { topUpLatencyHours: 3 }).minHealth).to.be.greaterThan(usual);
    expect(planned(0.7, { liquidationProbability: 1e-4 }).minHealth).to.be.greaterThan(usual);
    expectClose(planned(0.7, { jumpFraction: 0.1 }).minHealth, usual * 1.1, 1e-12);
    expect(planned(0.7, { topUpDays: 3 }).targetHealth).to.be.greaterThan(planned(0.7).targetHealth);
  });

  it("never asks for less than the settings, nor than the vault's floor with its reserve", () => {
    expect(planMargin(0.1, undefined, defaultSettings)).to.deep.equal({ minHealth: 1.5, targetHealth: 1.9 });
    expectClose(planMargin(0.7, 1.6, defaultSettings).minHealth, 1.65, 1e-12);
    expect(planMargin(0.7, 2.2, defaultSettings).targetHealth).to.be.greaterThan(2.25);
    expect(planMargin(0.7, 1.2, defaultSettings).minHealth, "control").to.equal(1.5);
  });

  it("stays finite whatever the estimate says", () => {
    expect(planned(1_000)).to.deep.equal(planned(10));
    expect(planned(10).targetHealth).to.be.lessThan(20);
    expect(planned(1e-6).minHealth).to.be.within(1.005, 1.01);
  });

  const BAD: readonly (readonly [keyof MarginSettings, number])[] = [
    ["keeperOutageHours", 0],
    ["topUpLatencyHours", -1],
    ["liquidationProbability", 0],
    ["liquidationProbability", 1],
    ["jumpFraction", -0.1],
    ["topUpDays", NaN],
    ["topUpProbability", 1.5],
    ["floorReserve", -1],
  ];
  for (const [key, value] of BAD) {
    it(`names marginPlan.${key} when it is ${value}`, () => {
      expect(() => planned(0.7, { [key]: value }))
        .to.throw(InvalidParameterError)
        .with.property("parameter", `marginPlan.${key}`);
    });
  }

  it("decides: what is healthy in a quiet market is not in a wild one", () => {
    const snapshot = snapshotWithDelta(0n, { marginQuote: 780_000n * USDC });
    expect(decide(snapshot, MARKET, defaultSettings).kind).to.equal("hold");
    const wild = decide(snapshot, { ...MARKET, volatilityAnnual: 8 }, defaultSettings);
    expect([wild.kind, wild.reasons[0]?.code]).to.deep.equal(["deleverage", "health-low"]);
    expect(wild.kind === "deleverage" && wild.targetHealth).to.equal(wild.targets?.targetHealth);
    expect(wild.reasons[0]?.text).to.include(String(Number(wild.targets?.minHealth.toFixed(3))));
  });

  it("builds: a new position carries the health of the market's plan", () => {
    const fresh = snapshotOf({ liquidity: 0n, shortBase: 0n, marginQuote: 0n, idleQuote: 1_000_000n * USDC });
    const healthAt = (volatilityAnnual: number): number => {
      const plan = planFor(fresh, decide(fresh, { ...MARKET, volatilityAnnual }, defaultSettings), defaultSettings);
      const hedge = plan?.actions.find((action) => action.kind === "adjustHedge");
      if (hedge?.kind !== "adjustHedge") throw new Error("no hedge");
      const short = (-hedge.deltaChangeBase * 2_500n) / 10n ** 12n;
      return Number((hedge.marginChangeQuote * 78n) / 100n) / Number(short);
    };
    expect(healthAt(0.7)).to.be.within(1.84, 1.96);
    const { targetHealth } = planMargin(4, 1.25, defaultSettings);
    expect(targetHealth).to.be.greaterThan(2.2);
    expect(healthAt(4)).to.be.within(targetHealth * 0.97, targetHealth * 1.03);
  });
});
