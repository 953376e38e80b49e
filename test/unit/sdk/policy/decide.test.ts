import { expect } from "chai";
import { describe, it } from "mocha";

import { bandFor } from "../../../../sdk/policy/band.ts";
import { decide } from "../../../../sdk/policy/decide.ts";
import { exposureOf } from "../../../../sdk/policy/exposure.ts";
import { situationOf } from "../../../../sdk/policy/situation.ts";
import { defaultSettings } from "../../../../sdk/policy/settings.ts";
import { type Decision, OracleFlag, type PolicySettings, type Snapshot } from "../../../../sdk/policy/types.ts";
import { CENTRE, MARKET, snapshotOf, snapshotWithDelta, USDC, WETH, WIDTH } from "./snapshots.ts";

const SETTINGS: PolicySettings = { ...defaultSettings, rangeWidth: WIDTH, recentreAt: 0.8, deployAboveFraction: 0.1 };

const judge = (snapshot: Snapshot, settings: Partial<PolicySettings> = {}): Decision =>
  decide(snapshot, MARKET, { ...SETTINGS, ...settings });
const codesOf = (decision: Decision): readonly string[] => decision.reasons.map(({ code }) => code);
const expectDecision = (decision: Decision, kind: Decision["kind"], code: string): void => {
  expect([decision.kind, ...codesOf(decision)]).to.deep.equal([kind, code]);
  expect(decision.reasons[0]?.text).to.match(/\.$/);
};

