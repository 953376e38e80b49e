import type { Orientation } from "../exact/orientation.ts";
import { computePriceWadDown, computeSqrtPriceX96Down, computeTickRange } from "../exact/priceMath.ts";
import { toFloat } from "../math/units.ts";
import { targetsOf } from "./advice.ts";
import {
  abs,
  affordableBase,
  amountsAt,
  debtOf,
  discounted,
  marginFor,
  marginOf,
  max,
  min,
  ceilDiv,
  orientationOf,
  quoteOf,
  quoteToBase,
  sumAmounts,
  toUnits,
  withPad,
} from "./amounts.ts";
import { otherDelta, PlanError, shortOf, weakestOf } from "./hedges.ts";
import { fittingSwap } from "./swap.ts";
import type { Decision, HedgeState, Plan, PlanAction, PolicySettings, Snapshot, Targets, VaultState } from "./types.ts";

const WAD = 10n ** 18n;
const BPS = 10_000n;
/** Kept beyond what the range needs of either token, so that a small move before inclusion does not starve the mint: 0.2 %. */
const BASE_PAD_BPS = 20n;
/** Spare quote below this part of NAV stays idle instead of becoming margin: moving it costs a venue call. 3 %. */
const MARGIN_DUST_BPS = 300n;
/** What a plan may lose beyond its swaps: valuation at the oracle against trading at the pool. 0.05 % of NAV. */
const LOSS_ALLOWANCE_BPS = 5n;
/** Health that a borrowing which the same plan pays back may touch; the venue itself asks for 1. */
const PEAK_HEALTH = 1.1;
/** Interest that may accrue between snapshot and inclusion, as one part in this many of the debt. */
const DEBT_GROWTH_PART = 100_000n;
/** Margin left behind by an exit, because debt grows until the transaction is mined: 0.1 %. */
const EXIT_MARGIN_BPS = 10n;

type PlannedDecision = Exclude<Decision, { kind: "hold" | "reconcile" }>;

/** The settings, with what a position is built for in the market of the decision. */
type BuildSettings = Omit<PolicySettings, keyof Targets> & Targets;

/**
 * The steps that carry out a decision, in exact integers, with the promise that the vault will check.
 *
 * @returns undefined when the decision needs no plan (hold, reconcile) or nothing would change.
 * Throws PlanError when the vault has no hedge to carry the position.
 */
export function planFor(snapshot: Snapshot, decision: Decision, settings: PolicySettings): Plan | undefined {
  const built = { ...settings, ...(decision.targets ?? targetsOf(settings)) };
  switch (decision.kind) {
    case "hold":
    case "reconcile":
      return undefined;
    case "hedge":
      return planHedge(snapshot, decision, built);
    case "recentre":
      return planRecentre(snapshot, decision, built, decision.keepRange);
    case "deleverage":
      return planDeleverage(snapshot, decision, built, decision.targetHealth);
    case "exit":
      return planExit(snapshot, decision, built);
  }
}

// --- the four plans

