// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

import {IHedge} from "../../../contracts/interfaces/IHedge.sol";
import {IHedgedVault} from "../../../contracts/interfaces/IHedgedVault.sol";
import {ILiquidity, RangePosition} from "../../../contracts/interfaces/ILiquidity.sol";
import {IRiskPolicy} from "../../../contracts/interfaces/IRiskPolicy.sol";
import {Action, ActionKind, PlanPromise} from "../../../contracts/types/VaultTypes.sol";
import {MarginVenue} from "../../contracts/MarginVenue.sol";
import {vm} from "../support/Vm.sol";
import {Ledger} from "../support/Ledger.sol";
import {Truth, World} from "../support/World.sol";
import {Handler} from "./Handler.sol";

/// @title The keeper's key: in good hands (`manage`) and in bad ones (everything else). What it loses is measured here.
abstract contract Keeper is Handler {
    uint256 private constant BPS = 10_000;
    uint256 private constant UNIT_LIQUIDITY = 1e15;
    /// @dev Enough margin for every health floor that the suites use.
    uint256 private constant MARGIN_BPS = 18_000;
    int24 private constant LAST_TICK = 887_270;
    uint256 private constant MAX_ACTIONS = 6;
    /// @dev Plans of pure loss in one go; each that is refused makes the next one smaller.
    uint256 private constant PLANS = 10;

    Action[] private _plan;

    error Keeper_DeltaOutsideBand(int256 beforeBase, int256 afterBase, uint256 limitBase);

    constructor(World world_, Ledger ledger_) Handler(world_, ledger_) {
        _expect(IHedgedVault.HedgedVault_InsufficientIdle.selector);
        _expect(IHedgedVault.HedgedVault_RiskMayOnlyFall.selector);
        _expect(IHedgedVault.HedgedVault_HealthMayOnlyRise.selector);
        _expect(IHedgedVault.HedgedVault_KeeperPaused.selector);
        _expect(IHedgedVault.HedgedVault_RangeTooNarrow.selector);
        _expect(IHedgedVault.HedgedVault_ShortNotBuyable.selector);
        _expect(IHedgedVault.HedgedVault_NothingToHedge.selector);
        _expect(IRiskPolicy.RiskPolicy_TurnoverExceeded.selector);
        _expect(IRiskPolicy.RiskPolicy_KeeperNotSilent.selector);
        _expect(IRiskPolicy.RiskPolicy_InsideEmergencyBand.selector);
        _expect(IHedge.Hedge_Abandoned.selector);
        _expect(IRiskPolicy.RiskPolicy_CoolingDown.selector);
        _expect(IRiskPolicy.RiskPolicy_DeltaOutsideBand.selector);
        _expect(IRiskPolicy.RiskPolicy_LossBudgetExceeded.selector);
        _expect(IRiskPolicy.RiskPolicy_HealthBelowFloor.selector);
        _expect(IHedge.Hedge_ReduceExceedsShort.selector);
        _expect(MarginVenue.MarginVenue_ReleaseExceedsCollateral.selector);
        _expect(ILiquidity.Liquidity_TooManyRanges.selector);
        _expect(ILiquidity.Liquidity_UnknownRange.selector);
        _expect(ILiquidity.Liquidity_RangeTooSmall.selector);
        _expect(ILiquidity.Liquidity_PartialFill.selector);
    }

    function targets() external pure override returns (bytes4[] memory t) {
        t = new bytes4[](5);
        (t[0], t[1], t[2], t[3]) = (this.manage.selector, this.rage.selector, this.drain.selector, this.churn.selector);
        t[4] = this.stepIn.selector;
    }

    // --- what the fuzzer calls

    /// @notice What an honest keeper does: enter, follow the delta, recentre. Gives the others a vault worth attacking.
    function manage(uint256 seed) external {
        _seed(seed);
        RangePosition[] memory ranges = world.liquidity().ranges();
        if (ranges.length == 0) {
            _planEntry();
        } else if (_pick(0, 3) == 0) {
            for (uint256 i = 0; i < ranges.length; ++i) _remove(ranges[i], ranges[i].liquidity);
        } else {
            _planHedge(world.truth().deltaBase);
        }
        _send("manage");
    }

    /// @notice A few actions at random, some of them extreme, at a pool that an accomplice bent as far as the guard allows.
    function rage(uint256 seed) external {
        _seed(seed);
        bool bent = _pick(0, 1) == 1;
        if (bent) world.movePool(_pickSigned(110));
        uint256 count = _pick(1, MAX_ACTIONS);
        for (uint256 i = 0; i < count; ++i) _planAnything();
        _send("rage");
        if (bent) world.movePool(0);
    }

    /// @notice As much pure loss as the policy lets through: back and forth with all there is, in a bent pool.
    function drain(uint256 seed) external {
        _seed(seed);
        bool bent = _pick(0, 2) > 0;
        if (bent) world.movePool(_pick(0, 1) == 0 ? int256(95) : int256(-95));
        (uint256 idleBase, uint256 idleQuote) = vault.idle();
        uint256 size = Math.max(idleBase, (idleQuote * 1e30) / world.oraclePriceWad()) / 2;
        uint256 rounds = _pick(1, MAX_ACTIONS / 2);
        bool sellsFirst = world.quoteValue(idleBase) > idleQuote;
        for (uint256 i = 0; i < PLANS && size > 0; ++i) {
            for (uint256 j = 0; j < rounds; ++j) {
                _swap(sellsFirst ? -int256(size) : int256(size));
                _swap(sellsFirst ? int256(size) : -int256(size));
            }
            if (!_send("drain")) size /= 4;
        }
        if (bent) world.movePool(0);
    }

    /// @notice In and out of ranges, over and over: every turn may lose a little to rounding and to a bent pool.
    function churn(uint256 seed) external {
        _seed(seed);
        int256 bend = _pickSigned(95);
        world.movePool(bend);
        (int24 lower, int24 upper) = _pickRange();
        uint128 amount = _affordable(lower, upper, _pick(1, BPS));
        if (amount > 0) {
            uint256 rounds = _pick(1, 4);
            for (uint256 i = 0; i < rounds; ++i) {
                _add(lower, upper, amount);
                _remove(RangePosition(lower, upper, amount), amount);
            }
            _send("churn");
        }
        world.movePool(0);
    }

    /// @notice A stranger hedges, sometimes after the keeper was silent for long, sometimes in a bent pool.
    function stepIn(uint256 seed) external {
        _seed(seed);
        if (_pick(0, 1) == 0) {
            vm.warp(block.timestamp + world.policy().params().keeperGraceSeconds);
            world.refreshFeeds();
        }
        bool bent = _pick(0, 1) == 1;
        world.movePool(bent ? _pickSigned(95) : int256(0));
        uint256 times = _pick(1, 3);
        for (uint256 i = 0; i < times; ++i) _hedgeNow(world.stranger(), "hedgeNow");
        if (bent) world.movePool(0);
    }

    // --- sending

    /// @dev Sends the plan, measures what it cost, and checks what it left.
    function _send(string memory action) private returns (bool done) {
        Action[] memory plan = _plan;
        delete _plan;
        if (plan.length == 0) return false;
        PlanPromise memory promised = PlanPromise(
            vault.epoch(),
            uint48(block.timestamp),
            type(uint256).max,
            type(uint256).max
        );
        Truth memory before = world.truth();
        (done, ) = _as(
            world.keeper(),
            action,
            address(vault),
            abi.encodeCall(IHedgedVault.rebalance, (plan, promised))
        );
        if (!done) return false;
        Truth memory afterwards = world.truth();
        _recordLoss(before, afterwards);
        (int256 was, int256 is_, uint256 limit, bool fits) = _compareDeltas(before, afterwards);
        if (!fits) revert Keeper_DeltaOutsideBand(was, is_, limit);
    }

    // --- honest plans

    /// @dev About two fifths of the idle quote into a range around the price, hedged by a short of its base.
    function _planEntry() private {
        (uint256 idleBase, uint256 idleQuote) = vault.idle();
        int24 spacing = world.TICK_SPACING();
        int24 centre = (world.currentTick() / spacing) * spacing;
        int24 width = int24(int256(_pick(10, 200))) * spacing;
        (int24 lower, int24 upper) = (centre - width, centre + width);
        (uint256 unitBase, uint256 unitQuote) = world.amountsFor(lower, upper, uint128(UNIT_LIQUIDITY));
        uint256 unitWorth = unitQuote + world.quoteValue(unitBase);
        uint256 amount = (UNIT_LIQUIDITY * idleQuote * 2) / (5 * unitWorth + 1);
        uint256 needed = (unitBase * amount) / UNIT_LIQUIDITY + 1;
        if (needed > idleBase) _short(needed - idleBase);
        if (amount > 0) _add(lower, upper, uint128(amount));
    }

    function _planHedge(int256 deltaBase) private {
        (uint256 idleBase, ) = vault.idle();
        uint256 amount = SignedMath.abs(deltaBase);
        if (amount < 1e9) return;
        if (deltaBase > 0) {
            if (amount > idleBase) _short(amount - idleBase);
            _swap(-int256(amount));
        } else {
            _swap(int256(amount));
            uint256 debt = world.venue().debtOf(address(world.hedge()));
            _adjust(int256(Math.min(amount, debt)), 0);
        }
    }

    function _short(uint256 amount) private {
        _adjust(-int256(amount), int256((world.quoteValue(amount) * MARGIN_BPS) / BPS + 1));
    }

    // --- plans of no good

    function _planAnything() private {
        uint256 kind = _pick(0, 7);
        (uint256 idleBase, uint256 idleQuote) = vault.idle();
        if (kind < 2) {
            _swap(-int256((idleBase * _pick(1, 2_000)) / BPS));
        } else if (kind < 4) {
            _swap(int256((((idleQuote * _pick(1, 1_000)) / BPS) * 1e30) / world.oraclePriceWad()));
        } else if (kind == 4) {
            (int24 lower, int24 upper) = _pickRange();
            uint128 amount = _affordable(lower, upper, _pick(1, 3_000));
            if (amount > 0) _add(lower, upper, amount);
        } else if (kind == 5) {
            RangePosition[] memory ranges = world.liquidity().ranges();
            if (ranges.length == 0) return;
            RangePosition memory range = ranges[_pick(0, ranges.length - 1)];
            _remove(range, uint128(_pick(0, range.liquidity)));
        } else if (kind == 6) {
            _planDebt(idleBase, idleQuote);
        } else {
            uint256 collateral = world.venue().collateralOf(address(world.hedge()));
            _adjust(0, _pick(0, 1) == 0 ? int256(_pick(0, idleQuote)) : -int256(_pick(0, collateral + 1)));
        }
    }

    function _planDebt(uint256 idleBase, uint256 idleQuote) private {
        if (_pick(0, 1) == 0) {
            uint256 debt = world.venue().debtOf(address(world.hedge()));
            _adjust(int256(_pick(0, Math.min(debt, idleBase) + 1)), 0);
        } else {
            _short((((idleQuote * _pick(1, 2_000)) / BPS) * 1e30) / world.oraclePriceWad());
        }
    }

    /// @dev Anything from one spacing at the price to everything there is.
    function _pickRange() private returns (int24 lower, int24 upper) {
        uint256 kind = _pick(0, 9);
        if (kind == 0) return (-LAST_TICK, LAST_TICK);
        int24 spacing = world.TICK_SPACING();
        int256 centre = int256(world.currentTick() / spacing);
        int256 first = centre + (kind < 6 ? -int256(_pick(0, 100)) : _pickSigned(kind == 9 ? 50_000 : 500));
        first = SignedMath.max(SignedMath.min(first, 88_000), -88_000);
        lower = int24(first) * spacing;
        upper = lower + int24(int256(_pick(1, 200))) * spacing;
    }

    /// @dev Liquidity that takes this part of what is idle, at most.
    function _affordable(int24 lower, int24 upper, uint256 partBps) private view returns (uint128) {
        (uint256 idleBase, uint256 idleQuote) = vault.idle();
        (uint256 unitBase, uint256 unitQuote) = world.amountsFor(lower, upper, uint128(UNIT_LIQUIDITY));
        uint256 byBase = unitBase == 0 ? type(uint256).max : (idleBase * UNIT_LIQUIDITY) / unitBase;
        uint256 byQuote = unitQuote == 0 ? type(uint256).max : (idleQuote * UNIT_LIQUIDITY) / unitQuote;
        uint256 amount = Math.min(Math.min(byBase, byQuote), 1e33); // the pool's own limit per tick is about 1e34
        return uint128((amount * partBps) / BPS);
    }

    function _swap(int256 baseChange) private {
        if (baseChange != 0) _plan.push(Action(ActionKind.Swap, 0, 0, 0, baseChange, 0));
    }

    function _adjust(int256 deltaChange, int256 marginChange) private {
        _plan.push(Action(ActionKind.AdjustHedge, 0, 0, 0, deltaChange, marginChange));
    }

    function _add(int24 lower, int24 upper, uint128 amount) private {
        _plan.push(Action(ActionKind.AddLiquidity, 0, lower, upper, int256(uint256(amount)), 0));
    }

    function _remove(RangePosition memory range, uint128 amount) private {
        _plan.push(Action(ActionKind.RemoveLiquidity, 0, range.tickLower, range.tickUpper, int256(uint256(amount)), 0));
    }
}
