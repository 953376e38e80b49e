// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

import {Book} from "../../../contracts/types/VaultTypes.sol";
import {RedemptionRequest} from "../../../contracts/vault/RedemptionQueue.sol";
import {StandInToken} from "../../../localnet/contracts/StandInToken.sol";
import {Test} from "../../unit/contracts/Test.sol";
import {Ledger} from "./Ledger.sol";
import {IVault} from "./Production.sol";
import {Truth, World} from "./World.sol";

/// @title What must hold in every state, whatever happened before. The README states each in English by its number.
contract VaultInvariants is Test {
    /// @dev Quote units between the vault's valuation and the truth: rounding of ranges, fees and debt.
    uint256 private constant VALUATION_UNITS = 24;
    uint256 private constant BPS = 10_000;

    World private immutable world;
    Ledger private immutable ledger;
    IVault private immutable vault;
    address[] private _holders;
    address[] private _periphery;

    constructor(World world_, Ledger ledger_) {
        (world, ledger, vault) = (world_, ledger_, world_.vault());
        _holders = world_.holders();
        _periphery = [address(world_.liquidity()), address(world_.hedge()), address(world_.policy())];
        _periphery.push(address(world_.factory()));
        _periphery.push(address(world_.oracle()));
    }

    function check() external {
        _solvency();
        _bookkeeping();
        _valuation();
        _periphery_();
        _keeperBudget();
        _attacker();
        _callbacks();
    }

    /// HV-1, HV-2
    function _solvency() private view {
        (uint256 idleBase, uint256 idleQuote) = vault.idle();
        uint256 reserved = vault.reservedQuote();
        uint256 heldQuote = world.quote().balanceOf(address(vault));
        uint256 heldBase = world.base().balanceOf(address(vault));
        assertEq(heldQuote, idleQuote + reserved + ledger.donatedQuote(), "HV-1 quote held");
        assertEq(heldBase, idleBase + ledger.donatedBase(), "HV-1 base held");
        uint256 claims;
        for (uint256 i = 0; i < _holders.length; ++i) claims += vault.maxWithdraw(_holders[i]);
        assertEq(claims, reserved, "HV-2 claims");
    }

    /// HV-3, HV-4
    function _bookkeeping() private view {
        (uint256 head, uint256 tail) = (vault.queueHead(), vault.queueTail());
        uint256 waiting;
        for (uint256 id = head; id < tail; ++id) {
            RedemptionRequest memory r = vault.requestOf(id);
            uint256 settled = id == head ? vault.headSettledShares() : 0;
            assertTrue(settled == 0 || settled < r.shares, "HV-4 the head was settled whole");
            assertEq(vault.pendingRedeemRequest(id, r.controller), r.shares - settled, "HV-4 settled behind the head");
            waiting += r.shares - settled;
        }
        if (head == tail) {
            assertEq(vault.headSettledShares(), 0, "HV-4 a part of nothing");
        }
        if (head > 1) {
            address last = vault.requestOf(head - 1).controller;
            assertEq(vault.pendingRedeemRequest(head - 1, last), 0, "HV-4 unsettled before the head");
        }
        uint256 escrow = vault.balanceOf(address(vault));
        assertEq(escrow, waiting + _cancelledShares(), "HV-3 escrow");
        uint256 supply = escrow;
        for (uint256 i = 0; i < _holders.length; ++i) supply += vault.balanceOf(_holders[i]);
        assertEq(supply, vault.totalSupply(), "HV-3 supply");
    }

    function _cancelledShares() private view returns (uint256 shares) {
        uint256[] memory cancelled = ledger.cancelled();
        for (uint256 i = 0; i < cancelled.length; ++i) {
            for (uint256 j = 0; j < _holders.length; ++j) {
                shares += vault.claimableCancelRedeemRequest(cancelled[i], _holders[j]);
            }
        }
    }

    /// HV-5, HV-6
    function _valuation() private {
        (Book memory b, ) = vault.book();
        if (b.priceWad == 0) return;
        assertLe(b.navMinQuote, b.navQuote, "HV-5 lowest NAV");
        assertLe(b.navQuote, b.navMaxQuote, "HV-5 NAV");
        Truth memory t = world.truth();
        (int256 deltaLie, int256 equityLie) = world.lies();
        // A loan under water is worth something between what it lacks and nothing, since nobody has to pay it.
        int256 lowest = t.equityQuote + equityLie;
        int256 middle = (lowest + SignedMath.max(lowest, 0)) / 2;
        uint256 expected = uint256(SignedMath.max(t.navQuote - SignedMath.max(t.equityQuote, 0) + middle, 0));
        uint256 distance = expected > b.navQuote ? expected - b.navQuote : b.navQuote - expected;
        assertLe(distance, VALUATION_UNITS, "HV-6 valuation");
        assertEq(b.deltaBase, t.deltaBase + deltaLie, "HV-6 delta");
    }

    /// HV-7
    function _periphery_() private view {
        (StandInToken base, StandInToken quote) = (world.base(), world.quote());
        for (uint256 i = 0; i < _periphery.length; ++i) {
            address outpost = _periphery[i];
            assertEq(base.balanceOf(outpost) + quote.balanceOf(outpost), 0, "HV-7 tokens left");
            assertEq(vault.balanceOf(outpost), 0, "HV-7 shares left");
            _requireNoAllowance(address(vault), outpost);
            _requireNoAllowance(outpost, address(world.venue()));
            _requireNoAllowance(outpost, address(world.pool()));
        }
        _requireNoAllowance(address(vault), address(world.pool()));
        _requireNoAllowance(address(vault), address(world.venue()));
    }

    function _requireNoAllowance(address owner, address spender) private view {
        uint256 allowed = world.base().allowance(owner, spender) + world.quote().allowance(owner, spender);
        assertEq(allowed, 0, "HV-7 allowance left");
    }

    /// HV-8
    function _keeperBudget() private view {
        uint256 budgetWad = (uint256(world.policy().params().maxLossBpsPerDay) * 1e18) / BPS;
        assertLe(ledger.worstWindowWad(), budgetWad + ledger.worstWindowSlackWad(), "HV-8 loss through the keeper");
    }

    /// HV-9
    function _attacker() private view {
        assertTrue(ledger.attackerProfit() <= 0, "HV-9 the attacker's profit");
    }

    /// HV-10
    function _callbacks() private view {
        assertEq(world.venue().callsThrough(address(vault)), 0, "HV-10 reentered");
    }
}
