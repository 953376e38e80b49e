// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {ILiquidity} from "../interfaces/ILiquidity.sol";

/// @dev Most hedges of one vault: bounds the gas of every valuation.
uint256 constant MAX_HEDGES = 3;

/// @dev What the owner may loosen or replace only after this long: longer than the longest exit delay (14 days), so that
/// everyone who dislikes a change can be gone before it, in kind if need be.
uint256 constant EXIT_WINDOW_SECONDS = 15 days;

// Bits of the vault's mode. The first three close deposits; wind-down and degraded also bar the keeper from adding
// liquidity or shorts and from lowering any health; the last one stops the keeper.
uint8 constant MODE_PAUSED = 1 << 0;
uint8 constant MODE_WIND_DOWN = 1 << 1;
uint8 constant MODE_DEGRADED = 1 << 2;
uint8 constant MODE_KEEPER_PAUSED = 1 << 3;

/// @notice Who is paid for running the vault, and how much; in shares. See VaultFees.
/// @param accruedAt Up to when the management fee is paid.
/// @param highWater Highest value a share ever had when a performance fee was taken; 0 = the initial one.
/// @param nextAt When the `next…` rates may be applied; 0 = no change is pending.
struct FeeTerms {
    address recipient;
    uint16 managementBps;
    uint16 performanceBps;
    uint40 accruedAt;
    uint184 highWater;
    uint16 nextManagementBps;
    uint16 nextPerformanceBps;
    uint40 nextAt;
}

/// @notice Fees that the pool paid lately and that nobody may carry away yet, and what moving funds costs. See FeeLedger.
/// @param lockedQuote Not yet vested at `countedAt`.
/// @param uncollectedQuote Uncollected fees in the pool at `countedAt`; what is more by the next time is new.
/// @param vestsInSeconds When they will all have vested, from `countedAt`.
/// @param moveCostPpm Measured cost of moving funds, in millionths of what was moved.
struct FeeLedgerState {
    uint88 lockedQuote;
    uint88 uncollectedQuote;
    uint40 countedAt;
    uint16 vestsInSeconds;
    uint16 moveCostPpm;
}

/// @notice An adapter to be replaced. See AdapterChanges.
/// @param current Adapter that goes; zero = a hedge is added.
/// @param readyAt When it may be replaced; zero = nothing is pending.
/// @param next Adapter that comes; zero = a hedge is removed.
struct AdapterChange {
    address current;
    uint40 readyAt;
    address next;
}

/// @dev Storage of a vault, apart from its share token and its redemption queue. Idle funds are what the vault counts as
/// its own outside of any venue: claims of settled redemptions and donations are not in it.
struct VaultState {
    uint128 idleBase;
    uint128 idleQuote;
    // One slot: all that a deposit asks besides oracle and ledger.
    ILiquidity liquidity;
    uint88 depositCapQuote;
    uint8 mode;
    /// @dev In order, closed up: the first zero ends the list.
    address[MAX_HEDGES] hedges;
    FeeLedgerState ledger;
    FeeTerms fees;
    uint64 epoch;
    uint40 windDownAt;
    AdapterChange change;
}
