// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IUniswapV3Pool} from "../interfaces/external/IUniswapV3Pool.sol";
import {IRealizedVolatility, MAX_VOLATILITY_BPS} from "../interfaces/IRealizedVolatility.sol";
import {WAD} from "../libraries/PriceMath.sol";

/// @notice How one measure is set up; fixed for its life.
/// @param pool Uniswap v3 pool that is measured.
/// @param windowSeconds Time that a measurement covers where the pool remembers that much.
/// @param minWindowSeconds Least time that it may cover. A pool follows the market only to within its fee g. So where only
/// arbitrage moves it, an interval h with sigma² h < 2 g² shows less than 0.9 of the volatility sigma. At 70 % a year that
/// is an interval below 32 s with a fee of 0.05 %, and below 19 minutes with 0.3 %: choose
/// `minWindowSeconds / intervals` longer.
/// @param refreshSeconds Age at which a measurement is still good.
/// @param intervals Parts that the window is cut into. The standard error of one measurement is about
/// 0.75 / sqrt(intervals - 1) of it: 23 % with 12 intervals, so that one measurement in twenty says less than two thirds
/// of the truth; 11 % with 48. A measurement costs 0.4 million gas with 12, 1.2 with 48, on a ring of 300 slots.
struct RealizedVolatilityConfig {
    IUniswapV3Pool pool;
    uint32 windowSeconds;
    uint32 minWindowSeconds;
    uint32 refreshSeconds;
    uint8 intervals;
}

