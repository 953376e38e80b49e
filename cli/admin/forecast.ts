import { AbiCoder, type JsonRpcApiProvider, keccak256, toBeHex } from "ethers";

import { readRpcFailure } from "../../keeper/rpcErrors.ts";
import { accessInterface, operationIdOf } from "../../sdk/chain/access.ts";
import type { GuardedCall } from "../../sdk/chain/permission.ts";
import { describeRevert, parseRevert } from "../../sdk/chain/revert.ts";
import type { BlockRef } from "../../sdk/chain/snapshot.ts";

/** What a call that is about to be scheduled would do if it were ready now. */
export type Forecast =
  | { readonly kind: "works" }
  /** `isCurable`: by waiting alone. */
  | { readonly kind: "refused"; readonly reason: string; readonly isCurable: boolean }
  /** The node does not let anybody ask. */
  | { readonly kind: "unknown" };

/** Slot of AccessManager._schedules (OpenZeppelin 5); the layout is fixed with the code that a vault was deployed with. */
const SCHEDULES_SLOT = 2n;

/** Refusals that time, the market or the keeper take away before the call is due. */
const CURABLE = ["HedgedVault_NotReady", "HedgedVault_AdapterInUse", "HedgedVault_OracleUnhealthy"];

/**
 * Executes an operation in a view of the chain in which it was scheduled long enough ago: a parameter that is out of bounds is found
 * before the delay and not after it.
 */
export async function forecastOperation(
  provider: JsonRpcApiProvider,
  authority: string,
  caller: string,
  { target, data }: GuardedCall,
  block: BlockRef,
): Promise<Forecast> {
  const id = operationIdOf(caller, target, data);
  const slot = keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "uint256"], [id, SCHEDULES_SLOT]));
  const scheduled = toBeHex(BigInt(block.timestamp), 32);
  const call = { from: caller, to: authority, data: accessInterface.encodeFunctionData("execute", [target, data]) };
  try {
    const overrides = { [authority]: { stateDiff: { [slot]: scheduled } } };
    await provider.send("eth_call", [call, toBeHex(block.number).replace(/^0x0+(?=.)/, "0x"), overrides]);
    return { kind: "works" };
  } catch (error) {
    const failure = readRpcFailure(error);
    if (failure.data === undefined || failure.data === "0x") return { kind: "unknown" };
    const parsed = parseRevert(failure.data);
    // A node that ignores the override finds nothing scheduled.
    if (parsed?.name.startsWith("AccessManagerNot") === true) return { kind: "unknown" };
    const isCurable = parsed !== undefined && CURABLE.includes(parsed.name);
    return { kind: "refused", reason: describeRevert(failure.data), isCurable };
  }
}