describe("decide", () => {
  it("holds a balanced vault and carries the block it judged", () => {
    const snapshot = snapshotWithDelta(0n);
    const decision = judge(snapshot);
    expectDecision(decision, "hold", "inside-band");
    expect([decision.blockNumber, decision.blockHash]).to.deep.equal([snapshot.blockNumber, snapshot.blockHash]);
  });

  it("is pure: the same snapshot gives the same decision", () => {
    expect(judge(snapshotWithDelta(14n * WETH))).to.deep.equal(judge(snapshotWithDelta(14n * WETH)));
  });

  describe("V09: drift, on both sides", () => {
    for (const sign of [1n, -1n]) {
      const side = sign > 0n ? "long" : "short";
      it(`hedges a ${side} vault to a target on the same side, inside the trigger`, () => {
        const decision = judge(snapshotWithDelta(sign * 14n * WETH));
        expectDecision(decision, "hedge", "outside-band");
        if (decision.kind !== "hedge") return;
        expect(Math.sign(decision.targetDeltaBase)).to.equal(Number(sign));
        expect(Math.abs(decision.targetDeltaBase)).to.equal(decision.band.targetBase);
        expect(decision.band.targetBase).to.be.lessThan(decision.band.triggerBase);
      });

      it(`holds a ${side} vault just inside the trigger and hedges it just outside`, () => {
        // The band itself moves a little with the short; hence a thousandth on either side.
        const { triggerBase } = judge(snapshotWithDelta(sign * 10n * WETH)).band;
        const at = (part: number): bigint => sign * BigInt(Math.round(triggerBase * part * 1e9)) * 10n ** 9n;
        expect(judge(snapshotWithDelta(at(0.99))).kind).to.equal("hold");
        expect(judge(snapshotWithDelta(at(1.01))).kind).to.equal("hedge");
      });
    }

    it("hedges a vault whose range holds only quote, and one whose range holds only base", () => {
      // Legs: above the range everything is quote and the whole short is exposure; below it is the other way round.
      const above = judge(snapshotOf({ price: 4_500, marginQuote: 2_000_000n * USDC }), { recentreAt: 2 });
      expectDecision(above, "hedge", "outside-band");
      expect(above.kind === "hedge" && above.targetDeltaBase).to.be.lessThan(0);
      const below = judge(snapshotOf({ price: 1_400 }), { recentreAt: 2 });
      expectDecision(below, "hedge", "outside-band");
      expect(below.kind === "hedge" && below.targetDeltaBase).to.be.greaterThan(0);
    });

    it("leaves drift alone that is not worth a transaction", () => {
      expectDecision(judge(snapshotWithDelta(WETH / 100n), { bandSafety: 0 }), "hold", "inside-band");
      expectDecision(judge(snapshotWithDelta(WETH / 10n), { bandSafety: 0 }), "hedge", "outside-band");
    });
  });

  describe("oracle", () => {
    for (const name of ["baseStale", "quoteStale", "sequencerDown", "spotDeviation"] as const) {
      it(`holds on ${name}, however large the drift`, () => {
        expectDecision(judge(snapshotWithDelta(50n * WETH, { flags: OracleFlag[name] })), "hold", "oracle-unhealthy");
        expectDecision(
          judge(snapshotWithDelta(50n * WETH, { flags: OracleFlag[name] | OracleFlag.depeg })),
          "hold",
          "oracle-unhealthy",
        );
      });
    }

    for (const name of ["depeg", "twapDeviation"] as const) {
      it(`acts through ${name}, as the vault allows`, () => {
        expectDecision(judge(snapshotWithDelta(50n * WETH, { flags: OracleFlag[name] })), "hedge", "outside-band");
      });
    }
  });

  describe("venue", () => {
    it("reconciles a loss before anything else, even with a bad oracle", () => {
      expectDecision(judge(snapshotWithDelta(0n, { lost: true })), "reconcile", "hedge-lost");
      expectDecision(
        judge(snapshotWithDelta(0n, { lost: true, flags: OracleFlag.baseStale })),
        "reconcile",
        "hedge-lost",
      );
    });

    it("does not reconcile twice: a degraded vault leaves", () => {
      expectDecision(judge(snapshotWithDelta(0n, { lost: true, changes: { degraded: true } })), "exit", "degraded");
    });

    it("waits for a pending order", () => {
      expectDecision(judge(snapshotWithDelta(50n * WETH, { pending: true })), "hold", "hedge-pending");
    });
  });

  describe("winding down", () => {
    it("exits while there is liquidity or debt", () => {
      expectDecision(judge(snapshotWithDelta(0n, { changes: { windDown: true } })), "exit", "wind-down");
      expectDecision(
        judge(snapshotOf({ liquidity: 0n, shortBase: WETH, changes: { windDown: true } })),
        "exit",
        "wind-down",
      );
    });

    it("is done when neither is left, dust apart", () => {
      expectDecision(
        judge(snapshotOf({ liquidity: 0n, shortBase: WETH / 1_000n, changes: { windDown: true } })),
        "hold",
        "wind-down",
      );
    });
  });

  describe("health", () => {
    it("deleverages below the minimum, to the target", () => {
      const decision = judge(snapshotWithDelta(0n, { marginQuote: 560_000n * USDC }));
      expectDecision(decision, "deleverage", "health-low");
      expect(decision.kind === "deleverage" && decision.targetHealth).to.equal(SETTINGS.targetHealth);
    });

    it("comes before drift, and is no concern without debt", () => {
      expect(judge(snapshotWithDelta(50n * WETH, { marginQuote: 300_000n * USDC })).kind).to.equal("deleverage");
      expect(judge(snapshotOf({ liquidity: 0n, shortBase: 0n, marginQuote: 0n, idleQuote: 10n ** 12n })).kind).to.equal(
        "recentre",
      );
    });
  });

  describe("position", () => {
    it("puts capital without a position to work", () => {
      const decision = judge(snapshotOf({ liquidity: 0n, shortBase: 0n, marginQuote: 0n, idleQuote: 10n ** 12n }));
      expectDecision(decision, "recentre", "no-position");
      expect(decision.kind === "recentre" && decision.keepRange).to.equal(false);
      expect(decision.band).to.deep.equal({ triggerBase: 0, targetBase: 0 });
    });

    it("leaves a vault alone that is too small", () => {
      expectDecision(
        judge(snapshotOf({ liquidity: 0n, shortBase: 0n, marginQuote: 0n, idleQuote: 10n * USDC })),
        "hold",
        "too-small",
      );
    });

    for (const [side, direction] of [
      ["upper", 1],
      ["lower", -1],
    ] as const) {
      it(`moves the range near its ${side} edge, and not before`, () => {
        const at = (part: number): Snapshot =>
          snapshotWithDelta(0n, { price: CENTRE * WIDTH ** (direction * part), marginQuote: 2_000_000n * USDC });
        expectDecision(judge(at(0.78)), "hold", "inside-band");
        const decision = judge(at(0.82));
        expectDecision(decision, "recentre", "range-edge");
        expect(decision.kind === "recentre" && decision.keepRange).to.equal(false);
        expectDecision(judge(at(1.3)), "recentre", "range-edge");
      });
    }

    it("adds idle capital to the range in its inner half, else builds a new one", () => {
      const at = (part: number, idle: bigint): Decision =>
        judge(snapshotWithDelta(0n, { price: CENTRE * WIDTH ** part, idleQuote: idle, marginQuote: 900_000n * USDC }));
      expectDecision(at(0, 100_000n * USDC), "hold", "inside-band");
      const near = at(0.3, 200_000n * USDC);
      expectDecision(near, "recentre", "idle-capital");
      expect(near.kind === "recentre" && near.keepRange).to.equal(true);
      const far = at(0.6, 200_000n * USDC);
      expectDecision(far, "recentre", "idle-capital");
      expect(far.kind === "recentre" && far.keepRange).to.equal(false);
    });

    it("closes drift before it deploys idle capital", () => {
      expectDecision(judge(snapshotWithDelta(15n * WETH, { idleQuote: 300_000n * USDC })), "hedge", "outside-band");
    });
  });

  describe("cooldown", () => {
    const cooling = { changes: { lastActionAt: 999_990n }, timestamp: 1_000_000 } as const;

    it("keeps from moving the range, to the second", () => {
      const edge = { price: CENTRE * WIDTH ** 0.9, marginQuote: 2_000_000n * USDC };
      expectDecision(judge(snapshotWithDelta(0n, { ...edge, ...cooling })), "hold", "cooling-down");
      expect(judge(snapshotWithDelta(0n, { ...edge, ...cooling, timestamp: 1_000_049 })).kind).to.equal("hold");
      expect(judge(snapshotWithDelta(0n, { ...edge, ...cooling, timestamp: 1_000_050 })).kind).to.equal("recentre");
    });

    it("does not keep from closing drift", () => {
      expectDecision(judge(snapshotWithDelta(15n * WETH, cooling)), "hedge", "outside-band");
    });
  });
});

