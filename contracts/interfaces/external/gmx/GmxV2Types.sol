// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

// Structs of GMX v2, member by member as the venue encodes them (test/integration/gmxConformance.test.ts compares them with
// the venue's published ABIs). USD values have 30 decimals; a price is USD with 30 decimals a token's smallest unit.

struct GmxV2CreateOrderAddresses {
    address receiver;
    address cancellationReceiver;
    address callbackContract;
    address uiFeeReceiver;
    address market;
    address initialCollateralToken;
    address[] swapPath;
}

struct GmxV2CreateOrderNumbers {
    uint256 sizeDeltaUsd;
    uint256 initialCollateralDeltaAmount;
    uint256 triggerPrice;
    uint256 acceptablePrice;
    uint256 executionFee;
    uint256 callbackGasLimit;
    uint256 minOutputAmount;
    uint256 validFromTime;
}

struct GmxV2CreateOrderParams {
    GmxV2CreateOrderAddresses addresses;
    GmxV2CreateOrderNumbers numbers;
    uint8 orderType;
    uint8 decreasePositionSwapType;
    bool isLong;
    bool shouldUnwrapNativeToken;
    bool autoCancel;
    bytes32 referralCode;
    bytes32[] dataList;
}

/// @dev Values of `orderType` that matter to a hedge.
uint8 constant GMX_MARKET_INCREASE = 2;
uint8 constant GMX_MARKET_DECREASE = 4;
uint8 constant GMX_LIQUIDATION = 7;

struct GmxV2OrderAddresses {
    address account;
    address receiver;
    address cancellationReceiver;
    address callbackContract;
    address uiFeeReceiver;
    address market;
    address initialCollateralToken;
    address[] swapPath;
}

struct GmxV2OrderNumbers {
    uint8 orderType;
    uint8 decreasePositionSwapType;
    uint256 sizeDeltaUsd;
    uint256 initialCollateralDeltaAmount;
    uint256 triggerPrice;
    uint256 acceptablePrice;
    uint256 executionFee;
    uint256 callbackGasLimit;
    uint256 minOutputAmount;
    uint256 updatedAtTime;
    uint256 validFromTime;
    uint256 srcChainId;
}

struct GmxV2OrderFlags {
    bool isLong;
    bool shouldUnwrapNativeToken;
    bool isFrozen;
    bool autoCancel;
}

struct GmxV2Order {
    GmxV2OrderAddresses addresses;
    GmxV2OrderNumbers numbers;
    GmxV2OrderFlags flags;
    bytes32[] dataList;
}

struct GmxV2Price {
    uint256 min;
    uint256 max;
}

struct GmxV2MarketPrices {
    GmxV2Price indexTokenPrice;
    GmxV2Price longTokenPrice;
    GmxV2Price shortTokenPrice;
}

struct GmxV2Market {
    address marketToken;
    address indexToken;
    address longToken;
    address shortToken;
}

struct GmxV2PositionAddresses {
    address account;
    address market;
    address collateralToken;
}

struct GmxV2PositionNumbers {
    uint256 sizeInUsd;
    uint256 sizeInTokens;
    uint256 collateralAmount;
    int256 pendingImpactAmount;
    uint256 borrowingFactor;
    uint256 fundingFeeAmountPerSize;
    uint256 longTokenClaimableFundingAmountPerSize;
    uint256 shortTokenClaimableFundingAmountPerSize;
    uint256 increasedAtTime;
    uint256 decreasedAtTime;
}

struct GmxV2PositionFlags {
    bool isLong;
}

struct GmxV2Position {
    GmxV2PositionAddresses addresses;
    GmxV2PositionNumbers numbers;
    GmxV2PositionFlags flags;
}

struct GmxV2ReferralFees {
    bytes32 referralCode;
    address affiliate;
    address trader;
    uint256 totalRebateFactor;
    uint256 affiliateRewardFactor;
    uint256 adjustedAffiliateRewardFactor;
    uint256 traderDiscountFactor;
    uint256 totalRebateAmount;
    uint256 traderDiscountAmount;
    uint256 affiliateRewardAmount;
}

struct GmxV2ProFees {
    uint256 traderTier;
    uint256 traderDiscountFactor;
    uint256 traderDiscountAmount;
}

struct GmxV2FundingFees {
    uint256 fundingFeeAmount;
    uint256 claimableLongTokenAmount;
    uint256 claimableShortTokenAmount;
    uint256 latestFundingFeeAmountPerSize;
    uint256 latestLongTokenClaimableFundingAmountPerSize;
    uint256 latestShortTokenClaimableFundingAmountPerSize;
}

