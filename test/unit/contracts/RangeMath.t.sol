// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {FullMath} from "@uniswap/v3-core-0.8/contracts/libraries/FullMath.sol";
import {SqrtPriceMath} from "@uniswap/v3-core-0.8/contracts/libraries/SqrtPriceMath.sol";
import {Tick} from "@uniswap/v3-core-0.8/contracts/libraries/Tick.sol";
import {TickMath} from "@uniswap/v3-core-0.8/contracts/libraries/TickMath.sol";

import {RangeMath} from "../../../contracts/libraries/RangeMath.sol";
import {Test} from "./Test.sol";

/// @dev The reference is Uniswap's own code: SqrtPriceMath and Tick of v3-core.
contract RangeMathTest is Test {
    using Tick for mapping(int24 => Tick.Info);

    mapping(int24 => Tick.Info) private _ticks;

    function testFuzz_amountsAt_matchesTheCoreInsideAndOutsideTheRange(
        int24 lowerSeed,
        int24 upperSeed,
        uint160 priceSeed,
        uint128 liquidity
    ) external pure {
        (int24 tickLower, int24 tickUpper) = _range(lowerSeed, upperSeed);
        uint160 price = uint160(bound(priceSeed, TickMath.MIN_SQRT_RATIO, TickMath.MAX_SQRT_RATIO - 1));
        _compare(price, tickLower, tickUpper, liquidity);
    }

    function testFuzz_amountsAt_V07_matchesTheCoreAtBothTicksAndBesideThem(
        int24 lowerSeed,
        int24 upperSeed,
        uint128 liquidity
    ) external pure {
        (int24 tickLower, int24 tickUpper) = _range(lowerSeed, upperSeed);
        uint160 lower = TickMath.getSqrtRatioAtTick(tickLower);
        uint160 upper = TickMath.getSqrtRatioAtTick(tickUpper);
        uint160[6] memory prices = [lower - 1, lower, lower + 1, upper - 1, upper, upper + 1];
        for (uint256 i = 0; i < prices.length; ++i) _compare(prices[i], tickLower, tickUpper, liquidity);
    }

    function testFuzz_amountsAt_V07_holdsOneTokenOnlyAtEitherEdge(int24 a, int24 b, uint128 liquidity) external pure {
        (int24 tickLower, int24 tickUpper) = _range(a, b);
        uint160 lower = TickMath.getSqrtRatioAtTick(tickLower);
        uint160 upper = TickMath.getSqrtRatioAtTick(tickUpper);
        (, uint256 none1) = RangeMath.amountsAt(lower, lower, upper, liquidity);
        (uint256 none0, ) = RangeMath.amountsAt(upper, lower, upper, liquidity);
        assertEq(none1, 0, "token1 at the lower edge");
        assertEq(none0, 0, "token0 at the upper edge");
    }

    function testFuzz_feesOwed_matchesTheCoreAcrossTheWrap(
        uint256 inside,
        uint128 growth,
        uint128 liquidity
    ) external pure {
        uint256 last;
        unchecked {
            last = inside - growth; // wraps for small `inside`, as the pool's counters do
        }
        assertEq(RangeMath.feesOwed(inside, last, liquidity), FullMath.mulDiv(growth, liquidity, 1 << 128), "fees");
    }

    function testFuzz_feeGrowthInside_matchesTheCore(
        int24 tickSeed,
        int24 lowerSeed,
        int24 upperSeed,
        uint256[2] memory global,
        uint256[2] memory outsideLower,
        uint256[2] memory outsideUpper
    ) external {
        (int24 tickLower, int24 tickUpper) = _range(lowerSeed, upperSeed);
        int24[5] memory ticks = [
            int24(boundInt(tickSeed, -887_272, 887_271)),
            tickLower,
            tickLower - 1,
            tickUpper,
            tickUpper - 1
        ];
        (_ticks[tickLower].feeGrowthOutside0X128, _ticks[tickLower].feeGrowthOutside1X128) = (
            outsideLower[0],
            outsideLower[1]
        );
        (_ticks[tickUpper].feeGrowthOutside0X128, _ticks[tickUpper].feeGrowthOutside1X128) = (
            outsideUpper[0],
            outsideUpper[1]
        );
        for (uint256 i = 0; i < ticks.length; ++i) {
            (uint256 inside0, uint256 inside1) = _ticks.getFeeGrowthInside(
                tickLower,
                tickUpper,
                ticks[i],
                global[0],
                global[1]
            );
            assertEq(
                RangeMath.feeGrowthInside(ticks[i], tickLower, tickUpper, global[0], outsideLower[0], outsideUpper[0]),
                inside0,
                "token0"
            );
            assertEq(
                RangeMath.feeGrowthInside(ticks[i], tickLower, tickUpper, global[1], outsideLower[1], outsideUpper[1]),
                inside1,
                "token1"
            );
        }
    }

    /// @dev A range that leaves room for a price on either side of it.
    function _range(int24 a, int24 b) private pure returns (int24 tickLower, int24 tickUpper) {
        tickLower = int24(boundInt(a, -887_271, 887_270));
        tickUpper = int24(boundInt(b, -887_271, 887_270));
        if (tickLower > tickUpper) (tickLower, tickUpper) = (tickUpper, tickLower);
        if (tickLower == tickUpper) ++tickUpper;
    }

    function _compare(uint160 price, int24 tickLower, int24 tickUpper, uint128 liquidity) private pure {
        uint160 lower = TickMath.getSqrtRatioAtTick(tickLower);
        uint160 upper = TickMath.getSqrtRatioAtTick(tickUpper);
        uint160 inside =
            price < lower
                ? lower
                : price > upper
                    ? upper
                    : price;
        (uint256 amount0, uint256 amount1) = RangeMath.amountsAt(price, lower, upper, liquidity);
        assertEq(amount0, SqrtPriceMath.getAmount0Delta(inside, upper, liquidity, false), "amount0");
        assertEq(amount1, SqrtPriceMath.getAmount1Delta(lower, inside, liquidity, false), "amount1");
    }
}
