import { HedgerowError } from "../../errors.ts";

/** Names of the contracts' errors, without the contract; and the pool's and Aave's refusals that reach the vault. */
export type VaultRevertReason =
  | "WrongEpoch"
  | "DeadlinePassed"
  | "KeeperPaused"
  | "OracleUnhealthy"
  | "BadAmount"
  | "RangeTooNarrow"
  | "RiskMayOnlyFall"
  | "HealthMayOnlyRise"
  | "UnknownHedge"
  | "UnknownRange"
  | "RangeTooSmall"
  | "TooManyRanges"
  | "InsufficientIdle"
  | "PartialFill"
  | "SwapAboveMaximum"
  | "SwapBelowMinimum"
  | "ReduceExceedsShort"
  | "ShortNotBuyable"
  | "CoolingDown"
  | "DeltaOutsideBand"
  | "HealthBelowFloor"
  | "PromisedDeltaMissed"
  | "PromisedLossExceeded"
  | "LossBudgetExceeded"
  | "TurnoverExceeded"
  | "DepositAboveCap"
  | "ZeroAmount"
  | "AaveCollateral";

/** The contracts would revert; the simulated vault is as it was before. `values` in the order of the contract's error. */
export class VaultRevertError extends HedgerowError {
  readonly reason: VaultRevertReason;
  readonly values: readonly bigint[];

  constructor(reason: VaultRevertReason, ...values: readonly bigint[]) {
    super(`The vault reverts: ${reason}(${values.join(", ")}).`);
    this.reason = reason;
    this.values = values;
  }
}
