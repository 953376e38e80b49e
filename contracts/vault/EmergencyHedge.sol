// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {HedgeFlow, HedgeState, IHedge} from "../interfaces/IHedge.sol";
import {LiquidityState, Withdrawn} from "../interfaces/ILiquidity.sol";
import {BPS, PIPS_PER_BPS, PriceMath} from "../libraries/PriceMath.sol";
import {Book, Pair, PlanBounds} from "../types/VaultTypes.sol";
import {SwapLimit} from "./SwapLimit.sol";
import {Till} from "./Till.sol";
import {MAX_HEDGES, VaultState} from "./VaultState.sol";

/// @title Closes the net delta without a keeper: no arguments, sized on-chain.
/// @dev Simple rather than cheap, and dependent on no venue but the pool. Net long: sells idle base, and for the rest takes
/// liquidity out and sells its base; it never borrows. Net short: buys base, out of idle quote or out of liquidity, and repays
/// with it where the venue lets it; base that stays idle closes the delta just as well.
library EmergencyHedge {
    using Till for VaultState;

    /// @dev Liquidity taken out at the pool's price yields less of one token than the oracle's price says: a part more is
    /// taken, and what it brings is counted then.
    uint256 private constant RESERVE_BPS = 500;
    /// @dev A trade that the pool's depth does not bear is halved, so often at most.
    uint256 private constant MAX_TRIES = 5;

    /// @return turnoverQuote Value of what was traded; zero = nothing could be.
    function run(
        VaultState storage s,
        Pair memory pair,
        Book memory book,
        LiquidityState memory state,
        PlanBounds memory bounds
    ) internal returns (uint256 turnoverQuote) {
        // Halfway between the pool's fee and the bound: a swap that moves the price by x costs half of x on average, and the
        // pool must be near the oracle's price afterwards, too.
        uint256 slippageBps = (bounds.slippageBps + s.liquidity.swapFeePips() / PIPS_PER_BPS) / 2;
        bounds = PlanBounds(bounds.priceWad, slippageBps, 0, true);
        uint256 traded =
            book.deltaBase > 0
                ? _sell(s, pair, uint256(book.deltaBase), state, bounds)
                : _buyBack(s, pair, uint256(-book.deltaBase), state, bounds);
        return PriceMath.quoteOf(traded, book.priceWad, pair.scale, Math.Rounding.Ceil);
    }

    function _sell(
        VaultState storage s,
        Pair memory pair,
        uint256 longBase,
        LiquidityState memory state,
        PlanBounds memory bounds
    ) private returns (uint256) {
        if (longBase > s.idleBase) _takeOut(s, longBase - s.idleBase, state.base);
        return uint256(-_swap(s, pair, -int256(Math.min(longBase, s.idleBase)), bounds));
    }

    function _buyBack(
        VaultState storage s,
        Pair memory pair,
        uint256 shortBase,
        LiquidityState memory state,
        PlanBounds memory bounds
    ) private returns (uint256 bought) {
        uint256 price = SwapLimit.quoteOf(pair, int256(shortBase), bounds.priceWad, bounds.slippageBps);
        if (price > s.idleQuote) _takeOut(s, price - s.idleQuote, state.quote);
        uint256 affordable = price > s.idleQuote ? Math.mulDiv(shortBase, s.idleQuote, price) : shortBase;
        bought = uint256(_swap(s, pair, int256(affordable), bounds));
        if (bought > 0) _tryRepay(s, bought, bounds.priceWad);
    }

    /// @dev Takes a part of all liquidity out, so that about `wanted` of the `held` units of one token come with it.
    function _takeOut(VaultState storage s, uint256 wanted, uint256 held) private {
        uint256 part = Math.min(Math.mulDiv(wanted, BPS + RESERVE_BPS, BPS, Math.Rounding.Ceil), held);
        if (part == 0) return;
        Withdrawn memory w = s.liquidity.removeShare(part, held);
        s.receiveFunds(w.base, w.quote);
    }

    /// @return done What was swapped of it: all, a half, a quarter … or nothing.
    function _swap(
        VaultState storage s,
        Pair memory pair,
        int256 baseChange,
        PlanBounds memory bounds
    ) private returns (int256 done) {
        done = baseChange;
        for (uint256 i = 0; i < MAX_TRIES && done != 0; ++i) {
            uint256 limit = SwapLimit.quoteOf(pair, done, bounds.priceWad, bounds.slippageBps);
            try s.liquidity.swap(done, limit) returns (int256 quoteFlow) {
                s.receiveSwap(done, quoteFlow);
                return done;
            } catch {
                done /= 2;
            }
        }
        return 0;
    }

    /// @dev Lowers the largest short by what was bought. Where the venue refuses, the base stays idle.
    function _tryRepay(VaultState storage s, uint256 bought, uint256 priceWad) private {
        address largest;
        int256 delta;
        for (uint256 i = 0; i < MAX_HEDGES && s.hedges[i] != address(0); ++i) {
            // A venue that settles in quote takes no base back: lowering its short as well would close the delta twice.
            if (IHedge(s.hedges[i]).baseToUnwind(1, 1) == 0) continue;
            HedgeState memory hedge = IHedge(s.hedges[i]).read(priceWad);
            if (hedge.deltaBase < delta) (largest, delta) = (s.hedges[i], hedge.deltaBase);
        }
        if (largest == address(0)) return;
        uint256 repaid = Math.min(bought, uint256(-delta));
        try IHedge(largest).adjust(int256(repaid), 0) returns (HedgeFlow memory flow) {
            s.receiveFunds(flow.baseReceived, flow.quoteReceived);
        } catch {}
    }
}
