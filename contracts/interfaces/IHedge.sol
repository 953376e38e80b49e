// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

/// @notice One hedge valued at an oracle price.
/// @param deltaBase Signed delta, - for a short.
/// @param equityMinQuote Lowest value of all that we have at the venue, net of debt; may be negative.
/// @param equityMaxQuote Highest; equal to the lowest when nothing is uncertain.
/// @param healthWad Distance to liquidation: 1e18 = liquidated, `type(uint256).max` = nothing to liquidate.
/// @param pending An order waits for the venue.
/// @param lost The venue holds less for us than we left there: liquidation, auto-deleveraging or theft.
struct HedgeState {
    int256 deltaBase;
    int256 equityMinQuote;
    int256 equityMaxQuote;
    uint256 healthWad;
    bool pending;
    bool lost;
}

/// @notice Settled = done within the call; Pending = the venue answers later and `reconcile` will find out.
enum HedgeStatus {
    Settled,
    Pending
}

/// @notice What a call brought to the vault; what it cost the vault went through `IVaultTill.pay`.
struct HedgeFlow {
    HedgeStatus status;
    uint256 baseReceived;
    uint256 quoteReceived;
}

/// @title One hedge of one vault at one venue. Asynchronous by design: a venue may answer later, or never.
/// @dev The vault names no venue; a venue names no vault but its own. Only the vault may move anything, except where a
/// function says that anyone may call it.
interface IHedge {
    /// @notice Emitted after the position at the venue changed through us.
    event HedgeAdjusted(int256 deltaChangeBase, int256 marginChangeQuote);

    /// @notice Emitted when `reconcile` found less at the venue than we left there.
    event HedgeLost(uint256 expectedMarginQuote, uint256 foundMarginQuote);

    error Hedge_OnlyVault(address caller);
    error Hedge_NothingPending();
    error Hedge_ReduceExceedsShort(uint256 askedBase, uint256 shortBase);
    error Hedge_Abandoned();

    /// @notice Short name of the venue and instrument, e.g. "aave-v3-short".
    function venue() external view returns (string memory);

    /// @notice Whether this clone's arguments are what they should be: the pair of its vault, and the venue that this code was
    /// deployed for with its own tokens.
    function isGenuine() external view returns (bool);

    /// @notice Delta, equity, health, pending and lost at the given price. Reads the venue, not our memory of it.
    function read(uint256 priceWad) external view returns (HedgeState memory state);

    /// @notice How the delta will change when the order that waits for the venue is executed in full; 0 when none waits. The
    /// policy judges an action by both outcomes.
    function pendingDeltaBase() external view returns (int256);

    /// @notice How margin turns into health: health = marginFactorWad × margin / value of the short, both in quote.
    /// For a loan this is the liquidation threshold of the collateral.
    function marginFactorWad() external view returns (uint256);

    /// @notice Base that the vault must hold for `unwind(numerator, denominator)` to go through; 0 for a venue that
    /// settles in quote. Rounded up.
    function baseToUnwind(uint256 numerator, uint256 denominator) external view returns (uint256 baseNeeded);

    /// @notice Changes the delta by `deltaChangeBase` (- = shorter) and the margin by `marginChangeQuote` (+ = post).
    /// Margin is posted before and released after the change of the delta.
    function adjust(int256 deltaChangeBase, int256 marginChangeQuote) external returns (HedgeFlow memory flow);

    /// @notice Closes the fraction `numerator / denominator` of the position and releases the same fraction of margin.
    function unwind(uint256 numerator, uint256 denominator) external returns (HedgeFlow memory flow);

    /// @notice The same for somebody who leaves in kind: where the venue cannot pay quote out, `receiver` gets what the
    /// venue gives in its stead (Aave: aTokens).
    /// @param receiver Gets a claim on the venue in place of quote; quote itself goes to the vault as ever.
    function unwindInKind(
        uint256 numerator,
        uint256 denominator,
        address receiver
    ) external returns (HedgeFlow memory flow);

    /// @notice Nothing of ours is at the venue, nothing is owed and nothing is pending: the hedge may be replaced.
    /// A position that was given up (more debt than collateral after a liquidation) is nothing of ours.
    function isEmpty() external view returns (bool);

    /// @notice Reads the venue and brings our memory in line with it. Anyone may call, only the vault's call changes memory.
    /// @return lost True when the venue holds less than we left there.
    function reconcile() external returns (bool lost);

    /// @notice Cancels an order that waited past its time. Anyone may call; reverts when nothing is pending.
    function cancelStale() external;
}
