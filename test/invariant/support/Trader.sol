// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IUniswapV3Pool} from "../../../contracts/interfaces/external/IUniswapV3Pool.sol";

/// @title Somebody with deep pockets at a pool: moves its price, provides liquidity, pays its own bills.
/// @dev Anyone may use it: the market, the attacker, and a hostile venue in the middle of an operation.
contract Trader {
    using SafeERC20 for IERC20;

    /// @notice Swaps until the pool stands at this square-root price.
    function moveTo(IUniswapV3Pool pool, uint160 target) public {
        (uint160 current, , , , , , ) = pool.slot0();
        if (target != current) pool.swap(address(this), target < current, type(int128).max, target, "");
    }

    function mint(IUniswapV3Pool pool, address owner, int24 tickLower, int24 tickUpper, uint128 liquidity) public {
        pool.mint(owner, tickLower, tickUpper, liquidity, "");
    }

    /// @notice Takes own liquidity out again, with its fees.
    function burn(IUniswapV3Pool pool, int24 tickLower, int24 tickUpper, uint128 liquidity) public {
        pool.burn(tickLower, tickUpper, liquidity);
        pool.collect(address(this), tickLower, tickUpper, type(uint128).max, type(uint128).max);
    }

    function uniswapV3SwapCallback(int256 amount0, int256 amount1, bytes calldata) external {
        if (amount0 > 0) _pay(IUniswapV3Pool(msg.sender).token0(), uint256(amount0));
        if (amount1 > 0) _pay(IUniswapV3Pool(msg.sender).token1(), uint256(amount1));
    }

    function uniswapV3MintCallback(uint256 amount0, uint256 amount1, bytes calldata) external {
        if (amount0 > 0) _pay(IUniswapV3Pool(msg.sender).token0(), amount0);
        if (amount1 > 0) _pay(IUniswapV3Pool(msg.sender).token1(), amount1);
    }

    function _pay(address token, uint256 amount) private {
        IERC20(token).safeTransfer(msg.sender, amount);
    }
}
