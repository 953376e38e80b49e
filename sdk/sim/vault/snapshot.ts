import type { ExactPool } from "../../exact/pool/pool.ts";
import type { PolicyParams, RangeState, Snapshot, TokenState } from "../../policy/types.ts";
import type { ShortReading } from "./aaveShort.ts";
import type { Book } from "./book.ts";
import type { OracleReading } from "./feeds.ts";
import type { LiquidityReading } from "./ranges.ts";
import type { SimulatedPolicy } from "./riskPolicy.ts";
import type { PairScale } from "./units.ts";

/** What of a simulated vault never changes. Addresses are names here: nothing is looked up by them. */
export interface VaultIdentity {
  readonly name: string;
  readonly symbol: string;
  readonly base: TokenState;
  readonly quote: TokenState;
  readonly policy: PolicyParams;
  /** NAV above which deposits are closed [quote units]. */
  readonly depositCapQuote: bigint;
  /** Absent: no fees. */
  readonly feeRecipient?: string;
  readonly managementBps: bigint;
  readonly performanceBps: bigint;
}

/** What of it does, at one moment. */
export interface VaultMoment {
  readonly timestamp: number;
  readonly blockNumber: number;
  readonly reading: OracleReading;
  readonly book: Book;
  readonly liquidity: LiquidityReading;
  readonly pool: ExactPool;
  readonly ranges: readonly RangeState[];
  readonly short: ShortReading;
  readonly marginFactorWad: bigint;
  readonly idle: { readonly base: bigint; readonly quote: bigint };
  readonly totalSupply: bigint;
  readonly epoch: bigint;
  readonly policy: SimulatedPolicy;
  readonly volatilityBps: bigint;
}

/** Shares have six more decimals than the quote; see VaultFees.sol. */
const SHARE_DECIMALS_OFFSET = 6;
const NOBODY = "0x0000000000000000000000000000000000000000";

/** The snapshot that a keeper would read of the chain at that moment; chain 0, and the block's number as its hash. */
export function composeSnapshot(identity: VaultIdentity, pair: PairScale, moment: VaultMoment): Snapshot {
  const { timestamp, blockNumber, reading, book, liquidity, pool, short, policy } = moment;
  return {
    chainId: 0n,
    blockNumber,
    blockHash: `simulated-${blockNumber}`,
    timestamp,
    vault: {
      vault: identity.name,
      name: identity.name,
      symbol: identity.symbol,
      shareDecimals: identity.quote.decimals + SHARE_DECIMALS_OFFSET,
      totalSupply: moment.totalSupply,
      epoch: moment.epoch,
      depositsPaused: false,
      keeperPaused: false,
      windDown: false,
      degraded: false,
      depositCapQuote: identity.depositCapQuote,
      base: identity.base,
      quote: identity.quote,
      oracle: { address: "simulated oracle", ...reading },
      book: {
        navQuote: book.navQuote,
        navMinQuote: book.navMinQuote,
        navMaxQuote: book.navMaxQuote,
        deltaBase: book.deltaBase,
        healthWad: book.healthWad,
        pending: false,
        lost: false,
      },
      idleBase: moment.idle.base,
      idleQuote: moment.idle.quote,
      pool: {
        address: "simulated pool",
        feePips: pool.feePips,
        tickSpacing: pool.tickSpacing,
        sqrtPriceX96: pool.sqrtPriceX96,
        tick: pool.tick,
        liquidity: pool.liquidity,
        baseIsToken0: pair.baseIsToken0,
      },
      ranges: moment.ranges,
      liquidity: {
        base: liquidity.base,
        quote: liquidity.quote,
        feesBase: liquidity.feesBase,
        feesQuote: liquidity.feesQuote,
      },
      hedges: [
        {
          hedge: "simulated hedge",
          venue: "aave-v3-short",
          marginFactorWad: moment.marginFactorWad,
          ...short,
          pending: false,
          lost: false,
          pendingDeltaBase: 0n,
          waitingQuote: 0n,
          nativeWei: 0n,
        },
      ],
      // Requests are numbered from 1, and there is none.
      queue: { head: 1n, tail: 1n, headSettledShares: 0n, pendingShares: 0n, reservedQuote: 0n },
      policy: { address: "simulated policy", params: policy.params },
      bucketQuote: policy.bucketQuote(book.navQuote, timestamp),
      turnoverBucketQuote: policy.turnoverBucketQuote(book.navQuote, timestamp),
      healthFloorNowWad: policy.healthFloorWad(moment.volatilityBps),
      volatilityBps: moment.volatilityBps,
      lastActionAt: BigInt(policy.lastActionAt),
      fees: {
        recipient: identity.feeRecipient ?? NOBODY,
        managementBps: identity.managementBps,
        performanceBps: identity.performanceBps,
        nextAt: 0n,
        nextManagementBps: 0n,
        nextPerformanceBps: 0n,
      },
      adapterChange: { current: NOBODY, next: NOBODY, readyAt: 0n },
    },
  };
}
