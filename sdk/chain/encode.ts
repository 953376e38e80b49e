import type { Plan, PlanAction } from "../policy/types.ts";
import { vaultInterface } from "./contracts.ts";

/** A call as it goes into a transaction. Value is always zero. */
export interface Call {
  readonly to: string;
  readonly data: string;
}

/** Order of ActionKind in contracts/types/VaultTypes.sol. */
const ACTION_KIND = { removeLiquidity: 0, addLiquidity: 1, adjustHedge: 2, swap: 3 } as const;

/** `HedgedVault.rebalance(actions, promise)` for a plan. */
export function encodePlan(plan: Plan): Call {
  const data = vaultInterface.encodeFunctionData("rebalance", [
    plan.actions.map(toActionTuple),
    [plan.promise.expectedEpoch, plan.promise.deadline, plan.promise.maxResidualDeltaBase, plan.promise.maxLossQuote],
  ]);
  return { to: plan.vault, data };
}

/** `HedgedVault.reconcile()`. */
export function encodeReconcile(vault: string): Call {
  return { to: vault, data: vaultInterface.encodeFunctionData("reconcile") };
}

/** `HedgedVault.settle(maxRequests)`. */
export function encodeSettle(vault: string, maxRequests: bigint): Call {
  return { to: vault, data: vaultInterface.encodeFunctionData("settle", [maxRequests]) };
}

/** `HedgedVault.settleShares(maxRequests, maxShares)`. */
export function encodeSettleShares(vault: string, maxRequests: bigint, maxShares: bigint): Call {
  return { to: vault, data: vaultInterface.encodeFunctionData("settleShares", [maxRequests, maxShares]) };
}

/** Kind, hedge index, lower tick, upper tick, amount, margin: the fields of the struct in their order. */
type ActionTuple = readonly [number, number, number, number, bigint, bigint];

function toActionTuple(action: PlanAction): ActionTuple {
  const kind = ACTION_KIND[action.kind];
  switch (action.kind) {
    case "removeLiquidity":
    case "addLiquidity":
      return [kind, 0, action.tickLower, action.tickUpper, action.liquidity, 0n];
    case "adjustHedge":
      return [kind, action.hedgeIndex, 0, 0, action.deltaChangeBase, action.marginChangeQuote];
    case "swap":
      return [kind, 0, 0, 0, action.baseChange, 0n];
  }
}
