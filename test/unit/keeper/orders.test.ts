import { expect } from "chai";
import { describe, it } from "mocha";

import { createOrderWatch } from "../../../keeper/orders.ts";
import type { HedgeState, Snapshot } from "../../../sdk/policy/types.ts";
import { headAt, snapshotAt } from "./snapshots.ts";

const WAD = 10n ** 18n;
const HEDGE: HedgeState = {
  hedge: "0x00000000000000000000000000000000000000F1",
  venue: "gmx-v2-short",
  marginFactorWad: WAD,
  deltaBase: -10n * WAD,
  equityMinQuote: 1n,
  equityMaxQuote: 1n,
  healthWad: 2n * WAD,
  pending: false,
  lost: false,
  pendingDeltaBase: 0n,
  waitingQuote: 0n,
  nativeWei: 0n,
};
const at = (seconds: number, hedge: Partial<HedgeState> = {}): Snapshot =>
  snapshotAt(headAt(seconds, 1_000 + seconds), { hedges: [{ ...HEDGE, ...hedge }] });
const WAITING = { pending: true, pendingDeltaBase: -5n * WAD };

describe("createOrderWatch", () => {
  it("has nothing to say of orders that are executed, at whatever price", () => {
    const watch = createOrderWatch();
    expect(watch.look(at(0))).to.deep.equal([]);
    expect(watch.look(at(1, WAITING))).to.deep.equal([]);
    expect(watch.look(at(2, WAITING))).to.deep.equal([]);
    expect(watch.look(at(3, { deltaBase: -(149n * WAD) / 10n }))).to.deep.equal([]);
    expect(watch.look(at(4, { deltaBase: -(149n * WAD) / 10n }))).to.deep.equal([]);
  });

  it("says once that an order was cancelled, and of how much", () => {
    const watch = createOrderWatch();
    watch.look(at(1, WAITING));
    const [alert, ...rest] = watch.look(at(2));
    expect(rest).to.deep.equal([]);
    expect(alert?.code).to.equal("order-cancelled");
    expect(alert?.text).to.include("cancelled an order of -5.0000 WETH");
    expect(watch.look(at(3))).to.deep.equal([]);
  });

  it("leaves what was lost to those who reconcile it", () => {
    const watch = createOrderWatch();
    watch.look(at(1, WAITING));
    expect(watch.look(at(2, { lost: true }))).to.deep.equal([]);
  });

  it("says once that nobody answers, and again of the next order", () => {
    const watch = createOrderWatch(60);
    watch.look(at(1, WAITING));
    expect(watch.look(at(60, WAITING))).to.deep.equal([]);
    expect(watch.look(at(61, WAITING)).map(({ code }) => code)).to.deep.equal(["order-overdue"]);
    expect(watch.look(at(62, WAITING))).to.deep.equal([]);
    watch.look(at(63, { deltaBase: -15n * WAD }));
    watch.look(at(100, { ...WAITING, deltaBase: -15n * WAD }));
    expect(watch.look(at(170, { ...WAITING, deltaBase: -15n * WAD })).map(({ code }) => code)).to.deep.equal([
      "order-overdue",
    ]);
  });
});
