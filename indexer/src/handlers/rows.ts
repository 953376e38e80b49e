/*
 * Rows of the tables in ponder.schema.ts. Amounts are in the token's smallest units, `…Wad` times 1e18; addresses are lower case; times are Unix
 * seconds; null is unknown or not there, never zero.
 */

export type Hex = `0x${string}`;

export interface VaultRow {
  readonly address: Hex;
  readonly creator: Hex;
  readonly policy: Hex;
  readonly liquidity: Hex;
  readonly createdBlock: bigint;
  readonly createdAt: bigint;
  readonly totalShares: bigint;
  readonly idleBase: bigint;
  readonly idleQuote: bigint;
  /** Set aside for settled redemptions that were not claimed. */
  readonly reservedQuote: bigint;
  readonly queueHead: bigint;
  readonly depositCapQuote: bigint;
  readonly depositsPaused: boolean;
  readonly keeperPaused: boolean;
  readonly degraded: boolean;
  readonly windDownAt: bigint | null;
  readonly feeRecipient: Hex | null;
  readonly managementBps: bigint;
  readonly performanceBps: bigint;
  readonly nextManagementBps: bigint | null;
  readonly nextPerformanceBps: bigint | null;
  readonly nextFeesAt: bigint | null;
  readonly highWater: bigint | null;
  readonly nextAdapterCurrent: Hex | null;
  readonly nextAdapter: Hex | null;
  readonly nextAdapterAt: bigint | null;
  /** Of the last action on the position; null before the first. */
  readonly epoch: bigint | null;
  readonly priceWad: bigint | null;
  readonly navQuote: bigint | null;
  readonly deltaBase: bigint | null;
  readonly valuedAt: bigint | null;
}

export interface HolderRow {
  readonly vault: Hex;
  readonly account: Hex;
  readonly shares: bigint;
}

export interface OperatorRow {
  readonly vault: Hex;
  readonly controller: Hex;
  readonly operator: Hex;
  readonly approved: boolean;
}

export interface RequestRow {
  readonly vault: Hex;
  readonly requestId: bigint;
  readonly controller: Hex;
  readonly owner: Hex;
  readonly shares: bigint;
  readonly settledShares: bigint;
  readonly settledQuote: bigint;
  readonly state: "waiting" | "settled" | "cancelled" | "returned" | "in-kind";
  readonly requestedAt: bigint;
  readonly changedAt: bigint;
}

/** Money and shares that went in or out; signed as the account sees it, + received. */
export interface FlowRow {
  readonly id: string;
  readonly vault: Hex;
  readonly kind: "deposit" | "claim" | "exit-in-kind" | "bounty" | "fee";
  readonly account: Hex;
  readonly shares: bigint;
  readonly base: bigint;
  readonly quote: bigint;
  readonly timestamp: bigint;
  readonly transaction: Hex;
}

/** The vault's own judgement of one action, NAV before and after at one price. */
export interface RebalanceRow {
  readonly vault: Hex;
  readonly epoch: bigint;
  readonly keeper: Hex;
  readonly priceWad: bigint;
  readonly deltaBeforeBase: bigint;
  readonly deltaAfterBase: bigint;
  readonly navBeforeQuote: bigint;
  readonly navAfterQuote: bigint;
  /** Supply at the time: NAV after / shares is the value of a share. */
  readonly totalShares: bigint;
  readonly timestamp: bigint;
  readonly transaction: Hex;
}

export interface AdapterRow {
  readonly address: Hex;
  readonly vault: Hex;
  readonly kind: "liquidity" | "hedge";
  readonly since: bigint;
  readonly until: bigint | null;
  readonly swappedBase: bigint;
  readonly swappedQuote: bigint;
  /** Sum of all changes that the vault made; interest and liquidations are in no event. */
  readonly deltaChangeBase: bigint;
  readonly marginChangeQuote: bigint;
  readonly lossReports: number;
  readonly abandoned: boolean;
}

export interface RangeRow {
  readonly adapter: Hex;
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly vault: Hex;
  readonly liquidity: bigint;
  readonly changedAt: bigint;
}

export interface HedgeChangeRow {
  readonly id: string;
  readonly hedge: Hex;
  readonly vault: Hex;
  readonly kind: "adjusted" | "lost";
  readonly deltaChangeBase: bigint;
  readonly marginChangeQuote: bigint;
  readonly timestamp: bigint;
  readonly transaction: Hex;
}

export interface ChargeRow {
  readonly id: string;
  readonly vault: Hex;
  readonly kind: "loss" | "turnover";
  readonly chargedQuote: bigint;
  readonly bucketQuote: bigint;
  readonly capacityQuote: bigint;
  readonly timestamp: bigint;
  readonly transaction: Hex;
}

export interface PolicyParamsRow {
  readonly id: string;
  readonly vault: Hex;
  readonly timestamp: bigint;
  readonly maxDeltaBps: number;
  readonly maxLossBpsPerDay: number;
  readonly maxTurnoverBpsPerDay: number;
  readonly maxSlippageBps: number;
  readonly minRangeTicks: number;
  readonly cooldownSeconds: number;
  readonly exitDelaySeconds: number;
  readonly keeperGraceSeconds: number;
  readonly emergencyDeltaBps: number;
  readonly healthFloorWad: bigint;
  readonly healthPerVolatilityBps: number;
}

/** Of which vault a policy is. */
export interface PolicyRow {
  readonly address: Hex;
  readonly vault: Hex;
}

/** Tables by their names in ponder.schema.ts. */
export interface Tables {
  readonly vault: VaultRow;
  readonly holder: HolderRow;
  readonly operator: OperatorRow;
  readonly request: RequestRow;
  readonly flow: FlowRow;
  readonly rebalance: RebalanceRow;
  readonly adapter: AdapterRow;
  readonly range: RangeRow;
  readonly hedgeChange: HedgeChangeRow;
  readonly charge: ChargeRow;
  readonly policyParams: PolicyParamsRow;
  readonly policy: PolicyRow;
}
