import { adviseOn } from "../../policy/advice.ts";
import { planMargin } from "../../policy/margin.ts";
import type { Advice, Band, MarginPlan, Market, PolicySettings, Situation } from "../../policy/types.ts";

/** Relative change of an input within which an advice is taken again; of the carry, which may be 0, the absolute one. */
const TOLERANCE = 0.01;
const CARRY_TOLERANCE = 0.001;

interface Entry {
  readonly advice: Advice;
  /** The band says by being another one that price, NAV, gas or liquidity moved. */
  readonly band: Band;
  readonly volatilityAnnual: number;
  readonly feeQuotePerLiquidityYear: number | undefined;
  readonly shortCarryPerYear: number;
}

/** {@link adviseOn} that remembers: computed again once the band changed or an input moved by more than 1 %. */
export interface AdviceMemo {
  adviceOn(situation: Situation, band: Band, market: Market): Advice;
}

/** A memory for one vault. */
export function createAdviceMemo(settings: PolicySettings): AdviceMemo {
  const { targetHealth, minHealth } = settings;
  const asSet: MarginPlan = { targetHealth, minHealth };
  let last: Entry | undefined;
  /** A calmer market never asks for more health than this one, in which the settings were enough. */
  let calmVolatility = 0;
  const planHealth = (volatilityAnnual: number): MarginPlan => {
    if (volatilityAnnual <= calmVolatility) return asSet;
    const plan = planMargin(volatilityAnnual, undefined, settings);
    if (plan.targetHealth === targetHealth && plan.minHealth === minHealth) calmVolatility = volatilityAnnual;
    return plan;
  };
  return {
    adviceOn: (situation, band, market) => {
      if (last === undefined || last.band !== band || !isClose(last, market)) {
        last = {
          advice: adviseOn(situation, band, market, settings, planHealth(market.volatilityAnnual)),
          band,
          volatilityAnnual: market.volatilityAnnual,
          feeQuotePerLiquidityYear: market.feeQuotePerLiquidityYear,
          shortCarryPerYear: market.shortCarryPerYear ?? 0,
        };
      }
      return last.advice;
    },
  };
}

function isClose(entry: Entry, market: Market): boolean {
  const fees = market.feeQuotePerLiquidityYear;
  const areFeesClose =
    fees === undefined || entry.feeQuotePerLiquidityYear === undefined
      ? fees === entry.feeQuotePerLiquidityYear
      : Math.abs(fees - entry.feeQuotePerLiquidityYear) <= TOLERANCE * entry.feeQuotePerLiquidityYear;
  return (
    areFeesClose &&
    Math.abs(market.volatilityAnnual - entry.volatilityAnnual) <= TOLERANCE * entry.volatilityAnnual &&
    Math.abs((market.shortCarryPerYear ?? 0) - entry.shortCarryPerYear) <= CARRY_TOLERANCE
  );
}
