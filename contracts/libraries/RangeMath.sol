// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Token amounts and fees of a Uniswap v3 range, as the pool would pay them out.
library RangeMath {
    uint256 private constant Q96 = 1 << 96;
    uint256 private constant Q128 = 1 << 128;

    /// @notice Amounts that `liquidity` between two square-root prices is made of at a third, rounded down: what
    /// burning it there would return.
    /// @dev Uniswap v3 white paper, eq. 6.29 and 6.30. Lower must be below upper.
    function amountsAt(
        uint160 sqrtPriceX96,
        uint160 sqrtLowerX96,
        uint160 sqrtUpperX96,
        uint128 liquidity
    ) internal pure returns (uint256 amount0, uint256 amount1) {
        if (sqrtPriceX96 <= sqrtLowerX96) {
            amount0 = _amount0(sqrtLowerX96, sqrtUpperX96, liquidity);
        } else if (sqrtPriceX96 < sqrtUpperX96) {
            amount0 = _amount0(sqrtPriceX96, sqrtUpperX96, liquidity);
            amount1 = _amount1(sqrtLowerX96, sqrtPriceX96, liquidity);
        } else {
            amount1 = _amount1(sqrtLowerX96, sqrtUpperX96, liquidity);
        }
    }

    /// @notice Fees earned by `liquidity` since fee growth inside the range stood at `insideLastX128`.
    /// @dev Fee growth counts modulo 2^256 by design of the pool, so the difference is taken unchecked.
    function feesOwed(uint256 insideX128, uint256 insideLastX128, uint128 liquidity) internal pure returns (uint256) {
        unchecked {
            return Math.mulDiv(insideX128 - insideLastX128, liquidity, Q128);
        }
    }

    /// @notice Fee growth inside a range, from the pool's global growth and the growth outside both ticks.
    /// @dev Same arithmetic as the pool's Tick.getFeeGrowthInside, modulo 2^256.
    function feeGrowthInside(
        int24 tick,
        int24 tickLower,
        int24 tickUpper,
        uint256 globalX128,
        uint256 outsideLowerX128,
        uint256 outsideUpperX128
    ) internal pure returns (uint256) {
        unchecked {
            uint256 below = tick >= tickLower ? outsideLowerX128 : globalX128 - outsideLowerX128;
            uint256 above = tick < tickUpper ? outsideUpperX128 : globalX128 - outsideUpperX128;
            return globalX128 - below - above;
        }
    }

    function _amount0(uint160 sqrtA, uint160 sqrtB, uint128 liquidity) private pure returns (uint256) {
        // liquidity < 2^128, shifted by 96: below 2^224.
        return Math.mulDiv(uint256(liquidity) << 96, sqrtB - sqrtA, sqrtB) / sqrtA;
    }

    function _amount1(uint160 sqrtA, uint160 sqrtB, uint128 liquidity) private pure returns (uint256) {
        return Math.mulDiv(liquidity, sqrtB - sqrtA, Q96);
    }
}
