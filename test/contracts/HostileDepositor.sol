// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {TickMath} from "@uniswap/v3-core-0.8/contracts/libraries/TickMath.sol";

import {HedgedVault} from "../../contracts/HedgedVault.sol";
import {IUniswapV3Pool} from "../../contracts/interfaces/external/IUniswapV3Pool.sol";

/// @notice One attempt, all of it in one transaction.
/// @param priceAtDeposit Square-root price that the pool is moved to before the deposit; 0 = leave it.
/// @param assets Quote to deposit.
/// @param priceAtExit Square-root price that the pool is moved to before the redemption; 0 = where it was at first.
struct HostileAttempt {
    uint160 priceAtDeposit;
    uint256 assets;
    uint160 priceAtExit;
}

/// @title A depositor who moves the pool around the own deposit and redemption and moves it back in the end. Richer than
/// any flash loan: it trades with funds of its own, for nothing.
contract HostileDepositor {
    error HostileDepositor_NotSettled(uint256 requestId);

    /// @notice Deposits, redeems and claims, with the pool's price bent at both moments.
    function attack(HedgedVault vault, IUniswapV3Pool pool, HostileAttempt calldata attempt) external {
        (uint160 start, , , , , , ) = pool.slot0();
        _move(pool, attempt.priceAtDeposit == 0 ? start : attempt.priceAtDeposit);
        IERC20(vault.asset()).approve(address(vault), attempt.assets);
        uint256 shares = vault.deposit(attempt.assets, address(this));
        _move(pool, attempt.priceAtExit == 0 ? start : attempt.priceAtExit);
        uint256 requestId = vault.requestRedeem(shares, address(this), address(this));
        uint256 claimable = vault.maxRedeem(address(this));
        if (claimable == 0) revert HostileDepositor_NotSettled(requestId);
        vault.redeem(claimable, address(this), address(this));
        _move(pool, start);
    }

    /// @notice Pays for a swap of its own.
    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata) external {
        IUniswapV3Pool pool = IUniswapV3Pool(msg.sender);
        if (amount0Delta > 0) IERC20(pool.token0()).transfer(msg.sender, uint256(amount0Delta));
        if (amount1Delta > 0) IERC20(pool.token1()).transfer(msg.sender, uint256(amount1Delta));
    }

    function _move(IUniswapV3Pool pool, uint160 target) private {
        (uint160 now_, , , , , , ) = pool.slot0();
        if (target == now_) return;
        assert(target > TickMath.MIN_SQRT_RATIO && target < TickMath.MAX_SQRT_RATIO);
        pool.swap(address(this), target < now_, type(int128).max, target, "");
    }
}
