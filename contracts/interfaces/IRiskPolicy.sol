// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Book, PlanPromise} from "../types/VaultTypes.sol";

/// @notice The bounds of one vault.
/// @param maxDeltaBps Net delta a keeper action may leave, as value in bps of NAV.
/// @param maxLossBpsPerDay Most that keeper actions may lose in any 24 hours, in bps of the NAV at the time. The bucket holds half of it
/// and drains that half in a day.
/// @param maxSlippageBps Worst price of a swap against the oracle, pool fee included.
/// @param cooldownSeconds Time between keeper actions; waived when risk falls.
/// @param exitDelaySeconds Age at which an unsettled request may leave in kind.
/// @param healthFloorWad Health that every hedge keeps after an action (1e18 = liquidation).
struct PolicyParams {
    uint16 maxDeltaBps;
    uint16 maxLossBpsPerDay;
    uint16 maxSlippageBps;
    uint32 cooldownSeconds;
    uint32 exitDelaySeconds;
    uint64 healthFloorWad;
}

/// @title The judge of every keeper action: it compares the books before and after, whatever happened in between.
interface IRiskPolicy {
    event ParamsChanged(PolicyParams params);
    event LossCharged(uint256 lossQuote, uint256 bucketQuote, uint256 capacityQuote);

    error RiskPolicy_OnlyVault(address caller);
    error RiskPolicy_ParamOutOfBounds(bytes32 param, uint256 value, uint256 min, uint256 max);
    error RiskPolicy_CoolingDown(uint256 readyAt);
    error RiskPolicy_DeltaOutsideBand(int256 deltaBase, uint256 limitBase);
    error RiskPolicy_PromisedDeltaMissed(int256 deltaBase, uint256 promisedBase);
    error RiskPolicy_PromisedLossExceeded(uint256 lossQuote, uint256 promisedQuote);
    error RiskPolicy_LossBudgetExceeded(uint256 bucketQuote, uint256 capacityQuote);
    error RiskPolicy_HealthBelowFloor(uint256 healthWad, uint256 floorWad);

    /// @notice Reverts unless the action from `before` to `afterwards` keeps every bound and the promise; charges its
    /// loss to the bucket. Only the vault. Both books must be at the same price. A gain never reverts.
    function enforce(Book calldata before, Book calldata afterwards, PlanPromise calldata promised) external;

    function params() external view returns (PolicyParams memory);

    /// @notice Loss still in the bucket now.
    function bucketQuote(uint256 navQuote) external view returns (uint256);

    function lastActionAt() external view returns (uint256);

    /// @notice Worst price of a swap against the oracle, in bps; a view of its own because every swap asks for it.
    function maxSlippageBps() external view returns (uint256);
}
