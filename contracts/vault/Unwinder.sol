// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

import {HedgeFlow, HedgeStatus, IHedge} from "../interfaces/IHedge.sol";
import {IHedgedVault} from "../interfaces/IHedgedVault.sol";
import {Withdrawn} from "../interfaces/ILiquidity.sol";
import {IPriceOracle, OracleReading} from "../interfaces/IPriceOracle.sol";
import {BPS, PriceMath} from "../libraries/PriceMath.sol";
import {FeeLedgerState, MAX_HEDGES, VaultState} from "./VaultState.sol";
import {Pair} from "../types/VaultTypes.sol";
import {FeeLedger} from "./FeeLedger.sol";
import {SwapLimit} from "./SwapLimit.sol";
import {Till} from "./Till.sol";

/// @notice A part of the vault that is taken out: `shares` of `supply`.
struct Part {
    uint256 shares;
    uint256 supply;
}

/// @notice How somebody leaves in kind.
/// @param receiver Gets everything.
/// @param maxBaseIn Most base that the caller brings when the hedges owe more than the liquidity holds.
/// @param leaveHedges Bit i: the part of hedge i is left behind, to those who stay; for a venue that answers nothing at all.
struct InKindExit {
    address receiver;
    uint256 maxBaseIn;
    uint256 leaveHedges;
}

