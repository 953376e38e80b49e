// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

/// @dev Highest volatility that is ever reported, 300 % a year in bps; also the answer where nothing is known.
uint256 constant MAX_VOLATILITY_BPS = 30_000;

/// @title How much a price has moved of late, for bounds that widen when markets are wild.
/// @dev Volatility is annual, in bps of the price: 8,000 = 80 % a year. It is never understated by rounding.
interface IRealizedVolatility {
    /// @notice Emitted by every measurement.
    /// @param measuredBps What the measurement says by itself.
    /// @param volatilityBps What is reported from now on; above `measuredBps` while an earlier, higher one wears off.
    /// @param windowSeconds Time that was measured; 0 where it was too little to say anything.
    event VolatilityMeasured(uint256 measuredBps, uint256 volatilityBps, uint256 windowSeconds);

    error RealizedVolatility_OutOfBounds(bytes32 parameter, uint256 value, uint256 min, uint256 max);
    error RealizedVolatility_NoCode(address pool);

    /// @notice Measures anew when the last measurement is older than the refresh interval. Anyone may call, and nobody
    /// gains by it: a call never lowers what is reported later. Never reverts, but for want of gas: where too little is
    /// known, the answer is the highest volatility that is ever reported. Unknown is not calm.
    /// @return volatilityBps Volatility a year in bps, rounded up.
    function refresh() external returns (uint256 volatilityBps);

    /// @notice The same without measuring: the stored value while it is fresh, else what `refresh` would answer now.
    /// Costs as much gas as `refresh` when it has to measure.
    function volatilityBps() external view returns (uint256);

    /// @notice Time of the last measurement [seconds]; 0 before the first.
    function measuredAt() external view returns (uint256);
}