function planHedge(
  snapshot: Snapshot,
  decision: Extract<Decision, { kind: "hedge" }>,
  settings: BuildSettings,
): Plan | undefined {
  const v = snapshot.vault;
  const { index, hedge } = shortOf(v);
  const delta = v.book.deltaBase;
  const wantedChange = abs(delta) - toUnits(Math.abs(decision.targetDeltaBase), v.base.decimals);
  if (wantedChange <= 0n) return undefined;
  const change = abs(fittingSwap(v, [], delta > 0n ? -wantedChange : wantedChange));
  if (change === 0n) return undefined;
  const residual = abs(delta) - change + change / 50n + 1n;
  const swapQuote = quoteOf(v, change);

  if (delta > 0n) {
    const margin = marginOf(v, hedge);
    const shortAfter = quoteOf(v, debtOf(hedge) + change);
    const wanted = marginFor(hedge, shortAfter, settings.targetHealth);
    const enough = marginFor(hedge, shortAfter, settings.minHealth * 1.1);
    const least = marginFor(hedge, shortAfter, settings.minHealth);
    const post = margin >= enough ? 0n : min(wanted - margin, v.idleQuote);
    // What idle quote lacks, the sale brings; until then the loan stands on what there is.
    const postLater = max(0n, min(least - margin - post, v.idleQuote - post + discounted(v, swapQuote)));
    const hedged = finish(snapshot, decision, settings, residual, swapQuote, [
      { kind: "adjustHedge", hedgeIndex: index, deltaChangeBase: -change, marginChangeQuote: post },
      { kind: "swap", baseChange: -change },
      ...adjust(index, 0n, postLater),
    ]);
    const isCarried = margin + post + postLater >= least && margin + post >= marginFor(hedge, shortAfter, PEAK_HEALTH);
    // A short that the margin does not carry is no hedge: the liquidity has to shrink with it.
    return isCarried ? hedged : (planRecentre(snapshot, decision, settings, false) ?? hedged);
  }

  const repay = min(change, debtOf(hedge));
  const cost = withPad(v, swapQuote);
  const release = cost > v.idleQuote ? cost - v.idleQuote : 0n;
  const shortNow = quoteOf(v, debtOf(hedge));
  if (release > 0n && marginOf(v, hedge) - release < marginFor(hedge, shortNow, settings.minHealth)) {
    // Not enough free quote for the purchase: the liquidity has to give some.
    return planRecentre(snapshot, decision, settings, false);
  }
  return finish(snapshot, decision, settings, residual, swapQuote, [
    ...adjust(index, 0n, -release),
    { kind: "swap", baseChange: change },
    ...adjust(index, repay, 0n),
  ]);
}

function planRecentre(
  snapshot: Snapshot,
  decision: PlannedDecision,
  settings: BuildSettings,
  keepRange: boolean,
): Plan | undefined {
  const v = snapshot.vault;
  const { index, hedge } = shortOf(v);
  const orientation = orientationOf(v);
  const oracleSqrt = computeSqrtPriceX96Down(v.oracle.priceWad, orientation);
  const kept = keepRange ? v.ranges[0] : undefined;
  const removed = kept === undefined ? v.ranges : [];
  const ticks = kept ?? rangeAround(v, settings.rangeWidth, orientation);

  // What is free once the old ranges are gone.
  const out = sumAmounts(v, removed, orientation);
  const freeBase = v.idleBase + out.amountBase + (removed.length > 0 ? v.liquidity.feesBase : 0n);
  const freeQuote = v.idleQuote + out.amountQuote + (removed.length > 0 ? v.liquidity.feesQuote : 0n);
  const keptBase = kept === undefined ? 0n : v.liquidity.base + v.liquidity.feesBase;
  const debt = debtOf(hedge);
  const others = otherDelta(v, index);
  const margin = marginOf(v, hedge);
  const buffer = (v.book.navQuote * BigInt(Math.round(settings.idleFraction * 1e4))) / BPS;

  let liquidity = liquidityFor(snapshot, ticks, hedge, settings) - (kept?.liquidity ?? 0n);
  for (let attempt = 0; attempt < 8 && liquidity > 0n; attempt++, liquidity = (liquidity * 97n) / 100n) {
    const added = amountsAt(oracleSqrt, ticks, liquidity, orientation, "down");
    // Swaps come last, so that the mint happens at the price of the snapshot and in the deepest pool: what a sale sells
    // is there, and what a purchase will bring is borrowed first and paid back at once.
    const needed = amountsAt(v.pool.sqrtPriceX96, ticks, liquidity, orientation, "up");
    const pad = (needed.amountBase * BASE_PAD_BPS) / BPS;
    // The pad is borrowed and stays idle: it changes nothing about the net delta.
    const borrowed = needed.amountBase + pad - freeBase;
    const drift = keptBase + added.amountBase + pad - (debt + borrowed) + others;
    const swap = isWorthSwapping(v, drift, decision) ? fittingSwap(v, removed, -drift) : 0n;
    const sold = max(-swap, 0n);
    const bought = max(swap, 0n);
    const debtPeak = debt + borrowed + sold;
    const debtAfter = debtPeak - min(bought, max(debtPeak, 0n));

    const swapQuote = quoteOf(v, abs(swap));
    const proceeds = swap > 0n ? -withPad(v, swapQuote) : discounted(v, swapQuote);
    const quotePad = (needed.amountQuote * BASE_PAD_BPS) / BPS;
    const spare = freeQuote + min(proceeds, 0n) - needed.amountQuote - quotePad;
    let marginChange = min(spare, freeQuote + proceeds - needed.amountQuote - buffer);
    if (abs(marginChange) * BPS < v.book.navQuote * MARGIN_DUST_BPS && spare >= 0n) marginChange = 0n;
    const marginAfter = margin + marginChange;
    const isCarried =
      debtPeak >= 0n &&
      marginAfter >= marginFor(hedge, quoteOf(v, debtAfter), settings.minHealth * 1.05) &&
      marginAfter >= marginFor(hedge, quoteOf(v, debtPeak), PEAK_HEALTH);
    if (!isCarried) continue;

    const residual = abs(drift + swap) + quoteToBase(v, v.book.navQuote / 1_000n);
    return finish(snapshot, decision, settings, residual, swapQuote, [
      ...removed.map((r) => ({ kind: "removeLiquidity", ...r }) as const),
      ...adjust(index, -(debtPeak - debt), marginChange),
      { kind: "addLiquidity", tickLower: ticks.tickLower, tickUpper: ticks.tickUpper, liquidity },
      ...(swap === 0n ? [] : [{ kind: "swap", baseChange: swap } as const]),
      ...adjust(index, debtPeak - debtAfter, 0n),
    ]);
  }
  // The range is as large as NAV can carry: what is idle beyond the buffer serves as margin.
  const spareQuote = v.idleQuote - buffer;
  if (!keepRange || spareQuote <= 0n) return undefined;
  return finish(snapshot, decision, settings, abs(v.book.deltaBase), 0n, adjust(index, 0n, spareQuote));
}

