// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

import {IAaveV3Pool, IAaveV3ScaledToken} from "../interfaces/external/IAaveV3.sol";
import {HedgeFlow, HedgeState, IHedge} from "../interfaces/IHedge.sol";
import {IVaultTill} from "../interfaces/IVaultTill.sol";
import {CloneArgs} from "../libraries/CloneArgs.sol";
import {PriceMath, WAD} from "../libraries/PriceMath.sol";
import {Pair} from "../types/VaultTypes.sol";

/// @notice What a clone of the hedge carries in its code.
struct AaveV3HedgeArgs {
    address vault;
    address pool;
    address base;
    address quote;
    address quoteAToken;
    address baseDebtToken;
    uint256 scale;
}

/// @title A borrowed short on Aave v3: quote supplied as collateral, base borrowed at the variable rate.
/// @dev Delta is minus the debt. Borrowed base goes to the vault, which sells it or puts it into the pool; base to
/// repay comes from the vault. Everything settles within the call.
///
/// A loan on Aave binds only this account. When a liquidation left more debt than collateral, the position is given up for
/// as long as that is so: it counts for nothing, nobody who leaves repays any of it, and the adapter takes no new position.
/// It can be replaced by a fresh clone (HedgedVault.proposeAdapterChange).
///
/// Health is computed from this position alone (collateral × liquidation threshold / debt) at the price given, with
/// the threshold read from Aave. Aave's own health factor differs from it only by its oracle's price of the moment.
contract AaveV3Hedge is IHedge {
    using SafeERC20 for IERC20;
    using Math for uint256;
    using SafeCast for uint256;

    /// @dev Fields of AaveV3HedgeArgs.
    uint256 private constant ARGS_WORDS = 7;
    error AaveV3Hedge_OwnCollateral(address asset);
    error AaveV3Hedge_NoCode(address market);

    /// @notice A liquidation left more debt than collateral; the position is given up.
    event HedgeAbandoned();

    uint256 private constant RAY = 1e27;
    uint256 private constant HALF_RAY = 0.5e27;
    uint256 private constant VARIABLE_RATE = 2;
    uint256 private constant THRESHOLD_SHIFT = 16;
    uint256 private constant THRESHOLD_MASK = 0xFFFF;
    uint256 private constant THRESHOLD_UNIT = 10_000;
    /// @dev Aave rounds half up on every mint and burn of scaled balances: a few units of drift are not a loss.
    uint256 private constant LOSS_TOLERANCE_UNITS = 16;
    /// @dev Whoever wants to repay all cannot know the interest of the last block: a thousandth too much repays all.
    uint256 private constant INTEREST_SLACK_PART = 1_000;

    /// @notice The Aave market that clones of this code borrow from.
    IAaveV3Pool public immutable market;

    /// @notice Scaled collateral that we left at the venue. Interest does not move it; only we, a donor (up) or a
    /// liquidator (down) do. Our own changes are booked as changes, so that nothing we do can hide what a liquidator took.
    uint248 public recordedScaledCollateral;
    /// @dev A liquidation was found that left more debt than collateral: from then on both are compared before anything is
    /// owed to Aave.
    bool private _distressed;

    constructor(IAaveV3Pool market_) {
        if (address(market_).code.length == 0) revert AaveV3Hedge_NoCode(address(market_));
        market = market_;
    }

    /// @notice What this clone was made with; reverts on the implementation itself, which carries nothing.
    function args() public view returns (AaveV3HedgeArgs memory a) {
        uint256 pointer = CloneArgs.copy(ARGS_WORDS);
        // The struct is that many static words, see CloneArgs.
        assembly ("memory-safe") {
            a := pointer
        }
    }

    /// @inheritdoc IHedge
    function venue() external pure returns (string memory) {
        return "aave-v3-short";
    }

    /// @inheritdoc IHedge
    function isGenuine() external view returns (bool) {
        AaveV3HedgeArgs memory a = args();
        Pair memory pair = IVaultTill(a.vault).pair();
        return
            a.pool == address(market) &&
            a.base == pair.base &&
            a.quote == pair.quote &&
            a.scale == pair.scale &&
            a.quoteAToken == market.getReserveData(pair.quote).aTokenAddress &&
            a.baseDebtToken == market.getReserveData(pair.base).variableDebtTokenAddress;
    }

    /// @inheritdoc IHedge
    function read(uint256 priceWad) external view returns (HedgeState memory state) {
        AaveV3HedgeArgs memory a = args();
        (uint256 scaledCollateral, uint256 collateral, uint256 debt) = _position(a);
        uint256 debtQuote = PriceMath.quoteOf(debt, priceWad, a.scale, Math.Rounding.Ceil);
        if (_distressed && collateral < debtQuote) {
            state.healthWad = type(uint256).max;
            return state;
        }
        // Token amounts are far below 2^255.
        state.deltaBase = -int256(debt);
        state.equityMinQuote = int256(collateral) - int256(debtQuote);
        // The loan binds this account only: more debt than collateral is at worst nothing.
        state.equityMaxQuote = SignedMath.max(state.equityMinQuote, 0);
        state.healthWad =
            debtQuote == 0
                ? type(uint256).max
                : collateral.mulDiv(_liquidationThreshold(a) * WAD, debtQuote * THRESHOLD_UNIT);
        state.lost = scaledCollateral + LOSS_TOLERANCE_UNITS < recordedScaledCollateral;
    }

    /// @notice The position is given up: a liquidation was found, and the debt is worth more than the collateral left.
    function abandoned() public view returns (bool) {
        return _distressed && _isUnderwater(args());
    }

    /// @notice Collateral and debt with interest to this block, in token units.
    function position() external view returns (uint256 collateralQuote, uint256 debtBase) {
        (, collateralQuote, debtBase) = _position(args());
    }

    /// @inheritdoc IHedge
    function pendingDeltaBase() external pure returns (int256) {
        return 0;
    }

    /// @inheritdoc IHedge
    function marginFactorWad() external view returns (uint256) {
        return (_liquidationThreshold(args()) * WAD) / THRESHOLD_UNIT;
    }

    /// @inheritdoc IHedge
    function baseToUnwind(uint256 numerator, uint256 denominator) external view returns (uint256) {
        return abandoned() ? 0 : _debt(args()).mulDiv(numerator, denominator, Math.Rounding.Ceil);
    }

    /// @inheritdoc IHedge
    function adjust(int256 deltaChangeBase, int256 marginChangeQuote) external returns (HedgeFlow memory flow) {
        AaveV3HedgeArgs memory a = _argsForVault();
        if (abandoned()) revert Hedge_Abandoned();
        IAaveV3Pool pool = IAaveV3Pool(a.pool);
        uint256 scaledBefore = marginChangeQuote == 0 ? 0 : _scaledCollateral(a);
        if (marginChangeQuote > 0) {
            uint256 margin = uint256(marginChangeQuote);
            _pull(a, a.quote, margin);
            pool.supply(a.quote, margin, address(this), 0);
        }
        if (deltaChangeBase < 0) {
            flow.baseReceived = uint256(-deltaChangeBase);
            pool.borrow(a.base, flow.baseReceived, VARIABLE_RATE, 0, address(this));
            IERC20(a.base).safeTransfer(a.vault, flow.baseReceived);
        } else if (deltaChangeBase > 0) {
            uint256 asked = uint256(deltaChangeBase);
            uint256 debt = _debt(a);
            if (asked > debt + debt / INTEREST_SLACK_PART) revert Hedge_ReduceExceedsShort(asked, debt);
            deltaChangeBase = int256(Math.min(asked, debt));
            if (deltaChangeBase > 0) _repay(a, uint256(deltaChangeBase));
        }
        if (marginChangeQuote < 0) {
            flow.quoteReceived = pool.withdraw(a.quote, uint256(-marginChangeQuote), a.vault);
        }
        if (marginChangeQuote != 0) _recordChange(scaledBefore, _scaledCollateral(a));
        emit HedgeAdjusted(deltaChangeBase, marginChangeQuote);
    }

    /// @inheritdoc IHedge
    function unwind(uint256 numerator, uint256 denominator) external returns (HedgeFlow memory flow) {
        return _unwind(numerator, denominator, address(0));
    }

    /// @inheritdoc IHedge
    function unwindInKind(
        uint256 numerator,
        uint256 denominator,
        address receiver
    ) external returns (HedgeFlow memory flow) {
        return _unwind(numerator, denominator, receiver);
    }

    /// @inheritdoc IHedge
    function isEmpty() external view returns (bool) {
        if (abandoned()) return true;
        AaveV3HedgeArgs memory a = args();
        // Collateral that a stranger planted does not count, nor the units that Aave's rounding may leave behind; the debt
        // must be gone to the last one.
        return Math.min(_scaledCollateral(a), recordedScaledCollateral) <= LOSS_TOLERANCE_UNITS && _debt(a) == 0;
    }

    /// @inheritdoc IHedge
    function reconcile() external returns (bool lost) {
        AaveV3HedgeArgs memory a = args();
        uint256 found = _scaledCollateral(a);
        uint256 expected = recordedScaledCollateral;
        lost = found + LOSS_TOLERANCE_UNITS < expected;
        if (lost) {
            // Only the vault may settle our memory: it must enter its degraded mode in the same call.
            if (msg.sender == a.vault) {
                recordedScaledCollateral = found.toUint248();
                if (!_distressed && _isUnderwater(a)) {
                    _distressed = true;
                    emit HedgeAbandoned();
                }
            }
            uint256 index = IAaveV3Pool(a.pool).getReserveNormalizedIncome(a.quote);
            emit HedgeLost(_rayMul(expected, index), _rayMul(found, index));
        }
    }

    /// @inheritdoc IHedge
    function cancelStale() external pure {
        revert Hedge_NothingPending();
    }

    /// @dev The arguments, for a function that only the vault may call.
    function _argsForVault() private view returns (AaveV3HedgeArgs memory a) {
        a = args();
        if (msg.sender != a.vault) revert Hedge_OnlyVault(msg.sender);
    }

    /// @notice Makes Aave forget an asset that a stranger supplied on our behalf as collateral. Anyone may call, for any
    /// asset but our own collateral: Aave refuses withdrawals from an account with debt while one of its collaterals has
    /// lost its loan-to-value, and so a planted one could block exits.
    function dropCollateral(address asset) external {
        AaveV3HedgeArgs memory a = args();
        if (asset == a.quote) revert AaveV3Hedge_OwnCollateral(asset);
        IAaveV3Pool(a.pool).setUserUseReserveAsCollateral(asset, false);
    }

    /// @dev Repays the part and takes the same part of the collateral out, to the vault; where Aave cannot pay it out and
    /// somebody is named to take it, as aTokens to him.
    function _unwind(
        uint256 numerator,
        uint256 denominator,
        address aTokenReceiver
    ) private returns (HedgeFlow memory flow) {
        AaveV3HedgeArgs memory a = _argsForVault();
        if (abandoned()) return flow;
        (uint256 scaledBefore, uint256 collateral) = _collateral(a);
        uint256 repaid = _debt(a).mulDiv(numerator, denominator, Math.Rounding.Ceil);
        if (repaid > 0) _repay(a, repaid);
        uint256 released = collateral.mulDiv(numerator, denominator);
        if (released > 0) {
            flow.quoteReceived = _release(a, numerator == denominator ? type(uint256).max : released, aTokenReceiver);
            _recordChange(scaledBefore, _scaledCollateral(a));
        }
        emit HedgeAdjusted(int256(repaid), -int256(released));
    }

    /// @return paidQuote What reached the vault as quote; zero when aTokens went out instead.
    function _release(
        AaveV3HedgeArgs memory a,
        uint256 amount,
        address aTokenReceiver
    ) private returns (uint256 paidQuote) {
        if (aTokenReceiver == address(0)) return IAaveV3Pool(a.pool).withdraw(a.quote, amount, a.vault);
        try IAaveV3Pool(a.pool).withdraw(a.quote, amount, a.vault) returns (uint256 withdrawn) {
            return withdrawn;
        } catch {
            IERC20 aToken = IERC20(a.quoteAToken);
            aToken.safeTransfer(aTokenReceiver, amount == type(uint256).max ? aToken.balanceOf(address(this)) : amount);
        }
    }

    function _pull(AaveV3HedgeArgs memory a, address token, uint256 amount) private {
        IVaultTill(a.vault).pay(token, amount, address(this));
        IERC20(token).forceApprove(a.pool, amount);
    }

    function _repay(AaveV3HedgeArgs memory a, uint256 amount) private {
        _pull(a, a.base, amount);
        IAaveV3Pool(a.pool).repay(a.base, amount, VARIABLE_RATE, address(this));
    }

    function _recordChange(uint256 scaledBefore, uint256 scaledAfter) private {
        uint256 recorded = recordedScaledCollateral;
        recordedScaledCollateral =
            scaledAfter >= scaledBefore
                ? (recorded + (scaledAfter - scaledBefore)).toUint248()
                : recorded.saturatingSub(scaledBefore - scaledAfter).toUint248();
    }

    /// @dev By Aave's own prices.
    function _isUnderwater(AaveV3HedgeArgs memory a) private view returns (bool) {
        (uint256 collateral, uint256 debt, , , , ) = IAaveV3Pool(a.pool).getUserAccountData(address(this));
        return collateral < debt;
    }

    function _scaledCollateral(AaveV3HedgeArgs memory a) private view returns (uint256) {
        return IAaveV3ScaledToken(a.quoteAToken).scaledBalanceOf(address(this));
    }

    function _position(
        AaveV3HedgeArgs memory a
    ) private view returns (uint256 scaledCollateral, uint256 collateral, uint256 debt) {
        (scaledCollateral, collateral) = _collateral(a);
        uint256 scaledDebt = IAaveV3ScaledToken(a.baseDebtToken).scaledBalanceOf(address(this));
        if (scaledDebt > 0) {
            debt = _rayMul(scaledDebt, IAaveV3Pool(a.pool).getReserveNormalizedVariableDebt(a.base));
        }
    }

    function _collateral(AaveV3HedgeArgs memory a) private view returns (uint256 scaled, uint256 amount) {
        scaled = _scaledCollateral(a);
        if (scaled > 0) amount = _rayMul(scaled, IAaveV3Pool(a.pool).getReserveNormalizedIncome(a.quote));
    }

    /// @dev What is owed to the last unit, in the token's own arithmetic: versions of Aave round debts differently, and
    /// what is repaid must not leave a unit behind. Dearer to read than the valuation above, which may be a unit off.
    function _debt(AaveV3HedgeArgs memory a) private view returns (uint256) {
        return IERC20(a.baseDebtToken).balanceOf(address(this));
    }

    function _liquidationThreshold(AaveV3HedgeArgs memory a) private view returns (uint256) {
        return (IAaveV3Pool(a.pool).getConfiguration(a.quote) >> THRESHOLD_SHIFT) & THRESHOLD_MASK;
    }

    /// @dev Aave's rounding, half up.
    function _rayMul(uint256 value, uint256 ray) private pure returns (uint256) {
        return (value * ray + HALF_RAY) / RAY;
    }
}
