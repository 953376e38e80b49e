// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { TickMath } from "@uniswap/v3-core-0.8/contracts/libraries/TickMath.sol";

import { IUniswapV3Pool } from "../interfaces/external/IUniswapV3Pool.sol";
import { ILiquidity, LiquidityState, RangePosition, Withdrawn } from "../interfaces/ILiquidity.sol";
import { IVaultTill } from "../interfaces/IVaultTill.sol";
import { BPS, PriceMath } from "../libraries/PriceMath.sol";
import { RangeMath } from "../libraries/RangeMath.sol";

/// @notice What a clone of the adapter carries in its code.
struct UniswapV3LiquidityArgs {
    address vault;
    address pool;
    address token0;
    address token1;
    bool baseIsToken0;
    uint256 scale;
}

/// @title Ranges of one Uniswap v3 pool, held directly at the pool (no position NFT).
contract UniswapV3Liquidity is ILiquidity {
    /// @dev Bounds the gas of every valuation.
    uint256 private constant MAX_RANGES = 4;

    RangePosition[] private _ranges;

    modifier onlyVault(address vault) {
        if (msg.sender != vault) revert Liquidity_OnlyVault(msg.sender);
        _;
    }

    /// @notice What this clone was made with; reverts on the implementation itself, which carries nothing.
    function args() public view returns (UniswapV3LiquidityArgs memory) {
        return abi.decode(Clones.fetchCloneArgs(address(this)), (UniswapV3LiquidityArgs));
    }

    function pool() external view returns (address) {
        return args().pool;
    }

    /// @inheritdoc ILiquidity
    function ranges() external view returns (RangePosition[] memory) {
        return _ranges;
    }

    /// @inheritdoc ILiquidity
    function read(uint256 priceWad, uint256 bandBps) external view returns (LiquidityState memory state) {
        uint256 count = _ranges.length;
        if (count == 0) return state;
        UniswapV3LiquidityArgs memory a = args();
        uint160 sqrtMid = PriceMath.sqrtPriceX96Of(priceWad, a.scale, a.baseIsToken0);
        uint160 sqrtLow = PriceMath.sqrtPriceX96Of((priceWad * (BPS - bandBps)) / BPS, a.scale, a.baseIsToken0);
        uint160 sqrtHigh = PriceMath.sqrtPriceX96Of((priceWad * (BPS + bandBps)) / BPS, a.scale, a.baseIsToken0);
        for (uint256 i = 0; i < count; ++i) {
            RangePosition memory range = _ranges[i];
            uint160 sqrtLower = TickMath.getSqrtRatioAtTick(range.tickLower);
            uint160 sqrtUpper = TickMath.getSqrtRatioAtTick(range.tickUpper);
            (uint256 b, uint256 q) = _amounts(a, sqrtMid, sqrtLower, sqrtUpper, range.liquidity);
            state.base += b;
            state.quote += q;
            (b, q) = _amounts(a, sqrtLow, sqrtLower, sqrtUpper, range.liquidity);
            state.baseLow += b;
            state.quoteLow += q;
            (b, q) = _amounts(a, sqrtHigh, sqrtLower, sqrtUpper, range.liquidity);
            state.baseHigh += b;
            state.quoteHigh += q;
        }
        (state.feesBase, state.feesQuote) = _fees(a, count);
    }

    /// @inheritdoc ILiquidity
    function add(
        int24 tickLower,
        int24 tickUpper,
        uint128 liquidity
    ) external onlyVault(args().vault) returns (uint256 baseIn, uint256 quoteIn) {
        UniswapV3LiquidityArgs memory a = args();
        (uint256 amount0, uint256 amount1) = IUniswapV3Pool(a.pool).mint(
            address(this),
            tickLower,
            tickUpper,
            liquidity,
            ""
        );
        uint256 i = _indexOf(tickLower, tickUpper);
        if (i == _ranges.length) {
            if (i == MAX_RANGES) revert Liquidity_TooManyRanges(i + 1, MAX_RANGES);
            _ranges.push(RangePosition(tickLower, tickUpper, liquidity));
        } else {
            _ranges[i].liquidity += liquidity;
        }
        emit RangeChanged(tickLower, tickUpper, _ranges[i].liquidity);
        return a.baseIsToken0 ? (amount0, amount1) : (amount1, amount0);
    }

    /// @inheritdoc ILiquidity
    function remove(
        int24 tickLower,
        int24 tickUpper,
        uint128 liquidity
    ) external onlyVault(args().vault) returns (uint256 base, uint256 quote) {
        UniswapV3LiquidityArgs memory a = args();
        uint256 i = _indexOf(tickLower, tickUpper);
        if (i == _ranges.length) revert Liquidity_UnknownRange(tickLower, tickUpper);
        uint128 held = _ranges[i].liquidity;
        if (liquidity > held) revert Liquidity_RangeTooSmall(liquidity, held);
        Withdrawn memory out;
        _withdraw(a, _ranges[i], liquidity, 0, 1, out);
        if (liquidity == held) {
            _ranges[i] = _ranges[_ranges.length - 1];
            _ranges.pop();
        } else {
            _ranges[i].liquidity = held - liquidity;
        }
        emit RangeChanged(tickLower, tickUpper, held - liquidity);
        return (out.base, out.quote);
    }

    /// @inheritdoc ILiquidity
    function removeShare(
        uint256 numerator,
        uint256 denominator
    ) external onlyVault(args().vault) returns (Withdrawn memory out) {
        UniswapV3LiquidityArgs memory a = args();
        uint256 count = _ranges.length;
        for (uint256 i = 0; i < count; ++i) {
            RangePosition memory range = _ranges[i];
            // At most the liquidity itself, as numerator <= denominator.
            uint128 liquidity = uint128((uint256(range.liquidity) * numerator) / denominator);
            _withdraw(a, range, liquidity, numerator, denominator, out);
            _ranges[i].liquidity = range.liquidity - liquidity;
            emit RangeChanged(range.tickLower, range.tickUpper, range.liquidity - liquidity);
        }
        if (numerator == denominator) delete _ranges;
    }

    /// @inheritdoc ILiquidity
    function swap(
        int256 baseChange,
        uint256 quoteLimit
    ) external onlyVault(args().vault) returns (int256 quoteFlow) {
        UniswapV3LiquidityArgs memory a = args();
        bool buysBase = baseChange > 0;
        bool zeroForOne = buysBase ? !a.baseIsToken0 : a.baseIsToken0;
        (int256 amount0, int256 amount1) = IUniswapV3Pool(a.pool).swap(
            a.vault,
            zeroForOne,
            -baseChange, // the pool's sign: + exact input (sell), - exact output (buy)
            zeroForOne ? TickMath.MIN_SQRT_RATIO + 1 : TickMath.MAX_SQRT_RATIO - 1,
            ""
        );
        // The pool reports what it received as positive; the vault's view is the opposite sign.
        (int256 baseFlow, int256 flow) = a.baseIsToken0 ? (-amount0, -amount1) : (-amount1, -amount0);
        if (baseFlow != baseChange) revert Liquidity_PartialFill(_abs(baseFlow), _abs(baseChange));
        if (buysBase) {
            if (_abs(flow) > quoteLimit) revert Liquidity_SwapAboveMaximum(_abs(flow), quoteLimit);
        } else if (_abs(flow) < quoteLimit) {
            revert Liquidity_SwapBelowMinimum(_abs(flow), quoteLimit);
        }
        emit Swapped(baseFlow, flow);
        return flow;
    }

    /// @notice The pool's bill for `add`. Only the pool, and so only while this adapter is adding.
    function uniswapV3MintCallback(uint256 amount0Owed, uint256 amount1Owed, bytes calldata) external {
        UniswapV3LiquidityArgs memory a = args();
        if (msg.sender != a.pool) revert Liquidity_OnlyPool(msg.sender);
        if (amount0Owed > 0) IVaultTill(a.vault).pay(a.token0, amount0Owed, a.pool);
        if (amount1Owed > 0) IVaultTill(a.vault).pay(a.token1, amount1Owed, a.pool);
    }

    /// @notice The pool's bill for `swap`. Only the pool, and so only while this adapter is swapping.
    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata) external {
        UniswapV3LiquidityArgs memory a = args();
        if (msg.sender != a.pool) revert Liquidity_OnlyPool(msg.sender);
        if (amount0Delta > 0) IVaultTill(a.vault).pay(a.token0, uint256(amount0Delta), a.pool);
        if (amount1Delta > 0) IVaultTill(a.vault).pay(a.token1, uint256(amount1Delta), a.pool);
    }

    /// @dev Burns and collects to the vault, adding to `out`. Fees come whole; `numerator / denominator` of them and
    /// all of the principal count as the share.
    function _withdraw(
        UniswapV3LiquidityArgs memory a,
        RangePosition memory range,
        uint128 liquidity,
        uint256 numerator,
        uint256 denominator,
        Withdrawn memory out
    ) private {
        IUniswapV3Pool pool_ = IUniswapV3Pool(a.pool);
        (uint256 principal0, uint256 principal1) = pool_.burn(range.tickLower, range.tickUpper, liquidity);
        (uint128 got0, uint128 got1) = pool_.collect(
            a.vault,
            range.tickLower,
            range.tickUpper,
            type(uint128).max,
            type(uint128).max
        );
        uint256 share0 = principal0 + ((got0 - principal0) * numerator) / denominator;
        uint256 share1 = principal1 + ((got1 - principal1) * numerator) / denominator;
        if (!a.baseIsToken0) (got0, got1, share0, share1) = (got1, got0, share1, share0);
        out.base += got0;
        out.quote += got1;
        out.shareBase += share0;
        out.shareQuote += share1;
    }

    function _amounts(
        UniswapV3LiquidityArgs memory a,
        uint160 sqrtPrice,
        uint160 sqrtLower,
        uint160 sqrtUpper,
        uint128 liquidity
    ) private pure returns (uint256 base, uint256 quote) {
        (uint256 amount0, uint256 amount1) = RangeMath.amountsAt(sqrtPrice, sqrtLower, sqrtUpper, liquidity);
        return a.baseIsToken0 ? (amount0, amount1) : (amount1, amount0);
    }

    function _fees(
        UniswapV3LiquidityArgs memory a,
        uint256 count
    ) private view returns (uint256 feesBase, uint256 feesQuote) {
        IUniswapV3Pool pool_ = IUniswapV3Pool(a.pool);
        (, int24 tick, , , , , ) = pool_.slot0();
        uint256 global0 = pool_.feeGrowthGlobal0X128();
        uint256 global1 = pool_.feeGrowthGlobal1X128();
        for (uint256 i = 0; i < count; ++i) {
            (uint256 fees0, uint256 fees1) = _rangeFees(pool_, _ranges[i], tick, global0, global1);
            feesBase += a.baseIsToken0 ? fees0 : fees1;
            feesQuote += a.baseIsToken0 ? fees1 : fees0;
        }
    }

    function _rangeFees(
        IUniswapV3Pool pool_,
        RangePosition memory range,
        int24 tick,
        uint256 global0,
        uint256 global1
    ) private view returns (uint256 fees0, uint256 fees1) {
        (uint128 liquidity, uint256 last0, uint256 last1, uint128 owed0, uint128 owed1) = pool_.positions(
            keccak256(abi.encodePacked(address(this), range.tickLower, range.tickUpper))
        );
        (, , uint256 lower0, uint256 lower1, , , , ) = pool_.ticks(range.tickLower);
        (, , uint256 upper0, uint256 upper1, , , , ) = pool_.ticks(range.tickUpper);
        uint256 inside0 = RangeMath.feeGrowthInside(tick, range.tickLower, range.tickUpper, global0, lower0, upper0);
        uint256 inside1 = RangeMath.feeGrowthInside(tick, range.tickLower, range.tickUpper, global1, lower1, upper1);
        fees0 = owed0 + RangeMath.feesOwed(inside0, last0, liquidity);
        fees1 = owed1 + RangeMath.feesOwed(inside1, last1, liquidity);
    }

    /// @return i Index of the range, or the number of ranges when there is none like it.
    function _indexOf(int24 tickLower, int24 tickUpper) private view returns (uint256 i) {
        uint256 count = _ranges.length;
        while (i < count && (_ranges[i].tickLower != tickLower || _ranges[i].tickUpper != tickUpper)) ++i;
    }

    function _abs(int256 value) private pure returns (uint256) {
        return value >= 0 ? uint256(value) : uint256(-value);
    }
}
