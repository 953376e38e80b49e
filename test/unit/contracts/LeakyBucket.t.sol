// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {LeakyBucket} from "../../../contracts/libraries/LeakyBucket.sol";
import {Test} from "./Test.sol";

contract LeakyBucketTest is Test {
    uint256 private constant DAY = 1 days;

    function test_leavesTheLevelWhenNoTimePassed() external pure {
        assertEq(LeakyBucket.levelAfterUp(7, 10, 0), 7, "level");
    }

    function test_leaksEmptyInOneDayAndNotOneSecondEarlier() external pure {
        assertEq(LeakyBucket.levelAfterUp(10 * DAY, 10 * DAY, DAY), 0, "after a day");
        assertEq(LeakyBucket.levelAfterUp(10 * DAY, 10 * DAY, DAY - 1), 10, "one second before");
    }

    function test_leaksHalfInHalfADay() external pure {
        assertEq(LeakyBucket.levelAfterUp(1_000, 1_000, DAY / 2), 500, "half");
    }

    /// Linear: level - capacity × time / day, rounded up, never below zero. Independent of the library's branches.
    function testFuzz_leaksLinearlyRoundedUp(uint128 level, uint128 capacity, uint48 elapsed) external pure {
        uint256 time = elapsed % (DAY + 1);
        uint256 leakedDown = (uint256(capacity) * time) / DAY;
        uint256 expected = level > leakedDown ? level - leakedDown : 0;
        assertEq(LeakyBucket.levelAfterUp(level, capacity, time), expected, "level");
    }

    function testFuzz_neverRisesWithTime(uint128 level, uint128 capacity, uint48 first, uint48 later) external pure {
        (first, later) = first <= later ? (first, later) : (later, first);
        assertLe(
            LeakyBucket.levelAfterUp(level, capacity, later),
            LeakyBucket.levelAfterUp(level, capacity, first),
            "later level"
        );
    }

    function testFuzz_neverRisesAboveTheLevelItStartsFrom(
        uint128 level,
        uint128 capacity,
        uint48 elapsed
    ) external pure {
        assertLe(LeakyBucket.levelAfterUp(level, capacity, elapsed), level, "level");
    }

    /// V03: leaking in two steps leaves at most one unit more than in one, and never less: rounding cannot be farmed.
    function testFuzz_V03_splittingTheWaitGainsNothing(
        uint128 level,
        uint128 capacity,
        uint32 first,
        uint32 second
    ) external pure {
        uint256 a = first % DAY;
        uint256 b = second % (DAY - a);
        uint256 once = LeakyBucket.levelAfterUp(level, capacity, a + b);
        uint256 twice = LeakyBucket.levelAfterUp(LeakyBucket.levelAfterUp(level, capacity, a), capacity, b);
        assertLe(once, twice, "in one step");
        assertLe(twice, once + 1, "in two steps");
    }

    /// A bucket that is fuller than its capacity (NAV fell since) drains on: a whole capacity a day, day after day.
    function testFuzz_drainsAtItsRateHoweverFullItIs(uint128 level, uint128 capacity, uint8 daysPassed) external pure {
        uint256 leaked = uint256(capacity) * daysPassed;
        uint256 expected = level > leaked ? level - leaked : 0;
        assertEq(LeakyBucket.levelAfterUp(level, capacity, uint256(daysPassed) * DAY), expected, "level");
    }
}
