// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {RangeMath} from "../../contracts/libraries/RangeMath.sol";

/// @title What is proved of the range amounts and fees, see docs/proofs.md. Every function states one property.
contract RangeMathProof {
    function prove_belowTheRangeThereIsNoToken1(
        uint160 root,
        uint160 low,
        uint160 high,
        uint128 liquidity
    ) external pure {
        require(0 < low && low < high && root <= low);
        (, uint256 amount1) = RangeMath.amountsAt(root, low, high, liquidity);
        assert(amount1 == 0);
    }

    function prove_aboveTheRangeThereIsNoToken0(
        uint160 root,
        uint160 low,
        uint160 high,
        uint128 liquidity
    ) external pure {
        require(0 < low && low < high && root >= high);
        (uint256 amount0, ) = RangeMath.amountsAt(root, low, high, liquidity);
        assert(amount0 == 0);
    }

    function prove_noGrowthIsNoFee(uint256 inside, uint128 liquidity) external pure {
        assert(RangeMath.feesOwed(inside, inside, liquidity) == 0);
    }

    /// The pool's counters wrap at 2^256; a difference below 2^128 survives it.
    function prove_feesSurviveTheWrap(uint256 last, uint128 growth, uint128 liquidity) external pure {
        uint256 inside;
        unchecked {
            inside = last + growth;
        }
        assert(RangeMath.feesOwed(inside, last, liquidity) == (uint256(growth) * liquidity) / 2 ** 128);
    }

    function prove_growthInsideIsTheSideOfTheTick(
        int24 tick,
        int24 low,
        int24 high,
        uint256 global,
        uint256 outsideLow,
        uint256 outsideHigh
    ) external pure {
        require(low < high);
        uint256 expected;
        unchecked {
            if (tick < low) expected = outsideLow - outsideHigh;
            else if (tick >= high) expected = outsideHigh - outsideLow;
            else expected = global - outsideLow - outsideHigh;
        }
        assert(RangeMath.feeGrowthInside(tick, low, high, global, outsideLow, outsideHigh) == expected);
    }
}
