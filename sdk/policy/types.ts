/**
 * The values that flow through keeper and simulator, one type an arrow:
 * Snapshot -> Exposure -> Decision -> Plan. On-chain amounts are bigint in token units; a delta is signed base units
 * (+ long); a price in WAD is quote per base in human units × 1e18.
 */

/** What is wrong with the oracle's reading; the same bits as OracleFlags on-chain. 0n = healthy. */
export const OracleFlag = {
  noPrice: 1n << 0n,
  baseStale: 1n << 1n,
  quoteStale: 1n << 2n,
  sequencerDown: 1n << 3n,
  depeg: 1n << 4n,
  spotDeviation: 1n << 5n,
  twapDeviation: 1n << 6n,
} as const;

/** The vault lets a keeper act through a depeg, and through a market so fast that the pool's average lags behind. */
export const TOLERATED_ORACLE_FLAGS = OracleFlag.depeg | OracleFlag.twapDeviation;

/** A token of the pair. */
export interface TokenState {
  readonly token: string;
  readonly decimals: number;
  readonly symbol: string;
}

/** One range that holds liquidity. */
export interface RangeState {
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly liquidity: bigint;
}

/** One hedge as the vault sees it at the oracle's price. */
export interface HedgeState {
  readonly hedge: string;
  readonly venue: string;
  /** health = marginFactorWad × margin / value of the short */
  readonly marginFactorWad: bigint;
  readonly deltaBase: bigint;
  readonly equityMinQuote: bigint;
  readonly equityMaxQuote: bigint;
  /** 1e18 = liquidation; 2^256 - 1 = nothing to liquidate. */
  readonly healthWad: bigint;
  readonly pending: boolean;
  readonly lost: boolean;
  /** How the delta changes when the order that waits for the venue is executed; 0 when none waits. */
  readonly pendingDeltaBase: bigint;
  /** Quote that the venue paid out and the hedge hands over at its next adjustment; part of the equity. */
  readonly waitingQuote: bigint;
  /** ETH of the hedge, for a venue that wants its execution paid in it. */
  readonly nativeWei: bigint;
}

/** Redemptions that a venue which pays later has not paid in full. Fractions of all shares, and of the hedge's equity. */
export interface RedemptionState {
  /** Shares that wait. */
  readonly fraction: number;
  /** What the venue has paid out already. */
  readonly paidFraction: number;
  /** What one order can raise, at most what waits. */
  readonly stepFraction: number;
  /** Enough is paid to settle one step. */
  readonly isReady: boolean;
}

/** The bounds of the vault's RiskPolicy. */
export interface PolicyParams {
  readonly maxDeltaBps: bigint;
  readonly maxLossBpsPerDay: bigint;
  readonly maxTurnoverBpsPerDay: bigint;
  readonly maxSlippageBps: bigint;
  readonly minRangeTicks: bigint;
  readonly cooldownSeconds: bigint;
  readonly exitDelaySeconds: bigint;
  readonly keeperGraceSeconds: bigint;
  readonly emergencyDeltaBps: bigint;
  /** In a market that does not move. */
  readonly healthFloorWad: bigint;
  /** Rise of the floor for every 100 % of volatility a year, in bps of 1e18. */
  readonly healthPerVolatilityBps: bigint;
}

/** One vault at one block. A vault without a price has no Snapshot: reading it fails instead. */
export interface VaultState {
  readonly vault: string;
  readonly name: string;
  readonly symbol: string;
  readonly shareDecimals: number;
  readonly totalSupply: bigint;
  readonly epoch: bigint;
  readonly depositsPaused: boolean;
  readonly keeperPaused: boolean;
  readonly windDown: boolean;
  readonly degraded: boolean;
  /** NAV above which deposits are closed. */
  readonly depositCapQuote: bigint;
  readonly base: TokenState;
  readonly quote: TokenState;
  readonly oracle: {
    readonly address: string;
    readonly priceWad: bigint;
    readonly flags: bigint;
    readonly bandBps: bigint;
  };
  readonly book: {
    readonly navQuote: bigint;
    readonly navMinQuote: bigint;
    readonly navMaxQuote: bigint;
    readonly deltaBase: bigint;
    readonly healthWad: bigint;
    readonly pending: boolean;
    readonly lost: boolean;
  };
  readonly idleBase: bigint;
  readonly idleQuote: bigint;
  readonly pool: {
    readonly address: string;
    readonly feePips: number;
    readonly tickSpacing: number;
    readonly sqrtPriceX96: bigint;
    readonly tick: number;
    readonly liquidity: bigint;
    readonly baseIsToken0: boolean;
  };
  readonly ranges: readonly RangeState[];
  /** All ranges at the oracle's price; fees are uncollected ones. */
  readonly liquidity: {
    readonly base: bigint;
    readonly quote: bigint;
    readonly feesBase: bigint;
    readonly feesQuote: bigint;
  };
  readonly hedges: readonly HedgeState[];
  readonly queue: {
    readonly head: bigint;
    readonly tail: bigint;
    readonly headSettledShares: bigint;
    readonly pendingShares: bigint;
    readonly reservedQuote: bigint;
  };
  readonly policy: { readonly address: string; readonly params: PolicyParams };
  readonly bucketQuote: bigint;
  readonly turnoverBucketQuote: bigint;
  /** The health floor in the market as it moves now. */
  readonly healthFloorNowWad: bigint;
  /** Realised volatility a year, as the policy reads it from the pool. */
  readonly volatilityBps: bigint;
  readonly lastActionAt: bigint;
  readonly fees: {
    readonly recipient: string;
    readonly managementBps: bigint;
    readonly performanceBps: bigint;
    /** Of a change that waits for its time; 0 = none does. */
    readonly nextAt: bigint;
    readonly nextManagementBps: bigint;
    readonly nextPerformanceBps: bigint;
  };
  /** Announced replacement of an adapter; `readyAt` 0 = none. */
  readonly adapterChange: { readonly current: string; readonly next: string; readonly readyAt: bigint };
}

