import { InvalidParameterError } from "../errors.ts";
import { ReadError, type BlockRef, type RpcSender } from "./snapshot.ts";

/** Blocks of the first request; most nodes accept some thousands. */
const FIRST_BLOCKS = 2_000;
/** Blocks of the largest one. */
const MAX_BLOCKS = 50_000;
/** After this many accepted requests in a row, the next one is twice as long. */
const GROW_AFTER = 3;

/** One part of a scan. */
export interface ScannedBlocks<T> {
  readonly fromBlock: number;
  /** Included. */
  readonly toBlock: number;
  readonly result: T;
}

/** How to scan. */
export interface ScanOptions {
  /** Whether the node refused a request because it asked for too much: it is then asked for half. Anything else ends the scan. */
  readonly isTooMuch: (error: unknown) => boolean;
  readonly firstBlocks?: number;
  readonly maxBlocks?: number;
}

/**
 * Reads blocks in parts as long as the node allows: halved when it refuses one for its size, longer again after it accepted some.
 *
 * @param read Reads the blocks `fromBlock` to `toBlock`, both included.
 * @returns The parts in order, without a gap; none where `fromBlock` lies above `toBlock`.
 * Throws what `read` throws, once it is not about the size or a single block is refused for it.
 *
 * @example
 * for await (const { result } of scanBlocks(first, last, readLogsBetween, { isTooMuch })) logs.push(...result);
 */
export async function* scanBlocks<T>(
  fromBlock: number,
  toBlock: number,
  read: (fromBlock: number, toBlock: number) => Promise<T>,
  { isTooMuch, firstBlocks = FIRST_BLOCKS, maxBlocks = MAX_BLOCKS }: ScanOptions,
): AsyncGenerator<ScannedBlocks<T>> {
  if (!(firstBlocks >= 1)) throw new InvalidParameterError("firstBlocks", firstBlocks, "be at least 1");
  let blocks = firstBlocks;
  let accepted = 0;
  for (let from = fromBlock; from <= toBlock;) {
    const to = Math.min(from + blocks - 1, toBlock);
    let result: T;
    try {
      result = await read(from, to);
    } catch (error) {
      if (from === to || !isTooMuch(error)) throw error;
      blocks = Math.max(1, Math.floor((to - from + 1) / 2));
      accepted = 0;
      continue;
    }
    yield { fromBlock: from, toBlock: to, result };
    from = to + 1;
    accepted += 1;
    if (accepted % GROW_AFTER === 0) blocks = Math.min(maxBlocks, blocks * 2);
  }
}

/**
 * Block in which a contract was created, by bisection: about 25 requests.
 *
 * @param head Where the contract has code.
 * Throws ReadError when it has none there, or when the node no longer knows the state of old blocks.
 */
export async function readCreationBlock(provider: RpcSender, address: string, head: BlockRef): Promise<number> {
  const hasCode = async (block: number): Promise<boolean> => {
    let code: unknown;
    try {
      code = await provider.send("eth_getCode", [address, `0x${block.toString(16)}`]);
    } catch {
      throw new ReadError(`The node does not say when ${address} was created: it keeps no state of block ${block}.`);
    }
    return code !== "0x";
  };
  if (!(await hasCode(head.number))) throw new ReadError(`There is no contract at ${address} in block ${head.number}.`);
  let [without, withCode] = [-1, head.number];
  while (withCode - without > 1) {
    const middle = Math.floor((without + withCode) / 2);
    if (await hasCode(middle)) withCode = middle;
    else without = middle;
  }
  return withCode;
}

/**
 * A block by number or tag.
 *
 * Throws ReadError when the node has no such block.
 */
export async function readBlock(
  provider: RpcSender,
  block: number | "latest" | "safe" | "finalized",
): Promise<BlockRef> {
  const name = typeof block === "number" ? `0x${block.toString(16)}` : block;
  const header = (await provider.send("eth_getBlockByNumber", [name, false])) as {
    readonly number: string;
    readonly hash: string;
    readonly timestamp: string;
  } | null;
  if (header === null) throw new ReadError(`The node has no block ${block}.`);
  return { number: Number(header.number), hash: header.hash, timestamp: Number(header.timestamp) };
}

/** Throws ReadError when the chain no longer has this block: what was read around it is of two branches. */
export async function requireSameBlock(provider: RpcSender, block: BlockRef): Promise<void> {
  const { hash } = await readBlock(provider, block.number);
  if (hash !== block.hash) {
    throw new ReadError(`Block ${block.number} was replaced while it was read. Read again, up to an older block.`);
  }
}
