// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {TickMath} from "@uniswap/v3-core-0.8/contracts/libraries/TickMath.sol";

import {IUniswapV3Factory} from "../interfaces/external/IUniswapV3Factory.sol";
import {IUniswapV3Pool} from "../interfaces/external/IUniswapV3Pool.sol";
import {ILiquidity, LiquidityState, RangePosition, Withdrawn} from "../interfaces/ILiquidity.sol";
import {IVaultTill} from "../interfaces/IVaultTill.sol";
import {CloneArgs} from "../libraries/CloneArgs.sol";
import {BPS, PriceMath} from "../libraries/PriceMath.sol";
import {RangeMath} from "../libraries/RangeMath.sol";
import {Pair} from "../types/VaultTypes.sol";

/// @notice What a clone of the adapter carries in its code.
struct UniswapV3LiquidityArgs {
    address vault;
    address pool;
    address token0;
    address token1;
    bool baseIsToken0;
    uint256 scale;
}

/// @dev The pool's fee counters at one moment.
struct FeeGrowth {
    int24 tick;
    uint256 growth0;
    uint256 growth1;
}

/// @title Ranges of one Uniswap v3 pool, held directly at the pool (no position NFT).
contract UniswapV3Liquidity is ILiquidity {
    error UniswapV3Liquidity_NoCode(address factory);

    /// @dev Fields of UniswapV3LiquidityArgs.
    uint256 private constant ARGS_WORDS = 6;
    /// @dev Bounds the gas of every valuation.
    uint256 private constant MAX_RANGES = 4;

    /// @notice The Uniswap v3 deployment that clones of this code hold liquidity in.
    IUniswapV3Factory public immutable factory;

    RangePosition[] private _ranges;

    constructor(IUniswapV3Factory factory_) {
        if (address(factory_).code.length == 0) revert UniswapV3Liquidity_NoCode(address(factory_));
        factory = factory_;
    }

    /// @notice What this clone was made with; reverts on the implementation itself, which carries nothing.
    function args() public view returns (UniswapV3LiquidityArgs memory a) {
        uint256 pointer = CloneArgs.copy(ARGS_WORDS);
        // The struct is that many static words, see CloneArgs.
        assembly ("memory-safe") {
            a := pointer
        }
    }

    function pool() external view returns (address) {
        return args().pool;
    }

    /// @inheritdoc ILiquidity
    function isGenuine() external view returns (bool) {
        UniswapV3LiquidityArgs memory a = args();
        Pair memory pair = IVaultTill(a.vault).pair();
        (address token0, address token1) = a.baseIsToken0 ? (pair.base, pair.quote) : (pair.quote, pair.base);
        return
            a.token0 == token0 &&
            a.token1 == token1 &&
            a.scale == pair.scale &&
            factory.getPool(token0, token1, IUniswapV3Pool(a.pool).fee()) == a.pool &&
            token0 < token1;
    }

    /// @inheritdoc ILiquidity
    function swapFeePips() external view returns (uint256) {
        return IUniswapV3Pool(args().pool).fee();
    }

    /// @inheritdoc ILiquidity
    function ranges() external view returns (RangePosition[] memory) {
        return _ranges;
    }

    /// @inheritdoc ILiquidity
    function read(uint256 priceWad, uint256 bandBps) external view returns (LiquidityState memory state) {
        RangePosition[] memory held = _ranges;
        if (held.length == 0) return state;
        UniswapV3LiquidityArgs memory a = args();
        (state.base, state.quote) = _amountsAt(a, held, priceWad);
        if (bandBps == 0) {
            (state.baseLow, state.quoteLow) = (state.base, state.quote);
            (state.baseHigh, state.quoteHigh) = (state.base, state.quote);
        } else {
            (state.baseLow, state.quoteLow) = _amountsAt(a, held, (priceWad * (BPS - bandBps)) / BPS);
            (state.baseHigh, state.quoteHigh) = _amountsAt(a, held, (priceWad * (BPS + bandBps)) / BPS);
        }
        (state.feesBase, state.feesQuote) = _fees(a, held);
    }

    /// @inheritdoc ILiquidity
    function add(
        int24 tickLower,
        int24 tickUpper,
        uint128 liquidity
    ) external returns (uint256 baseIn, uint256 quoteIn) {
        UniswapV3LiquidityArgs memory a = _argsForVault();
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
    ) external returns (uint256 base, uint256 quote) {
        UniswapV3LiquidityArgs memory a = _argsForVault();
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
    function removeShare(uint256 numerator, uint256 denominator) external returns (Withdrawn memory out) {
        UniswapV3LiquidityArgs memory a = _argsForVault();
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
    function swap(int256 baseChange, uint256 quoteLimit) external returns (int256 quoteFlow) {
        UniswapV3LiquidityArgs memory a = _argsForVault();
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
        (uint256 fees0, uint256 fees1) = (got0 - principal0, got1 - principal1);
        if (!a.baseIsToken0) {
            (got0, got1) = (got1, got0);
            (principal0, principal1) = (principal1, principal0);
            (fees0, fees1) = (fees1, fees0);
        }
        out.base += got0;
        out.quote += got1;
        out.shareBase += principal0 + (fees0 * numerator) / denominator;
        out.shareQuote += principal1 + (fees1 * numerator) / denominator;
        out.feesBase += fees0;
        out.feesQuote += fees1;
    }

    /// @dev The arguments, for a function that only the vault may call.
    function _argsForVault() private view returns (UniswapV3LiquidityArgs memory a) {
        a = args();
        if (msg.sender != a.vault) revert Liquidity_OnlyVault(msg.sender);
    }

    function _amountsAt(
        UniswapV3LiquidityArgs memory a,
        RangePosition[] memory held,
        uint256 priceWad
    ) private pure returns (uint256 base, uint256 quote) {
        uint160 sqrtPriceX96 = PriceMath.sqrtPriceX96Of(priceWad, a.scale, a.baseIsToken0);
        for (uint256 i = 0; i < held.length; ++i) {
            (uint256 amount0, uint256 amount1) = RangeMath.amountsAt(
                sqrtPriceX96,
                TickMath.getSqrtRatioAtTick(held[i].tickLower),
                TickMath.getSqrtRatioAtTick(held[i].tickUpper),
                held[i].liquidity
            );
            base += a.baseIsToken0 ? amount0 : amount1;
            quote += a.baseIsToken0 ? amount1 : amount0;
        }
    }

    function _fees(
        UniswapV3LiquidityArgs memory a,
        RangePosition[] memory held
    ) private view returns (uint256 feesBase, uint256 feesQuote) {
        IUniswapV3Pool pool_ = IUniswapV3Pool(a.pool);
        FeeGrowth memory global;
        (, global.tick, , , , , ) = pool_.slot0();
        global.growth0 = pool_.feeGrowthGlobal0X128();
        global.growth1 = pool_.feeGrowthGlobal1X128();
        for (uint256 i = 0; i < held.length; ++i) {
            (uint256 fees0, uint256 fees1) = _rangeFees(pool_, held[i], global);
            feesBase += a.baseIsToken0 ? fees0 : fees1;
            feesQuote += a.baseIsToken0 ? fees1 : fees0;
        }
    }

    function _rangeFees(
        IUniswapV3Pool pool_,
        RangePosition memory range,
        FeeGrowth memory global
    ) private view returns (uint256 fees0, uint256 fees1) {
        (uint256 inside0, uint256 inside1) = _growthInside(pool_, range, global);
        (uint128 liquidity, uint256 last0, uint256 last1, uint128 owed0, uint128 owed1) = pool_.positions(
            keccak256(abi.encodePacked(address(this), range.tickLower, range.tickUpper))
        );
        fees0 = owed0 + RangeMath.feesOwed(inside0, last0, liquidity);
        fees1 = owed1 + RangeMath.feesOwed(inside1, last1, liquidity);
    }

    function _growthInside(
        IUniswapV3Pool pool_,
        RangePosition memory range,
        FeeGrowth memory global
    ) private view returns (uint256 inside0, uint256 inside1) {
        (, , uint256 lower0, uint256 lower1, , , , ) = pool_.ticks(range.tickLower);
        (, , uint256 upper0, uint256 upper1, , , , ) = pool_.ticks(range.tickUpper);
        (int24 tick, int24 tickLower, int24 tickUpper) = (global.tick, range.tickLower, range.tickUpper);
        inside0 = RangeMath.feeGrowthInside(tick, tickLower, tickUpper, global.growth0, lower0, upper0);
        inside1 = RangeMath.feeGrowthInside(tick, tickLower, tickUpper, global.growth1, lower1, upper1);
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
