import { expect } from "chai";
import { describe, it } from "mocha";

import { encodePlan, encodeReconcile, encodeSettle } from "../../../../sdk/chain/encode.ts";
import { vaultInterface } from "../../../../sdk/chain/contracts.ts";
import { PlanError } from "../../../../sdk/policy/hedges.ts";
import { planFor } from "../../../../sdk/policy/plan.ts";
import { decide } from "../../../../sdk/policy/decide.ts";
import { defaultSettings } from "../../../../sdk/policy/settings.ts";
import type { Decision, Plan, PlanAction, PolicySettings, Snapshot } from "../../../../sdk/policy/types.ts";
import {
  CENTRE,
  MARKET,
  type Situation,
  snapshotOf,
  snapshotWithDelta,
  USDC,
  WETH,
  WIDTH,
} from "../policy/snapshots.ts";

const SETTINGS: PolicySettings = { ...defaultSettings, rangeWidth: WIDTH, recentreAt: 0.8, deployAboveFraction: 0.1 };

/** The decision and its plan; the decision must be of the kind the test is about. */
function planOf(snapshot: Snapshot, kind: Plan["decision"]): { readonly decision: Decision; readonly plan: Plan } {
  const decision = decide(snapshot, MARKET, SETTINGS);
  expect(decision.kind).to.equal(kind);
  const plan = planFor(snapshot, decision, SETTINGS);
  if (plan === undefined) throw new Error("no plan");
  expect([plan.decision, plan.blockHash, plan.vault]).to.deep.equal([kind, snapshot.blockHash, snapshot.vault.vault]);
  expect(plan.promise.expectedEpoch).to.equal(7n);
  expect(plan.promise.deadline).to.equal(snapshot.timestamp + SETTINGS.deadlineSeconds);
  return { decision, plan };
}
const kindsOf = (plan: Plan): readonly PlanAction["kind"][] => plan.actions.map(({ kind }) => kind);
const toUnits = (base: number): bigint => BigInt(Math.round(base * 1e9)) * 10n ** 9n;
const abs = (x: bigint): bigint => (x < 0n ? -x : x);
const sumOf = (plan: Plan, kind: "swap" | "adjustHedge"): bigint =>
  plan.actions.reduce(
    (sum, action) =>
      sum +
      (action.kind === "swap" && kind === "swap"
        ? action.baseChange
        : action.kind === "adjustHedge" && kind === "adjustHedge"
          ? action.deltaChangeBase
          : 0n),
    0n,
  );
const marginOf = (plan: Plan): bigint =>
  plan.actions.reduce((sum, action) => sum + (action.kind === "adjustHedge" ? action.marginChangeQuote : 0n), 0n);

/** The same vault with an idle hedge in front of the one that carries the short. */
function withSecondHedge(snapshot: Snapshot): Snapshot {
  const { vault } = snapshot;
  const idle = vault.hedges.map((hedge) => ({
    ...hedge,
    hedge: "0x00000000000000000000000000000000000000F9",
    deltaBase: 0n,
    equityMinQuote: 0n,
    equityMaxQuote: 0n,
    healthWad: (1n << 256n) - 1n,
  }));
  return { ...snapshot, vault: { ...vault, hedges: [...idle, ...vault.hedges] } };
}

