import { computeSqrtPriceX96Down } from "../exact/priceMath.ts";
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
import { otherDelta, shortOf, weakestOf } from "./hedges.ts";
import {
  adjust,
  BASE_PAD_BPS,
  type BuildSettings,
  finish,
  isMarginDust,
  isWorthSwapping,
  liquidityFor,
  LOAN_REST_PART,
  PEAK_HEALTH,
  type PlannedDecision,
  rangeAround,
} from "./planPieces.ts";
import { fittingSwap } from "./swap.ts";
import type { Decision, Plan, Snapshot } from "./types.ts";

/*
 * Plans for a short that is borrowed base: the venue hands over base when the short grows and takes it when it shrinks,
 * within the call.
 */

const WAD = 10n ** 18n;
const BPS = 10_000n;

export function planHedgeWithLoan(
  snapshot: Snapshot,
  decision: Extract<Decision, { kind: "hedge" }>,
  settings: BuildSettings,
): Plan | undefined {
  const v = snapshot.vault;
  const { index, hedge } = shortOf(v, "loan");
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
    return isCarried ? hedged : (planRecentreWithLoan(snapshot, decision, settings, false) ?? hedged);
  }

  const repay = min(change, debtOf(hedge));
  const cost = withPad(v, swapQuote);
  const release = cost > v.idleQuote ? cost - v.idleQuote : 0n;
  const shortNow = quoteOf(v, debtOf(hedge));
  if (release > 0n && marginOf(v, hedge) - release < marginFor(hedge, shortNow, settings.minHealth)) {
    // Not enough free quote for the purchase: the liquidity has to give some.
    return planRecentreWithLoan(snapshot, decision, settings, false);
  }
  return finish(snapshot, decision, settings, residual, swapQuote, [
    ...adjust(index, 0n, -release),
    { kind: "swap", baseChange: change },
    ...adjust(index, repay, 0n),
  ]);
}

export function planRecentreWithLoan(
  snapshot: Snapshot,
  decision: PlannedDecision,
  settings: BuildSettings,
  keepRange: boolean,
): Plan | undefined {
  const v = snapshot.vault;
  const { index, hedge } = shortOf(v, "loan");
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
    if (isMarginDust(v, marginChange) && spare >= 0n) marginChange = 0n;
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

export function planDeleverageWithLoan(
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
  const rebuilt = planRecentreWithLoan(snapshot, decision, settings, false);
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

export function planExitWithLoan(
  snapshot: Snapshot,
  decision: PlannedDecision,
  settings: BuildSettings,
): Plan | undefined {
  const v = snapshot.vault;
  const { index, hedge } = shortOf(v, "loan");
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
  const keep = max(margin / LOAN_REST_PART + share, marginFor(hedge, quoteOf(v, debt - repay), settings.targetHealth));
  const residual = max(abs(v.book.deltaBase), quoteToBase(v, v.book.navQuote / 1_000n)) + 1n;
  return finish(snapshot, decision, settings, residual, quoteOf(v, abs(swap)), [
    ...v.ranges.map((r) => ({ kind: "removeLiquidity", ...r }) as const),
    ...(swap === 0n ? [] : [{ kind: "swap", baseChange: swap } as const]),
    ...adjust(index, repay, margin > keep ? -(margin - keep) : 0n),
  ]);
}
