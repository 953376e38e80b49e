import { getAddress } from "ethers";

import { vaultInterface } from "./contracts.ts";
import type { LogPosition, VaultLog } from "./replayState.ts";
import { ReadError, type RpcSender } from "./snapshot.ts";

/** Block headers that are asked for at once. */
const HEADERS_AT_ONCE = 20;

/** Topic of the vault's event that says which adapters it runs on. */
export const ADAPTER_CHANGED = vaultInterface.getEvent("AdapterChanged")?.topicHash ?? "";

/** A log as a node returns it. */
export interface RawLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly transactionHash: string;
  readonly logIndex: string;
  readonly removed?: boolean;
}

/**
 * Logs of contracts in blocks `fromBlock` to `toBlock`, both included, sorted by block and log index.
 *
 * Throws ReadError when the node returns none at all or its chain changed meanwhile, and what the node throws.
 */
export async function readRawLogs(
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
  return [...logs].sort((a, b) => comparePositions(positionOf(a), positionOf(b)));
}

/** The same logs with the time of their blocks: one header for every block that has any. Throws ReadError when a block was replaced. */
export async function withTimes(provider: RpcSender, logs: readonly RawLog[]): Promise<readonly VaultLog[]> {
  const headers = await readHeaders(provider, logs);
  return logs.map((log): VaultLog => {
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

export function positionOf({ blockNumber, logIndex }: RawLog): LogPosition {
  return { blockNumber: Number(blockNumber), logIndex: Number(logIndex) };
}

/** Below zero where `a` comes before `b`. */
export function comparePositions(a: LogPosition, b: LogPosition): number {
  return a.blockNumber - b.blockNumber || a.logIndex - b.logIndex;
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

function toQuantity(block: number): string {
  return `0x${block.toString(16)}`;
}
