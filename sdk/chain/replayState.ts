import { HedgerowError, InvalidParameterError } from "../errors.ts";
import type { PolicyParams, RangeState } from "../policy/types.ts";

/** A full bucket of RiskPolicy; its levels are fractions of this. */
export const FULL_BUCKET = 10n ** 31n;
const BUCKET_PERIOD_SECONDS = 86_400n;
const BPS = 10_000n;

/** Where a log stands in the chain. */
export interface LogPosition {
  readonly blockNumber: number;
  readonly logIndex: number;
}

/** One log as the reducer takes it: what a node returns, with the time of its block. */
export interface VaultLog extends LogPosition {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly transactionHash: string;
  /** Unix seconds of the block. */
  readonly timestamp: number;
}

/** The contracts whose logs make up a vault's life; the adapters follow from the vault's own logs. */
export interface ReplayAddresses {
  readonly vault: string;
  readonly policy: string;
}

/** One redemption request. Shares are settled, withdrawn, or pending; the three add up to what was asked. */
export interface ReplayedRequest {
  readonly id: bigint;
  readonly controller: string;
  readonly owner: string;
  readonly requestedShares: bigint;
  readonly settledShares: bigint;
  readonly settledAssets: bigint;
  readonly pendingShares: bigint;
  /** Unix seconds from which it may leave in kind. */
  readonly exitOpensAt: bigint;
  /** Shares of the same controller that were settled before it; 0 until anything of it is. */
  readonly settledBeforeShares: bigint;
  /** How what was not settled left the queue. */
  readonly left: "no" | "cancelled" | "in-kind";
  /** Shares of a cancelled request that wait to be taken back. */
  readonly cancelledShares: bigint;
}

/** What a controller may claim, over all requests. */
export interface ReplayedClaims {
  readonly shares: bigint;
  readonly assets: bigint;
  /** All shares that were ever settled for this controller. */
  readonly settledShares: bigint;
}

/** One hedge. What it is worth is at its venue and in no event. */
export interface ReplayedHedge {
  readonly hedge: string;
  readonly abandoned: boolean;
  /** Sum of all changes we made; interest, donations and liquidations are not in it. */
  readonly deltaChangeBase: bigint;
  readonly marginChangeQuote: bigint;
  /** Times that a loss was reported. Anyone may have one reported again until the vault reconciles. */
  readonly lossReports: number;
}

export interface ReplayedFeeTerms {
  readonly recipient: string;
  readonly managementBps: bigint;
  readonly performanceBps: bigint;
  readonly accruedAt: bigint;
  readonly highWater: bigint;
  /** Rates of the pending change; 0 where none is. */
  readonly nextManagementBps: bigint;
  readonly nextPerformanceBps: bigint;
  /** 0 = no change is pending. */
  readonly nextAt: bigint;
}

export interface ReplayedFeeLedger {
  readonly lockedQuote: bigint;
  readonly uncollectedQuote: bigint;
  readonly countedAt: bigint;
  /** When all that is locked will have vested, from `countedAt`. */
  readonly vestsInSeconds: bigint;
  readonly moveCostPpm: bigint;
}

/** Levels at `chargedAt`, as parts of FULL_BUCKET. */
export interface ReplayedBuckets {
  readonly lossLevel: bigint;
  readonly turnoverLevel: bigint;
  readonly chargedAt: bigint;
}

/** Sums over the vault's life, in units of the tokens; flows are signed as the vault sees them, + received. */
export interface ReplayedTotals {
  readonly depositedQuote: bigint;
  readonly settledQuote: bigint;
  readonly claimedQuote: bigint;
  readonly swappedBase: bigint;
  readonly swappedQuote: bigint;
  readonly exitedBase: bigint;
  readonly exitedQuote: bigint;
  readonly bountyQuote: bigint;
  readonly feeShares: bigint;
}

/** The vault's own judgement of the last action on its position. */
export interface ReplayedAction {
  readonly epoch: bigint;
  readonly by: string;
  readonly timestamp: bigint;
  readonly priceWad: bigint;
  readonly deltaAfterBase: bigint;
  readonly navAfterQuote: bigint;
}

/**
 * A transaction of which more logs may follow. `base` and `quote` are what its logs say came in since the last
 * IdleChanged; they count only while `isExact`, because what a pool or a venue moved is in no event of ours.
 */
export interface OpenTransaction {
  readonly hash: string;
  readonly base: bigint;
  readonly quote: bigint;
  readonly isExact: boolean;
  /** An IdleChanged is due. */
  readonly hasMoved: boolean;
  /** A settlement passed places of cancelled requests: its QueueHeadMoved is due. */
  readonly isHeadDue: boolean;
  /** The action under way is `hedgeNow`. */
  readonly isEmergency: boolean;
}

