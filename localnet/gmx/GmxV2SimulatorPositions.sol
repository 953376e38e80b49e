// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

import {
    GMX_LIQUIDATION,
    GmxV2ExecutionPrice,
    GmxV2LiquidationInfo,
    GmxV2Market,
    GmxV2MarketPrices,
    GmxV2Order,
    GmxV2Position,
    GmxV2PositionFees
} from "../../contracts/interfaces/external/gmx/GmxV2Types.sol";
import {GmxV2SimulatorKeys as K} from "./GmxV2SimulatorKeys.sol";
import {GmxV2SimulatorMarket as M} from "./GmxV2SimulatorMarket.sol";
import {GmxV2SimulatorRecords as R} from "./GmxV2SimulatorRecords.sol";
import {GmxV2SimulatorDataStore} from "./GmxV2SimulatorDataStore.sol";

/// @title Changes of positions in the simulated GMX: what an executed order does to stores; transfers are the caller's.
/// LOCAL ONLY.
library GmxV2SimulatorPositions {
    error EmptyPosition();
    error InsufficientCollateralAmount(uint256 collateralAmount, int256 collateralDeltaAmount);
    error InsufficientCollateralUsd(int256 remainingCollateralUsd);
    error InsufficientReserveForOpenInterest(uint256 reservedUsd, uint256 maxReservedUsd);
    error InsufficientFundsToPayForCosts(uint256 remainingCostUsd, string step);
    error InvalidDecreaseOrderSize(uint256 sizeDeltaUsd, uint256 positionSizeInUsd);
    error InvalidCollateralTokenForMarket(address market, address token);
    error LiquidatablePosition(string reason, int256 remaining, int256 min, int256 minForLeverage);
    error MaxOpenInterestExceeded(uint256 openInterest, uint256 maxOpenInterest);
    error MinPositionSize(uint256 positionSizeInUsd, uint256 minPositionSizeUsd);
    error PositionShouldNotBeLiquidated(string reason, int256 remaining, int256 min, int256 minForLeverage);
    error UnableToWithdrawCollateral(int256 estimatedRemainingCollateralUsd);

    /// @dev What costs are paid from, in this order; what is left of the gain is paid out.
    struct Purse {
        uint256 output;
        uint256 collateral;
    }

    /// @dev What is taken off a position.
    struct Cut {
        uint256 size;
        uint256 tokens;
        uint256 withdrawn;
        int256 profit;
        bool isLiquidation;
        bool mayFailToPay;
    }

    /// @notice Writes the growth of funding and borrowing, once before every change of a position.
    function touch(GmxV2SimulatorDataStore s, GmxV2Market memory m, GmxV2MarketPrices memory p) public {
        M.Funding memory g = M.fundingGrowth(s, m, p);
        address k = m.marketToken;
        s.incrementUint(K.ofTokenSide("FUNDING_FEE_AMOUNT_PER_SIZE", k, m.longToken, true), g.feeLong);
        s.incrementUint(K.ofTokenSide("FUNDING_FEE_AMOUNT_PER_SIZE", k, m.shortToken, false), g.feeShort);
        s.incrementUint(K.ofTokenSide("CLAIMABLE_FUNDING_AMOUNT_PER_SIZE", k, m.shortToken, true), g.claimLong);
        s.incrementUint(K.ofTokenSide("CLAIMABLE_FUNDING_AMOUNT_PER_SIZE", k, m.longToken, false), g.claimShort);
        s.setInt(K.of1("SAVED_FUNDING_FACTOR_PER_SECOND", k), g.savedFactorPerSecond);
        s.setUint(K.of1("FUNDING_UPDATED_AT", k), block.timestamp);
        for (uint256 i = 0; i < 2; ++i) {
            bool isLong = i == 0;
            s.incrementUint(K.ofSide("CUMULATIVE_BORROWING_FACTOR", k, isLong), M.borrowingGrowth(s, m, p, isLong));
            s.setUint(K.ofSide("CUMULATIVE_BORROWING_FACTOR_UPDATED_AT", k, isLong), block.timestamp);
        }
    }

    function increase(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        GmxV2Order memory o,
        GmxV2Position memory pos,
        bytes32 key
    ) public {
        address collateral = M.collateralOf(m, o.flags.isLong);
        if (o.addresses.initialCollateralToken != collateral) {
            revert InvalidCollateralTokenForMarket(m.marketToken, o.addresses.initialCollateralToken);
        }
        if (pos.addresses.account == address(0)) {
            pos.addresses.account = o.addresses.account;
            pos.addresses.market = m.marketToken;
            pos.addresses.collateralToken = collateral;
            pos.flags.isLong = o.flags.isLong;
        }
        uint256 size = o.numbers.sizeDeltaUsd;
        (uint256 tokens, int256 impact, bool improved) = _priceIncrease(s, m, p, o, pos);
        GmxV2PositionFees memory f = M.fees(s, m, p, pos, size, improved, false, false);
        // The seed of a new position's accumulators is where they stand.
        if (pos.numbers.sizeInUsd == 0) {
            f.funding.fundingFeeAmount = 0;
            (f.funding.claimableLongTokenAmount, f.funding.claimableShortTokenAmount) = (0, 0);
        }
        _addCollateral(pos, o.numbers.initialCollateralDeltaAmount, f);
        pos.numbers.pendingImpactAmount += impact;
        pos.numbers.sizeInUsd += size;
        pos.numbers.sizeInTokens += tokens;
        pos.numbers.increasedAtTime = block.timestamp;
        _book(s, m, pos, f, key);
        _openInterest(s, m, pos.flags.isLong, int256(size), int256(tokens));
        s.incrementUint(K.ofToken("POOL_AMOUNT", m.marketToken, collateral), f.feeAmountForPool);
        if (size > 0) _validateIncrease(s, m, p, pos);
        _validate(s, m, p, pos, true, size == 0);
    }

    function _priceIncrease(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        GmxV2Order memory o,
        GmxV2Position memory pos
    ) private view returns (uint256 tokens, int256 impact, bool improved) {
        uint256 size = o.numbers.sizeDeltaUsd;
        if (size == 0) return (0, 0, false);
        GmxV2ExecutionPrice memory e = M.executionPrice(s, m, p, pos, int256(size));
        uint256 limit = o.numbers.acceptablePrice;
        if (o.flags.isLong ? e.executionPrice > limit : e.executionPrice < limit) {
            revert M.OrderNotFulfillableAtAcceptablePrice(e.executionPrice, limit);
        }
        (tokens, impact) = M.increaseTokens(p, size, e.priceImpactUsd, o.flags.isLong);
        improved = e.balanceWasImproved;
    }

    function _addCollateral(GmxV2Position memory pos, uint256 added, GmxV2PositionFees memory f) private pure {
        int256 delta = int256(added) - int256(f.totalCostAmountExcludingFunding + f.funding.fundingFeeAmount);
        int256 next = int256(pos.numbers.collateralAmount) + delta;
        if (next < 0) revert InsufficientCollateralAmount(pos.numbers.collateralAmount, delta);
        pos.numbers.collateralAmount = uint256(next);
    }

    function _validateIncrease(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        GmxV2Position memory pos
    ) private view {
        bool isLong = pos.flags.isLong;
        uint256 interest = M.openInterest(s, m, isLong);
        uint256 most = s.getUint(K.ofSide("MAX_OPEN_INTEREST", m.marketToken, isLong));
        if (interest > most) revert MaxOpenInterestExceeded(interest, most);
        uint256 reserved = isLong ? M.openInterestInTokens(s, m, true) * p.indexTokenPrice.max : interest;
        most = M.applyFactor(
            M.poolUsd(s, m, p, isLong),
            s.getUint(K.ofSide("OPEN_INTEREST_RESERVE_FACTOR", m.marketToken, isLong))
        );
        if (reserved > most) revert InsufficientReserveForOpenInterest(reserved, most);
        int256 remaining = int256(pos.numbers.collateralAmount * M.collateralPrice(p, isLong).min);
        if (!_enoughCollateral(s, m, pos, pos.numbers.sizeInUsd, remaining, 0)) {
            revert InsufficientCollateralUsd(remaining);
        }
    }

    /// @return output What the order pays out, in the collateral token.
    function decrease(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        GmxV2Order memory o,
        GmxV2Position memory pos,
        bytes32 key,
        bool isAdl
    ) public returns (uint256 output) {
        if (pos.numbers.sizeInUsd == 0) revert EmptyPosition();
        Cut memory cut;
        cut.isLiquidation = o.numbers.orderType == GMX_LIQUIDATION;
        (cut.size, cut.withdrawn) = _adjusted(s, m, p, o, pos);
        if (cut.isLiquidation) _requireLiquidatable(s, m, p, pos);

        GmxV2ExecutionPrice memory e = _priceDecrease(s, m, p, pos, cut.size, o.numbers.acceptablePrice);
        (cut.profit, , cut.tokens) = M.pnl(s, m, p, pos, cut.size);
        GmxV2PositionFees memory f = M.fees(s, m, p, pos, cut.size, e.balanceWasImproved, cut.isLiquidation, false);
        cut.mayFailToPay = cut.size == pos.numbers.sizeInUsd && (cut.isLiquidation || isAdl);
        output = _takeOut(pos, cut, _pay(s, m, pos, f, e, cut.profit, cut.mayFailToPay), e, p);
        _book(s, m, pos, f, key);
        _openInterest(s, m, pos.flags.isLong, -int256(cut.size), -int256(cut.tokens));
        if (pos.numbers.sizeInUsd != 0) _validate(s, m, p, pos, false, false);
    }

    function _adjusted(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        GmxV2Order memory o,
        GmxV2Position memory pos
    ) private view returns (uint256 size, uint256 withdrawn) {
        size = o.numbers.sizeDeltaUsd;
        if (size > pos.numbers.sizeInUsd) revert InvalidDecreaseOrderSize(size, pos.numbers.sizeInUsd);
        withdrawn = Math.min(o.numbers.initialCollateralDeltaAmount, pos.numbers.collateralAmount);
        if (size < pos.numbers.sizeInUsd) (size, withdrawn) = _adjustedPart(s, m, p, pos, size, withdrawn);
        if (size == pos.numbers.sizeInUsd) withdrawn = 0;
    }

    function _priceDecrease(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        GmxV2Position memory pos,
        uint256 size,
        uint256 limit
    ) private view returns (GmxV2ExecutionPrice memory e) {
        e = M.executionPrice(s, m, p, pos, -int256(size));
        if (size > 0 && (pos.flags.isLong ? e.executionPrice < limit : e.executionPrice > limit)) {
            revert M.OrderNotFulfillableAtAcceptablePrice(e.executionPrice, limit);
        }
    }

    /// @dev The position after the cut; what is left of one that is closed goes out, too.
    function _takeOut(
        GmxV2Position memory pos,
        Cut memory cut,
        Purse memory purse,
        GmxV2ExecutionPrice memory e,
        GmxV2MarketPrices memory p
    ) private view returns (uint256 output) {
        uint256 withdrawn = Math.min(cut.withdrawn, purse.collateral);
        int256 pending = e.proportionalPendingImpactUsd;
        if (cut.size == 0) pending = 0;
        pos.numbers.pendingImpactAmount -=
            pending / int256(pending > 0 ? p.indexTokenPrice.min : p.indexTokenPrice.max);
        pos.numbers.sizeInUsd -= cut.size;
        pos.numbers.sizeInTokens -= cut.tokens;
        pos.numbers.collateralAmount = purse.collateral - withdrawn;
        pos.numbers.decreasedAtTime = block.timestamp;
        output = purse.output + withdrawn;
        if (pos.numbers.sizeInUsd == 0 || pos.numbers.sizeInTokens == 0) {
            output += pos.numbers.collateralAmount;
            (pos.numbers.sizeInUsd, pos.numbers.sizeInTokens, pos.numbers.collateralAmount) = (0, 0, 0);
        }
    }

    /// @dev Collateral is not let out where what stays would be too little; what would be too small is closed whole.
    function _adjustedPart(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        GmxV2Position memory pos,
        uint256 size,
        uint256 withdrawn
    ) private view returns (uint256, uint256) {
        (int256 realised, int256 rest) = _splitProfit(s, m, p, pos, size);
        int256 remaining =
            int256((pos.numbers.collateralAmount - withdrawn) * M.collateralPrice(p, pos.flags.isLong).min) +
                SignedMath.min(realised, 0);
        int256 least = int256(s.getUint(K.name("MIN_COLLATERAL_USD")));
        bool enough = _enoughCollateral(s, m, pos, pos.numbers.sizeInUsd - size, remaining, -int256(size));
        if (!enough || remaining + rest < least) {
            if (size == 0) revert UnableToWithdrawCollateral(remaining);
            remaining += int256(withdrawn * M.collateralPrice(p, pos.flags.isLong).min);
            withdrawn = 0;
        }
        if (remaining + rest < least) size = pos.numbers.sizeInUsd;
        uint256 left = pos.numbers.sizeInUsd - size;
        if (left > 0 && left < s.getUint(K.name("MIN_POSITION_SIZE_USD"))) size = pos.numbers.sizeInUsd;
        return (size, withdrawn);
    }

    /// @dev Profit that a part realises, and that of the rest.
    function _splitProfit(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        GmxV2Position memory pos,
        uint256 size
    ) private view returns (int256 realised, int256 rest) {
        uint256 whole = pos.numbers.sizeInUsd;
        (int256 profit, , ) = M.pnl(s, m, p, pos, whole);
        realised = (profit * int256(size / 1e12)) / int256(whole / 1e12);
        rest = profit - realised;
    }

    function _requireLiquidatable(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        GmxV2Position memory pos
    ) private view {
        (bool is_, string memory reason, GmxV2LiquidationInfo memory i) = M.liquidatable(
            s,
            m,
            p,
            pos,
            true,
            true,
            false
        );
        if (is_) return;
        revert PositionShouldNotBeLiquidated(
            reason,
            i.remainingCollateralUsd,
            i.minCollateralUsd,
            i.minCollateralUsdForLeverage
        );
    }

    /// @dev Funding, loss, fees, impact, then what of the impact was above its cap; gains come first.
    function _pay(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2Position memory pos,
        GmxV2PositionFees memory f,
        GmxV2ExecutionPrice memory e,
        int256 profit,
        bool mayFailToPay
    ) private returns (Purse memory purse) {
        purse.collateral = pos.numbers.collateralAmount;
        bytes32 pool = K.ofToken("POOL_AMOUNT", m.marketToken, pos.addresses.collateralToken);
        uint256 unit = f.collateralTokenPrice.min;
        if (profit > 0) {
            uint256 gain = uint256(profit) / f.collateralTokenPrice.max;
            s.decrementUint(pool, gain);
            purse.output += gain;
        }
        if (e.totalImpactUsd > 0) {
            uint256 gain = uint256(e.totalImpactUsd) / f.collateralTokenPrice.max;
            s.decrementUint(pool, gain);
            purse.output += gain;
        }
        (uint256 paid, uint256 missing) = _take(purse, f.funding.fundingFeeAmount);
        if (_stops(missing * unit, "funding", mayFailToPay)) return purse;
        if (profit < 0) {
            (paid, missing) = _take(purse, Math.ceilDiv(uint256(-profit), unit));
            s.incrementUint(pool, paid);
            if (_stops(missing * unit, "pnl", mayFailToPay)) return purse;
        }
        (paid, missing) = _take(purse, f.totalCostAmountExcludingFunding);
        s.incrementUint(pool, missing == 0 ? f.feeAmountForPool : paid);
        if (_stops(missing * unit, "fees", mayFailToPay)) return purse;
        if (e.totalImpactUsd < 0) {
            (paid, missing) = _take(purse, Math.ceilDiv(uint256(-e.totalImpactUsd), unit));
            s.incrementUint(pool, paid);
            if (_stops(missing * unit, "impact", mayFailToPay)) return purse;
        }
        if (e.priceImpactDiffUsd > 0) {
            (paid, missing) = _take(purse, Math.ceilDiv(e.priceImpactDiffUsd, unit));
            _holdBack(s, pos, paid);
            if (_stops(missing * unit, "diff", mayFailToPay)) return purse;
        }
    }

    /// @dev What of the impact was above its cap can be claimed later.
    function _holdBack(GmxV2SimulatorDataStore s, GmxV2Position memory pos, uint256 amount) private {
        bytes32 key = K.claimableCollateral(
            "CLAIMABLE_COLLATERAL_AMOUNT",
            pos.addresses.market,
            pos.addresses.collateralToken,
            block.timestamp / s.getUint(K.name("CLAIMABLE_COLLATERAL_TIME_DIVISOR")),
            pos.addresses.account
        );
        s.incrementUint(key, amount);
    }

    function _stops(uint256 missingUsd, string memory step, bool mayFailToPay) private pure returns (bool) {
        if (missingUsd == 0) return false;
        if (!mayFailToPay) revert InsufficientFundsToPayForCosts(missingUsd, step);
        return true;
    }

    function _take(Purse memory purse, uint256 cost) private pure returns (uint256 paid, uint256 missing) {
        uint256 fromOutput = Math.min(purse.output, cost);
        uint256 fromCollateral = Math.min(purse.collateral, cost - fromOutput);
        purse.output -= fromOutput;
        purse.collateral -= fromCollateral;
        paid = fromOutput + fromCollateral;
        missing = cost - paid;
    }

    function _book(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2Position memory pos,
        GmxV2PositionFees memory f,
        bytes32 key
    ) private {
        address account = pos.addresses.account;
        if (f.funding.claimableLongTokenAmount > 0) {
            s.incrementUint(
                K.ofAccount("CLAIMABLE_FUNDING_AMOUNT", m.marketToken, m.longToken, account),
                f.funding.claimableLongTokenAmount
            );
        }
        if (f.funding.claimableShortTokenAmount > 0) {
            s.incrementUint(
                K.ofAccount("CLAIMABLE_FUNDING_AMOUNT", m.marketToken, m.shortToken, account),
                f.funding.claimableShortTokenAmount
            );
        }
        pos.numbers.fundingFeeAmountPerSize = f.funding.latestFundingFeeAmountPerSize;
        pos.numbers.longTokenClaimableFundingAmountPerSize = f.funding.latestLongTokenClaimableFundingAmountPerSize;
        pos.numbers.shortTokenClaimableFundingAmountPerSize = f.funding.latestShortTokenClaimableFundingAmountPerSize;
        pos.numbers.borrowingFactor = s.getUint(
            K.ofSide("CUMULATIVE_BORROWING_FACTOR", m.marketToken, pos.flags.isLong)
        );
        R.setPosition(s, key, pos);
    }

    function _openInterest(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        bool isLong,
        int256 usd,
        int256 tokens
    ) private {
        address collateral = M.collateralOf(m, isLong);
        s.applyDeltaToUint(K.ofTokenSide("OPEN_INTEREST", m.marketToken, collateral, isLong), usd, "open interest");
        s.applyDeltaToUint(
            K.ofTokenSide("OPEN_INTEREST_IN_TOKENS", m.marketToken, collateral, isLong),
            tokens,
            "open interest in tokens"
        );
    }

    /// @dev Whether what remains is the larger of the market's factor and what the open interest asks for.
    function _enoughCollateral(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2Position memory pos,
        uint256 size,
        int256 remainingUsd,
        int256 interestDelta
    ) private view returns (bool) {
        if (remainingUsd < 0) return false;
        return remainingUsd >= int256(M.applyFactor(size, _collateralFactor(s, m, pos.flags.isLong, interestDelta)));
    }

    function _collateralFactor(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        bool isLong,
        int256 interestDelta
    ) private view returns (uint256) {
        uint256 interest = uint256(int256(M.openInterest(s, m, isLong)) + interestDelta);
        bytes32 key = K.ofSide("MIN_COLLATERAL_FACTOR_FOR_OPEN_INTEREST_MULTIPLIER", m.marketToken, isLong);
        return
            Math.max(M.applyFactor(interest, s.getUint(key)), s.getUint(K.of1("MIN_COLLATERAL_FACTOR", m.marketToken)));
    }

    function _validate(
        GmxV2SimulatorDataStore s,
        GmxV2Market memory m,
        GmxV2MarketPrices memory p,
        GmxV2Position memory pos,
        bool withMinimums,
        bool forLiquidation
    ) private view {
        if (withMinimums) {
            uint256 least = s.getUint(K.name("MIN_POSITION_SIZE_USD"));
            if (pos.numbers.sizeInUsd < least) revert MinPositionSize(pos.numbers.sizeInUsd, least);
        }
        (bool is_, string memory reason, GmxV2LiquidationInfo memory i) = M.liquidatable(
            s,
            m,
            p,
            pos,
            withMinimums,
            forLiquidation,
            false
        );
        if (is_) {
            revert LiquidatablePosition(
                reason,
                i.remainingCollateralUsd,
                i.minCollateralUsd,
                i.minCollateralUsdForLeverage
            );
        }
    }
}