/** A vault pinned to one block; every later value carries this block. */
export interface Snapshot {
  readonly chainId: bigint;
  readonly blockNumber: number;
  readonly blockHash: string;
  /** Unix seconds of the block. */
  readonly timestamp: number;
  readonly vault: VaultState;
}

/** What the vault is exposed to, as floats in human units (models only; never used for amounts on-chain). */
export interface Exposure {
  /** Quote per base, the oracle's. */
  readonly price: number;
  /** Quote per base, the pool's. */
  readonly spotPrice: number;
  readonly navQuote: number;
  /** Net delta [base]. */
  readonly deltaBase: number;
  /** Base in the ranges at the oracle's price [base]. */
  readonly liquidityBase: number;
  /** Value of the ranges at the oracle's price, fees excluded [quote]. */
  readonly liquidityQuote: number;
  /** Gamma of the ranges [base per quote], <= 0. */
  readonly gammaBase: number;
  /** Sum of all shorts [base], >= 0. */
  readonly shortBase: number;
  /** Outside of liquidity and venues; what venues paid out and hedges still hold is among it. */
  readonly idleQuote: number;
  /** Base outside of liquidity [base]; absent = as little as a position keeps. */
  readonly idleBase?: number | undefined;
  /** Lowest health of any hedge; Infinity without debt. */
  readonly health: number;
}

/** A range in human units: prices in quote per base, the lower one first; liquidity in sqrt(base · quote). */
export interface HumanRange {
  readonly priceLower: number;
  readonly priceUpper: number;
  readonly liquidity: number;
}

/** A hedge as far as the choice between hedges looks at it. */
export interface SituationHedge {
  readonly venue: string;
  /** [base], >= 0 */
  readonly shortBase: number;
  readonly marginFactor: number | undefined;
  /** Neither waiting for its venue nor lost there. */
  readonly isUsable: boolean;
  /** How the delta changes when the order that waits is executed [base]; absent = none waits. */
  readonly pendingBase?: number | undefined;
}

/** What a short at a venue costs, as the venue says it at one block. */
export interface HedgeTerms {
  /** Interest or funding and borrowing, + paid [quote a year per quote of notional]; what its margin earns is taken off. */
  readonly carryPerYear: number;
  /** Cost of changing the short, per quote of the change: the venue's fee and impact, or the pool's for a loan. */
  readonly tradeFraction: number;
  /** Cost of one order beside the keeper's gas [quote]; 0 for a venue that charges none. */
  readonly orderQuote: number;
}

/**
 * All that a decision is taken from, in human units: read off a snapshot of the chain, or kept by a simulator. Both are decided
 * about by the same code.
 */
export interface Situation {
  readonly blockNumber: number;
  readonly blockHash: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly exposure: Exposure;
  readonly ranges: readonly HumanRange[];
  readonly pool: { readonly feeFraction: number; readonly liquidity: number };
  readonly limits: {
    /** Largest net delta that the vault's policy allows, as a fraction of NAV. */
    readonly maxDeltaFraction: number;
    /** Unix seconds at which the cooldown after the last action ends. */
    readonly cooldownEndsAt: number;
    /** Health under which the vault refuses to let an action end; absent = none is known. */
    readonly healthFloor?: number | undefined;
  };
  /** What trading the hedge costs at its venue; absent = it is traded by swaps in the pool, at its fee and depth. */
  readonly hedgeCost?: { readonly proportional: number; readonly impactQuotePerBaseSquared: number } | undefined;
  /** The vault's hedges in their order; absent where a simulator has but one. */
  readonly hedges?: readonly SituationHedge[] | undefined;
  /** health = marginFactor × margin / value of the short; absent = not known, and margin then counts in full. */
  readonly marginFactor?: number | undefined;
  /** Quote that a venue paid out and the vault has not fetched yet [quote]; absent = none. */
  readonly waitingQuote?: number | undefined;
  /** Some of the short is at a hedge that is not the one it belongs at; absent = none. */
  readonly isShortElsewhere?: boolean | undefined;
  /** Redemptions that wait for a venue which pays later; absent = none does. */
  readonly redemption?: RedemptionState | undefined;
  readonly status: {
    /** Bits of {@link OracleFlag}. */
    readonly oracleFlags: bigint;
    readonly hedgeLost: boolean;
    readonly hedgePending: boolean;
    readonly windDown: boolean;
    readonly degraded: boolean;
  };
  readonly baseSymbol: string;
}

