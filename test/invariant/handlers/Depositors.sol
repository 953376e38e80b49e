// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IERC7540Redeem} from "../../../contracts/interfaces/IERC7540Redeem.sol";
import {IERC7887Redeem} from "../../../contracts/interfaces/IERC7887Redeem.sol";
import {IHedgedVault} from "../../../contracts/interfaces/IHedgedVault.sol";
import {RedemptionRequest} from "../../../contracts/vault/RedemptionQueue.sol";
import {Ledger} from "../support/Ledger.sol";
import {IVault} from "../support/Production.sol";
import {Truth, World} from "../support/World.sol";
import {Handler} from "./Handler.sol";

/// @title Depositors and a whale: everything that somebody with shares may do.
abstract contract Depositors is Handler {
    uint256 private constant MIN_ASSETS = 1e6;
    uint256 private constant MAX_ASSETS = 50_000e6;
    uint256 private constant MAX_WHALE_ASSETS = 5_000_000e6;

    constructor(World world_, Ledger ledger_) Handler(world_, ledger_) {
        _expect(IHedgedVault.HedgedVault_DepositsClosed.selector);
        _expect(IHedgedVault.HedgedVault_DepositAboveCap.selector);
        _expect(IHedgedVault.HedgedVault_RequestTooSmall.selector);
        _expect(IHedgedVault.HedgedVault_NothingToSettle.selector);
        _expect(IHedgedVault.HedgedVault_ExitTooEarly.selector);
    }

    function targets() external pure override returns (bytes4[] memory t) {
        t = new bytes4[](10);
        (t[0], t[1], t[2], t[3]) = (
            this.deposit.selector,
            this.mint.selector,
            this.request.selector,
            this.cancel.selector
        );
        (t[4], t[5], t[6]) = (this.claim.selector, this.leaveInKind.selector, this.transfer.selector);
        (t[7], t[8], t[9]) = (this.settle.selector, this.settleParts.selector, this.takeBack.selector);
    }

    function deposit(uint256 who, uint256 assets) external {
        address holder = _holder(who);
        assets = _fund(holder, who, assets);
        _enter(holder, "deposit", abi.encodeCall(IVault.deposit, (assets, holder)));
    }

    function mint(uint256 who, uint256 assets) external {
        address holder = _holder(who);
        assets = _fund(holder, who, assets);
        uint256 shares = (assets * 9 * (vault.totalSupply() + 1e6)) / (10 * (uint256(_positiveNav()) + 1));
        if (shares == 0) return;
        // Shares are dear where the loan is under water: the highest NAV counts it as nothing.
        world.quote().mint(holder, assets * 999);
        _approve(world.quote(), holder, assets * 1_000);
        _enter(holder, "mint", abi.encodeCall(IVault.mint, (shares, holder)));
    }

    function request(uint256 who, uint256 part, uint256 controller) external {
        address holder = _holder(who);
        uint256 held = vault.balanceOf(holder);
        if (held == 0) return;
        // Mostly a real part; every eighth time any number of units, to the last.
        uint256 shares = part % 8 == 0 ? bound(part, 1, held) : (held * (1 + (part % 10_000))) / 10_000;
        if (shares == 0) return;
        address to = controller % 4 == 0 ? _holder(controller) : holder;
        _fairly(holder, "requestRedeem", abi.encodeCall(IERC7540Redeem.requestRedeem, (shares, to, holder)));
    }

    function cancel(uint256 which) external {
        (uint256 id, RedemptionRequest memory r) = _pending(which);
        if (r.shares == 0) return;
        (bool done, ) = _fairly(
            r.controller,
            "cancelRedeemRequest",
            abi.encodeCall(IERC7887Redeem.cancelRedeemRequest, (id, r.controller))
        );
        if (done) ledger.recordCancelled(id);
    }

    /// @notice The second step of cancelling.
    function takeBack(uint256 which, uint256 receiver) external {
        uint256[] memory cancelled = ledger.cancelled();
        if (cancelled.length == 0) return;
        uint256 id = cancelled[which % cancelled.length];
        address controller = _cancellerOf(id);
        (bool done, ) = _fairly(
            controller,
            "claimCancelRedeemRequest",
            abi.encodeCall(IERC7887Redeem.claimCancelRedeemRequest, (id, _holder(receiver), controller))
        );
        if (done) ledger.recordTakenBack(which % cancelled.length);
    }

    function claim(uint256 who, uint256 part, bool byShares) external {
        address holder = _holder(who);
        uint256 most = byShares ? vault.maxRedeem(holder) : vault.maxWithdraw(holder);
        if (most == 0) return;
        uint256 amount = bound(part, 1, most);
        _fairly(
            holder,
            "claim",
            byShares
                ? abi.encodeCall(IVault.redeem, (amount, holder, holder))
                : abi.encodeCall(IVault.withdraw, (amount, holder, holder))
        );
    }

    function leaveInKind(uint256 which, uint256 leaves) external {
        (uint256 id, RedemptionRequest memory r) = _pending(which);
        if (r.shares == 0) return;
        uint256 debt = world.venue().debtOf(address(world.hedge()));
        world.base().mint(r.controller, debt);
        _approve(world.base(), r.controller, debt);
        bytes memory data = abi.encodeCall(IHedgedVault.exitInKind, (id, r.controller, debt, leaves % 3 == 0 ? 1 : 0));
        if (leaves % 3 == 0 && world.hedgeEquity() < 0 && !world.isGivenUp()) {
            // Who leaves a hedge behind that owes more than it owns leaves the others with the difference.
            _as(r.controller, "exitInKind", address(vault), data);
        } else {
            _fairly(r.controller, leaves % 3 == 0 ? "exitInKind, hedge left" : "exitInKind", data);
        }
        _approve(world.base(), r.controller, 0);
    }

    function transfer(uint256 from, uint256 to, uint256 part) external {
        address holder = _holder(from);
        uint256 shares = bound(part, 0, vault.balanceOf(holder));
        _fairly(holder, "transfer", abi.encodeWithSignature("transfer(address,uint256)", _holder(to), shares));
    }

    function settle(uint256 most) external {
        _fairly(world.stranger(), "settle", abi.encodeCall(IHedgedVault.settle, (bound(most, 1, 40))));
    }

    /// @notice The head in parts of any size.
    function settleParts(uint256 most, uint256 shares) external {
        shares = bound(shares, 1, vault.balanceOf(address(vault)) + 1);
        bytes memory data = abi.encodeCall(IHedgedVault.settleShares, (bound(most, 1, 40), shares));
        _fairly(world.stranger(), "settleShares", data);
    }

    /// @dev A venue that lies makes deposits cost somebody something; what an honest one reports must be fair to all.
    function _enter(address holder, string memory action, bytes memory data) private {
        if (world.venue().mood().equityLieQuote == 0) {
            _fairly(holder, action, data);
        } else {
            _as(holder, action, address(vault), data);
        }
        _approve(world.quote(), holder, 0);
    }

    function _fund(address holder, uint256 who, uint256 assets) private returns (uint256 bounded) {
        bounded = bound(assets, MIN_ASSETS, who % 5 == 4 ? MAX_WHALE_ASSETS : MAX_ASSETS);
        world.quote().mint(holder, bounded);
        _approve(world.quote(), holder, bounded);
    }

    function _positiveNav() private returns (int256) {
        Truth memory t = world.truth();
        return t.navQuote > 0 ? t.navQuote : int256(0);
    }

    function _cancellerOf(uint256 id) private view returns (address controller) {
        address[] memory people = world.holders();
        for (uint256 i = 0; i < people.length; ++i) {
            if (vault.claimableCancelRedeemRequest(id, people[i]) > 0) return people[i];
        }
    }

    function _pending(uint256 seed) private view returns (uint256 id, RedemptionRequest memory r) {
        id = _pendingId(seed);
        if (id != 0) r = vault.requestOf(id);
    }
}
