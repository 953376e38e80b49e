// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IGmxV2OrderCallbackReceiver} from "../../../contracts/interfaces/external/gmx/IGmxV2.sol";
import {GmxV2EventData} from "../../../contracts/interfaces/external/gmx/GmxV2Types.sol";
import {HedgeState, IHedge} from "../../../contracts/interfaces/IHedge.sol";
import {IGmxHedge} from "../support/GmxProduction.sol";
import {GmxWorld} from "../support/GmxWorld.sol";
import {Tally} from "../support/Tally.sol";
import {vm} from "../support/Vm.sol";
import {GmxHandler} from "./GmxHandler.sol";

/// @title Everybody else: what anybody may do for the hedge, what nobody may, and gifts.
abstract contract GmxStrangers is GmxHandler {
    uint256 private constant MANY_WEI = 10 ether;
    uint256 private constant CLAIM_DELAY_SECONDS = 433_000;

    constructor(GmxWorld world_, Tally tally_) GmxHandler(world_, tally_) {
        _expect(IGmxHedge.GmxV2Hedge_NotExpired.selector);
        _expect(IGmxHedge.GmxV2Hedge_RouterAlive.selector);
        _expect(IGmxHedge.GmxV2Hedge_BadRouter.selector);
        _expect(IGmxHedge.GmxV2Hedge_NothingOwed.selector);
        _expect(IHedge.Hedge_NothingPending.selector);
        _expect(bytes4(keccak256("InsufficientExecutionFee(uint256,uint256)")));
        _expect(bytes4(keccak256("CollateralAlreadyClaimed(uint256,uint256)")));
    }

    function targets() external pure override returns (bytes4[] memory all) {
        all = new bytes4[](9);
        (all[0], all[1], all[2]) = (this.cancel.selector, this.payExit.selector, this.claimFunding.selector);
        (all[3], all[4], all[5]) = (this.claimCollateral.selector, this.adopt.selector, this.forge.selector);
        (all[6], all[7], all[8]) = (this.trespass.selector, this.tell.selector, this.give.selector);
    }

    function cancel(uint256 seed) external plays(seed) {
        if (_chance(2)) {
            vm.warp(block.timestamp + 300);
            world.refresh();
        }
        bool waited = hedge.inFlight();
        bool done = _neutral(world.stranger(), "cancel", 0, abi.encodeCall(IHedge.cancelStale, ()));
        assertTrue(!done || (waited && !hedge.inFlight()), "cancelled, and still there");
    }

    function payExit(uint256 seed) external plays(seed) {
        uint256 who = _pick(0, 1);
        if (hedge.owedTo(world.leaverOf(who)) == 0) ++who;
        address leaver = world.leaverOf(who);
        vm.deal(world.stranger(), MANY_WEI);
        uint256 fee = _chance(8) ? 1 : hedge.executionFeeWei(false, world.gasPriceWei());
        bool done = _neutral(world.stranger(), "payExit", fee, abi.encodeCall(IGmxHedge.payExit, (leaver)));
        assertTrue(!done || hedge.inFlight(), "ordered, and nothing waits");
        if (done) world.recordExitOrdered();
        if (!done || _chance(2)) return;
        world.refresh();
        _execute("exitAtOnce", !world.unwell());
    }

    function claimFunding(uint256 seed) external plays(seed) {
        _neutral(world.stranger(), "claimFunding", 0, abi.encodeCall(IGmxHedge.claimFunding, ()));
    }

    /// @notice What is claimed is found: it counts from now on.
    function claimCollateral(uint256 seed) external plays(seed) {
        uint256[] memory held = world.hours_();
        uint256[] memory timeKeys = new uint256[](1);
        timeKeys[0] = held.length == 0 ? block.timestamp / 3_600 : held[_pick(0, held.length - 1)];
        if (_chance(2)) {
            vm.warp(block.timestamp + CLAIM_DELAY_SECONDS);
            world.refresh();
        }
        uint256 due = world.heldBackIn(timeKeys[0]);
        uint256 before = world.quote().balanceOf(address(hedge));
        bytes memory data = abi.encodeCall(IGmxHedge.claimCollateral, (timeKeys));
        (bool done, ) = _call(world.stranger(), "claimCollateral", address(hedge), 0, data);
        if (done) assertEq(world.quote().balanceOf(address(hedge)) - before, due, "claimed");
    }

    function adopt(uint256 seed) external plays(seed) {
        address next = address(_chance(3) ? venue.router() : venue.nextRouter());
        if (_chance(4)) next = address(venue);
        bytes memory data = abi.encodeWithSelector(IGmxHedge.adoptRouter.selector, next);
        bool done = next == address(venue) ? _adoptBad(data) : _neutral(world.stranger(), "adopt", 0, data);
        if (done) assertTrue(address(hedge.exchangeRouter()) == next && next != address(venue), "adopted another");
    }

    /// @dev What has the role and is no router is refused in some way.
    function _adoptBad(bytes memory data) private returns (bool done) {
        (done, ) = address(hedge).call(data);
        assertTrue(!done, "adopted what is no router");
    }

    /// @notice Callbacks of somebody who is not GMX.
    function forge(uint256 seed) external plays(seed) {
        bytes32 key = _chance(2) ? hedge.orderKey() : bytes32(seed);
        GmxV2EventData memory none;
        bytes memory data = abi.encodeCall(IGmxV2OrderCallbackReceiver.afterOrderExecution, (key, none, none));
        if (_chance(2)) data = abi.encodeCall(IGmxHedge.refundExecutionFee, (key, none));
        _requireRefused("forge", data, IGmxHedge.GmxV2Hedge_OnlyController.selector);
    }

    /// @notice What only the vault may ask.
    function trespass(uint256 seed) external plays(seed) {
        uint256 which = _pick(0, 2);
        bytes memory data = abi.encodeCall(IHedge.adjust, (-int256(1 ether), int256(1e9)));
        if (which == 1) data = abi.encodeCall(IHedge.unwind, (1, 2));
        if (which == 2) data = abi.encodeCall(IHedge.unwindInKind, (1, 2, world.stranger()));
        _requireRefused("trespass", data, IHedge.Hedge_OnlyVault.selector);
    }

    /// @notice A stranger's reconcile tells the truth and remembers nothing.
    function tell(uint256 seed) external plays(seed) {
        HedgeState memory before = hedge.read(world.priceWad());
        uint256 recorded = hedge.recordedSizeUsd();
        assertTrue(hedge.reconcile() == before.lost, "told something else");
        HedgeState memory afterwards = hedge.read(world.priceWad());
        assertTrue(afterwards.lost == before.lost && hedge.recordedSizeUsd() == recorded, "remembered");
        tally.count("tell", true);
    }

    function give(uint256 seed) external plays(seed) {
        uint256 what = _pick(0, 2);
        if (what == 0) {
            world.quote().mint(address(hedge), _pick(1, 1e9));
        } else if (what == 1) {
            vm.deal(address(this), MANY_WEI);
            world.base().deposit{value: 1e15}();
            world.base().transfer(address(hedge), _pick(1, 1e15));
        } else {
            vm.deal(address(this), MANY_WEI);
            (bool sent, ) = address(hedge).call{value: 1e16}("");
            assertTrue(sent, "takes no ETH");
        }
        tally.count("give", true);
    }

    function _requireRefused(string memory action, bytes memory data, bytes4 expected) private {
        vm.prank(world.stranger());
        (bool done, bytes memory reason) = address(hedge).call(data);
        assertTrue(!done && bytes4(reason) == expected, action);
        tally.count(action, true);
    }
}
