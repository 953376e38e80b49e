// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IUniswapV3Pool} from "../../../contracts/interfaces/external/IUniswapV3Pool.sol";
import {IRealizedVolatility} from "../../../contracts/interfaces/IRealizedVolatility.sol";
import {RealizedVolatility, RealizedVolatilityConfig} from "../../../contracts/oracles/RealizedVolatility.sol";
import {ScriptedPool} from "../../contracts/ScriptedPool.sol";
import {Test} from "./Test.sol";

/// @dev What the runner lets a test do to its chain.
interface ICheats {
    function warp(uint256 timestamp) external;

    function load(address target, bytes32 slot) external view returns (bytes32);

    function expectRevert(bytes calldata revertData) external;

    function expectEmit(bool topic1, bool topic2, bool topic3, bool data, address emitter) external;
}

/// @dev Times are kept in variables: the optimiser may read `block.timestamp` once and keep it across a warp.
contract RealizedVolatilityTest is Test {
    ICheats private constant VM = ICheats(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant START = 1_767_225_600; // 2026-01-01
    uint256 private constant MAX_BPS = 30_000;
    uint256 private constant INTERVALS = 12;
    uint256 private constant HOURS_2 = 7_200; // an interval of a whole day
    uint256 private constant HALF_LIFE = 6 hours;
    uint256 private constant WAD = 1e18;

    struct Move {
        uint256 since;
        int24 tick;
    }

    ScriptedPool private _pool;
    uint256 private _now;
    Move[] private _moves;

    function setUp() external {
        _startAt(START);
    }

    // ------------------------------------------------------------------------------------------------ measurements

    /// Mean ticks 0, 100, 0, 100, …: sigma² = 3/2 · 100² / 7200 s = 2.08333 tick² a second, times ln(1.0001)² and a year
    /// makes 0.656934, whose root is 0.810515.
    function test_measure_alternatingByAHundredTicksIs81Percent() external {
        _alternate(0, 100);
        assertEq(_measured(), 8_106, "rounded up");
    }

    function test_measure_isTheSameAtNegativeTicksAndUpsideDown() external {
        _alternate(-200_000, -199_900);
        assertEq(_measured(), 8_106, "negative");
        _startAt(START);
        _alternate(50, -50);
        assertEq(_measured(), 8_106, "across zero, downwards first");
        _startAt(START);
        _alternate(-887_272, -887_172);
        assertEq(_measured(), 8_106, "from the lowest tick");
        _startAt(START);
        _alternate(887_272, 887_172);
        assertEq(_measured(), 8_106, "from the highest tick");
    }

    /// No drift is subtracted: every mean is 60 ticks from the last, 0.6 of the volatility above.
    function test_measure_aStraightMoveCountsInBothDirections() external {
        for (int24 i = 1; i <= 12; ++i) _moveAfter(HOURS_2, 60 * i);
        assertEq(_measured(), 4_864, "up");
        _startAt(START);
        for (int24 i = 1; i <= 12; ++i) _moveAfter(HOURS_2, -60 * i);
        assertEq(_measured(), 4_864, "down");
    }

    /// One difference of 1,000 among eleven: 0.810515 · 10 / sqrt(11).
    function test_measure_countsASingleJumpOnce() external {
        _moveAfter(5 * HOURS_2, 1_000);
        _wait(7 * HOURS_2);
        assertEq(_measured(), 24_438, "jump");
    }

    /// Means 0, 0.5, 0, 0.5, …: each rounds to 0, their differences do not.
    function test_measure_keepsFractionsOfATick() external {
        for (uint256 i = 0; i < 6; ++i) {
            _moveAfter(HOURS_2 + HOURS_2 / 2, 1);
            _moveAfter(HOURS_2 / 2, 0);
        }
        assertEq(_measured(), 41, "half a tick"); // 0.810515 / 200
    }

    function test_measure_aPoolThatStoodStillIsZeroAndOneSecondOfOneTickIsNot() external {
        _fillRing();
        _wait(1 days);
        assertEq(_measured(), 0, "still");
        _moveAfter(HOURS_2, 1);
        _moveAfter(1, 0);
        _wait(HOURS_2);
        assertEq(_measured(), 1, "moved");
    }

    function test_measure_coversWhatThePoolRemembersWhenThatIsLess() external {
        // Six hours of half-hour intervals: twice the volatility of the same moves every two hours.
        for (uint256 i = 1; i <= INTERVALS; ++i) _moveAfter(1_800, i % 2 == 1 ? int24(100) : int24(0));
        assertEq(_measured(), 16_211, "six hours");
    }

    function test_measure_forgetsWhatIsOlderThanTheWindow() external {
        _moveAfter(HOURS_2, 100_000);
        _wait(1 days);
        assertEq(_measured(), 0, "a day later");
        VM.warp(_now - 1);
        assertTrue(_measured() > 0, "one second before");
    }

    function test_measure_isCapped() external {
        _alternate(0, 370);
        assertEq(_measured(), 29_990, "below");
        _startAt(START);
        _alternate(0, 371);
        assertEq(_measured(), MAX_BPS, "above");
        _startAt(START);
        _alternate(-887_272, 887_272);
        assertEq(_measured(), MAX_BPS, "as wild as ticks can be");
    }

    /// A spike of 10 % (953 ticks) that stands for one block of twelve seconds.
    function test_measure_oneBlockOfSpotMovesItByLittle() external {
        _moveAfter(6 * HOURS_2 + 1_000, 953);
        _moveAfter(12, 0);
        _wait(5 * HOURS_2 + HOURS_2 - 1_012);
        assertEq(_measured(), 55, "a pool that stood still otherwise");
    }

    function test_measure_aMoveUndoneInItsBlockLeavesNoTrace() external {
        _fillRing();
        _moveAfter(HOURS_2, 50_000);
        _moveAfter(0, 0);
        _wait(1 days - HOURS_2);
        assertEq(_measured(), 0, "spike");
    }

    function test_measure_worksAcrossTheWrapOfThePoolsClock() external {
        _startAt((1 << 32) - 12 hours);
        _alternate(0, 100);
        assertTrue(_now > 1 << 32, "wrapped");
        assertEq(_measured(), 8_106, "across the wrap");
        // Six hours, from before the wrap and from after it.
        for (uint256 start = 0; start <= 6 hours; start += 3 hours) {
            _startAt((1 << 32) - 3 hours + start);
            for (uint256 i = 1; i <= INTERVALS; ++i) _moveAfter(1_800, i % 2 == 1 ? int24(100) : int24(0));
            assertEq(_measured(), 16_211, "six hours");
        }
    }

    /// Means from the script, without cumulatives, in another order of operations.
    function testFuzz_measure_agreesWithTheMeansOfThePath(uint256 seed) external {
        uint256 steps = 13 + (seed % 40);
        uint256 longest = bound(seed >> 16, 200, 9_000);
        uint256 size = bound(seed >> 32, 1, 700);
        int256 tick = boundInt(int256(uint256(uint24(seed >> 64))), -500_000, 500_000);
        _moveAfter(0, int24(tick));
        for (uint256 i = 0; i < steps; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            tick += int256(random % (2 * size + 1)) - int256(size); // far inside the range of ticks
            _moveAfter(1 + ((random >> 128) % longest), int24(tick));
        }
        _wait(seed % 5_000);

        uint256 measured = _measured();
        if (_now - START < 1_800) {
            assertEq(measured, MAX_BPS, "too short");
            return;
        }
        uint256 expected = _expectedBps(Math.min(1 days, _now - START) / INTERVALS);
        if (expected >= MAX_BPS) {
            assertEq(measured, MAX_BPS, "capped");
            return;
        }
        assertLe(expected, measured, "rounded up");
        assertLe(measured, expected + 1, "within a bp");
    }

    // ----------------------------------------------------------------------------------------------------- unknown

    function test_unknown_aPoolThatWasNeverInitialized() external {
        _pool = new ScriptedPool();
        assertEq(_measured(), MAX_BPS, "no cardinality");
        _pool.setCardinality(20);
        assertEq(_measured(), MAX_BPS, "nothing written");
    }

    /// One slot holds the last move, and the time since is flat by construction.
    function test_unknown_aPoolOfOneSlotUntilItStoodStillForTheWholeWindow() external {
        _pool = new ScriptedPool();
        _pool.initialize(0);
        _wait(3 hours);
        _pool.moveTo(5_000);
        _wait(6 hours);
        assertEq(_measured(), MAX_BPS, "six hours");
        _wait(18 hours - 1);
        assertEq(_measured(), MAX_BPS, "one second less than a day");
        _wait(1);
        assertEq(_measured(), 0, "a day");
    }

    function test_unknown_aRingWithFewerSlotsThanIntervals() external {
        for (uint16 slots = 11; slots <= 12; ++slots) {
            _pool = new ScriptedPool();
            _pool.initialize(0);
            _pool.increaseObservationCardinalityNext(slots);
            for (int24 i = 0; i < 20; ++i) _moveAfter(1_000, i % 2);
            uint256 measured = _measured();
            if (slots == 11) assertEq(measured, MAX_BPS, "eleven slots");
            else assertTrue(measured > 0 && measured < MAX_BPS, "twelve slots");
        }
    }

    function test_unknown_untilTheMemoryIsAsLongAsTheSmallestWindow() external {
        _fillRing();
        _wait(START + 1_799 - _now);
        assertEq(_measured(), MAX_BPS, "one second early");
        _wait(1);
        assertEq(_measured(), 0, "half an hour");
    }

    function test_unknown_whenObserveReverts() external {
        _alternate(0, 100);
        RealizedVolatility measure = _create(1 minutes);
        _pool.setMood(ScriptedPool.Mood.Reverts);
        assertEq(measure.volatilityBps(), MAX_BPS, "view");
        VM.expectEmit(true, true, true, true, address(measure));
        emit IRealizedVolatility.VolatilityMeasured(MAX_BPS, MAX_BPS, 0);
        assertEq(measure.refresh(), MAX_BPS, "refresh");
        _pool.setMood(ScriptedPool.Mood.Answers);
        assertEq(_measured(), 8_106, "control");
    }

    /// Whoever sends too little gas gets nothing: neither a wrong answer nor a wrong record.
    function test_unknown_neverForWantOfGas() external {
        _alternate(0, 100);
        RealizedVolatility measure = _create(1 minutes);
        uint256 failures = 0;
        uint256 answers = 0;
        for (uint256 gasSent = 4_000; gasSent < 600_000; gasSent += 1_000) {
            try measure.volatilityBps{gas: gasSent}() returns (uint256 answer) {
                assertEq(answer, 8_106, "answer");
                ++answers;
            } catch {
                ++failures;
            }
        }
        assertTrue(failures > 50 && answers > 50, "both happened");
        _pool.setMood(ScriptedPool.Mood.RunsOutOfGas);
        try measure.refresh() {
            assertTrue(false, "recorded");
        } catch {
            assertEq(measure.measuredAt(), 0, "nothing recorded");
        }
    }

    // -------------------------------------------------------------------------------------------------- refreshing

    function test_refresh_measuresOnceInItsInterval() external {
        _alternate(0, 100);
        RealizedVolatility measure = _create(1 hours);
        assertEq(measure.measuredAt(), 0, "not yet");
        assertEq(measure.volatilityBps(), 8_106, "what it would say");
        VM.expectEmit(true, true, true, true, address(measure));
        emit IRealizedVolatility.VolatilityMeasured(8_106, 8_106, 1 days);
        assertEq(measure.refresh(), 8_106, "first");
        uint256 first = _now;

        _moveAfter(60, 3_000);
        _wait(1 hours - 60);
        assertTrue(_measured() > 8_106, "the pool moved");
        assertEq(measure.volatilityBps(), 8_106, "view, as old as allowed");
        assertEq(measure.refresh(), 8_106, "refresh, as old as allowed");
        assertEq(measure.measuredAt(), first, "time kept");

        _wait(1);
        uint256 expected = _measured();
        assertTrue(expected > 8_106, "more");
        assertEq(measure.volatilityBps(), expected, "view, a second older");
        assertEq(measure.refresh(), expected, "refresh, a second older");
        assertEq(measure.measuredAt(), _now, "time");
    }

    function test_refresh_keepsEverythingInOneSlot() external {
        _alternate(0, 100);
        RealizedVolatility measure = _create(1 hours);
        measure.refresh();
        uint256 word = uint256(VM.load(address(measure), 0));
        assertEq(uint208(word) >> 64, 8_106, "volatility");
        assertEq(word >> 208, _now, "time");
        assertEq(uint256(VM.load(address(measure), bytes32(uint256(1)))), 0, "no other");
    }

    // --------------------------------------------------------------------------------------------------- smoothing

    function test_smoothing_risesAtOnceAndHalvesInSixHours() external {
        RealizedVolatility measure = _createAtPeak();
        uint256 peakAt = _now;
        // 30,000 · 2^(-t / 6 h), rounded up.
        uint256[2][6] memory expected = [
            [uint256(1 hours), 26_727],
            [uint256(2 hours), 23_812],
            [uint256(3 hours), 21_214],
            [uint256(6 hours), 15_000],
            [uint256(12 hours), 7_500],
            [uint256(90 hours), 1]
        ];
        for (uint256 i = 0; i < expected.length; ++i) {
            _wait(peakAt + expected[i][0] - _now);
            assertEq(_measured(), 0, "the pool stands still");
            assertEq(measure.volatilityBps(), expected[i][1], "fallen");
        }
        _moveAfter(1 hours, 100_000);
        _wait(1 hours);
        assertEq(measure.refresh(), MAX_BPS, "up at once");
    }

    function test_smoothing_stopsAtTheMeasurement() external {
        RealizedVolatility measure = _createAtPeak();
        for (uint256 i = 0; i < 14; ++i) _moveAfter(HOURS_2, i % 2 == 1 ? int24(100) : int24(0));
        // 28 hours would leave 1,182.
        assertEq(_measured(), 8_106, "measured");
        assertEq(measure.refresh(), 8_106, "not below");
    }

    /// Where every measurement says the same, it does not matter at all when and how often it is taken.
    function testFuzz_smoothing_doesNotDependOnHowOftenItIsCalled(uint256 seed, uint32 wait) external {
        RealizedVolatility seldom = _createAtPeak();
        RealizedVolatility often = _create(1 minutes);
        _pool.setMood(ScriptedPool.Mood.Reverts);
        _wait(1 hours + 1);
        seldom.refresh();
        often.refresh();
        _pool.setMood(ScriptedPool.Mood.Answers);
        uint256 end = _now + bound(wait, 1 hours + 1, 3 days);
        for (uint256 i = 0; ; ++i) {
            uint256 step = 61 + (uint256(keccak256(abi.encode(seed, i))) % 9_000);
            if (_now + step + 61 > end) break;
            _wait(step);
            often.refresh();
        }
        _wait(end - _now);
        assertEq(_measured(), 0, "the pool stands still");
        assertEq(often.refresh(), seldom.refresh(), "the same");
    }

    /// Every ten minutes for three days, 432 calls, against one.
    function test_smoothing_V03_manyCallsFallAsFarAsOne() external {
        RealizedVolatility seldom = _createAtPeak();
        RealizedVolatility often = _create(1 minutes);
        _pool.setMood(ScriptedPool.Mood.Reverts);
        _wait(1 hours + 1);
        seldom.refresh();
        often.refresh();
        _pool.setMood(ScriptedPool.Mood.Answers);
        for (uint256 i = 0; i < 432; ++i) {
            _wait(10 minutes);
            often.refresh();
        }
        assertEq(seldom.refresh(), 8, "one call"); // 30,000 / 2^12 = 7.3
        assertEq(often.volatilityBps(), 8, "many calls");
    }

    /// Whatever the pool does: who calls at more times never reports less, and nobody less than the measurement.
    function testFuzz_smoothing_V03_aFurtherCallNeverLowersALaterAnswer(uint256 seed) external {
        _fillRing();
        _wait(6 hours);
        RealizedVolatility few = _create(1 minutes);
        RealizedVolatility more = _create(1 minutes);
        few.refresh();
        more.refresh();
        int256 tick = 0;
        for (uint256 i = 0; i < 30; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            int256 size = random % 7 == 0 ? int256(800) : int256(60); // now and then a shock
            tick += boundInt(int256(uint256(uint32(random >> 8))), -size, size);
            _moveAfter(61 + ((random >> 64) % 2 hours), int24(tick));
            uint256 measured = _measured();
            assertLe(few.volatilityBps(), more.volatilityBps(), "at any time");
            assertLe(measured, few.volatilityBps(), "not below the measurement");
            if ((random >> 128) % 2 == 0) more.refresh();
            if ((random >> 128) % 4 == 0) few.refresh();
        }
    }

    function testFuzz_view_saysWhatRefreshWouldSay(uint256 seed) external {
        _fillRing();
        RealizedVolatility measure = _create(1 hours);
        for (uint256 i = 0; i < 12; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            _moveAfter(random % 2 hours, int24(int256((random >> 64) % 500)));
            uint256 promised = measure.volatilityBps();
            assertEq(measure.refresh(), promised, "view");
            assertEq(measure.volatilityBps(), promised, "after");
        }
    }

    // ------------------------------------------------------------------------------------------------- constructor

    function test_constructor_keepsItsSettings() external {
        RealizedVolatility measure = _create(1 hours);
        assertTrue(address(measure.pool()) == address(_pool), "pool");
        assertEq(measure.windowSeconds(), 1 days, "window");
        assertEq(measure.minWindowSeconds(), 30 minutes, "least window");
        assertEq(measure.refreshSeconds(), 1 hours, "refresh");
        assertEq(measure.intervals(), INTERVALS, "intervals");
    }

    function test_constructor_V02_takesEachBoundAndNothingBeyond() external {
        RealizedVolatilityConfig memory config = _config(1 hours);
        config.windowSeconds = 1 hours;
        _takes(config);
        config.windowSeconds = 1 hours - 1;
        _refuses(config, "windowSeconds", 1 hours - 1, 1 hours, 7 days);
        config.windowSeconds = 7 days;
        _takes(config);
        config.windowSeconds = 7 days + 1;
        _refuses(config, "windowSeconds", 7 days + 1, 1 hours, 7 days);

        config = _config(1 hours);
        config.intervals = 4;
        _takes(config);
        config.intervals = 3;
        _refuses(config, "intervals", 3, 4, 48);
        config.minWindowSeconds = 48 minutes;
        config.intervals = 48;
        _takes(config);
        config.intervals = 49;
        _refuses(config, "intervals", 49, 4, 48);

        config = _config(1 hours);
        config.minWindowSeconds = 12 minutes;
        _takes(config);
        config.minWindowSeconds = 12 minutes - 1;
        _refuses(config, "minWindowSeconds", 12 minutes - 1, 12 minutes, 1 days);
        config.minWindowSeconds = 1 days;
        _takes(config);
        config.minWindowSeconds = 1 days + 1;
        _refuses(config, "minWindowSeconds", 1 days + 1, 12 minutes, 1 days);

        _takes(_config(1 minutes));
        _refuses(_config(1 minutes - 1), "refreshSeconds", 1 minutes - 1, 1 minutes, 6 hours);
        _takes(_config(6 hours));
        _refuses(_config(6 hours + 1), "refreshSeconds", 6 hours + 1, 1 minutes, 6 hours);
        config = _config(2 hours);
        config.windowSeconds = 2 hours;
        _takes(config);
        config.refreshSeconds = 2 hours + 1;
        _refuses(config, "refreshSeconds", 2 hours + 1, 1 minutes, 2 hours);
    }

    function test_constructor_refusesAPoolWithoutCode() external {
        RealizedVolatilityConfig memory config = _config(1 hours);
        config.pool = IUniswapV3Pool(address(0xdead));
        VM.expectRevert(
            abi.encodeWithSelector(IRealizedVolatility.RealizedVolatility_NoCode.selector, address(0xdead))
        );
        new RealizedVolatility(config);
    }

    // ----------------------------------------------------------------------------------------------------- support

    /// @dev A pool at tick 0 with room for 100 observations.
    function _startAt(uint256 timestamp) private {
        _now = timestamp;
        VM.warp(timestamp);
        _pool = new ScriptedPool();
        _pool.initialize(0);
        _pool.increaseObservationCardinalityNext(100);
        delete _moves;
        _moves.push(Move(timestamp, 0));
    }

    function _wait(uint256 secondsToWait) private {
        _now += secondsToWait;
        VM.warp(_now);
    }

    function _moveAfter(uint256 secondsToWait, int24 tick) private {
        _wait(secondsToWait);
        _pool.moveTo(tick);
        _moves.push(Move(_now, tick));
    }

    /// @dev One observation makes the room count; the tick stays.
    function _fillRing() private {
        _moveAfter(1, 0);
    }

    /// @dev A day of intervals at one tick and at the other in turn.
    function _alternate(int24 first, int24 second) private {
        _moveAfter(0, first);
        for (uint256 i = 1; i <= INTERVALS; ++i) _moveAfter(HOURS_2, i % 2 == 1 ? second : first);
    }

    function _config(uint32 refreshSeconds) private view returns (RealizedVolatilityConfig memory) {
        return
            RealizedVolatilityConfig({
                pool: IUniswapV3Pool(address(_pool)),
                windowSeconds: 1 days,
                minWindowSeconds: 30 minutes,
                refreshSeconds: refreshSeconds,
                intervals: uint8(INTERVALS)
            });
    }

    function _create(uint32 refreshSeconds) private returns (RealizedVolatility) {
        return new RealizedVolatility(_config(refreshSeconds));
    }

    /// @dev A pool that stands still, and a measure that could not tell an hour ago.
    function _createAtPeak() private returns (RealizedVolatility measure) {
        _fillRing();
        _wait(6 hours);
        measure = _create(1 minutes);
        _pool.setMood(ScriptedPool.Mood.Reverts);
        assertEq(measure.refresh(), MAX_BPS, "peak");
        _pool.setMood(ScriptedPool.Mood.Answers);
    }

    /// @dev The measurement alone, without a past.
    function _measured() private returns (uint256) {
        return _create(1 hours).volatilityBps();
    }

    /// @dev Volatility of the script in bps, rounded down: from mean ticks in WAD.
    function _expectedBps(uint256 intervalSeconds) private view returns (uint256) {
        uint256 sumWad = 0;
        int256 before = 0;
        for (uint256 i = 0; i < INTERVALS; ++i) {
            uint256 from = _now - (INTERVALS - i) * intervalSeconds;
            int256 meanWad = (_area(from, from + intervalSeconds) * int256(WAD)) / int256(intervalSeconds);
            if (i > 0) sumWad += uint256((meanWad - before) * (meanWad - before)) / WAD;
            before = meanWad;
        }
        uint256 yearlyWad = ((sumWad / (INTERVALS - 1)) * 3 * 365 days) / (2 * intervalSeconds);
        uint256 ticksWad = Math.sqrt(yearlyWad * WAD);
        // ln 1.0001 = 0.0000999950003333
        return (ticksWad * 99_995_000_333_308 * 10_000) / (WAD * WAD);
    }

    /// @dev Sum of tick × seconds between two times, piece by piece.
    function _area(uint256 from, uint256 to) private view returns (int256 area) {
        for (uint256 i = 0; i < _moves.length; ++i) {
            uint256 start = Math.max(from, _moves[i].since);
            uint256 end = Math.min(to, i + 1 < _moves.length ? _moves[i + 1].since : to);
            if (end > start) area += int256(_moves[i].tick) * int256(end - start);
        }
    }

    function _takes(RealizedVolatilityConfig memory config) private {
        new RealizedVolatility(config);
    }

    function _refuses(
        RealizedVolatilityConfig memory config,
        bytes32 parameter,
        uint256 value,
        uint256 min,
        uint256 max
    ) private {
        VM.expectRevert(
            abi.encodeWithSelector(
                IRealizedVolatility.RealizedVolatility_OutOfBounds.selector,
                parameter,
                value,
                min,
                max
            )
        );
        new RealizedVolatility(config);
    }
}
