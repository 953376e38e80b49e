// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title A leaky bucket, for losses and for turnover: what goes in drains evenly, a full bucket in one day.
library LeakyBucket {
    uint256 internal constant PERIOD_SECONDS = 1 days;

    /// @notice What is left of `level` after `elapsedSeconds`. Rounded up: the bucket never looks emptier than it is.
    function levelAfterUp(uint256 level, uint256 capacity, uint256 elapsedSeconds) internal pure returns (uint256) {
        uint256 leaked = Math.mulDiv(capacity, elapsedSeconds, PERIOD_SECONDS);
        return level > leaked ? level - leaked : 0;
    }
}