function planDeleverage(
  snapshot: Snapshot,
  decision: PlannedDecision,
  settings: BuildSettings,
  targetHealth: number,
): Plan | undefined {
  const v = snapshot.vault;
  const { index, hedge } = weakestOf(v);
  const orientation = orientationOf(v);
  const debt = debtOf(hedge);
  const missing = marginFor(hedge, quoteOf(v, debt), targetHealth) - marginOf(v, hedge);
  if (missing <= 0n) return undefined;
  const trigger = toUnits(decision.band.triggerBase, v.base.decimals);
  const residual = max(abs(v.book.deltaBase), trigger);
  const post = min(missing, v.idleQuote);
  const inBand = abs(v.book.deltaBase) <= trigger;
  if (inBand && post === missing) return finish(snapshot, decision, settings, residual, 0n, adjust(index, 0n, post));

  // Idle funds do not do: a position rebuilt for the target health mends health and drift together.
  const rebuilt = planRecentre(snapshot, decision, settings, false);
  if (rebuilt !== undefined) return rebuilt;

  // Last resort, when no new position can be carried: give back a part f of the liquidity. Its base repays, its quote becomes margin:
  // f = missing / (quote + margin that its base's debt needed).
  const whole = sumAmounts(v, v.ranges, orientation);
  const worth = whole.amountQuote + marginFor(hedge, quoteOf(v, whole.amountBase), targetHealth);
  if (worth === 0n)
    return post > 0n ? finish(snapshot, decision, settings, residual, 0n, adjust(index, 0n, post)) : undefined;
  const f = min(WAD, ((missing - post) * WAD) / worth + 1n);
  const cut = v.ranges.map((r) => ({ ...r, liquidity: (r.liquidity * f) / WAD }));
  const out = sumAmounts(v, cut, orientation);
  return finish(snapshot, decision, settings, residual, 0n, [
    ...cut.map((r) => ({ kind: "removeLiquidity", ...r }) as const),
    ...adjust(index, min(out.amountBase, debt), post + out.amountQuote),
  ]);
}

