import { expect } from "chai";
import { describe, it } from "mocha";

import { decide } from "../../../../sdk/policy/decide.ts";
import { planFor } from "../../../../sdk/policy/plan.ts";
import { redemptionOf, settleableShares, stepLimitBase } from "../../../../sdk/policy/redemption.ts";
import { defaultSettings } from "../../../../sdk/policy/settings.ts";
import type { HedgeState } from "../../../../sdk/policy/types.ts";
import { expectClose } from "../../../support/close.ts";
import { MARKET, snapshotOf, USDC, WETH } from "./snapshots.ts";

/** A short of 128 WETH with equity of 460,000, of one million; the shares are 1e18. */
const perp: Partial<HedgeState> = { venue: "gmx-v2-short", equityMinQuote: 460_000n * USDC };
const SHARES = 10n ** 18n;
const of = (pendingShares: bigint, hedge: Partial<HedgeState> = {}, more: Parameters<typeof snapshotOf>[0] = {}) =>
  snapshotOf({ hedge: { ...perp, ...hedge }, pendingShares, ...more });

describe("redemptions out of a venue that pays later", () => {
  it("stand in nobody's way at a loan, without a short, or when nobody waits", () => {
    expect(redemptionOf(snapshotOf({ pendingShares: SHARES / 10n }).vault)).to.equal(undefined);
    expect(redemptionOf(of(0n).vault)).to.equal(undefined);
    expect(redemptionOf(of(SHARES / 10n, { deltaBase: 0n }).vault)).to.equal(undefined);
    expect(settleableShares(snapshotOf({ pendingShares: SHARES / 10n }).vault)).to.equal(SHARES / 10n);
  });

  it("are raised first, by no more than the band bears, and settled once they are paid", () => {
    const small = of(SHARES / 20n);
    const decision = decide(small, MARKET, defaultSettings);
    expect(decision.kind === "raise" && decision.fraction).to.equal(0.05);
    expect(decision.reasons[0]?.text).to.equal("Redemptions of 5.0 % wait; the venue is asked for 5.0 %.");
    const plan = planFor(small, decision, defaultSettings);
    const [action] = plan?.actions ?? [];
    expect(action).to.include({ kind: "adjustHedge", hedgeIndex: 0 });
    if (action?.kind !== "adjustHedge") throw new Error("no order");
    expectClose(Number(action.deltaChangeBase) / 1e18, 6.4, 1e-6);
    // Its part of the equity and three per cent more.
    expectClose(Number(-action.marginChangeQuote) / 1e6, 460_000 * 0.05 * 1.03, 1);

    const large = of(SHARES / 2n);
    const step = redemptionOf(large.vault)?.stepFraction ?? 0;
    // 95 % of the band of 5 % of NAV, less what the delta uses of it already, over the short.
    const { navQuote, deltaBase } = large.vault.book;
    const bandBase = (0.05 * Number(navQuote)) / 1e6 / 2_500;
    expectClose(step, (0.95 * bandBase - Math.max(0, Number(deltaBase)) / 1e18) / 128, 1e-6);
    expect(settleableShares(large.vault)).to.equal(0n);

    const paid = of(SHARES / 20n, { waitingQuote: 24_000n * USDC });
    expect(decide(paid, MARKET, defaultSettings).reasons[0]?.code).to.equal("redemption-ready");
    expect(settleableShares(paid.vault)).to.equal(SHARES / 20n);
    const partly = of(SHARES / 2n, { waitingQuote: 46_000n * USDC });
    expect(Number(settleableShares(partly.vault)) / 1e18).to.be.within(0.0995, 0.1);
  });

  it("wait while drift is beyond the vault's own limit", () => {
    const drifting = of(SHARES / 20n, { deltaBase: -100n * WETH }, { shortBase: 100n * WETH });
    expect(decide(drifting, MARKET, defaultSettings).kind).to.equal("hedge");
  });

  it("leave room for a delta that is long already", () => {
    const { vault } = of(SHARES / 2n);
    const tight = { ...vault, book: { ...vault.book, deltaBase: 18n * WETH } };
    expect(redemptionOf(tight)?.stepFraction).to.be.lessThan(0.03);
    expect(stepLimitBase(vault, 1)).to.be.greaterThan(stepLimitBase(vault, 0.5));
  });
});
