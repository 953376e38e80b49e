// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IGmxV2ExchangeRouter as IRouter} from "../../../contracts/interfaces/external/gmx/IGmxV2.sol";
import {GmxWorld, Stake} from "../support/GmxWorld.sol";
import {Tally} from "../support/Tally.sol";
import {vm} from "../support/Vm.sol";
import {Books} from "./GmxHandler.sol";
import {GmxKeepers} from "./GmxKeepers.sol";

/// @title Once the venue is well again, everything ends flat and all money is back with whom it belongs to.
/// @dev Nothing here has a role but the owner's own calls; keepers of GMX execute what is asked.
contract GmxRecovery is GmxKeepers {
    uint256 private constant EXPIRATION_SECONDS = 300;
    uint256 private constant CLAIM_DELAY_SECONDS = 433_000;

    constructor(GmxWorld world_, Tally tally_) GmxKeepers(world_, tally_) {}

    function recover() external {
        vm.txGasPrice(world.gasPriceWei());
        vm.deal(address(hedge), 10 ether);
        _heal();
        if (world.unwell()) hedge.adoptRouter(_living());
        _resolve();
        Books memory before = _books();
        int256 size = int256(world.position().sizeUsd / 1e24);
        int256 accrued = world.accruedQuote(size) - world.unpaidQuote();
        _payAll();
        _close();
        _payAll();
        if (world.position().sizeUsd > 0) _closeRest(before.sound);
        hedge.claimFunding();
        till.adjust(0, 0);
        _requireFlat();
        Books memory afterwards = _books();
        _claimHeldBack();
        assertEq(afterwards.low, afterwards.high, "flat, and still uncertain");
        // What it came to lies between the bounds of before, but for what passed since and each leaver's part of the impact.
        if (!before.sound || world.disturbed()) return;
        int256 slack = accrued + world.unpaidQuote() + size / 200 + ROUNDING_UNITS + 2e6;
        assertTrue(afterwards.low + slack >= before.low, "less came back than the lowest");
        assertTrue(afterwards.high <= before.high + slack, "more came back than the highest");
    }

    /// @dev What GMX held back comes to the owner, too.
    function _claimHeldBack() private {
        uint256[] memory all = world.hours_();
        if (all.length == 0) return;
        vm.warp(block.timestamp + CLAIM_DELAY_SECONDS);
        world.refresh();
        for (uint256 i = 0; i < all.length; ++i) {
            if (world.heldBackIn(all[i]) == 0) continue;
            uint256[] memory one = new uint256[](1);
            one[0] = all[i];
            hedge.claimCollateral(one);
            assertEq(world.heldBackIn(all[i]), 0, "held back for ever");
        }
        till.adjust(0, 0);
        _requireFlat();
    }

    /// @dev The order is answered or cancelled, and what the venue did is known.
    function _resolve() private {
        if (hedge.inFlight()) {
            world.refresh();
            _execute("answerLast", false);
        }
        if (hedge.inFlight()) {
            vm.warp(block.timestamp + EXPIRATION_SECONDS);
            world.refresh();
            hedge.cancelStale();
        }
        till.reconcile();
        assertTrue(!hedge.inFlight(), "still in flight");
    }

    function _payAll() private {
        for (uint256 i = 0; i < world.LEAVERS(); ++i) _payOut(world.leaverOf(i));
    }

    /// @dev What GMX does not close, it liquidates.
    function _closeRest(bool sound) private {
        _close();
        if (world.position().sizeUsd == 0) return;
        assertTrue(!sound, "a sound position that cannot be closed");
        venue.liquidate(address(hedge));
        till.reconcile();
    }

    function _payOut(address leaver) private {
        if (hedge.owedTo(leaver) == 0) return;
        vm.deal(address(this), 1 ether);
        hedge.payExit{value: hedge.executionFeeWei(false, world.gasPriceWei())}(leaver);
        world.recordExitOrdered();
        world.refresh();
        _execute("exitLast", true);
        till.reconcile();
    }

    function _close() private {
        Stake memory p = world.position();
        if (p.sizeUsd == 0) return;
        Stake memory own = world.ownStake();
        // An exit that GMX cancelled counts as paid where GMX then took as much itself: all that is left is the owner's, too.
        bool isAllOwn = hedge.owedSizeUsd() == 0;
        if (!isAllOwn && own.sizeUsd == 0) return;
        till.adjust(int256(isAllOwn ? p.tokens : own.tokens), 0);
        world.refresh();
        _execute("closeLast", true);
        till.reconcile();
    }

    function _requireFlat() private view {
        Stake memory p = world.position();
        assertEq(p.sizeUsd + p.tokens + p.collateral, 0, "a position is left");
        assertEq(hedge.owedSizeUsd(), 0, "something is owed");
        assertEq(venue.ordersOf(address(hedge)).length, 0, "an order is left");
        assertEq(world.hedgeMoney(), 0, "money is left");
        assertTrue(hedge.isEmpty(), "not empty");
        assertEq(world.quote().balanceOf(venue.orderVault()), 0, "money is left with orders");
        assertTrue(!hedge.read(world.priceWad()).lost, "lost");
    }

    function _living() private view returns (IRouter) {
        bytes32 controller = keccak256(abi.encode("CONTROLLER"));
        bool first = venue.roles().hasRole(address(venue.router()), controller);
        return first ? venue.router() : venue.nextRouter();
    }
}
