// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title What is proved of the vault's share conversions, see docs/proofs.md. Every function states one property.
/// @dev The formulas are private to the vault, so they stand here again; `npm run prove` fails when the vault no longer
/// contains a line that is marked as mirrored.
contract ShareProof {
    using Math for uint256;

    /// @custom:mirrors contracts/vault/VaultFees.sol: uint256 constant VIRTUAL_SHARES = 1e6;
    uint256 private constant VIRTUAL_SHARES = 1e6;
    /// @custom:mirrors contracts/vault/FeeLedger.sol: uint256 internal constant PPM = 1e6;
    uint256 private constant PPM = 1e6;
    /// @custom:mirrors contracts/vault/FeeLedger.sol: uint256 internal constant MAX_MOVE_COST_PPM = 10_000;
    uint256 private constant MAX_MOVE_COST_PPM = 10_000;

    function prove_roundTripNeverGains(uint256 assets, uint256 nav, uint256 supply) external pure {
        assert(_toAssetsDown(_toSharesDown(assets, nav, supply), nav, supply) <= assets);
    }

    function prove_depositThenRedeemNeverGains(uint256 assets, uint256 nav, uint256 supply) external pure {
        uint256 shares = _toSharesDown(assets, nav, supply);
        assert(_toAssetsDown(shares, nav + assets, supply + shares) <= assets);
    }

    function prove_mintThenRedeemNeverGains(uint256 shares, uint256 nav, uint256 supply) external pure {
        uint256 assets = _toAssetsUp(shares, nav, supply);
        assert(_toAssetsDown(shares, nav + assets, supply + shares) <= assets);
    }

    function prove_aDepositNeverLowersTheSharePrice(uint256 assets, uint256 nav, uint256 supply) external pure {
        uint256 shares = _toSharesDown(assets, nav, supply);
        assert((nav + assets + 1) * (supply + VIRTUAL_SHARES) >= (nav + 1) * (supply + shares + VIRTUAL_SHARES));
    }

    function prove_aMintNeverLowersTheSharePrice(uint256 shares, uint256 nav, uint256 supply) external pure {
        uint256 assets = _toAssetsUp(shares, nav, supply);
        assert((nav + assets + 1) * (supply + VIRTUAL_SHARES) >= (nav + 1) * (supply + shares + VIRTUAL_SHARES));
    }

    function prove_moreAssetsNeverGiveFewerShares(
        uint256 less,
        uint256 more,
        uint256 nav,
        uint256 supply
    ) external pure {
        require(less <= more);
        assert(_toSharesDown(less, nav, supply) <= _toSharesDown(more, nav, supply));
    }

    function prove_aHigherNavNeverGivesMoreShares(
        uint256 assets,
        uint256 low,
        uint256 high,
        uint256 supply
    ) external pure {
        require(low <= high);
        assert(_toSharesDown(assets, high, supply) <= _toSharesDown(assets, low, supply));
    }

    function prove_twoDepositsNeverGiveMoreThanOne(uint256 a, uint256 b, uint256 nav, uint256 supply) external pure {
        uint256 first = _toSharesDown(a, nav, supply);
        uint256 second = _toSharesDown(b, nav + a, supply + first);
        assert(first + second <= _toSharesDown(a + b, nav, supply));
    }

    function prove_whatAMintCostsWouldBuyItsShares(uint256 shares, uint256 nav, uint256 supply) external pure {
        assert(_toSharesDown(_toAssetsUp(shares, nav, supply), nav, supply) >= shares);
    }

    function prove_sharesAreNeverFree(uint256 shares, uint256 nav, uint256 supply) external pure {
        require(shares > 0);
        assert(_toAssetsUp(shares, nav, supply) > 0);
    }

    // --- the cost of coming, at any rate up to the largest

    function prove_theEntryCostIsLessThanTheDeposit(uint256 assets, uint256 ppm) external pure {
        require(assets > 1 && ppm <= MAX_MOVE_COST_PPM);
        assert(_costOf(assets, ppm) < assets);
    }

    /// A mint pays at least what a deposit of as much would: nobody comes cheaper by asking for shares.
    function prove_aMintBringsItsNetAssets(uint256 net, uint256 ppm) external pure {
        require(ppm <= MAX_MOVE_COST_PPM);
        uint256 assets = _grossOf(net, ppm);
        assert(assets - _costOf(assets, ppm) >= net);
    }

    function prove_aMintIsAUnitAboveItsExactCostAtMost(uint256 net, uint256 ppm) external pure {
        require(net > 0 && ppm <= MAX_MOVE_COST_PPM);
        assert((_grossOf(net, ppm) - 1) * (PPM - ppm) < net * PPM);
    }

    function prove_aHigherEntryCostNeverGivesMoreShares(
        uint256 assets,
        uint256 low,
        uint256 high,
        uint256 nav,
        uint256 supply
    ) external pure {
        require(low <= high && high <= MAX_MOVE_COST_PPM);
        uint256 dear = _toSharesDown(assets - _costOf(assets, high), nav, supply);
        assert(dear <= _toSharesDown(assets - _costOf(assets, low), nav, supply));
    }

    // --- a deposit pays those who wait

    /// Whatever part of the affordable shares waits at the head, the deposit is enough for it.
    function prove_whatADepositAffordsIsAtMostTheDeposit(
        uint256 assets,
        uint256 shares,
        uint256 nav,
        uint256 supply
    ) external pure {
        require(shares <= _toSharesDown(assets, nav, supply));
        assert(_toAssetsDown(shares, nav, supply) <= assets);
    }

    function prove_payingThoseWhoWaitNeverLowersTheSharePrice(
        uint256 shares,
        uint256 nav,
        uint256 supply
    ) external pure {
        require(shares <= supply);
        uint256 owed = _toAssetsDown(shares, nav, supply);
        require(owed <= nav);
        assert((nav - owed + 1) * (supply + VIRTUAL_SHARES) >= (nav + 1) * (supply - shares + VIRTUAL_SHARES));
    }

    /// Virtual shares keep their part: what is owed is never more than there is.
    function prove_allSharesAreNeverOwedMoreThanThereIs(uint256 shares, uint256 nav, uint256 supply) external pure {
        require(shares <= supply);
        assert(_toAssetsDown(shares, nav, supply) <= nav);
    }

    /// A request that two deposits pay in parts gets no more than one paid at once.
    function prove_twoPartsOfARequestNeverGetMoreThanAllAtOnce(
        uint256 first,
        uint256 second,
        uint256 nav,
        uint256 supply
    ) external pure {
        require(first <= supply && second <= supply - first);
        uint256 owed = _toAssetsDown(first, nav, supply);
        require(owed <= nav);
        uint256 parts = owed + _toAssetsDown(second, nav - owed, supply - first);
        assert(parts <= _toAssetsDown(first + second, nav, supply));
    }

    /// @custom:mirrors contracts/HedgedVault.sol: return assets.mulDiv(supply + VIRTUAL_SHARES, nav + 1, rounding);
    /// @custom:mirrors contracts/HedgedVault.sol: return _toShares(assets - cost, b.navMaxQuote, supply, Math.Rounding.Floor);
    function _toSharesDown(uint256 assets, uint256 nav, uint256 supply) private pure returns (uint256) {
        return assets.mulDiv(supply + VIRTUAL_SHARES, nav + 1, Math.Rounding.Floor);
    }

    /// @custom:mirrors contracts/HedgedVault.sol: return shares.mulDiv(nav + 1, supply + VIRTUAL_SHARES, rounding);
    /// @custom:mirrors contracts/HedgedVault.sol: uint256 affordable = nav == 0 ? 0 : _toShares(assets, nav, supply, Math.Rounding.Floor);
    /// @custom:mirrors contracts/HedgedVault.sol: uint256 owed = Math.min(_toAssets(head.shares, nav, supply, Math.Rounding.Floor), assets);
    function _toAssetsDown(uint256 shares, uint256 nav, uint256 supply) private pure returns (uint256) {
        return shares.mulDiv(nav + 1, supply + VIRTUAL_SHARES, Math.Rounding.Floor);
    }

    /// @custom:mirrors contracts/HedgedVault.sol: uint256 net = _toAssets(shares, b.navMaxQuote, supply, Math.Rounding.Ceil);
    function _toAssetsUp(uint256 shares, uint256 nav, uint256 supply) private pure returns (uint256) {
        return shares.mulDiv(nav + 1, supply + VIRTUAL_SHARES, Math.Rounding.Ceil);
    }

    /// @custom:mirrors contracts/HedgedVault.sol: uint256 cost = ppm == 0 ? 0 : assets.mulDiv(ppm, FeeLedger.PPM, Math.Rounding.Ceil);
    function _costOf(uint256 assets, uint256 ppm) private pure returns (uint256) {
        return ppm == 0 ? 0 : assets.mulDiv(ppm, PPM, Math.Rounding.Ceil);
    }

    /// @custom:mirrors contracts/HedgedVault.sol: return ppm == 0 ? net : net.mulDiv(FeeLedger.PPM, FeeLedger.PPM - ppm, Math.Rounding.Ceil);
    function _grossOf(uint256 net, uint256 ppm) private pure returns (uint256) {
        return ppm == 0 ? net : net.mulDiv(PPM, PPM - ppm, Math.Rounding.Ceil);
    }
}
