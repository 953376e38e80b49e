// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Test} from "../../unit/contracts/Test.sol";
import {Handler} from "../handlers/Handler.sol";
import {Ledger} from "./Ledger.sol";
import {VaultInvariants} from "./VaultInvariants.sol";
import {FuzzSelector, vm} from "./Vm.sol";
import {World} from "./World.sol";

/// @title A campaign against one world: its handlers, what must hold after every call, and what is written down.
abstract contract VaultSuite is Test {
    World internal world;
    Ledger internal ledger;
    VaultInvariants internal invariants;
    Handler[] private _handlers;

    function _begin(World world_) internal {
        world = world_;
        ledger = new Ledger();
        invariants = new VaultInvariants(world, ledger);
    }

    function _add(Handler handler) internal {
        _handlers.push(handler);
    }

    /// @dev For the runner.
    function targetContracts() external view returns (address[] memory targeted) {
        targeted = new address[](_handlers.length);
        for (uint256 i = 0; i < targeted.length; ++i) targeted[i] = address(_handlers[i]);
    }

    /// @dev For the runner.
    function targetSelectors() external view returns (FuzzSelector[] memory targeted) {
        targeted = new FuzzSelector[](_handlers.length);
        for (uint256 i = 0; i < targeted.length; ++i) {
            targeted[i] = FuzzSelector(address(_handlers[i]), _handlers[i].targets());
        }
    }

    /// @dev For the runner, once a run.
    function afterInvariant() external {
        _finish();
        if (vm.envOr("HEDGEROW_GHOSTS", false)) {
            vm.writeLine(string.concat("cache/invariants/", _name(), ".ghosts"), ledger.report());
        }
    }

    /// @dev Name of the campaign's report.
    function _name() internal pure virtual returns (string memory);

    /// @dev What is checked once a run, when it is over.
    function _finish() internal virtual {}
}
