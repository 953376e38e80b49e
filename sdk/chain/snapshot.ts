import { AbiCoder } from "ethers";

import type { VaultLens, VaultViewStructOutput } from "../../types/contracts/lens/VaultLens.ts";
import { HedgerowError } from "../errors.ts";
import type { Snapshot, VaultState } from "../policy/types.ts";
import { lensInterface } from "./contracts.ts";
import { describeRevert } from "./revert.ts";

/** The part of a provider that a snapshot needs: raw JSON-RPC, so that a call can be pinned to a block hash. */
export interface RpcSender {
  send(method: string, params: unknown[]): Promise<unknown>;
}

/** A block that a read is pinned to. */
export interface BlockRef {
  readonly number: number;
  readonly hash: string;
  /** Unix seconds. */
  readonly timestamp: number;
}

/** A vault that could be read, or the reason why not. Unknown is never zero. */
export type SnapshotResult =
  | { readonly ok: true; readonly snapshot: Snapshot }
  | { readonly ok: false; readonly vault: string; readonly reason: string };

/** The node answered something that is not an answer to what was asked. */
export class ReadError extends HedgerowError {}

/**
 * The newest block of a node, by hash.
 *
 * Throws ReadError when the node has no block to give.
 */
export async function readHead(provider: RpcSender): Promise<BlockRef> {
  const block = (await provider.send("eth_getBlockByNumber", ["latest", false])) as {
    number: string;
    hash: string;
    timestamp: string;
  } | null;
  if (block === null)
    throw new ReadError("The node returned no latest block. Check that RPC_URL points at a synced node.");
  return { number: Number(block.number), hash: block.hash, timestamp: Number(block.timestamp) };
}

/**
 * Whole state of vaults at one block, in one eth_call pinned to the block's hash (EIP-1898): a node that follows
 * another branch answers with an error instead of mixed state.
 *
 * @param lens Address of the deployed VaultLens.
 * @param vaults Addresses to read; the results come in the same order.
 * @param block Block to read at; the newest when left out.
 * @returns One result a vault. A vault whose read reverts, or whose oracle has no price, is `ok: false` with a reason.
 */
export async function readSnapshots(
  provider: RpcSender,
  lens: string,
  vaults: readonly string[],
  block?: BlockRef,
): Promise<readonly SnapshotResult[]> {
  const pinned = block ?? (await readHead(provider));
  const chainId = BigInt((await provider.send("eth_chainId", [])) as string);
  const data = lensInterface.encodeFunctionData("read", [[...vaults]]);
  const raw = (await provider.send("eth_call", [
    { to: lens, data },
    { blockHash: pinned.hash, requireCanonical: true },
  ])) as string;
  if (raw === "0x") {
    throw new ReadError(
      `There is no contract at the lens address ${lens} on chain ${chainId}. Check the deployment file.`,
    );
  }
  const [, , results] = decodeRead(raw);
  return vaults.map((vault, i): SnapshotResult => {
    const result = results[i];
    if (result === undefined) return { ok: false, vault, reason: "the lens returned no result for this vault" };
    if (!result.ok) return { ok: false, vault, reason: `reading the vault reverted: ${describeRevert(result.reason)}` };
    if (result.state.reading.priceWad === 0n) return { ok: false, vault, reason: "the oracle has no price" };
    return {
      ok: true,
      snapshot: {
        chainId,
        blockNumber: pinned.number,
        blockHash: pinned.hash,
        timestamp: pinned.timestamp,
        vault: toVaultState(result.state),
      },
    };
  });
}

/**
 * One vault's snapshot, or an error.
 *
 * Throws ReadError with the reason when the vault cannot be read.
 */
export async function readSnapshot(
  provider: RpcSender,
  lens: string,
  vault: string,
  block?: BlockRef,
): Promise<Snapshot> {
  const [result] = await readSnapshots(provider, lens, [vault], block);
  if (result === undefined) throw new ReadError(`The lens returned nothing for vault ${vault}.`);
  if (!result.ok) throw new ReadError(`Vault ${vault} cannot be read: ${result.reason}.`);
  return result.snapshot;
}

type ReadOutput = Awaited<ReturnType<VaultLens["read"]["staticCall"]>>;

function decodeRead(raw: string): ReadOutput {
  const fragment = lensInterface.getFunction("read");
  return AbiCoder.defaultAbiCoder().decode(fragment.outputs, raw) as unknown as ReadOutput;
}

