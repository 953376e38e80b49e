// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IGmxV2OrderCallbackReceiver} from "../../../contracts/interfaces/external/gmx/IGmxV2.sol";
import {
    GMX_MARKET_DECREASE,
    GMX_MARKET_INCREASE,
    GmxV2EventData
} from "../../../contracts/interfaces/external/gmx/GmxV2Types.sol";
import {GmxV2SimulatorKeys as K} from "../../../localnet/gmx/GmxV2SimulatorKeys.sol";
import {IGmxHedge} from "../support/GmxProduction.sol";
import {GmxVenue} from "../support/GmxVenue.sol";
import {GmxWorld} from "../support/GmxWorld.sol";
import {Tally} from "../support/Tally.sol";
import {vm} from "../support/Vm.sol";
import {GmxHandler} from "./GmxHandler.sol";

/// @title GMX: its keepers, its oracle and its governance, on good and on bad days; and the market.
abstract contract GmxKeepers is GmxHandler {
    uint256 private constant LOWEST_WAD = 1_600e18;
    uint256 private constant HIGHEST_WAD = 3_900e18;

    constructor(GmxWorld world_, Tally tally_) GmxHandler(world_, tally_) {}

    function targets() external pure override returns (bytes4[] memory all) {
        all = new bytes4[](14);
        (all[0], all[1], all[2]) = (this.answer.selector, this.answerAt.selector, this.answerLate.selector);
        (all[3], all[4], all[5]) = (this.freeze.selector, this.liquidate.selector, this.deleverage.selector);
        (all[6], all[7], all[8]) = (this.spoilCallback.selector, this.callBack.selector, this.break_.selector);
        (all[9], all[10], all[11]) = (this.heal.selector, this.reprice.selector, this.replaceRouter.selector);
        (all[12], all[13]) = (this.move.selector, this.wait.selector);
    }

    /// @notice Executes at our oracle's price.
    function answer(uint256 seed) external plays(seed) {
        world.refresh();
        _execute("answer", true);
    }

    /// @notice … at another price, within the order's bound or not.
    function answerAt(uint256 seed) external plays(seed) {
        venue.setPrices((world.priceWad() * _pick(9_800, 10_200)) / 10_000, 1e18);
        _execute("answerAt", false);
        world.refresh();
    }

    /// @notice … with whatever prices are there: too old, or from after the order's time.
    function answerLate(uint256 seed) external plays(seed) {
        if (_chance(2)) {
            vm.warp(block.timestamp + _pick(250, 500));
            world.refresh();
        }
        _execute("answerLate", false);
    }

    function freeze(uint256 seed) external plays(seed) {
        bytes32 key = hedge.orderKey();
        if (_chance(3)) key = bytes32(seed);
        (bool done, ) = address(venue).call(abi.encodeCall(GmxVenue.freeze, (key)));
        tally.count("freeze", done);
        assertTrue(!done || hedge.inFlight(), "froze what was not there");
    }

    /// @notice A spike at the venue alone, and a liquidation in it.
    function liquidate(uint256 seed) external plays(seed) {
        venue.setPrices((world.priceWad() * _pick(100, 160)) / 100, 1e18);
        _force("liquidate", abi.encodeCall(GmxVenue.liquidate, (address(hedge))));
        world.refresh();
    }

    function deleverage(uint256 seed) external plays(seed) {
        if (_chance(2)) venue.setPrices((world.priceWad() * _pick(80, 100)) / 100, 1e18);
        uint256 size = world.position().sizeUsd;
        if (!_chance(4)) size = (size * _pick(1, 99)) / 100;
        _force("deleverage", abi.encodeCall(GmxVenue.deleverage, (address(hedge), size)));
        world.refresh();
    }

    /// @notice The callback of the order in flight runs out of gas, or never comes.
    function spoilCallback(uint256 seed) external plays(seed) {
        if (!hedge.inFlight()) return;
        bytes32 key = hedge.orderKey();
        if (_chance(2)) venue.dropCallback(key);
        else venue.setOrderField(key, "CALLBACK_GAS_LIMIT", _pick(0, 3_000));
        tally.count("spoilCallback", true);
    }

    /// @notice Executed or not, GMX's handler may say anything of any order, any number of times.
    function callBack(uint256 seed) external plays(seed) {
        uint256 times = _pick(1, 3);
        for (uint256 i = 0; i < times; ++i) {
            bytes32 key = _chance(2) ? hedge.orderKey() : bytes32(_pick(0, type(uint256).max - 1));
            _neutral(address(venue.handler()), "callback", 0, _callback(_pick(0, 3), key));
        }
    }

    /// @notice A paused feature, a closed market, a cap, a dead oracle, dearer gas limits or stricter margins.
    function break_(uint256 seed) external plays(seed) {
        uint256 what = _pick(0, 9);
        uint256 orderType = _chance(2) ? GMX_MARKET_INCREASE : GMX_MARKET_DECREASE;
        if (what == 0) venue.setFeature("CREATE_ORDER_FEATURE_DISABLED", orderType, true);
        else if (what == 1) venue.setFeature("EXECUTE_ORDER_FEATURE_DISABLED", orderType, true);
        else if (what == 2) venue.setFeature("CANCEL_ORDER_FEATURE_DISABLED", orderType, true);
        else if (what == 3) venue.setMarketDisabled(true);
        else if (what == 4) venue.setUint(K.ofSide("MAX_OPEN_INTEREST", venue.market(), false), _pick(0, 1e5) * 1e30);
        else if (what == 5) venue.setUint(K.of1("MIN_COLLATERAL_FACTOR", venue.market()), _pick(1, 60) * 1e28);
        else if (what == 6) venue.setUint(K.name("INCREASE_ORDER_GAS_LIMIT"), _pick(1e6, 9e6));
        else if (what == 7) venue.setUint(K.name("DECREASE_ORDER_GAS_LIMIT"), _pick(1e6, 9e6));
        else if (what == 8) venue.setUint(K.ofSide("MAX_POSITION_IMPACT_FACTOR", venue.market(), false), 1e23);
        else venue.switchOracleOff();
        world.setSwitchedOff(true);
        tally.count("break", true);
    }

    function heal(uint256 seed) external plays(seed) {
        _heal();
    }

    /// @notice Another gas price; now and then the hedge has nothing to pay it with.
    function reprice(uint256 seed) external plays(seed) {
        world.setGasPrice(_chance(4) ? 0 : _pick(1e7, 50 gwei));
        vm.deal(address(hedge), _chance(6) ? 0 : 2 ether);
        tally.count("reprice", true);
    }

    /// @notice GMX takes the role from a router and gives it to another; an order may be in flight.
    function replaceRouter(uint256 seed) external plays(seed) {
        bool back = _chance(3);
        venue.setRouter(address(venue.router()), back);
        venue.setRouter(address(venue.nextRouter()), !back);
        tally.count("replaceRouter", true);
    }

    // --- the market

    function move(uint256 seed) external plays(seed) {
        uint256 priceWad = (world.priceWad() * _pick(9_200, 10_800)) / 10_000;
        if (priceWad < LOWEST_WAD || priceWad > HIGHEST_WAD) return;
        world.setPrice(priceWad);
        tally.count("move", true);
    }

    function wait(uint256 seed) external plays(seed) {
        vm.warp(block.timestamp + (_chance(2) ? _pick(1, 400) : _pick(400, 2 days)));
        if (!_chance(4)) world.refresh();
        tally.count("wait", true);
    }

    // --- internals

    /// @dev A change of the position that nobody of ours ordered: it must be seen at once.
    function _force(string memory action, bytes memory data) private {
        (uint8 kind, , ) = hedge.order();
        // An answer that was not looked at yet may explain a smaller position.
        bool masked = kind >= OWN && !hedge.inFlight();
        uint256 was = world.position().sizeUsd;
        (bool done, ) = address(venue).call(data);
        world.recordHeldBack();
        uint256 is_ = world.position().sizeUsd;
        tally.count(action, done && is_ < was);
        if (is_ == was) return;
        if (world.leavers().sizeUsd > 0) world.setDisturbed();
        if (!masked) assertTrue(hedge.read(world.priceWad()).lost, "a loss that nobody sees");
    }

    function _heal() internal {
        for (uint256 i = 0; i < 2; ++i) {
            uint256 orderType = i == 0 ? GMX_MARKET_INCREASE : GMX_MARKET_DECREASE;
            venue.setFeature("CREATE_ORDER_FEATURE_DISABLED", orderType, false);
            venue.setFeature("EXECUTE_ORDER_FEATURE_DISABLED", orderType, false);
            venue.setFeature("CANCEL_ORDER_FEATURE_DISABLED", orderType, false);
        }
        venue.setMarketDisabled(false);
        venue.setUint(K.ofSide("MAX_OPEN_INTEREST", venue.market(), false), 110_000_000e30);
        venue.setUint(K.of1("MIN_COLLATERAL_FACTOR", venue.market()), 5e27);
        venue.setUint(K.ofSide("MAX_POSITION_IMPACT_FACTOR", venue.market(), false), 5e27);
        venue.setUint(K.name("INCREASE_ORDER_GAS_LIMIT"), 3e6);
        venue.setUint(K.name("DECREASE_ORDER_GAS_LIMIT"), 3e6);
        world.refresh();
        world.setSwitchedOff(false);
        tally.count("heal", true);
    }

    function _callback(uint256 which, bytes32 key) internal pure returns (bytes memory) {
        GmxV2EventData memory none;
        if (which == 0) return abi.encodeCall(IGmxV2OrderCallbackReceiver.afterOrderExecution, (key, none, none));
        if (which == 1) return abi.encodeCall(IGmxV2OrderCallbackReceiver.afterOrderCancellation, (key, none, none));
        if (which == 2) return abi.encodeCall(IGmxV2OrderCallbackReceiver.afterOrderFrozen, (key, none, none));
        return abi.encodeCall(IGmxHedge.refundExecutionFee, (key, none));
    }
}
