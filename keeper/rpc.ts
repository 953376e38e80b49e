import { BrowserProvider, FetchRequest, JsonRpcProvider, Network, type Eip1193Provider } from "ethers";

import type { BlockRef, RpcSender } from "../sdk/chain/snapshot.ts";
import { HedgerowError } from "../sdk/errors.ts";
import type { Clock } from "./clock.ts";
import { describeRpcError } from "./rpcErrors.ts";

/** The node does not answer. */
export class DeadRpcError extends HedgerowError {}

/** The node serves another chain than the configured one. */
export class WrongChainError extends HedgerowError {
  readonly expected: bigint;
  readonly actual: bigint;

  constructor(expected: bigint, actual: bigint) {
    super(
      `The node serves chain ${actual}, but chainId is ${expected}. Point rpcUrl at the right chain or correct chainId.`,
    );
    this.expected = expected;
    this.actual = actual;
  }
}

/** There is no contract where the configuration says one is. */
export class NoCodeError extends HedgerowError {
  readonly address: string;

  constructor(name: string, address: string, chainId: bigint) {
    super(`There is no contract at ${name} = ${address} on chain ${chainId}. Check the address and the chain.`);
    this.address = address;
  }
}

/** The newest block is too old: the node answers, but it stopped following the chain. */
export class StaleSnapshotError extends HedgerowError {
  readonly blockNumber: number;
  readonly ageSeconds: number;
  readonly limitSeconds: number;

  constructor(blockNumber: number, ageSeconds: number, limitSeconds: number) {
    super(
      `Block ${blockNumber} is ${Math.round(ageSeconds)} s old (limit ${limitSeconds} s). ` +
        `Check that the node at rpcUrl is in sync, or raise maxSnapshotAgeSeconds.`,
    );
    this.blockNumber = blockNumber;
    this.ageSeconds = ageSeconds;
    this.limitSeconds = limitSeconds;
  }
}

/** The newest block is from the future: this machine's clock or the node is wrong, and no age can be trusted. */
export class FutureBlockError extends HedgerowError {
  readonly blockNumber: number;
  readonly aheadSeconds: number;

  constructor(blockNumber: number, aheadSeconds: number, limitSeconds: number) {
    super(
      `Block ${blockNumber} is ${Math.round(aheadSeconds)} s ahead of this machine's clock (limit ${limitSeconds} s). ` +
        `Set the clock right (NTP), or raise maxClockSkewSeconds.`,
    );
    this.blockNumber = blockNumber;
    this.aheadSeconds = aheadSeconds;
  }
}

/** The node answered something that is not of the form the protocol demands. */
export class MalformedAnswerError extends HedgerowError {
  constructor(method: string, field: string, value: unknown) {
    super(`The node answered ${method} with ${field} = ${JSON.stringify(value) ?? "nothing"}. Use another node.`);
  }
}

/** A block with what the keeper needs of its header. */
export interface Head extends BlockRef {
  /** Wei; of this block. */
  readonly baseFeePerGas: bigint;
}

/** Where a transaction was mined. */
export interface MinedAt {
  readonly hash: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  /** False: the transaction reverted. */
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  readonly effectiveGasPrice: bigint;
}

/** A mined transaction with what it logged. */
export interface MinedReceipt extends MinedAt {
  readonly logs: readonly { readonly address: string; readonly topics: readonly string[]; readonly data: string }[];
}

/**
 * A JSON-RPC provider over HTTP without the surprises of the library's defaults: fixed network (detection would retry
 * for ever), no read cache, no batching, a bound on every request.
 */
export function connectUrl(url: string, chainId: bigint, timeoutMs: number): JsonRpcProvider {
  const request = new FetchRequest(url);
  request.timeout = timeoutMs;
  request.setThrottleParams({ maxAttempts: 3 });
  const network = Network.from(chainId);
  return new JsonRpcProvider(request, network, { staticNetwork: network, cacheTimeout: -1, batchMaxCount: 1 });
}

/** The same over an EIP-1193 provider, e.g. a chain inside this process. */
export function connectEip1193(provider: Eip1193Provider, chainId: bigint): BrowserProvider {
  const network = Network.from(chainId);
  return new BrowserProvider(provider, network, { staticNetwork: network, cacheTimeout: -1 });
}

/**
 * Refuses a dead node, another chain, and addresses without code.
 *
 * @param contracts Name in the configuration -> address.
 * Throws DeadRpcError, WrongChainError or NoCodeError.
 */
export async function checkChain(
  rpc: RpcSender,
  chainId: bigint,
  contracts: Readonly<Record<string, string>>,
): Promise<void> {
  let answer: unknown;
  try {
    answer = await rpc.send("eth_chainId", []);
  } catch (error) {
    throw new DeadRpcError(
      `The node at rpcUrl does not answer (${describeRpcError(error)}). Check rpcUrl and the network.`,
    );
  }
  const actual = toQuantity("eth_chainId", "result", answer);
  if (actual !== chainId) throw new WrongChainError(chainId, actual);
  for (const [name, address] of Object.entries(contracts)) {
    const code = await rpc.send("eth_getCode", [address, "latest"]);
    if (typeof code !== "string") throw new MalformedAnswerError("eth_getCode", "result", code);
    if (code === "0x") throw new NoCodeError(name, address, chainId);
  }
}

