import {
  abs,
  affordableBase,
  clamp,
  debtOf,
  marginOf,
  max,
  min,
  orientationOf,
  quoteOf,
  quoteToBase,
  sumAmounts,
  toUnits,
} from "./amounts.ts";
import { findShort, type HedgeKind, hedgeKindOf } from "./hedges.ts";
import { collectFrom, dustBase, DUST_PART, dustQuote, equityFor, perpOf } from "./perpState.ts";
import { planBuild } from "./planBuild.ts";
import {
  adjust,
  type BuildSettings,
  finish,
  isMarginDust,
  LOAN_REST_PART,
  type PlannedDecision,
} from "./planPieces.ts";
import { stepLimitBase } from "./redemption.ts";
import { fittingSwap } from "./swap.ts";
import type { Decision, HedgeState, Plan, PlanAction, Snapshot, VaultState } from "./types.ts";

/*
 * Plans for a short on a perpetual, alone or beside a loan. Its orders are executed later or not at all, and the vault
 * judges every plan by both outcomes: the short changes in steps, and while an order waits the vault is no further from neutral
 * than its band. Executed, every step leaves the vault neutral.
 */

const WAD = 10n ** 18n;
/** Asked from the venue beyond what a redemption is owed, because prices move until it is paid: 3 %. */
const RAISE_PAD = { numerator: 103n, denominator: 100n } as const;

/** Whether plans must reckon with orders: the hedge in use answers later, or one that does still holds something. */
export function usesPerp(v: VaultState, preferred: HedgeState): boolean {
  if (hedgeKindOf(preferred) === "perp") return true;
  const perp = findShort(v, "perp");
  return perp !== undefined && (debtOf(perp.hedge) > 0n || perp.hedge.waitingQuote > dustQuote(v));
}

/** Puts what is idle to work, moves the range or the short, by one step. */
export function planRecentreWithPerp(
  snapshot: Snapshot,
  decision: PlannedDecision,
  settings: BuildSettings,
  keepRange: boolean,
  preferred: HedgeKind,
): Plan | undefined {
  return planBuild(snapshot, decision, settings, { keepRange, preferred, perp: perpOf(snapshot.vault) });
}

/** Closes drift by an order, without a swap. */
export function planHedgeWithPerp(
  snapshot: Snapshot,
  decision: PlannedDecision & { readonly targetDeltaBase: number },
  settings: BuildSettings,
): Plan | undefined {
  const v = snapshot.vault;
  const perp = perpOf(v);
  const delta = v.book.deltaBase;
  const wanted = abs(delta) - toUnits(Math.abs(decision.targetDeltaBase), v.base.decimals);
  const change = delta < 0n ? min(wanted, perp.shortBase) : wanted;
  if (change <= 0n) return undefined;
  const after = perp.shortBase + (delta < 0n ? -change : change);
  const shortAfter = quoteOf(v, after);
  const target = equityFor(perp.hedge, shortAfter, settings.targetHealth);
  const residual = abs(delta) - change + change / 50n + 1n;
  const collect = collectFrom(v, perp);

  if (delta < 0n) {
    const surplus = after === 0n ? 0n : max(0n, perp.equityQuote - target);
    const release = isMarginDust(v, surplus) ? 0n : surplus;
    return finish(snapshot, decision, settings, residual, 0n, adjust(perp.index, change, -release), quoteOf(v, change));
  }
  const enough = equityFor(perp.hedge, shortAfter, settings.minHealth * 1.1);
  const free = v.idleQuote + perp.waitingQuote;
  const post = perp.equityQuote >= enough ? 0n : min(target - perp.equityQuote, free);
  if (perp.equityQuote + post < equityFor(perp.hedge, shortAfter, settings.minHealth)) {
    // A short that its margin does not carry is no hedge: the liquidity has to shrink with it.
    const smaller = planRecentreWithPerp(snapshot, decision, settings, false, "perp");
    if (smaller !== undefined) return smaller;
  }
  const actions = [...(post > v.idleQuote ? collect : []), ...adjust(perp.index, -change, post)];
  return finish(snapshot, decision, settings, residual, 0n, actions, quoteOf(v, change));
}

