// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IVaultTill} from "../../../contracts/interfaces/IVaultTill.sol";
import {IHedgedVault} from "../../../contracts/interfaces/IHedgedVault.sol";
import {HostileCall} from "../../contracts/HostileHedge.sol";
import {MarginVenue, VenueMood} from "../../contracts/MarginVenue.sol";
import {Ledger} from "../support/Ledger.sol";
import {IVault} from "../support/Production.sol";
import {Trader} from "../support/Trader.sol";
import {Truth, World} from "../support/World.sol";
import {Handler} from "./Handler.sol";

/// @title The hedge's venue, from a liquidation to open hostility.
abstract contract Venue is Handler {
    MarginVenue private immutable venue;

    constructor(World world_, Ledger ledger_) Handler(world_, ledger_) {
        venue = world_.venue();
    }

    function targets() external pure override returns (bytes4[] memory t) {
        t = new bytes4[](5);
        (t[0], t[1], t[2]) = (this.behave.selector, this.misbehave.selector, this.liquidate.selector);
        (t[3], t[4]) = (this.plot.selector, this.reconcile.selector);
    }

    /// @notice Back to honesty; the plot, if any, goes on.
    function behave() external {
        VenueMood memory honest;
        venue.setMood(honest);
        ledger.count("venue behaves", true);
    }

    function misbehave(uint256 seed) external {
        _seed(seed);
        Truth memory t = world.truth();
        uint256 kind = _pick(0, 3);
        VenueMood memory mood;
        if (kind == 0) mood.frozen = true;
        else if (kind == 1) mood.pending = true;
        else if (kind == 2) mood.equityLieQuote = _pickSigned(t.grossQuote / 20);
        else mood.deltaLieBase = _pickSigned((t.grossQuote * 1e30) / t.priceWad / 20);
        venue.setMood(mood);
        ledger.count("venue misbehaves", true);
    }

    /// @notice A part, or all of it.
    function liquidate(uint256 seed) external {
        _seed(seed);
        if (_pick(0, 3) != 0) return;
        if (_pick(0, 7) == 0) {
            venue.seizeAll(address(world.hedge()), _pick(0, 10_000));
            ledger.count("seize all", true);
            return;
        }
        venue.liquidate(address(world.hedge()), _pick(0, 2) == 0 ? 10_000 : _pick(1, 5_000), world.oraclePriceWad());
        ledger.count("liquidate", true);
    }

    /// @notice Calls that the venue makes in the middle of every operation from now on: it bends the pool, and tries to
    /// enter the vault again.
    function plot(uint256 seed) external {
        _seed(seed);
        uint256 count = _pick(0, 2);
        HostileCall[] memory calls = new HostileCall[](count);
        for (uint256 i = 0; i < count; ++i) calls[i] = _pickCall();
        venue.setCalls(calls);
        ledger.count("venue plots", true);
    }

    function reconcile() external {
        _fairly(world.stranger(), "reconcile", abi.encodeCall(IHedgedVault.reconcile, ()));
    }

    function _pickCall() private returns (HostileCall memory) {
        uint256 kind = _pick(0, 6);
        if (kind < 3) {
            bytes memory bend = abi.encodeCall(Trader.moveTo, (world.pool(), world.poolPriceAt(_pickSigned(150))));
            // With the attacker's money: what the two make together is the attacker's profit.
            return HostileCall(address(world.attacker()), bend);
        }
        bytes memory data;
        if (kind == 3) data = abi.encodeCall(IHedgedVault.settle, (10));
        else if (kind == 4) data = abi.encodeCall(IVault.deposit, (1e6, address(venue)));
        else if (kind == 5) data = abi.encodeCall(IHedgedVault.reconcile, ());
        else data = abi.encodeCall(IVaultTill.pay, (address(world.quote()), 1e6, address(venue)));
        return HostileCall(address(vault), data);
    }
}
