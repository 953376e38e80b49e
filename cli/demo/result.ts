import { computeAttribution, computeUnexplainedLimit } from "../../sdk/sim/attribution.ts";
import type { Attribution, AttributionDetail, AttributionParts } from "../../sdk/sim/attribution.ts";
import type { VaultMark } from "../../sdk/sim/mark.ts";
import { computeEquitySeries, computeSeriesVarianceRemoved, summariseCurve } from "../../sdk/sim/series.ts";
import type { CurveSummary, EquitySeries } from "../../sdk/sim/series.ts";
import { computeRealisedVolatility } from "../../sdk/math/volatility.ts";
import { SECONDS_PER_YEAR } from "../../sdk/math/units.ts";
import { HOUR_SECONDS, formatTime } from "../../sdk/sim/window.ts";
import type { PriceWindow } from "../../sdk/sim/window.ts";
import type { DemoHedge } from "./options.ts";
import type { DemoWorld, RebalanceEvent, ReplayRecord } from "./types.ts";

/** Where the prices came from and what was done with them. */
export interface DemoSetup {
  /** The file, or the model with its seed. */
  readonly source: { readonly kind: "file"; readonly file: string } | { readonly kind: "model"; readonly seed: number };
  readonly window: PriceWindow;
  readonly stepsPerHour: number;
  readonly rangeWidth: number;
  readonly isFeeGateEnabled: boolean;
  readonly hedge: DemoHedge;
  readonly depositQuote: number;
  readonly gasPriceGwei: number;
  readonly dailyTurnover: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** Transactions of the keeper, by what the policy decided. */
export interface RebalanceCounts {
  readonly sent: number;
  readonly reverted: number;
  readonly byDecision: Readonly<Record<string, number>>;
}

/** Everything the demo found out; quote units unless a name says otherwise. */
export interface DemoResult {
  readonly varianceRemoved: number;
  readonly attribution: AttributionParts;
  readonly attributionDetail: AttributionDetail;
  /** Change of NAV at the market's price less the keeper's gas. */
  readonly navChange: number;
  readonly navChangeBeforeGas: number;
  readonly unexplained: number;
  readonly unexplainedLimit: number;
  readonly rebalances: RebalanceCounts;
  readonly maxTicksOutsideBand: number;
  readonly ticks: ReplayRecord["ticks"];
  readonly complaints: readonly string[];
  readonly nav: { readonly start: number; readonly end: number; readonly maxDifferenceToBooks: number };
  readonly vault: CurveSummary;
  readonly unhedged: CurveSummary;
  readonly hold: CurveSummary;
  readonly gas: { readonly used: number; readonly quote: number; readonly priceGwei: number };
  readonly fees: { readonly aprOfLiquidity: number };
  readonly market: {
    readonly priceStart: number;
    readonly priceEnd: number;
    readonly priceLow: number;
    readonly priceHigh: number;
    readonly realisedVolatility: number;
  };
  readonly minHealth: number | null;
  /** Where the vault was short, when it was most. */
  readonly shorts: ReplayRecord["shorts"];
  readonly window: {
    readonly source: DemoSetup["source"];
    readonly from: string;
    readonly to: string;
    readonly hours: number;
    readonly bars: number;
    readonly filledBars: number;
    readonly steps: number;
    readonly stepsPerHour: number;
  };
  readonly settings: {
    readonly width: number;
    readonly feeGate: boolean;
    readonly hedge: DemoHedge;
    readonly deposit: number;
    readonly dailyTurnover: number;
  };
  readonly units: DemoWorld["units"];
  readonly versions: DemoSetup["versions"];
}

/** What the charts draw besides the result. */
export interface DemoAnalysis {
  readonly result: DemoResult;
  readonly attribution: Attribution;
  readonly series: EquitySeries;
}

/** Works a finished replay out. Throws InvalidParameterError when it is too short to have a variance. */
export function analyseReplay(record: ReplayRecord, units: DemoWorld["units"], setup: DemoSetup): DemoAnalysis {
  const { marks, rebalances } = record;
  const attribution = computeAttribution(marks);
  const series = computeEquitySeries(marks, HOUR_SECONDS);
  const summarise = (pnl: readonly number[], capital: number): CurveSummary =>
    summariseCurve(pnl, capital, HOUR_SECONDS);
  const { window } = setup;
  const until = window.fromTimestamp + window.hours * HOUR_SECONDS;
  const prices = marks.map((mark) => mark.price);
  const result: DemoResult = {
    varianceRemoved: computeSeriesVarianceRemoved(series),
    attribution: attribution.parts,
    attributionDetail: attribution.detail,
    navChange: attribution.navChange,
    navChangeBeforeGas: attribution.navChangeBeforeGas,
    unexplained: attribution.unexplained,
    unexplainedLimit: computeUnexplainedLimit(attribution),
    rebalances: countRebalances(rebalances),
    maxTicksOutsideBand: record.maxTicksOutsideBand,
    ticks: record.ticks,
    complaints: record.complaints,
    nav: { start: attribution.navStart, end: attribution.navEnd, maxDifferenceToBooks: record.maxNavDifferenceQuote },
    vault: summarise(series.vault, series.navStartQuote),
    unhedged: summarise(series.unhedged, series.liquidityStartQuote),
    hold: summarise(series.hold, series.liquidityStartQuote),
    gas: {
      used: rebalances.reduce((sum, event) => sum + event.gasUsed, 0),
      quote: -attribution.parts.gas,
      priceGwei: setup.gasPriceGwei,
    },
    fees: { aprOfLiquidity: computeFeeApr(attribution.parts.fees, marks) },
    market: {
      priceStart: prices[0] ?? Number.NaN,
      priceEnd: prices.at(-1) ?? Number.NaN,
      priceLow: Math.min(...prices),
      priceHigh: Math.max(...prices),
      realisedVolatility: computeHourlyVolatility(series),
    },
    minHealth: record.minHealth,
    shorts: record.shorts,
    window: {
      source: setup.source,
      from: formatTime(window.fromTimestamp),
      to: formatTime(until),
      hours: window.hours,
      bars: window.bars.length,
      filledBars: window.filledBars,
      steps: record.steps,
      stepsPerHour: setup.stepsPerHour,
    },
    settings: {
      width: setup.rangeWidth,
      feeGate: setup.isFeeGateEnabled,
      hedge: setup.hedge,
      deposit: setup.depositQuote,
      dailyTurnover: setup.dailyTurnover,
    },
    units,
    versions: setup.versions,
  };
  return { result, attribution, series };
}

function countRebalances(events: readonly RebalanceEvent[]): RebalanceCounts {
  const byDecision: Record<string, number> = {};
  for (const { decision, kind } of events) {
    if (kind === "sent") byDecision[decision] = (byDecision[decision] ?? 0) + 1;
  }
  const sent = events.filter((event) => event.kind === "sent").length;
  return { sent, reverted: events.length - sent, byDecision };
}

/** Fees over the mean value of the principal while time passed, annual. */
function computeFeeApr(fees: number, marks: readonly VaultMark[]): number {
  let valueSeconds = 0;
  for (const [index, mark] of marks.entries()) {
    const previous = marks[index - 1];
    if (previous === undefined) continue;
    valueSeconds +=
      (previous.liquidityQuote + previous.liquidityBase * previous.price) * (mark.timestamp - previous.timestamp);
  }
  return valueSeconds === 0 ? 0 : (fees / valueSeconds) * SECONDS_PER_YEAR;
}

function computeHourlyVolatility({ timestamps, prices }: EquitySeries): number {
  const samples = timestamps.map((timestampSeconds, index) => ({
    timestampSeconds,
    price: prices[index] ?? Number.NaN,
  }));
  return computeRealisedVolatility(samples);
}
