import { expect } from "chai";
import { describe, it } from "mocha";

import { estimateCarry, holdingsOf } from "../../../keeper/carry.ts";
import { estimateFeeFlow, readFeeGrowth } from "../../../keeper/feeFlow.ts";
import type { StoredFlow } from "../../../keeper/intents.ts";
import { Journal } from "../../../keeper/journal.ts";
import { isFlowDue, type MarketSettings, observeMarket } from "../../../keeper/market.ts";
import { describeMetrics } from "../../../keeper/metrics.ts";
import { createHealth } from "../../../keeper/health.ts";
import { createManualClock } from "../../../keeper/clock.ts";
import { isRiskReducing } from "../../../keeper/risk.ts";
import { MalformedAnswerError } from "../../../keeper/rpc.ts";
import { InvalidParameterError } from "../../../sdk/errors.ts";
import type { Decision, GateVerdict } from "../../../sdk/policy/types.ts";
import { headAt, holdAt, snapshotAt, vaultState } from "./snapshots.ts";
import { CHAIN_ID, rejection, temporaryFile, VAULT } from "./support.ts";
import { expectClose } from "../../support/close.ts";

const WAD = 10n ** 18n;
const Q128 = 1n << 128n;
const HOUR = 3_600;
const YEAR = 365 * 86_400;
const POOL = vaultState().pool.address.toLowerCase();
const SETTINGS = { halfLifeHours: 24, minimumSpanHours: 12 };
/** 10^((6 - 18)/2): a unit of human liquidity is 10^12 raw ones, and a dollar 10^6. */
const RAW_PER_DOLLAR = Q128 / 10n ** 6n;

const sampleAt = (hours: number, changes: Partial<StoredFlow> = {}): StoredFlow => ({
  timestampSeconds: hours * HOUR,
  pool: POOL,
  feeGrowth0X128: 0n,
  feeGrowth1X128: 0n,
  priceWad: 2_500n * WAD,
  mark: "7/1/0/0",
  debtBase: 0n,
  marginQuote: 0n,
  ...changes,
});

