import { expect } from "chai";
import { describe, it } from "mocha";

import { InvalidParameterError } from "../../../../sdk/errors.ts";
import { computeLvrFractionAtRangeCentre } from "../../../../sdk/math/lvr.ts";
import { adviseOn } from "../../../../sdk/policy/advice.ts";
import { bandFor } from "../../../../sdk/policy/band.ts";
import { computeGate } from "../../../../sdk/policy/gate.ts";
import { decide, judge } from "../../../../sdk/policy/decide.ts";
import { planFor } from "../../../../sdk/policy/plan.ts";
import { computeUnitValueQuote } from "../../../../sdk/policy/position.ts";
import { describeGate } from "../../../../sdk/policy/reasons.ts";
import { defaultSettings } from "../../../../sdk/policy/settings.ts";
import { situationOf } from "../../../../sdk/policy/situation.ts";
import type {
  Decision,
  GateSettings,
  GateVerdict,
  Market,
  PolicySettings,
  Snapshot,
} from "../../../../sdk/policy/types.ts";
import { MARKET, snapshotOf, snapshotWithDelta, USDC, WETH, WIDTH } from "./snapshots.ts";
import { expectClose } from "../../../support/close.ts";

const PRICE = 2_500;
const IN_POOL = snapshotWithDelta(0n);
const FLAT = snapshotOf({ liquidity: 0n, shortBase: 0n, marginQuote: 0n, idleQuote: 1_000_000n * USDC });

const NO_BAND = { triggerBase: 0, targetBase: 0 };

/** A market in which a range of the tests' width earns `feeApr` on what is in it already. */
const marketWith = (feeApr: number | undefined, changes: Partial<Market> = {}): Market => ({
  ...MARKET,
  feeQuotePerLiquidityYear: feeApr === undefined ? undefined : feeApr * computeUnitValueQuote(PRICE, WIDTH),
  ...changes,
});
const settingsWith = (feeGate: Partial<GateSettings> = {}, changes: Partial<PolicySettings> = {}): PolicySettings => ({
  ...defaultSettings,
  rangeWidth: WIDTH,
  ...changes,
  feeGate: { ...defaultSettings.feeGate, enabled: true, ...feeGate },
});
const gateOf = (snapshot: Snapshot, market: Market, settings = settingsWith()): GateVerdict => {
  const situation = situationOf(snapshot);
  return adviseOn(situation, bandFor(situation, market, settings), market, settings).gate;
};
/** The verdict with its figures; fails where there are none. */
const known = (gate: GateVerdict): Exclude<GateVerdict, { opinion: "unknown" }> => {
  if (gate.opinion === "unknown") throw new Error("the gate has no opinion");
  return gate;
};
const codesOf = (decision: Decision): readonly string[] => decision.reasons.map(({ code }) => code);

