// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {BPS, PriceMath} from "../../contracts/libraries/PriceMath.sol";
import {HostileCall} from "./HostileHedge.sol";

/// @notice How the venue treats its customers.
/// @param frozen Every change reverts.
/// @param pending Changes are accepted and not carried out.
/// @param deltaLieBase Added to the delta that is reported.
/// @param equityLieQuote Added to the equity that is reported.
struct VenueMood {
    bool frozen;
    bool pending;
    int256 deltaLieBase;
    int256 equityLieQuote;
}

/// @title A lender of base against quote: honest and without limits, until a test makes it hostile.
/// @dev TEST ONLY: anyone may do anything to any account. Collateral and the lender's base both rest here.
contract MarginVenue {
    using SafeERC20 for IERC20;
    using Math for uint256;

    uint256 private constant RAY = 1e27;
    uint256 private constant RATE_BPS_PER_YEAR = 500; // 5 %
    uint256 private constant PENALTY_BPS = 500; // 5 % of what a liquidator repays
    uint256 public constant THRESHOLD_WAD = 0.85e18;

    IERC20 public immutable base;
    IERC20 public immutable quote;
    uint256 public immutable scale;
    uint256 private immutable START;

    mapping(address account => uint256) public collateralOf;
    mapping(address account => uint256) private _scaledDebtOf;
    uint256 public totalCollateral;
    /// @notice The venue's own price of base.
    uint256 public priceWad;
    VenueMood private _mood;
    HostileCall[] private _calls;
    /// @notice Calls back that went through although an operation of the vault was running, by target.
    mapping(address target => uint256) public callsThrough;

    error MarginVenue_Frozen();
    error MarginVenue_Unpaid(uint256 held, uint256 owed);
    error MarginVenue_ReleaseExceedsCollateral(uint256 asked, uint256 collateral);

    constructor(IERC20 base_, IERC20 quote_, uint256 scale_) {
        (base, quote, scale, START) = (base_, quote_, scale_, block.timestamp);
    }

    function mood() external view returns (VenueMood memory) {
        return _mood;
    }

    function setMood(VenueMood calldata mood_) external {
        _mood = mood_;
    }

    /// @notice Calls to make in the middle of every operation from now on.
    function setCalls(HostileCall[] calldata calls) external {
        delete _calls;
        for (uint256 i = 0; i < calls.length; ++i) _calls.push(calls[i]);
    }

    function setPrice(uint256 priceWad_) external {
        priceWad = priceWad_;
    }

    /// @notice More is owed than the collateral is worth, by the venue's own price.
    function isUnderwater(address account) external view returns (bool) {
        return collateralOf[account] < PriceMath.quoteOf(debtOf(account), priceWad, scale, Math.Rounding.Ceil);
    }

    function strike() external {
        for (uint256 i = 0; i < _calls.length; ++i) {
            (bool success, ) = _calls[i].target.call(_calls[i].data);
            if (success) ++callsThrough[_calls[i].target];
        }
    }

    /// @notice Debt with interest to this block, rounded up.
    function debtOf(address account) public view returns (uint256) {
        return _scaledDebtOf[account].mulDiv(_index(), RAY, Math.Rounding.Ceil);
    }

    /// @notice Books collateral that was paid to the venue before this call.
    function post(uint256 amount) external {
        _requireOpen();
        collateralOf[msg.sender] += amount;
        totalCollateral += amount;
        uint256 held = quote.balanceOf(address(this));
        if (held < totalCollateral) revert MarginVenue_Unpaid(held, totalCollateral);
    }

    function release(uint256 amount, address to) external {
        _requireOpen();
        uint256 collateral = collateralOf[msg.sender];
        if (amount > collateral) revert MarginVenue_ReleaseExceedsCollateral(amount, collateral);
        collateralOf[msg.sender] = collateral - amount;
        totalCollateral -= amount;
        quote.safeTransfer(to, amount);
    }

    function borrow(uint256 amount, address to) external {
        _requireOpen();
        _scaledDebtOf[msg.sender] += amount.mulDiv(RAY, _index(), Math.Rounding.Ceil);
        base.safeTransfer(to, amount);
    }

    /// @notice Takes off the debt what was paid to the venue before this call.
    function repay(uint256 amount) external {
        _requireOpen();
        _reduceDebt(msg.sender, amount);
    }

    /// @notice Liquidates a part of an account: repays that part of the debt out of collateral, at the price and a penalty.
    function liquidate(address account, uint256 partBps, uint256 atPriceWad) external {
        uint256 repaid = debtOf(account).mulDiv(partBps, BPS);
        uint256 seized = PriceMath.quoteOf(repaid, atPriceWad, scale, Math.Rounding.Ceil);
        seized = Math.min((seized * (BPS + PENALTY_BPS)) / BPS, collateralOf[account]);
        _reduceDebt(account, repaid);
        collateralOf[account] -= seized;
        totalCollateral -= seized;
    }

    /// @notice The worst liquidation: takes all of the collateral and leaves a part of the debt, which nothing covers.
    function seizeAll(address account, uint256 repaidBps) external {
        _reduceDebt(account, debtOf(account).mulDiv(repaidBps, BPS));
        totalCollateral -= collateralOf[account];
        collateralOf[account] = 0;
    }

    function _reduceDebt(address account, uint256 amount) private {
        uint256 scaled = _scaledDebtOf[account];
        uint256 paid = amount >= debtOf(account) ? scaled : amount.mulDiv(RAY, _index());
        _scaledDebtOf[account] = scaled - Math.min(paid, scaled);
    }

    function _index() private view returns (uint256) {
        return RAY + (RAY * RATE_BPS_PER_YEAR * (block.timestamp - START)) / (BPS * 365 days);
    }

    function _requireOpen() private view {
        if (_mood.frozen) revert MarginVenue_Frozen();
    }
}