function planExit(snapshot: Snapshot, decision: PlannedDecision, settings: BuildSettings): Plan | undefined {
  const v = snapshot.vault;
  const { index, hedge } = shortOf(v);
  const out = sumAmounts(v, v.ranges, orientationOf(v));
  const debt = debtOf(hedge);
  const freeBase = v.idleBase + out.amountBase + v.liquidity.feesBase;
  const freeQuote = v.idleQuote + out.amountQuote + v.liquidity.feesQuote;
  const affordable = affordableBase(v, freeQuote);
  // Base against the shorts of other hedges stays until their turn comes: an exit must not open a position of its own.
  const owed = debt - min(0n, otherDelta(v, index));
  const wanted = owed > freeBase ? min(owed - freeBase, affordable) : owed - freeBase;
  const swap = wanted === 0n ? 0n : fittingSwap(v, v.ranges, wanted);
  const repay = min(debt, freeBase + max(swap, 0n));
  const margin = marginOf(v, hedge);
  // Where some debt stays, at least its part of the margin stays too: in an exit the vault lets no health fall.
  const share = debt === 0n ? 0n : ceilDiv(margin * (debt - repay), debt);
  const keep = max(
    (margin * EXIT_MARGIN_BPS) / BPS + share,
    marginFor(hedge, quoteOf(v, debt - repay), settings.targetHealth),
  );
  const residual = max(abs(v.book.deltaBase), quoteToBase(v, v.book.navQuote / 1_000n)) + 1n;
  return finish(snapshot, decision, settings, residual, quoteOf(v, abs(swap)), [
    ...v.ranges.map((r) => ({ kind: "removeLiquidity", ...r }) as const),
    ...(swap === 0n ? [] : [{ kind: "swap", baseChange: swap } as const]),
    ...adjust(index, repay, margin > keep ? -(margin - keep) : 0n),
  ]);
}

// --- sizing

/**
 * Liquidity that the whole NAV can carry in a range: with phi the base part of a unit of it, h the target health, t the
 * hedge's margin factor and i the idle fraction, V = (1 - i) NAV / ((1 - phi) + h phi / t): quote in the range, plus
 * the margin of a short of the base in it, plus the idle part, are NAV plus the base borrowed.
 */
function liquidityFor(
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

function rangeAround(
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
function isWorthSwapping(v: VaultState, drift: bigint, decision: PlannedDecision): boolean {
  const limit = toUnits(decision.band.targetBase, v.base.decimals);
  const dust = quoteToBase(v, v.book.navQuote / 5_000n);
  return abs(drift) > max(limit, dust);
}

// --- pieces

function adjust(hedgeIndex: number, deltaChangeBase: bigint, marginChangeQuote: bigint): readonly PlanAction[] {
  if (deltaChangeBase === 0n && marginChangeQuote === 0n) return [];
  return [{ kind: "adjustHedge", hedgeIndex, deltaChangeBase, marginChangeQuote }];
}

function finish(
  snapshot: Snapshot,
  decision: PlannedDecision,
  settings: BuildSettings,
  maxResidualDeltaBase: bigint,
  swapQuote: bigint,
  actions: readonly PlanAction[],
): Plan | undefined {
  if (actions.length === 0) return undefined;
  const { vault: v } = snapshot;
  return {
    vault: v.vault,
    decision: decision.kind,
    blockNumber: snapshot.blockNumber,
    blockHash: snapshot.blockHash,
    actions,
    promise: {
      expectedEpoch: v.epoch,
      deadline: snapshot.timestamp + settings.deadlineSeconds,
      maxResidualDeltaBase: maxResidualDeltaBase + debtOf(shortOf(v).hedge) / DEBT_GROWTH_PART + 1n,
      maxLossQuote:
        (swapQuote * v.policy.params.maxSlippageBps) / BPS + (v.book.navQuote * LOSS_ALLOWANCE_BPS) / BPS + 1n,
    },
  };
}