/// @title Realised volatility of a Uniswap v3 pool, from the pool's own observations. One instance serves every vault.
///
/// @notice MEASURE. The window is cut into n intervals of h seconds; m_i is the pool's mean tick in interval i, to a
/// fraction of a tick. With sigma² the variance of the tick in a second,
///
///     m_i - m_(i-1) = integral of w(t) dX(t), where w rises from 0 to 1 over one interval and falls to 0 over the next,
///
/// so for a Brownian motion its variance is sigma² (h/3 + h/3) = 2/3 sigma² h: averages move less than prices do
/// (Working, "Note on the Correlation of First Differences of Averages in a Random Chain", Econometrica 28, 1960). Hence
///
///     sigma² = 3/2 · mean of (m_i - m_(i-1))² / h,  volatility a year = sigma · ln 1.0001 · sqrt(365 days).
///
/// No drift is subtracted: a straight climb counts as volatility. Jumps count with the same weight as small moves.
///
/// UNKNOWN. The pool remembers too little when its oldest observation is younger than `minWindowSeconds`, or younger than
/// `windowSeconds` in a ring of fewer slots than there are intervals: such a ring has just overwritten a move, and the
/// time since looks calm whatever happened before. Then the measurement is MAX_VOLATILITY_BPS. Zero is reported only
/// where the mean tick was the same, to the last fraction, in every interval of a window that the pool remembers.
///
/// SMOOTHING. Up at once, down slowly: what is reported halves in HALF_LIFE_SECONDS until it meets the measurement. That
/// is the highest of all measurements so far, each halved once for every half-life since. So when and how often `refresh`
/// is called cannot make it fall faster, and a further call never lowers a later answer, to within 2^-64 bps a call.
///
/// MANIPULATION. A move that is undone in the same block leaves no trace. A spot price that stands d ticks off for n
/// seconds shifts one mean by d · n / h: 10 % for a block of 12 s moves the mean of a two-hour interval by 1.6 ticks, where
/// a volatility of 70 % moves it by 86. The measure changes by less than a hundredth, up or down. To lower it further,
/// someone would have to hold the price still against the market for hours. What stands out raises it, and that only makes
/// a vault more careful until it has halved away. Who causes an observation in every block shortens what the pool
/// remembers. The window shrinks with it, no further than to `minWindowSeconds` (then it is unknown), and what was reported
/// still takes its half-lives to fall. A ring of `windowSeconds / block time` slots, for which anyone can pay with
/// `increaseObservationCardinalityNext`, takes that lever away.
contract RealizedVolatility is IRealizedVolatility {
    /// @notice Time in which a higher value of the past loses half of its height.
    uint256 public constant HALF_LIFE_SECONDS = 6 hours;

    uint256 private constant MIN_WINDOW_SECONDS = 1 hours;
    uint256 private constant MAX_WINDOW_SECONDS = 7 days;
    uint256 private constant MIN_INTERVALS = 4;
    uint256 private constant MAX_INTERVALS = 48;
    /// @dev Shorter ones measure the size of single blocks.
    uint256 private constant MIN_INTERVAL_SECONDS = 1 minutes;
    uint256 private constant MIN_REFRESH_SECONDS = 1 minutes;
    uint256 private constant MAX_REFRESH_SECONDS = 6 hours;

    /// @dev 3/2 · ln(1.0001)² · 31,536,000 s · BPS² · WAD, rounded up: squared bps a year for a squared tick a second.
    uint256 private constant SQUARE_BPS_WAD = 47_299_270_033_580_583_600_028_903;
    /// @dev 2^128 · 2^(-1 / HALF_LIFE_SECONDS), rounded up: what a second leaves of a value.
    uint256 private constant LEFT_AFTER_A_SECOND_X128 = 340_271_447_384_883_720_029_923_845_454_074_990_679;

    IUniswapV3Pool public immutable pool;
    uint256 public immutable windowSeconds;
    uint256 public immutable minWindowSeconds;
    uint256 public immutable refreshSeconds;
    uint256 public immutable intervals;

    /// @dev In bps × 2^64, so that rounding does not add up over many calls. At most MAX_VOLATILITY_BPS × 2^64 < 2^79.
    uint208 private _volatilityBpsX64;
    uint48 private _measuredAt;

    constructor(RealizedVolatilityConfig memory config) {
        if (address(config.pool).code.length == 0) revert RealizedVolatility_NoCode(address(config.pool));
        _requireWithin("windowSeconds", config.windowSeconds, MIN_WINDOW_SECONDS, MAX_WINDOW_SECONDS);
        _requireWithin("intervals", config.intervals, MIN_INTERVALS, MAX_INTERVALS);
        // Never an empty range: 48 intervals of a minute are less than an hour.
        _requireWithin(
            "minWindowSeconds",
            config.minWindowSeconds,
            config.intervals * MIN_INTERVAL_SECONDS,
            config.windowSeconds
        );
        // No longer than the window, or there would be times that no measurement covers.
        _requireWithin(
            "refreshSeconds",
            config.refreshSeconds,
            MIN_REFRESH_SECONDS,
            Math.min(MAX_REFRESH_SECONDS, config.windowSeconds)
        );
        pool = config.pool;
        windowSeconds = config.windowSeconds;
        minWindowSeconds = config.minWindowSeconds;
        refreshSeconds = config.refreshSeconds;
        intervals = config.intervals;
    }

    /// @inheritdoc IRealizedVolatility
    function refresh() external returns (uint256) {
        if (_isFresh()) return _storedBpsUp();
        (uint256 measuredBps, uint256 measuredSeconds) = _measure();
        // At most MAX_VOLATILITY_BPS × 2^64, and 2^48 seconds are 8.9 million years.
        _volatilityBpsX64 = uint208(_smoothX64(measuredBps));
        _measuredAt = uint48(block.timestamp);
        uint256 reportedBps = _storedBpsUp();
        emit VolatilityMeasured(measuredBps, reportedBps, measuredSeconds);
        return reportedBps;
    }

    /// @inheritdoc IRealizedVolatility
    function volatilityBps() external view returns (uint256) {
        if (_isFresh()) return _storedBpsUp();
        (uint256 measuredBps, ) = _measure();
        return _toBpsUp(_smoothX64(measuredBps));
    }

    /// @inheritdoc IRealizedVolatility
    function measuredAt() external view returns (uint256) {
        return _measuredAt;
    }

    /// @dev False before the first measurement: 1970 is longer ago than any refresh interval.
    function _isFresh() private view returns (bool) {
        return block.timestamp - _measuredAt <= refreshSeconds;
    }

    function _storedBpsUp() private view returns (uint256) {
        return _toBpsUp(_volatilityBpsX64);
    }

    /// @dev What to report now that the measurement says `measuredBps`: the higher one of it and of what time left of the
    /// value before.
    function _smoothX64(uint256 measuredBps) private view returns (uint256) {
        // Below 2^79 × 2^128. Rounded up: whatever is lost by rounding would be lost at every call.
        uint256 product = _volatilityBpsX64 * _leftX128(block.timestamp - _measuredAt);
        return Math.max(measuredBps << 64, Math.ceilDiv(product, 1 << 128));
    }

    /// @return measuredBps Volatility a year over the window [bps], rounded up and capped.
    /// @return measuredSeconds Length of the window; 0 = unknown, and the cap is the answer.
    function _measure() private view returns (uint256 measuredBps, uint256 measuredSeconds) {
        uint256 intervalSeconds = _intervalSeconds();
        if (intervalSeconds == 0) return (MAX_VOLATILITY_BPS, 0);
        uint32[] memory secondsAgos = new uint32[](intervals + 1);
        // No more than the window: at most 7 days.
        for (uint256 i = 0; i < intervals; ++i) secondsAgos[i] = uint32((intervals - i) * intervalSeconds);
        uint256 gasBefore = gasleft();
        try pool.observe(secondsAgos) returns (int56[] memory cumulatives, uint160[] memory) {
            return (_volatilityUp(cumulatives, intervalSeconds), intervals * intervalSeconds);
        } catch {
            // The pool had all but a 64th of the gas. A caller that sent too little must not make it look forgetful.
            if (gasleft() < gasBefore / 63) {
                assembly ("memory-safe") {
                    invalid()
                }
            }
            return (MAX_VOLATILITY_BPS, 0);
        }
    }

    /// @dev Length of an interval in the window that the pool remembers, rounded down; 0 = it remembers too little.
    function _intervalSeconds() private view returns (uint256) {
        (, , uint16 index, uint16 cardinality, , , ) = pool.slot0();
        if (cardinality == 0) return 0; // not initialised
        // The slot after the newest observation holds the oldest, or nothing until the ring has gone round once.
        (uint32 oldestAt, , , bool initialized) = pool.observations((uint256(index) + 1) % cardinality);
        if (!initialized) (oldestAt, , , initialized) = pool.observations(0);
        if (!initialized) return 0;
        uint256 age;
        unchecked {
            age = uint32(block.timestamp) - oldestAt; // the pool's clock wraps at 2^32, and so does the difference
        }
        if (age >= windowSeconds) return windowSeconds / intervals;
        if (age < minWindowSeconds || cardinality < intervals) return 0;
        return age / intervals;
    }

    /// @dev With D_i the growth of the tick cumulative in interval i, D_i - D_(i-1) = h (m_i - m_(i-1)) exactly: squares
    /// are summed before anything is divided. Bounded for whatever the pool answers: a growth is below 2^57, a square below
    /// 2^116, the sum of at most 48 below 2^122, times SQUARE_BPS_WAD below 2^208.
    function _volatilityUp(int56[] memory cumulatives, uint256 intervalSeconds) private view returns (uint256) {
        uint256 squares = 0;
        int256 growth = int256(cumulatives[1]) - cumulatives[0];
        for (uint256 i = 2; i <= intervals; ++i) {
            int256 next = int256(cumulatives[i]) - cumulatives[i - 1];
            squares += uint256((next - growth) * (next - growth));
            growth = next;
        }
        uint256 variance = Math.ceilDiv(squares * SQUARE_BPS_WAD, (intervals - 1) * intervalSeconds ** 3 * WAD);
        return Math.min(Math.sqrt(variance, Math.Rounding.Ceil), MAX_VOLATILITY_BPS);
    }

    /// @dev 2^128 · 2^(-elapsedSeconds / HALF_LIFE_SECONDS) by squaring, right to 112 bits.
    function _leftX128(uint256 elapsedSeconds) private pure returns (uint256 leftX128) {
        leftX128 = 1 << 128;
        uint256 factorX128 = LEFT_AFTER_A_SECOND_X128;
        // Both factors are at most 2^128, and one is less.
        for (uint256 rest = elapsedSeconds % HALF_LIFE_SECONDS; rest != 0; rest >>= 1) {
            if (rest & 1 == 1) leftX128 = (leftX128 * factorX128) >> 128;
            factorX128 = (factorX128 * factorX128) >> 128;
        }
        leftX128 >>= elapsedSeconds / HALF_LIFE_SECONDS;
    }

    function _toBpsUp(uint256 bpsX64) private pure returns (uint256) {
        return Math.ceilDiv(bpsX64, 1 << 64);
    }

    function _requireWithin(bytes32 parameter, uint256 value, uint256 min, uint256 max) private pure {
        if (value < min || value > max) revert RealizedVolatility_OutOfBounds(parameter, value, min, max);
    }
}
