import { DAYS_PER_YEAR } from "../math/units.ts";
import type { HedgeTerms, Market, PolicySettings, Situation, SituationHedge } from "./types.ts";

/** A short below this part of NAV is no reason to move anything. */
const DUST_FRACTION = 1e-3;

/** Where the short belongs. */
export interface HedgeChoice {
  /** Place in the vault. */
  readonly index: number;
  /** Some of the short is elsewhere and should come here. */
  readonly isMove: boolean;
  readonly terms: HedgeTerms | undefined;
}

/**
 * The hedge that carries the short for least: carry, and the trades of its no-trade band at the venue's own cost.
 *
 * A short that is somewhere moves only for a saving that, over `holdingDays`, exceeds what closing it here and opening it there
 * cost; what moved in part is brought together. A venue whose terms are not known is never moved to, and never left for
 * being dear: unknown is no opinion. Without any short the cheapest known is taken, or else the first as the vault's owner
 * ordered them.
 *
 * @returns undefined when the vault has no hedge that can be used, or the situation names none.
 *
 * @example
 * chooseHedge(situation, market, defaultSettings)?.index; // 1: the second hedge
 */
export function chooseHedge(situation: Situation, market: Market, settings: PolicySettings): HedgeChoice | undefined {
  const candidates = (situation.hedges ?? []).map((hedge, index) => ({
    hedge,
    index,
    terms: market.hedgeTerms?.[index],
  }));
  const usable = candidates.filter(({ hedge }) => hedge.isUsable);
  const current = largest(candidates);
  // An order under way, or a loss that is not reconciled yet: nothing moves.
  if (current !== undefined && !current.hedge.isUsable) return { ...pickOf(current), isMove: false };
  const [first] = usable;
  if (first === undefined) return undefined;
  const best = cheapest(usable, settings);
  if (current === undefined) return { ...pickOf(best ?? first), isMove: false };
  const dustBase = (situation.exposure.navQuote * DUST_FRACTION) / situation.exposure.price;
  const isSplit = candidates.some(({ hedge, index }) => index !== current.index && hedge.shortBase > dustBase);
  if (best === undefined || best.index === current.index || current.terms === undefined || best.terms === undefined) {
    return { ...pickOf(current), isMove: isSplit };
  }
  const savedPerYear = costPerYear(current.terms, settings) - costPerYear(best.terms, settings);
  const shortQuote = current.hedge.shortBase * situation.exposure.price;
  const moveCost =
    current.terms.tradeFraction +
    best.terms.tradeFraction +
    situation.pool.feeFraction +
    (2 * market.hedgeGasQuote + current.terms.orderQuote + best.terms.orderQuote) / Math.max(shortQuote, 1);
  const isWorthIt = (savedPerYear * settings.hedgeChoice.holdingDays) / DAYS_PER_YEAR > moveCost;
  return isWorthIt ? { ...pickOf(best), isMove: true } : { ...pickOf(current), isMove: isSplit };
}

/** What a venue's short costs a year per quote of notional, all in. */
export function costPerYear(terms: HedgeTerms, { hedgeChoice }: Pick<PolicySettings, "hedgeChoice">): number {
  return terms.carryPerYear + hedgeChoice.turnoverPerYear * terms.tradeFraction;
}

interface Candidate {
  readonly hedge: SituationHedge;
  readonly index: number;
  readonly terms: HedgeTerms | undefined;
}

function pickOf({ index, terms }: Candidate): Pick<HedgeChoice, "index" | "terms"> {
  return { index, terms };
}

function largest(candidates: readonly Candidate[]): Candidate | undefined {
  let found: Candidate | undefined;
  for (const candidate of candidates) {
    if (candidate.hedge.shortBase > (found?.hedge.shortBase ?? 0)) found = candidate;
  }
  return found;
}

function cheapest(candidates: readonly Candidate[], settings: PolicySettings): Candidate | undefined {
  let found: Candidate | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    if (candidate.terms === undefined) continue;
    const cost = costPerYear(candidate.terms, settings);
    if (cost < least) [found, least] = [candidate, cost];
  }
  return found;
}