/**
 * A vault as its logs tell it. Holds no valuation: prices, NAV, debts at venues and amounts in ranges are in no event.
 * Nor are allowances of the share token (OpenZeppelin emits nothing when one is spent), and what never changes (tokens,
 * oracle, names: part of the clone's code). Addresses are checksummed; ids, times and amounts are bigint as on-chain.
 */
export interface ReplayedVault extends ReplayAddresses {
  /** Of the last log that was applied. */
  readonly position: LogPosition | undefined;

  readonly totalSupply: bigint;
  /** Holders of more than zero shares; the vault itself holds those in escrow, and strays sent to it. */
  readonly balances: ReadonlyMap<string, bigint>;
  /** Controller -> its operators. */
  readonly operators: ReadonlyMap<string, ReadonlySet<string>>;

  readonly idleBase: bigint;
  readonly idleQuote: bigint;
  readonly reservedQuote: bigint;

  /** In the order of their ids, from 1. */
  readonly requests: readonly ReplayedRequest[];
  /** As `queueHead` on-chain: nothing is pending before it. Its own place may be empty until a settlement passes it. */
  readonly queueHead: bigint;
  readonly pendingShares: bigint;
  readonly cancelledShares: bigint;
  readonly claims: ReadonlyMap<string, ReplayedClaims>;

  readonly depositsPaused: boolean;
  readonly keeperPaused: boolean;
  readonly degraded: boolean;
  /** Start of the wind-down; undefined = none. */
  readonly windDownAt: bigint | undefined;
  readonly depositCapQuote: bigint;
  readonly epoch: bigint;
  readonly lastAction: ReplayedAction | undefined;
  /** Of the keeper; `hedgeNow` does not count. 0 = never. */
  readonly lastActionAt: bigint;

  /** Undefined until the first log. */
  readonly liquidity: string | undefined;
  readonly ranges: readonly RangeState[];
  readonly hedges: readonly ReplayedHedge[];
  /** `readyAt` 0 = none is announced. */
  readonly adapterChange: { readonly current: string; readonly next: string; readonly readyAt: bigint };

  readonly fees: ReplayedFeeTerms;
  readonly ledger: ReplayedFeeLedger;
  /** Undefined until the policy was initialised. */
  readonly params: PolicyParams | undefined;
  readonly buckets: ReplayedBuckets;
  readonly totals: ReplayedTotals;

  readonly transaction: OpenTransaction;
}

const ZERO_ADDRESS = "0x0000000000000000000000000000000000000000";

/** A transaction without logs so far. */
export function openTransaction(hash: string): OpenTransaction {
  return { hash, base: 0n, quote: 0n, isExact: true, hasMoved: false, isHeadDue: false, isEmergency: false };
}

/** A vault before its first log. Addresses must be checksummed. */
export function unbornVault({ vault, policy }: ReplayAddresses): ReplayedVault {
  return {
    vault,
    policy,
    position: undefined,
    totalSupply: 0n,
    balances: new Map(),
    operators: new Map(),
    idleBase: 0n,
    idleQuote: 0n,
    reservedQuote: 0n,
    requests: [],
    queueHead: 1n,
    pendingShares: 0n,
    cancelledShares: 0n,
    claims: new Map(),
    depositsPaused: false,
    keeperPaused: false,
    degraded: false,
    windDownAt: undefined,
    depositCapQuote: 0n,
    epoch: 0n,
    lastAction: undefined,
    lastActionAt: 0n,
    liquidity: undefined,
    ranges: [],
    hedges: [],
    adapterChange: { current: ZERO_ADDRESS, next: ZERO_ADDRESS, readyAt: 0n },
    fees: {
      recipient: ZERO_ADDRESS,
      managementBps: 0n,
      performanceBps: 0n,
      accruedAt: 0n,
      highWater: 0n,
      nextManagementBps: 0n,
      nextPerformanceBps: 0n,
      nextAt: 0n,
    },
    ledger: { lockedQuote: 0n, uncollectedQuote: 0n, countedAt: 0n, vestsInSeconds: 0n, moveCostPpm: 0n },
    params: undefined,
    buckets: { lossLevel: 0n, turnoverLevel: 0n, chargedAt: 0n },
    totals: {
      depositedQuote: 0n,
      settledQuote: 0n,
      claimedQuote: 0n,
      swappedBase: 0n,
      swappedQuote: 0n,
      exitedBase: 0n,
      exitedQuote: 0n,
      bountyQuote: 0n,
      feeShares: 0n,
    },
    transaction: openTransaction(""),
  };
}

