// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Oracle} from "@uniswap/v3-core-0.8/contracts/libraries/Oracle.sol";

/// @title A pool without tokens whose tick goes where a test says. It remembers by Uniswap's own Oracle library.
/// @dev TEST ONLY. `slot0`, `observations` and `observe` are those of IUniswapV3Pool; the price beside the tick is not kept.
contract ScriptedPool {
    using Oracle for Oracle.Observation[65535];

    /// @notice How `observe` answers.
    enum Mood {
        Answers,
        Reverts,
        RunsOutOfGas
    }

    struct Slot0 {
        uint160 sqrtPriceX96;
        int24 tick;
        uint16 observationIndex;
        uint16 observationCardinality;
        uint16 observationCardinalityNext;
        uint8 feeProtocol;
        bool unlocked;
    }

    Slot0 public slot0;
    Oracle.Observation[65535] public observations;
    Mood public mood;

    error ScriptedPool_Silent();

    function initialize(int24 tick) external {
        (uint16 cardinality, uint16 cardinalityNext) = observations.initialize(uint32(block.timestamp));
        slot0 = Slot0(0, tick, 0, cardinality, cardinalityNext, 0, true);
    }

    function increaseObservationCardinalityNext(uint16 next) external {
        slot0.observationCardinalityNext = observations.grow(slot0.observationCardinalityNext, next);
    }

    /// @notice Moves the tick as a swap does: what was is observed first.
    function moveTo(int24 tick) external {
        (slot0.observationIndex, slot0.observationCardinality) = observations.write(
            slot0.observationIndex,
            uint32(block.timestamp),
            slot0.tick,
            1,
            slot0.observationCardinality,
            slot0.observationCardinalityNext
        );
        slot0.tick = tick;
    }

    function setMood(Mood mood_) external {
        mood = mood_;
    }

    /// @notice Claims a ring of observations that was never written.
    function setCardinality(uint16 cardinality) external {
        slot0.observationCardinality = cardinality;
    }

    function observe(uint32[] calldata secondsAgos) external view returns (int56[] memory, uint160[] memory) {
        if (mood == Mood.Reverts) revert ScriptedPool_Silent();
        if (mood == Mood.RunsOutOfGas) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        return
            observations.observe(
                uint32(block.timestamp),
                secondsAgos,
                slot0.tick,
                slot0.observationIndex,
                1,
                slot0.observationCardinality
            );
    }
}
