// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {BPS, PriceMath} from "../../contracts/libraries/PriceMath.sol";

/// @title What is proved of the price conversions, see docs/proofs.md. Every function states one property.
contract PriceMathProof {
    function prove_floorIsAtMostTheExactValue(uint256 base, uint256 price, uint256 scale) external pure {
        require(scale > 0);
        assert(_down(base, price, scale) * scale <= base * price);
    }

    function prove_ceilIsAtLeastTheExactValue(uint256 base, uint256 price, uint256 scale) external pure {
        require(scale > 0);
        assert(_up(base, price, scale) * scale >= base * price);
    }

    function prove_roundingsAreAUnitApartAtMost(uint256 base, uint256 price, uint256 scale) external pure {
        require(scale > 0);
        uint256 down = _down(base, price, scale);
        uint256 up = _up(base, price, scale);
        assert(down <= up && up <= down + 1);
    }

    function prove_moreBaseIsNeverWorthLess(uint256 less, uint256 more, uint256 price, uint256 scale) external pure {
        require(scale > 0 && less <= more);
        assert(_down(less, price, scale) <= _down(more, price, scale));
    }

    function prove_aHigherPriceIsNeverWorthLess(uint256 base, uint256 low, uint256 high, uint256 scale) external pure {
        require(scale > 0 && low <= high);
        assert(_down(base, low, scale) <= _down(base, high, scale));
    }

    function prove_partsAreNeverWorthMore(uint256 a, uint256 b, uint256 price, uint256 scale) external pure {
        require(scale > 0);
        assert(_down(a, price, scale) + _down(b, price, scale) <= _down(a + b, price, scale));
    }

    function prove_partsNeverCostLess(uint256 a, uint256 b, uint256 price, uint256 scale) external pure {
        require(scale > 0);
        assert(_up(a, price, scale) + _up(b, price, scale) >= _up(a + b, price, scale));
    }

    function prove_signedValueNeverFlatters(int128 base, uint112 price, uint112 scale) external pure {
        require(scale > 0);
        assert(
            PriceMath.quoteOfSignedDown(base, price, scale) * int256(uint256(scale)) <=
                int256(base) * int256(uint256(price))
        );
    }

    function prove_signedValueIsLessThanAUnitOff(int128 base, uint112 price, uint112 scale) external pure {
        require(scale > 0);
        assert(
            (PriceMath.quoteOfSignedDown(base, price, scale) + 1) * int256(uint256(scale)) >
                int256(base) * int256(uint256(price))
        );
    }

    function prove_aPriceIsWithinItself(uint160 root, uint256 bps, bool baseIsToken0) external pure {
        require(root > 0 && bps <= BPS);
        assert(PriceMath.isWithin(root, root, bps, baseIsToken0));
    }

    function prove_noPriceIsNeverWithin(uint160 root, uint256 bps, bool baseIsToken0) external pure {
        assert(!PriceMath.isWithin(root, 0, bps, baseIsToken0) && !PriceMath.isWithin(0, root, bps, baseIsToken0));
    }

    function prove_aWiderBoundAllowsAsMuch(
        uint160 spot,
        uint160 root,
        uint256 bps,
        uint256 wider,
        bool baseIsToken0
    ) external pure {
        require(bps <= wider && wider <= BPS);
        require(PriceMath.isWithin(spot, root, bps, baseIsToken0));
        assert(PriceMath.isWithin(spot, root, wider, baseIsToken0));
    }

    /// The other token's square-root prices are the inverse ones, so swapping the arguments swaps the order.
    function prove_theTokenOrderIsSymmetric(uint160 spot, uint160 root, uint256 bps) external pure {
        require(bps <= BPS);
        assert(PriceMath.isWithin(spot, root, bps, true) == PriceMath.isWithin(root, spot, bps, false));
    }

    function _down(uint256 base, uint256 price, uint256 scale) private pure returns (uint256) {
        return PriceMath.quoteOf(base, price, scale, Math.Rounding.Floor);
    }

    function _up(uint256 base, uint256 price, uint256 scale) private pure returns (uint256) {
        return PriceMath.quoteOf(base, price, scale, Math.Rounding.Ceil);
    }
}
