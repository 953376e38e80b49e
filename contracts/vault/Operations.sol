// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IHedge} from "../interfaces/IHedge.sol";
import {IHedgedVault} from "../interfaces/IHedgedVault.sol";
import {LiquidityState} from "../interfaces/ILiquidity.sol";
import {IPriceOracle, OracleReading} from "../interfaces/IPriceOracle.sol";
import {IRiskPolicy} from "../interfaces/IRiskPolicy.sol";
import {BPS} from "../libraries/PriceMath.sol";
import {Action, Book, Pair, PlanBounds, PlanPromise} from "../types/VaultTypes.sol";
import {FeeLedgerState, MAX_HEDGES, MODE_DEGRADED, MODE_WIND_DOWN, VaultState} from "./VaultState.sol";
import {EmergencyHedge} from "./EmergencyHedge.sol";
import {FeeLedger} from "./FeeLedger.sol";
import {PlanRunner} from "./PlanRunner.sol";
import {Till} from "./Till.sol";
import {Valuation} from "./Valuation.sol";

/// @notice What an operation works with.
/// @param reading The oracle's, already found healthy.
/// @param reservedQuote Claims of settled redemptions, which no operation may touch.
struct OperationContext {
    Pair pair;
    OracleReading reading;
    IRiskPolicy policy;
    uint256 reservedQuote;
}

