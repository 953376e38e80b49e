// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {ILiquidity} from "../../../contracts/interfaces/ILiquidity.sol";
import {RedemptionRequest} from "../../../contracts/vault/RedemptionQueue.sol";
import {ScriptedFeed} from "../../contracts/ScriptedFeed.sol";
import {Ledger} from "../support/Ledger.sol";
import {vm} from "../support/Vm.sol";
import {World} from "../support/World.sol";
import {Handler} from "./Handler.sol";

/// @title A rehearsal of everybody leaving, from whatever state the fuzzer reached. It leaves no trace.
/// @dev The rehearsal ends with a revert, which undoes everything but the time, and that is put back.
abstract contract Leavers is Handler {
    /// @dev Shares of less than a cent, at the first price.
    uint256 private constant SMALLEST_PART = 1e10;

    error Leavers_Rehearsed();
    error Leavers_Blocked(bytes reason);
    error Leavers_ShortPaid(address holder, uint256 paid, uint256 claim);

    constructor(World world_, Ledger ledger_) Handler(world_, ledger_) {}

    function targets() external pure override returns (bytes4[] memory t) {
        t = new bytes4[](2);
        (t[0], t[1]) = (this.rehearseRedemption.selector, this.rehearseExitInKind.selector);
    }

    /// @notice All request in the state as it is; when oracle and venue are healthy again all requests settle, and all
    /// claims are paid.
    function rehearseRedemption(uint256 seed) external {
        _rehearse("rehearse redemption", abi.encodeCall(this.playRedemption, (seed % 2 == 0)));
    }

    /// @notice All request while the oracle is dead; after the exit delay all leave in kind, with the oracle still dead and the
    /// venue in whatever mood it is: past one that does not answer, without their part of the hedge.
    function rehearseExitInKind(uint256 seed) external {
        _rehearse("rehearse exit in kind", abi.encodeCall(this.playExitInKind, (seed % 2 == 0)));
    }

    function playRedemption(bool everybody) external {
        _requestAll(everybody);
        world.heal();
        while (vault.queueHead() < vault.queueTail()) {
            world.movePool(0); // a settlement may push the pool off the oracle's price: arbitrage brings it back
            _settle();
        }
        address[] memory people = world.holders();
        for (uint256 i = 0; i < people.length; ++i) _claimAll(people[i]);
        assertEq(vault.reservedQuote(), 0, "reserved after all claims");
        revert Leavers_Rehearsed();
    }

    function playExitInKind(bool everybody) external {
        world.baseFeed().setMood(ScriptedFeed.Mood.Reverts);
        _requestAll(everybody);
        vm.warp(block.timestamp + world.policy().params().exitDelaySeconds);
        uint256 tail = vault.queueTail();
        for (uint256 id = vault.queueHead(); id < tail; ++id) _leaveInKind(id);
        revert Leavers_Rehearsed();
    }

    function _rehearse(string memory action, bytes memory play) private {
        uint256 time = block.timestamp;
        (bool done, bytes memory reason) = address(this).call(play);
        assert(!done);
        vm.warp(time);
        if (bytes4(reason) != Leavers_Rehearsed.selector) revert Leavers_Blocked(reason);
        ledger.count(action, true);
    }

    function _requestAll(bool everybody) private {
        _takeBackAll();
        address[] memory people = world.holders();
        for (uint256 i = everybody ? 0 : 1; i < people.length; ++i) {
            uint256 shares = vault.balanceOf(people[i]);
            if (shares == 0) continue;
            vm.prank(people[i]);
            vault.requestRedeem(shares, people[i], people[i]);
        }
    }

    /// @dev All at once, or one by one; a request too large for what the market gives within the slippage bound is settled in
    /// parts, between which the market comes back.
    function _settle() private {
        try vault.settle(20) {
            return;
        } catch {}
        bytes memory reason;
        try vault.settle(1) {
            return;
        } catch (bytes memory reason_) {
            reason = reason_;
        }
        bytes4 error_ = bytes4(reason);
        bool isTooLarge =
            error_ == ILiquidity.Liquidity_SwapBelowMinimum.selector ||
                error_ == ILiquidity.Liquidity_SwapAboveMaximum.selector;
        if (!isTooLarge) revert Leavers_Blocked(reason);
        uint256 id = vault.queueHead();
        uint256 part = vault.pendingRedeemRequest(id, vault.requestOf(id).controller);
        while (part > SMALLEST_PART) {
            part /= 4;
            try vault.settleShares(1, part) {
                world.movePool(0);
                ledger.count("rehearse a part", true);
                return;
            } catch (bytes memory reason_) {
                reason = reason_;
            }
        }
        revert Leavers_Blocked(reason);
    }

    /// @dev Shares of cancelled requests.
    function _takeBackAll() private {
        uint256[] memory cancelled = ledger.cancelled();
        address[] memory people = world.holders();
        for (uint256 i = 0; i < cancelled.length; ++i) {
            for (uint256 j = 0; j < people.length; ++j) {
                if (vault.claimableCancelRedeemRequest(cancelled[i], people[j]) == 0) continue;
                vm.prank(people[j]);
                vault.claimCancelRedeemRequest(cancelled[i], people[j], people[j]);
            }
        }
    }

    function _leaveInKind(uint256 id) private {
        RedemptionRequest memory r = vault.requestOf(id);
        if (r.shares == 0) return;
        uint256 debt = world.venue().debtOf(address(world.hedge()));
        world.base().mint(r.controller, debt);
        _approve(world.base(), r.controller, debt);
        vm.prank(r.controller);
        try vault.exitInKind(id, r.controller, debt, 0) {
            return;
        } catch {}
        vm.prank(r.controller);
        vault.exitInKind(id, r.controller, debt, 1);
    }

    function _claimAll(address holder) private {
        uint256 shares = vault.maxRedeem(holder);
        if (shares == 0) return;
        uint256 claim = vault.maxWithdraw(holder);
        uint256 before = world.quote().balanceOf(holder);
        vm.prank(holder);
        vault.redeem(shares, holder, holder);
        uint256 paid = world.quote().balanceOf(holder) - before;
        if (paid != claim) revert Leavers_ShortPaid(holder, paid, claim);
    }
}
