import { describeRevert } from "../sdk/chain/revert.ts";
import type { RpcSender } from "../sdk/chain/snapshot.ts";
import { toQuantity } from "./rpc.ts";
import { readRpcFailure } from "./rpcErrors.ts";

/** A call as it will be signed; the value is always zero. */
export interface ExactCall {
  readonly from: string;
  readonly to: string;
  readonly data: string;
}

/** Why a call reverts. */
export interface RevertReason {
  /** The custom error with its values, or the node's words when it sent no data. */
  readonly text: string;
  readonly data: string | undefined;
}

/** What running the bytes would do now. */
export type Simulation =
  { readonly kind: "runs"; readonly gasLimit: bigint } | { readonly kind: "reverts"; readonly reason: RevertReason };

/** State that a simulation runs on. */
export type SimulationBlock = "latest" | "pending";

/**
 * Gas above the estimate: interest accrues and ticks move between simulation and block, and a call that runs out of gas
 * costs as much as one that works.
 */
const GAS_MARGIN_PERCENT = 25n;

/**
 * Runs the exact bytes without sending them: an estimate for the gas limit, then a call with that very limit.
 *
 * Rejects when the node fails for any other reason than a revert: no answer is not a good answer.
 */
export async function simulateCall(rpc: RpcSender, call: ExactCall, block: SimulationBlock): Promise<Simulation> {
  const transaction = { ...call, value: "0x0" };
  try {
    const estimate = toQuantity("eth_estimateGas", "result", await rpc.send("eth_estimateGas", [transaction, block]));
    const gasLimit = estimate + (estimate * GAS_MARGIN_PERCENT) / 100n;
    await rpc.send("eth_call", [{ ...transaction, gas: `0x${gasLimit.toString(16)}` }, block]);
    return { kind: "runs", gasLimit };
  } catch (error) {
    const reason = readRevert(error);
    if (reason === undefined) throw error;
    return { kind: "reverts", reason };
  }
}

/** The same call with a gas limit that is already signed. */
export async function simulateSigned(
  rpc: RpcSender,
  call: ExactCall,
  gasLimit: bigint,
  block: SimulationBlock,
): Promise<Simulation> {
  try {
    await rpc.send("eth_call", [{ ...call, value: "0x0", gas: `0x${gasLimit.toString(16)}` }, block]);
    return { kind: "runs", gasLimit };
  } catch (error) {
    const reason = readRevert(error);
    if (reason === undefined) throw error;
    return { kind: "reverts", reason };
  }
}

/** The revert behind a provider's error, or undefined when the error is something else. */
export function readRevert(error: unknown): RevertReason | undefined {
  const failure = readRpcFailure(error);
  if (failure.kind !== "reverted") return undefined;
  const hasData = failure.data !== undefined && failure.data !== "0x";
  return { text: hasData ? describeRevert(failure.data) : failure.message, data: failure.data };
}
