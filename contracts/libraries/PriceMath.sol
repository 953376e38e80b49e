// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

uint256 constant WAD = 1e18;
uint256 constant BPS = 10_000;
/// @dev A pool's fee is in millionths, bounds are in ten-thousandths.
uint256 constant PIPS_PER_BPS = 100;

/// @title Conversions between a price in WAD, amounts in token units and Uniswap's square-root price.
/// @dev `scale` = 10^(18 + baseDecimals - quoteDecimals): base units × priceWad / scale = quote units.
library PriceMath {
    using Math for uint256;

    uint256 private constant Q96 = 1 << 96;
    uint256 private constant Q192 = 1 << 192;

    /// @notice Scale for a pair of decimals. Both tokens have 6 to 18 decimals, so the exponent lies in 6…30.
    function scaleOf(uint8 baseDecimals, uint8 quoteDecimals) internal pure returns (uint256) {
        return 10 ** (18 + uint256(baseDecimals) - quoteDecimals);
    }

    /// @notice Value of a base amount, in quote units.
    function quoteOf(
        uint256 base,
        uint256 priceWad,
        uint256 scale,
        Math.Rounding rounding
    ) internal pure returns (uint256) {
        return base.mulDiv(priceWad, scale, rounding);
    }

    /// @notice Signed value of a signed base amount, rounded towards minus infinity.
    function quoteOfSignedDown(int256 base, uint256 priceWad, uint256 scale) internal pure returns (int256) {
        // Both casts are safe: token amounts × price / scale stay far below 2^255 (amounts < 2^128, price/scale < 2^100).
        return
            base >= 0
                ? int256(quoteOf(uint256(base), priceWad, scale, Math.Rounding.Floor))
                : -int256(quoteOf(uint256(-base), priceWad, scale, Math.Rounding.Ceil));
    }

    /// @notice Whether a price can be a pool's: token units per token unit between 2^-64 and 2^64, either way round.
    function isRepresentable(uint256 priceWad, uint256 scale) internal pure returns (bool) {
        return priceWad != 0 && priceWad >> 64 < scale && scale / priceWad < 1 << 64;
    }

    /// @notice Uniswap square-root price (token1 per token0, Q64.96) of a price in quote per base, rounded down.
    function sqrtPriceX96Of(uint256 priceWad, uint256 scale, bool baseIsToken0) internal pure returns (uint160) {
        uint256 ratioX192 = baseIsToken0 ? priceWad.mulDiv(Q192, scale) : scale.mulDiv(Q192, priceWad);
        // sqrt of a uint256 is below 2^128, which fits.
        return uint160(ratioX192.sqrt());
    }

    /// @notice True when the pool's spot price lies within `deviationBps` of the price whose square root is given.
    /// @dev Compares price ratios in quote per base, so the bound is the same for both token orders. Never reverts.
    function isWithin(
        uint160 spotSqrtPriceX96,
        uint160 sqrtPriceX96,
        uint256 deviationBps,
        bool baseIsToken0
    ) internal pure returns (bool) {
        if (spotSqrtPriceX96 == 0 || sqrtPriceX96 == 0) return false;
        (uint256 numerator, uint256 denominator) = baseIsToken0
            ? (spotSqrtPriceX96, sqrtPriceX96)
            : (sqrtPriceX96, spotSqrtPriceX96);
        // Ratio of square roots; beyond twice or below half the answer is no for every allowed bound (< 100 %), and
        // within that the square cannot overflow.
        if (numerator > 2 * denominator || denominator > 2 * numerator) return false;
        uint256 rootRatioWad = numerator.mulDiv(WAD, denominator);
        uint256 ratioWad = rootRatioWad.mulDiv(rootRatioWad, WAD);
        return ratioWad * BPS >= WAD * (BPS - deviationBps) && ratioWad * BPS <= WAD * (BPS + deviationBps);
    }
}