/** Posts margin out of idle quote, or else out of a part of the liquidity whose base stays, hedged as it is. */
export function planDeleverageWithPerp(
  snapshot: Snapshot,
  decision: PlannedDecision,
  settings: BuildSettings,
  targetHealth: number,
): Plan | undefined {
  const v = snapshot.vault;
  const perp = perpOf(v);
  const { triggerBase, targetBase } = decision.band;
  if (v.book.deltaBase < -toUnits(triggerBase, v.base.decimals) && perp.shortBase > 0n) {
    // A smaller short is both: less drift and more health.
    return planHedgeWithPerp(snapshot, { ...decision, targetDeltaBase: -targetBase }, settings);
  }
  const missing = equityFor(perp.hedge, quoteOf(v, perp.shortBase), targetHealth) - perp.equityQuote;
  if (missing <= 0n) return undefined;
  const residual = max(abs(v.book.deltaBase), toUnits(triggerBase, v.base.decimals)) + 1n;
  const free = v.idleQuote + perp.waitingQuote;
  const collect = collectFrom(v, perp);
  const whole = sumAmounts(v, v.ranges, orientationOf(v));
  const short = missing - min(missing, free);
  const cut =
    short === 0n || whole.amountQuote === 0n
      ? []
      : v.ranges.map((r) => ({
          ...r,
          liquidity: (r.liquidity * min(WAD, (short * WAD) / whole.amountQuote + 1n)) / WAD,
        }));
  const post = min(missing, free + sumAmounts(v, cut, orientationOf(v)).amountQuote);
  if (post * DUST_PART < v.book.navQuote) return planRecentreWithPerp(snapshot, decision, settings, false, "perp");
  return finish(snapshot, decision, settings, residual, 0n, [
    ...cut.map((r) => ({ kind: "removeLiquidity", ...r }) as const),
    ...collect,
    ...adjust(perp.index, 0n, post),
  ]);
}

/** One step out: all liquidity at once, loans at once, the perpetual and the base against it by as much as the band allows. */
export function planExitWithPerp(
  snapshot: Snapshot,
  decision: PlannedDecision,
  settings: BuildSettings,
): Plan | undefined {
  const v = snapshot.vault;
  const perp = perpOf(v);
  const loan = findShort(v, "loan");
  const out = sumAmounts(v, v.ranges, orientationOf(v));
  const base = v.idleBase + out.amountBase + v.liquidity.feesBase;
  const quote = v.idleQuote + out.amountQuote + v.liquidity.feesQuote + perp.waitingQuote;
  const debt = loan === undefined ? 0n : debtOf(loan.hedge);
  const isWaiting = perp.hedge.pending;

  const shortAfter = isWaiting ? perp.shortBase : max(0n, perp.shortBase - stepLimitBase(v, settings.bandSafety));
  // Executed, base and what is still short of it are equal.
  const wanted = shortAfter + debt - base;
  const bounded = wanted > 0n ? min(wanted, affordableBase(v, quote)) : wanted;
  const swap = bounded === 0n || abs(bounded) < dustBase(v) ? 0n : fittingSwap(v, v.ranges, bounded);
  const repay = min(debt, max(0n, base + swap));
  const held = base + swap - repay;
  const order = isWaiting ? 0n : perp.shortBase - clamp(held, shortAfter, perp.shortBase);
  const isOrdering = order > 0n && (order >= dustBase(v) || order === perp.shortBase);
  const loanMargin = loan === undefined ? 0n : marginOf(v, loan.hedge);
  const actions: readonly PlanAction[] = [
    ...v.ranges.map((r) => ({ kind: "removeLiquidity", ...r }) as const),
    ...(isOrdering || isWaiting ? [] : collectFrom(v, perp)),
    ...(swap === 0n ? [] : [{ kind: "swap", baseChange: swap } as const]),
    ...(loan === undefined
      ? []
      : adjust(loan.index, repay, repay === debt ? -(loanMargin - loanMargin / LOAN_REST_PART) : 0n)),
    ...(isOrdering ? adjust(perp.index, order, 0n) : []),
  ];
  const residual = max(abs(v.book.deltaBase), quoteToBase(v, v.book.navQuote / 1_000n)) + 1n;
  return finish(snapshot, decision, settings, residual, quoteOf(v, abs(swap)), actions, quoteOf(v, order));
}

/** Orders the part of short and margin that redemptions are owed, as far as one step goes. */
export function planRaise(
  snapshot: Snapshot,
  decision: Extract<Decision, { kind: "raise" }>,
  settings: BuildSettings,
): Plan | undefined {
  const v = snapshot.vault;
  const perp = perpOf(v);
  if (perp.shortBase === 0n || perp.equityQuote <= 0n) return undefined;
  const part = BigInt(Math.round(decision.fraction * 1e9));
  const change = min(perp.shortBase, (perp.shortBase * part) / 1_000_000_000n + 1n);
  const isAll = change === perp.shortBase;
  const share = (perp.equityQuote * change * RAISE_PAD.numerator) / (perp.shortBase * RAISE_PAD.denominator);
  const residual = abs(v.book.deltaBase) + change + change / 50n + 1n;
  const actions = adjust(perp.index, change, isAll ? 0n : -min(share, perp.equityQuote));
  return finish(snapshot, decision, settings, residual, 0n, actions, quoteOf(v, change));
}
