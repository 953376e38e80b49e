// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IHedgedVault} from "../interfaces/IHedgedVault.sol";
import {LiquidityState} from "../interfaces/ILiquidity.sol";
import {PriceMath} from "../libraries/PriceMath.sol";
import {Book, Pair} from "../types/VaultTypes.sol";
import {FeeLedgerState} from "./VaultState.sol";

/// @title What the pool paid lately, and what moving funds costs.
/// @notice Trading fees belong to those who stay: a fee vests over an hour, and whoever leaves earlier leaves the
/// unvested part behind. Without it, somebody could deposit before a large trade, take most of its fee with funds that
/// never were in the pool, and leave in the same block (just-in-time capture). Depositors pay for unvested fees like for
/// all else, so that nobody gains by coming either.
///
/// The cost of moving funds is measured at the keeper's actions: what they lost over what they traded, averaged. A
/// depositor pays it on the part of the deposit that will have to be hedged, and it stays with the others.
library FeeLedger {
    uint256 internal constant VESTING_SECONDS = 1 hours;
    uint256 internal constant PPM = 1e6;
    /// @dev 1 %: whatever was measured, nobody pays more for coming.
    uint256 internal constant MAX_MOVE_COST_PPM = 10_000;
    /// @dev Weight of a new measurement: one eighth.
    uint256 private constant SMOOTHING = 8;
    /// @dev Trades below a thousandth of NAV measure rounding, not cost.
    uint256 private constant MIN_MEASURED_PART = 1_000;

    /// @notice Uncollected fees at a price, in quote, rounded down.
    function uncollected(
        Pair memory pair,
        LiquidityState memory state,
        uint256 priceWad
    ) internal pure returns (uint256) {
        return valueOf(pair, state.feesBase, state.feesQuote, priceWad);
    }

    function valueOf(Pair memory pair, uint256 base, uint256 quote, uint256 priceWad) internal pure returns (uint256) {
        return quote + PriceMath.quoteOf(base, priceWad, pair.scale, Math.Rounding.Floor);
    }

    /// @notice Fees that are not vested yet, in quote, rounded up.
    /// @param uncollectedQuote Uncollected fees now; what they grew by since the last count is new.
    function unvestedQuote(FeeLedgerState memory ledger, uint256 uncollectedQuote) internal view returns (uint256) {
        (uint256 left, uint256 fresh, ) = _unvested(ledger, uncollectedQuote);
        return left + fresh;
    }

    /// @return left What is left of the fees that were unvested at the last count.
    /// @return fresh Of the growth since then what is not vested, as if it had come at the time of the count: everybody who
    /// came since counted when coming.
    /// @return vestsIn Seconds in which both vest, averaged by amount.
    function _unvested(
        FeeLedgerState memory ledger,
        uint256 uncollectedQuote
    ) private view returns (uint256 left, uint256 fresh, uint256 vestsIn) {
        uint256 age = block.timestamp - ledger.countedAt;
        uint256 growth = Math.saturatingSub(uncollectedQuote, ledger.uncollectedQuote);
        uint256 leftIn = Math.saturatingSub(ledger.vestsInSeconds, age);
        uint256 freshIn = Math.saturatingSub(VESTING_SECONDS, age);
        if (leftIn > 0) left = Math.mulDiv(ledger.lockedQuote, leftIn, ledger.vestsInSeconds, Math.Rounding.Ceil);
        fresh = Math.mulDiv(growth, freshIn, VESTING_SECONDS, Math.Rounding.Ceil);
        if (left + fresh > 0) vestsIn = Math.ceilDiv(left * leftIn + fresh * freshIn, left + fresh);
    }

    /// @notice Counts fees up to now. What is left of older ones and what is new vest together, after the average of their
    /// times: a count can make nobody's fees vest sooner, and a crumb makes nobody's much later.
    /// @param uncollectedNow Uncollected fees before the operation.
    /// @param uncollectedAfter Fees that the operation left uncollected.
    function count(FeeLedgerState storage ledger, uint256 uncollectedNow, uint256 uncollectedAfter) internal {
        _write(ledger, uncollectedNow, uncollectedAfter, ledger.moveCostPpm);
    }

    /// @notice The same after a keeper's action, which is also a measurement of what moving costs.
    /// @param turnoverQuote Value that was traded.
    function countAndMeasure(
        FeeLedgerState storage ledger,
        uint256 uncollectedNow,
        uint256 uncollectedAfter,
        Book memory before,
        Book memory afterwards,
        uint256 turnoverQuote
    ) internal {
        uint256 cost = ledger.moveCostPpm;
        if (turnoverQuote > before.navQuote / MIN_MEASURED_PART) {
            uint256 loss = Math.saturatingSub(before.navQuote, afterwards.navQuote);
            uint256 measured = Math.min(Math.mulDiv(loss, PPM, turnoverQuote), MAX_MOVE_COST_PPM);
            cost = (cost * (SMOOTHING - 1) + measured) / SMOOTHING;
        }
        _write(ledger, uncollectedNow, uncollectedAfter, cost);
    }

    /// @notice What a deposit pays for the trades that it causes, in millionths of it: the measured cost on the part that
    /// will be hedged, as large as the hedged part of what is there. Rounded up.
    function entryCostPpm(
        FeeLedgerState memory ledger,
        Pair memory pair,
        Book memory book
    ) internal pure returns (uint256) {
        if (ledger.moveCostPpm == 0 || book.hedgeDeltaBase >= 0 || book.navQuote == 0) return 0;
        uint256 hedgedQuote = PriceMath.quoteOf(
            uint256(-book.hedgeDeltaBase),
            book.priceWad,
            pair.scale,
            Math.Rounding.Ceil
        );
        return Math.mulDiv(ledger.moveCostPpm, Math.min(hedgedQuote, book.navQuote), book.navQuote, Math.Rounding.Ceil);
    }

    function _write(
        FeeLedgerState storage ledger,
        uint256 uncollectedNow,
        uint256 uncollectedQuote,
        uint256 cost
    ) private {
        (uint256 left, uint256 fresh, uint256 vestsIn) = _unvested(ledger, uncollectedNow);
        uint256 locked = left + fresh;
        ledger.vestsInSeconds = uint16(vestsIn);
        uint88 lockedPart = uint88(Math.min(locked, type(uint88).max));
        uint88 uncollectedPart = uint88(Math.min(uncollectedQuote, type(uint88).max));
        ledger.lockedQuote = lockedPart;
        ledger.uncollectedQuote = uncollectedPart;
        ledger.countedAt = uint40(block.timestamp); // 2^40 seconds are 34,000 years
        ledger.moveCostPpm = uint16(cost); // at most MAX_MOVE_COST_PPM
        emit IHedgedVault.FeeLedgerChanged(lockedPart, uncollectedPart, vestsIn, cost);
    }
}
