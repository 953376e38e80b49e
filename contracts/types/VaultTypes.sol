// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

// Units used everywhere: base and quote amounts are in the token's own smallest units; a delta is a signed base amount
// (+ long); a price is quote per base, in human units, times 1e18 (`…Wad`).

/// @notice What a vault deals in. Carried in the code of its clone, see HedgedVault.args.
/// @param scale Price scale of the pair, see PriceMath.
struct Pair {
    address base;
    address quote;
    address oracle;
    uint256 scale;
}

/// @notice What one step of a keeper's plan does.
enum ActionKind {
    RemoveLiquidity,
    AddLiquidity,
    AdjustHedge,
    Swap
}

/// @notice One step of a plan; the steps run in the order given.
/// @param kind What to do; decides which of the other fields are read.
/// @param hedgeIndex AdjustHedge: index into the vault's list of hedges.
/// @param tickLower RemoveLiquidity, AddLiquidity: lower tick of the range.
/// @param tickUpper RemoveLiquidity, AddLiquidity: upper tick of the range.
/// @param amount RemoveLiquidity, AddLiquidity: liquidity units, positive. AdjustHedge: signed change of the hedge's
/// delta, negative = shorter. Swap: signed change of the base held, positive = buy exactly, negative = sell exactly.
/// @param marginQuote AdjustHedge: signed change of the margin at the venue, positive = post, negative = release.
struct Action {
    ActionKind kind;
    uint8 hedgeIndex;
    int24 tickLower;
    int24 tickUpper;
    int256 amount;
    int256 marginQuote;
}

/// @notice What the keeper promises about the state its plan leaves; the vault checks it, whatever the plan says.
struct PlanPromise {
    uint64 expectedEpoch;
    uint48 deadline;
    uint256 maxResidualDeltaBase;
    uint256 maxLossQuote;
}

/// @notice The vault valued at one oracle price.
/// @param priceWad Price it was valued at.
/// @param navQuote Net asset value at that price.
/// @param navMinQuote Lowest value over the oracle's band and the hedges' uncertainty; the middle where it was not asked
/// for.
/// @param navMaxQuote Highest value over the same.
/// @param deltaBase Net delta: idle + position + fees + hedges.
/// @param hedgeDeltaBase The hedges' part of it, negative for shorts.
/// @param healthWad Lowest health of any hedge; 1e18 is liquidation, `type(uint256).max` no debt at all.
/// @param pending True while any hedge waits for its venue.
/// @param lost True when any venue holds less for us than we left there.
struct Book {
    uint256 priceWad;
    uint256 navQuote;
    uint256 navMinQuote;
    uint256 navMaxQuote;
    int256 deltaBase;
    int256 hedgeDeltaBase;
    uint256 healthWad;
    bool pending;
    bool lost;
}

/// @notice Within what a plan's steps run.
/// @param priceWad The oracle's price.
/// @param slippageBps Worst price of a swap against it.
/// @param minRangeTicks Narrowest range that may be added to, in ticks.
/// @param riskMayOnlyFall No more liquidity, no more short.
struct PlanBounds {
    uint256 priceWad;
    uint256 slippageBps;
    uint256 minRangeTicks;
    bool riskMayOnlyFall;
}
