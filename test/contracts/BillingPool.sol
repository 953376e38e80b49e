// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {UniswapV3Liquidity} from "../../contracts/liquidity/UniswapV3Liquidity.sol";

/// @title No pool at all: it bills whoever adds liquidity, keeps what is paid, and answers every question with zero.
/// @dev TEST ONLY.
contract BillingPool {
    uint256 private _amount0;
    uint256 private _amount1;

    /// @notice What the next `mint` costs.
    function setBill(uint256 amount0, uint256 amount1) external {
        (_amount0, _amount1) = (amount0, amount1);
    }

    function mint(address owner, int24, int24, uint128, bytes calldata) external returns (uint256, uint256) {
        UniswapV3Liquidity(owner).uniswapV3MintCallback(_amount0, _amount1, "");
        return (_amount0, _amount1);
    }

    fallback() external {
        // Sixteen words of zeros: as many as any of the pool's views returns.
        assembly ("memory-safe") {
            let pointer := mload(0x40)
            calldatacopy(pointer, calldatasize(), 512)
            return(pointer, 512)
        }
    }
}