/** What the keeper knows besides the snapshot. Unknown is absent or undefined, never 0. */
export interface Market {
  /** Annual volatility as a fraction, e.g. 0.7. */
  readonly volatilityAnnual: number;
  /** Cost of one hedge transaction [quote]. */
  readonly hedgeGasQuote: number;
  /** Fees that one unit of liquidity [sqrt(base · quote)] earns while the price is in its range [quote a year], at least 0. */
  readonly feeQuotePerLiquidityYear?: number | undefined;
  /** What each of the vault's hedges costs, in their order; undefined = not known. */
  readonly hedgeTerms?: readonly (HedgeTerms | undefined)[] | undefined;
  /** Net cost of the short, + paid [quote a year per quote of its notional]; interest earned by the margin is taken off. */
  readonly shortCarryPerYear?: number | undefined;
}

/** What break-even consists of, each a fraction of the position's value a year; funding is signed, + paid. */
export interface GateCosts {
  readonly lvr: number;
  readonly rebalancing: number;
  readonly funding: number;
  readonly margin: number;
  readonly recentring: number;
}

/**
 * Whether fees pay for the hedge, as fractions of the position's value a year.
 *
 * `leave` = below what a vault in the pool stays for, `enter` = above what one outside enters for, `keep` = in between:
 * whoever is in stays in, whoever is out stays out. `unknown` = no opinion, because fees or volatility are not known.
 */
export type GateVerdict =
  | { readonly opinion: "unknown" }
  | {
      readonly opinion: "leave" | "keep" | "enter";
      readonly feeApr: number;
      readonly breakEvenApr: number;
      readonly enterAboveApr: number;
      readonly leaveBelowApr: number;
      readonly costs: GateCosts;
    };

/** What a new position is built for. */
export interface Targets {
  /** Range is price ×/÷ this. */
  readonly rangeWidth: number;
  /** Health that a new position is built for. */
  readonly targetHealth: number;
  /** Health under which margin is posted or the position reduced. */
  readonly minHealth: number;
}

/** Health to build for, and health under which to act. */
export type MarginPlan = Pick<Targets, "targetHealth" | "minHealth">;

/** What market and settings say about a situation, beside the band. */
export interface Advice {
  readonly targets: Targets;
  readonly gate: GateVerdict;
}

/** The two-parameter no-trade band around zero [base]: trade when |delta| > trigger, back to target. */
export interface Band {
  readonly triggerBase: number;
  readonly targetBase: number;
}

/** Why a decision was taken: a stable code and a sentence with figures. */
export interface Reason {
  readonly code:
    | "inside-band"
    | "outside-band"
    | "no-position"
    | "idle-capital"
    | "range-edge"
    | "health-low"
    | "wind-down"
    | "degraded"
    | "hedge-lost"
    | "oracle-unhealthy"
    | "hedge-pending"
    | "cooling-down"
    | "too-small"
    | "redemption-waits"
    | "redemption-ready"
    | "cheaper-hedge"
    | "fees-too-low"
    | "fees-near-break-even"
    | "fees-suffice";
  readonly text: string;
}

interface DecisionBase {
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly exposure: Exposure;
  readonly band: Band;
  /** The first is what decided; a second one says how fees stand to costs, where that is known. */
  readonly reasons: readonly Reason[];
  /** Orders that wait for a venue; absent = none does. */
  readonly orders?: readonly { readonly venue: string; readonly deltaBase: number }[] | undefined;
  /** Place of the hedge that the short belongs at; absent = where it is. */
  readonly hedgeIndex?: number | undefined;
  /** What a plan for this decision is built for; absent = what the settings say. */
  readonly targets?: Targets;
  readonly gate?: GateVerdict;
}

