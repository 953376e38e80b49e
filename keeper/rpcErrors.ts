import { isHexString } from "ethers";

/** What a node means by refusing a call or a transaction. */
export type RpcErrorKind =
  | "nonce-too-low"
  | "nonce-too-high"
  | "already-known"
  | "replacement-underpriced"
  | "fee-too-low"
  | "fee-above-node-cap"
  | "insufficient-funds"
  | "pool-full"
  | "reverted"
  | "unreachable"
  | "unknown";

/** An error of a node, taken out of whatever the client library wrapped it in. */
export interface RpcFailure {
  readonly kind: RpcErrorKind;
  /** The node's own words. */
  readonly message: string;
  /** Revert data as 0x hex, when the node sent any. */
  readonly data: string | undefined;
}

/*
 * Clients word the same refusal differently and change their words between versions; order matters, because several
 * texts contain others ("replacement transaction underpriced" holds "transaction underpriced"). A text that fits nothing
 * is `unknown`, which the submitter treats as "may have been sent".
 */
const PATTERNS: readonly (readonly [RpcErrorKind, RegExp])[] = [
  [
    "replacement-underpriced",
    // geth, erigon, reth, besu, hardhat | erigon NotReplaced | nethermind | openethereum
    /replacement (transaction|tx) (is )?underpriced|could not replace existing tx|ReplacementNotAllowed|OwnNonceAlreadyUsed|another transaction with same nonce|replacement fee too low|future transaction tries to replace pending/i,
  ],
  [
    "already-known",
    // geth, erigon, reth | older geth, besu, hardhat | erigon DuplicateHash | nethermind | openethereum
    /already known|known transaction|existing txn? with same hash|AlreadyKnown|already imported|already exists in (cache|the pool|mempool)/i,
  ],
  [
    "nonce-too-low",
    // geth, erigon, arbitrum, reth, besu, hardhat | nethermind | openethereum | ethers
    /nonce (is )?too low|OldNonce|invalid transaction nonce|nonce has already been used/i,
  ],
  ["nonce-too-high", /nonce (is )?too high|NonceGap|NonceTooFarInFuture|nonce gap/i],
  [
    "insufficient-funds",
    // geth, erigon, arbitrum | nethermind | besu | hardhat | openethereum
    /insufficient (funds|balance)|InsufficientFunds|upfront cost exceeds account balance|enough funds|transaction would cause overdraft/i,
  ],
  ["fee-above-node-cap", /exceeds the configured cap|transaction fee cap exceeded/i],
  [
    "fee-too-low",
    // geth pool | geth, arbitrum, reth execution | erigon | nethermind | besu | hardhat | arbitrum (classic)
    /transaction underpriced|less than block base fee|fee too low|FeeTooLow|below configured minimum gas price|too low for the next block|gas price (is )?too low|^(\w+: )?underpriced$/i,
  ],
  [
    "pool-full",
    /txpool is full|sub-pool is full|pool full|queue full|account limit exceeded|in-flight transaction limit|too many transactions in the queue/i,
  ],
  [
    "reverted",
    /revert|invalid opcode|out of gas|gas required exceeds allowance|VM Exception|VM execution error|Bad instruction/i,
  ],
  [
    "unreachable",
    /ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|socket hang up|network is unreachable|timed? ?out|timeout|bad gateway|service unavailable|gateway time-?out|50[234] |too many requests|rate limit|missing response|fetch failed/i,
  ],
];

/** What a text that a node sent means. */
export function classifyRpcMessage(message: string): RpcErrorKind {
  return PATTERNS.find(([, pattern]) => pattern.test(message))?.[0] ?? "unknown";
}

/**
 * Reads an error thrown by a provider: ethers wraps the node's answer (`info.error`, `error`), other providers put
 * `message` and `data` on the error itself.
 */
export function readRpcFailure(error: unknown): RpcFailure {
  const layers = unwrap(error);
  const data = layers.map(revertDataOf).find((found) => found !== undefined);
  // The library's long messages quote the request, and with it the URL and the key in it; its short ones do not.
  const messages = layers
    .map((layer) => layer["shortMessage"] ?? layer["message"])
    .filter((text) => typeof text === "string");
  // The innermost layer that says anything known is the node itself.
  const classified = messages.map((message) => ({ message, kind: classifyRpcMessage(message) }));
  const telling = classified.findLast(({ kind }) => kind !== "unknown") ?? classified.at(-1);
  const kind = telling?.kind ?? "unknown";
  const message = telling?.message ?? String(error);
  // Revert data is proof of a revert, whatever the text says.
  return { kind: data !== undefined && data !== "0x" ? "reverted" : kind, message, data };
}

/** The node's own words in one line. */
export function describeRpcError(error: unknown): string {
  return readRpcFailure(error).message.replaceAll(/\s+/g, " ").slice(0, 300);
}

function unwrap(error: unknown): readonly Record<string, unknown>[] {
  const layers: Record<string, unknown>[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null || layers.length >= 10) return;
    const layer = value as Record<string, unknown>;
    if (layers.includes(layer)) return;
    layers.push(layer);
    visit(layer["error"]);
    visit(layer["info"]);
    visit(layer["cause"]);
    visit(layer["data"]);
  };
  visit(error);
  return layers;
}

function revertDataOf(layer: Record<string, unknown>): string | undefined {
  const data = layer["data"];
  // Nethermind and older nodes write "Reverted 0x…".
  if (typeof data === "string") {
    const hex = data.replace(/^Reverted\s+/i, "");
    return isHexString(hex) && hex.length % 2 === 0 ? hex : undefined;
  }
  return undefined;
}
