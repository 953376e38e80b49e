// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IUniswapV3Pool} from "../../contracts/interfaces/external/IUniswapV3Pool.sol";

/// @title A stranger who mints liquidity into somebody else's position, as Uniswap v3 lets anybody do.
/// @dev TEST ONLY. Pays from its own balance, whatever pool asks.
contract GenerousMinter {
    using SafeERC20 for IERC20;

    function mint(IUniswapV3Pool pool, address owner, int24 tickLower, int24 tickUpper, uint128 liquidity) external {
        pool.mint(owner, tickLower, tickUpper, liquidity, "");
    }

    function uniswapV3MintCallback(uint256 amount0, uint256 amount1, bytes calldata) external {
        if (amount0 > 0) IERC20(IUniswapV3Pool(msg.sender).token0()).safeTransfer(msg.sender, amount0);
        if (amount1 > 0) IERC20(IUniswapV3Pool(msg.sender).token1()).safeTransfer(msg.sender, amount1);
    }
}