describe("exposureOf", () => {
  it("says in human units what the snapshot says in tokens", () => {
    const exposure = exposureOf(snapshotWithDelta(-3n * WETH));
    expect(exposure.price).to.equal(2_500);
    expect(Math.abs(exposure.spotPrice - 2_500)).to.be.lessThan(1e-6);
    expect(exposure.deltaBase).to.equal(-3);
    expect(Math.abs(exposure.liquidityBase + 3 - exposure.shortBase)).to.be.lessThan(1e-9);
    expect(exposure.gammaBase).to.be.lessThan(0);
    expect(exposure.idleQuote).to.equal(20_000);
  });

  it("does not count quote as a short, and knows no health without debt", () => {
    const exposure = exposureOf(snapshotOf({ liquidity: 0n, shortBase: 0n, marginQuote: 0n, idleQuote: 10n ** 12n }));
    expect(exposure.deltaBase).to.equal(0);
    expect(exposure.health).to.equal(Infinity);
    expect(exposure.navQuote).to.equal(1_000_000);
  });
});

describe("bandFor", () => {
  const bandAt = (situation: Parameters<typeof snapshotOf>[0], settings = SETTINGS): ReturnType<typeof bandFor> => {
    const snapshot = snapshotOf(situation);
    return bandFor(situationOf(snapshot), MARKET, settings);
  };

  it("never triggers later than the vault's own limit allows", () => {
    for (const bandSafety of [0.1, 0.5, 0.8]) {
      const limit = (exposureOf(snapshotOf()).navQuote * 0.05) / 2_500;
      const band = bandAt({}, { ...SETTINGS, bandSafety });
      expect(band.triggerBase).to.be.within(0, limit * bandSafety * 1.000001);
      expect(band.targetBase).to.be.within(0, band.triggerBase);
    }
  });

  it("is wide in a shallow pool and narrow for a nervous owner", () => {
    const usual = bandAt({});
    expect(bandAt({ poolLiquidity: 10n ** 17n }).triggerBase).to.be.greaterThan(usual.triggerBase);
    expect(bandAt({}, { ...SETTINGS, relativeRiskAversion: 1_000 }).triggerBase).to.be.lessThan(usual.triggerBase);
  });
});
