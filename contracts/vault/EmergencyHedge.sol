// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {HedgeState, IHedge} from "../interfaces/IHedge.sol";
import {LiquidityState, RangePosition} from "../interfaces/ILiquidity.sol";
import {BPS, PriceMath, WAD} from "../libraries/PriceMath.sol";
import {Action, ActionKind, Book, PlanBounds} from "../types/VaultTypes.sol";
import {MAX_HEDGES, Pair, VaultState} from "./VaultState.sol";
import {SwapLimit} from "./SwapLimit.sol";

/// @title The plan that closes the net delta without a keeper: no arguments, sized on-chain.
/// @dev Simple rather than cheap. Net long: sell idle base, and for the rest borrow and sell, or, where the hedge may or can carry no
/// larger short, take liquidity out and sell its base. Net short: buy base, out of idle quote or out of liquidity, and
/// repay with it.
library EmergencyHedge {
    /// @dev Liquidity taken out at the pool's price yields a little less base or quote than the oracle's price says.
    uint256 private constant YIELD_BPS = 9_800;

    /// @param healthFloorWad Health that the larger short must keep.
    /// @return actions Empty when nothing can be done.
    function plan(
        VaultState storage s,
        Pair memory pair,
        Book memory book,
        LiquidityState memory state,
        PlanBounds memory bounds,
        uint256 healthFloorWad
    ) internal view returns (Action[] memory actions) {
        (uint8 index, HedgeState memory hedge) = _largestShort(s, book.priceWad);
        if (book.deltaBase > 0) {
            return _planSale(s, pair, uint256(book.deltaBase), state, bounds, index, hedge, healthFloorWad);
        }
        return _planPurchase(s, pair, uint256(-book.deltaBase), state, bounds, index, hedge);
    }

    function _planSale(
        VaultState storage s,
        Pair memory pair,
        uint256 longBase,
        LiquidityState memory state,
        PlanBounds memory bounds,
        uint8 index,
        HedgeState memory hedge,
        uint256 healthFloorWad
    ) private view returns (Action[] memory actions) {
        uint256 idleSold = Math.min(s.idleBase, longBase);
        uint256 rest = longBase - idleSold;
        if (rest == 0) return _one(_swap(-int256(idleSold)));
        if (!bounds.riskMayOnlyFall && _canCarry(s, pair, index, hedge, rest, bounds.priceWad, healthFloorWad)) {
            actions = new Action[](2);
            actions[0] = _adjust(index, -int256(rest));
            actions[1] = _swap(-int256(longBase));
            return actions;
        }
        if (state.base == 0) return idleSold == 0 ? actions : _one(_swap(-int256(idleSold)));
        uint256 removed = Math.min(rest, state.base);
        actions = _removals(s, removed, state.base, 1);
        actions[actions.length - 1] = _swap(-int256(idleSold + (removed * YIELD_BPS) / BPS));
    }

    function _planPurchase(
        VaultState storage s,
        Pair memory pair,
        uint256 shortBase,
        LiquidityState memory state,
        PlanBounds memory bounds,
        uint8 index,
        HedgeState memory hedge
    ) private view returns (Action[] memory actions) {
        uint256 price = SwapLimit.quoteOf(pair, int256(shortBase), bounds.priceWad, bounds.slippageBps);
        uint256 missing = Math.saturatingSub(price, s.idleQuote);
        uint256 bought = shortBase;
        if (missing > 0) {
            // A tenth more than the rest needs, for what the pool's price makes of it; all there is where that is less.
            uint256 raised = Math.min((missing * 11) / 10, state.quote);
            uint256 affordable = s.idleQuote + (raised * YIELD_BPS) / BPS;
            if (affordable < price) bought = Math.mulDiv(shortBase, affordable, price);
            actions = raised == 0 ? new Action[](2) : _removals(s, raised, state.quote, 2);
        } else {
            actions = new Action[](2);
        }
        if (bought == 0) return new Action[](0);
        uint256 owed = hedge.deltaBase < 0 ? uint256(-hedge.deltaBase) : 0;
        actions[actions.length - 2] = _swap(int256(bought));
        actions[actions.length - 1] = _adjust(index, int256(Math.min(bought, owed)));
    }

    /// @dev Whether the short can grow with the margin that is there.
    function _canCarry(
        VaultState storage s,
        Pair memory pair,
        uint8 index,
        HedgeState memory hedge,
        uint256 moreBase,
        uint256 priceWad,
        uint256 healthFloorWad
    ) private view returns (bool) {
        if (s.hedges[index] == address(0) || hedge.pending || hedge.lost) return false;
        uint256 short = hedge.deltaBase < 0 ? uint256(-hedge.deltaBase) : 0;
        uint256 shortQuote = PriceMath.quoteOf(short, priceWad, pair.scale, Math.Rounding.Floor);
        int256 margin = hedge.equityMinQuote + int256(shortQuote);
        if (margin <= 0) return false;
        uint256 largerQuote = PriceMath.quoteOf(short + moreBase, priceWad, pair.scale, Math.Rounding.Ceil);
        uint256 healthWad = Math.mulDiv(uint256(margin), IHedge(s.hedges[index]).marginFactorWad(), largerQuote);
        // A hundredth above the floor, for what rounding and the venue's own price make of it.
        return healthWad >= healthFloorWad + WAD / 100;
    }

    /// @dev Takes the part `numerator / denominator` out of every range, with room for `extra` actions behind.
    function _removals(
        VaultState storage s,
        uint256 numerator,
        uint256 denominator,
        uint256 extra
    ) private view returns (Action[] memory actions) {
        RangePosition[] memory held = s.liquidity.ranges();
        actions = new Action[](held.length + extra);
        for (uint256 i = 0; i < held.length; ++i) {
            uint256 part = Math.mulDiv(held[i].liquidity, numerator, denominator, Math.Rounding.Ceil);
            actions[i] = Action({
                kind: ActionKind.RemoveLiquidity,
                hedgeIndex: 0,
                tickLower: held[i].tickLower,
                tickUpper: held[i].tickUpper,
                amount: int256(part), // at most the 128 bits that are held
                marginQuote: 0
            });
        }
    }

    function _largestShort(
        VaultState storage s,
        uint256 priceWad
    ) private view returns (uint8 index, HedgeState memory largest) {
        for (uint8 i = 0; i < MAX_HEDGES && s.hedges[i] != address(0); ++i) {
            HedgeState memory hedge = IHedge(s.hedges[i]).read(priceWad);
            if (i == 0 || hedge.deltaBase < largest.deltaBase) (index, largest) = (i, hedge);
        }
    }

    function _one(Action memory action) private pure returns (Action[] memory actions) {
        actions = new Action[](1);
        actions[0] = action;
    }

    function _swap(int256 baseChange) private pure returns (Action memory) {
        return Action(ActionKind.Swap, 0, 0, 0, baseChange, 0);
    }

    function _adjust(uint8 index, int256 deltaChange) private pure returns (Action memory) {
        return Action(ActionKind.AdjustHedge, index, 0, 0, deltaChange, 0);
    }
}