// --- what follows from a replayed vault

/** Shares of one holder; 0 for whoever holds none. */
export function sharesOf(state: ReplayedVault, holder: string): bigint {
  return state.balances.get(holder) ?? 0n;
}

/** Shares settled of the request at the head, as `headSettledShares` on-chain. */
export function headSettledSharesOf(state: ReplayedVault): bigint {
  return state.requests[Number(state.queueHead) - 1]?.settledShares ?? 0n;
}

/** Id that the next request gets, as `queueTail` on-chain. */
export function queueTailOf(state: ReplayedVault): bigint {
  return BigInt(state.requests.length) + 1n;
}

/** A request by its id. Throws InvalidParameterError when there is none. */
export function requestOf(state: ReplayedVault, id: bigint): ReplayedRequest {
  const request = id < 1n ? undefined : state.requests[Number(id) - 1];
  if (request === undefined) {
    throw new InvalidParameterError("id", id, `lie between 1 and ${state.requests.length}, the requests so far`);
  }
  return request;
}

/**
 * Settled, unclaimed shares of one request, as `claimableRedeemRequest` on-chain: a controller's claims are paid oldest
 * request first.
 */
export function claimableSharesOf(state: ReplayedVault, id: bigint): bigint {
  const { controller, settledShares, settledBeforeShares } = requestOf(state, id);
  const claims = state.claims.get(controller);
  if (claims === undefined) return 0n;
  const consumed = positive(claims.settledShares - claims.shares - settledBeforeShares);
  return positive(settledShares - consumed);
}

/**
 * What is left in the buckets of the policy, as `bucketQuote(navQuote)` and `turnoverBucketQuote(navQuote)` answer at a
 * time.
 *
 * @param navQuote Value of the vault then; buckets hold fractions, and no event says what the vault is worth now.
 * @param timestamp Unix seconds, not before the last charge.
 * Throws InvalidParameterError for an earlier time, or where the policy's parameters are not known yet.
 */
export function bucketsAt(
  state: ReplayedVault,
  navQuote: bigint,
  timestamp: bigint,
): { readonly lossQuote: bigint; readonly turnoverQuote: bigint } {
  const { buckets, params } = state;
  if (params === undefined) throw new InvalidParameterError("state", "unborn", "contain a ParamsChanged");
  if (timestamp < buckets.chargedAt) {
    throw new InvalidParameterError("timestamp", timestamp, `be at least ${buckets.chargedAt}, the last charge`);
  }
  const { lossLevel, turnoverLevel } = drainBuckets(buckets, timestamp);
  return {
    lossQuote: levelQuote(lossLevel, bucketCapacity(navQuote, params.maxLossBpsPerDay)),
    turnoverQuote: levelQuote(turnoverLevel, bucketCapacity(navQuote, params.maxTurnoverBpsPerDay)),
  };
}

/** The buckets at a later time; LeakyBucket.levelAfterUp. */
export function drainBuckets(buckets: ReplayedBuckets, timestamp: bigint): ReplayedBuckets {
  const leaked = (FULL_BUCKET * (timestamp - buckets.chargedAt)) / BUCKET_PERIOD_SECONDS;
  return {
    lossLevel: positive(buckets.lossLevel - leaked),
    turnoverLevel: positive(buckets.turnoverLevel - leaked),
    chargedAt: timestamp,
  };
}

/** A level in quote units; RiskPolicy._levelQuote. */
export function levelQuote(level: bigint, capacityQuote: bigint): bigint {
  const product = level * capacityQuote;
  const roundsUp = product % FULL_BUCKET > FULL_BUCKET / 1_000_000n;
  return product / FULL_BUCKET + (roundsUp ? 1n : 0n);
}

function bucketCapacity(navQuote: bigint, bps: bigint): bigint {
  return (navQuote * bps) / (2n * BPS);
}

function positive(value: bigint): bigint {
  return value > 0n ? value : 0n;
}

// --- what can be wrong with a log

/** A log that does not fit; carries where it stands. */
export class ReplayError extends HedgerowError {
  readonly blockNumber: number;
  readonly logIndex: number;

  constructor(log: LogPosition, message: string) {
    super(`Log ${log.logIndex} of block ${log.blockNumber}: ${message}`);
    this.blockNumber = log.blockNumber;
    this.logIndex = log.logIndex;
  }
}

/** A log that does not come after the one before it. */
export class LogOrderError extends ReplayError {}

/** A log of a contract that is no part of the vault at that time, or an event that the contract is not known to emit. */
export class UnknownEventError extends ReplayError {}

/** A log that contradicts those before it: one of them is missing, or belongs elsewhere. */
export class InconsistentLogError extends ReplayError {}
