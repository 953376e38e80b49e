// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IGmxV2Reader} from "../../contracts/interfaces/external/gmx/IGmxV2.sol";
import {
    GmxV2LiquidationInfo,
    GmxV2Market,
    GmxV2MarketPrices,
    GmxV2Order,
    GmxV2Position,
    GmxV2PositionInfo
} from "../../contracts/interfaces/external/gmx/GmxV2Types.sol";
import {GmxV2SimulatorMarket as M} from "./GmxV2SimulatorMarket.sol";
import {GmxV2SimulatorKeys as K} from "./GmxV2SimulatorKeys.sol";
import {GmxV2SimulatorRecords as R} from "./GmxV2SimulatorRecords.sol";
import {GmxV2SimulatorDataStore} from "./GmxV2SimulatorDataStore.sol";

/// @dev Numbers for either collateral token.
struct CollateralType {
    uint256 longToken;
    uint256 shortToken;
}

/// @dev Numbers for either side.
struct PositionType {
    CollateralType long;
    CollateralType short;
}

struct BaseFundingValues {
    PositionType fundingFeeAmountPerSize;
    PositionType claimableFundingAmountPerSize;
}

struct NextFunding {
    bool longsPayShorts;
    uint256 fundingFactorPerSecond;
    int256 nextSavedFundingFactorPerSecond;
    PositionType fundingFeeAmountPerSizeDelta;
    PositionType claimableFundingAmountPerSizeDelta;
}

struct VirtualInventory {
    uint256 virtualPoolAmountForLongToken;
    uint256 virtualPoolAmountForShortToken;
    int256 virtualInventoryForPositions;
}

/// @dev Rates of a market now.
struct MarketInfo {
    GmxV2Market market;
    uint256 borrowingFactorPerSecondForLongs;
    uint256 borrowingFactorPerSecondForShorts;
    BaseFundingValues baseFunding;
    NextFunding nextFunding;
    VirtualInventory virtualInventory;
    bool isDisabled;
}

/// @title Reads positions and orders of the simulated GMX. LOCAL ONLY.
contract GmxV2SimulatorReader is IGmxV2Reader {
    error EmptyPosition();

    function getMarket(address dataStore, address key) external view returns (GmxV2Market memory) {
        return R.market(GmxV2SimulatorDataStore(dataStore), key);
    }

    function getOrder(address dataStore, bytes32 key) external view returns (GmxV2Order memory) {
        return R.order(GmxV2SimulatorDataStore(dataStore), key);
    }

    function getPosition(address dataStore, bytes32 key) external view returns (GmxV2Position memory) {
        return R.position(GmxV2SimulatorDataStore(dataStore), key);
    }

    /// @notice Rates of the market now. Amounts per size and virtual inventory are not simulated here and stay zero.
    function getMarketInfo(
        address dataStore,
        GmxV2MarketPrices memory prices,
        address key
    ) external view returns (MarketInfo memory info) {
        GmxV2SimulatorDataStore s = GmxV2SimulatorDataStore(dataStore);
        GmxV2Market memory m = R.market(s, key);
        info.market = m;
        info.borrowingFactorPerSecondForLongs = M.borrowingFactorPerSecond(s, m, prices, true);
        info.borrowingFactorPerSecondForShorts = M.borrowingFactorPerSecond(s, m, prices, false);
        M.Funding memory funding = M.fundingGrowth(s, m, prices);
        info.nextFunding.longsPayShorts = funding.longsPay;
        info.nextFunding.fundingFactorPerSecond = funding.factorPerSecond;
        info.nextFunding.nextSavedFundingFactorPerSecond = funding.savedFactorPerSecond;
        info.isDisabled = s.getBool(K.of1("IS_MARKET_DISABLED", key));
    }

    function getPositionInfo(
        address dataStore,
        address,
        bytes32 positionKey,
        GmxV2MarketPrices memory prices,
        uint256 sizeDeltaUsd,
        address,
        bool usePositionSizeAsSizeDeltaUsd
    ) external view returns (GmxV2PositionInfo memory info) {
        GmxV2SimulatorDataStore s = GmxV2SimulatorDataStore(dataStore);
        GmxV2Position memory pos = R.position(s, positionKey);
        if (pos.addresses.account == address(0)) revert EmptyPosition();
        GmxV2Market memory m = R.market(s, pos.addresses.market);
        if (usePositionSizeAsSizeDeltaUsd) sizeDeltaUsd = pos.numbers.sizeInUsd;
        info.position = pos;
        info.executionPriceResult = M.executionPrice(s, m, prices, pos, -int256(sizeDeltaUsd));
        info.fees = M.fees(s, m, prices, pos, sizeDeltaUsd, info.executionPriceResult.balanceWasImproved, false, true);
        (info.basePnlUsd, info.uncappedBasePnlUsd, ) = M.pnl(s, m, prices, pos, sizeDeltaUsd);
        info.pnlAfterPriceImpactUsd = info.executionPriceResult.priceImpactUsd + info.basePnlUsd;
    }

    function isPositionLiquidatable(
        address dataStore,
        address,
        bytes32 positionKey,
        GmxV2Market memory market,
        GmxV2MarketPrices memory prices,
        bool shouldValidateMinCollateralUsd,
        bool forLiquidation
    ) external view returns (bool, string memory, GmxV2LiquidationInfo memory) {
        GmxV2SimulatorDataStore s = GmxV2SimulatorDataStore(dataStore);
        GmxV2Position memory pos = R.position(s, positionKey);
        return M.liquidatable(s, market, prices, pos, shouldValidateMinCollateralUsd, forLiquidation, false);
    }
}
