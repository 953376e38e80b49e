import { toQuantity } from "../rpc.ts";

/** What may be done with a request when the chain is looked at as of one block, its head. */
export type PinnedRequest =
  /** Known without asking anybody. */
  | { readonly kind: "answered"; readonly result: unknown }
  /** The answer never changes; `params` name the block where the caller said "latest". */
  | { readonly kind: "immutable"; readonly key: string; readonly method: string; readonly params: readonly unknown[] }
  /** The answer may change, or the request would change something. */
  | { readonly kind: "refused"; readonly reason: string };

/** Place of the block among the parameters. */
const BLOCK_AT: Readonly<Record<string, number>> = {
  eth_call: 1,
  eth_getBalance: 1,
  eth_getBlockByNumber: 0,
  eth_getBlockReceipts: 0,
  eth_getBlockTransactionCountByNumber: 0,
  eth_getCode: 1,
  eth_getProof: 2,
  eth_getStorageAt: 2,
  eth_getTransactionByBlockNumberAndIndex: 0,
  eth_getTransactionCount: 1,
};

/** Name what they ask for by a hash. */
const BY_HASH: ReadonlySet<string> = new Set([
  "eth_getBlockByHash",
  "eth_getBlockTransactionCountByHash",
  "eth_getTransactionByBlockHashAndIndex",
  "eth_getTransactionByHash",
  "eth_getTransactionReceipt",
]);

const QUANTITY = /^0x[0-9a-f]+$/i;

/**
 * Looks at a request as one to a chain that ends with block `head`. Only what can never be answered differently is
 * immutable: state and blocks up to the head by number, and what is named by a hash.
 *
 * @param chainId of the chain, as JSON-RPC says it.
 * @example pinRequest("eth_getCode", [weth, "latest"], 24_600_000n, "0x1").kind; // "immutable", at block 0x1775d40
 */
export function pinRequest(method: string, params: readonly unknown[], head: bigint, chainId: string): PinnedRequest {
  switch (method) {
    case "eth_blockNumber":
      return { kind: "answered", result: toQuantity(head) };
    case "eth_chainId":
      return { kind: "answered", result: chainId };
    case "net_version":
      return { kind: "answered", result: BigInt(chainId).toString() };
    case "web3_clientVersion":
      return { kind: "answered", result: "hedgerow-recorder" };
    case "eth_getLogs":
      return pinLogs(params, head);
  }
  if (BY_HASH.has(method)) return immutable(method, params);
  const at = BLOCK_AT[method];
  if (at === undefined) {
    return { kind: "refused", reason: `${method} is not a read of a fixed block; a fork does not need it.` };
  }
  const block = params[at];
  if (isHashed(block)) return immutable(method, params);
  const number = blockNumberOf(block, head);
  if (number === undefined) {
    return {
      kind: "refused",
      reason: `${method} at block ${JSON.stringify(block)} would answer differently tomorrow.`,
    };
  }
  if (number > head) {
    // The chain ends at the head: a block after it does not exist, and has no state.
    if (method === "eth_getBlockByNumber") return { kind: "answered", result: null };
    return { kind: "refused", reason: `${method} at block ${number} is after the pinned block ${head}.` };
  }
  return immutable(method, Object.assign([...params], { [at]: toQuantity(number) }));
}

function pinLogs(params: readonly unknown[], head: bigint): PinnedRequest {
  const filter = (params[0] ?? {}) as { fromBlock?: unknown; toBlock?: unknown; blockHash?: unknown };
  if (filter.blockHash !== undefined) return immutable("eth_getLogs", params);
  const from = blockNumberOf(filter.fromBlock, head);
  const to = blockNumberOf(filter.toBlock, head);
  if (from === undefined || to === undefined || to > head) {
    return { kind: "refused", reason: `eth_getLogs needs a range of blocks that ends at or before block ${head}.` };
  }
  return immutable("eth_getLogs", [{ ...filter, fromBlock: toQuantity(from), toBlock: toQuantity(to) }]);
}

function immutable(method: string, params: readonly unknown[]): PinnedRequest {
  return { kind: "immutable", key: `${method} ${JSON.stringify(params).toLowerCase()}`, method, params };
}

/** Undefined for a name whose block moves while the chain does, and for what is no block at all. */
function blockNumberOf(block: unknown, head: bigint): bigint | undefined {
  if (block === undefined || block === "latest") return head;
  if (block === "earliest") return 0n;
  if (typeof block === "string" && QUANTITY.test(block)) return BigInt(block);
  if (typeof block === "object" && block !== null && "blockNumber" in block) {
    return blockNumberOf(block.blockNumber ?? null, head);
  }
  return undefined;
}

/** EIP-1898: the block by its hash. */
function isHashed(block: unknown): boolean {
  return typeof block === "object" && block !== null && "blockHash" in block && typeof block.blockHash === "string";
}
