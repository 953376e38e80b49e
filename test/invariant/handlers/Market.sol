// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Ledger} from "../support/Ledger.sol";
import {vm} from "../support/Vm.sol";
import {World} from "../support/World.sol";
import {Handler} from "./Handler.sol";

/// @title Time, price and arbitrage: mostly calm, sometimes violent, sometimes with an oracle that nobody should trust.
abstract contract Market is Handler {
    uint256 private constant MIN_PRICE_WAD = 400e18;
    uint256 private constant MAX_PRICE_WAD = 10_000e18;
    uint256 private constant QUIET_SECONDS = 301;

    constructor(World world_, Ledger ledger_) Handler(world_, ledger_) {}

    function targets() external pure override returns (bytes4[] memory t) {
        t = new bytes4[](4);
        (t[0], t[1], t[2], t[3]) = (this.drift.selector, this.rest.selector, this.trade.selector, this.panic.selector);
    }

    /// @notice Hours pass; the price moves by up to 3 % and the pool follows, until its average has settled.
    function drift(uint256 seed) external {
        _seed(seed);
        vm.warp(block.timestamp + _pick(12, 6 hours));
        _shift(300);
        world.movePool(_pickSigned(30));
        vm.warp(block.timestamp + QUIET_SECONDS);
        world.refreshFeeds();
        ledger.count("drift", true);
    }

    /// @notice Nothing happens for a while.
    function rest(uint256 seed) external {
        _seed(seed);
        vm.warp(block.timestamp + (_pick(0, 7) == 0 ? _pick(1, 2 days) : _pick(1, 2 hours)));
        world.refreshFeeds();
        ledger.count("rest", true);
    }

    /// @notice Volume that comes and goes: fees for the ranges.
    function trade(uint256 seed) external {
        _seed(seed);
        world.movePool(_pickSigned(400));
        world.movePool(_pickSigned(40));
        ledger.count("trade", true);
    }

    /// @notice What should not happen: a crash, a feed that stops, a pool off its price, a quote off its peg.
    function panic(uint256 seed) external {
        _seed(seed);
        uint256 kind = _pick(0, 9);
        if (kind == 0) {
            _shift(2_500);
            world.movePool(0);
        } else if (kind == 1) {
            vm.warp(block.timestamp + _pick(1 hours, 3 hours)); // the feeds stay where they are
        } else if (kind == 2) {
            world.movePool(_pickSigned(300));
        } else if (kind == 3) {
            world.setPeg(_pick(0.88e18, 1.02e18));
        } else {
            world.setPeg(1e18);
            world.movePool(0);
            vm.warp(block.timestamp + QUIET_SECONDS);
            world.refreshFeeds();
        }
        ledger.count("panic", true);
    }

    function _shift(uint256 mostBps) private {
        uint256 moved = (world.priceWad() * uint256(10_000 + _pickSigned(mostBps))) / 10_000;
        world.setPrice(bound(moved, MIN_PRICE_WAD, MAX_PRICE_WAD));
    }
}