describe("estimateFeeFlow", () => {
  /** Quote is token0 in the tests' pool: one dollar a unit of liquidity every `everyHours`. */
  const steady = (hours: number, growthPerHour = RAW_PER_DOLLAR, start = 0n): readonly StoredFlow[] =>
    Array.from({ length: hours + 1 }, (_, i) =>
      sampleAt(i, { feeGrowth0X128: BigInt.asUintN(256, start + BigInt(i) * growthPerHour) }),
    );
  const estimate = (samples: readonly StoredFlow[], settings = SETTINGS, vault = vaultState()): number | undefined =>
    estimateFeeFlow(samples, vault, samples.at(-1)?.timestampSeconds ?? 0, settings);

  it("turns growth of the quote into quote a year", () => {
    expectClose(estimate(steady(24)), 8_760, 1e-6);
  });

  it("turns growth of the base into quote at the price when it was earned", () => {
    // 10^(6-18)/2 raw: a unit of human liquidity earns growth × 10^-6 base.
    const samples = Array.from({ length: 25 }, (_, i) =>
      sampleAt(i, { feeGrowth1X128: BigInt(i) * Q128 * 10n ** 6n, priceWad: (i <= 12 ? 1_000n : 2_000n) * WAD }),
    );
    const whole = estimate(samples, { halfLifeHours: 1e6, minimumSpanHours: 12 });
    // 12 of 24 hours at either price.
    expectClose(whole, 8_760 * 1_500, 50);
    const turned = { ...vaultState(), pool: { ...vaultState().pool, baseIsToken0: true } };
    const asToken0 = samples.map((s) => ({ ...s, feeGrowth0X128: s.feeGrowth1X128, feeGrowth1X128: 0n }));
    expectClose(estimate(asToken0, { halfLifeHours: 1e6, minimumSpanHours: 12 }, turned), whole ?? 0, 1e-6);
  });

  it("follows the market: what is older than the half-life counts half", () => {
    const quiet = steady(48, 0n);
    const busy = steady(24).map((s) => ({ ...s, timestampSeconds: s.timestampSeconds + 48 * HOUR }));
    const rate = estimate([...quiet.slice(0, -1), ...busy]) ?? 0;
    // Weight of the last day: (1 - 1/2) of all but what is older than three days.
    expectClose(rate / 8_760, 0.5 / (1 - 1 / 8), 0.01);
  });

  it("goes through the wrap at 2^256", () => {
    const start = (1n << 256n) - 5n * RAW_PER_DOLLAR;
    expectClose(estimate(steady(24, RAW_PER_DOLLAR, start)), 8_760, 1e-6);
  });

  it("undoes a sample of a block that was reorganised away", () => {
    const samples = steady(24).map((s, i) => (i === 12 ? { ...s, feeGrowth0X128: 1_000n * RAW_PER_DOLLAR } : s));
    const rate = estimate(samples, { halfLifeHours: 1e6, minimumSpanHours: 12 }) ?? 0;
    expectClose(rate, 8_760, 5);
  });

  it("does not know before it has watched long enough, nor when it stopped watching", () => {
    expect(estimate([])).to.equal(undefined);
    expect(estimate(steady(11))).to.equal(undefined);
    expectClose(estimate(steady(12)), 8_760, 1e-6);
    const old = steady(24);
    expectClose(estimateFeeFlow(old, vaultState(), 36 * HOUR, SETTINGS), 8_760, 1e-6);
    expect(estimateFeeFlow(old, vaultState(), 36 * HOUR + 1, SETTINGS)).to.equal(undefined);
  });

  it("knows a dead pool from an unknown one", () => {
    expect(estimate(steady(24, 0n))).to.equal(0);
  });

  it("does not compare two pools", () => {
    const other = steady(24).map((s) => ({ ...s, pool: VAULT.toLowerCase() }));
    expect(estimate(other)).to.equal(undefined);
    const moved = [...other, ...steady(3).map((s) => ({ ...s, timestampSeconds: s.timestampSeconds + 30 * HOUR }))];
    expect(estimate(moved)).to.equal(undefined);
  });

  it("names a bad setting", () => {
    expect(() => estimate(steady(24), { ...SETTINGS, halfLifeHours: 0 }))
      .to.throw(InvalidParameterError)
      .with.property("parameter", "halfLifeHours");
    expect(() => estimate(steady(24), { ...SETTINGS, minimumSpanHours: NaN }))
      .to.throw(InvalidParameterError)
      .with.property("parameter", "minimumSpanHours");
  });
});

describe("estimateCarry", () => {
  /** A short of 100 base at 2,500 whose debt and margin grow at these rates a year. */
  const growing = (hours: number, debtRate: number, marginRate: number, mark = "m"): readonly StoredFlow[] =>
    Array.from({ length: hours + 1 }, (_, i) => {
      const years = (i * HOUR) / YEAR;
      return sampleAt(i, {
        mark,
        debtBase: BigInt(Math.round(100 * (1 + debtRate * years) * 1e9)) * 10n ** 9n,
        marginQuote: BigInt(Math.round(600_000e6 * (1 + marginRate * years))),
      });
    });
  const CARRY = { halfLifeHours: 24, minimumSpanHours: 2 };
  const estimate = (samples: readonly StoredFlow[]): number | undefined => estimateCarry(samples, vaultState(), CARRY);

  it("is what the debt costs less what the margin earns, per quote of the short", () => {
    expectClose(estimate(growing(24, 0.03, 0)), 0.03, 1e-4);
    // 600,000 of margin at 1 % on a short of 250,000 are 2.4 %.
    expectClose(estimate(growing(24, 0.03, 0.01)), 0.006, 1e-4);
    expectClose(estimate(growing(24, 0, 0.01)), -0.024, 1e-4);
  });

  it("leaves out what happened while somebody touched the hedge", () => {
    const before = growing(12, 0.03, 0, "a");
    const after = growing(12, 0.03, 0, "b").map((s) => ({
      ...s,
      timestampSeconds: s.timestampSeconds + 13 * HOUR,
      // Small enough to pass for interest, were it not for the mark.
      debtBase: s.debtBase + WAD / 25n,
    }));
    expectClose(estimate([...before, ...after]), 0.03, 1e-3);
  });

  it("takes a payment from outside for no interest", () => {
    const samples = growing(24, 0.03, 0).map((s, i) => (i >= 12 ? { ...s, debtBase: s.debtBase - WAD } : s));
    expectClose(estimate(samples), 0.03, 1e-3);
  });

  it("does not know without a short, with an unsettled one, or after too little quiet", () => {
    expect(estimate([])).to.equal(undefined);
    expect(estimate(growing(1, 0.03, 0))).to.equal(undefined);
    expect(estimate(growing(24, 0.03, 0, "m/unsettled"))).to.equal(undefined);
    expect(estimate(growing(24, 0.03, 0).map((s) => ({ ...s, debtBase: 0n })))).to.equal(undefined);
    expectClose(estimate(growing(2, 0.03, 0)), 0.03, 1e-3);
  });
});

