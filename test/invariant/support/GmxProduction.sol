// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IGmxV2ExchangeRouter, IGmxV2OrderCallbackReceiver} from "../../../contracts/interfaces/external/gmx/IGmxV2.sol";
import {GmxV2EventData} from "../../../contracts/interfaces/external/gmx/GmxV2Types.sol";
import {IHedge} from "../../../contracts/interfaces/IHedge.sol";

// The hedge and the simulated venue as the suite sees them: it deploys their artifacts and compiles neither.

/// @notice contracts/hedges/GmxV2Hedge.sol.
interface IGmxHedge is IHedge, IGmxV2OrderCallbackReceiver {
    error GmxV2Hedge_OrderInFlight(bytes32 key);
    error GmxV2Hedge_ReconcileFirst(uint256 recordedSizeUsd, uint256 foundSizeUsd);
    error GmxV2Hedge_ExecutionFeeNotFunded(uint256 neededWei, uint256 availableWei);
    error GmxV2Hedge_NotOneOrder(int256 deltaChangeBase, int256 marginChangeQuote);
    error GmxV2Hedge_PositionTooSmall(uint256 sizeUsd, uint256 minSizeUsd);
    error GmxV2Hedge_NotExpired(uint256 ageSeconds, uint256 expirationSeconds);
    error GmxV2Hedge_OnlyController(address caller);
    error GmxV2Hedge_RouterAlive(address router);
    error GmxV2Hedge_BadRouter(address router);
    error GmxV2Hedge_NothingOwed(address receiver);
    error GmxV2Hedge_MarginOwed(uint256 askedQuote, uint256 ownQuote);

    function exchangeRouter() external view returns (IGmxV2ExchangeRouter);

    function position() external view returns (uint256 collateralQuote, uint256 shortBase);

    function inFlight() external view returns (bool);

    function orderKey() external view returns (bytes32);

    function order() external view returns (uint8 kind, int160 sizeUsd, int88 marginQuote);

    function recordedSizeUsd() external view returns (uint256);

    function owedSizeUsd() external view returns (uint256);

    function owedTo(address receiver) external view returns (uint256 sizeUsd);

    function exitReceiver() external view returns (address);

    function executionFeeWei(bool isIncrease, uint256 gasPriceWei) external view returns (uint256);

    function payExit(address receiver) external payable;

    function claimFunding() external;

    function claimCollateral(uint256[] calldata timeKeys) external;

    function adoptRouter(IGmxV2ExchangeRouter next) external;

    function refundExecutionFee(bytes32 key, GmxV2EventData calldata eventData) external payable;
}

/// @notice localnet/gmx/GmxV2SimulatorDataStore.sol.
interface IGmxStore {
    function getUint(bytes32 key) external view returns (uint256);

    function getAddress(bytes32 key) external view returns (address);

    function setUint(bytes32 key, uint256 value) external returns (uint256);

    function setAddress(bytes32 key, address value) external returns (address);

    function setBool(bytes32 key, bool value) external returns (bool);

    function containsBytes32(bytes32 setKey, bytes32 value) external view returns (bool);

    function getBytes32Count(bytes32 setKey) external view returns (uint256);

    function getBytes32ValuesAt(bytes32 setKey, uint256 start, uint256 end) external view returns (bytes32[] memory);
}

/// @notice localnet/gmx/GmxV2SimulatorRoleStore.sol.
interface IGmxRoles {
    function grantRole(address account, bytes32 role) external;

    function revokeRole(address account, bytes32 role) external;

    function hasRole(address account, bytes32 role) external view returns (bool);
}

/// @notice localnet/gmx/GmxV2SimulatorOracle.sol.
interface IGmxPrices {
    error EmptyPrimaryPrice(address token);

    function setPrice(address token, uint256 min, uint256 max) external;

    function timestamp() external view returns (uint256);
}

/// @notice localnet/gmx/GmxV2SimulatorOrderHandler.sol.
interface IGmxOrderHandler {
    error DisabledFeature(bytes32 key);
    error DisabledMarket(address market);

    function executeOrder(bytes32 key) external;

    function freezeOrder(bytes32 key) external;

    function executeLiquidation(address account, address market, address collateral, bool isLong) external;

    function executeAdl(
        address account,
        address market,
        address collateral,
        bool isLong,
        uint256 sizeDeltaUsd
    ) external;
}

/// @notice Genuine WETH9.
interface IWeth {
    function deposit() external payable;

    function approve(address spender, uint256 amount) external returns (bool);

    function transfer(address to, uint256 amount) external returns (bool);

    function balanceOf(address account) external view returns (uint256);
}
