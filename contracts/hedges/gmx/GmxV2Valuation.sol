// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

import {IGmxV2DataStore, IGmxV2Reader} from "../../interfaces/external/gmx/IGmxV2.sol";
import {GmxV2Keys} from "../../interfaces/external/gmx/GmxV2Keys.sol";
import {GmxV2MarketPrices, GmxV2PositionInfo, GmxV2Price} from "../../interfaces/external/gmx/GmxV2Types.sol";
import {BPS, WAD} from "../../libraries/PriceMath.sol";

/// @notice Where a short is read.
struct GmxV2Site {
    IGmxV2Reader reader;
    IGmxV2DataStore dataStore;
    address referralStorage;
    address market;
    address collateral;
    address account;
}

/// @notice USD prices of a token's smallest unit, 30 decimals, as GMX counts.
struct GmxV2Quotes {
    uint256 basePrice;
    uint256 quotePrice;
}

/// @notice What an order under way would change.
/// @param sizeUsd Signed change of the position's size, + = larger.
/// @param marginQuote Signed change of its collateral, + = posted with the order.
struct GmxV2Change {
    int256 sizeUsd;
    int256 marginQuote;
}

/// @notice A part of a position as it was when somebody left with it: its profit and its collateral stay that person's,
/// whatever is ordered for the rest.
/// @param sizeUsd Size with 30 decimals, `tokens` the base behind it, `collateralQuote` its collateral.
struct GmxV2Part {
    uint160 sizeUsd;
    uint96 collateralQuote;
    uint256 tokens;
}

/// @notice A position and the order under way, valued; without what is owed out of it.
/// @param lowQuote Closed now, with the fee and the impact of closing it whole; `highQuote` what it shows, less what it owes.
/// @param deltaBase Signed delta, - for a short.
/// @param claimableBase Funding that it earned since its last change; `claimableQuote` likewise.
/// @param changeFeeQuote Fee of the order under way; `changeImpactQuote` the most that its impact can take.
/// @param healthWad Price of its liquidation over the price now; the lower of before and after the order.
struct GmxV2Value {
    int256 lowQuote;
    int256 highQuote;
    int256 deltaBase;
    uint256 claimableBase;
    uint256 claimableQuote;
    uint256 changeFeeQuote;
    uint256 changeImpactQuote;
    uint256 healthWad;
}

