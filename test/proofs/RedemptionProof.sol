// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title What is proved of the split of payouts and claims, see docs/proofs.md. Every function states one property.
/// @dev The formulas stand here again, see ShareProof.
contract RedemptionProof {
    using Math for uint256;

    function prove_payoutsOfASettlementNeverExceedIt(uint256 assets, uint256 mine, uint256 others) external pure {
        require(mine + others > 0);
        assert(_payout(assets, mine, mine + others) + _payout(assets, others, mine + others) <= assets);
    }

    /// The last of a settlement may be a part of a request.
    function prove_threePayoutsNeverExceedTheirSettlement(
        uint256 assets,
        uint256 a,
        uint256 b,
        uint256 part
    ) external pure {
        uint256 shares = a + b + part;
        require(shares > 0);
        assert(_payout(assets, a, shares) + _payout(assets, b, shares) + _payout(assets, part, shares) <= assets);
    }

    function prove_theOnlyRequestGetsAll(uint256 assets, uint256 shares) external pure {
        require(shares > 0);
        assert(_payout(assets, shares, shares) == assets);
    }

    function prove_twoRequestsNeverGetMoreThanOne(uint256 assets, uint256 a, uint256 b, uint256 shares) external pure {
        require(shares > 0 && a + b <= shares);
        assert(_payout(assets, a, shares) + _payout(assets, b, shares) <= _payout(assets, a + b, shares));
    }

    function prove_twoClaimsNeverPayMoreThanOne(
        uint256 assets,
        uint256 shares,
        uint256 first,
        uint256 second
    ) external pure {
        require(first < shares && second <= shares - first);
        uint256 paid = _claim(assets, shares, first);
        assert(paid + _claim(assets - paid, shares - first, second) <= _claim(assets, shares, first + second));
    }

    function prove_aClaimNeverPaysMoreThanThereIs(uint256 assets, uint256 shares, uint256 claimed) external pure {
        require(shares > 0 && claimed <= shares);
        assert(_claim(assets, shares, claimed) <= assets);
    }

    /// Whatever the claims before it left.
    function prove_theLastClaimLeavesNothing(uint256 assets, uint256 shares) external pure {
        require(shares > 0);
        assert(_claim(assets, shares, shares) == assets);
    }

    function prove_aClaimByAssetsFitsItsShares(uint256 assets, uint256 shares, uint256 wanted) external pure {
        require(assets > 0 && shares > 0 && wanted <= assets);
        assert(_sharesFor(assets, shares, wanted) <= shares);
    }

    function prove_aClaimByAssetsIsNoBetterThanByShares(uint256 assets, uint256 shares, uint256 wanted) external pure {
        require(assets > 0 && shares > 0 && wanted <= assets);
        assert(wanted <= _claim(assets, shares, _sharesFor(assets, shares, wanted)));
    }

    /// What is left a share never falls.
    function prove_aClaimByAssetsNeverThinsTheRest(uint256 assets, uint256 shares, uint256 wanted) external pure {
        require(assets > 0 && shares > 0 && wanted <= assets);
        uint256 taken = _sharesFor(assets, shares, wanted);
        assert((assets - wanted) * shares >= assets * (shares - taken));
    }

    /// @custom:mirrors contracts/vault/RedemptionQueue.sol: paid += _settleOne(id, pending, settledShares, assets.mulDiv(pending, head.shares));
    /// @custom:mirrors contracts/vault/RedemptionQueue.sol: paid += _settleOne(head.end, head.partShares, settledShares, assets.mulDiv(head.partShares, head.shares));
    function _payout(uint256 assets, uint256 requested, uint256 shares) private pure returns (uint256) {
        return assets.mulDiv(requested, shares);
    }

    /// @custom:mirrors contracts/vault/RedemptionQueue.sol: assets = c.shares == 0 ? 0 : uint256(c.assets).mulDiv(shares, c.shares);
    function _claim(uint256 claimAssets, uint256 claimShares, uint256 shares) private pure returns (uint256) {
        return claimAssets.mulDiv(shares, claimShares);
    }

    /// @custom:mirrors contracts/vault/RedemptionQueue.sol: shares = c.assets == 0 ? 0 : uint256(c.shares).mulDiv(assets, c.assets, Math.Rounding.Ceil);
    function _sharesFor(uint256 claimAssets, uint256 claimShares, uint256 assets) private pure returns (uint256) {
        return claimShares.mulDiv(assets, claimAssets, Math.Rounding.Ceil);
    }
}
