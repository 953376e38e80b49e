// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";

import {IRiskPolicy, PolicyParams} from "../../contracts/interfaces/IRiskPolicy.sol";
import {Book, PlanPromise} from "../../contracts/types/VaultTypes.sol";
import {Test} from "../unit/contracts/Test.sol";
import {IPolicy} from "./support/Production.sol";
import {FuzzSelector, deployCode, vm} from "./support/Vm.sol";

/// @notice How a vault was moved, as parts of its NAV.
struct Charge {
    uint256 time;
    uint256 fraction;
}

/// @title A vault that is only books: it asks its policy about random ones and keeps all that went through.
/// @dev It is its own liquidity and its own measure of volatility as well.
contract GhostVault is Test {
    uint256 private constant BPS = 10_000;
    uint256 private constant SCALE = 1e30;
    uint256 private constant DAY = 1 days;
    uint256 public constant FULL = 1e36;
    uint256 private constant MIN_NAV = 1e9;
    uint256 private constant PRICE_WAD = 2_000e18;
    uint256 private constant MAX_VOLATILITY_BPS = 30_000;

    IPolicy public immutable policy;
    PolicyParams private _params;
    Charge[] private _losses;
    Charge[] private _turnovers;
    uint256 private _oldestLoss;
    uint256 private _oldestTurnover;
    uint256 public worstWindow;
    /// @notice Of actions that left as much delta as they found, or more.
    uint256 public worstTurnover;
    uint256 public accepted;
    uint256 public refused;
    /// @dev When the keeper last acted; `hedgeNow` does not count.
    uint256 private _actedAt;
    uint256 public volatilityBps = 8_000;
    uint256 private _entropy;

    constructor() {
        _params = PolicyParams(500, 100, 50_000, 100, 200, 0, 1 days, 1 hours, 1_000, 1.15e18, 1_000);
        address implementation = deployCode(vm.getCode("contracts/RiskPolicy.sol:RiskPolicy"));
        policy = IPolicy(
            Clones.cloneWithImmutableArgs(
                implementation,
                abi.encodePacked(address(this), address(this), uint8(18), uint8(6))
            )
        );
    }

    /// @notice The policy asks back, so this cannot be done while the vault is made.
    function begin() external {
        policy.initialize(address(this), _params);
    }

    function targets() external pure returns (bytes4[] memory t) {
        t = new bytes4[](9);
        (t[0], t[1], t[2], t[3]) = (
            this.pass.selector,
            this.lose.selector,
            this.loseAllThereIs.selector,
            this.gain.selector
        );
        (t[4], t[5], t[6], t[7]) = (
            this.judge.selector,
            this.trade.selector,
            this.tradeAllThereIs.selector,
            this.hedge.selector
        );
        t[8] = this.stir.selector;
    }

    // --- what the policy asks for

    function liquidity() external view returns (address) {
        return address(this);
    }

    function swapFeePips() external pure returns (uint256) {
        return 500;
    }

    function refresh() external view returns (uint256) {
        return volatilityBps;
    }

    // --- what the fuzzer calls

    function pass(uint256 elapsed) external {
        vm.warp(block.timestamp + bound(elapsed, 1, 8 hours));
    }

    /// @notice Another volatility, up to the highest there is.
    function stir(uint256 seed) external {
        volatilityBps = bound(seed, 0, MAX_VOLATILITY_BPS);
    }

    /// @notice A loss of random size; small and large ones, in a vault whose worth changes all the time.
    function lose(uint256 seed) external {
        _entropy = seed;
        uint256 nav = _pick(MIN_NAV, 1e15);
        uint256 capacity = (nav * _params.maxLossBpsPerDay) / (2 * BPS);
        _lose(nav, _pick(0, capacity / (_pick(0, 3) == 0 ? 1 : 20)), _pick(0, 3) == 0);
    }

    /// @notice The largest loss that the policy lets through right now, found from its own view, and one unit more.
    function loseAllThereIs(uint256 seed) external {
        _entropy = seed;
        uint256 nav = _pick(MIN_NAV, 1e15);
        uint256 capacity = (nav * _params.maxLossBpsPerDay) / (2 * BPS);
        uint256 level = policy.bucketQuote(nav);
        if (level >= capacity) return;
        bool emergency = _pick(0, 3) == 0 && _isSilent();
        // The view rounds its level up by as much as a unit.
        assertTrue(!_lose(nav, capacity - level + 2, emergency), "RP-2 more than the bucket holds");
        assertTrue(_lose(nav, capacity - level, emergency), "RP-3 what the bucket holds");
    }

    /// @notice A gain is never refused, whatever the bucket says.
    function gain(uint256 seed) external {
        _entropy = seed;
        uint256 nav = _pick(MIN_NAV, 1e15);
        (Book memory before, Book memory afterwards) = (_book(nav), _book(nav + _pick(0, nav)));
        policy.enforce(before, afterwards, _promise(), 0);
        _actedAt = block.timestamp;
        ++accepted;
    }

    /// @notice A turnover of random size.
    function trade(uint256 seed) external {
        _entropy = seed;
        uint256 nav = _pick(MIN_NAV, 1e15);
        uint256 capacity = (nav * _params.maxTurnoverBpsPerDay) / (2 * BPS);
        bool reduces = _pick(0, 3) == 0;
        bool done = _trade(nav, _pick(0, capacity / (_pick(0, 3) == 0 ? 1 : 20)), reduces);
        assertTrue(done || !reduces, "RP-6 refused although the delta fell");
    }

    /// @notice The largest turnover that the policy lets through right now, and one unit more; less delta is always welcome.
    function tradeAllThereIs(uint256 seed) external {
        _entropy = seed;
        uint256 nav = _pick(MIN_NAV, 1e15);
        uint256 capacity = (nav * _params.maxTurnoverBpsPerDay) / (2 * BPS);
        uint256 level = policy.turnoverBucketQuote(nav);
        assertLe(level, capacity + 1, "RP-6 fuller than full");
        if (level >= capacity) return;
        assertTrue(!_trade(nav, capacity - level + 2, false), "RP-6 more than the bucket holds");
        // The view leaves out a millionth of a unit, which may be what is missing.
        bool filled = _trade(nav, capacity - level, false) || _trade(nav, capacity - level - 1, false);
        assertTrue(filled, "RP-6 what the bucket holds, but for a unit");
        assertTrue(_trade(nav, _pick(1, 10 * capacity), true), "RP-6 refused although the delta fell");
    }

    /// @notice Random deltas and healths: what goes through is inside the band or smaller, and healthy or healthier.
    function judge(uint256 seed) external {
        _entropy = seed;
        (Book memory before, Book memory afterwards) = _pickBooks();
        PlanPromise memory promised = _promise();
        promised.maxResidualDeltaBase = _pick(0, 3 * _band(before, _params.maxDeltaBps));
        (bool done, bytes memory reason) = _ask(before, afterwards, promised, 0);
        bool fits = _fits(before, afterwards) && _abs(afterwards.deltaBase) <= promised.maxResidualDeltaBase;
        assertTrue(done == (fits && _isHealthy(before, afterwards)), "RP-4 the wrong verdict");
        if (done) return;
        bytes4 error_ = bytes4(reason);
        assertTrue(
            error_ == IRiskPolicy.RiskPolicy_DeltaOutsideBand.selector ||
                error_ == IRiskPolicy.RiskPolicy_PromisedDeltaMissed.selector ||
                error_ == IRiskPolicy.RiskPolicy_HealthBelowFloor.selector,
            "RP-4 the wrong error"
        );
    }

    /// @notice The same for `hedgeNow`: only after silence, only outside the emergency band, only to less delta.
    function hedge(uint256 seed) external {
        _entropy = seed;
        (Book memory before, Book memory afterwards) = _pickBooks();
        (bool done, bytes memory reason) = _askEmergency(before, afterwards, 0);
        bool open = _isSilent() && _abs(before.deltaBase) > _band(before, _params.emergencyDeltaBps);
        bool fits = _fits(before, afterwards) && _abs(afterwards.deltaBase) < _abs(before.deltaBase);
        assertTrue(done == (open && fits && _isHealthy(before, afterwards)), "RP-5 the wrong verdict");
        if (done) return;
        bytes4 error_ = bytes4(reason);
        assertTrue(
            error_ == IRiskPolicy.RiskPolicy_KeeperNotSilent.selector ||
                error_ == IRiskPolicy.RiskPolicy_InsideEmergencyBand.selector ||
                error_ == IRiskPolicy.RiskPolicy_DeltaOutsideBand.selector ||
                error_ == IRiskPolicy.RiskPolicy_HealthBelowFloor.selector,
            "RP-5 the wrong error"
        );
    }

    function budget() external view returns (uint256) {
        return (FULL * _params.maxLossBpsPerDay) / BPS;
    }

    function turnoverCap() external view returns (uint256) {
        return (FULL * _params.maxTurnoverBpsPerDay) / BPS;
    }

    // --- the model

    /// @dev Inside the band, or smaller with the same sign.
    function _fits(Book memory before, Book memory afterwards) private view returns (bool) {
        (uint256 was, uint256 is_) = (_abs(before.deltaBase), _abs(afterwards.deltaBase));
        bool smaller = (before.deltaBase >= 0) == (afterwards.deltaBase >= 0) && is_ < was;
        return is_ <= _band(afterwards, _params.maxDeltaBps) || smaller;
    }

    /// @dev A floor of its own for every volatility, or healthier than before.
    function _isHealthy(Book memory before, Book memory afterwards) private view returns (bool) {
        uint256 rise = (volatilityBps * uint256(_params.healthPerVolatilityBps) * 1e18) / (BPS * BPS);
        return afterwards.healthWad >= _params.healthFloorWad + rise || afterwards.healthWad >= before.healthWad;
    }

    function _isSilent() private view returns (bool) {
        return block.timestamp >= _actedAt + _params.keeperGraceSeconds;
    }

    function _band(Book memory b, uint256 bps) private pure returns (uint256) {
        return (((b.navQuote * bps) / BPS) * SCALE) / b.priceWad;
    }

    /// @dev Two books of the same worth with other deltas and healths.
    function _pickBooks() private returns (Book memory before, Book memory afterwards) {
        uint256 nav = _pick(MIN_NAV, 1e15);
        (before, afterwards) = (_book(nav), _book(nav));
        uint256 band = _band(before, _params.maxDeltaBps);
        before.deltaBase = int256(_pick(0, 8 * band)) - int256(4 * band);
        afterwards.deltaBase = int256(_pick(0, 4 * band)) - int256(2 * band);
        before.healthWad = _pick(1e18, 2e18);
        afterwards.healthWad = _pick(1e18, 2e18);
    }

    // --- asking

    function _lose(uint256 nav, uint256 loss, bool emergency) private returns (bool done) {
        (Book memory before, Book memory afterwards) = (_book(nav), _book(nav - loss));
        bytes memory reason;
        if (emergency && _isSilent()) {
            before.deltaBase = int256(3 * _band(before, _params.emergencyDeltaBps));
            (done, reason) = _askEmergency(before, afterwards, 0);
        } else {
            (done, reason) = _ask(before, afterwards, _promise(), 0);
        }
        if (!done) {
            assertTrue(bytes4(reason) == IRiskPolicy.RiskPolicy_LossBudgetExceeded.selector, "the wrong error");
            return false;
        }
        _losses.push(Charge(block.timestamp, (loss * FULL) / nav));
        uint256 sum;
        (sum, _oldestLoss) = _windowOf(_losses, _oldestLoss);
        if (sum > worstWindow) worstWindow = sum;
    }

    function _trade(uint256 nav, uint256 turnover, bool reduces) private returns (bool done) {
        (Book memory before, Book memory afterwards) = (_book(nav), _book(nav));
        if (reduces) before.deltaBase = int256(_band(before, _params.maxDeltaBps));
        bytes memory reason;
        (done, reason) = _ask(before, afterwards, _promise(), turnover);
        if (!done) {
            assertTrue(bytes4(reason) == IRiskPolicy.RiskPolicy_TurnoverExceeded.selector, "the wrong error");
            return false;
        }
        if (reduces) return true;
        _turnovers.push(Charge(block.timestamp, (turnover * FULL) / nav));
        uint256 sum;
        (sum, _oldestTurnover) = _windowOf(_turnovers, _oldestTurnover);
        if (sum > worstTurnover) worstTurnover = sum;
    }

    /// @dev Sum of all in the last day; one of exactly a day ago still counts.
    function _windowOf(Charge[] storage charges, uint256 oldest) private view returns (uint256 sum, uint256 first) {
        first = oldest;
        while (charges[first].time + DAY < block.timestamp) ++first;
        for (uint256 i = first; i < charges.length; ++i) sum += charges[i].fraction;
    }

    function _ask(
        Book memory before,
        Book memory afterwards,
        PlanPromise memory promised,
        uint256 turnover
    ) private returns (bool done, bytes memory reason) {
        (done, reason) = address(policy).call(
            abi.encodeCall(IRiskPolicy.enforce, (before, afterwards, promised, turnover))
        );
        if (done) _actedAt = block.timestamp;
        _count(done);
    }

    function _askEmergency(
        Book memory before,
        Book memory afterwards,
        uint256 turnover
    ) private returns (bool done, bytes memory reason) {
        (done, reason) = address(policy).call(
            abi.encodeCall(IRiskPolicy.enforceEmergency, (before, afterwards, turnover))
        );
        _count(done);
    }

    function _count(bool done) private {
        if (done) ++accepted;
        else ++refused;
    }

    function _promise() private pure returns (PlanPromise memory promised) {
        (promised.maxResidualDeltaBase, promised.maxLossQuote) = (type(uint256).max, type(uint256).max);
    }

    function _book(uint256 nav) private pure returns (Book memory b) {
        (b.priceWad, b.navQuote, b.healthWad) = (PRICE_WAD, nav, type(uint256).max);
    }

    function _pick(uint256 min, uint256 max) private returns (uint256) {
        _entropy = uint256(keccak256(abi.encode(_entropy)));
        return min + (_entropy % (max - min + 1));
    }

    function _abs(int256 x) private pure returns (uint256) {
        return uint256(x >= 0 ? x : -x);
    }
}

