// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {HedgeState, IHedge} from "../../../contracts/interfaces/IHedge.sol";
import {IGmxHedge} from "../support/GmxProduction.sol";
import {GmxTill} from "../support/GmxTill.sol";
import {GmxWorld, Stake} from "../support/GmxWorld.sol";
import {Tally} from "../support/Tally.sol";
import {Books, GmxHandler} from "./GmxHandler.sol";

/// @title The vault: orders of every kind, settlements, and people who leave in kind.
abstract contract GmxOwner is GmxHandler {
    uint256 private constant ETHER = 1 ether;
    uint256 private constant THOUSAND = 1_000e6;
    /// @dev An order's fee, twice, and the most that its impact takes: 2 × 0.06 % + 0.5 %.
    uint256 private constant COST_PER_MILLE = 7;

    constructor(GmxWorld world_, Tally tally_) GmxHandler(world_, tally_) {
        _expect(IGmxHedge.GmxV2Hedge_NotOneOrder.selector);
        _expect(IGmxHedge.GmxV2Hedge_PositionTooSmall.selector);
        _expect(IGmxHedge.GmxV2Hedge_ExecutionFeeNotFunded.selector);
        _expect(IGmxHedge.GmxV2Hedge_MarginOwed.selector);
        _expect(IHedge.Hedge_ReduceExceedsShort.selector);
    }

    function targets() external pure override returns (bytes4[] memory all) {
        all = new bytes4[](11);
        (all[0], all[1], all[2]) = (this.open.selector, this.grow.selector, this.shrink.selector);
        (all[3], all[4], all[5]) = (this.close.selector, this.post.selector, this.release.selector);
        (all[6], all[7], all[8]) = (this.nonsense.selector, this.collect.selector, this.unwind.selector);
        (all[9], all[10]) = (this.depart.selector, this.reconcile.selector);
    }

    function open(uint256 seed) external plays(seed) {
        _order("open", -int256(_pick(1, 80) * ETHER), int256(_pick(20, 80) * THOUSAND));
    }

    function grow(uint256 seed) external plays(seed) {
        uint256 delta = _chance(8) ? _pick(1, 1e12) : _pick(1, 30) * ETHER;
        _order("grow", -int256(delta), 0);
    }

    function shrink(uint256 seed) external plays(seed) {
        uint256 held = _short();
        _order(
            "shrink",
            int256((held * _pick(1, 99)) / 100),
            _chance(2) ? int256(0) : -int256(_pick(1, 40) * THOUSAND)
        );
    }

    function close(uint256 seed) external plays(seed) {
        _order("close", int256(_short()), _chance(2) ? int256(0) : -int256(_pick(1, 100) * THOUSAND));
    }

    function post(uint256 seed) external plays(seed) {
        _order("post", 0, int256(_pick(1, 60) * THOUSAND));
    }

    function release(uint256 seed) external plays(seed) {
        _order("release", 0, -int256(_pick(1, 60) * THOUSAND));
    }

    /// @notice What no venue takes, and what nobody has.
    function nonsense(uint256 seed) external plays(seed) {
        int256 amount = int256(_pick(1, 90) * ETHER);
        if (_chance(2)) _order("nonsense", amount, int256(THOUSAND));
        else _order("nonsense", amount + int256(_short()), 0);
    }

    function collect(uint256 seed) external plays(seed) {
        _order("collect", 0, 0);
        assertTrue(hedge.inFlight() || world.quote().balanceOf(address(hedge)) == 0 || _lost(), "collected not all");
    }

    /// @notice A settlement: all of it is paid or nothing, never more than the part.
    function unwind(uint256 seed) external plays(seed) {
        uint256 denominator = _pick(1, 1e9);
        uint256 numerator = _chance(6) ? denominator : _pick(1, denominator);
        Books memory before = _books();
        uint256 held = world.quote().balanceOf(address(till));
        bool pending = hedge.inFlight();
        HedgeState memory s = hedge.read(world.priceWad());
        (bool done, ) = _call(
            address(this),
            "unwind",
            address(till),
            0,
            abi.encodeCall(GmxTill.unwind, (numerator, denominator))
        );
        if (!done) return;
        uint256 paid = world.quote().balanceOf(address(till)) - held;
        if (pending) assertEq(paid, 0, "paid while an order waits");
        int256 most = s.equityMinQuote > 0 ? s.equityMinQuote : int256(0);
        if (world.position().sizeUsd > 0) {
            assertLe(paid, (uint256(most) * numerator) / denominator, "paid more than the part");
        }
        _requireWithin("unwind", before, _books(), 0);
    }

    function depart(uint256 seed) external plays(seed) {
        address leaver = world.leaverOf(_pick(0, 1));
        uint256 denominator = _pick(2, 1e6);
        uint256 numerator = _pick(1, denominator - 1);
        Stake memory own = world.ownStake();
        uint256 owed = hedge.owedTo(leaver);
        (bool done, ) = _call(
            address(this),
            "depart",
            address(till),
            0,
            abi.encodeCall(GmxTill.unwindInKind, (numerator, denominator, leaver))
        );
        if (!done) return;
        uint256 size = (own.sizeUsd * numerator) / denominator;
        if (!world.disturbed()) assertEq(hedge.owedTo(leaver) - owed, size, "owed");
        if (size == 0) return;
        uint256 tokens = (own.tokens * numerator) / denominator;
        world.recordLeaver(leaver, Stake(size, tokens, (own.collateral * numerator) / denominator));
    }

    function reconcile(uint256 seed) external plays(seed) {
        Books memory before = _books();
        _call(address(this), "reconcile", address(till), 0, abi.encodeCall(GmxTill.reconcile, ()));
        assertTrue(!_lost(), "lost after a reconcile");
        // What was owed out of a position that is gone is nobody's.
        if (world.position().sizeUsd > 0) _requireWithin("reconcile", before, _books(), 0);
    }

    // --- internals

    function _order(string memory action, int256 delta, int256 margin) private {
        Books memory before = _books();
        (bool done, ) = _call(address(this), action, address(till), 0, abi.encodeCall(GmxTill.adjust, (delta, margin)));
        if (!done) return;
        uint256 traded = world.quoteOf(delta > 0 ? uint256(delta) : uint256(-delta));
        Books memory afterwards = _books();
        _requireWithin(action, before, afterwards, int256((traded * COST_PER_MILLE) / 1_000));
        // Half of them are answered at once, so that sequences get somewhere.
        if (delta == 0 && margin == 0) return;
        if (_chance(2)) {
            world.refresh();
            _execute("answerAtOnce", !world.unwell());
        }
    }

    function _short() private view returns (uint256) {
        return world.ownStake().tokens;
    }

    function _lost() private view returns (bool) {
        return hedge.read(world.priceWad()).lost;
    }
}
