import { computeSqrtPriceX96Down } from "../exact/priceMath.ts";
import {
  abs,
  amountsAt,
  clamp,
  debtOf,
  discounted,
  marginFor,
  marginOf,
  max,
  min,
  orientationOf,
  quoteOf,
  quoteToBase,
  sumAmounts,
  withPad,
} from "./amounts.ts";
import { findShort, type HedgeKind, type PickedHedge, shortOf } from "./hedges.ts";
import { collectFrom, dustBase, equityFor, type PerpState } from "./perpState.ts";
import {
  adjust,
  BASE_PAD_BPS,
  type BuildSettings,
  finish,
  isMarginDust,
  liquidityFor,
  LOAN_REST_PART,
  type PlannedDecision,
  rangeAround,
} from "./planPieces.ts";
import { stepLimitBase } from "./redemption.ts";
import { fittingSwap, sqrtPriceAfter } from "./swap.ts";
import type { Plan, PlanAction, RangeState, Snapshot, VaultState } from "./types.ts";

const BPS = 10_000n;
/** Health that a position must have above the least to be built. */
const BUILD_RESERVE = 1.05;
/** Parts of the wanted liquidity, and of a step of the short, that are tried one after another. */
const SIZES = [100n, 97n, 94n, 91n, 88n, 80n, 70n, 60n, 50n, 40n, 30n, 20n, 10n, 5n] as const;
const STEPS = [100n, 50n, 25n, 10n] as const;

/** What to build and from what. */
export interface BuildOrder {
  readonly keepRange: boolean;
  /** Which kind of hedge carries the short in the end. */
  readonly preferred: HedgeKind;
  readonly perp: PerpState;
}

/**
 * One step towards the liquidity that NAV can carry, with the short where it is wanted.
 *
 * With E the base that is held and D the loan, a perpetual that goes from P to P1 must leave |E - D - P| (cancelled) and
 * |E - D - P1| (executed) in the band. The step is P1 = E - D, as near to its aim as |P1 - P| <= band allows; a loan changes at
 * once. Base beyond what the range takes stays idle and hedged until the next step sells it.
 *
 * @returns undefined when an order waits, or no step is possible or worth it.
 */
export function planBuild(
  snapshot: Snapshot,
  decision: PlannedDecision,
  settings: BuildSettings,
  order: BuildOrder,
): Plan | undefined {
  const v = snapshot.vault;
  if (order.perp.hedge.pending) return undefined;
  const orientation = orientationOf(v);
  const kept = order.keepRange ? v.ranges[0] : undefined;
  const removed = kept === undefined ? v.ranges : [];
  const ticks = kept ?? rangeAround(v, settings.rangeWidth, orientation);
  const { hedge } = shortOf(v, order.preferred);
  const wanted = max(0n, liquidityFor(snapshot, ticks, hedge, settings) - (kept?.liquidity ?? 0n));
  const site: Site = { snapshot, decision, settings, order, kept, removed, ticks, loan: findShort(v, "loan") };
  for (const step of STEPS) {
    const limitBase = (stepLimitBase(v, settings.bandSafety) * step) / 100n;
    for (const size of wanted > 0n ? SIZES : []) {
      const plan = tryBuild(site, (wanted * size) / 100n, limitBase);
      if (plan !== undefined) return plan;
    }
    const plan = tryBuild(site, 0n, limitBase);
    if (plan !== undefined) return plan;
  }
  // A loan wants more margin than a perpetual: the liquidity that moves to it may have to become less.
  const isStuck = order.keepRange && order.preferred === "loan" && order.perp.shortBase > 0n;
  return isStuck ? planBuild(snapshot, decision, settings, { ...order, keepRange: false }) : undefined;
}

interface Site {
  readonly snapshot: Snapshot;
  readonly decision: PlannedDecision;
  readonly settings: BuildSettings;
  readonly order: BuildOrder;
  readonly kept: RangeState | undefined;
  readonly removed: readonly RangeState[];
  readonly ticks: { readonly tickLower: number; readonly tickUpper: number };
  readonly loan: PickedHedge | undefined;
}

