// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {LeakyBucket} from "../../contracts/libraries/LeakyBucket.sol";
import {Test} from "../unit/contracts/Test.sol";

/// @title One bucket over years, beside one that counts what leaked out of it without ever rounding.
contract BucketHandler is Test {
    uint256 private constant PERIOD = 1 days;
    uint256 public constant CAPACITY = 1e18 + 7; // a number that a day does not divide

    uint256 public level;
    /// @dev The exact level times PERIOD.
    uint256 public exactTimesPeriod;
    uint256 public waits;

    function fill(uint256 amount) external {
        amount = bound(amount, 0, CAPACITY - level);
        level += amount;
        exactTimesPeriod += amount * PERIOD;
    }

    function wait_(uint256 elapsed) external {
        elapsed = bound(elapsed, 0, PERIOD / 4);
        level = LeakyBucket.levelAfterUp(level, CAPACITY, elapsed);
        uint256 leaked = CAPACITY * elapsed;
        exactTimesPeriod = exactTimesPeriod > leaked ? exactTimesPeriod - leaked : 0;
        ++waits;
    }
}

/// @notice The bucket alone: never emptier than the truth, and fuller by a unit for every look at most.
contract LeakyBucketInvariantTest is Test {
    BucketHandler private _handler;

    function setUp() external {
        _handler = new BucketHandler();
    }

    function targetContracts() external view returns (address[] memory targeted) {
        targeted = new address[](1);
        targeted[0] = address(_handler);
    }

    /// LB-1, LB-2
    function invariant_bucket() external view {
        uint256 stored = _handler.level() * 1 days;
        uint256 exact = _handler.exactTimesPeriod();
        assertLe(exact, stored, "LB-1 emptier than the truth");
        assertLe(stored, exact + _handler.waits() * 1 days, "LB-2 fuller than rounding explains");
        assertLe(_handler.level(), _handler.CAPACITY(), "LB-1 above its capacity");
    }
}