describe("planFor", () => {
  it("plans nothing for a hold or a reconciliation", () => {
    for (const snapshot of [snapshotWithDelta(0n), snapshotWithDelta(0n, { lost: true })]) {
      const decision = decide(snapshot, MARKET, SETTINGS);
      expect(["hold", "reconcile"]).to.include(decision.kind);
      expect(planFor(snapshot, decision, SETTINGS)).to.equal(undefined);
    }
  });

  it("refuses a vault without a hedge", () => {
    const snapshot = snapshotOf({ hedges: "none", shortBase: 0n, marginQuote: 0n });
    const decision = decide(snapshot, MARKET, SETTINGS);
    expect(decision.kind).to.equal("hedge");
    expect(() => planFor(snapshot, decision, SETTINGS)).to.throw(PlanError, /has no hedge/);
  });

  describe("hedge", () => {
    it("borrows and sells what a long vault has too much, and promises what is left", () => {
      const delta = 15n * WETH;
      const { decision, plan } = planOf(snapshotWithDelta(delta), "hedge");
      const target = toUnits(decision.band.targetBase);
      const change = delta - target;
      expect(kindsOf(plan)).to.deep.equal(["adjustHedge", "swap"]);
      expect(plan.actions[0]).to.include({ deltaChangeBase: -change });
      expect(plan.actions[1]).to.deep.equal({ kind: "swap", baseChange: -change });
      expect(plan.promise.maxResidualDeltaBase >= target, "the target itself is allowed").to.equal(true);
      expect(plan.promise.maxResidualDeltaBase).to.be.lessThan(delta);
      // Slippage bound on what is swapped, and 0.05 % of NAV.
      const nav = snapshotWithDelta(delta).vault.book.navQuote;
      const swapQuote = (change * 2_500n) / 10n ** 12n;
      const expected = (swapQuote * 50n) / 10_000n + (nav * 5n) / 10_000n;
      expect(abs(plan.promise.maxLossQuote - expected)).to.be.lessThan(3n);
    });

    it("posts margin with the larger short when health asks for it, from idle funds only", () => {
      const rich = planOf(snapshotWithDelta(15n * WETH, { marginQuote: 900_000n * USDC }), "hedge").plan;
      expect(marginOf(rich)).to.equal(0n);
      const poor = planOf(snapshotWithDelta(15n * WETH, { marginQuote: 620_000n * USDC }), "hedge").plan;
      expect(marginOf(poor)).to.be.within(1n, 20_000n * USDC);
    });

    it("posts what the sale brings where idle quote does not carry the larger short", () => {
      const snapshot = snapshotWithDelta(15n * WETH, { marginQuote: 570_000n * USDC, idleQuote: 1_000n * USDC });
      const { plan } = planOf(snapshot, "hedge");
      expect(kindsOf(plan)).to.deep.equal(["adjustHedge", "swap", "adjustHedge"]);
      const [hedge] = snapshot.vault.hedges;
      const shortAfter = ((-(hedge?.deltaBase ?? 0n) - sumOf(plan, "adjustHedge")) * 2_500n) / 10n ** 12n;
      const health = Number(((570_000n * USDC + marginOf(plan)) * 78n) / 100n) / Number(shortAfter);
      expect(health).to.be.within(SETTINGS.minHealth * 0.9999, SETTINGS.minHealth * 1.01);
      const proceeds = (-sumOf(plan, "swap") * 2_500n) / 10n ** 12n;
      expect(marginOf(plan)).to.be.lessThan(proceeds + 1_000n * USDC);
    });

    it("rebuilds the position where the margin cannot carry the larger short", () => {
      const wide: PolicySettings = { ...SETTINGS, bandSafety: 0.1 };
      const snapshot = snapshotWithDelta(60n * WETH, { marginQuote: 335_000n * USDC, idleQuote: 0n });
      const decision = decide(snapshot, MARKET, wide);
      expect(decision.kind).to.equal("hedge");
      const plan = planFor(snapshot, decision, wide);
      expect(plan?.actions.map(({ kind }) => kind)).to.include.members(["removeLiquidity", "addLiquidity"]);
    });

    it("works with the hedge that carries the short, not with the first", () => {
      const snapshot = withSecondHedge(snapshotWithDelta(15n * WETH));
      const { plan } = planOf(snapshot, "hedge");
      expect(
        plan.actions.flatMap((action) => (action.kind === "adjustHedge" ? [action.hedgeIndex] : [])),
      ).to.deep.equal([1]);
      const back = planOf(withSecondHedge(snapshotWithDelta(-15n * WETH, { idleQuote: 90_000n * USDC })), "hedge").plan;
      expect(back.actions.at(-1)).to.include({ kind: "adjustHedge", hedgeIndex: 1 });
    });

    it("buys and repays what a short vault lacks", () => {
      const { decision, plan } = planOf(snapshotWithDelta(-15n * WETH, { idleQuote: 90_000n * USDC }), "hedge");
      const change = 15n * WETH - toUnits(decision.band.targetBase);
      expect(plan.actions).to.deep.equal([
        { kind: "swap", baseChange: change },
        { kind: "adjustHedge", hedgeIndex: 0, deltaChangeBase: change, marginChangeQuote: 0n },
      ]);
    });

    it("releases margin first where idle quote does not pay for the purchase", () => {
      const { plan } = planOf(
        snapshotWithDelta(-15n * WETH, { idleQuote: 5_000n * USDC, marginQuote: 900_000n * USDC }),
        "hedge",
      );
      expect(kindsOf(plan)).to.deep.equal(["adjustHedge", "swap", "adjustHedge"]);
      const [release, swap] = plan.actions;
      if (release?.kind !== "adjustHedge" || swap?.kind !== "swap") throw new Error("unexpected actions");
      expect(release.deltaChangeBase).to.equal(0n);
      const cost = (swap.baseChange * 2_500n) / 10n ** 12n;
      expect(5_000n * USDC - release.marginChangeQuote).to.be.within(cost, (cost * 103n) / 100n);
    });

    it("swaps only as much as the pool's depth fills within the slippage bound", () => {
      const deep = planOf(snapshotWithDelta(18n * WETH), "hedge").plan;
      const shallow = planOf(snapshotWithDelta(18n * WETH, { poolLiquidity: 10n ** 17n }), "hedge").plan;
      expect(abs(sumOf(shallow, "swap"))).to.be.lessThan(abs(sumOf(deep, "swap")));
      expect(sumOf(shallow, "swap")).to.equal(sumOf(shallow, "adjustHedge"));
    });
  });

  describe("recentre", () => {
    const fresh: Situation = { liquidity: 0n, shortBase: 0n, marginQuote: 0n, idleQuote: 1_000_000n * USDC };

    it("enters without a swap: posts margin, borrows what the range needs, adds", () => {
      const { plan } = planOf(snapshotOf(fresh), "recentre");
      expect(kindsOf(plan)).to.deep.equal(["adjustHedge", "addLiquidity"]);
      const [hedge, added] = plan.actions;
      if (hedge?.kind !== "adjustHedge" || added?.kind !== "addLiquidity") throw new Error("unexpected actions");
      expect(hedge.deltaChangeBase).to.be.lessThan(0n);
      const short = (-hedge.deltaChangeBase * 2_500n) / 10n ** 12n;
      const health = Number((hedge.marginChangeQuote * 78n) / 100n) / Number(short);
      expect(health, "built for the target").to.be.within(SETTINGS.targetHealth * 0.97, SETTINGS.targetHealth * 1.03);
      // The range is the price ×/÷ the width, on the pool's spacing.
      const half = (added.tickUpper - added.tickLower) / 2;
      expect(half).to.be.within(Math.log(WIDTH) / Math.log(1.0001) - 1, Math.log(WIDTH) / Math.log(1.0001) + 11);
      expect([added.tickLower % 10, added.tickUpper % 10].map(Math.abs)).to.deep.equal([0, 0]);
    });

    it("removes the whole old range first", () => {
      const snapshot = snapshotWithDelta(0n, { price: CENTRE * WIDTH ** -0.85, marginQuote: 1_200_000n * USDC });
      const { plan } = planOf(snapshot, "recentre");
      expect(plan.actions[0]).to.deep.equal({ kind: "removeLiquidity", ...snapshot.vault.ranges[0] });
      expect(kindsOf(plan).filter((kind) => kind === "addLiquidity")).to.have.length(1);
      const added = plan.actions.find((action) => action.kind === "addLiquidity");
      expect(added?.kind === "addLiquidity" && added.tickLower).to.not.equal(snapshot.vault.ranges[0]?.tickLower);
    });

    it("keeps the range when it only adds idle capital", () => {
      const snapshot = snapshotWithDelta(0n, { idleQuote: 300_000n * USDC, marginQuote: 800_000n * USDC });
      const { plan } = planOf(snapshot, "recentre");
      expect(kindsOf(plan)).to.not.include("removeLiquidity");
      const added = plan.actions.find((action) => action.kind === "addLiquidity");
      expect(added).to.include({
        tickLower: snapshot.vault.ranges[0]?.tickLower,
        tickUpper: snapshot.vault.ranges[0]?.tickUpper,
      });
    });

    it("ends neutral: what it adds to the range it adds to the short", () => {
      const { plan } = planOf(snapshotOf(fresh), "recentre");
      expect(plan.promise.maxResidualDeltaBase).to.be.lessThan(WETH);
    });
  });

  describe("deleverage", () => {
    it("posts idle quote alone where that does", () => {
      const snapshot = snapshotWithDelta(0n, { marginQuote: 560_000n * USDC, idleQuote: 250_000n * USDC });
      const { plan } = planOf(snapshot, "deleverage");
      expect(kindsOf(plan)).to.deep.equal(["adjustHedge"]);
      expect(sumOf(plan, "adjustHedge")).to.equal(0n);
      const short = (abs(snapshot.vault.hedges[0]?.deltaBase ?? 0n) * 2_500n) / 10n ** 12n;
      const health = Number(((560_000n * USDC + marginOf(plan)) * 78n) / 100n) / Number(short);
      expect(health).to.be.within(SETTINGS.targetHealth, SETTINGS.targetHealth * 1.000_01);
    });

    it("takes liquidity off where idle quote does not do, and ends with less debt", () => {
      const snapshot = snapshotWithDelta(0n, { marginQuote: 500_000n * USDC, idleQuote: 10_000n * USDC });
      const { plan } = planOf(snapshot, "deleverage");
      expect(kindsOf(plan)[0]).to.equal("removeLiquidity");
      expect(sumOf(plan, "adjustHedge"), "repays").to.be.greaterThan(0n);
    });
  });

  describe("exit", () => {
    const exit = (situation: Situation, delta = 0n): { readonly plan: Plan; readonly snapshot: Snapshot } => {
      const snapshot = snapshotWithDelta(delta, { ...situation, changes: { windDown: true } });
      return { plan: planOf(snapshot, "exit").plan, snapshot };
    };

    it("removes everything, sells what is over, repays all debt and releases the margin but a rest", () => {
      const { plan, snapshot } = exit({}, 5n * WETH);
      expect(kindsOf(plan)).to.deep.equal(["removeLiquidity", "swap", "adjustHedge"]);
      expect(plan.actions[0]).to.deep.equal({ kind: "removeLiquidity", ...snapshot.vault.ranges[0] });
      expect(abs(sumOf(plan, "swap") + 5n * WETH)).to.be.lessThan(10n);
      expect(sumOf(plan, "adjustHedge")).to.equal(-(snapshot.vault.hedges[0]?.deltaBase ?? 0n));
      const released = -marginOf(plan);
      expect(released).to.be.within(779_000n * USDC, 780_000n * USDC - 1n);
    });

    it("buys what it lacks before it repays", () => {
      const { plan } = exit({}, -5n * WETH);
      expect(kindsOf(plan)).to.deep.equal(["removeLiquidity", "swap", "adjustHedge"]);
      expect(abs(sumOf(plan, "swap") - 5n * WETH)).to.be.lessThan(10n);
    });

    it("swaps no more than the pool fills within the bound; the rest waits for the next plan", () => {
      const shallow = exit({ poolLiquidity: 20n * 10n ** 16n }, 60n * WETH);
      expect(abs(sumOf(shallow.plan, "swap"))).to.be.within(1n, 50n * WETH);
      const deep = exit({}, 60n * WETH);
      expect(abs(sumOf(deep.plan, "swap") + 60n * WETH)).to.be.lessThan(10n);
    });

    it("closes one hedge after the other without a position in between", () => {
      const whole = snapshotWithDelta(0n, { changes: { windDown: true } });
      const [hedge] = whole.vault.hedges;
      if (hedge === undefined) throw new Error("no hedge");
      const part = { ...hedge, deltaBase: (hedge.deltaBase * 3n) / 4n };
      const rest = { ...hedge, deltaBase: hedge.deltaBase - part.deltaBase };
      const snapshot = { ...whole, vault: { ...whole.vault, hedges: [rest, part] } };
      const { plan } = planOf(snapshot, "exit");
      expect(abs(sumOf(plan, "swap")), "the base of the other short stays").to.be.lessThan(10n);
      const [adjusted] = plan.actions.filter((action) => action.kind === "adjustHedge");
      expect(adjusted).to.include({ hedgeIndex: 1, deltaChangeBase: -part.deltaBase });
    });

    it("repays in part and keeps the margin for the rest where quote does not suffice", () => {
      const snapshot = snapshotOf({
        liquidity: 10n ** 13n,
        shortBase: 100n * WETH,
        idleQuote: 1_000n * USDC,
        changes: { windDown: true },
      });
      const { plan } = planOf(snapshot, "exit");
      const repaid = sumOf(plan, "adjustHedge");
      expect(repaid).to.be.within(1n, WETH);
      const left = ((100n * WETH - repaid) * 2_500n) / 10n ** 12n;
      const health = Number(((780_000n * USDC + marginOf(plan)) * 78n) / 100n) / Number(left);
      expect(health).to.be.greaterThan(SETTINGS.targetHealth * 0.999);
    });
  });
});

