// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {GmxV2Market, GmxV2Order, GmxV2Position} from "../../contracts/interfaces/external/gmx/GmxV2Types.sol";
import {GmxV2SimulatorKeys as K} from "./GmxV2SimulatorKeys.sol";
import {GmxV2SimulatorDataStore} from "./GmxV2SimulatorDataStore.sol";

/// @title Orders, positions and markets in the DataStore, field by field as the venue keeps them. LOCAL ONLY.
library GmxV2SimulatorRecords {
    function market(GmxV2SimulatorDataStore s, address key) public view returns (GmxV2Market memory m) {
        bytes32 k = bytes32(uint256(uint160(key)));
        m.marketToken = s.getAddress(K.field(k, "MARKET_TOKEN"));
        m.indexToken = s.getAddress(K.field(k, "INDEX_TOKEN"));
        m.longToken = s.getAddress(K.field(k, "LONG_TOKEN"));
        m.shortToken = s.getAddress(K.field(k, "SHORT_TOKEN"));
    }

    function order(GmxV2SimulatorDataStore s, bytes32 k) public view returns (GmxV2Order memory o) {
        if (!s.containsBytes32(K.name("ORDER_LIST"), k)) return o;
        o.addresses.account = s.getAddress(K.field(k, "ACCOUNT"));
        o.addresses.receiver = s.getAddress(K.field(k, "RECEIVER"));
        o.addresses.cancellationReceiver = s.getAddress(K.field(k, "CANCELLATION_RECEIVER"));
        o.addresses.callbackContract = s.getAddress(K.field(k, "CALLBACK_CONTRACT"));
        o.addresses.uiFeeReceiver = s.getAddress(K.field(k, "UI_FEE_RECEIVER"));
        o.addresses.market = s.getAddress(K.field(k, "MARKET"));
        o.addresses.initialCollateralToken = s.getAddress(K.field(k, "INITIAL_COLLATERAL_TOKEN"));
        o.numbers.orderType = uint8(s.getUint(K.field(k, "ORDER_TYPE")));
        o.numbers.decreasePositionSwapType = uint8(s.getUint(K.field(k, "DECREASE_POSITION_SWAP_TYPE")));
        o.numbers.sizeDeltaUsd = s.getUint(K.field(k, "SIZE_DELTA_USD"));
        o.numbers.initialCollateralDeltaAmount = s.getUint(K.field(k, "INITIAL_COLLATERAL_DELTA_AMOUNT"));
        o.numbers.triggerPrice = s.getUint(K.field(k, "TRIGGER_PRICE"));
        o.numbers.acceptablePrice = s.getUint(K.field(k, "ACCEPTABLE_PRICE"));
        o.numbers.executionFee = s.getUint(K.field(k, "EXECUTION_FEE"));
        o.numbers.callbackGasLimit = s.getUint(K.field(k, "CALLBACK_GAS_LIMIT"));
        o.numbers.minOutputAmount = s.getUint(K.field(k, "MIN_OUTPUT_AMOUNT"));
        o.numbers.validFromTime = s.getUint(K.field(k, "VALID_FROM_TIME"));
        o.numbers.updatedAtTime = s.getUint(K.field(k, "UPDATED_AT_TIME"));
        o.flags.isLong = s.getBool(K.field(k, "IS_LONG"));
        o.flags.isFrozen = s.getBool(K.field(k, "IS_FROZEN"));
        o.flags.shouldUnwrapNativeToken = s.getBool(K.field(k, "SHOULD_UNWRAP_NATIVE_TOKEN"));
        o.flags.autoCancel = s.getBool(K.field(k, "AUTO_CANCEL"));
    }

    function setOrder(GmxV2SimulatorDataStore s, bytes32 k, GmxV2Order memory o) public {
        s.addBytes32(K.name("ORDER_LIST"), k);
        s.addBytes32(K.of1("ACCOUNT_ORDER_LIST", o.addresses.account), k);
        s.setAddress(K.field(k, "ACCOUNT"), o.addresses.account);
        s.setAddress(K.field(k, "RECEIVER"), o.addresses.receiver);
        s.setAddress(K.field(k, "CANCELLATION_RECEIVER"), o.addresses.cancellationReceiver);
        s.setAddress(K.field(k, "CALLBACK_CONTRACT"), o.addresses.callbackContract);
        s.setAddress(K.field(k, "UI_FEE_RECEIVER"), o.addresses.uiFeeReceiver);
        s.setAddress(K.field(k, "MARKET"), o.addresses.market);
        s.setAddress(K.field(k, "INITIAL_COLLATERAL_TOKEN"), o.addresses.initialCollateralToken);
        s.setUint(K.field(k, "ORDER_TYPE"), o.numbers.orderType);
        s.setUint(K.field(k, "DECREASE_POSITION_SWAP_TYPE"), o.numbers.decreasePositionSwapType);
        s.setUint(K.field(k, "SIZE_DELTA_USD"), o.numbers.sizeDeltaUsd);
        s.setUint(K.field(k, "INITIAL_COLLATERAL_DELTA_AMOUNT"), o.numbers.initialCollateralDeltaAmount);
        s.setUint(K.field(k, "TRIGGER_PRICE"), o.numbers.triggerPrice);
        s.setUint(K.field(k, "ACCEPTABLE_PRICE"), o.numbers.acceptablePrice);
        s.setUint(K.field(k, "EXECUTION_FEE"), o.numbers.executionFee);
        s.setUint(K.field(k, "CALLBACK_GAS_LIMIT"), o.numbers.callbackGasLimit);
        s.setUint(K.field(k, "MIN_OUTPUT_AMOUNT"), o.numbers.minOutputAmount);
        s.setUint(K.field(k, "VALID_FROM_TIME"), o.numbers.validFromTime);
        s.setUint(K.field(k, "UPDATED_AT_TIME"), o.numbers.updatedAtTime);
        s.setBool(K.field(k, "IS_LONG"), o.flags.isLong);
        s.setBool(K.field(k, "IS_FROZEN"), o.flags.isFrozen);
        s.setBool(K.field(k, "SHOULD_UNWRAP_NATIVE_TOKEN"), o.flags.shouldUnwrapNativeToken);
        s.setBool(K.field(k, "AUTO_CANCEL"), o.flags.autoCancel);
    }

    function removeOrder(GmxV2SimulatorDataStore s, bytes32 k, address account) public {
        s.removeBytes32(K.name("ORDER_LIST"), k);
        s.removeBytes32(K.of1("ACCOUNT_ORDER_LIST", account), k);
    }

    function position(GmxV2SimulatorDataStore s, bytes32 k) public view returns (GmxV2Position memory p) {
        if (!s.containsBytes32(K.name("POSITION_LIST"), k)) return p;
        p.addresses.account = s.getAddress(K.field(k, "ACCOUNT"));
        p.addresses.market = s.getAddress(K.field(k, "MARKET"));
        p.addresses.collateralToken = s.getAddress(K.field(k, "COLLATERAL_TOKEN"));
        p.numbers.sizeInUsd = s.getUint(K.field(k, "SIZE_IN_USD"));
        p.numbers.sizeInTokens = s.getUint(K.field(k, "SIZE_IN_TOKENS"));
        p.numbers.collateralAmount = s.getUint(K.field(k, "COLLATERAL_AMOUNT"));
        p.numbers.pendingImpactAmount = s.getInt(K.field(k, "PENDING_IMPACT_AMOUNT"));
        p.numbers.borrowingFactor = s.getUint(K.field(k, "BORROWING_FACTOR"));
        p.numbers.fundingFeeAmountPerSize = s.getUint(K.field(k, "FUNDING_FEE_AMOUNT_PER_SIZE"));
        p.numbers.longTokenClaimableFundingAmountPerSize = s.getUint(
            K.field(k, "LONG_TOKEN_CLAIMABLE_FUNDING_AMOUNT_PER_SIZE")
        );
        p.numbers.shortTokenClaimableFundingAmountPerSize = s.getUint(
            K.field(k, "SHORT_TOKEN_CLAIMABLE_FUNDING_AMOUNT_PER_SIZE")
        );
        p.numbers.increasedAtTime = s.getUint(K.field(k, "INCREASED_AT_TIME"));
        p.numbers.decreasedAtTime = s.getUint(K.field(k, "DECREASED_AT_TIME"));
        p.flags.isLong = s.getBool(K.field(k, "IS_LONG"));
    }

    /// @dev A position without size is no position.
    function setPosition(GmxV2SimulatorDataStore s, bytes32 k, GmxV2Position memory p) public {
        if (p.numbers.sizeInUsd == 0) s.removeBytes32(K.name("POSITION_LIST"), k);
        else s.addBytes32(K.name("POSITION_LIST"), k);
        s.setAddress(K.field(k, "ACCOUNT"), p.addresses.account);
        s.setAddress(K.field(k, "MARKET"), p.addresses.market);
        s.setAddress(K.field(k, "COLLATERAL_TOKEN"), p.addresses.collateralToken);
        s.setUint(K.field(k, "SIZE_IN_USD"), p.numbers.sizeInUsd);
        s.setUint(K.field(k, "SIZE_IN_TOKENS"), p.numbers.sizeInTokens);
        s.setUint(K.field(k, "COLLATERAL_AMOUNT"), p.numbers.collateralAmount);
        s.setInt(K.field(k, "PENDING_IMPACT_AMOUNT"), p.numbers.pendingImpactAmount);
        s.setUint(K.field(k, "BORROWING_FACTOR"), p.numbers.borrowingFactor);
        s.setUint(K.field(k, "FUNDING_FEE_AMOUNT_PER_SIZE"), p.numbers.fundingFeeAmountPerSize);
        s.setUint(
            K.field(k, "LONG_TOKEN_CLAIMABLE_FUNDING_AMOUNT_PER_SIZE"),
            p.numbers.longTokenClaimableFundingAmountPerSize
        );
        s.setUint(
            K.field(k, "SHORT_TOKEN_CLAIMABLE_FUNDING_AMOUNT_PER_SIZE"),
            p.numbers.shortTokenClaimableFundingAmountPerSize
        );
        s.setUint(K.field(k, "INCREASED_AT_TIME"), p.numbers.increasedAtTime);
        s.setUint(K.field(k, "DECREASED_AT_TIME"), p.numbers.decreasedAtTime);
        s.setBool(K.field(k, "IS_LONG"), p.flags.isLong);
    }
}
