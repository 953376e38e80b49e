// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

import {HedgeState, IHedge} from "../interfaces/IHedge.sol";
import {LiquidityState} from "../interfaces/ILiquidity.sol";
import {OracleReading} from "../interfaces/IPriceOracle.sol";
import {BPS, PriceMath} from "../libraries/PriceMath.sol";
import {Book, Pair} from "../types/VaultTypes.sol";
import {MAX_HEDGES, VaultState} from "./VaultState.sol";

/// @title What the vault is worth and exposed to, at the oracle's price and never at the pool's.
library Valuation {
    /// @notice Reads the liquidity and values everything at the reading's price.
    /// @param withLowest Also the lowest value over the oracle's band, which most operations do without.
    function bookAt(
        VaultState storage s,
        Pair memory pair,
        OracleReading memory reading,
        bool withLowest
    ) external view returns (Book memory b, LiquidityState memory liquidity) {
        liquidity = s.liquidity.read(reading.priceWad, withLowest ? reading.bandBps : 0);
        b = bookOf(s, pair, reading, liquidity, withLowest);
    }

    /// @dev Values everything at the reading's price. The position is concave and the hedges are linear in the price, so
    /// over the oracle's band the lowest value is at an end, and the tangent at the middle bounds the highest.
    /// @param withLowest See bookAt; `liquidity` must have been read with the band then.
    function bookOf(
        VaultState storage s,
        Pair memory pair,
        OracleReading memory reading,
        LiquidityState memory liquidity,
        bool withLowest
    ) internal view returns (Book memory b) {
        uint256 price = reading.priceWad;
        b.priceWad = price;
        (int256 equityMin, int256 equityMax) = _readHedges(s, b);
        // Sums of token amounts: far below 2^255, so the casts of this function cannot wrap.
        uint256 heldBase = s.idleBase + liquidity.feesBase;
        int256 heldQuote = int256(s.idleQuote + liquidity.feesQuote);
        b.deltaBase = int256(heldBase + liquidity.base) + b.hedgeDeltaBase;

        int256 mid = heldQuote + int256(liquidity.quote + _quoteDown(pair, heldBase + liquidity.base, price));
        uint256 step = (price * reading.bandBps) / BPS;
        uint256 drift = PriceMath.quoteOf(SignedMath.abs(b.deltaBase), step, pair.scale, Math.Rounding.Ceil);
        b.navQuote = _positive(mid + (equityMin + equityMax) / 2);
        int256 top = mid + equityMax;
        b.navMaxQuote = top > 0 ? uint256(top) + drift : 0; // worth nothing is worth nothing in the whole band
        b.navMinQuote = b.navQuote;
        if (withLowest) {
            int256 move = PriceMath.quoteOfSignedDown(b.hedgeDeltaBase, step, pair.scale);
            int256 low =
                int256(liquidity.quoteLow + _quoteDown(pair, heldBase + liquidity.baseLow, price - step)) - move;
            int256 high =
                int256(liquidity.quoteHigh + _quoteDown(pair, heldBase + liquidity.baseHigh, price + step)) + move;
            b.navMinQuote = _positive(SignedMath.min(mid, heldQuote + SignedMath.min(low, high)) + equityMin);
        }
    }

    function _readHedges(
        VaultState storage s,
        Book memory b
    ) private view returns (int256 equityMin, int256 equityMax) {
        b.healthWad = type(uint256).max;
        for (uint256 i = 0; i < MAX_HEDGES; ++i) {
            address hedge = s.hedges[i];
            if (hedge == address(0)) break;
            HedgeState memory h = IHedge(hedge).read(b.priceWad);
            b.hedgeDeltaBase += h.deltaBase;
            equityMin += h.equityMinQuote;
            equityMax += h.equityMaxQuote;
            b.healthWad = Math.min(b.healthWad, h.healthWad);
            b.pending = b.pending || h.pending;
            b.lost = b.lost || h.lost;
        }
    }

    function _quoteDown(Pair memory pair, uint256 base, uint256 priceWad) private pure returns (uint256) {
        return PriceMath.quoteOf(base, priceWad, pair.scale, Math.Rounding.Floor);
    }

    function _positive(int256 value) private pure returns (uint256) {
        return value > 0 ? uint256(value) : 0;
    }
}
