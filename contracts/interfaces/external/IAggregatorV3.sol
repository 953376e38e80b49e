// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

/// @title The part of a Chainlink feed that the oracle reads.
interface IAggregatorV3 {
    function decimals() external view returns (uint8);

    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
