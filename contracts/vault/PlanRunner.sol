// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

import {HedgeFlow, IHedge} from "../interfaces/IHedge.sol";
import {IHedgedVault} from "../interfaces/IHedgedVault.sol";
import {LiquidityState} from "../interfaces/ILiquidity.sol";
import {PriceMath} from "../libraries/PriceMath.sol";
import {Action, ActionKind, Book, Pair, PlanBounds} from "../types/VaultTypes.sol";
import {VaultState} from "./VaultState.sol";
import {SwapLimit} from "./SwapLimit.sol";
import {Till} from "./Till.sol";

/// @title Runs the steps of a plan on the vault's adapters. What they leave is for the vault and its RiskPolicy to judge.
library PlanRunner {
    using Till for VaultState;

    /// @notice Runs the actions in their order. Reverts with the index of an action that is not allowed.
    /// @return movesLiquidity Whether any range changed.
    /// @return turnoverQuote Value of everything swapped and of every change of a hedge, at the oracle's price.
    function run(
        VaultState storage s,
        Pair memory pair,
        Action[] memory actions,
        PlanBounds memory bounds
    ) internal returns (bool movesLiquidity, uint256 turnoverQuote) {
        for (uint256 i = 0; i < actions.length; ++i) {
            Action memory action = actions[i];
            if (action.kind == ActionKind.RemoveLiquidity || action.kind == ActionKind.AddLiquidity) {
                movesLiquidity = true;
                _moveLiquidity(s, i, action, bounds);
                continue;
            }
            if (action.kind == ActionKind.AdjustHedge) _adjustHedge(s, i, action, bounds);
            else _swap(s, pair, i, action.amount, bounds);
            uint256 traded = SignedMath.abs(action.amount);
            turnoverQuote += PriceMath.quoteOf(traded, bounds.priceWad, pair.scale, Math.Rounding.Ceil);
        }
    }

    /// @notice Whoever leaves must be able to buy the own part of a short that the liquidity does not cover: the quote that is
    /// missing outside of the hedges to buy the net short back, zero for most vaults.
    function shortfallQuote(
        VaultState storage s,
        Pair memory pair,
        Book memory book,
        LiquidityState memory state,
        uint256 slippageBps
    ) internal view returns (uint256) {
        if (book.deltaBase >= 0) return 0;
        uint256 needed = SwapLimit.quoteOf(pair, -book.deltaBase, book.priceWad, slippageBps);
        return Math.saturatingSub(needed, s.idleQuote + state.quote + state.feesQuote);
    }

    function _moveLiquidity(
        VaultState storage s,
        uint256 index,
        Action memory action,
        PlanBounds memory bounds
    ) private {
        if (action.amount < 0 || action.amount > int256(uint256(type(uint128).max))) {
            revert IHedgedVault.HedgedVault_BadAmount(index, action.amount);
        }
        uint128 amount = uint128(uint256(action.amount));
        if (action.kind == ActionKind.RemoveLiquidity) {
            (uint256 base, uint256 quote) = s.liquidity.remove(action.tickLower, action.tickUpper, amount);
            s.receiveFunds(base, quote);
            return;
        }
        if (bounds.riskMayOnlyFall) revert IHedgedVault.HedgedVault_RiskMayOnlyFall(index);
        // Int24 differences fit an int256; a range upside down is narrower than any bound.
        int256 width = int256(action.tickUpper) - action.tickLower;
        if (width < int256(bounds.minRangeTicks)) {
            revert IHedgedVault.HedgedVault_RangeTooNarrow(index, width, bounds.minRangeTicks);
        }
        s.liquidity.add(action.tickLower, action.tickUpper, amount);
    }

    function _adjustHedge(VaultState storage s, uint256 index, Action memory action, PlanBounds memory bounds) private {
        _requireTokenAmount(index, action.amount);
        _requireTokenAmount(index, action.marginQuote);
        if (bounds.riskMayOnlyFall && action.amount < 0) revert IHedgedVault.HedgedVault_RiskMayOnlyFall(index);
        address hedge = action.hedgeIndex < s.hedges.length ? s.hedges[action.hedgeIndex] : address(0);
        if (hedge == address(0)) revert IHedgedVault.HedgedVault_UnknownHedge(action.hedgeIndex);
        HedgeFlow memory flow = IHedge(hedge).adjust(action.amount, action.marginQuote);
        s.receiveFunds(flow.baseReceived, flow.quoteReceived);
    }

    /// @dev Far above any supply, and far below what products and negations of it could overflow at.
    function _requireTokenAmount(uint256 index, int256 amount) private pure {
        if (SignedMath.abs(amount) > uint256(uint128(type(int128).max))) {
            revert IHedgedVault.HedgedVault_BadAmount(index, amount);
        }
    }

    function _swap(
        VaultState storage s,
        Pair memory pair,
        uint256 index,
        int256 baseChange,
        PlanBounds memory bounds
    ) private {
        _requireTokenAmount(index, baseChange);
        if (baseChange == 0) revert IHedgedVault.HedgedVault_BadAmount(index, baseChange);
        uint256 limit = SwapLimit.quoteOf(pair, baseChange, bounds.priceWad, bounds.slippageBps);
        s.receiveSwap(baseChange, s.liquidity.swap(baseChange, limit));
    }
}
