import { getAddress } from "ethers";

import { InvalidParameterError } from "../errors.ts";
import { vaultInterface } from "./contracts.ts";
import { ADAPTER_CHANGED, comparePositions, positionOf, type RawLog, readRawLogs, withTimes } from "./logs.ts";
import type { LogPosition, ReplayAddresses, VaultLog } from "./replayState.ts";
import type { RpcSender } from "./snapshot.ts";

/** Blocks a request asks for; most nodes refuse more than some thousands. */
const DEFAULT_CHUNK_BLOCKS = 2_000;

/** Whose logs to read. */
export interface LogSources extends ReplayAddresses {
  /** Adapters of the vault just before `fromBlock` (`liquidity` and `hedges` of a replay); left out for a vault's first block. */
  readonly adapters?: readonly string[];
}

/** When an adapter belonged to the vault: after `from`, until `until`; undefined = open. */
interface Term {
  readonly adapter: string;
  readonly from: LogPosition | undefined;
  readonly until: LogPosition | undefined;
}

/**
 * The logs of a vault, its policy, and whatever adapters it ran on at the time, for `replay`.
 *
 * Two requests a chunk: one for the vault's AdapterChanged alone, which says whose logs to ask for, and one for all logs
 * of those contracts, by address and not by topic, so that an event nobody expects is not hidden. Then one header for every
 * block that has any.
 *
 * @param fromBlock First block; the one that created the vault, unless `sources.adapters` says what was there before.
 * @param toBlock Last block, included. Choose one deep enough that it will not be replaced.
 * @returns Sorted by block and log index, each with its block's time.
 * Throws ReadError when the node's answers do not belong to one chain, InvalidParameterError for blocks out of order.
 */
export async function readVaultLogs(
  provider: RpcSender,
  sources: LogSources,
  fromBlock: number,
  toBlock: number,
  { chunkBlocks = DEFAULT_CHUNK_BLOCKS }: { readonly chunkBlocks?: number } = {},
): Promise<readonly VaultLog[]> {
  if (!(fromBlock <= toBlock)) throw new InvalidParameterError("fromBlock", fromBlock, `be at most ${toBlock}`);
  if (!(chunkBlocks >= 1)) throw new InvalidParameterError("chunkBlocks", chunkBlocks, "be at least 1");
  let terms: readonly Term[] = (sources.adapters ?? []).map((adapter) => ({
    adapter: getAddress(adapter),
    from: undefined,
    until: undefined,
  }));
  const found: RawLog[] = [];
  for (let from = fromBlock; from <= toBlock; from += chunkBlocks) {
    const to = Math.min(from + chunkBlocks - 1, toBlock);
    terms = addTerms(terms, await readRawLogs(provider, [sources.vault], from, to, [ADAPTER_CHANGED]));
    const adapters = new Set(terms.map(({ adapter }) => adapter));
    const logs = await readRawLogs(provider, [sources.vault, sources.policy, ...adapters], from, to);
    const own = [getAddress(sources.vault), getAddress(sources.policy)];
    found.push(...logs.filter((log) => own.includes(getAddress(log.address)) || isInTerm(terms, log)));
    terms = terms.filter(({ until }) => until === undefined);
  }
  return await withTimes(provider, found);
}

/** Ends the terms of adapters that went, and begins those of adapters that came. */
function addTerms(terms: readonly Term[], changes: readonly RawLog[]): readonly Term[] {
  let all = terms;
  for (const change of changes) {
    const { args } = vaultInterface.parseLog(change) ?? {};
    const [current, next] = [String(args?.["current"]), String(args?.["next"])];
    const at = positionOf(change);
    all = all.map((term) => (term.adapter === current && term.until === undefined ? { ...term, until: at } : term));
    if (BigInt(next) !== 0n) all = [...all, { adapter: next, from: at, until: undefined }];
  }
  return all;
}

function isInTerm(terms: readonly Term[], log: RawLog): boolean {
  const address = getAddress(log.address);
  const at = positionOf(log);
  return terms.some(
    ({ adapter, from, until }) =>
      adapter === address &&
      (from === undefined || comparePositions(from, at) < 0) &&
      (until === undefined || comparePositions(at, until) < 0),
  );
}
