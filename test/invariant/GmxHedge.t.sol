// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {HedgeState} from "../../contracts/interfaces/IHedge.sol";
import {Test} from "../unit/contracts/Test.sol";
import {GmxHandler} from "./handlers/GmxHandler.sol";
import {GmxKeepers} from "./handlers/GmxKeepers.sol";
import {GmxOwner} from "./handlers/GmxOwner.sol";
import {GmxRecovery} from "./handlers/GmxRecovery.sol";
import {GmxStrangers} from "./handlers/GmxStrangers.sol";
import {IGmxHedge} from "./support/GmxProduction.sol";
import {GmxWorld, Stake} from "./support/GmxWorld.sol";
import {Tally} from "./support/Tally.sol";
import {FuzzSelector, vm} from "./support/Vm.sol";

// The runner fuzzes only contracts of the file that it was given, hence these.

contract GmxOwnerHandler is GmxOwner {
    constructor(GmxWorld world_, Tally tally_) GmxOwner(world_, tally_) {}
}

contract GmxKeepersHandler is GmxKeepers {
    constructor(GmxWorld world_, Tally tally_) GmxKeepers(world_, tally_) {}
}

contract GmxStrangersHandler is GmxStrangers {
    constructor(GmxWorld world_, Tally tally_) GmxStrangers(world_, tally_) {}
}

/// @notice The hedge on GMX as a state machine: orders, answers, callbacks, losses and exits in any order. A run is a
/// sequence, and ends with the proof that it got nobody stuck.
contract GmxHedgeTest is Test {
    uint256 private constant USD_PER_UNIT = 1e24;
    uint256 private constant ROUNDING_UNITS = 24;

    GmxWorld private _world;
    Tally private _tally;
    GmxRecovery private _recovery;
    GmxHandler[] private _handlers;

    function setUp() external {
        _world = new GmxWorld();
        _tally = new Tally();
        _recovery = new GmxRecovery(_world, _tally);
        _handlers.push(new GmxOwnerHandler(_world, _tally));
        _handlers.push(new GmxKeepersHandler(_world, _tally));
        _handlers.push(new GmxStrangersHandler(_world, _tally));
    }

    function targetContracts() external view returns (address[] memory targeted) {
        targeted = new address[](_handlers.length);
        for (uint256 i = 0; i < targeted.length; ++i) targeted[i] = address(_handlers[i]);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targeted) {
        targeted = new FuzzSelector[](_handlers.length);
        for (uint256 i = 0; i < targeted.length; ++i) {
            targeted[i] = FuzzSelector(address(_handlers[i]), _handlers[i].targets());
        }
    }

    /// GX-1 to GX-5
    function invariant_gmx() external view {
        IGmxHedge hedge = _world.hedge();
        HedgeState memory state = hedge.read(_world.priceWad());
        bytes32[] memory orders = _world.venue().ordersOf(address(hedge));
        assertLe(orders.length, 1, "GX-1 orders in flight");
        assertTrue(hedge.inFlight() == (orders.length == 1), "GX-1 in flight");
        assertTrue(orders.length == 0 || orders[0] == hedge.orderKey(), "GX-1 the order's key");
        assertTrue(state.pending == hedge.inFlight(), "GX-1 pending");
        assertTrue(state.equityMinQuote <= state.equityMaxQuote, "GX-3 lowest above highest");
        _checkMoney(hedge);
        if (_world.disturbed()) return;
        _checkBooks(hedge, state);
    }

    /// GX-6: whatever happened, the position can be closed, whoever left is paid, and the owner gets the rest.
    function afterInvariant() external {
        if (vm.envOr("HEDGEROW_GHOSTS", false)) vm.writeLine("cache/invariants/gmx.ghosts", _tally.counts());
        _recovery.recover();
    }

    function _checkMoney(IGmxHedge hedge) private view {
        address tokenRouter = _world.venue().tokenRouter();
        assertEq(_world.quote().allowance(address(hedge), tokenRouter), 0, "GX-5 allowance");
        assertEq(_world.allQuote(), _world.quote().totalSupply(), "GX-5 quote that nobody has");
    }

    /// @dev The hedge's account of itself against the venue's stores and who is owed what.
    function _checkBooks(IGmxHedge hedge, HedgeState memory state) private view {
        (Stake memory all, Stake memory left) = (_world.position(), _world.leavers());
        (uint256 heldBase, ) = _world.hedgeTokens();
        uint256 sum;
        for (uint256 i = 0; i < _world.LEAVERS(); ++i) sum += hedge.owedTo(_world.leaverOf(i));
        assertEq(hedge.owedSizeUsd(), sum, "GX-4 owed in all");
        assertEq(sum, left.sizeUsd, "GX-4 owed to those who left");

        // Funding that the position earned since it was last touched is the one thing that the stores do not say.
        uint256 accrued = uint256(_world.accruedQuote(int256(all.sizeUsd / USD_PER_UNIT)));
        int256 delta = int256(heldBase + left.tokens) - int256(all.tokens);
        uint256 accruedBase = (accrued * _world.till().SCALE()) / _world.priceWad();
        assertLe(uint256(state.deltaBase - delta + 2), accruedBase + 4, "GX-2 delta");

        int256 truth = _world.worthOf(all) - _owed(left) + int256(_world.hedgeMoney());
        int256 slack = int256(accrued + ROUNDING_UNITS);
        assertTrue(state.equityMaxQuote <= truth + slack + int256(all.sizeUsd / USD_PER_UNIT / 200), "GX-3 too high");
        int256 cost = int256((2 * all.sizeUsd) / USD_PER_UNIT / 100) + 4e6;
        if (state.pending) cost += int256(_world.pendingSizeUsd() / USD_PER_UNIT / 100);
        assertTrue(state.equityMinQuote + slack + cost >= truth, "GX-3 too low");
    }

    /// @dev Whoever left with a part under water owes nothing.
    function _owed(Stake memory left) private view returns (int256) {
        int256 worth = _world.worthOf(left);
        return worth > 0 ? worth : int256(0);
    }
}