describe("computeGate", () => {
  it("adds up what a hedged position costs", () => {
    const { feeApr, breakEvenApr, costs } = known(gateOf(IN_POOL, marketWith(0.5)));
    expectClose(feeApr, 0.5, 1e-3);
    expect(costs.lvr).to.equal(computeLvrFractionAtRangeCentre(0.7, WIDTH));
    // Half of the position is borrowed, at the prior's 3 %; its margin at health 1.9 could earn 2 %.
    expectClose(costs.funding, 0.015, 1e-12);
    expectClose(costs.margin, (0.5 * 1.9 * 0.02) / 0.78, 1e-12);
    expect(costs.rebalancing).to.be.within(1e-4, 0.05);
    expect(costs.recentring).to.be.within(1e-6, 0.05);
    const sum = Object.values(costs).reduce((total, part) => total + part, 0);
    expectClose(breakEvenApr, sum, 1e-12);
  });

  it("charges the band in force: a tighter one costs more trades", () => {
    const rebalancing = (bandSafety: number): number =>
      known(gateOf(IN_POOL, marketWith(0.5), settingsWith({}, { bandSafety }))).costs.rebalancing;
    expect(rebalancing(0.01)).to.be.greaterThan(2 * rebalancing(0.8));
    expect(rebalancing(0.001)).to.be.lessThan(Infinity);
  });

  it("asks for more in a livelier market, for a dearer short, and for dearer gas", () => {
    const breakEven = (changes: Partial<Market>): number =>
      known(gateOf(IN_POOL, marketWith(0.5, changes))).breakEvenApr;
    const usual = breakEven({});
    expect(breakEven({ volatilityAnnual: 0.8 })).to.be.greaterThan(usual);
    expectClose(breakEven({ shortCarryPerYear: 0.1 }), usual + 0.035, 1e-9);
    expect(breakEven({ shortCarryPerYear: -0.1 })).to.be.lessThan(usual);
    expect(breakEven({ hedgeGasQuote: 100 })).to.be.greaterThan(usual);
  });

  it("does not take an unknown carry for none", () => {
    const unknown = known(gateOf(IN_POOL, marketWith(0.5)));
    const none = known(gateOf(IN_POOL, marketWith(0.5, { shortCarryPerYear: 0 })));
    expect(unknown.costs.funding).to.be.greaterThan(0);
    expect(none.costs.funding).to.equal(0);
  });

  it("leaves, keeps and enters in that order as fees rise, each bound at its place", () => {
    const { leaveBelowApr, enterAboveApr, breakEvenApr } = known(gateOf(IN_POOL, marketWith(0.5)));
    expect(leaveBelowApr).to.be.lessThan(breakEvenApr * 0.7);
    expect(enterAboveApr).to.be.greaterThan(breakEvenApr * 1.05);
    const at = (feeApr: number): string => gateOf(IN_POOL, marketWith(feeApr)).opinion;
    expect(at(0)).to.equal("leave");
    expect(at(leaveBelowApr * 0.999)).to.equal("leave");
    expect(at(leaveBelowApr * 1.001)).to.equal("keep");
    expect(at(enterAboveApr * 0.999)).to.equal("keep");
    expect(at(enterAboveApr * 1.001)).to.equal("enter");
    expect(at(1e6)).to.equal("enter");
  });

  it("pushes both bounds apart by the price of a round trip, the more the sooner it must be earned", () => {
    const gap = (holdingDays: number, gas: number): number => {
      const gate = known(gateOf(IN_POOL, marketWith(0.5, { hedgeGasQuote: gas }), settingsWith({ holdingDays })));
      return gate.enterAboveApr - gate.leaveBelowApr;
    };
    expect(gap(1, 1)).to.be.greaterThan(gap(7, 1));
    expect(gap(7, 50)).to.be.greaterThan(gap(7, 1));
    // A change that can never pay for itself is never made.
    const dear = known(gateOf(IN_POOL, marketWith(0, { hedgeGasQuote: 20_000 }), settingsWith({ holdingDays: 1 })));
    expect(dear.leaveBelowApr).to.be.lessThan(0);
    expect(dear.opinion).to.equal("keep");
  });

  it("knows that a vault outside would thin out the pool's fees", () => {
    const shallow = { liquidity: 0n, shortBase: 0n, marginQuote: 0n, idleQuote: 1_000_000n * USDC };
    const feeAt = (poolLiquidity: bigint): number =>
      known(gateOf(snapshotOf({ ...shallow, poolLiquidity }), marketWith(0.5))).feeApr;
    expect(feeAt(24n * 10n ** 17n)).to.be.within(0.48, 0.5);
    expect(feeAt(10n ** 16n)).to.be.lessThan(0.2);
    expect(feeAt(0n)).to.equal(0);
  });

  it("has no opinion while fees or volatility are not known, or there is nothing to invest", () => {
    const empty = snapshotOf({ liquidity: 0n, shortBase: 0n, marginQuote: 0n, idleQuote: 0n });
    expect(gateOf(IN_POOL, marketWith(undefined)).opinion).to.equal("unknown");
    expect(gateOf(empty, marketWith(0.5)).opinion).to.equal("unknown");
    expect(gateOf(IN_POOL, marketWith(0)).opinion, "no fees are known fees").to.equal("leave");
  });

  it("has no opinion on a volatility that is none", () => {
    const targets = { rangeWidth: WIDTH, targetHealth: 1.9, minHealth: 1.5 };
    const opinionAt = (volatilityAnnual: number): string =>
      computeGate(situationOf(FLAT), NO_BAND, marketWith(0.5, { volatilityAnnual }), settingsWith(), targets).opinion;
    for (const volatility of [NaN, 0, Infinity]) expect(opinionAt(volatility)).to.equal("unknown");
    expect(opinionAt(0.7), "control").to.equal("enter");
  });

  it("does not churn on a noisy estimate", () => {
    /** Times that a vault enters or leaves while fees swing by a fifth around break-even, hour after hour. */
    const changes = (settings: PolicySettings): number => {
      const { breakEvenApr } = known(gateOf(IN_POOL, marketWith(0.5), settings));
      let isInside = true;
      let count = 0;
      for (let hour = 0; hour < 500; hour++) {
        const market = marketWith(breakEvenApr * (1 + 0.2 * Math.sin(hour)));
        const { opinion } = gateOf(isInside ? IN_POOL : FLAT, market, settings);
        if (opinion === (isInside ? "leave" : "enter")) [isInside, count] = [!isInside, count + 1];
      }
      return count;
    };
    expect(changes(settingsWith())).to.equal(0);
    expect(changes(settingsWith({ enterRatio: 1, leaveRatio: 1, holdingDays: 1e6 })), "control").to.be.greaterThan(100);
  });

  it("keeps finite figures in extreme markets", () => {
    for (const changes of [{ volatilityAnnual: 1e-3 }, { volatilityAnnual: 50 }, { shortCarryPerYear: -5 }]) {
      const gate = known(gateOf(IN_POOL, marketWith(0.5, changes)));
      for (const value of [gate.breakEvenApr, gate.enterAboveApr, gate.leaveBelowApr, gate.feeApr]) {
        expect(Number.isFinite(value), JSON.stringify(changes)).to.equal(true);
      }
      expect(gate.leaveBelowApr).to.be.lessThan(gate.enterAboveApr);
    }
  });

  const BAD: readonly (readonly [string, Partial<GateSettings>])[] = [
    ["feeGate.leaveRatio", { leaveRatio: 0 }],
    ["feeGate.leaveRatio", { leaveRatio: NaN }],
    ["feeGate.enterRatio", { enterRatio: 0.5 }],
    ["feeGate.enterRatio", { enterRatio: Infinity }],
    ["feeGate.holdingDays", { holdingDays: 0 }],
    ["feeGate.marginRatePerYear", { marginRatePerYear: NaN }],
    ["feeGate.carryPriorPerYear", { carryPriorPerYear: Infinity }],
  ];
  for (const [parameter, change] of BAD) {
    it(`names ${parameter} when it is ${String(Object.values(change)[0])}`, () => {
      expect(() => gateOf(IN_POOL, marketWith(0.5), settingsWith(change)))
        .to.throw(InvalidParameterError)
        .with.property("parameter", parameter);
    });
  }

  it("refuses fees that cannot be", () => {
    for (const [feeApr, name] of [
      [-0.1, "market.feeQuotePerLiquidityYear"],
      [NaN, "market.feeQuotePerLiquidityYear"],
    ] as const) {
      expect(() => gateOf(IN_POOL, marketWith(feeApr)))
        .to.throw(InvalidParameterError)
        .with.property("parameter", name);
    }
  });
});