/// @title Operations on the vault's position: a book before, the steps, a book after at the same price, and the RiskPolicy's
/// judgement of the two.
library Operations {
    using FeeLedger for FeeLedgerState;
    using SafeERC20 for IERC20;
    using Till for VaultState;
    using Valuation for VaultState;

    /// @dev Part of the traded value that `hedgeNow` pays its caller: 0.05 %.
    uint256 private constant BOUNTY_BPS = 5;
    /// @dev Buying back a part of a short moves need and quote by the same, up to the pool's roundings.
    uint256 private constant SHORTFALL_ROUNDING_UNITS = 4;

    /// @dev An operation under way; `liquidity` is the latest reading.
    struct Operation {
        LiquidityState liquidity;
        Book before;
        PlanBounds bounds;
        uint256 uncollectedBefore;
        uint256 shortfallBefore;
        int256 pendingBefore;
        bool movesLiquidity;
        uint256 turnoverQuote;
    }

    /// @notice See IHedgedVault.rebalance.
    function rebalance(
        VaultState storage s,
        OperationContext memory context,
        Action[] calldata actions,
        PlanPromise calldata promised
    ) external {
        uint64 current = s.epoch;
        if (promised.expectedEpoch != current) {
            revert IHedgedVault.HedgedVault_WrongEpoch(promised.expectedEpoch, current);
        }
        if (block.timestamp > promised.deadline) {
            revert IHedgedVault.HedgedVault_DeadlinePassed(promised.deadline, block.timestamp);
        }
        Operation memory op = _begin(s, context);
        (op.movesLiquidity, op.turnoverQuote) = PlanRunner.run(s, context.pair, actions, op.bounds);
        Book memory afterwards = _end(s, context, op);
        uint256 shortfall = _shortfall(s, context, op, afterwards);
        if (shortfall > op.shortfallBefore + SHORTFALL_ROUNDING_UNITS) {
            revert IHedgedVault.HedgedVault_ShortNotBuyable(shortfall, op.shortfallBefore);
        }
        _enforce(s, context, op, afterwards, promised);
        _finish(s, context, op, afterwards);
    }

    /// @notice See IHedgedVault.hedgeNow.
    function hedgeNow(VaultState storage s, OperationContext memory context) external returns (uint256 bountyQuote) {
        Operation memory op = _begin(s, context);
        op.turnoverQuote = EmergencyHedge.run(s, context.pair, op.before, op.liquidity, op.bounds);
        if (op.turnoverQuote == 0) revert IHedgedVault.HedgedVault_NothingToHedge(op.before.deltaBase);
        op.movesLiquidity = true;
        address quote = context.pair.quote;
        bountyQuote = Math.min((op.turnoverQuote * BOUNTY_BPS) / BPS, s.idleQuote);
        s.spend(context.pair, quote, bountyQuote);
        IERC20(quote).safeTransfer(msg.sender, bountyQuote);
        Book memory afterwards = _end(s, context, op);
        context.policy.enforceEmergency(op.before, afterwards, op.turnoverQuote);
        emit IHedgedVault.HedgedNow(msg.sender, op.turnoverQuote, bountyQuote);
        _finish(s, context, op, afterwards);
    }

    /// @dev An order that waits for its venue may be executed or not: the delta must be in order both ways. Loss, turnover,
    /// promise and health are judged as if it were executed; the books' health is the lower of the two.
    function _enforce(
        VaultState storage s,
        OperationContext memory context,
        Operation memory op,
        Book memory afterwards,
        PlanPromise calldata promised
    ) private {
        Book memory before = op.before;
        if (!afterwards.pending) {
            context.policy.enforce(before, afterwards, promised, op.turnoverQuote);
            return;
        }
        context.policy.enforceUnexecuted(before, afterwards);
        int256 pendingAfter = _pendingDelta(s);
        before.deltaBase += op.pendingBefore;
        afterwards.deltaBase += pendingAfter;
        context.policy.enforce(before, afterwards, promised, op.turnoverQuote);
        before.deltaBase -= op.pendingBefore;
        afterwards.deltaBase -= pendingAfter;
    }

    function _pendingDelta(VaultState storage s) private view returns (int256 change) {
        for (uint256 i = 0; i < MAX_HEDGES && s.hedges[i] != address(0); ++i) {
            change += IHedge(s.hedges[i]).pendingDeltaBase();
        }
    }

    function _begin(VaultState storage s, OperationContext memory context) private view returns (Operation memory op) {
        uint256 price = context.reading.priceWad;
        op.liquidity = s.liquidity.read(price, 0);
        op.before = s.bookOf(context.pair, context.reading, op.liquidity, false);
        op.uncollectedBefore = FeeLedger.uncollected(context.pair, op.liquidity, price);
        if (op.before.pending) op.pendingBefore = _pendingDelta(s);
        op.bounds.priceWad = price;
        (op.bounds.slippageBps, op.bounds.minRangeTicks) = context.policy.planBounds();
        op.shortfallBefore = _shortfall(s, context, op, op.before);
        op.bounds.riskMayOnlyFall = s.mode & (MODE_WIND_DOWN | MODE_DEGRADED) != 0 || op.before.lost;
    }

    /// @dev Reads what the actions left, at the same price.
    function _end(
        VaultState storage s,
        OperationContext memory context,
        Operation memory op
    ) private view returns (Book memory afterwards) {
        uint256 price = context.reading.priceWad;
        uint256 flags = IPriceOracle(context.pair.oracle).spotFlags(price);
        if (flags != 0) revert IHedgedVault.HedgedVault_OracleUnhealthy(flags);
        // Untouched ranges hold at the oracle's price what they held before, whatever a swap did to the pool.
        if (op.movesLiquidity) op.liquidity = s.liquidity.read(price, 0);
        afterwards = s.bookOf(context.pair, context.reading, op.liquidity, false);
        if (op.bounds.riskMayOnlyFall && afterwards.healthWad < op.before.healthWad) {
            revert IHedgedVault.HedgedVault_HealthMayOnlyRise(op.before.healthWad, afterwards.healthWad);
        }
    }

    function _shortfall(
        VaultState storage s,
        OperationContext memory context,
        Operation memory op,
        Book memory book
    ) private view returns (uint256) {
        return PlanRunner.shortfallQuote(s, context.pair, book, op.liquidity, op.bounds.slippageBps);
    }

    function _finish(
        VaultState storage s,
        OperationContext memory context,
        Operation memory op,
        Book memory afterwards
    ) private {
        uint256 price = context.reading.priceWad;
        uint256 uncollected = FeeLedger.uncollected(context.pair, op.liquidity, price);
        s.ledger.countAndMeasure(op.uncollectedBefore, uncollected, op.before, afterwards, op.turnoverQuote);
        s.close(context.pair, context.reservedQuote);
        emit IHedgedVault.Rebalanced(
            s.epoch++,
            msg.sender,
            price,
            op.before.deltaBase,
            afterwards.deltaBase,
            op.before.navQuote,
            afterwards.navQuote
        );
    }
}
