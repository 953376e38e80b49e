// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IERC7540Redeem} from "../../../contracts/interfaces/IERC7540Redeem.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

import {IHedge} from "../../../contracts/interfaces/IHedge.sol";
import {ILiquidity} from "../../../contracts/interfaces/ILiquidity.sol";
import {IRiskPolicy} from "../../../contracts/interfaces/IRiskPolicy.sol";
import {IHedgedVault} from "../../../contracts/interfaces/IHedgedVault.sol";
import {vm} from "../support/Vm.sol";
import {Ledger} from "../support/Ledger.sol";
import {IVault} from "../support/Production.sol";
import {Trader} from "../support/Trader.sol";
import {Truth, World} from "../support/World.sol";
import {Handler} from "./Handler.sol";

/// @title Somebody with more money than any flash loan: bends the pool, uses the vault, and bends it back, in one call.
/// @dev What it made is measured as value at the oracle's price, own shares and claims included.
abstract contract Attacker is Handler {
    uint256 private constant BPS = 10_000;
    uint256 private constant MAX_ASSETS = 20_000_000e6;
    /// @dev Quote units of rounding that one attempt may bring: a few swaps and a claim.
    int256 private constant DUST_UNITS = 64;
    uint128 private constant JIT_LIQUIDITY = 1e19;

    Trader private immutable self;

    uint256 private constant VESTING_SECONDS = 1 hours;

    /// @dev What `hedgeNow` lost during the attempt.
    uint256 private _hedgeLoss;

    error Attacker_Profit(int256 profit, uint256 allowance);
    error Attacker_TookFees(int256 profit, uint256 allowance, uint256 feesQuote, uint256 stayedSeconds);

    constructor(World world_, Ledger ledger_) Handler(world_, ledger_) {
        self = world_.attacker();
        world.quote().mint(address(self), 1e18);
        world.base().mint(address(self), 1e9 ether);
        _expect(IHedgedVault.HedgedVault_DepositsClosed.selector);
        _expect(IHedgedVault.HedgedVault_RequestTooSmall.selector);
        _expect(IHedgedVault.HedgedVault_NothingToSettle.selector);
        _expect(IHedgedVault.HedgedVault_NothingToHedge.selector);
        _expect(IHedgedVault.HedgedVault_InsufficientIdle.selector);
        _expect(IHedgedVault.HedgedVault_ShortNotBuyable.selector);
        _expect(IHedgedVault.HedgedVault_HealthMayOnlyRise.selector);
        _expect(IRiskPolicy.RiskPolicy_KeeperNotSilent.selector);
        _expect(IRiskPolicy.RiskPolicy_InsideEmergencyBand.selector);
        _expect(IRiskPolicy.RiskPolicy_DeltaOutsideBand.selector);
        _expect(IRiskPolicy.RiskPolicy_LossBudgetExceeded.selector);
        _expect(IRiskPolicy.RiskPolicy_HealthBelowFloor.selector);
        _expect(IHedge.Hedge_Abandoned.selector);
        _expect(IHedge.Hedge_ReduceExceedsShort.selector); // a venue that lies about the short
        _expect(ILiquidity.Liquidity_PartialFill.selector);
    }

    function targets() external pure override returns (bytes4[] memory t) {
        t = new bytes4[](4);
        (t[0], t[1]) = (this.attack.selector, this.sandwich.selector);
        (t[2], t[3]) = (this.justInTime.selector, this.hedgeBetween.selector);
    }

    /// @notice A random sequence around a deposit and a redemption.
    function attack(uint256 seed) external {
        _seed(seed);
        _run(false);
    }

    /// @notice Bends the pool around a settlement of everybody's requests.
    function sandwich(uint256 seed) external {
        _seed(seed);
        _run(true);
    }

    /// @notice Waits until the market has moved and the keeper has been silent, bends the pool, hedges, and bends it back.
    function hedgeBetween(uint256 seed) external {
        _seed(seed);
        uint256 moved = (world.priceWad() * uint256(int256(BPS) + _pickSigned(1_500))) / BPS;
        world.setPrice(bound(moved, 400e18, 10_000e18));
        world.movePool(0);
        vm.warp(block.timestamp + world.policy().params().keeperGraceSeconds);
        world.refreshFeeds();
        _run(false);
    }

    /// @notice Comes before large trades and leaves after them, at once or within the hour in which their fees vest.
    function justInTime(uint256 seed) external {
        _seed(seed);
        world.movePool(0);
        _leave();
        if (_ownShares() != 0) return; // could not get out: nothing to be measured
        Truth memory before = world.truth();
        int256 worthBefore = _worth(before);
        uint256 othersBefore = vault.reservedQuote() - vault.maxWithdraw(address(self));
        _enter();
        uint256 shares = _ownShares();
        if (shares == 0) return;
        Truth memory entered = world.truth();
        uint256 trades = _pick(1, 30);
        for (uint256 i = 0; i < trades; ++i) world.movePool(_pickSigned(400));
        world.movePool(0);
        int256 traded = world.truth().navQuote;
        uint256 fees = uint256(SignedMath.max(traded - entered.navQuote, 0));
        uint256 stayed = _pick(0, 1) == 0 ? 0 : _pick(1, VESTING_SECONDS - 1);
        vm.warp(block.timestamp + stayed);
        world.refreshFeeds();
        // A loan costs interest meanwhile, whoever visits.
        uint256 interest = uint256(SignedMath.max(traded - world.truth().navQuote, 0));
        _leave();
        _claim();
        if (_ownShares() != 0) return;
        Truth memory afterwards = world.truth();
        _requireFair("just in time", before, afterwards, interest);
        // Nothing of a fee that was not there for an hour, but for the part of the hour that was.
        uint256 allowance = Math.mulDiv(fees * stayed, shares, entered.supply * VESTING_SECONDS);
        allowance += _settlementAllowance(othersBefore);
        int256 profit = _worth(afterwards) - worthBefore;
        if (profit > int256(allowance) + DUST_UNITS) revert Attacker_TookFees(profit, allowance, fees, stayed);
        ledger.count("just in time", true);
    }

    function _run(bool settles) private {
        _hedgeLoss = 0;
        world.movePool(0);
        Truth memory before = world.truth();
        int256 worthBefore = _worth(before);
        uint256 othersBefore = vault.reservedQuote() - vault.maxWithdraw(address(self));

        int24 jitLower;
        if (_pick(0, 3) == 0) jitLower = _provide();
        uint256 steps = _pick(1, 6);
        for (uint256 i = 0; i < steps; ++i) _step(settles);
        _bend(0);
        if (jitLower != 0) self.burn(world.pool(), jitLower, jitLower + 100 * world.TICK_SPACING(), JIT_LIQUIDITY);
        _leave();
        _bend(0);

        Truth memory afterwards = world.truth();
        _requireFair("attack", before, afterwards, _hedgeLoss);
        uint256 allowance = _settlementAllowance(othersBefore) + _hedgeLoss;
        int256 profit = _worth(afterwards) - worthBefore;
        if (profit > int256(allowance) + DUST_UNITS) revert Attacker_Profit(profit, allowance);
        ledger.recordAttack(profit > 0 && profit <= DUST_UNITS ? int256(0) : profit, allowance);
    }

    /// @dev Who settles somebody else's request in a bent pool, or by a deposit, takes at most the slippage that the policy
    /// allows.
    function _settlementAllowance(uint256 othersBefore) private view returns (uint256) {
        uint256 othersSettled = vault.reservedQuote() - vault.maxWithdraw(address(self)) - othersBefore;
        return Math.mulDiv(othersSettled, 2 * world.policy().params().maxSlippageBps, BPS);
    }

    function _step(bool settles) private {
        uint256 kind = _pick(0, 11);
        if (kind > 9) {
            (, uint256 loss) = _hedgeNow(address(self), "attack hedgeNow");
            _hedgeLoss += loss;
            return;
        }
        if (kind < 3) _bend(_pickSigned(kind == 0 ? 3_000 : 110));
        else if (kind < 5) _enter();
        else if (kind < 7) _leave();
        else if (settles || kind == 7) _settle();
        else if (kind == 8) _try("attack reconcile", abi.encodeCall(IHedgedVault.reconcile, ()));
        else _claim();
    }

    function _settle() private {
        if (_pick(0, 1) == 0) return _try("attack settle", abi.encodeCall(IHedgedVault.settle, (_pick(1, 40))));
        uint256 most = _pick(1, vault.balanceOf(address(vault)) + 1);
        _try("attack settle", abi.encodeCall(IHedgedVault.settleShares, (_pick(1, 40), most)));
    }

    function _bend(int256 offsetBps) private {
        self.moveTo(world.pool(), world.poolPriceAt(offsetBps));
    }

    function _provide() private returns (int24 lower) {
        int24 spacing = world.TICK_SPACING();
        lower = (world.currentTick() / spacing - 50) * spacing;
        self.mint(world.pool(), address(self), lower, lower + 100 * spacing, JIT_LIQUIDITY);
    }

    function _enter() private {
        // A lying venue sells shares at a wrong price to anybody; that is the liar's doing, not the attacker's.
        if (world.venue().mood().equityLieQuote != 0) return;
        uint256 assets = _pick(1e6, MAX_ASSETS);
        _approve(world.quote(), address(self), assets);
        _try("attack deposit", abi.encodeCall(IVault.deposit, (assets, address(self))));
    }

    function _leave() private {
        uint256 shares = vault.balanceOf(address(self));
        if (shares == 0) return;
        _try("attack request", abi.encodeCall(IERC7540Redeem.requestRedeem, (shares, address(self), address(self))));
        _claim();
    }

    function _claim() private {
        uint256 claimable = vault.maxRedeem(address(self));
        if (claimable == 0) return;
        _try("attack claim", abi.encodeCall(IVault.redeem, (claimable, address(self), address(self))));
    }

    function _try(string memory action, bytes memory data) private {
        _as(address(self), action, address(vault), data);
    }

    /// @dev Its own, and those that wait in the queue.
    function _ownShares() private view returns (uint256 shares) {
        shares = vault.balanceOf(address(self));
        uint256 tail = vault.queueTail();
        for (uint256 id = vault.queueHead(); id < tail; ++id) shares += vault.pendingRedeemRequest(id, address(self));
    }

    /// @dev Everything it has, shares in its own hands and in the queue at their part of the truth.
    function _worth(Truth memory t) private view returns (int256) {
        uint256 shares = _ownShares();
        uint256 nav = t.navQuote > 0 ? uint256(t.navQuote) : 0;
        uint256 worth = world.quote().balanceOf(address(self)) + vault.maxWithdraw(address(self));
        worth += world.quoteValue(world.base().balanceOf(address(self)));
        return int256(worth + Math.mulDiv(shares, nav, t.supply + 1));
    }
}
