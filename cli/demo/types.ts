import type { MarkPhase, VaultMark } from "../../sdk/sim/mark.ts";

/** One step of the market, ending at `timestamp` (unix seconds). */
export interface MarketStep {
  readonly timestamp: number;
  /** Price of the pool and of the market at its end [quote per base]. */
  readonly price: number;
  /** Traded beside what moves the price [quote]. */
  readonly volumeQuote: number;
}

/** What the vault is short at a venue [base], above 0. */
export interface DemoShort {
  readonly venue: string;
  readonly base: number;
}

/** The vault at the newest block, valued at the market's price. */
export interface Observation {
  readonly mark: VaultMark;
  /** Net delta by the vault's own books, at the oracle's price [base]. */
  readonly deltaBase: number;
  readonly oraclePrice: number;
  /** Lowest health of any hedge; null without debt. */
  readonly health: number | null;
  /** Shorts by venue, those that there are [base]. */
  readonly shorts: readonly DemoShort[];
  /** Edges of the outermost ranges [quote per base]; null without liquidity. */
  readonly range: { readonly priceLower: number; readonly priceUpper: number } | null;
  /** What the vault says it is worth at the oracle's price, less the same rebuilt from its parts [quote]. */
  readonly navDifferenceQuote: number;
}

/** What became of one keeper tick. Only `sent` and `reverted` on chain cost gas. */
export interface TickReport {
  readonly kind: "held" | "sent" | "reverted" | "skipped" | "failed";
  /** What the policy decided: hold, hedge, recentre, …; undefined when the tick came to no decision. */
  readonly decision: string | undefined;
  readonly text: string;
  /** The band the decision was taken by [base]; undefined when the tick came to no decision. */
  readonly band: { readonly triggerBase: number; readonly targetBase: number } | undefined;
  readonly gasUsed: number;
  readonly gasQuote: number;
}

/** Everything the replay needs of a chain with a vault and a keeper on it. */
export interface DemoWorld {
  readonly units: { readonly base: string; readonly quote: string };
  /** Value of the pool's liquidity [quote], for the volume model. */
  readonly poolValueQuote: number;
  step(step: MarketStep): Promise<void>;
  observe(phase: MarkPhase, gasQuote: number): Promise<Observation>;
  tick(signal: AbortSignal): Promise<TickReport>;
  /**
   * Lets a venue that answers later answer, and the time pass until the keeper may act again where that is before `until`
   * (unix seconds).
   *
   * @returns What the answer cost beside gas [quote]; undefined when nothing waited.
   */
  answer(until: number): Promise<{ readonly feeQuote: number } | undefined>;
}

/** One tick that wanted to change the vault. */
export interface RebalanceEvent {
  readonly timestamp: number;
  readonly price: number;
  readonly decision: string;
  readonly kind: "sent" | "reverted";
  readonly deltaBefore: number;
  readonly deltaAfter: number;
  /** Change of NAV at the market's price [quote]. */
  readonly costQuote: number;
  readonly gasUsed: number;
  readonly gasQuote: number;
  readonly text: string;
}

/** One look at the vault for charts, after the keeper's tick. */
export interface Sample {
  readonly timestamp: number;
  readonly price: number;
  /** As the tick found it. */
  readonly deltaFound: number;
  /** As the tick left it. */
  readonly deltaBase: number;
  readonly triggerBase: number | null;
  readonly range: Observation["range"];
  readonly health: number | null;
}

/** What a replay leaves behind. */
export interface ReplayRecord {
  readonly marks: readonly VaultMark[];
  readonly samples: readonly Sample[];
  readonly rebalances: readonly RebalanceEvent[];
  readonly ticks: { readonly total: number; readonly skipped: number; readonly failed: number };
  /** Texts of skipped and failed ticks, the first few. */
  readonly complaints: readonly string[];
  readonly maxTicksOutsideBand: number;
  readonly maxNavDifferenceQuote: number;
  /** When they were largest. */
  readonly shorts: readonly DemoShort[];
  readonly minHealth: number | null;
  readonly steps: number;
}