function tryBuild(site: Site, addedLiquidity: bigint, limitBase: bigint, isCut = false): Plan | undefined {
  const { snapshot, decision, settings, order, kept, removed, ticks, loan } = site;
  const { vault: v } = snapshot;
  const { perp } = order;
  const orientation = orientationOf(v);
  const hasRemoved = removed.length > 0;
  const out = sumAmounts(v, removed, orientation);
  const freeBase = v.idleBase + out.amountBase + (hasRemoved ? v.liquidity.feesBase : 0n);
  const freeQuote = v.idleQuote + perp.waitingQuote + out.amountQuote + (hasRemoved ? v.liquidity.feesQuote : 0n);
  const keptBase = kept === undefined ? 0n : v.liquidity.base + v.liquidity.feesBase;
  const debt = loan === undefined ? 0n : debtOf(loan.hedge);

  // What the range takes at the oracle's price counts for the delta; what it takes at the pool's must be there.
  const oracleSqrt = computeSqrtPriceX96Down(v.oracle.priceWad, orientation);
  const added = amountsAt(oracleSqrt, ticks, addedLiquidity, orientation, "down").amountBase;
  const pad = (added * BASE_PAD_BPS) / BPS;
  const aim = keptBase + added + pad;

  // The short's next step.
  const nearest = (base: bigint): bigint =>
    max(0n, clamp(base, perp.shortBase - limitBase, perp.shortBase + limitBase));
  const perpAim = order.preferred === "perp" ? nearest(aim) : max(0n, perp.shortBase - limitBase);
  const debtAfter = order.preferred === "perp" ? clamp(aim - perpAim, 0n, debt) : max(0n, aim - perpAim);
  if (debtAfter > debt && loan === undefined) return undefined;
  const held = perpAim + debtAfter;
  if (held < aim && added > 0n && !isCut) {
    // As much liquidity as this step of the short carries.
    const room = max(0n, held - keptBase);
    const carried = (addedLiquidity * room) / (added + pad);
    return carried === 0n ? undefined : tryBuild(site, (carried * 999n) / 1_000n, limitBase, true);
  }
  const borrowed = debtAfter - debt;
  // A swap moves the pool, and the range then takes another amount of base than it counts for at the oracle's price.
  const mintedMore = (swapped: bigint): bigint =>
    amountsAt(sqrtPriceAfter(v, removed, swapped), ticks, addedLiquidity, orientation, "up").amountBase - added;
  const missing = held - freeBase - keptBase - borrowed;
  const swap = swapTowards(v, removed, missing + mintedMore(swapTowards(v, removed, missing)));
  const heldAfter = freeBase + keptBase + borrowed + swap - mintedMore(swap);
  let shortAfter = nearest(heldAfter - debtAfter);
  if (abs(shortAfter - perp.shortBase) < dustBase(v)) shortAfter = perp.shortBase;
  const ordered = shortAfter - perp.shortBase;
  const unexecuted = abs(heldAfter - debtAfter - perp.shortBase);
  if (unexecuted > max(limitBase + limitBase / 100n, abs(v.book.deltaBase))) return undefined;
  if (addedLiquidity === 0n && swap === 0n && ordered === 0n && borrowed === 0n && !hasRemoved) return undefined;

  // Either side of the swap, whichever takes more.
  const needed = [v.pool.sqrtPriceX96, sqrtPriceAfter(v, removed, swap)]
    .map((sqrt) => amountsAt(sqrt, ticks, addedLiquidity, orientation, "up"))
    .reduce((a, b) => ({
      amountBase: max(a.amountBase, b.amountBase),
      amountQuote: max(a.amountQuote, b.amountQuote),
    }));
  if (freeBase + borrowed + swap < needed.amountBase) return undefined;

  // Quote: what comes free, less the swap, the range and the margins.
  const swapQuote = quoteOf(v, abs(swap));
  const cost = swap > 0n ? withPad(v, swapQuote) : -discounted(v, swapQuote);
  const intoRange = needed.amountQuote + (needed.amountQuote * BASE_PAD_BPS) / BPS;
  const loanChange = loan === undefined ? 0n : marginChangeOf(v, loan, debtAfter, settings);
  const spare = freeQuote - cost - intoRange - loanChange;
  const change =
    order.preferred === "loan"
      ? releaseOnLeaving(v, perp, shortAfter, settings)
      : perpMarginChange(v, perp, shortAfter, settings, spare, addedLiquidity > 0n);
  if (change === undefined || spare - max(0n, change) < 0n) return undefined;
  // Before anything is sold or released, the purchase and what a loan wants first must be paid.
  const early = loanChange < 0n ? min(-loanChange, max(0n, cost - freeQuote)) : 0n;
  if (max(0n, loanChange) + max(0n, cost) > freeQuote + early) return undefined;

  const actions: readonly PlanAction[] = [
    ...removed.map((r) => ({ kind: "removeLiquidity", ...r }) as const),
    ...collectFrom(v, perp),
    ...(loan === undefined
      ? []
      : borrowed > 0n
        ? adjust(loan.index, -borrowed, loanChange)
        : adjust(loan.index, 0n, -early)),
    ...(swap === 0n ? [] : [{ kind: "swap", baseChange: swap } as const]),
    ...(loan === undefined || borrowed >= 0n ? [] : adjust(loan.index, -borrowed, loanChange + early)),
    ...(addedLiquidity === 0n
      ? []
      : [
          {
            kind: "addLiquidity",
            tickLower: ticks.tickLower,
            tickUpper: ticks.tickUpper,
            liquidity: addedLiquidity,
          } as const,
        ]),
    ...adjust(perp.index, -ordered, change),
  ];
  const executed = abs(heldAfter - debtAfter - shortAfter);
  const residual = executed + quoteToBase(v, v.book.navQuote / 500n);
  return finish(snapshot, decision, settings, residual, swapQuote, actions, quoteOf(v, abs(ordered)));
}

