// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {
    GmxV2CreateOrderParams,
    GmxV2EventData,
    GmxV2Market,
    GmxV2MarketPrices,
    GmxV2Order,
    GmxV2Position,
    GmxV2PositionInfo,
    GmxV2LiquidationInfo
} from "./GmxV2Types.sol";

/// @notice Where orders are made. GMX redeploys it: what counts is the role CONTROLLER in the RoleStore.
interface IGmxV2ExchangeRouter {
    function multicall(bytes[] calldata data) external payable returns (bytes[] memory results);

    /// @notice Wraps ETH of the call and sends it.
    function sendWnt(address receiver, uint256 amount) external payable;

    /// @notice Sends the caller's tokens; the allowance is given to `router()`.
    function sendTokens(address token, address receiver, uint256 amount) external payable;

    function createOrder(GmxV2CreateOrderParams calldata params) external payable returns (bytes32);

    function cancelOrder(bytes32 key) external payable;

    /// @notice Who is called when a position of the caller in this market is liquidated or deleveraged.
    function setSavedCallbackContract(address market, address callbackContract) external payable;

    function claimFundingFees(
        address[] memory markets,
        address[] memory tokens,
        address receiver
    ) external payable returns (uint256[] memory);

    function claimCollateral(
        address[] memory markets,
        address[] memory tokens,
        uint256[] memory timeKeys,
        address receiver
    ) external payable returns (uint256[] memory);

    function dataStore() external view returns (address);

    function orderHandler() external view returns (address);

    function roleStore() external view returns (address);

    function router() external view returns (address);
}

/// @notice Reads positions and orders; holds nothing.
interface IGmxV2Reader {
    function getMarket(address dataStore, address key) external view returns (GmxV2Market memory);

    function getOrder(address dataStore, bytes32 key) external view returns (GmxV2Order memory);

    function getPosition(address dataStore, bytes32 key) external view returns (GmxV2Position memory);

    function getPositionInfo(
        address dataStore,
        address referralStorage,
        bytes32 positionKey,
        GmxV2MarketPrices memory prices,
        uint256 sizeDeltaUsd,
        address uiFeeReceiver,
        bool usePositionSizeAsSizeDeltaUsd
    ) external view returns (GmxV2PositionInfo memory);

    function isPositionLiquidatable(
        address dataStore,
        address referralStorage,
        bytes32 positionKey,
        GmxV2Market memory market,
        GmxV2MarketPrices memory prices,
        bool shouldValidateMinCollateralUsd,
        bool forLiquidation
    ) external view returns (bool, string memory, GmxV2LiquidationInfo memory);
}

/// @notice The venue's state, by hashed keys (GmxV2Keys).
interface IGmxV2DataStore {
    function getUint(bytes32 key) external view returns (uint256);

    function getBool(bytes32 key) external view returns (bool);

    function containsBytes32(bytes32 setKey, bytes32 value) external view returns (bool);

    function roleStore() external view returns (address);
}

/// @notice Who may do what at the venue.
interface IGmxV2RoleStore {
    function hasRole(address account, bytes32 roleKey) external view returns (bool);
}

/// @notice What GMX calls after an order of ours, within a gas limit and swallowing reverts.
interface IGmxV2OrderCallbackReceiver {
    function afterOrderExecution(
        bytes32 key,
        GmxV2EventData memory orderData,
        GmxV2EventData memory eventData
    ) external;

    function afterOrderCancellation(
        bytes32 key,
        GmxV2EventData memory orderData,
        GmxV2EventData memory eventData
    ) external;

    function afterOrderFrozen(bytes32 key, GmxV2EventData memory orderData, GmxV2EventData memory eventData) external;
}

/// @notice Takes back what was not needed of an execution fee.
interface IGmxV2GasFeeCallbackReceiver {
    function refundExecutionFee(bytes32 key, GmxV2EventData memory eventData) external payable;
}
