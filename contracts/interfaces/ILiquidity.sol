// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

/// @notice One range that holds liquidity.
struct RangePosition {
    int24 tickLower;
    int24 tickUpper;
    uint128 liquidity;
}

/// @notice All ranges together, recomputed at an oracle price (never at the pool's spot price).
/// @param base Base in the ranges at the price, rounded down; `quote` likewise.
/// @param feesBase Uncollected base fees, counted without touching the pool; `feesQuote` likewise.
/// @param baseLow Base in the ranges at price × (1 - band); `quoteLow`, `baseHigh`, `quoteHigh` likewise. With a band of
/// zero the ends are the middle.
struct LiquidityState {
    uint256 base;
    uint256 quote;
    uint256 feesBase;
    uint256 feesQuote;
    uint256 baseLow;
    uint256 quoteLow;
    uint256 baseHigh;
    uint256 quoteHigh;
}

/// @notice What came out of the pool to the vault.
/// @param base Everything received, principal and fees; `quote` likewise.
/// @param shareBase Of that, what belongs to the fraction that was asked for; `shareQuote` likewise.
/// @param feesBase Of `base`, what the pool paid as fees; `feesQuote` likewise.
struct Withdrawn {
    uint256 base;
    uint256 quote;
    uint256 shareBase;
    uint256 shareQuote;
    uint256 feesBase;
    uint256 feesQuote;
}

/// @title Concentrated liquidity on behalf of one vault. Only that vault may move anything.
/// @dev Tokens go from the vault straight to the pool (`IVaultTill.pay`) and from the pool straight to the vault;
/// nothing rests in the adapter and no allowance exists.
interface ILiquidity {
    /// @notice Emitted with the liquidity a range holds after the change; 0 = the range is gone.
    event RangeChanged(int24 indexed tickLower, int24 indexed tickUpper, uint128 liquidity);

    /// @notice Emitted for every swap: signed flows as the vault sees them, + received.
    event Swapped(int256 baseFlow, int256 quoteFlow);

    error Liquidity_OnlyVault(address caller);
    error Liquidity_OnlyPool(address caller);
    error Liquidity_TooManyRanges(uint256 ranges, uint256 limit);
    error Liquidity_RangeTooSmall(uint128 asked, uint128 held);
    error Liquidity_UnknownRange(int24 tickLower, int24 tickUpper);
    error Liquidity_SwapBelowMinimum(uint256 quoteOut, uint256 minimum);
    error Liquidity_SwapAboveMaximum(uint256 quoteIn, uint256 maximum);
    error Liquidity_PartialFill(uint256 filled, uint256 asked);

    /// @notice Values all ranges at `priceWad` and at both ends of a band around it (0 = no ends, cheaper).
    function read(uint256 priceWad, uint256 bandBps) external view returns (LiquidityState memory state);

    /// @notice Whether this clone's arguments are what they should be: the pair of its vault, and a pool that the venue this
    /// code was deployed for made for it.
    function isGenuine() external view returns (bool);

    /// @notice Fee of a swap in the pool, in millionths of what is paid in.
    function swapFeePips() external view returns (uint256);

    /// @notice The ranges that hold liquidity, in no particular order.
    function ranges() external view returns (RangePosition[] memory);

    /// @notice Adds liquidity to a range; the vault pays what the pool asks for.
    /// @return baseIn Base paid; `quoteIn` likewise.
    function add(
        int24 tickLower,
        int24 tickUpper,
        uint128 liquidity
    ) external returns (uint256 baseIn, uint256 quoteIn);

    /// @notice Removes liquidity from one range and collects all its fees, to the vault.
    function remove(int24 tickLower, int24 tickUpper, uint128 liquidity) external returns (uint256 base, uint256 quote);

    /// @notice Removes the fraction `numerator / denominator` of every range (rounded down) and collects all fees.
    function removeShare(uint256 numerator, uint256 denominator) external returns (Withdrawn memory withdrawn);

    /// @notice Swaps in the same pool. `baseChange` > 0 buys exactly that base for at most `quoteLimit`; < 0 sells
    /// exactly that base for at least `quoteLimit`. Reverts on a partial fill or a worse price.
    /// @return quoteFlow Signed quote as the vault sees it, + received.
    function swap(int256 baseChange, uint256 quoteLimit) external returns (int256 quoteFlow);
}
