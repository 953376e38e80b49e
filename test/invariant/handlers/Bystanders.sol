// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IVaultTill} from "../../../contracts/interfaces/IVaultTill.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {IERC7887Redeem} from "../../../contracts/interfaces/IERC7887Redeem.sol";
import {IHedge} from "../../../contracts/interfaces/IHedge.sol";
import {IHedgedVault} from "../../../contracts/interfaces/IHedgedVault.sol";
import {ILiquidity, RangePosition} from "../../../contracts/interfaces/ILiquidity.sol";
import {IRiskPolicy} from "../../../contracts/interfaces/IRiskPolicy.sol";
import {Action, Book, PlanPromise} from "../../../contracts/types/VaultTypes.sol";
import {Ledger} from "../support/Ledger.sol";
import {IVault} from "../support/Production.sol";
import {vm} from "../support/Vm.sol";
import {Truth, World} from "../support/World.sol";
import {Handler} from "./Handler.sol";

/// @title The guardian, the owner, and strangers who give, push every button they can reach and find most of them locked.
abstract contract Bystanders is Handler {
    error Bystanders_Unlocked(address target, bytes data);

    constructor(World world_, Ledger ledger_) Handler(world_, ledger_) {
        _expect(IAccessManaged.AccessManagedUnauthorized.selector);
        _expect(IHedgedVault.HedgedVault_OnlyAdapter.selector);
        _expect(IHedgedVault.HedgedVault_NotController.selector);
        _expect(IHedgedVault.HedgedVault_UnknownRequest.selector);
        _expect(IHedgedVault.HedgedVault_ExitTooEarly.selector);
        _expect(IHedgedVault.HedgedVault_NotReady.selector);
        _expect(ILiquidity.Liquidity_OnlyVault.selector);
        _expect(ILiquidity.Liquidity_OnlyPool.selector);
        _expect(IHedge.Hedge_OnlyVault.selector);
        _expect(IHedge.Hedge_NothingPending.selector);
        _expect(IRiskPolicy.RiskPolicy_OnlyVault.selector);
    }

    function targets() external pure override returns (bytes4[] memory t) {
        t = new bytes4[](5);
        (t[0], t[1], t[2], t[3]) = (this.guard.selector, this.own.selector, this.give.selector, this.pry.selector);
        t[4] = this.accrue.selector;
    }

    function guard(uint256 seed) external {
        _seed(seed);
        uint256 kind = _pick(0, 60);
        // Winding down is for good: rarely, or nothing else would ever be seen.
        if (kind == 0) _fairly(world.guardian(), "startWindDown", abi.encodeCall(IVault.startWindDown, ()));
        else if (kind < 5) _fairly(world.guardian(), "pauseDeposits", abi.encodeCall(IVault.pauseDeposits, ()));
        else if (kind < 15) _fairly(world.guardian(), "pauseKeeper", abi.encodeCall(IVault.pauseKeeper, ()));
    }

    function own(uint256 seed) external {
        _seed(seed);
        address owner = address(world);
        uint256 kind = _pick(0, 7);
        if (kind < 2) _fairly(owner, "resumeDeposits", abi.encodeCall(IVault.resumeDeposits, ()));
        else if (kind < 4) _fairly(owner, "clearDegraded", abi.encodeCall(IVault.clearDegraded, ()));
        else if (kind < 6) _fairly(owner, "resumeKeeper", abi.encodeCall(IVault.resumeKeeper, ()));
        else if (vault.feeTerms().recipient != address(0)) _setFees(owner, kind == 6);
    }

    /// @notice Anyone may have the fees counted up to now.
    function accrue(uint256) external {
        _fairly(world.stranger(), "accrueFees", abi.encodeCall(IHedgedVault.accrueFees, ()));
    }

    /// @dev Other rates within the caps, or the ones that were announced, once their time has come.
    function _setFees(address owner, bool announces) private {
        if (announces) {
            bytes memory data = abi.encodeCall(IVault.setFees, (world.feeRecipient(), _pick(0, 200), _pick(0, 2_000)));
            _fairly(owner, "setFees", data);
            return;
        }
        uint256 readyAt = vault.feeTerms().nextAt;
        if (readyAt > block.timestamp && _pick(0, 2) == 0) {
            vm.warp(readyAt);
            world.refreshFeeds();
        }
        _fairly(world.stranger(), "applyFees", abi.encodeCall(IVault.applyFees, ()));
    }

    /// @notice Gifts change nobody's books: tokens to the vault, liquidity to its ranges.
    function give(uint256 seed) external {
        _seed(seed);
        Truth memory before = world.truth();
        uint256 kind = _pick(0, 2);
        if (kind == 0) {
            uint256 amount = _pick(1, 1_000_000e6);
            world.quote().mint(address(vault), amount);
            ledger.recordDonation(0, amount);
        } else if (kind == 1) {
            uint256 amount = _pick(1, 100 ether);
            world.base().mint(address(vault), amount);
            ledger.recordDonation(amount, 0);
        } else {
            RangePosition[] memory ranges = world.liquidity().ranges();
            if (ranges.length == 0) return;
            RangePosition memory r = ranges[_pick(0, ranges.length - 1)];
            uint128 gift = uint128(_pick(1, 1e12));
            world.market().mint(world.pool(), address(world.liquidity()), r.tickLower, r.tickUpper, gift);
        }
        ledger.count("give", true);
        _requireFair("give", before, world.truth(), 0);
    }

    /// @notice Every function that is not a stranger's must be locked.
    function pry(uint256 seed) external {
        _seed(seed);
        address quote = address(world.quote());
        address stranger = world.stranger();
        Book memory book;
        PlanPromise memory promised;
        _pry(address(vault), abi.encodeCall(IVaultTill.pay, (quote, _pick(0, 1e9), stranger)));
        _pry(address(vault), abi.encodeCall(IHedgedVault.rebalance, (new Action[](0), promised)));
        _pry(address(vault), abi.encodeCall(IVault.clearDegraded, ()));
        _pry(address(vault), abi.encodeCall(IVault.resumeKeeper, ()));
        _pry(address(vault), abi.encodeCall(IVault.pauseKeeper, ()));
        _pry(address(vault), abi.encodeCall(IVault.setFees, (stranger, 200, 2_000)));
        _pryQueue(stranger);
        _pry(address(world.policy()), abi.encodeCall(IRiskPolicy.enforce, (book, book, promised, 0)));
        _pry(address(world.policy()), abi.encodeCall(IRiskPolicy.enforceEmergency, (book, book, 0)));
        _pry(address(world.liquidity()), abi.encodeCall(ILiquidity.removeShare, (1, _pick(1, 9))));
        _pry(address(world.liquidity()), abi.encodeCall(ILiquidity.swap, (_pickSigned(1e18), 0)));
        _pry(address(world.hedge()), abi.encodeCall(IHedge.unwind, (1, _pick(1, 9))));
        _pry(address(world.hedge()), abi.encodeCall(IHedge.unwindInKind, (1, _pick(1, 9), stranger)));
        _pry(address(world.hedge()), abi.encodeCall(IHedge.adjust, (_pickSigned(1e18), 0)));
        _pry(address(world.hedge()), abi.encodeCall(IHedge.cancelStale, ()));
        ledger.count("pry", true);
    }

    function _pryQueue(address stranger) private {
        uint256 id = _pendingId(_pick(0, 99));
        address controller = vault.requestOf(id).controller;
        _pry(address(vault), abi.encodeCall(IERC7887Redeem.cancelRedeemRequest, (id, stranger)));
        _pry(address(vault), abi.encodeCall(IERC7887Redeem.cancelRedeemRequest, (id, controller)));
        _pry(address(vault), abi.encodeCall(IHedgedVault.exitInKind, (id, stranger, 0, _pick(0, 1))));
        uint256[] memory cancelled = ledger.cancelled();
        if (cancelled.length == 0) return;
        id = cancelled[_pick(0, cancelled.length - 1)];
        _pry(address(vault), abi.encodeCall(IERC7887Redeem.claimCancelRedeemRequest, (id, stranger, stranger)));
    }

    function _pry(address target, bytes memory data) private {
        address stranger = world.stranger();
        vm.prank(stranger);
        (bool opened, bytes memory reason) = target.call(data);
        if (opened) revert Bystanders_Unlocked(target, data);
        _requireExpected("pry", reason);
    }
}
