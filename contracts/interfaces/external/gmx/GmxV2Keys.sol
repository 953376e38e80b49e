// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

/// @title Keys of GMX's DataStore and roles of its RoleStore, as far as a hedge reads them.
/// @dev A key is the hash of a name, alone or with what it is about.
library GmxV2Keys {
    bytes32 internal constant CONTROLLER = keccak256(abi.encode("CONTROLLER"));
    bytes32 internal constant ORDER_LIST = keccak256(abi.encode("ORDER_LIST"));
    bytes32 internal constant REQUEST_EXPIRATION_TIME = keccak256(abi.encode("REQUEST_EXPIRATION_TIME"));
    bytes32 internal constant MIN_POSITION_SIZE_USD = keccak256(abi.encode("MIN_POSITION_SIZE_USD"));
    bytes32 internal constant MIN_COLLATERAL_USD = keccak256(abi.encode("MIN_COLLATERAL_USD"));
    bytes32 internal constant INCREASE_ORDER_GAS_LIMIT = keccak256(abi.encode("INCREASE_ORDER_GAS_LIMIT"));
    bytes32 internal constant DECREASE_ORDER_GAS_LIMIT = keccak256(abi.encode("DECREASE_ORDER_GAS_LIMIT"));
    bytes32 internal constant ESTIMATED_GAS_FEE_BASE_AMOUNT = keccak256(
        abi.encode("ESTIMATED_GAS_FEE_BASE_AMOUNT_V2_1")
    );
    bytes32 internal constant ESTIMATED_GAS_FEE_PER_ORACLE_PRICE = keccak256(
        abi.encode("ESTIMATED_GAS_FEE_PER_ORACLE_PRICE")
    );
    bytes32 internal constant ESTIMATED_GAS_FEE_MULTIPLIER_FACTOR = keccak256(
        abi.encode("ESTIMATED_GAS_FEE_MULTIPLIER_FACTOR")
    );

    bytes32 private constant SIZE_IN_USD = keccak256(abi.encode("SIZE_IN_USD"));
    bytes32 private constant SIZE_IN_TOKENS = keccak256(abi.encode("SIZE_IN_TOKENS"));
    bytes32 private constant COLLATERAL_AMOUNT = keccak256(abi.encode("COLLATERAL_AMOUNT"));
    bytes32 private constant UPDATED_AT_TIME = keccak256(abi.encode("UPDATED_AT_TIME"));
    bytes32 private constant POSITION_FEE_FACTOR = keccak256(abi.encode("POSITION_FEE_FACTOR"));
    bytes32 private constant MAX_POSITION_IMPACT_FACTOR = keccak256(abi.encode("MAX_POSITION_IMPACT_FACTOR"));
    bytes32 private constant MIN_COLLATERAL_FACTOR_FOR_LIQUIDATION = keccak256(
        abi.encode("MIN_COLLATERAL_FACTOR_FOR_LIQUIDATION")
    );
    bytes32 private constant CLAIMABLE_FUNDING_AMOUNT = keccak256(abi.encode("CLAIMABLE_FUNDING_AMOUNT"));

    /// @notice Key of the one position that an account can have in a market, with a collateral, on a side.
    function position(
        address account,
        address market,
        address collateral,
        bool isLong
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(account, market, collateral, isLong));
    }

    /// @notice A position's size in USD at its entry prices, 30 decimals.
    function sizeInUsd(bytes32 positionKey) internal pure returns (bytes32) {
        return keccak256(abi.encode(positionKey, SIZE_IN_USD));
    }

    /// @notice A position's size in units of the index token.
    function sizeInTokens(bytes32 positionKey) internal pure returns (bytes32) {
        return keccak256(abi.encode(positionKey, SIZE_IN_TOKENS));
    }

    /// @notice A position's collateral in units of its token, before fees owed.
    function collateralAmount(bytes32 positionKey) internal pure returns (bytes32) {
        return keccak256(abi.encode(positionKey, COLLATERAL_AMOUNT));
    }

    /// @notice When an order was made, by the block's clock.
    function updatedAtTime(bytes32 orderKey) internal pure returns (bytes32) {
        return keccak256(abi.encode(orderKey, UPDATED_AT_TIME));
    }

    /// @notice Fee of a change of size; dearer where it worsens the balance of longs and shorts.
    function positionFeeFactor(address market, bool balanceWasImproved) internal pure returns (bytes32) {
        return keccak256(abi.encode(POSITION_FEE_FACTOR, market, balanceWasImproved));
    }

    /// @notice Most of a size that price impact can give (positive) or take at once (negative).
    function maxPositionImpactFactor(address market, bool isPositive) internal pure returns (bytes32) {
        return keccak256(abi.encode(MAX_POSITION_IMPACT_FACTOR, market, isPositive));
    }

    /// @notice Part of the size below which what remains of the collateral is liquidated.
    function minCollateralFactorForLiquidation(address market) internal pure returns (bytes32) {
        return keccak256(abi.encode(MIN_COLLATERAL_FACTOR_FOR_LIQUIDATION, market));
    }

    /// @notice Funding that an account has received and not claimed.
    function claimableFundingAmount(address market, address token, address account) internal pure returns (bytes32) {
        return keccak256(abi.encode(CLAIMABLE_FUNDING_AMOUNT, market, token, account));
    }
}