describe("holdingsOf", () => {
  const hedge = {
    hedge: VAULT,
    venue: "aave-v3-short",
    marginFactorWad: WAD,
    deltaBase: -100n * WAD,
    equityMinQuote: 350_000_000_000n,
    equityMaxQuote: 350_000_000_000n,
    healthWad: 2n * WAD,
    pending: false,
    lost: false,
    pendingDeltaBase: 0n,
    waitingQuote: 0n,
    nativeWei: 0n,
  };
  const head = headAt(1, 1_000);

  it("adds up debt and margin, whatever the price", () => {
    const at = (priceWad: bigint, equityMinQuote: bigint) =>
      holdingsOf(
        snapshotAt(head, { hedges: [{ ...hedge, equityMinQuote }], oracle: { ...vaultState().oracle, priceWad } }),
      );
    expect(at(2_500n * WAD, 350_000_000_000n)).to.deep.include({ debtBase: 100n * WAD, marginQuote: 600_000_000_000n });
    expect(at(3_000n * WAD, 300_000_000_000n)).to.deep.include({ debtBase: 100n * WAD, marginQuote: 600_000_000_000n });
  });

  it("changes its mark with everything that changes a hedge", () => {
    const usual = holdingsOf(snapshotAt(head, { hedges: [hedge] })).mark;
    for (const changes of [
      { epoch: 8n },
      { totalSupply: 1n },
      { lastActionAt: 5n },
      { hedges: [{ ...hedge, pending: true }] },
      { hedges: [{ ...hedge, lost: true }] },
    ]) {
      expect(holdingsOf(snapshotAt(head, { hedges: [hedge], ...changes })).mark).to.not.equal(usual);
    }
    expect(holdingsOf(snapshotAt(headAt(2, 2_000), { hedges: [hedge] })).mark, "control").to.equal(usual);
  });
});

describe("observeMarket: fees and carry", () => {
  const market: MarketSettings = {
    volatility: { priorAnnual: 0.7, halfLifeHours: 24, priorWeightHours: 24 },
    hedgeGasUnits: 700_000n,
    maxPriorityFeePerGas: 0n,
    wrappedNative: vaultState().base.token,
    nativePriceQuote: undefined,
    sampleSeconds: 60,
    feeFlow: { ...SETTINGS, sampleSeconds: 300 },
    carry: { halfLifeHours: 24, minimumSpanHours: 2 },
  };
  const watch = (journal: Journal, fromHour: number, toHour: number): number | undefined => {
    let fees: number | undefined;
    for (let hour = fromHour; hour <= toHour; hour++) {
      const head = headAt(hour, hour * HOUR);
      const growth = { feeGrowth0X128: BigInt(hour) * RAW_PER_DOLLAR, feeGrowth1X128: 0n };
      fees = observeMarket(journal, snapshotAt(head), head, market, growth).feeQuotePerLiquidityYear;
    }
    return fees;
  };

  it("remembers over a restart", async () => {
    const file = temporaryFile("flows.sqlite");
    const first = Journal.open(file.path);
    expect(watch(first, 0, 11)).to.equal(undefined);
    first.close();
    const second = Journal.open(file.path);
    expectClose(watch(second, 12, 12), 8_760, 1e-6);
    second.close();
    await file.remove();
  });

  it("asks the pool no oftener than told, and not while there is no price", () => {
    const journal = Journal.open(":memory:");
    watch(journal, 0, 0);
    const due = (seconds: number, flags = 0n): boolean => {
      const snapshot = snapshotAt(headAt(9, seconds), { oracle: { ...vaultState().oracle, flags } });
      return isFlowDue(journal, snapshot, market);
    };
    expect([due(299), due(300), due(300, 2n)]).to.deep.equal([false, true, false]);
  });

  it("keeps the vaults apart, and forgets when told to", () => {
    const journal = Journal.open(":memory:");
    watch(journal, 0, 12);
    expect(journal.listFlows(VAULT, CHAIN_ID, 0, 1e9)).to.have.length(13);
    expect(journal.listFlows(VAULT, 1n, 0, 1e9)).to.have.length(0);
    journal.prune(0, 6 * HOUR);
    expect(journal.listFlows(VAULT, CHAIN_ID, 0, 1e9)).to.have.length(7);
  });
});