struct GmxV2BorrowingFees {
    uint256 borrowingFeeUsd;
    uint256 borrowingFeeAmount;
    uint256 borrowingFeeReceiverFactor;
    uint256 borrowingFeeAmountForFeeReceiver;
}

struct GmxV2UiFees {
    address uiFeeReceiver;
    uint256 uiFeeReceiverFactor;
    uint256 uiFeeAmount;
}

struct GmxV2LiquidationFees {
    uint256 liquidationFeeUsd;
    uint256 liquidationFeeAmount;
    uint256 liquidationFeeReceiverFactor;
    uint256 liquidationFeeAmountForFeeReceiver;
}

struct GmxV2PositionFees {
    GmxV2ReferralFees referral;
    GmxV2ProFees pro;
    GmxV2FundingFees funding;
    GmxV2BorrowingFees borrowing;
    GmxV2UiFees ui;
    GmxV2LiquidationFees liquidation;
    GmxV2Price collateralTokenPrice;
    uint256 positionFeeFactor;
    uint256 protocolFeeAmount;
    uint256 positionFeeReceiverFactor;
    uint256 feeReceiverAmount;
    uint256 feeAmountForPool;
    uint256 positionFeeAmountForPool;
    uint256 positionFeeAmount;
    uint256 totalCostAmountExcludingFunding;
    uint256 totalCostAmount;
    uint256 totalDiscountAmount;
}

struct GmxV2ExecutionPrice {
    int256 priceImpactUsd;
    uint256 executionPrice;
    bool balanceWasImproved;
    int256 proportionalPendingImpactUsd;
    int256 totalImpactUsd;
    uint256 priceImpactDiffUsd;
}

struct GmxV2PositionInfo {
    bytes32 positionKey;
    GmxV2Position position;
    GmxV2PositionFees fees;
    GmxV2ExecutionPrice executionPriceResult;
    int256 basePnlUsd;
    int256 uncappedBasePnlUsd;
    int256 pnlAfterPriceImpactUsd;
}

struct GmxV2LiquidationInfo {
    int256 remainingCollateralUsd;
    int256 minCollateralUsd;
    int256 minCollateralUsdForLeverage;
}

// What a callback and an event carry: named values of seven kinds, singly and as lists.

struct GmxV2AddressItem {
    string key;
    address value;
}

struct GmxV2AddressList {
    string key;
    address[] value;
}

struct GmxV2AddressItems {
    GmxV2AddressItem[] items;
    GmxV2AddressList[] arrayItems;
}

struct GmxV2UintItem {
    string key;
    uint256 value;
}

struct GmxV2UintList {
    string key;
    uint256[] value;
}

struct GmxV2UintItems {
    GmxV2UintItem[] items;
    GmxV2UintList[] arrayItems;
}

struct GmxV2IntItem {
    string key;
    int256 value;
}

struct GmxV2IntList {
    string key;
    int256[] value;
}

struct GmxV2IntItems {
    GmxV2IntItem[] items;
    GmxV2IntList[] arrayItems;
}

struct GmxV2BoolItem {
    string key;
    bool value;
}

struct GmxV2BoolList {
    string key;
    bool[] value;
}

struct GmxV2BoolItems {
    GmxV2BoolItem[] items;
    GmxV2BoolList[] arrayItems;
}

struct GmxV2Bytes32Item {
    string key;
    bytes32 value;
}

struct GmxV2Bytes32List {
    string key;
    bytes32[] value;
}

struct GmxV2Bytes32Items {
    GmxV2Bytes32Item[] items;
    GmxV2Bytes32List[] arrayItems;
}

struct GmxV2BytesItem {
    string key;
    bytes value;
}

struct GmxV2BytesList {
    string key;
    bytes[] value;
}

struct GmxV2BytesItems {
    GmxV2BytesItem[] items;
    GmxV2BytesList[] arrayItems;
}

struct GmxV2StringItem {
    string key;
    string value;
}

struct GmxV2StringList {
    string key;
    string[] value;
}

struct GmxV2StringItems {
    GmxV2StringItem[] items;
    GmxV2StringList[] arrayItems;
}

struct GmxV2EventData {
    GmxV2AddressItems addressItems;
    GmxV2UintItems uintItems;
    GmxV2IntItems intItems;
    GmxV2BoolItems boolItems;
    GmxV2Bytes32Items bytes32Items;
    GmxV2BytesItems bytesItems;
    GmxV2StringItems stringItems;
}