/** The newest block of the node. Throws MalformedAnswerError when it has none. */
export async function readHead(rpc: RpcSender): Promise<Head> {
  return toHead("eth_getBlockByNumber", await rpc.send("eth_getBlockByNumber", ["latest", false]));
}

/** Hash of the chain's first block: tells two chains with one id apart. */
export async function readGenesisHash(rpc: RpcSender): Promise<string> {
  const method = "eth_getBlockByNumber";
  return toText(method, "hash", toRecord(method, await rpc.send(method, ["0x0", false]))["hash"]);
}

/** A block by hash, or undefined when the node does not have it on its chain. */
export async function readBlock(rpc: RpcSender, hash: string): Promise<Head | undefined> {
  const block: unknown = await rpc.send("eth_getBlockByHash", [hash, false]);
  return block === null ? undefined : toHead("eth_getBlockByHash", block);
}

/** Limits on the distance between the newest block's time and this machine's. */
export interface HeadLimits {
  readonly maxSnapshotAgeSeconds: number;
  readonly maxClockSkewSeconds: number;
}

/** Throws StaleSnapshotError or FutureBlockError unless the head is of now. */
export function requireFreshHead(head: BlockRef, clock: Clock, limits: HeadLimits): void {
  const ageSeconds = clock.nowMs() / 1_000 - head.timestamp;
  if (ageSeconds > limits.maxSnapshotAgeSeconds) {
    throw new StaleSnapshotError(head.number, ageSeconds, limits.maxSnapshotAgeSeconds);
  }
  if (-ageSeconds > limits.maxClockSkewSeconds) {
    throw new FutureBlockError(head.number, -ageSeconds, limits.maxClockSkewSeconds);
  }
}

/** Number of mined transactions of an account: the next nonce. */
export async function readNonce(rpc: RpcSender, address: string): Promise<number> {
  const answer: unknown = await rpc.send("eth_getTransactionCount", [address, "latest"]);
  return Number(toQuantity("eth_getTransactionCount", "result", answer));
}

/** Native coins of an account in wei. */
export async function readBalance(rpc: RpcSender, address: string): Promise<bigint> {
  return toQuantity("eth_getBalance", "result", await rpc.send("eth_getBalance", [address, "latest"]));
}

/** The receipt of a transaction, or undefined while it is not mined. */
export async function readReceipt(rpc: RpcSender, hash: string): Promise<MinedReceipt | undefined> {
  const method = "eth_getTransactionReceipt";
  const answer: unknown = await rpc.send(method, [hash]);
  if (answer === null) return undefined;
  const receipt = toRecord(method, answer);
  if (!Array.isArray(receipt["logs"])) throw new MalformedAnswerError(method, "logs", receipt["logs"]);
  return {
    hash,
    blockNumber: Number(toQuantity(method, "blockNumber", receipt["blockNumber"])),
    blockHash: toText(method, "blockHash", receipt["blockHash"]),
    succeeded: toQuantity(method, "status", receipt["status"]) === 1n,
    gasUsed: toQuantity(method, "gasUsed", receipt["gasUsed"]),
    effectiveGasPrice: toQuantity(method, "effectiveGasPrice", receipt["effectiveGasPrice"]),
    logs: receipt["logs"].map((entry: unknown) => {
      const log = toRecord(method, entry);
      if (!Array.isArray(log["topics"])) throw new MalformedAnswerError(method, "topics", log["topics"]);
      return {
        address: toText(method, "address", log["address"]),
        topics: log["topics"].map((topic) => toText(method, "topics", topic)),
        data: toText(method, "data", log["data"]),
      };
    }),
  };
}

/** Whether the node holds the transaction, mined or not. */
export async function isKnownTransaction(rpc: RpcSender, hash: string): Promise<boolean> {
  return (await rpc.send("eth_getTransactionByHash", [hash])) !== null;
}

/** A quantity of the JSON-RPC protocol. Throws MalformedAnswerError on anything else: missing is not 0. */
export function toQuantity(method: string, field: string, value: unknown): bigint {
  if (typeof value !== "string" || !/^0x[0-9a-f]+$/i.test(value)) throw new MalformedAnswerError(method, field, value);
  return BigInt(value);
}

function toText(method: string, field: string, value: unknown): string {
  if (typeof value !== "string") throw new MalformedAnswerError(method, field, value);
  return value;
}

function toRecord(method: string, value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new MalformedAnswerError(method, "result", value);
  return value as Record<string, unknown>;
}

function toHead(method: string, value: unknown): Head {
  const block = toRecord(method, value);
  return {
    number: Number(toQuantity(method, "number", block["number"])),
    hash: toText(method, "hash", block["hash"]),
    timestamp: Number(toQuantity(method, "timestamp", block["timestamp"])),
    baseFeePerGas: toQuantity(method, "baseFeePerGas", block["baseFeePerGas"]),
  };
}
