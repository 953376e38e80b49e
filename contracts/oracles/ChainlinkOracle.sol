// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {TickMath} from "@uniswap/v3-core-0.8/contracts/libraries/TickMath.sol";

import {IAggregatorV3} from "../interfaces/external/IAggregatorV3.sol";
import {IUniswapV3Pool} from "../interfaces/external/IUniswapV3Pool.sol";
import {IPriceOracle, OracleFlags, OracleReading} from "../interfaces/IPriceOracle.sol";
import {BPS, PriceMath, WAD} from "../libraries/PriceMath.sol";

/// @notice How one oracle is set up; fixed for its life.
/// @param pool Uniswap v3 pool whose spot and average price are compared with the feeds.
/// @param base Volatile token of the pool; the other one is the quote.
/// @param baseFeed Chainlink feed base/USD; `quoteFeed` quote/USD.
/// @param sequencerFeed L2 sequencer uptime feed, or zero on a chain without one.
/// @param baseHeartbeatSeconds Age at which a round of the base feed is stale; `quoteHeartbeatSeconds` likewise.
/// @param sequencerGraceSeconds Time after a restart of the sequencer in which prices are not trusted.
/// @param twapWindowSeconds Length of the pool average.
/// @param maxSpotDeviationBps Allowed distance of the pool's spot price; `maxTwapDeviationBps` of its average.
/// @param maxDepegBps Allowed distance of the quote from one USD.
/// @param bandBps Half-width in which the true price may lie while the feed is fresh (its deviation threshold).
struct ChainlinkOracleConfig {
    IUniswapV3Pool pool;
    address base;
    IAggregatorV3 baseFeed;
    IAggregatorV3 quoteFeed;
    IAggregatorV3 sequencerFeed;
    uint32 baseHeartbeatSeconds;
    uint32 quoteHeartbeatSeconds;
    uint32 sequencerGraceSeconds;
    uint32 twapWindowSeconds;
    uint16 maxSpotDeviationBps;
    uint16 maxTwapDeviationBps;
    uint16 maxDepegBps;
    uint16 bandBps;
}