/// @title Takes a part of everything out of the vault.
/// @notice Whoever leaves gets what the own part of everything comes to and pays for moving it; those who stay keep theirs
/// untouched.
library Unwinder {
    using SafeERC20 for IERC20;
    using FeeLedger for FeeLedgerState;
    using Till for VaultState;

    /// @dev A redemption's leftover base worth less than this part of what it takes out of the pool is matched inside the
    /// vault at the oracle's price less the slippage bound, instead of swapped: 0.05 %.
    uint256 private constant INTERNAL_MATCH_BPS = 5;

    /// @notice Turns a part of everything into quote and leaves it idle.
    /// @return realised Quote that the part came to, after the cost of moving it.
    /// @return feesQuote Value of all fees that were collected on the way, at the given price.
    function toQuote(
        VaultState storage s,
        Pair memory pair,
        Part memory part,
        uint256 priceWad,
        uint256 slippageBps
    ) external returns (uint256 realised, uint256 feesQuote) {
        Withdrawn memory w = _removeShare(s, part);
        feesQuote = FeeLedger.valueOf(pair, w.feesBase, w.feesQuote, priceWad);
        int256 surplusBase = int256(w.shareBase) - int256(_baseToUnwind(s, part, 0));
        int256 cleared = _clearBase(s, pair, priceWad, surplusBase, slippageBps, w);
        int256 total = int256(w.shareQuote + _unwindHedges(s, part)) + cleared;
        realised = total > 0 ? uint256(total) : 0;
    }

    /// @notice Pays a part of everything out as it is, without any price. The caller brings base where the hedges owe more
    /// than the liquidity holds.
    function inKind(
        VaultState storage s,
        Pair memory pair,
        Part memory part,
        InKindExit memory exit
    ) external returns (uint256 baseIn, uint256 baseOut, uint256 quoteOut) {
        Withdrawn memory w = _removeShare(s, part);
        _countFees(s, pair, w);
        uint256 baseNeeded = _baseToUnwind(s, part, exit.leaveHedges);
        if (baseNeeded > w.shareBase) {
            baseIn = baseNeeded - w.shareBase;
            if (baseIn > exit.maxBaseIn) revert IHedgedVault.HedgedVault_ExitNeedsMoreBase(baseIn, exit.maxBaseIn);
            IERC20(pair.base).safeTransferFrom(msg.sender, address(this), baseIn);
            s.receiveFunds(baseIn, 0);
        }
        quoteOut = w.shareQuote + _unwindHedgesInKind(s, part, exit);
        baseOut = w.shareBase + baseIn - baseNeeded;
        s.spend(pair, pair.base, baseOut);
        s.spend(pair, pair.quote, quoteOut);
        if (baseOut > 0) IERC20(pair.base).safeTransfer(exit.receiver, baseOut);
        if (quoteOut > 0) IERC20(pair.quote).safeTransfer(exit.receiver, quoteOut);
    }

    /// @dev Fees that an exit in kind collected are new to those who stay; without a price the base among them counts nothing.
    function _countFees(VaultState storage s, Pair memory pair, Withdrawn memory w) private {
        uint256 price;
        try IPriceOracle(pair.oracle).read(false) returns (OracleReading memory reading) {
            price = reading.priceWad;
        } catch {}
        s.ledger.count(FeeLedger.valueOf(pair, w.feesBase, w.feesQuote, price), 0);
    }

    /// @dev Takes the part out of the liquidity. The part of idle funds is included in the shares of the result.
    function _removeShare(VaultState storage s, Part memory part) private returns (Withdrawn memory w) {
        uint256 idleBase = Math.mulDiv(s.idleBase, part.shares, part.supply);
        uint256 idleQuote = Math.mulDiv(s.idleQuote, part.shares, part.supply);
        w = s.liquidity.removeShare(part.shares, part.supply);
        s.receiveFunds(w.base, w.quote);
        w.shareBase += idleBase;
        w.shareQuote += idleQuote;
    }

    function _baseToUnwind(
        VaultState storage s,
        Part memory part,
        uint256 leaveHedges
    ) private view returns (uint256 baseNeeded) {
        for (uint256 i = 0; i < MAX_HEDGES && s.hedges[i] != address(0); ++i) {
            if (leaveHedges & (1 << i) != 0) continue;
            baseNeeded += IHedge(s.hedges[i]).baseToUnwind(part.shares, part.supply);
        }
    }

    function _unwindHedges(VaultState storage s, Part memory part) private returns (uint256 quoteReceived) {
        for (uint256 i = 0; i < MAX_HEDGES && s.hedges[i] != address(0); ++i) {
            quoteReceived += _book(s, i, IHedge(s.hedges[i]).unwind(part.shares, part.supply));
        }
    }

    function _unwindHedgesInKind(
        VaultState storage s,
        Part memory part,
        InKindExit memory exit
    ) private returns (uint256 quoteReceived) {
        for (uint256 i = 0; i < MAX_HEDGES && s.hedges[i] != address(0); ++i) {
            if (exit.leaveHedges & (1 << i) != 0) continue;
            IHedge hedge = IHedge(s.hedges[i]);
            quoteReceived += _book(s, i, hedge.unwindInKind(part.shares, part.supply, exit.receiver));
        }
    }

    function _book(VaultState storage s, uint256 hedgeIndex, HedgeFlow memory flow) private returns (uint256) {
        if (flow.status == HedgeStatus.Pending) revert IHedgedVault.HedgedVault_HedgePending(hedgeIndex);
        s.receiveFunds(flow.baseReceived, flow.quoteReceived);
        return flow.quoteReceived;
    }

    /// @dev Turns a surplus of base into quote, or buys a deficit. Small amounts are matched against idle funds at the
    /// same worst price.
    /// @return quoteFlow Signed quote that the leaver gains by it.
    function _clearBase(
        VaultState storage s,
        Pair memory pair,
        uint256 priceWad,
        int256 surplusBase,
        uint256 slippageBps,
        Withdrawn memory w
    ) private returns (int256 quoteFlow) {
        if (surplusBase == 0) return 0;
        uint256 amount = SignedMath.abs(surplusBase);
        uint256 limit = SwapLimit.quoteOf(pair, -surplusBase, priceWad, slippageBps);
        uint256 taken = w.shareQuote + PriceMath.quoteOf(w.shareBase, priceWad, pair.scale, Math.Rounding.Floor);
        // Those who stay must hold what the match takes beyond the leaver's own: quote for a surplus, base for a deficit.
        bool matched =
            limit <= (taken * INTERNAL_MATCH_BPS) / BPS &&
                (surplusBase > 0 ? w.shareQuote + limit <= s.idleQuote : w.shareBase + amount <= s.idleBase);
        if (matched) return surplusBase > 0 ? int256(limit) : -int256(limit);
        quoteFlow = s.liquidity.swap(-surplusBase, limit);
        s.receiveSwap(-surplusBase, quoteFlow);
    }
}
