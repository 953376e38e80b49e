// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

import {IHedgedVault} from "./interfaces/IHedgedVault.sol";
import {IRealizedVolatility, MAX_VOLATILITY_BPS} from "./interfaces/IRealizedVolatility.sol";
import {IRiskPolicy, PolicyParams} from "./interfaces/IRiskPolicy.sol";
import {CloneArgs} from "./libraries/CloneArgs.sol";
import {LeakyBucket} from "./libraries/LeakyBucket.sol";
import {BPS, PIPS_PER_BPS, PriceMath} from "./libraries/PriceMath.sol";
import {Book, PlanPromise} from "./types/VaultTypes.sol";

/// @title Bounds on what an action may do to one vault.
/// @dev A clone per vault. It holds no funds and trusts nothing but the two books the vault hands it and the pool's own
/// record of how it moved. The clone's code carries, packed: authority (20 bytes), volatility (20), base decimals (1), quote
/// decimals (1).
contract RiskPolicy is IRiskPolicy, AccessManaged {
    uint256 private constant ARGS_BYTES = 42;
    /// @dev A full bucket. Buckets hold a fraction and not an amount: what they drain must not depend on how much was
    /// deposited or redeemed meanwhile, or a deposit of an hour would empty them and a whale's leaving lock the keeper out.
    uint256 private constant FULL = 1e31;
    uint256 private constant MAX_DELTA_BPS = 5_000; // half of NAV
    uint256 private constant MAX_LOSS_BPS_PER_DAY = 1_000; // 10 %
    uint256 private constant MAX_TURNOVER_BPS_PER_DAY = 1_000_000; // 100 × NAV
    uint256 private constant MAX_SLIPPAGE_BPS = 500; // 5 %
    uint256 private constant MIN_RANGE_TICKS = 20; // about 0.2 %
    uint256 private constant MAX_RANGE_TICKS = 20_000; // about ×/÷ 2.7
    uint256 private constant MAX_COOLDOWN_SECONDS = 1 days;
    uint256 private constant MAX_EXIT_DELAY_SECONDS = 14 days;
    uint256 private constant MIN_GRACE_SECONDS = 5 minutes;
    uint256 private constant MAX_GRACE_SECONDS = 7 days;
    uint256 private constant MIN_HEALTH_FLOOR_WAD = 1.02e18;
    uint256 private constant MAX_HEALTH_FLOOR_WAD = 5e18;
    uint256 private constant MAX_HEALTH_PER_VOLATILITY_BPS = 10_000;
    /// @dev healthPerVolatilityBps × bps of volatility × this = WAD.
    uint256 private constant WAD_PER_SQUARE_BPS = 1e10;

    PolicyParams private _params;

    address public vault;
    uint48 private _lastActionAt;

    // One slot: how full the buckets were at `_bucketsAt`, as fractions of FULL (below 2^104).
    uint104 private _lossLevel;
    uint104 private _turnoverLevel;
    uint48 private _bucketsAt;

    /// @dev The implementation itself is never usable: it carries no arguments.
    constructor() AccessManaged(address(0)) {}

    /// @notice Called once, by the factory.
    /// @param vault_ The vault this policy judges; it must know its liquidity already.
    function initialize(address vault_, PolicyParams calldata params_) external {
        if (vault != address(0)) revert RiskPolicy_AlreadyInitialized();
        CloneArgs.copyBytes(ARGS_BYTES); // reverts on the implementation
        vault = vault_;
        _setParams(params_);
    }

    /// @notice AccessManager that decides who may change the parameters; never changes.
    function authority() public view override returns (address) {
        return CloneArgs.addressAt(CloneArgs.copyBytes(ARGS_BYTES), 0);
    }

    /// @notice Where realised volatility is measured.
    function volatility() public view returns (IRealizedVolatility) {
        return IRealizedVolatility(CloneArgs.addressAt(CloneArgs.copyBytes(ARGS_BYTES), 20));
    }

    /// @notice Refused: the authority is part of the clone's code.
    function setAuthority(address) public view override {
        revert AccessManagedUnauthorized(msg.sender);
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
    function planBounds() external view returns (uint256 slippageBps, uint256 minRangeTicks) {
        return (_params.maxSlippageBps, _params.minRangeTicks);
    }

    /// @inheritdoc IRiskPolicy
    function lastActionAt() external view returns (uint256) {
        return _lastActionAt;
    }

    /// @inheritdoc IRiskPolicy
    function bucketQuote(uint256 navQuote) external view returns (uint256) {
        return _levelQuote(_drained(_lossLevel), _capacity(navQuote, _params.maxLossBpsPerDay));
    }

    /// @inheritdoc IRiskPolicy
    function turnoverBucketQuote(uint256 navQuote) external view returns (uint256) {
        return _levelQuote(_drained(_turnoverLevel), _capacity(navQuote, _params.maxTurnoverBpsPerDay));
    }

    /// @inheritdoc IRiskPolicy
    function healthFloorNowWad() external view returns (uint256) {
        return _floorWad(_params, volatility().volatilityBps());
    }

    /// @inheritdoc IRiskPolicy
    function enforce(
        Book calldata before,
        Book calldata afterwards,
        PlanPromise calldata promised,
        uint256 turnoverQuote
    ) external {
        _requireVault();
        PolicyParams memory p = _params;
        uint256 deltaAfter = SignedMath.abs(afterwards.deltaBase);
        uint256 floorWad = _floorFor(p, afterwards);

        uint256 readyAt = uint256(_lastActionAt) + p.cooldownSeconds;
        if (block.timestamp < readyAt && !_riskFell(before, afterwards, floorWad))
            revert RiskPolicy_CoolingDown(readyAt);
        _requireBounds(p, before, afterwards, floorWad);
        if (deltaAfter > promised.maxResidualDeltaBase) {
            revert RiskPolicy_PromisedDeltaMissed(afterwards.deltaBase, promised.maxResidualDeltaBase);
        }
        _lastActionAt = uint48(block.timestamp); // 2^48 seconds are 8.9 million years
        uint256 loss = Math.saturatingSub(before.navQuote, afterwards.navQuote);
        if (loss > promised.maxLossQuote) revert RiskPolicy_PromisedLossExceeded(loss, promised.maxLossQuote);
        _charge(p, before, afterwards, loss, turnoverQuote);
    }

    /// @inheritdoc IRiskPolicy
    function enforceUnexecuted(Book calldata before, Book calldata afterwards) external view {
        uint256 delta = SignedMath.abs(afterwards.deltaBase);
        uint256 limitBase = _bandBase(afterwards, _params.maxDeltaBps);
        if (delta <= limitBase) return;
        bool turned = (before.deltaBase < 0) != (afterwards.deltaBase < 0);
        if (turned || delta > SignedMath.abs(before.deltaBase)) {
            revert RiskPolicy_DeltaOutsideBand(afterwards.deltaBase, limitBase);
        }
    }

    /// @inheritdoc IRiskPolicy
    function enforceEmergency(Book calldata before, Book calldata afterwards, uint256 turnoverQuote) external {
        _requireVault();
        PolicyParams memory p = _params;
        uint256 silentAt = uint256(_lastActionAt) + p.keeperGraceSeconds;
        if (block.timestamp < silentAt) revert RiskPolicy_KeeperNotSilent(silentAt);
        uint256 limitBase = _bandBase(before, p.emergencyDeltaBps);
        if (SignedMath.abs(before.deltaBase) <= limitBase) {
            revert RiskPolicy_InsideEmergencyBand(before.deltaBase, limitBase);
        }
        if (SignedMath.abs(afterwards.deltaBase) >= SignedMath.abs(before.deltaBase)) {
            revert RiskPolicy_DeltaOutsideBand(afterwards.deltaBase, SignedMath.abs(before.deltaBase));
        }
        _requireBounds(p, before, afterwards, _floorFor(p, afterwards));
        uint256 loss = Math.saturatingSub(before.navQuote, afterwards.navQuote);
        _charge(p, before, afterwards, loss, turnoverQuote);
    }

    /// @notice Replaces the bounds. Restricted; every value is checked against limits in bytecode.
    function setParams(PolicyParams calldata params_) external restricted {
        _setParams(params_);
    }

    function _requireVault() private view {
        if (msg.sender != vault) revert RiskPolicy_OnlyVault(msg.sender);
    }

    /// @dev Less exposure, for which a short may grow down to the health floor; or more health at no more exposure.
    function _riskFell(Book calldata before, Book calldata afterwards, uint256 floorWad) private pure returns (bool) {
        uint256 deltaBefore = SignedMath.abs(before.deltaBase);
        uint256 deltaAfter = SignedMath.abs(afterwards.deltaBase);
        return
            deltaAfter < deltaBefore
                ? afterwards.healthWad >= floorWad || afterwards.healthWad >= before.healthWad
                : deltaAfter == deltaBefore && afterwards.healthWad > before.healthWad;
    }

    function _requireBounds(
        PolicyParams memory p,
        Book calldata before,
        Book calldata afterwards,
        uint256 floorWad
    ) private view {
        // Inside the band, or a smaller exposure of the same sign: an action may never overshoot.
        uint256 deltaAfter = SignedMath.abs(afterwards.deltaBase);
        uint256 limitBase = _bandBase(afterwards, p.maxDeltaBps);
        bool sameSign = (before.deltaBase >= 0) == (afterwards.deltaBase >= 0);
        if (deltaAfter > limitBase && !(sameSign && deltaAfter < SignedMath.abs(before.deltaBase))) {
            revert RiskPolicy_DeltaOutsideBand(afterwards.deltaBase, limitBase);
        }
        if (afterwards.healthWad < floorWad && afterwards.healthWad < before.healthWad) {
            revert RiskPolicy_HealthBelowFloor(afterwards.healthWad, floorWad);
        }
    }

    function _charge(
        PolicyParams memory p,
        Book calldata before,
        Book calldata afterwards,
        uint256 loss,
        uint256 turnover
    ) private {
        uint256 lossLevel = _drained(_lossLevel);
        uint256 turnoverLevel = _drained(_turnoverLevel);
        if (loss > 0) {
            uint256 capacity = _capacity(before.navQuote, p.maxLossBpsPerDay);
            if (capacity == 0) revert RiskPolicy_LossBudgetExceeded(loss, 0);
            lossLevel += Math.mulDiv(loss, FULL, capacity, Math.Rounding.Ceil);
            uint256 levelQuote = _levelQuote(lossLevel, capacity);
            if (lossLevel > FULL) revert RiskPolicy_LossBudgetExceeded(levelQuote, capacity);
            emit LossCharged(loss, levelQuote, capacity);
        }
        if (turnover > 0) {
            uint256 capacity = _capacity(before.navQuote, p.maxTurnoverBpsPerDay);
            bool deltaFell = SignedMath.abs(afterwards.deltaBase) < SignedMath.abs(before.deltaBase);
            if (capacity == 0 && !deltaFell) revert RiskPolicy_TurnoverExceeded(turnover, 0);
            if (capacity != 0) turnoverLevel += Math.mulDiv(turnover, FULL, capacity, Math.Rounding.Ceil);
            uint256 levelQuote = _levelQuote(turnoverLevel, capacity);
            if (turnoverLevel > FULL) {
                if (!deltaFell) revert RiskPolicy_TurnoverExceeded(levelQuote, capacity);
                turnoverLevel = FULL; // what brought the delta down is not held against the keeper for longer than a day
            }
            emit TurnoverCharged(turnover, levelQuote, capacity);
        }
        _lossLevel = uint104(lossLevel); // FULL is below 2^104
        _turnoverLevel = uint104(turnoverLevel);
        _bucketsAt = uint48(block.timestamp);
    }

    function _drained(uint256 level) private view returns (uint256) {
        return LeakyBucket.levelAfterUp(level, FULL, block.timestamp - _bucketsAt);
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
        uint256 pointer = CloneArgs.copyBytes(ARGS_BYTES);
        uint256 scale = PriceMath.scaleOf(CloneArgs.uint8At(pointer, 40), CloneArgs.uint8At(pointer, 41));
        return Math.mulDiv((book.navQuote * bps) / BPS, scale, book.priceWad);
    }

    /// @dev The floor for a book. Measuring is dear: a health above any floor that there can be is not asked further.
    function _floorFor(PolicyParams memory p, Book calldata afterwards) private returns (uint256 floorWad) {
        floorWad = _floorWad(p, MAX_VOLATILITY_BPS);
        if (afterwards.healthWad < floorWad) floorWad = _floorWad(p, volatility().refresh());
    }

    function _floorWad(PolicyParams memory p, uint256 volatilityBps) private pure returns (uint256) {
        return p.healthFloorWad + volatilityBps * p.healthPerVolatilityBps * WAD_PER_SQUARE_BPS;
    }

    function _setParams(PolicyParams calldata p) private {
        _requireWithin("maxDeltaBps", p.maxDeltaBps, 1, MAX_DELTA_BPS);
        _requireWithin("maxLossBpsPerDay", p.maxLossBpsPerDay, 1, MAX_LOSS_BPS_PER_DAY);
        _requireWithin("maxTurnoverBpsPerDay", p.maxTurnoverBpsPerDay, 1, MAX_TURNOVER_BPS_PER_DAY);
        // Below the pool's fee not even a swap at the oracle's price would go through, and no redemption that needs one.
        uint256 feeBps = Math.ceilDiv(IHedgedVault(vault).liquidity().swapFeePips(), PIPS_PER_BPS);
        _requireWithin("maxSlippageBps", p.maxSlippageBps, feeBps + 1, MAX_SLIPPAGE_BPS);
        _requireWithin("minRangeTicks", p.minRangeTicks, MIN_RANGE_TICKS, MAX_RANGE_TICKS);
        _requireWithin("cooldownSeconds", p.cooldownSeconds, 0, MAX_COOLDOWN_SECONDS);
        _requireWithin("exitDelaySeconds", p.exitDelaySeconds, 0, MAX_EXIT_DELAY_SECONDS);
        _requireWithin("keeperGraceSeconds", p.keeperGraceSeconds, MIN_GRACE_SECONDS, MAX_GRACE_SECONDS);
        // Inside the keeper's own band nothing is an emergency.
        _requireWithin("emergencyDeltaBps", p.emergencyDeltaBps, p.maxDeltaBps, BPS);
        _requireWithin("healthFloorWad", p.healthFloorWad, MIN_HEALTH_FLOOR_WAD, MAX_HEALTH_FLOOR_WAD);
        _requireWithin("healthPerVolatilityBps", p.healthPerVolatilityBps, 0, MAX_HEALTH_PER_VOLATILITY_BPS);
        _params = p;
        emit ParamsChanged(p);
    }

    function _requireWithin(bytes32 param, uint256 value, uint256 min, uint256 max) private pure {
        if (value < min || value > max) revert RiskPolicy_ParamOutOfBounds(param, value, min, max);
    }
}
