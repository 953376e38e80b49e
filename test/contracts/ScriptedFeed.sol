// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IAggregatorV3} from "../../contracts/interfaces/external/IAggregatorV3.sol";

/// @title A feed that says what a test tells it to: rounds that a genuine aggregator would never accept.
/// @dev TEST ONLY. Plays price feeds and the sequencer uptime feed of an L2, which the twin's chain does not have.
contract ScriptedFeed is IAggregatorV3 {
    /// @notice How `latestRoundData` answers.
    enum Mood {
        Answers,
        Reverts,
        RunsOutOfGas,
        AnswersTooShort,
        AnswersDirtyRound
    }

    uint8 public immutable decimals;
    Mood public mood;
    int256 public answer;
    uint256 public startedAt;
    uint256 public updatedAt;

    error ScriptedFeed_Silent();

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    function set(int256 answer_, uint256 startedAt_, uint256 updatedAt_) external {
        (answer, startedAt, updatedAt) = (answer_, startedAt_, updatedAt_);
    }

    function setMood(Mood mood_) external {
        mood = mood_;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        if (mood == Mood.Reverts) revert ScriptedFeed_Silent();
        if (mood == Mood.RunsOutOfGas) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (mood == Mood.AnswersTooShort) {
            assembly ("memory-safe") {
                mstore(0, 1)
                return(0, 32)
            }
        }
        if (mood == Mood.AnswersDirtyRound) {
            // The first word does not fit its type, uint80.
            bytes memory words = abi.encode(type(uint256).max, answer, startedAt, updatedAt, uint256(1));
            assembly ("memory-safe") {
                return(add(words, 32), mload(words))
            }
        }
        return (1, answer, startedAt, updatedAt, 1);
    }
}
