// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

/// @notice One reading of the price.
/// @param priceWad Quote per base, human units × 1e18; 0 when no price can be computed at all.
/// @param flags What is wrong, as bits of `OracleFlags`; 0 = healthy.
/// @param bandBps Half-width within which the true price may lie although the feed is healthy.
struct OracleReading {
    uint256 priceWad;
    uint256 flags;
    uint256 bandBps;
}

/// @notice Reasons to distrust a reading. Several can hold at once.
library OracleFlags {
    uint256 internal constant NO_PRICE = 1 << 0;
    uint256 internal constant BASE_STALE = 1 << 1;
    uint256 internal constant QUOTE_STALE = 1 << 2;
    uint256 internal constant SEQUENCER_DOWN = 1 << 3;
    uint256 internal constant DEPEG = 1 << 4;
    uint256 internal constant SPOT_DEVIATION = 1 << 5;
    uint256 internal constant TWAP_DEVIATION = 1 << 6;
}

/// @title The price a vault believes, and how far it can be trusted right now.
interface IPriceOracle {
    /// @notice Reads feeds, sequencer, peg and pool spot; with `withAverage` also the pool's average price, which a
    /// single block cannot move. Never reverts for a bad feed: it sets a flag.
    function read(bool withAverage) external view returns (OracleReading memory reading);

    /// @notice Compares the pool's spot price with a given price; used again after an action moved the pool.
    /// @return flags `SPOT_DEVIATION` or 0.
    function spotFlags(uint256 priceWad) external view returns (uint256 flags);
}
