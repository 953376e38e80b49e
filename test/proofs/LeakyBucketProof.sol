// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {LeakyBucket} from "../../contracts/libraries/LeakyBucket.sol";

/// @title What is proved of the loss bucket, see docs/proofs.md. Every function states one property.
contract LeakyBucketProof {
    /// @custom:mirrors contracts/RiskPolicy.sol: uint256 private constant FULL = 1e31;
    uint256 private constant FULL = 1e31;
    uint256 private constant DAY = 1 days;

    function prove_neverRisesAboveItsLevel(uint256 level, uint256 capacity, uint256 elapsed) external pure {
        assert(LeakyBucket.levelAfterUp(level, capacity, elapsed) <= level);
    }

    function prove_neverRisesWithTime(uint256 level, uint256 capacity, uint256 first, uint256 later) external pure {
        require(first <= later);
        assert(LeakyBucket.levelAfterUp(level, capacity, later) <= LeakyBucket.levelAfterUp(level, capacity, first));
    }

    function prove_aFullBucketIsEmptyAfterADay(uint256 level, uint256 capacity) external pure {
        require(level <= capacity);
        assert(LeakyBucket.levelAfterUp(level, capacity, DAY) == 0);
    }

    /// Rounded up: no emptier than the exact level.
    function prove_neverLooksEmptierThanItIs(uint256 level, uint256 capacity, uint256 elapsed) external pure {
        assert(LeakyBucket.levelAfterUp(level, capacity, elapsed) * DAY + capacity * elapsed >= level * DAY);
    }

    function prove_waitingInTwoStepsGainsNothing(
        uint256 level,
        uint256 capacity,
        uint256 first,
        uint256 second
    ) external pure {
        uint256 twice = LeakyBucket.levelAfterUp(LeakyBucket.levelAfterUp(level, capacity, first), capacity, second);
        assert(LeakyBucket.levelAfterUp(level, capacity, first + second) <= twice);
    }

    function prove_waitingInTwoStepsCostsAUnitAtMost(
        uint256 level,
        uint256 capacity,
        uint256 first,
        uint256 second
    ) external pure {
        uint256 twice = LeakyBucket.levelAfterUp(LeakyBucket.levelAfterUp(level, capacity, first), capacity, second);
        assert(twice <= LeakyBucket.levelAfterUp(level, capacity, first + second) + 1);
    }

    /// Induction over charges since any moment: what was charged is still in the bucket or has leaked at the rate. The
    /// base case is `spent == 0 && elapsed == 0`, where the premise always holds.
    function prove_budgetHoldsAfterEveryCharge(
        uint256 level,
        uint256 spent,
        uint256 elapsed,
        uint256 wait,
        uint256 charge
    ) external pure {
        require(level <= FULL && charge <= FULL && elapsed <= DAY && wait <= DAY);
        require(spent * DAY <= level * DAY + FULL * elapsed);
        uint256 next = LeakyBucket.levelAfterUp(level, FULL, wait) + charge;
        require(next <= FULL);
        assert((spent + charge) * DAY <= next * DAY + FULL * (elapsed + wait));
    }

    /// The conclusion: two full buckets, which are one daily budget, in any 24 hours.
    function prove_budgetOfADayIsTwoBuckets(uint256 level, uint256 spent, uint256 elapsed) external pure {
        require(level <= FULL && elapsed <= DAY);
        require(spent * DAY <= level * DAY + FULL * elapsed);
        assert(spent <= 2 * FULL);
    }
}
