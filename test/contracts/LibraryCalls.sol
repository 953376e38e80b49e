// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {PriceMath} from "../../contracts/libraries/PriceMath.sol";
import {RangeMath} from "../../contracts/libraries/RangeMath.sol";

/// @title The internal libraries as external calls, for differential tests from TypeScript.
/// @dev TEST ONLY.
contract LibraryCalls {
    function amountsAt(
        uint160 sqrtPriceX96,
        uint160 sqrtLowerX96,
        uint160 sqrtUpperX96,
        uint128 liquidity
    ) external pure returns (uint256 amount0, uint256 amount1) {
        return RangeMath.amountsAt(sqrtPriceX96, sqrtLowerX96, sqrtUpperX96, liquidity);
    }

    function sqrtPriceX96Of(uint256 priceWad, uint256 scale, bool baseIsToken0) external pure returns (uint160) {
        return PriceMath.sqrtPriceX96Of(priceWad, scale, baseIsToken0);
    }
}
