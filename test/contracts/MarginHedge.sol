// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {HedgeFlow, HedgeState, HedgeStatus, IHedge} from "../../contracts/interfaces/IHedge.sol";
import {IVaultTill} from "../../contracts/interfaces/IVaultTill.sol";
import {CloneArgs} from "../../contracts/libraries/CloneArgs.sol";
import {PriceMath} from "../../contracts/libraries/PriceMath.sol";
import {MarginVenue, VenueMood} from "./MarginVenue.sol";

/// @notice What a clone of the hedge carries in its code.
struct MarginHedgeArgs {
    address vault;
    MarginVenue venue;
    address base;
    address quote;
    uint256 scale;
}

/// @title A borrowed short at `MarginVenue`: as honest as its venue's mood.
/// @dev TEST ONLY. Small on purpose: a stateful fuzzer calls it a million times.
contract MarginHedge is IHedge {
    using Math for uint256;

    uint256 private constant ARGS_WORDS = 5;

    /// @notice Collateral that we left at the venue.
    uint256 public recordedCollateral;
    /// @notice A liquidation was found that left more debt than collateral: while it does, the position is given up.
    bool public distressed;

    /// @notice What this clone was made with.
    function args() public view returns (MarginHedgeArgs memory a) {
        uint256 pointer = CloneArgs.copy(ARGS_WORDS);
        // The struct is that many static words, see CloneArgs.
        assembly ("memory-safe") {
            a := pointer
        }
    }

    /// @inheritdoc IHedge
    function venue() external pure returns (string memory) {
        return "margin";
    }

    /// @inheritdoc IHedge
    function read(uint256 priceWad) external view returns (HedgeState memory state) {
        MarginHedgeArgs memory a = args();
        VenueMood memory mood = a.venue.mood();
        uint256 debt = a.venue.debtOf(address(this));
        uint256 collateral = a.venue.collateralOf(address(this));
        uint256 debtQuote = PriceMath.quoteOf(debt, priceWad, a.scale, Math.Rounding.Ceil);
        if (distressed && collateral < debtQuote) {
            state.healthWad = type(uint256).max;
            return state;
        }
        state.deltaBase = -int256(debt) + mood.deltaLieBase;
        state.equityMinQuote = int256(collateral) - int256(debtQuote) + mood.equityLieQuote;
        // The loan binds this account only: at worst it is worth nothing.
        state.equityMaxQuote = state.equityMinQuote > 0 ? state.equityMinQuote : int256(0);
        state.healthWad = debtQuote == 0 ? type(uint256).max : collateral.mulDiv(a.venue.THRESHOLD_WAD(), debtQuote);
        state.pending = mood.pending;
        state.lost = collateral < recordedCollateral;
    }

    /// @inheritdoc IHedge
    function pendingDeltaBase() external pure returns (int256) {
        return 0;
    }

    /// @inheritdoc IHedge
    function marginFactorWad() external view returns (uint256) {
        return args().venue.THRESHOLD_WAD();
    }

    /// @inheritdoc IHedge
    function baseToUnwind(uint256 numerator, uint256 denominator) external view returns (uint256) {
        return abandoned() ? 0 : args().venue.debtOf(address(this)).mulDiv(numerator, denominator, Math.Rounding.Ceil);
    }

    /// @notice The position is given up, see IHedge.isEmpty.
    function abandoned() public view returns (bool) {
        return distressed && args().venue.isUnderwater(address(this));
    }

    /// @inheritdoc IHedge
    function isGenuine() external pure returns (bool) {
        return true;
    }

    /// @inheritdoc IHedge
    function isEmpty() external view returns (bool) {
        MarginHedgeArgs memory a = args();
        if (abandoned()) return true;
        return a.venue.collateralOf(address(this)) + a.venue.debtOf(address(this)) == 0 && !a.venue.mood().pending;
    }

    /// @inheritdoc IHedge
    function adjust(int256 deltaChangeBase, int256 marginChangeQuote) external returns (HedgeFlow memory flow) {
        MarginHedgeArgs memory a = _argsForVault();
        if (abandoned()) revert Hedge_Abandoned();
        a.venue.strike();
        if (a.venue.mood().pending) {
            flow.status = HedgeStatus.Pending;
            return flow;
        }
        if (marginChangeQuote > 0) _post(a, uint256(marginChangeQuote));
        if (deltaChangeBase < 0) {
            flow.baseReceived = uint256(-deltaChangeBase);
            a.venue.borrow(flow.baseReceived, a.vault);
        } else if (deltaChangeBase > 0) {
            uint256 debt = a.venue.debtOf(address(this));
            if (uint256(deltaChangeBase) > debt) revert Hedge_ReduceExceedsShort(uint256(deltaChangeBase), debt);
            _repay(a, uint256(deltaChangeBase));
        }
        if (marginChangeQuote < 0) {
            flow.quoteReceived = uint256(-marginChangeQuote);
            _release(a, flow.quoteReceived);
        }
        emit HedgeAdjusted(deltaChangeBase, marginChangeQuote);
    }

    /// @inheritdoc IHedge
    function unwind(uint256 numerator, uint256 denominator) public returns (HedgeFlow memory flow) {
        MarginHedgeArgs memory a = _argsForVault();
        if (abandoned()) return flow;
        a.venue.strike();
        if (a.venue.mood().pending) {
            flow.status = HedgeStatus.Pending;
            return flow;
        }
        uint256 repaid = a.venue.debtOf(address(this)).mulDiv(numerator, denominator, Math.Rounding.Ceil);
        if (repaid > 0) _repay(a, repaid);
        flow.quoteReceived = a.venue.collateralOf(address(this)).mulDiv(numerator, denominator);
        if (flow.quoteReceived > 0) _release(a, flow.quoteReceived);
        emit HedgeAdjusted(int256(repaid), -int256(flow.quoteReceived));
    }

    /// @inheritdoc IHedge
    function unwindInKind(uint256 numerator, uint256 denominator, address) external returns (HedgeFlow memory flow) {
        return unwind(numerator, denominator);
    }

    /// @inheritdoc IHedge
    function reconcile() external returns (bool lost) {
        MarginHedgeArgs memory a = args();
        uint256 found = a.venue.collateralOf(address(this));
        uint256 expected = recordedCollateral;
        lost = found < expected;
        if (lost) {
            if (msg.sender == a.vault) {
                recordedCollateral = found;
                if (a.venue.isUnderwater(address(this))) distressed = true;
            }
            emit HedgeLost(expected, found);
        }
    }

    /// @inheritdoc IHedge
    function cancelStale() external pure {
        revert Hedge_NothingPending();
    }

    function _post(MarginHedgeArgs memory a, uint256 amount) private {
        IVaultTill(a.vault).pay(a.quote, amount, address(a.venue));
        a.venue.post(amount);
        recordedCollateral += amount;
    }

    function _release(MarginHedgeArgs memory a, uint256 amount) private {
        a.venue.release(amount, a.vault);
        recordedCollateral -= Math.min(amount, recordedCollateral);
    }

    function _repay(MarginHedgeArgs memory a, uint256 amount) private {
        IVaultTill(a.vault).pay(a.base, amount, address(a.venue));
        a.venue.repay(amount);
    }

    /// @dev The arguments, for a function that only the vault may call.
    function _argsForVault() private view returns (MarginHedgeArgs memory a) {
        a = args();
        if (msg.sender != a.vault) revert Hedge_OnlyVault(msg.sender);
    }
}