/// @notice The judge alone: whatever books it is shown, no day loses more than its budget.
contract RiskPolicyTest is Test {
    GhostVault private _handler;

    function setUp() external {
        vm.warp(1_800_000_000);
        _handler = new GhostVault();
        _handler.begin();
    }

    function targetContracts() external view returns (address[] memory targeted) {
        targeted = new address[](1);
        targeted[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targeted) {
        targeted = new FuzzSelector[](1);
        targeted[0] = FuzzSelector(address(_handler), _handler.targets());
    }

    /// RP-1, RP-7
    function invariant_policy() external view {
        assertLe(_handler.worstWindow(), _handler.budget(), "RP-1 loss in 24 hours");
        assertLe(_handler.worstTurnover(), _handler.turnoverCap(), "RP-7 turnover in 24 hours");
    }

    function afterInvariant() external {
        if (!vm.envOr("HEDGEROW_GHOSTS", false)) return;
        uint256 asked = _handler.accepted() + _handler.refused();
        string memory line = string.concat("enforce=", vm.toString(asked), "/", vm.toString(_handler.accepted()));
        line = string.concat(line, ";worstWindowWad=", vm.toString(_handler.worstWindow() / 1e18));
        line = string.concat(line, ";worstTurnoverWad=", vm.toString(_handler.worstTurnover() / 1e18));
        vm.writeLine("cache/invariants/policy.ghosts", line);
    }
}
