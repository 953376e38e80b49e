// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

/// @title The part of the Uniswap v3 factory that the adapter uses.
interface IUniswapV3Factory {
    /// @return pool The one pool of two tokens and a fee, in either order; zero when there is none.
    function getPool(address tokenA, address tokenB, uint24 fee) external view returns (address pool);
}
