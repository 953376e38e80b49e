// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Book, PlanPromise} from "../types/VaultTypes.sol";

/// @notice The bounds of one vault. One storage slot.
/// @param maxDeltaBps Net delta a keeper action may leave, as value in bps of NAV.
/// @param maxLossBpsPerDay Most that actions may lose in any 24 hours, in bps of the NAV at the time. The bucket holds
/// half of it and drains that half in a day.
/// @param maxTurnoverBpsPerDay Most that actions may trade in any 24 hours (swaps and changes of hedges), in bps of the NAV
/// at the time; a bucket of the same kind. Waived for an action that leaves less net delta than it found.
/// @param maxSlippageBps Worst price of a swap against the oracle, pool fee included.
/// @param minRangeTicks Narrowest range that liquidity may be added to, in ticks: inside a narrow one the delta could
/// turn over within the gap between oracle and market.
/// @param cooldownSeconds Time between keeper actions; waived when risk falls.
/// @param exitDelaySeconds Age at which an unsettled request may leave in kind. Counts for requests made after a change.
/// @param keeperGraceSeconds How long the keeper must have been silent before anyone may call `hedgeNow`.
/// @param emergencyDeltaBps Net delta above which anyone may then call it, as value in bps of NAV.
/// @param healthFloorWad Health that every hedge keeps after an action in a market that does not move (1e18 = liquidation).
/// @param healthPerVolatilityBps By how much that floor rises for every 100 % of realised volatility a year, in bps of 1e18:
/// 1,000 = 0.1.
struct PolicyParams {
    uint16 maxDeltaBps;
    uint16 maxLossBpsPerDay;
    uint24 maxTurnoverBpsPerDay;
    uint16 maxSlippageBps;
    uint16 minRangeTicks;
    uint24 cooldownSeconds;
    uint24 exitDelaySeconds;
    uint24 keeperGraceSeconds;
    uint16 emergencyDeltaBps;
    uint64 healthFloorWad;
    uint16 healthPerVolatilityBps;
}

/// @title The judge of every action on a vault's position: it compares the books before and after, whatever happened in
/// between.
interface IRiskPolicy {
    event ParamsChanged(PolicyParams params);
    event LossCharged(uint256 lossQuote, uint256 bucketQuote, uint256 capacityQuote);
    event TurnoverCharged(uint256 turnoverQuote, uint256 bucketQuote, uint256 capacityQuote);

    error RiskPolicy_OnlyVault(address caller);
    error RiskPolicy_AlreadyInitialized();
    error RiskPolicy_ParamOutOfBounds(bytes32 param, uint256 value, uint256 min, uint256 max);
    error RiskPolicy_CoolingDown(uint256 readyAt);
    error RiskPolicy_KeeperNotSilent(uint256 silentAt);
    error RiskPolicy_InsideEmergencyBand(int256 deltaBase, uint256 limitBase);
    error RiskPolicy_DeltaOutsideBand(int256 deltaBase, uint256 limitBase);
    error RiskPolicy_PromisedDeltaMissed(int256 deltaBase, uint256 promisedBase);
    error RiskPolicy_PromisedLossExceeded(uint256 lossQuote, uint256 promisedQuote);
    error RiskPolicy_LossBudgetExceeded(uint256 bucketQuote, uint256 capacityQuote);
    error RiskPolicy_TurnoverExceeded(uint256 bucketQuote, uint256 capacityQuote);
    error RiskPolicy_HealthBelowFloor(uint256 healthWad, uint256 floorWad);

    /// @notice Reverts unless the keeper's action from `before` to `afterwards` keeps every bound and the promise; charges its
    /// loss and turnover to their buckets. Only the vault. Both books must be at the same price. A gain never reverts.
    function enforce(
        Book calldata before,
        Book calldata afterwards,
        PlanPromise calldata promised,
        uint256 turnoverQuote
    ) external;

    /// @notice Reverts unless the net delta stays in order should the venue never execute what an action left pending: inside
    /// the band, or no larger than before with the same sign. `enforce` judges the action as if it were executed. Only a view:
    /// it charges nothing.
    function enforceUnexecuted(Book calldata before, Book calldata afterwards) external view;

    /// @notice The same for `hedgeNow`, which anyone may call: the keeper must be silent, the delta outside the emergency band, and
    /// the action must leave less of it. It does not end the keeper's silence.
    function enforceEmergency(Book calldata before, Book calldata afterwards, uint256 turnoverQuote) external;

    /// @notice Worst price of a swap against the oracle, in bps, and the narrowest range: within these the steps of a plan run.
    function planBounds() external view returns (uint256 slippageBps, uint256 minRangeTicks);

    function params() external view returns (PolicyParams memory);

    /// @notice Loss still in the bucket now.
    function bucketQuote(uint256 navQuote) external view returns (uint256);

    /// @notice Turnover still in the bucket now.
    function turnoverBucketQuote(uint256 navQuote) external view returns (uint256);

    /// @notice Health that every hedge keeps after an action, in the market as it moves now.
    function healthFloorNowWad() external view returns (uint256);

    function lastActionAt() external view returns (uint256);

    /// @notice Worst price of a swap against the oracle, in bps; a view of its own because every settlement asks for it.
    function maxSlippageBps() external view returns (uint256);
}
