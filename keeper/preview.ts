import type { RpcSender } from "../sdk/chain/snapshot.ts";
import { ceilingFor, computeFees, type FeeLimits, type FeeQuote, type Fees } from "./fees.ts";
import { type GuardedAction, type GuardRules, requireAllowedCall } from "./guard.ts";
import { type Head, readHead, toQuantity } from "./rpc.ts";
import { readRpcFailure } from "./rpcErrors.ts";
import { type RevertReason, simulateCall, type SimulationBlock } from "./simulate.ts";

/** One call that should be made, and what to remember about why. */
export interface SubmitRequest {
  readonly vault: string;
  readonly action: GuardedAction;
  readonly data: string;
  /** Allows the emergency ceiling and lets the call take the place of a pending one that does not reduce risk. */
  readonly riskReducing: boolean;
  /** Unix seconds of chain time; nothing is sent again afterwards. */
  readonly validUntil: number;
  readonly blockNumber: number;
  readonly blockHash: string;
  /** For the record and for verification, any JSON with bigints. */
  readonly decision: unknown;
  readonly plan: unknown;
  readonly before: unknown;
}

/** What would happen if the request were sent now. */
export type Preview =
  | { readonly kind: "ready"; readonly gasLimit: bigint; readonly fees: Fees }
  | { readonly kind: "reverts"; readonly reason: RevertReason }
  | { readonly kind: "pricedOut"; readonly neededPerGas: bigint; readonly ceilingPerGas: bigint };

export interface PreviewDeps {
  readonly rpc: RpcSender;
  readonly guard: GuardRules;
  readonly limits: FeeLimits;
  readonly simulateAt: SimulationBlock;
}

/**
 * Runs the exact call and quotes its fee, without signing anything.
 *
 * Throws GuardRefusedError for a call the keeper may not make, and rejects when the node gives no answer.
 */
export async function previewSubmit(deps: PreviewDeps, request: SubmitRequest): Promise<Preview> {
  requireAllowedCall(deps.guard, request.vault, request.data);
  const call = { from: deps.guard.signer, to: request.vault, data: request.data };
  const simulation = await simulateCall(deps.rpc, call, deps.simulateAt);
  if (simulation.kind === "reverts") return simulation;
  const quote = await quoteFees(deps.rpc, deps.limits, request.riskReducing, await readHead(deps.rpc));
  return quote.kind === "pricedOut" ? quote : { kind: "ready", gasLimit: simulation.gasLimit, fees: quote.fees };
}

/** Fees for a first attempt at the head's base fee, under the ceiling that holds for the action. */
export async function quoteFees(
  rpc: RpcSender,
  limits: FeeLimits,
  riskReducing: boolean,
  head: Head,
): Promise<FeeQuote> {
  return computeFees(head.baseFeePerGas, await readTip(rpc, limits), ceilingFor(limits, riskReducing));
}

/** The node's suggestion, never above the configured maximum, which also stands in where a node has no opinion. */
async function readTip(rpc: RpcSender, limits: FeeLimits): Promise<bigint> {
  try {
    const method = "eth_maxPriorityFeePerGas";
    const suggested = toQuantity(method, "result", await rpc.send(method, []));
    return suggested < limits.maxPriorityFeePerGas ? suggested : limits.maxPriorityFeePerGas;
  } catch (error) {
    if (readRpcFailure(error).kind === "unreachable") throw error;
    return limits.maxPriorityFeePerGas;
  }
}
