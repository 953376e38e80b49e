// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

import {BPS, PriceMath} from "../libraries/PriceMath.sol";
import {Pair} from "../types/VaultTypes.sol";

/// @title The worst price that the vault swaps at, from the oracle's price and never from a caller.
library SwapLimit {
    /// @dev The pool rounds amount and fee away, a unit each.
    uint256 private constant POOL_ROUNDING_UNITS = 2;

    /// @notice Worst quote for a signed change of base: least to receive, or most to pay. Lenient by the units that the
    /// pool rounds away, so that a trade of dust goes through.
    function quoteOf(
        Pair memory pair,
        int256 baseChange,
        uint256 priceWad,
        uint256 slippageBps
    ) internal pure returns (uint256) {
        uint256 amount = SignedMath.abs(baseChange);
        if (baseChange > 0) {
            uint256 worth = PriceMath.quoteOf(amount, priceWad, pair.scale, Math.Rounding.Floor);
            return Math.mulDiv(worth, BPS + slippageBps, BPS, Math.Rounding.Ceil) + POOL_ROUNDING_UNITS;
        }
        uint256 counted = Math.saturatingSub(amount, POOL_ROUNDING_UNITS);
        return
            Math.mulDiv(PriceMath.quoteOf(counted, priceWad, pair.scale, Math.Rounding.Floor), BPS - slippageBps, BPS);
    }
}