describe("the fee gate in decisions", () => {
  const decideOn = (snapshot: Snapshot, feeApr: number | undefined, settings = settingsWith()): Decision =>
    decide(snapshot, marketWith(feeApr), settings);
  const { leaveBelowApr, enterAboveApr } = known(gateOf(IN_POOL, marketWith(0.5)));
  const between = (leaveBelowApr + enterAboveApr) / 2;

  it("takes a vault out that does not earn its hedge, and says both figures", () => {
    const decision = decideOn(IN_POOL, leaveBelowApr * 0.9);
    expect([decision.kind, codesOf(decision)]).to.deep.equal(["exit", ["fees-too-low"]]);
    const { breakEvenApr } = known(decision.gate ?? { opinion: "unknown" });
    const text = decision.reasons[0]?.text ?? "";
    for (const apr of [leaveBelowApr * 0.9, breakEvenApr, leaveBelowApr]) {
      expect(text).to.include(`${(apr * 100).toFixed(1)} %`);
    }
  });

  it("keeps a vault outside, without a transaction", () => {
    const decision = decideOn(FLAT, leaveBelowApr * 0.9);
    expect([decision.kind, codesOf(decision)]).to.deep.equal(["hold", ["fees-too-low"]]);
    expect(planFor(FLAT, decision, settingsWith())).to.equal(undefined);
    expect(decision.reasons[0]?.text).to.include("enters above");
  });

  it("needs no memory: between the bounds whoever is in stays in and whoever is out stays out", () => {
    const inside = decideOn(IN_POOL, between);
    expect([inside.kind, codesOf(inside)]).to.deep.equal(["hold", ["inside-band", "fees-near-break-even"]]);
    const outside = decideOn(FLAT, between);
    expect([outside.kind, codesOf(outside)]).to.deep.equal(["hold", ["fees-too-low"]]);
  });

  it("adds new capital only where a vault outside would enter", () => {
    const rich = snapshotWithDelta(0n, { idleQuote: 300_000n * USDC, marginQuote: 800_000n * USDC });
    expect(decideOn(rich, between).kind).to.equal("hold");
    const adding = decideOn(rich, enterAboveApr * 1.2);
    expect([adding.kind, codesOf(adding)[0]]).to.deep.equal(["recentre", "idle-capital"]);
    expect(decideOn(rich, undefined).kind, "nor does it wait for what it does not know").to.equal("recentre");
  });

  it("enters where fees pay", () => {
    const decision = decideOn(FLAT, enterAboveApr * 1.2);
    expect([decision.kind, codesOf(decision)]).to.deep.equal(["recentre", ["no-position", "fees-suffice"]]);
    expect(planFor(FLAT, decision, settingsWith())?.actions.map(({ kind }) => kind)).to.include("addLiquidity");
  });

  it("behaves as without a gate while it has no opinion, and when it is switched off", () => {
    const off = settingsWith({ enabled: false });
    for (const snapshot of [IN_POOL, FLAT, snapshotWithDelta(14n * WETH)]) {
      const usual = decideOn(snapshot, undefined);
      const disabled = decideOn(snapshot, 0, off);
      expect(codesOf(usual)).to.have.length(1);
      expect([disabled.kind, codesOf(disabled)]).to.deep.equal([usual.kind, codesOf(usual)]);
      expect(disabled.gate?.opinion, "still shown").to.equal("leave");
    }
    const situation = situationOf(FLAT);
    expect(judge(situation, NO_BAND, settingsWith()).kind, "no advice").to.equal("recentre");
  });

  it("comes after what keeps the vault safe", () => {
    const codeOf = (situation: Parameters<typeof snapshotWithDelta>[1]): string | undefined =>
      codesOf(decideOn(snapshotWithDelta(0n, situation), 0))[0];
    expect(codeOf({ lost: true })).to.equal("hedge-lost");
    expect(codeOf({ flags: 2n })).to.equal("oracle-unhealthy");
    expect(codeOf({ pending: true })).to.equal("hedge-pending");
    expect(codeOf({ changes: { windDown: true } })).to.equal("wind-down");
    expect(codeOf({ marginQuote: 500_000n * USDC })).to.equal("health-low");
  });

  it("waits for the cooldown to leave, and closes drift meanwhile", () => {
    const cooling = { changes: { lastActionAt: 999_990n }, timestamp: 1_000_000 } as const;
    const calm = decideOn(snapshotWithDelta(0n, cooling), 0);
    expect([calm.kind, codesOf(calm)[0]]).to.deep.equal(["hold", "cooling-down"]);
    const drifting = decideOn(snapshotWithDelta(15n * WETH, cooling), 0);
    expect([drifting.kind, codesOf(drifting)[0]]).to.deep.equal(["hedge", "outside-band"]);
    expect(decideOn(snapshotWithDelta(15n * WETH), 0).kind, "control: not cooling").to.equal("exit");
  });

  it("leaves nothing but dust behind, on which it then holds", () => {
    const settings = settingsWith();
    const plan = planFor(IN_POOL, decideOn(IN_POOL, 0), settings);
    expect(plan?.decision).to.equal("exit");
    // Interest between snapshot and inclusion leaves a speck of debt and a thousandth of the margin.
    const speck = snapshotOf({
      liquidity: 0n,
      shortBase: 10n ** 12n,
      marginQuote: 780n * USDC,
      idleQuote: 999_000n * USDC,
    });
    const after = decideOn(speck, 0, settings);
    expect([after.kind, codesOf(after)]).to.deep.equal(["hold", ["fees-too-low"]]);
    expect(decideOn(speck, 2, settings).kind, "and comes back").to.equal("recentre");
  });

  it("goes on leaving while a short or base is left", () => {
    const half = { liquidity: 0n, marginQuote: 780_000n * USDC } as const;
    for (const snapshot of [
      snapshotOf({ ...half, shortBase: 10n * WETH, idleBase: 10n * WETH }),
      snapshotOf({ ...half, shortBase: 0n, idleBase: 10n * WETH }),
    ]) {
      const decision = decideOn(snapshot, 0);
      expect([decision.kind, codesOf(decision)]).to.deep.equal(["exit", ["fees-too-low"]]);
      expect(planFor(snapshot, decision, settingsWith())?.actions).to.not.be.empty;
    }
  });

  it("says that it does not know", () => {
    expect(describeGate({ opinion: "unknown" }, true)).to.include("not known");
  });
});