function toVaultState(v: VaultViewStructOutput): VaultState {
  return {
    vault: v.vault,
    name: v.name,
    symbol: v.symbol,
    shareDecimals: Number(v.shareDecimals),
    totalSupply: v.totalSupply,
    epoch: v.epoch,
    depositsPaused: v.depositsPaused,
    keeperPaused: v.keeperPaused,
    windDown: v.windDown,
    degraded: v.degraded,
    depositCapQuote: v.depositCapQuote,
    base: { token: v.base.token, decimals: Number(v.base.decimals), symbol: v.base.symbol },
    quote: { token: v.quote.token, decimals: Number(v.quote.decimals), symbol: v.quote.symbol },
    oracle: {
      address: v.oracle,
      priceWad: v.reading.priceWad,
      flags: v.reading.flags,
      bandBps: v.reading.bandBps,
    },
    book: {
      navQuote: v.book.navQuote,
      navMinQuote: v.book.navMinQuote,
      navMaxQuote: v.book.navMaxQuote,
      deltaBase: v.book.deltaBase,
      healthWad: v.book.healthWad,
      pending: v.book.pending,
      lost: v.book.lost,
    },
    idleBase: v.idleBase,
    idleQuote: v.idleQuote,
    pool: {
      address: v.pool.pool,
      feePips: Number(v.pool.feePips),
      tickSpacing: Number(v.pool.tickSpacing),
      sqrtPriceX96: v.pool.sqrtPriceX96,
      tick: Number(v.pool.tick),
      liquidity: v.pool.liquidity,
      baseIsToken0: v.pool.baseIsToken0,
    },
    ranges: v.ranges.map((r) => ({
      tickLower: Number(r.tickLower),
      tickUpper: Number(r.tickUpper),
      liquidity: r.liquidity,
    })),
    liquidity: {
      base: v.liquidity.base,
      quote: v.liquidity.quote,
      feesBase: v.liquidity.feesBase,
      feesQuote: v.liquidity.feesQuote,
    },
    hedges: v.hedges.map((h) => ({
      hedge: h.hedge,
      venue: h.venue,
      marginFactorWad: h.marginFactorWad,
      deltaBase: h.state.deltaBase,
      equityMinQuote: h.state.equityMinQuote,
      equityMaxQuote: h.state.equityMaxQuote,
      healthWad: h.state.healthWad,
      pending: h.state.pending,
      lost: h.state.lost,
      pendingDeltaBase: h.pendingDeltaBase,
      waitingQuote: h.waitingQuote,
      nativeWei: h.nativeWei,
    })),
    queue: {
      head: v.queue.head,
      tail: v.queue.tail,
      headSettledShares: v.queue.headSettledShares,
      pendingShares: v.queue.pendingShares,
      reservedQuote: v.queue.reservedQuote,
    },
    policy: {
      address: v.policy,
      params: {
        maxDeltaBps: v.params.maxDeltaBps,
        maxLossBpsPerDay: v.params.maxLossBpsPerDay,
        maxTurnoverBpsPerDay: v.params.maxTurnoverBpsPerDay,
        maxSlippageBps: v.params.maxSlippageBps,
        minRangeTicks: v.params.minRangeTicks,
        cooldownSeconds: v.params.cooldownSeconds,
        exitDelaySeconds: v.params.exitDelaySeconds,
        keeperGraceSeconds: v.params.keeperGraceSeconds,
        emergencyDeltaBps: v.params.emergencyDeltaBps,
        healthFloorWad: v.params.healthFloorWad,
        healthPerVolatilityBps: v.params.healthPerVolatilityBps,
      },
    },
    bucketQuote: v.bucketQuote,
    turnoverBucketQuote: v.turnoverBucketQuote,
    healthFloorNowWad: v.healthFloorNowWad,
    volatilityBps: v.volatilityBps,
    lastActionAt: v.lastActionAt,
    fees: {
      recipient: v.fees.recipient,
      managementBps: v.fees.managementBps,
      performanceBps: v.fees.performanceBps,
      nextAt: v.fees.nextAt,
      nextManagementBps: v.fees.nextManagementBps,
      nextPerformanceBps: v.fees.nextPerformanceBps,
    },
    adapterChange: { current: v.change.current, next: v.change.next, readyAt: v.change.readyAt },
  };
}
