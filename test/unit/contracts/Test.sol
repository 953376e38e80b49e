// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

/// @title The few assertions our Solidity tests need; the runner counts a revert as a failure.
abstract contract Test {
    error Test_NotEqual(string what, uint256 actual, uint256 expected);
    error Test_NotEqualSigned(string what, int256 actual, int256 expected);
    error Test_TooLarge(string what, uint256 actual, uint256 largest);
    error Test_Untrue(string what);

    function assertEq(uint256 actual, uint256 expected, string memory what) internal pure {
        if (actual != expected) revert Test_NotEqual(what, actual, expected);
    }

    function assertEq(int256 actual, int256 expected, string memory what) internal pure {
        if (actual != expected) revert Test_NotEqualSigned(what, actual, expected);
    }

    function assertLe(uint256 actual, uint256 largest, string memory what) internal pure {
        if (actual > largest) revert Test_TooLarge(what, actual, largest);
    }

    function assertTrue(bool condition, string memory what) internal pure {
        if (!condition) revert Test_Untrue(what);
    }

    /// @dev Folds a fuzzed value into `min … max`. A value already inside stays, so that the fuzzer's favourites survive.
    function bound(uint256 value, uint256 min, uint256 max) internal pure returns (uint256) {
        if (value >= min && value <= max) return value;
        uint256 size = max - min;
        return size == type(uint256).max ? value : min + (value % (size + 1));
    }

    function boundInt(int256 value, int256 min, int256 max) internal pure returns (int256) {
        // Ticks and deltas only: far below 2^255.
        return min + int256(bound(uint256(value >= 0 ? value : -(value + 1)), 0, uint256(max - min)));
    }
}
