// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Action, Book, PlanPromise} from "../types/VaultTypes.sol";
import {ILiquidity} from "./ILiquidity.sol";

/// @title A vault that holds concentrated liquidity and hedges against its price exposure.
/// @notice Deposits are synchronous (ERC-4626), redemptions asynchronous (ERC-7540) and first in, first out.
interface IHedgedVault {
    // --- events: together with those of the adapters they rebuild the whole state

    event Rebalanced(
        uint64 indexed epoch,
        address indexed keeper,
        uint256 priceWad,
        int256 deltaBeforeBase,
        int256 deltaAfterBase,
        uint256 navBeforeQuote,
        uint256 navAfterQuote
    );
    event IdleChanged(uint256 idleBase, uint256 idleQuote, uint256 reservedQuote);
    event RedeemSettled(uint256 indexed requestId, address indexed controller, uint256 shares, uint256 assets);
    event QueueHeadMoved(uint256 head);
    event ExitedInKind(
        uint256 indexed requestId,
        address indexed receiver,
        uint256 shares,
        uint256 baseIn,
        uint256 baseOut,
        uint256 quoteOut
    );
    event HedgedNow(address indexed caller, uint256 turnoverQuote, uint256 bountyQuote);
    event FeeLedgerChanged(uint256 lockedQuote, uint256 uncollectedQuote, uint256 vestsInSeconds, uint256 moveCostPpm);
    event FeesChanged(address indexed recipient, uint256 managementBps, uint256 performanceBps);
    event FeesScheduled(uint256 managementBps, uint256 performanceBps, uint256 readyAt);
    event FeesAccrued(address indexed recipient, uint256 shares, uint256 highWater);
    event AdapterChangeProposed(address indexed current, address indexed next, uint256 readyAt);
    event AdapterChangeCancelled(address indexed current, address indexed next);
    event AdapterChanged(address indexed current, address indexed next);
    event DepositsPaused(bool paused);
    event KeeperPaused(bool paused);
    event DepositCapChanged(uint256 capQuote);
    event Degraded(bool degraded);
    event WindDownStarted();

    // --- errors

    error HedgedVault_DepositsClosed(bytes32 reason);
    error HedgedVault_OracleUnhealthy(uint256 flags);
    error HedgedVault_ZeroAmount();
    error HedgedVault_DepositAboveCap(uint256 navAfterQuote, uint256 capQuote);
    error HedgedVault_AlreadyInitialized();
    error HedgedVault_ParamOutOfBounds(bytes32 param, uint256 value, uint256 min, uint256 max);
    error HedgedVault_NoFeeRecipient();
    error HedgedVault_NotReady(uint256 readyAt);
    error HedgedVault_BadAdapter(address adapter);
    error HedgedVault_AdapterInUse(address adapter);
    error HedgedVault_KeeperPaused();
    error HedgedVault_NothingToHedge(int256 deltaBase);
    error HedgedVault_ShortNotBuyable(uint256 missingQuote, uint256 missingBeforeQuote);
    error HedgedVault_RangeTooNarrow(uint256 actionIndex, int256 ticks, uint256 minimum);
    error HedgedVault_RequestTooSmall(uint256 shares, uint256 minimum);
    error HedgedVault_UnknownRequest(uint256 requestId);
    error HedgedVault_NotController(address caller, address controller);
    error HedgedVault_NothingToSettle();
    error HedgedVault_HedgePending(uint256 hedgeIndex);
    error HedgedVault_ClaimExceedsMax(uint256 asked, uint256 max);
    error HedgedVault_AsyncOnly();
    error HedgedVault_WrongEpoch(uint64 expected, uint64 actual);
    error HedgedVault_DeadlinePassed(uint48 deadline, uint256 timestamp);
    error HedgedVault_RiskMayOnlyFall(uint256 actionIndex);
    error HedgedVault_HealthMayOnlyRise(uint256 healthBeforeWad, uint256 healthAfterWad);
    error HedgedVault_BadAmount(uint256 actionIndex, int256 amount);
    error HedgedVault_UnknownHedge(uint256 hedgeIndex);
    error HedgedVault_OnlyAdapter(address caller);
    error HedgedVault_InsufficientIdle(address token, uint256 asked, uint256 idle);
    error HedgedVault_Insolvent(address token, uint256 balance, uint256 owed);
    error HedgedVault_ExitTooEarly(uint256 opensAt);
    error HedgedVault_ExitNeedsMoreBase(uint256 needed, uint256 maximum);

    // --- keeper

    /// @notice Runs a plan, then checks what it left: pool still at the oracle's price, net delta inside the band or
    /// smaller with the same sign, loss within promise and budget, health of every hedge, solvency. Restricted.
    /// Emits `Rebalanced`. Reverts when epoch or deadline do not match or the oracle is unhealthy.
    function rebalance(Action[] calldata actions, PlanPromise calldata promised) external;

    /// @notice Closes the net delta without any argument, sized on-chain: net long, it sells idle base and base out of the liquidity; net
    /// short, it buys base and repays with it where the venue lets it. Never takes on debt. Anyone may call once the keeper
    /// was silent for the grace time and the delta left the emergency band; the vault pays a bounty of 0.05 % of what was
    /// traded.
    /// @return bountyQuote Paid to the caller.
    function hedgeNow() external returns (uint256 bountyQuote);

    /// @notice Brings every hedge's memory in line with its venue; a loss found puts the vault in degraded mode.
    /// Anyone may call.
    function reconcile() external;

    // --- redemption queue

    /// @notice Settles up to `maxRequests` requests from the head of the queue: unwinds their part of everything and sets
    /// the proceeds aside. They share the cost of moving it; those who stay bear none. Anyone may call.
    /// @return settled Number of requests that left the queue.
    function settle(uint256 maxRequests) external returns (uint256 settled);

    /// @notice The same for at most `maxShares`: a request too large for the pool's depth is settled in parts.
    function settleShares(uint256 maxRequests, uint256 maxShares) external returns (uint256 settled);

    /// @notice Leaves with a pro-rata part of everything, without oracle, keeper or any role: possible once the request
    /// waited for the exit delay, or in wind-down. When the hedges owe more base than the liquidity holds, the caller
    /// brings the difference, at most `maxBaseIn` (approve the vault for it). Where a venue cannot pay, `receiver` gets its claim on the
    /// venue instead.
    /// @param leaveHedges Bit i: leave the part of hedge i behind, to those who stay; the way out past a venue that answers
    /// nothing at all. 0 = take everything.
    function exitInKind(
        uint256 requestId,
        address receiver,
        uint256 maxBaseIn,
        uint256 leaveHedges
    ) external returns (uint256 baseOut, uint256 quoteOut);

    /// @notice Pays the fees that are due up to now, in shares. Anyone may call while the oracle is healthy.
    function accrueFees() external;

    // --- views

    /// @notice The vault valued now. `flags` as in `OracleFlags`; the book is all zero when there is no price.
    function book() external view returns (Book memory current, uint256 flags);

    function hedges() external view returns (address[] memory);

    function liquidity() external view returns (ILiquidity);
}