/** What to do about one snapshot. A hold is a decision too and is recorded. */
export type Decision =
  | (DecisionBase & { readonly kind: "hold" })
  | (DecisionBase & { readonly kind: "hedge"; readonly targetDeltaBase: number })
  | (DecisionBase & { readonly kind: "recentre"; readonly keepRange: boolean })
  | (DecisionBase & { readonly kind: "deleverage"; readonly targetHealth: number })
  /** Have a venue that pays later pay out the fraction of the hedge that redemptions are owed. */
  | (DecisionBase & { readonly kind: "raise"; readonly fraction: number })
  | (DecisionBase & { readonly kind: "exit" })
  | (DecisionBase & { readonly kind: "reconcile" });

/** One step of a plan, as HedgedVault.rebalance takes it. */
export type PlanAction =
  | {
      readonly kind: "removeLiquidity" | "addLiquidity";
      readonly tickLower: number;
      readonly tickUpper: number;
      readonly liquidity: bigint;
    }
  | {
      readonly kind: "adjustHedge";
      readonly hedgeIndex: number;
      readonly deltaChangeBase: bigint;
      readonly marginChangeQuote: bigint;
    }
  | { readonly kind: "swap"; readonly baseChange: bigint };

/** A transaction's worth of steps with the promise that the vault checks. */
export interface Plan {
  readonly vault: string;
  readonly decision: Exclude<Decision["kind"], "hold" | "reconcile">;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly actions: readonly PlanAction[];
  readonly promise: {
    readonly expectedEpoch: bigint;
    /** Unix seconds. */
    readonly deadline: number;
    readonly maxResidualDeltaBase: bigint;
    readonly maxLossQuote: bigint;
  };
}

/** How the keeper trades risk against cost; defaults in settings.ts. */
export interface PolicySettings {
  /** Range is price ×/÷ this; "auto" = what pays best in the market of the moment, see `autoRange`. */
  readonly rangeWidth: number | "auto";
  readonly autoRange: RangeSettings;
  readonly feeGate: GateSettings;
  readonly marginPlan: MarginSettings;
  readonly hedgeChoice: HedgeChoiceSettings;
  /** Recentre when the price has used this part of the way (in log price) from the centre to an edge, 0..1. */
  readonly recentreAt: number;
  /** Absolute risk aversion times the liquidity's value: 100 = 1e-3 a quote unit at 100,000. */
  readonly relativeRiskAversion: number;
  /** Health that a new position is built for, at least; the market may ask for more, see `marginPlan`. */
  readonly targetHealth: number;
  /** Health under which margin is posted or the position reduced, at least. */
  readonly minHealth: number;
  /** Part of NAV kept idle in quote. */
  readonly idleFraction: number;
  /** Put new capital to work when more than this part of NAV is idle. */
  readonly deployAboveFraction: number;
  /** The trigger of the band is never above this part of the on-chain delta limit. */
  readonly bandSafety: number;
  /** Seconds a plan stays valid. */
  readonly deadlineSeconds: number;
}

/** When liquidity is worth its hedge. */
export interface GateSettings {
  /** False: the gate is computed and shown, and decides nothing. */
  readonly enabled: boolean;
  /** A vault without a position enters when fees exceed break-even times this; at least `leaveRatio`. */
  readonly enterRatio: number;
  /** One with a position leaves when fees fall below break-even times this. */
  readonly leaveRatio: number;
  /** Days over which a change must earn what leaving and entering again cost. */
  readonly holdingDays: number;
  /** What the capital tied up as margin could earn elsewhere [1 a year]. */
  readonly marginRatePerYear: number;
  /** Carry of the short while none was measured [quote a year per quote of notional], + paid. */
  readonly carryPriorPerYear: number;
}

/** When the short moves from one hedge to another. */
export interface HedgeChoiceSettings {
  /** Days over which a move must save what it costs. */
  readonly holdingDays: number;
  /** Volume that keeping delta at zero trades in a year, as a multiple of the short. */
  readonly turnoverPerYear: number;
}

/** Widths to choose from when the range is chosen by the market. */
export interface RangeSettings {
  /** Narrowest and widest range are price ×/÷ these. */
  readonly minWidth: number;
  readonly maxWidth: number;
  /** Number of widths, evenly spaced in log price from one bound to the other. */
  readonly steps: number;
  /** Taken while fee flow or volatility are not known. */
  readonly fallbackWidth: number;
}

/** How much margin a market asks for. */
export interface MarginSettings {
  /** Time for which nobody watches the vault. */
  readonly keeperOutageHours: number;
  /** Time from seeing a low health to margin being posted. */
  readonly topUpLatencyHours: number;
  /** Accepted probability that health falls from the minimum to liquidation in that time. */
  readonly liquidationProbability: number;
  /** Sudden rise of the price that is to be survived on top (0.05 = 5 %). */
  readonly jumpFraction: number;
  /** Health falls from target to minimum within this time ... */
  readonly topUpDays: number;
  /** ... with this probability at most. */
  readonly topUpProbability: number;
  /** Kept above the health floor that the vault itself enforces. */
  readonly floorReserve: number;
}
