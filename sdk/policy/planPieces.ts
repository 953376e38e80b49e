import type { Orientation } from "../exact/orientation.ts";
import { computePriceWadDown, computeTickRange } from "../exact/priceMath.ts";
import { toFloat } from "../math/units.ts";
import { abs, amountsAt, debtOf, max, orientationOf, quoteToBase, toUnits } from "./amounts.ts";
import { PlanError } from "./hedges.ts";
import type { Decision, HedgeState, Plan, PlanAction, PolicySettings, Snapshot, Targets, VaultState } from "./types.ts";

/*
 * What the plans on loans and on perpetuals have in common.
 */

const WAD = 10n ** 18n;
const BPS = 10_000n;
/** What a plan may lose beyond its swaps: valuation at the oracle against trading at the pool. 0.05 % of NAV. */
const LOSS_ALLOWANCE_BPS = 5n;
/** Kept beyond what the range needs of either token, so that a small move before inclusion does not starve the mint: 0.2 %. */
export const BASE_PAD_BPS = 20n;
/** Margin that is off its target by less than this part of NAV stays as it is: moving it costs a venue call. 3 %. */
const MARGIN_DUST_BPS = 300n;
/** Health that a borrowing which the same plan pays back may touch; the venue itself asks for 1. */
export const PEAK_HEALTH = 1.1;
/** Of an order at a venue that answers later: its fee and half of the most that price impact can take. 0.5 %. */
const ORDER_LOSS_BPS = 50n;
/** Interest that may accrue between snapshot and inclusion, as one part in this many of the debt. */
const DEBT_GROWTH_PART = 100_000n;
/** Left with a loan that is paid back in full, because debt grows until the transaction is mined: 0.1 %. */
export const LOAN_REST_PART = 1_000n;

/** A decision that a plan carries out. */
export type PlannedDecision = Exclude<Decision, { kind: "hold" | "reconcile" }>;

/** The settings, with what a position is built for in the market of the decision. */
export type BuildSettings = Omit<PolicySettings, keyof Targets> & Targets;

/** Whether margin [units of quote, signed] is too little to be moved for its own sake. */
export function isMarginDust(v: VaultState, marginQuote: bigint): boolean {
  return abs(marginQuote) * BPS < v.book.navQuote * MARGIN_DUST_BPS;
}

// --- sizing

/**
 * Liquidity that the whole NAV can carry in a range: with phi the base part of a unit of it, h the target health, t the
 * hedge's margin factor and i the idle fraction, V = (1 - i) NAV / ((1 - phi) + h phi / t): quote in the range, plus
 * the margin of a short of the base in it, plus the idle part, are NAV plus the base borrowed.
 */
export function liquidityFor(
  snapshot: Snapshot,
  ticks: { readonly tickLower: number; readonly tickUpper: number },
  hedge: HedgeState,
  settings: BuildSettings,
): bigint {
  const v = snapshot.vault;
  const decimals = (v.base.decimals + v.quote.decimals) / 2;
  const unit = 10n ** BigInt(Math.ceil(decimals)) * 1_000n;
  const amounts = amountsAt(v.pool.sqrtPriceX96, ticks, unit, orientationOf(v), "up");
  const price = toFloat(computePriceWadDown(v.pool.sqrtPriceX96, orientationOf(v)), 18);
  const baseQuote = toFloat(amounts.amountBase, v.base.decimals) * price;
  const unitQuote = baseQuote + toFloat(amounts.amountQuote, v.quote.decimals);
  const phi = baseQuote / unitQuote;
  const factor = Number(hedge.marginFactorWad) / 1e18;
  if (!(factor > 0))
    throw new PlanError(`Hedge ${hedge.hedge} (${hedge.venue}) accepts no margin; nothing can be hedged with it.`);
  const navQuote = toFloat(v.book.navQuote, v.quote.decimals);
  const value = ((1 - settings.idleFraction) * navQuote) / (1 - phi + (settings.targetHealth * phi) / factor);
  return (unit * BigInt(Math.floor((value / unitQuote) * 1e9))) / 1_000_000_000n;
}

/** Ticks of a range of that width around the oracle's price. */
export function rangeAround(
  v: VaultState,
  width: number,
  orientation: Orientation,
): { readonly tickLower: number; readonly tickUpper: number } {
  const widthWad = BigInt(Math.round(width * 1e9)) * 10n ** 9n;
  const lower = (v.oracle.priceWad * WAD) / widthWad;
  const upper = (v.oracle.priceWad * widthWad) / WAD;
  return computeTickRange(lower, upper, orientation, v.pool.tickSpacing);
}

/** A swap inside a recentring pays when the drift it leaves would be outside the band's target. */
export function isWorthSwapping(v: VaultState, drift: bigint, decision: PlannedDecision): boolean {
  const limit = toUnits(decision.band.targetBase, v.base.decimals);
  const dust = quoteToBase(v, v.book.navQuote / 5_000n);
  return abs(drift) > max(limit, dust);
}

// --- pieces

/** A change of a hedge, or nothing where nothing changes. */
export function adjust(hedgeIndex: number, deltaChangeBase: bigint, marginChangeQuote: bigint): readonly PlanAction[] {
  if (deltaChangeBase === 0n && marginChangeQuote === 0n) return [];
  return [{ kind: "adjustHedge", hedgeIndex, deltaChangeBase, marginChangeQuote }];
}

/**
 * The actions with what they promise.
 *
 * @param swapQuote Value of what they swap; `orderQuote` of the order that they make at a venue that answers later.
 * @returns undefined when there is nothing to do.
 */
export function finish(
  snapshot: Snapshot,
  decision: PlannedDecision,
  settings: BuildSettings,
  maxResidualDeltaBase: bigint,
  swapQuote: bigint,
  actions: readonly PlanAction[],
  orderQuote = 0n,
): Plan | undefined {
  if (actions.length === 0) return undefined;
  const { vault: v } = snapshot;
  const debt = v.hedges.reduce((most, hedge) => max(most, debtOf(hedge)), 0n);
  return {
    vault: v.vault,
    decision: decision.kind,
    blockNumber: snapshot.blockNumber,
    blockHash: snapshot.blockHash,
    actions,
    promise: {
      expectedEpoch: v.epoch,
      deadline: snapshot.timestamp + settings.deadlineSeconds,
      maxResidualDeltaBase: maxResidualDeltaBase + debt / DEBT_GROWTH_PART + 1n,
      maxLossQuote:
        (swapQuote * v.policy.params.maxSlippageBps) / BPS +
        (orderQuote * ORDER_LOSS_BPS) / BPS +
        (v.book.navQuote * LOSS_ALLOWANCE_BPS) / BPS +
        1n,
    },
  };
}