/// @title What a short on GMX v2 is worth, between which bounds, and how far from its liquidation.
/// @dev A linked library: the hedge would not fit into a contract with it.
library GmxV2Valuation {
    /// @notice The position is smaller than GMX keeps any, or the part is worth nothing, and what else is in it is not the
    /// leaver's.
    error GmxV2Valuation_RestFirst(int256 restQuote);

    uint256 private constant FLOAT = 1e30;
    /// @dev What is left to whoever leaves last is at most this many times the least that GMX keeps.
    uint256 private constant DUST_FACTOR = 3;
    /// @dev What stays keeps this many times the collateral at which it would be liquidated.
    uint256 private constant REST_FACTOR = 3;

    /// @dev Terms of the market, all with 30 decimals.
    struct Terms {
        uint256 feeFactor;
        uint256 impactFactor;
        uint256 minCollateralFactor;
        uint256 minCollateralUsd;
    }

    /// @notice Values the position of an account in a market, and the order under way.
    /// @param owed Part of the position that is somebody else's.
    function valueOf(
        GmxV2Site memory site,
        GmxV2Quotes memory q,
        GmxV2Change memory change,
        GmxV2Part memory owed
    ) external view returns (GmxV2Value memory v) {
        GmxV2PositionInfo memory info;
        bytes32 key = _key(site);
        v.healthWad = type(uint256).max;
        Terms memory terms = _terms(site);
        if (site.dataStore.getUint(GmxV2Keys.sizeInUsd(key)) != 0) {
            info = _info(site, q, key);
            (int256 low, int256 high) = _equity(info, q);
            v.lowQuote = low - _worth(info, q, owed, low);
            v.highQuote = high - _worth(info, q, owed, high);
            v.deltaBase = int256(owed.tokens) - int256(info.position.numbers.sizeInTokens);
            v.claimableBase = info.fees.funding.claimableLongTokenAmount;
            v.claimableQuote = info.fees.funding.claimableShortTokenAmount;
            v.healthWad = _health(info, q, terms, GmxV2Change(0, 0));
        }
        if (change.sizeUsd == 0 && change.marginQuote == 0) return v;
        v.healthWad = Math.min(v.healthWad, _health(info, q, terms, change));
        uint256 traded = SignedMath.abs(change.sizeUsd);
        v.changeFeeQuote = Math.ceilDiv(Math.mulDiv(traded, terms.feeFactor, FLOAT), q.quotePrice);
        v.changeImpactQuote = Math.ceilDiv(Math.mulDiv(traded, terms.impactFactor, FLOAT), q.quotePrice);
    }

    /// @notice How to order a part for somebody who leaves: size, and collateral to take out with it.
    /// @dev GMX takes losses and fees out of the gain that an order realises, then out of the collateral that stays: what is
    /// taken out for the leaver must not leave the own part of them to the others. A position that is closed whole pays all
    /// that is left to the receiver: where some of it is the others', the least that GMX keeps open stays. That collateral is
    /// fixed here: where the price rises before the order is executed, the loss is the others'. Hence a price at which these
    /// terms end.
    /// @param slippageBps How far the price may rise until then.
    /// @return sizeUsd Size of the order with 30 decimals; none for a position that is as small as GMX keeps any, which pays the
    /// leaver out of its collateral alone.
    /// @return marginQuote Collateral to take out with it.
    /// @return limitPrice Highest price at which the order may execute: beyond the impact of closing the whole position, which
    /// per unit is no better than a part's, so that however large a part can leave a market that stands still.
    function exitTerms(
        GmxV2Site memory site,
        GmxV2Quotes memory q,
        GmxV2Part memory leaving,
        uint256 slippageBps
    ) external view returns (uint256 sizeUsd, uint256 marginQuote, uint256 limitPrice) {
        GmxV2PositionInfo memory info = _info(site, q, _key(site));
        limitPrice = Math.max(q.basePrice, info.executionPriceResult.executionPrice);
        limitPrice = Math.mulDiv(limitPrice, BPS + slippageBps, BPS);
        uint256 whole = info.position.numbers.sizeInUsd;
        sizeUsd = Math.min(leaving.sizeUsd, whole);
        (int256 low, ) = _equity(info, q);
        int256 worth = _worth(info, q, leaving, low);
        uint256 least = site.dataStore.getUint(GmxV2Keys.MIN_POSITION_SIZE_USD);
        if (whole - sizeUsd < least) {
            uint256 dust = Math.max(least, site.dataStore.getUint(GmxV2Keys.MIN_COLLATERAL_USD));
            int256 rest = low - worth;
            if (rest < int256((DUST_FACTOR * dust) / q.quotePrice)) return (whole, 0, limitPrice);
            if (whole < least) revert GmxV2Valuation_RestFirst(rest);
            sizeUsd = whole - least;
        }
        // GMX cancels what would leave the rest without enough, and lets nothing out for which collateral alone does not suffice.
        int256 need = _need(site, q, whole - sizeUsd);
        worth = SignedMath.min(worth, low - need);
        uint256 costs = info.fees.borrowing.borrowingFeeAmount + info.fees.funding.fundingFeeAmount;
        costs += Math.mulDiv(info.fees.positionFeeAmount, sizeUsd, whole);
        int256 gain = part(_paidOut(info, q), sizeUsd, whole) - int256(costs);
        if (gain > 0) worth -= gain;
        int256 room = int256(info.position.numbers.collateralAmount) - need + SignedMath.min(gain, 0);
        worth = SignedMath.min(worth, room);
        marginQuote = worth > 0 ? uint256(worth) : 0;
        // Not an order at all.
        if (sizeUsd == 0 && marginQuote == 0) revert GmxV2Valuation_RestFirst(low);
    }

    /// @notice Margin that may be released while a part of the position is owed: neither the part's worth nor its collateral,
    /// which GMX would not let out of a position that has only profit left.
    function releasable(
        GmxV2Site memory site,
        GmxV2Quotes memory q,
        GmxV2Part memory owed
    ) external view returns (uint256) {
        GmxV2PositionInfo memory info = _info(site, q, _key(site));
        (int256 low, ) = _equity(info, q);
        int256 worth = _worth(info, q, owed, low);
        int256 theirs = SignedMath.max(worth, int256(uint256(owed.collateralQuote)));
        int256 own = SignedMath.min(low - worth, int256(info.position.numbers.collateralAmount) - theirs);
        own -= _need(site, q, info.position.numbers.sizeInUsd);
        return own > 0 ? uint256(own) : 0;
    }

    /// @dev What GMX pays out with an order that closes all, before fees: profit, and a positive impact, which must not be taken
    /// out of the collateral once more.
    function _paidOut(GmxV2PositionInfo memory info, GmxV2Quotes memory q) private pure returns (int256) {
        int256 gainUsd = info.basePnlUsd + SignedMath.max(info.executionPriceResult.totalImpactUsd, 0);
        return _usdToQuoteDown(gainUsd, q.quotePrice);
    }

    /// @notice Part of a signed value, rounded towards zero.
    function part(int256 value, uint256 numerator, uint256 denominator) internal pure returns (int256) {
        if (numerator == denominator) return value;
        uint256 magnitude = Math.mulDiv(SignedMath.abs(value), numerator, denominator);
        return value >= 0 ? int256(magnitude) : -int256(magnitude);
    }

    /// @dev Collateral that a position of a size should keep.
    function _need(GmxV2Site memory site, GmxV2Quotes memory q, uint256 sizeUsd) private view returns (int256) {
        uint256 factor = site.dataStore.getUint(GmxV2Keys.minCollateralFactorForLiquidation(site.market));
        return int256(Math.mulDiv(REST_FACTOR * sizeUsd, factor, FLOAT) / q.quotePrice);
    }

    /// @dev What a part is worth where the whole is worth `total`: its own collateral and profit, and its part of what closing
    /// costs. Nothing below zero, and no more than there is.
    function _worth(
        GmxV2PositionInfo memory info,
        GmxV2Quotes memory q,
        GmxV2Part memory p,
        int256 total
    ) private pure returns (int256) {
        if (p.sizeUsd == 0 || total <= 0) return 0;
        uint256 whole = info.position.numbers.sizeInUsd;
        // A profit above what the pool may pay is cut for all alike.
        int256 profit = int256(uint256(p.sizeUsd)) - int256(p.tokens * q.basePrice);
        if (profit > 0 && info.basePnlUsd > 0) {
            profit = int256(Math.mulDiv(uint256(profit), uint256(info.basePnlUsd), uint256(info.uncappedBasePnlUsd)));
        }
        int256 costs =
            total - int256(info.position.numbers.collateralAmount) - _usdToQuoteDown(info.basePnlUsd, q.quotePrice);
        int256 worth =
            int256(uint256(p.collateralQuote)) +
                _usdToQuoteDown(profit, q.quotePrice) +
                part(costs, Math.min(p.sizeUsd, whole), whole);
        return SignedMath.max(SignedMath.min(worth, total), 0);
    }

    /// @dev Lowest: closed now, with the fee and the impact of closing it whole. Highest: worth what it shows, less the
    /// funding and borrowing that are owed already, and the impact that its opening still owes.
    function _equity(
        GmxV2PositionInfo memory info,
        GmxV2Quotes memory q
    ) private pure returns (int256 minQuote, int256 maxQuote) {
        // Token amounts and their values stay far below 2^255.
        int256 collateral = int256(info.position.numbers.collateralAmount);
        int256 totalImpact = info.executionPriceResult.totalImpactUsd;
        int256 owedImpact = SignedMath.max(totalImpact, info.executionPriceResult.proportionalPendingImpactUsd);
        uint256 accrued = info.fees.borrowing.borrowingFeeAmount + info.fees.funding.fundingFeeAmount;
        int256 worst = info.basePnlUsd + totalImpact - int256(info.executionPriceResult.priceImpactDiffUsd);
        minQuote = collateral + _usdToQuoteDown(worst, q.quotePrice) - int256(info.fees.totalCostAmount);
        maxQuote = collateral + _usdToQuoteDown(info.basePnlUsd + owedImpact, q.quotePrice) + 1 - int256(accrued);
        if (maxQuote < minQuote) maxQuote = minQuote;
    }

    /// @dev Price at which the position is liquidated, over the price now: 1e18 = now. The same convention as a loan's
    /// health: by how much the base may rise.
    /// @param change Counted as done; zero for the position as it is.
    function _health(
        GmxV2PositionInfo memory info,
        GmxV2Quotes memory q,
        Terms memory terms,
        GmxV2Change memory change
    ) private pure returns (uint256) {
        uint256 size = info.position.numbers.sizeInUsd;
        uint256 value = info.position.numbers.sizeInTokens * q.basePrice;
        int256 remaining =
            (int256(info.position.numbers.collateralAmount) - int256(info.fees.totalCostAmount) + change.marginQuote) *
                int256(q.quotePrice) +
                info.basePnlUsd +
                SignedMath.min(info.executionPriceResult.totalImpactUsd, 0);
        if (change.sizeUsd != 0) {
            uint256 traded = SignedMath.abs(change.sizeUsd);
            int256 fee = int256(Math.mulDiv(traded, terms.feeFactor, FLOAT));
            if (change.sizeUsd > 0) {
                size += traded;
                value += traded;
                remaining -= 2 * fee; // of the order, and of closing what it adds
            } else {
                if (traded >= size) return type(uint256).max;
                value = Math.mulDiv(value, size - traded, size);
                size -= traded;
            }
        }
        if (value == 0) return type(uint256).max;
        uint256 floorUsd = Math.max(Math.mulDiv(size, terms.minCollateralFactor, FLOAT), terms.minCollateralUsd);
        int256 room = remaining - int256(floorUsd) + int256(value);
        return room <= 0 ? 0 : Math.mulDiv(uint256(room), WAD, value);
    }

    /// @dev USD with 30 decimals in quote units, rounded down.
    function _usdToQuoteDown(int256 usd, uint256 quotePrice) private pure returns (int256) {
        return usd >= 0 ? int256(uint256(usd) / quotePrice) : -int256(Math.ceilDiv(uint256(-usd), quotePrice));
    }

    function _key(GmxV2Site memory site) private pure returns (bytes32) {
        return GmxV2Keys.position(site.account, site.market, site.collateral, false);
    }

    function _info(
        GmxV2Site memory site,
        GmxV2Quotes memory q,
        bytes32 key
    ) private view returns (GmxV2PositionInfo memory) {
        GmxV2Price memory base = GmxV2Price(q.basePrice, q.basePrice);
        return
            site.reader.getPositionInfo(
                address(site.dataStore),
                site.referralStorage,
                key,
                GmxV2MarketPrices(base, base, GmxV2Price(q.quotePrice, q.quotePrice)),
                0,
                address(0),
                true
            );
    }

    function _terms(GmxV2Site memory site) private view returns (Terms memory) {
        return
            Terms({
                feeFactor: site.dataStore.getUint(GmxV2Keys.positionFeeFactor(site.market, false)),
                impactFactor: site.dataStore.getUint(GmxV2Keys.maxPositionImpactFactor(site.market, false)),
                minCollateralFactor: site.dataStore.getUint(GmxV2Keys.minCollateralFactorForLiquidation(site.market)),
                minCollateralUsd: site.dataStore.getUint(GmxV2Keys.MIN_COLLATERAL_USD)
            });
    }
}
