import { getAddress } from "ethers";

import { InvalidParameterError } from "../errors.ts";
import { vaultInterface } from "./contracts.ts";
import type { LogPosition, ReplayAddresses, VaultLog } from "./replayState.ts";
import { ReadError, type RpcSender } from "./snapshot.ts";

/** Blocks a request asks for; most nodes refuse more than some thousands. */
const DEFAULT_CHUNK_BLOCKS = 2_000;
/** Block headers that are asked for at once. */
const HEADERS_AT_ONCE = 20;

/** Whose logs to read. */
export interface LogSources extends ReplayAddresses {
  /** Adapters of the vault just before `fromBlock` (`liquidity` and `hedges` of a replay); left out for a vault's first block. */
  readonly adapters?: readonly string[];
}

/** A log as a node returns it. */
interface RawLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly transactionHash: string;
  readonly logIndex: string;
  readonly removed?: boolean;
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
    terms = addTerms(terms, await readLogs(provider, [sources.vault], from, to, [ADAPTER_CHANGED]));
    const adapters = new Set(terms.map(({ adapter }) => adapter));
    const logs = await readLogs(provider, [sources.vault, sources.policy, ...adapters], from, to);
    const own = [getAddress(sources.vault), getAddress(sources.policy)];
    found.push(...logs.filter((log) => own.includes(getAddress(log.address)) || isInTerm(terms, log)));
    terms = terms.filter(({ until }) => until === undefined);
  }
  const headers = await readHeaders(provider, found);
  return found.map((log): VaultLog => {
    const header = headers.get(log.blockNumber);
    if (header === undefined || header.hash !== log.blockHash) {
      throw new ReadError(
        `Block ${Number(log.blockNumber)} was replaced while its logs were read. Read again, up to an older block.`,
      );
    }
    return {
      address: getAddress(log.address),
      topics: log.topics,
      data: log.data,
      ...positionOf(log),
      transactionHash: log.transactionHash,
      timestamp: Number(header.timestamp),
    };
  });
}

const ADAPTER_CHANGED = vaultInterface.getEvent("AdapterChanged")?.topicHash ?? "";

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
      (from === undefined || compare(from, at) < 0) &&
      (until === undefined || compare(at, until) < 0),
  );
}

async function readLogs(
  provider: RpcSender,
  addresses: readonly string[],
  fromBlock: number,
  toBlock: number,
  topics?: readonly string[],
): Promise<readonly RawLog[]> {
  const filter = {
    address: addresses,
    fromBlock: toQuantity(fromBlock),
    toBlock: toQuantity(toBlock),
    ...(topics === undefined ? {} : { topics }),
  };
  const logs = (await provider.send("eth_getLogs", [filter])) as readonly RawLog[] | null;
  if (logs === null) throw new ReadError(`The node returned no logs for blocks ${fromBlock} to ${toBlock}.`);
  if (logs.some(({ removed }) => removed === true)) {
    throw new ReadError(`The node's chain changed while blocks ${fromBlock} to ${toBlock} were read. Read again.`);
  }
  return [...logs].sort((a, b) => compare(positionOf(a), positionOf(b)));
}

interface RawHeader {
  readonly hash: string;
  readonly timestamp: string;
}

/** Headers by block number as the logs spell it. */
async function readHeaders(
  provider: RpcSender,
  logs: readonly RawLog[],
): Promise<ReadonlyMap<string, RawHeader | undefined>> {
  const numbers = [...new Set(logs.map(({ blockNumber }) => blockNumber))];
  const headers = new Map<string, RawHeader | undefined>();
  for (let i = 0; i < numbers.length; i += HEADERS_AT_ONCE) {
    const batch = numbers.slice(i, i + HEADERS_AT_ONCE);
    const answers = await Promise.all(
      batch.map(async (number) => (await provider.send("eth_getBlockByNumber", [number, false])) as RawHeader | null),
    );
    batch.forEach((number, at) => headers.set(number, answers[at] ?? undefined));
  }
  return headers;
}

function positionOf({ blockNumber, logIndex }: RawLog): LogPosition {
  return { blockNumber: Number(blockNumber), logIndex: Number(logIndex) };
}

function compare(a: LogPosition, b: LogPosition): number {
  return a.blockNumber - b.blockNumber || a.logIndex - b.logIndex;
}

function toQuantity(block: number): string {
  return `0x${block.toString(16)}`;
}