function swapTowards(v: VaultState, removed: readonly RangeState[], baseChange: bigint): bigint {
  return abs(baseChange) < dustBase(v) ? 0n : fittingSwap(v, removed, baseChange);
}

/** What a loan's margin should change by for the debt that it will have, + = post. */
function marginChangeOf(v: VaultState, { hedge }: PickedHedge, debtAfter: bigint, settings: BuildSettings): bigint {
  if (debtAfter === debtOf(hedge)) return 0n;
  const margin = marginOf(v, hedge);
  if (debtAfter === 0n) return -(margin - margin / LOAN_REST_PART);
  return marginFor(hedge, quoteOf(v, debtAfter), settings.targetHealth) - margin;
}

/**
 * What the perpetual's margin should change by, + = post: to the target where it can be had. One order is larger and more margin, or
 * smaller and less.
 *
 * @param spare Quote that is left for it.
 * @returns undefined when the short would stand on too little.
 */
function perpMarginChange(
  v: VaultState,
  perp: PerpState,
  shortAfter: bigint,
  settings: BuildSettings,
  spare: bigint,
  isGrowing: boolean,
): bigint | undefined {
  const worth = quoteOf(v, shortAfter);
  const equityAt = (health: number): bigint => equityFor(perp.hedge, worth, health);
  const missing = equityAt(settings.targetHealth) - perp.equityQuote;
  const isMuch = !isMarginDust(v, missing);
  if (shortAfter < perp.shortBase) return shortAfter > 0n && missing < 0n && isMuch ? missing : 0n;
  const isEnough = perp.equityQuote >= equityAt(settings.minHealth * BUILD_RESERVE);
  if (shortAfter === perp.shortBase && (isEnough || !isMuch)) return 0n;
  if (missing <= 0n) return 0n;
  if (isGrowing) return missing;
  const post = min(missing, max(0n, spare));
  return perp.equityQuote + post >= equityAt(settings.minHealth * BUILD_RESERVE) ? post : undefined;
}

/** A short that moves to a loan gives all the margin it can: the loan wants more of it than the perpetual did. */
function releaseOnLeaving(v: VaultState, perp: PerpState, shortAfter: bigint, settings: BuildSettings): bigint {
  if (shortAfter === 0n) return 0n;
  const least = equityFor(perp.hedge, quoteOf(v, shortAfter), settings.minHealth * BUILD_RESERVE);
  return -max(0n, perp.equityQuote - least);
}
