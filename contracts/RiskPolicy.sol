// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

import {IRiskPolicy, PolicyParams} from "./interfaces/IRiskPolicy.sol";
import {LossBucket} from "./libraries/LossBucket.sol";
import {BPS} from "./libraries/PriceMath.sol";
import {Book, PlanPromise} from "./types/VaultTypes.sol";

/// @title Bounds on what a keeper's action may do to one vault.
/// @dev A clone per vault. It holds no funds and trusts nothing but the two books the vault hands it.
contract RiskPolicy is IRiskPolicy, AccessManaged, Initializable {
    /// @dev A full loss bucket. The bucket holds a fraction and not an amount: what it drains must not depend on how much
    /// was deposited or redeemed meanwhile, or a deposit of an hour would empty it and a whale's leaving lock the keeper out.
    uint256 private constant FULL = 1e36;
    uint256 private constant MAX_DELTA_BPS = 5_000; // half of NAV
    uint256 private constant MAX_LOSS_BPS_PER_DAY = 1_000; // 10 %
    uint256 private constant MAX_SLIPPAGE_BPS = 500; // 5 %
    uint256 private constant MAX_COOLDOWN_SECONDS = 1 days;
    uint256 private constant MAX_EXIT_DELAY_SECONDS = 14 days;
    uint256 private constant MIN_HEALTH_FLOOR_WAD = 1.02e18;
    uint256 private constant MAX_HEALTH_FLOOR_WAD = 5e18;

    PolicyParams private _params;
    address public vault;
    uint48 private _lastActionAt;
    uint48 private _bucketAt;
    /// @dev How full the loss bucket was at `_bucketAt`, as a fraction of FULL.
    uint128 private _bucketLevel;
    uint256 public scale;

    /// @dev The implementation itself is never usable: its authority is nobody and it cannot be initialised.
    constructor() AccessManaged(address(0)) {
        _disableInitializers();
    }

    /// @notice Called once by the factory.
    /// @param vault_ The vault this policy judges.
    /// @param authority_ AccessManager that decides who may change the parameters.
    /// @param scale_ Price scale of the vault's pair, see PriceMath.
    function initialize(
        address vault_,
        address authority_,
        uint256 scale_,
        PolicyParams calldata params_
    ) external initializer {
        vault = vault_;
        scale = scale_;
        _setAuthority(authority_);
        _setParams(params_);
    }

    /// @inheritdoc IRiskPolicy
    function params() external view returns (PolicyParams memory) {
        return _params;
    }

    /// @inheritdoc IRiskPolicy
    function maxSlippageBps() external view returns (uint256) {
        return _params.maxSlippageBps;
    }

    /// @inheritdoc IRiskPolicy
    function lastActionAt() external view returns (uint256) {
        return _lastActionAt;
    }

    /// @inheritdoc IRiskPolicy
    function bucketQuote(uint256 navQuote) external view returns (uint256) {
        return _levelQuote(_level(), _capacity(navQuote, _params.maxLossBpsPerDay));
    }

    /// @inheritdoc IRiskPolicy
    function enforce(Book calldata before, Book calldata afterwards, PlanPromise calldata promised) external {
        if (msg.sender != vault) revert RiskPolicy_OnlyVault(msg.sender);
        PolicyParams memory p = _params;
        uint256 deltaBefore = SignedMath.abs(before.deltaBase);
        uint256 deltaAfter = SignedMath.abs(afterwards.deltaBase);

        uint256 readyAt = uint256(_lastActionAt) + p.cooldownSeconds;
        if (block.timestamp < readyAt) {
            // Less exposure, for which a short may grow down to the health floor; or more health at no more exposure.
            bool riskFell =
                deltaAfter < deltaBefore
                    ? afterwards.healthWad >= p.healthFloorWad || afterwards.healthWad >= before.healthWad
                    : deltaAfter == deltaBefore && afterwards.healthWad > before.healthWad;
            if (!riskFell) revert RiskPolicy_CoolingDown(readyAt);
        }

        // Inside the band, or a smaller exposure of the same sign: an action may never overshoot.
        uint256 limitBase = _bandBase(afterwards, p.maxDeltaBps);
        bool sameSign = (before.deltaBase >= 0) == (afterwards.deltaBase >= 0);
        if (deltaAfter > limitBase && !(sameSign && deltaAfter < deltaBefore)) {
            revert RiskPolicy_DeltaOutsideBand(afterwards.deltaBase, limitBase);
        }
        if (deltaAfter > promised.maxResidualDeltaBase) {
            revert RiskPolicy_PromisedDeltaMissed(afterwards.deltaBase, promised.maxResidualDeltaBase);
        }
        if (afterwards.healthWad < p.healthFloorWad && afterwards.healthWad < before.healthWad) {
            revert RiskPolicy_HealthBelowFloor(afterwards.healthWad, p.healthFloorWad);
        }

        _lastActionAt = uint48(block.timestamp); // 2^48 seconds are 8.9 million years
        if (afterwards.navQuote < before.navQuote) {
            uint256 loss = before.navQuote - afterwards.navQuote;
            if (loss > promised.maxLossQuote) revert RiskPolicy_PromisedLossExceeded(loss, promised.maxLossQuote);
            _charge(loss, _capacity(before.navQuote, p.maxLossBpsPerDay));
        }
    }

    /// @notice Replaces the bounds. Restricted; every value is checked against limits in bytecode.
    function setParams(PolicyParams calldata params_) external restricted {
        _setParams(params_);
    }

    function _charge(uint256 loss, uint256 capacity) private {
        if (capacity == 0) revert RiskPolicy_LossBudgetExceeded(loss, 0);
        uint256 level = _level() + Math.mulDiv(loss, FULL, capacity);
        uint256 levelQuote = _levelQuote(level, capacity);
        if (level > FULL) revert RiskPolicy_LossBudgetExceeded(levelQuote, capacity);
        _bucketLevel = uint128(level); // FULL is below 2^128
        _bucketAt = uint48(block.timestamp);
        emit LossCharged(loss, levelQuote, capacity);
    }

    function _level() private view returns (uint256) {
        return LossBucket.levelAfterUp(_bucketLevel, FULL, block.timestamp - _bucketAt);
    }

    /// @dev A level in quote units, rounded up, except for the millionth of a unit that the fraction itself may be off.
    function _levelQuote(uint256 level, uint256 capacity) private pure returns (uint256) {
        bool roundsUp = mulmod(level, capacity, FULL) > FULL / 1e6;
        return Math.mulDiv(level, capacity, FULL) + (roundsUp ? 1 : 0);
    }

    /// @dev Half of the daily budget: a full bucket at once and what drains while a day passes make the budget.
    function _capacity(uint256 navQuote, uint256 bps) private pure returns (uint256) {
        return (navQuote * bps) / (2 * BPS);
    }

    /// @dev Base amount worth `bps` of NAV at the book's price, rounded down.
    function _bandBase(Book calldata book, uint256 bps) private view returns (uint256) {
        return Math.mulDiv((book.navQuote * bps) / BPS, scale, book.priceWad);
    }

    function _setParams(PolicyParams calldata p) private {
        _requireWithin("maxDeltaBps", p.maxDeltaBps, 1, MAX_DELTA_BPS);
        _requireWithin("maxLossBpsPerDay", p.maxLossBpsPerDay, 1, MAX_LOSS_BPS_PER_DAY);
        _requireWithin("maxSlippageBps", p.maxSlippageBps, 1, MAX_SLIPPAGE_BPS);
        _requireWithin("cooldownSeconds", p.cooldownSeconds, 0, MAX_COOLDOWN_SECONDS);
        _requireWithin("exitDelaySeconds", p.exitDelaySeconds, 0, MAX_EXIT_DELAY_SECONDS);
        _requireWithin("healthFloorWad", p.healthFloorWad, MIN_HEALTH_FLOOR_WAD, MAX_HEALTH_FLOOR_WAD);
        _params = p;
        emit ParamsChanged(p);
    }

    function _requireWithin(bytes32 param, uint256 value, uint256 min, uint256 max) private pure {
        if (value < min || value > max) revert RiskPolicy_ParamOutOfBounds(param, value, min, max);
    }
}