/// @title Price of base in quote from two USD feeds, distrusted when the pool, the peg or the sequencer disagree.
contract ChainlinkOracle is IPriceOracle {
    uint256 private constant MAX_DEVIATION_BPS = 2_000; // 20 %: a wider guard guards nothing
    uint256 private constant MAX_BAND_BPS = 500; // 5 %
    uint256 private constant ROUND_BYTES = 5 * 32;
    uint256 private constant MAX_HEARTBEAT_SECONDS = 2 days;
    uint256 private constant MAX_TWAP_WINDOW_SECONDS = 1 days;

    error ChainlinkOracle_OutOfBounds(bytes32 parameter, uint256 value, uint256 min, uint256 max);
    error ChainlinkOracle_NoCode(bytes32 parameter, address value);
    error ChainlinkOracle_BaseNotInPool(address base, address pool);

    IUniswapV3Pool public immutable pool;
    IAggregatorV3 public immutable baseFeed;
    IAggregatorV3 public immutable quoteFeed;
    IAggregatorV3 public immutable sequencerFeed;
    bool public immutable baseIsToken0;
    uint256 public immutable scale;
    uint256 public immutable baseHeartbeatSeconds;
    uint256 public immutable quoteHeartbeatSeconds;
    uint256 public immutable sequencerGraceSeconds;
    uint32 public immutable twapWindowSeconds;
    uint256 public immutable maxSpotDeviationBps;
    uint256 public immutable maxTwapDeviationBps;
    uint256 public immutable maxDepegBps;
    uint256 public immutable bandBps;

    uint256 private immutable BASE_FEED_UNIT;
    uint256 private immutable QUOTE_FEED_UNIT;

    constructor(ChainlinkOracleConfig memory config) {
        _requireCode("pool", address(config.pool));
        _requireCode("baseFeed", address(config.baseFeed));
        _requireCode("quoteFeed", address(config.quoteFeed));
        if (address(config.sequencerFeed) != address(0)) _requireCode("sequencerFeed", address(config.sequencerFeed));
        _requireWithin("baseHeartbeatSeconds", config.baseHeartbeatSeconds, 1, MAX_HEARTBEAT_SECONDS);
        _requireWithin("quoteHeartbeatSeconds", config.quoteHeartbeatSeconds, 1, MAX_HEARTBEAT_SECONDS);
        _requireWithin("sequencerGraceSeconds", config.sequencerGraceSeconds, 0, MAX_HEARTBEAT_SECONDS);
        _requireWithin("twapWindowSeconds", config.twapWindowSeconds, 1, MAX_TWAP_WINDOW_SECONDS);
        _requireWithin("maxSpotDeviationBps", config.maxSpotDeviationBps, 1, MAX_DEVIATION_BPS);
        _requireWithin("maxTwapDeviationBps", config.maxTwapDeviationBps, 1, MAX_DEVIATION_BPS);
        _requireWithin("maxDepegBps", config.maxDepegBps, 1, MAX_DEVIATION_BPS);
        _requireWithin("bandBps", config.bandBps, 0, MAX_BAND_BPS);

        address token0 = config.pool.token0();
        address token1 = config.pool.token1();
        if (config.base != token0 && config.base != token1) {
            revert ChainlinkOracle_BaseNotInPool(config.base, address(config.pool));
        }
        pool = config.pool;
        baseFeed = config.baseFeed;
        quoteFeed = config.quoteFeed;
        sequencerFeed = config.sequencerFeed;
        baseIsToken0 = config.base == token0;
        scale = PriceMath.scaleOf(
            IERC20Metadata(config.base).decimals(),
            IERC20Metadata(config.base == token0 ? token1 : token0).decimals()
        );
        baseHeartbeatSeconds = config.baseHeartbeatSeconds;
        quoteHeartbeatSeconds = config.quoteHeartbeatSeconds;
        sequencerGraceSeconds = config.sequencerGraceSeconds;
        twapWindowSeconds = config.twapWindowSeconds;
        maxSpotDeviationBps = config.maxSpotDeviationBps;
        maxTwapDeviationBps = config.maxTwapDeviationBps;
        maxDepegBps = config.maxDepegBps;
        bandBps = config.bandBps;
        BASE_FEED_UNIT = 10 ** config.baseFeed.decimals();
        QUOTE_FEED_UNIT = 10 ** config.quoteFeed.decimals();
    }

    /// @inheritdoc IPriceOracle
    function read(bool withAverage) external view returns (OracleReading memory reading) {
        reading.bandBps = bandBps;
        (uint256 baseUsd, bool baseFresh) = _answer(baseFeed, baseHeartbeatSeconds);
        (uint256 quoteUsd, bool quoteFresh) = _answer(quoteFeed, quoteHeartbeatSeconds);
        if (!baseFresh) reading.flags |= OracleFlags.BASE_STALE;
        if (!quoteFresh) reading.flags |= OracleFlags.QUOTE_STALE;
        if (!_sequencerUp()) reading.flags |= OracleFlags.SEQUENCER_DOWN;
        if (baseUsd == 0 || quoteUsd == 0) {
            reading.flags |= OracleFlags.NO_PRICE;
            return reading;
        }

        uint256 parity = QUOTE_FEED_UNIT;
        if (quoteUsd * BPS < parity * (BPS - maxDepegBps) || quoteUsd * BPS > parity * (BPS + maxDepegBps)) {
            reading.flags |= OracleFlags.DEPEG;
        }
        reading.priceWad = Math.mulDiv(baseUsd * QUOTE_FEED_UNIT, WAD, quoteUsd * BASE_FEED_UNIT);
        if (!PriceMath.isRepresentable(reading.priceWad, scale)) {
            reading.priceWad = 0;
            reading.flags |= OracleFlags.NO_PRICE;
            return reading;
        }
        uint160 sqrtPriceX96 = PriceMath.sqrtPriceX96Of(reading.priceWad, scale, baseIsToken0);
        if (!_spotIsWithin(sqrtPriceX96)) reading.flags |= OracleFlags.SPOT_DEVIATION;
        if (withAverage && !_twapIsWithin(sqrtPriceX96)) reading.flags |= OracleFlags.TWAP_DEVIATION;
    }

    /// @inheritdoc IPriceOracle
    function spotFlags(uint256 priceWad) external view returns (uint256) {
        bool within = _spotIsWithin(PriceMath.sqrtPriceX96Of(priceWad, scale, baseIsToken0));
        return within ? 0 : OracleFlags.SPOT_DEVIATION;
    }

    function _spotIsWithin(uint160 sqrtPriceX96) private view returns (bool) {
        (uint160 spotSqrtPriceX96, , , , , , ) = pool.slot0();
        return PriceMath.isWithin(spotSqrtPriceX96, sqrtPriceX96, maxSpotDeviationBps, baseIsToken0);
    }

    function _twapIsWithin(uint160 sqrtPriceX96) private view returns (bool) {
        uint32[] memory secondsAgos = new uint32[](2);
        secondsAgos[0] = twapWindowSeconds;
        try pool.observe(secondsAgos) returns (int56[] memory cumulatives, uint160[] memory) {
            int56 window = int56(uint56(twapWindowSeconds));
            // The mean of ticks is a tick: |tick| <= 887272.
            int24 meanTick = int24((cumulatives[1] - cumulatives[0]) / window);
            return
                PriceMath.isWithin(
                    TickMath.getSqrtRatioAtTick(meanTick),
                    sqrtPriceX96,
                    maxTwapDeviationBps,
                    baseIsToken0
                );
        } catch {
            return false; // the pool does not remember that far back: unknown is not healthy
        }
    }

    function _sequencerUp() private view returns (bool) {
        if (address(sequencerFeed) == address(0)) return true;
        (bool ok, int256 answer, uint256 startedAt, ) = _latestRound(sequencerFeed);
        // 0 = up. startedAt 0 means that no round has been reported yet.
        return
            ok &&
            answer == 0 &&
            startedAt != 0 &&
            startedAt < block.timestamp &&
            block.timestamp - startedAt > sequencerGraceSeconds;
    }

    /// @return answer The feed's answer, or 0 when it has none that makes sense.
    /// @return fresh Whether it was updated within the heartbeat, and not in the future.
    function _answer(IAggregatorV3 feed, uint256 heartbeatSeconds) private view returns (uint256 answer, bool fresh) {
        (bool ok, int256 reported, , uint256 updatedAt) = _latestRound(feed);
        // Feeds report at 8 or 18 decimals; above 2^128 the answer is nonsense and later products could overflow.
        if (!ok || reported <= 0 || uint256(reported) > type(uint128).max) return (0, false);
        fresh = updatedAt != 0 && updatedAt <= block.timestamp && block.timestamp - updatedAt <= heartbeatSeconds;
        return (uint256(reported), fresh);
    }

    /// @dev Reads a round without ever reverting: a feed that reverts, vanished or answers too little is a feed without
    /// an answer. Decoded as full words, because a dirty round id must not revert either.
    function _latestRound(
        IAggregatorV3 feed
    ) private view returns (bool ok, int256 answer, uint256 startedAt, uint256 updatedAt) {
        bytes memory data;
        (ok, data) = address(feed).staticcall(abi.encodeCall(IAggregatorV3.latestRoundData, ()));
        if (!ok || data.length < ROUND_BYTES) return (false, 0, 0, 0);
        (, answer, startedAt, updatedAt, ) = abi.decode(data, (uint256, int256, uint256, uint256, uint256));
    }

    function _requireCode(bytes32 parameter, address value) private view {
        if (value.code.length == 0) revert ChainlinkOracle_NoCode(parameter, value);
    }

    function _requireWithin(bytes32 parameter, uint256 value, uint256 min, uint256 max) private pure {
        if (value < min || value > max) revert ChainlinkOracle_OutOfBounds(parameter, value, min, max);
    }
}
