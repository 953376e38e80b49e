// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

import {
    GmxV2ExecutionPrice,
    GmxV2LiquidationInfo,
    GmxV2Market,
    GmxV2MarketPrices,
    GmxV2Position,
    GmxV2PositionFees,
    GmxV2Price
} from "../../contracts/interfaces/external/gmx/GmxV2Types.sol";
import {GmxV2SimulatorKeys as K} from "./GmxV2SimulatorKeys.sol";
import {GmxV2SimulatorDataStore} from "./GmxV2SimulatorDataStore.sol";

/// @title The market of the simulated GMX: open interest, price impact, fees, borrowing and funding, as docs.gmx.io
/// describes them. LOCAL ONLY.
/// @dev Not simulated: virtual inventory, single-token markets, longs with short-token collateral, impact exponents other
/// than 1 and 2, the curve of funding before it adapts.
library GmxV2SimulatorMarket {
    uint256 internal constant FLOAT = 1e30;
    uint256 internal constant FLOAT_SQRT = 1e15;

    error OrderNotFulfillableAtAcceptablePrice(uint256 price, uint256 acceptablePrice);
    error PriceImpactLargerThanOrderSize(int256 priceImpactUsd, uint256 sizeDeltaUsd);
    error UnsupportedExponent(uint256 exponent);

    /// @dev Growth of funding since it was last written.
    struct Funding {
        uint256 factorPerSecond;
        bool longsPay;
        int256 savedFactorPerSecond;
        uint256 feeLong; // a long pays in the long token …
        uint256 feeShort; // … a short in the short token
        uint256 claimLong; // longs receive the short token from shorts
        uint256 claimShort; // shorts receive the long token from longs
    }

    function applyFactor(uint256 value, uint256 factor) internal pure returns (uint256) {
        return Math.mulDiv(value, factor, FLOAT);
    }

    function collateralOf(GmxV2Market memory m, bool isLong) internal pure returns (address) {
        return isLong ? m.longToken : m.shortToken;
    }

    function collateralPrice(GmxV2MarketPrices memory p, bool isLong) internal pure returns (GmxV2Price memory) {
        return isLong ? p.longTokenPrice : p.shortTokenPrice;
    }

    function openInterest(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        bool isLong
    ) internal view returns (uint256) {
        return s.getUint(K.ofTokenSide("OPEN_INTEREST", m.marketToken, collateralOf(m, isLong), isLong));
    }

    function openInterestInTokens(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        bool isLong
    ) internal view returns (uint256) {
        return s.getUint(K.ofTokenSide("OPEN_INTEREST_IN_TOKENS", m.marketToken, collateralOf(m, isLong), isLong));
    }

    function poolUsd(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        bool isLong
    ) internal view returns (uint256) {
        return
            s.getUint(K.ofToken("POOL_AMOUNT", m.marketToken, collateralOf(m, isLong))) *
            collateralPrice(p, isLong).min;
    }

    // --- profit

    /// @notice Profit of a part of a position; capped by what the pool may pay to its side.
    function pnl(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        GmxV2Position memory pos,
        uint256 sizeDeltaUsd
    ) public view returns (int256 pnlUsd, int256 uncappedUsd, uint256 tokens) {
        bool isLong = pos.flags.isLong;
        uint256 size = pos.numbers.sizeInUsd;
        uint256 price = isLong ? p.indexTokenPrice.min : p.indexTokenPrice.max;
        int256 total = int256(pos.numbers.sizeInTokens * price) - int256(size);
        if (!isLong) total = -total;
        int256 capped = total > 0 ? _capProfit(s, m, p, isLong, total) : total;
        if (sizeDeltaUsd == size) tokens = pos.numbers.sizeInTokens;
        else if (isLong) tokens = Math.ceilDiv(pos.numbers.sizeInTokens * sizeDeltaUsd, size);
        else tokens = (pos.numbers.sizeInTokens * sizeDeltaUsd) / size;
        pnlUsd = _scale(capped, tokens, pos.numbers.sizeInTokens, false);
        uncappedUsd = _scale(total, tokens, pos.numbers.sizeInTokens, false);
    }

    /// @dev A profit's part of what the pool may pay to its side.
    function _capProfit(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        bool isLong,
        int256 total
    ) private view returns (int256) {
        int256 all = sidePnl(s, m, p, isLong);
        uint256 factor = s.getUint(K.maxPnlFactor("MAX_PNL_FACTOR_FOR_TRADERS", m.marketToken, isLong));
        int256 most = int256(applyFactor(poolUsd(s, m, p, isLong), factor));
        return all > most && most > 0 ? int256(Math.mulDiv(uint256(total), uint256(most), uint256(all))) : total;
    }

    /// @notice Profit of all positions of a side.
    function sidePnl(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        bool isLong
    ) public view returns (int256) {
        uint256 price = isLong ? p.indexTokenPrice.max : p.indexTokenPrice.min;
        int256 value = int256(openInterestInTokens(s, m, isLong) * price) - int256(openInterest(s, m, isLong));
        return isLong ? value : -value;
    }

    // --- price impact

    /// @notice Impact of a change of open interest, positive where it improves the balance; before any cap.
    function priceImpact(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        int256 usdDelta,
        bool isLong
    ) internal view returns (int256 impactUsd, bool improved) {
        uint256 longs = openInterest(s, m, true);
        uint256 shorts = openInterest(s, m, false);
        uint256 nextLongs = isLong ? _plus(longs, usdDelta) : longs;
        uint256 nextShorts = isLong ? shorts : _plus(shorts, usdDelta);
        uint256 before = _diff(longs, shorts);
        uint256 next = _diff(nextLongs, nextShorts);
        improved = next < before;
        if ((longs <= shorts) == (nextLongs <= nextShorts)) {
            int256 a = int256(_impactOf(s, m.marketToken, before, improved));
            int256 b = int256(_impactOf(s, m.marketToken, next, improved));
            impactUsd = a - b;
        } else {
            impactUsd =
                int256(_impactOf(s, m.marketToken, before, true)) - int256(_impactOf(s, m.marketToken, next, false));
        }
    }

    /// @dev The positive factor is never above the negative one.
    function _impactOf(
        GmxV2SimulatorDataStore s,
        address market,
        uint256 diffUsd,
        bool positive
    ) private view returns (uint256) {
        uint256 factor = s.getUint(K.ofSide("POSITION_IMPACT_FACTOR", market, positive));
        if (positive) factor = Math.min(factor, s.getUint(K.ofSide("POSITION_IMPACT_FACTOR", market, false)));
        uint256 exponent = s.getUint(K.ofSide("POSITION_IMPACT_EXPONENT_FACTOR", market, positive));
        uint256 raised;
        if (diffUsd < FLOAT) raised = 0;
        else if (exponent == FLOAT) raised = diffUsd;
        else if (exponent == 2 * FLOAT) raised = Math.mulDiv(diffUsd, diffUsd, FLOAT);
        else revert UnsupportedExponent(exponent);
        return applyFactor(raised, factor);
    }

    function capPositive(
        GmxV2SimulatorDataStore s,
        address market,
        int256 impactUsd,
        uint256 sizeUsd
    ) internal view returns (int256) {
        if (impactUsd <= 0) return impactUsd;
        uint256 factor = Math.min(
            s.getUint(K.ofSide("MAX_POSITION_IMPACT_FACTOR", market, true)),
            s.getUint(K.ofSide("MAX_POSITION_IMPACT_FACTOR", market, false))
        );
        return SignedMath.min(impactUsd, int256(applyFactor(sizeUsd, factor)));
    }

    /// @notice What an order executes at; `sizeDeltaUsd` signed, + = larger.
    function executionPrice(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        GmxV2Position memory pos,
        int256 sizeDeltaUsd
    ) public view returns (GmxV2ExecutionPrice memory r) {
        bool isLong = pos.flags.isLong;
        uint256 size = SignedMath.abs(sizeDeltaUsd);
        (r.priceImpactUsd, r.balanceWasImproved) = priceImpact(s, m, sizeDeltaUsd, isLong);
        r.priceImpactUsd = capPositive(s, m.marketToken, r.priceImpactUsd, size);
        if (sizeDeltaUsd > 0) {
            (uint256 base, int256 impact) = increaseTokens(p, size, r.priceImpactUsd, isLong);
            int256 tokens = isLong ? int256(base) + impact : int256(base) - impact;
            if (tokens <= 0) revert PriceImpactLargerThanOrderSize(r.priceImpactUsd, size);
            r.executionPrice = size / uint256(tokens);
            return r;
        }
        r.executionPrice = isLong ? p.indexTokenPrice.min : p.indexTokenPrice.max;
        if (size == 0) return r;
        int256 toward = isLong ? r.priceImpactUsd : -r.priceImpactUsd;
        if (toward < 0 && uint256(-toward) > size) revert PriceImpactLargerThanOrderSize(toward, size);
        int256 perToken = _scale(toward, pos.numbers.sizeInUsd, pos.numbers.sizeInTokens, false) / int256(size);
        r.executionPrice = uint256(int256(r.executionPrice) + perToken);

        _addPendingImpact(s, m.marketToken, p, pos, size, r);
    }

    /// @dev With the impact that the opening of the part still owes; between the caps, gains out of the impact pool.
    function _addPendingImpact(
        GmxV2SimulatorDataStore s,
        address market,
        GmxV2MarketPrices memory p,
        GmxV2Position memory pos,
        uint256 size,
        GmxV2ExecutionPrice memory r
    ) private view {
        int256 pending = pos.numbers.pendingImpactAmount;
        int256 part = _scale(pending, size, pos.numbers.sizeInUsd, pending < 0);
        r.proportionalPendingImpactUsd = part * int256(part > 0 ? p.indexTokenPrice.min : p.indexTokenPrice.max);
        r.totalImpactUsd = r.proportionalPendingImpactUsd + r.priceImpactUsd;
        if (r.totalImpactUsd < 0) {
            int256 least = -int256(applyFactor(size, s.getUint(K.ofSide("MAX_POSITION_IMPACT_FACTOR", market, false))));
            if (r.totalImpactUsd < least) {
                r.priceImpactDiffUsd = uint256(least - r.totalImpactUsd);
                r.totalImpactUsd = least;
            }
        }
        r.totalImpactUsd = capPositive(s, market, r.totalImpactUsd, size);
        if (r.totalImpactUsd > 0) {
            uint256 pool = s.getUint(K.of1("POSITION_IMPACT_POOL_AMOUNT", market)) * p.indexTokenPrice.min;
            r.totalImpactUsd = SignedMath.min(r.totalImpactUsd, int256(pool));
        }
    }

    /// @notice Tokens of an increase at the oracle's price, and the impact in tokens that stays pending.
    function increaseTokens(
        GmxV2MarketPrices memory p,
        uint256 sizeUsd,
        int256 impactUsd,
        bool isLong
    ) internal pure returns (uint256 base, int256 impact) {
        base = isLong ? sizeUsd / p.indexTokenPrice.max : Math.ceilDiv(sizeUsd, p.indexTokenPrice.min);
        impact =
            impactUsd > 0
                ? impactUsd / int256(p.indexTokenPrice.max)
                : -int256(Math.ceilDiv(uint256(-impactUsd), p.indexTokenPrice.min));
    }

    // --- fees

    /// @param withPending Count what funding and borrowing grew by since they were written.
    function fees(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        GmxV2Position memory pos,
        uint256 sizeDeltaUsd,
        bool improved,
        bool isLiquidation,
        bool withPending
    ) public view returns (GmxV2PositionFees memory f) {
        f.collateralTokenPrice = collateralPrice(p, pos.flags.isLong);
        uint256 unit = f.collateralTokenPrice.min;
        f.referral.trader = pos.addresses.account;
        f.positionFeeFactor = s.getUint(K.ofSide("POSITION_FEE_FACTOR", m.marketToken, improved));
        f.positionFeeAmount = applyFactor(sizeDeltaUsd, f.positionFeeFactor) / unit;
        f.protocolFeeAmount = f.positionFeeAmount;
        f.positionFeeReceiverFactor = s.getUint(K.name("POSITION_FEE_RECEIVER_FACTOR"));
        f.feeReceiverAmount = applyFactor(f.protocolFeeAmount, f.positionFeeReceiverFactor);
        f.positionFeeAmountForPool = f.protocolFeeAmount - f.feeReceiverAmount;

        _borrowing(s, m, p, pos, f, withPending);
        if (isLiquidation) {
            uint256 factor = s.getUint(K.of1("LIQUIDATION_FEE_FACTOR", m.marketToken));
            f.liquidation.liquidationFeeUsd = applyFactor(sizeDeltaUsd, factor);
            f.liquidation.liquidationFeeAmount = Math.ceilDiv(f.liquidation.liquidationFeeUsd, unit);
        }
        f.feeAmountForPool =
            f.positionFeeAmountForPool +
            f.borrowing.borrowingFeeAmount -
            f.borrowing.borrowingFeeAmountForFeeReceiver +
            f.liquidation.liquidationFeeAmount;
        f.feeReceiverAmount += f.borrowing.borrowingFeeAmountForFeeReceiver;
        _funding(s, m, p, pos, f, withPending);
        f.totalCostAmountExcludingFunding =
            f.positionFeeAmount +
            f.borrowing.borrowingFeeAmount +
            f.liquidation.liquidationFeeAmount;
        f.totalCostAmount = f.totalCostAmountExcludingFunding + f.funding.fundingFeeAmount;
    }

    function _borrowing(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        GmxV2Position memory pos,
        GmxV2PositionFees memory f,
        bool withPending
    ) private view {
        uint256 cumulative = s.getUint(K.ofSide("CUMULATIVE_BORROWING_FACTOR", m.marketToken, pos.flags.isLong));
        if (withPending) cumulative += borrowingGrowth(s, m, p, pos.flags.isLong);
        f.borrowing.borrowingFeeUsd = applyFactor(pos.numbers.sizeInUsd, cumulative - pos.numbers.borrowingFactor);
        f.borrowing.borrowingFeeAmount = f.borrowing.borrowingFeeUsd / f.collateralTokenPrice.min;
        f.borrowing.borrowingFeeReceiverFactor = s.getUint(K.name("BORROWING_FEE_RECEIVER_FACTOR"));
        f.borrowing.borrowingFeeAmountForFeeReceiver = applyFactor(
            f.borrowing.borrowingFeeAmount,
            f.borrowing.borrowingFeeReceiverFactor
        );
    }

    function _funding(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        GmxV2Position memory pos,
        GmxV2PositionFees memory f,
        bool withPending
    ) private view {
        bool isLong = pos.flags.isLong;
        Funding memory g;
        if (withPending) g = fundingGrowth(s, m, p);
        f.funding.latestFundingFeeAmountPerSize =
            s.getUint(K.ofTokenSide("FUNDING_FEE_AMOUNT_PER_SIZE", m.marketToken, collateralOf(m, isLong), isLong)) +
            (isLong ? g.feeLong : g.feeShort);
        f.funding.latestLongTokenClaimableFundingAmountPerSize =
            s.getUint(K.ofTokenSide("CLAIMABLE_FUNDING_AMOUNT_PER_SIZE", m.marketToken, m.longToken, isLong)) +
            (isLong ? 0 : g.claimShort);
        f.funding.latestShortTokenClaimableFundingAmountPerSize =
            s.getUint(K.ofTokenSide("CLAIMABLE_FUNDING_AMOUNT_PER_SIZE", m.marketToken, m.shortToken, isLong)) +
            (isLong ? g.claimLong : 0);
        uint256 size = pos.numbers.sizeInUsd;
        f.funding.fundingFeeAmount = Math.mulDiv(
            size,
            f.funding.latestFundingFeeAmountPerSize - pos.numbers.fundingFeeAmountPerSize,
            FLOAT * FLOAT_SQRT,
            Math.Rounding.Ceil
        );
        f.funding.claimableLongTokenAmount = Math.mulDiv(
            size,
            f.funding.latestLongTokenClaimableFundingAmountPerSize - pos.numbers.longTokenClaimableFundingAmountPerSize,
            FLOAT * FLOAT_SQRT
        );
        f.funding.claimableShortTokenAmount = Math.mulDiv(
            size,
            f.funding.latestShortTokenClaimableFundingAmountPerSize -
                pos.numbers.shortTokenClaimableFundingAmountPerSize,
            FLOAT * FLOAT_SQRT
        );
    }

    /// @notice Growth of a side's cumulative borrowing factor since it was written. Nothing for the smaller side.
    function borrowingGrowth(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        bool isLong
    ) public view returns (uint256) {
        uint256 updatedAt = s.getUint(K.ofSide("CUMULATIVE_BORROWING_FACTOR_UPDATED_AT", m.marketToken, isLong));
        if (updatedAt == 0) return 0;
        return (block.timestamp - updatedAt) * borrowingFactorPerSecond(s, m, p, isLong);
    }

    /// @notice The kinked rate: straight up to the optimal usage, steeper above.
    function borrowingFactorPerSecond(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        bool isLong
    ) internal view returns (uint256 rate) {
        uint256 reserved =
            isLong ? openInterestInTokens(s, m, true) * p.indexTokenPrice.max : openInterest(s, m, false);
        if (reserved == 0) return 0;
        if (
            s.getBool(K.name("SKIP_BORROWING_FEE_FOR_SMALLER_SIDE")) &&
            openInterest(s, m, isLong) < openInterest(s, m, !isLong)
        ) return 0;
        uint256 most = applyFactor(
            poolUsd(s, m, p, isLong),
            s.getUint(K.ofSide("OPEN_INTEREST_RESERVE_FACTOR", m.marketToken, isLong))
        );
        uint256 usage = Math.mulDiv(reserved, FLOAT, most);
        uint256 base = s.getUint(K.ofSide("BASE_BORROWING_FACTOR", m.marketToken, isLong));
        uint256 optimal = s.getUint(K.ofSide("OPTIMAL_USAGE_FACTOR", m.marketToken, isLong));
        rate = applyFactor(usage, base);
        if (usage > optimal && optimal < FLOAT) {
            uint256 above = s.getUint(K.ofSide("ABOVE_OPTIMAL_USAGE_BORROWING_FACTOR", m.marketToken, isLong));
            rate += Math.mulDiv(above > base ? above - base : 0, usage - optimal, FLOAT - optimal);
        }
    }

    /// @notice Growth of funding since it was written: the larger side pays, the rate adapts to the imbalance.
    function fundingGrowth(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p
    ) public view returns (Funding memory g) {
        uint256 longs = openInterest(s, m, true);
        uint256 shorts = openInterest(s, m, false);
        g.savedFactorPerSecond = s.getInt(K.of1("SAVED_FUNDING_FACTOR_PER_SECOND", m.marketToken));
        if (longs == 0 || shorts == 0) return g;
        uint256 updatedAt = s.getUint(K.of1("FUNDING_UPDATED_AT", m.marketToken));
        uint256 elapsed = updatedAt == 0 ? 0 : block.timestamp - updatedAt;
        _fundingRate(s, m.marketToken, longs, shorts, elapsed, g);
        uint256 paidUsd = applyFactor(g.longsPay ? longs : shorts, elapsed * g.factorPerSecond);
        if (paidUsd == 0) return g;
        uint256 unit = g.longsPay ? p.longTokenPrice.max : p.shortTokenPrice.max;
        uint256 paid = Math.ceilDiv(
            Math.mulDiv(paidUsd, FLOAT * FLOAT_SQRT, g.longsPay ? longs : shorts, Math.Rounding.Ceil),
            unit
        );
        uint256 received = Math.mulDiv(paidUsd, FLOAT * FLOAT_SQRT, g.longsPay ? shorts : longs) / unit;
        if (g.longsPay) (g.feeLong, g.claimShort) = (paid, received);
        else (g.feeShort, g.claimLong) = (paid, received);
    }

    function _fundingRate(
        GmxV2SimulatorDataStore s,
        address market,
        uint256 longs,
        uint256 shorts,
        uint256 elapsed,
        Funding memory g
    ) private view {
        uint256 imbalance = Math.mulDiv(_diff(longs, shorts), FLOAT, longs + shorts);
        bool sameWay = g.savedFactorPerSecond > 0 ? longs > shorts : g.savedFactorPerSecond < 0 && shorts > longs;
        if (!sameWay || imbalance > s.getUint(K.of1("THRESHOLD_FOR_STABLE_FUNDING", market))) {
            int256 step = int256(
                applyFactor(imbalance, s.getUint(K.of1("FUNDING_INCREASE_FACTOR_PER_SECOND", market))) * elapsed
            );
            g.savedFactorPerSecond += longs < shorts ? -step : step;
        } else if (imbalance < s.getUint(K.of1("THRESHOLD_FOR_DECREASE_FUNDING", market))) {
            uint256 step = s.getUint(K.of1("FUNDING_DECREASE_FACTOR_PER_SECOND", market)) * elapsed;
            uint256 size = SignedMath.abs(g.savedFactorPerSecond);
            int256 sign = g.savedFactorPerSecond > 0 ? int256(1) : -1;
            g.savedFactorPerSecond = size <= step ? sign : int256(size - step) * sign;
        }
        uint256 most = s.getUint(K.of1("MAX_FUNDING_FACTOR_PER_SECOND", market));
        uint256 least = s.getUint(K.of1("MIN_FUNDING_FACTOR_PER_SECOND", market));
        uint256 magnitude = Math.min(SignedMath.abs(g.savedFactorPerSecond), most);
        g.longsPay = g.savedFactorPerSecond > 0;
        g.savedFactorPerSecond = g.longsPay ? int256(magnitude) : -int256(magnitude);
        g.factorPerSecond = Math.max(magnitude, least);
    }

    // --- liquidation

    /// @notice Whether a position can be liquidated; the reason is the venue's own word.
    function liquidatable(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        GmxV2Position memory pos,
        bool withMinCollateral,
        bool forLiquidation,
        bool withPending
    ) public view returns (bool, string memory, GmxV2LiquidationInfo memory info) {
        {
            bytes32 key = K.of1(
                forLiquidation ? "MIN_COLLATERAL_FACTOR_FOR_LIQUIDATION" : "MIN_COLLATERAL_FACTOR",
                m.marketToken
            );
            info.minCollateralUsdForLeverage = int256(applyFactor(pos.numbers.sizeInUsd, s.getUint(key)));
        }
        info.remainingCollateralUsd = _worthUsd(s, m, p, pos, withPending);
        if (withMinCollateral) {
            info.minCollateralUsd = int256(s.getUint(K.name("MIN_COLLATERAL_USD")));
            if (info.remainingCollateralUsd < info.minCollateralUsd) return (true, "min collateral", info);
        }
        if (info.remainingCollateralUsd <= 0) return (true, "< 0", info);
        if (info.remainingCollateralUsd < info.minCollateralUsdForLeverage) {
            return (true, "min collateral for leverage", info);
        }
        return (false, "", info);
    }

    /// @dev What closing the position leaves, with its fees and, within the bound for liquidations, its impact.
    function _worthUsd(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        GmxV2Position memory pos,
        bool withPending
    ) private view returns (int256 usd) {
        uint256 size = pos.numbers.sizeInUsd;
        (int256 impact, bool improved) = priceImpact(s, m, -int256(size), pos.flags.isLong);
        impact = capPositive(s, m.marketToken, impact, size);
        int256 pending = pos.numbers.pendingImpactAmount;
        impact += pending * int256(pending > 0 ? p.indexTokenPrice.min : p.indexTokenPrice.max);
        uint256 most = s.getUint(K.of1("MAX_POSITION_IMPACT_FACTOR_FOR_LIQUIDATIONS", m.marketToken));
        impact = SignedMath.max(SignedMath.min(impact, 0), -int256(applyFactor(size, most)));
        GmxV2PositionFees memory f = fees(s, m, p, pos, size, improved, false, withPending);
        (usd, , ) = pnl(s, m, p, pos, size);
        usd +=
            (int256(pos.numbers.collateralAmount) - int256(f.totalCostAmount)) * int256(f.collateralTokenPrice.min) +
            impact;
    }

    // --- small things

    /// @dev value × numerator / denominator, towards zero or away from it.
    function _scale(
        int256 value,
        uint256 numerator,
        uint256 denominator,
        bool awayFromZero
    ) private pure returns (int256) {
        uint256 magnitude = Math.mulDiv(
            SignedMath.abs(value),
            numerator,
            denominator,
            awayFromZero ? Math.Rounding.Ceil : Math.Rounding.Floor
        );
        return value >= 0 ? int256(magnitude) : -int256(magnitude);
    }

    function _diff(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a - b : b - a;
    }

    function _plus(uint256 value, int256 delta) private pure returns (uint256) {
        if (delta >= 0) return value + uint256(delta);
        return Math.saturatingSub(value, uint256(-delta));
    }
}
