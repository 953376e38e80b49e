// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

/// @title Keys of the DataStore that the simulated GMX reads beyond those that a hedge reads.
library GmxV2SimulatorKeys {
    function name(string memory what) internal pure returns (bytes32) {
        return keccak256(abi.encode(what));
    }

    /// @notice Key about an address, e.g. a market.
    function of1(string memory what, address a) internal pure returns (bytes32) {
        return keccak256(abi.encode(name(what), a));
    }

    function ofSide(string memory what, address market, bool flag) internal pure returns (bytes32) {
        return keccak256(abi.encode(name(what), market, flag));
    }

    function ofToken(string memory what, address market, address token) internal pure returns (bytes32) {
        return keccak256(abi.encode(name(what), market, token));
    }

    function ofTokenSide(
        string memory what,
        address market,
        address token,
        bool isLong
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(name(what), market, token, isLong));
    }

    function ofAccount(
        string memory what,
        address market,
        address token,
        address account
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(name(what), market, token, account));
    }

    /// @notice Key of a feature of one module for one order type; true in the store = disabled.
    function feature(string memory what, address module, uint256 orderType) internal pure returns (bytes32) {
        return keccak256(abi.encode(name(what), module, orderType));
    }

    function claimableCollateral(
        string memory what,
        address market,
        address token,
        uint256 timeKey,
        address account
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(name(what), market, token, timeKey, account));
    }

    function claimableFactor(address market, address token, uint256 timeKey) internal pure returns (bytes32) {
        return keccak256(abi.encode(name("CLAIMABLE_COLLATERAL_FACTOR"), market, token, timeKey));
    }

    function maxPnlFactor(string memory kind, address market, bool isLong) internal pure returns (bytes32) {
        return keccak256(abi.encode(name("MAX_PNL_FACTOR"), name(kind), market, isLong));
    }

    /// @notice Key of a field of a stored order or position.
    function field(bytes32 key, string memory what) internal pure returns (bytes32) {
        return keccak256(abi.encode(key, name(what)));
    }
}
