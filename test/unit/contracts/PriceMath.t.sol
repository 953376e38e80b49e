// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {BPS, PriceMath, WAD} from "../../../contracts/libraries/PriceMath.sol";
import {Test} from "./Test.sol";

contract PriceMathTest is Test {
    uint256 private constant Q96 = 1 << 96;

    function test_scale_putsTokenUnitsAndHumanPricesTogether() external pure {
        assertEq(PriceMath.scaleOf(18, 6), 1e30, "18/6");
        assertEq(PriceMath.scaleOf(6, 18), 1e6, "6/18");
        // 1.5 base of 18 decimals at 2,500 are 3,750 quote of 6.
        assertEq(PriceMath.quoteOf(1.5e18, 2_500e18, 1e30, Math.Rounding.Floor), 3_750e6, "value");
    }

    function testFuzz_scale_V17_oneWholeBaseIsWorthThePrice(
        uint8 baseSeed,
        uint8 quoteSeed,
        uint256 price
    ) external pure {
        uint8 baseDecimals = uint8(bound(baseSeed, 6, 18));
        uint8 quoteDecimals = uint8(bound(quoteSeed, 6, 18));
        uint256 wholePrice = bound(price, 1, 1e12);
        uint256 value = PriceMath.quoteOf(
            10 ** baseDecimals,
            wholePrice * WAD,
            PriceMath.scaleOf(baseDecimals, quoteDecimals),
            Math.Rounding.Floor
        );
        assertEq(value, wholePrice * 10 ** quoteDecimals, "value");
    }

    /// The definition, in plain arithmetic where it fits a word.
    function testFuzz_quoteOf_isTheProductRoundedAsAsked(uint128 base, uint112 price, uint8 exponent) external pure {
        uint256 scale = 10 ** bound(exponent, 6, 30);
        uint256 product = uint256(base) * price;
        uint256 down = PriceMath.quoteOf(base, price, scale, Math.Rounding.Floor);
        uint256 up = PriceMath.quoteOf(base, price, scale, Math.Rounding.Ceil);
        assertEq(down, product / scale, "down");
        assertEq(up, down + (product % scale == 0 ? 0 : 1), "up");
    }

    function testFuzz_quoteOfSignedDown_neverFlattersEitherSign(
        int128 base,
        uint112 price,
        uint8 exponent
    ) external pure {
        uint256 scale = 10 ** bound(exponent, 6, 30);
        int256 value = PriceMath.quoteOfSignedDown(base, price, scale);
        int256 exact = int256(base) * int256(uint256(price));
        // floor: value × scale <= exact < (value + 1) × scale
        assertTrue(value * int256(scale) <= exact, "at most the exact value");
        assertTrue(exact < (value + 1) * int256(scale), "less than one unit below it");
    }

    /// r = floor(sqrt(x)) if and only if r² <= x < (r + 1)². The ratio itself is computed here another way.
    function testFuzz_sqrtPrice_isTheRootOfThePriceRatio(
        uint256 seed,
        uint8 exponent,
        bool baseIsToken0
    ) external pure {
        uint256 scale = 10 ** bound(exponent, 6, 30);
        // Ratio between 2^-60 and 2^60: wider than any pair that trades.
        uint256 priceWad = bound(seed, Math.max(1, scale >> 60), scale << 60);
        uint256 root = PriceMath.sqrtPriceX96Of(priceWad, scale, baseIsToken0);
        (uint256 numerator, uint256 denominator) = baseIsToken0 ? (priceWad, scale) : (scale, priceWad);
        // Long division by 2^64 at a time; the whole part is below 2^61.
        uint256 ratioX192 = (numerator / denominator) << 192;
        uint256 rest = numerator % denominator;
        for (uint256 shift = 128; ; shift -= 64) {
            ratioX192 += ((rest << 64) / denominator) << shift;
            rest = (rest << 64) % denominator;
            if (shift == 0) break;
        }
        assertTrue(root * root <= ratioX192, "root squared is at most the ratio");
        assertTrue((root + 1) * (root + 1) > ratioX192, "the next root is too large");
    }

    function test_sqrtPrice_ofOneIsOneForBothOrders() external pure {
        assertEq(PriceMath.sqrtPriceX96Of(WAD, 1e18, true), Q96, "base is token0");
        assertEq(PriceMath.sqrtPriceX96Of(WAD, 1e18, false), Q96, "base is token1");
    }

    function testFuzz_sqrtPrice_risesWithThePriceOnlyWhereBaseIsToken0(uint256 a, uint256 b) external pure {
        (a, b) = (bound(a, 1e9, 1e36), bound(b, 1e9, 1e36));
        (uint256 low, uint256 high) = a < b ? (a, b) : (b, a);
        assertLe(PriceMath.sqrtPriceX96Of(low, 1e18, true), PriceMath.sqrtPriceX96Of(high, 1e18, true), "rises");
        assertLe(PriceMath.sqrtPriceX96Of(high, 1e18, false), PriceMath.sqrtPriceX96Of(low, 1e18, false), "falls");
    }

    /// V02 against whole numbers: (spot / target)² within BPS ± bound, with the library's 1e-18 roundings as slack.
    function testFuzz_isWithin_V02_matchesTheExactRatio(
        uint256 spotSeed,
        uint256 driftSeed,
        uint256 boundSeed,
        bool baseIsToken0
    ) external pure {
        uint256 target = bound(spotSeed, 1 << 72, 1 << 110);
        uint256 spot = (target * bound(driftSeed, 0.85e18, 1.15e18)) / WAD;
        uint256 deviationBps = bound(boundSeed, 1, 2_000);
        bool within = PriceMath.isWithin(uint160(spot), uint160(target), deviationBps, baseIsToken0);

        (uint256 n, uint256 d) = baseIsToken0 ? (spot, target) : (target, spot);
        // Squares below 2^222; times BPS below 2^236.
        uint256 ratio = n * n * BPS;
        uint256 square = d * d;
        uint256 slack = square / 1e12;
        bool clearlyInside =
            ratio >= square * (BPS - deviationBps) + slack && ratio + slack <= square * (BPS + deviationBps);
        bool clearlyOutside =
            ratio + slack < square * (BPS - deviationBps) || ratio > square * (BPS + deviationBps) + slack;
        if (clearlyInside) assertTrue(within, "inside the bound");
        if (clearlyOutside) assertTrue(!within, "outside the bound");
    }

    /// No input reverts, and what is nonsense is not within.
    function testFuzz_isWithin_neverReverts(uint160 spot, uint160 root, uint256 seed, bool baseIsToken0) external pure {
        bool within = PriceMath.isWithin(spot, root, bound(seed, 1, 2_000), baseIsToken0);
        if (spot == 0 || root == 0) assertTrue(!within, "no price is not within");
        if (within) assertTrue(uint256(spot) < 2 * uint256(root) && uint256(root) < 2 * uint256(spot), "same size");
    }

    function test_isWithin_holdsForThePriceItself() external pure {
        assertTrue(PriceMath.isWithin(uint160(Q96), uint160(Q96), 1, true), "token0");
        assertTrue(PriceMath.isWithin(uint160(Q96), uint160(Q96), 1, false), "token1");
        assertTrue(!PriceMath.isWithin(0, uint160(Q96), 1, true), "no spot");
        assertTrue(!PriceMath.isWithin(uint160(Q96), 0, 1, true), "no target");
    }
}