describe("readFeeGrowth", () => {
  it("asks the pool at the block's hash, and takes no answer for none", async () => {
    const head = headAt(5, 1_000);
    const asked: unknown[] = [];
    const send = (_method: string, params: unknown[]): Promise<unknown> => {
      asked.push(params[1]);
      return Promise.resolve(`0x${(asked.length * 7).toString(16).padStart(64, "0")}`);
    };
    expect(await readFeeGrowth({ send }, POOL, head)).to.deep.equal({ feeGrowth0X128: 7n, feeGrowth1X128: 14n });
    expect(asked).to.deep.equal(Array(2).fill({ blockHash: head.hash, requireCanonical: true }));
    const empty = { send: () => Promise.resolve("0x") };
    expect(await rejection(readFeeGrowth(empty, POOL, head))).to.be.instanceOf(MalformedAnswerError);
  });
});

describe("what the keeper shows of the gate", () => {
  const snapshot = snapshotAt(headAt(1, 1_000));
  const metricsOf = (gate: GateVerdict | undefined): string => {
    const decision: Decision = { ...holdAt(snapshot), ...(gate === undefined ? {} : { gate }) };
    const health = createHealth({
      clock: createManualClock(0),
      live: true,
      vaults: [VAULT],
      maxTickAgeSeconds: 60,
      findOpenIntentId: () => undefined,
    });
    health.note({
      startedAtMs: 0,
      finishedAtMs: 0,
      head: headAt(1, 1_000),
      outcomes: [{ kind: "held", vault: VAULT, decision }],
      settled: [],
      alerts: [],
    });
    return describeMetrics(health.status());
  };

  it("gives the figures that are known, and no zero for those that are not", () => {
    const gate: GateVerdict = {
      opinion: "leave",
      feeApr: 0.12,
      breakEvenApr: 0.4,
      enterAboveApr: 0.42,
      leaveBelowApr: 0.28,
      costs: { lvr: 0.3, rebalancing: 0.02, funding: 0.02, margin: 0.05, recentring: 0.01 },
    };
    const known = metricsOf(gate);
    expect(known).to.include(`hedgerow_vault_fee_gate{vault="${VAULT}",opinion="leave"} 1`);
    expect(known).to.include(`hedgerow_vault_fee_gate{vault="${VAULT}",opinion="enter"} 0`);
    expect(known).to.include(`hedgerow_vault_fee_apr{vault="${VAULT}"} 0.12`);
    expect(known).to.include(`hedgerow_vault_break_even_apr{vault="${VAULT}"} 0.4`);
    const unknown = metricsOf({ opinion: "unknown" });
    expect(unknown).to.include(`opinion="unknown"} 1`);
    expect(unknown).to.not.include("hedgerow_vault_fee_apr");
    expect(metricsOf(undefined)).to.not.include("fee_gate");
  });

  it("does not pay emergency prices to leave a pool that only earns too little", () => {
    const exit = (code: "fees-too-low" | "wind-down"): Decision => ({
      ...holdAt(snapshot),
      kind: "exit",
      reasons: [{ code, text: "for a test" }],
    });
    expect(isRiskReducing(exit("fees-too-low"), snapshot)).to.equal(false);
    expect(isRiskReducing(exit("wind-down"), snapshot)).to.equal(true);
  });
});