describe("encoding", () => {
  it("puts a plan into rebalance's own terms", () => {
    const snapshot = snapshotWithDelta(15n * WETH);
    const { plan } = planOf(snapshot, "hedge");
    const { to, data } = encodePlan(plan);
    expect(to).to.equal(snapshot.vault.vault);
    const [actions, promise] = vaultInterface.decodeFunctionData("rebalance", data) as unknown as [
      readonly (readonly bigint[])[],
      readonly bigint[],
    ];
    expect(actions.map((action) => [...action])).to.deep.equal([
      [2n, 0n, 0n, 0n, sumOf(plan, "adjustHedge"), marginOf(plan)],
      [3n, 0n, 0n, 0n, sumOf(plan, "swap"), 0n],
    ]);
    expect([...promise]).to.deep.equal([
      7n,
      BigInt(plan.promise.deadline),
      plan.promise.maxResidualDeltaBase,
      plan.promise.maxLossQuote,
    ]);
  });

  it("gives liquidity its ticks", () => {
    const snapshot = snapshotWithDelta(0n, { changes: { windDown: true } });
    const { plan } = planOf(snapshot, "exit");
    const [[first]] = vaultInterface.decodeFunctionData("rebalance", encodePlan(plan).data) as unknown as [
      readonly (readonly bigint[])[],
    ];
    const range = snapshot.vault.ranges[0];
    expect([...(first ?? [])]).to.deep.equal([
      0n,
      0n,
      BigInt(range?.tickLower ?? 0),
      BigInt(range?.tickUpper ?? 0),
      range?.liquidity,
      0n,
    ]);
  });

  it("encodes the calls that need no plan", () => {
    expect(encodeReconcile("0x01").data).to.equal(vaultInterface.getFunction("reconcile")?.selector);
    expect([...vaultInterface.decodeFunctionData("settle", encodeSettle("0x01", 12n).data)]).to.deep.equal([12n]);
  });
});
