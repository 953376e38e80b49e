// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

import {HedgeState} from "../../../contracts/interfaces/IHedge.sol";
import {Test} from "../../unit/contracts/Test.sol";
import {IGmxHedge} from "../support/GmxProduction.sol";
import {GmxTill} from "../support/GmxTill.sol";
import {GmxVenue} from "../support/GmxVenue.sol";
import {GmxWorld, Stake} from "../support/GmxWorld.sol";
import {Tally} from "../support/Tally.sol";
import {vm} from "../support/Vm.sol";

/// @notice What the owner has by the hedge's own account: money in the till and the bounds of the rest.
struct Books {
    int256 low;
    int256 high;
    bool sound;
}

/// @title What all who play with the hedge on GMX share: calls that are counted and whose failures are judged.
abstract contract GmxHandler is Test {
    /// @dev Quote units that one call may round away.
    int256 internal constant ROUNDING_UNITS = 24;
    uint8 internal constant OWN = 2;
    uint8 internal constant EXIT = 3;
    uint256 private constant USD_PER_UNIT = 1e24;
    uint256 private constant BPS = 10_000;
    /// @dev Below this a position cannot pay what it shows.
    uint256 private constant SOUND_HEALTH_WAD = 1.03e18;
    bytes4 private constant PANIC = 0x4e487b71;

    GmxWorld internal immutable world;
    Tally internal immutable tally;
    IGmxHedge internal immutable hedge;
    GmxVenue internal immutable venue;
    GmxTill internal immutable till;
    mapping(bytes4 selector => bool) private _expected;
    uint256 private _entropy;
    /// @dev What the part that was just paid lost since its order.
    int256 private _exitLostQuote;

    error GmxHandler_Unexpected(string action, bytes reason);
    error GmxHandler_ValueMoved(string action, int256 lowBefore, int256 lowAfter, int256 highBefore, int256 highAfter);
    error GmxHandler_LeaverPaid(int256 paidQuote, int256 leastQuote, int256 mostQuote);

    constructor(GmxWorld world_, Tally tally_) {
        (world, tally) = (world_, tally_);
        (hedge, venue, till) = (world_.hedge(), world_.venue(), world_.till());
        _expect(IGmxHedge.GmxV2Hedge_OrderInFlight.selector);
        _expect(IGmxHedge.GmxV2Hedge_ReconcileFirst.selector);
    }

    /// @notice Functions for the fuzzer.
    function targets() external pure virtual returns (bytes4[] memory);

    /// @dev Begins a call of the fuzzer: its own sequence of choices, the gas price of the moment.
    modifier plays(uint256 seed) {
        _entropy = seed;
        vm.txGasPrice(world.gasPriceWei());
        _;
        if (world.position().sizeUsd == 0 && hedge.owedSizeUsd() == 0) world.recordGone();
    }

    // --- calls

    function _expect(bytes4 selector) internal {
        _expected[selector] = true;
    }

    /// @dev A failure that the handler does not expect fails the suite, unless the venue is unwell and it is the venue's.
    function _call(
        address who,
        string memory action,
        address target,
        uint256 valueWei,
        bytes memory data
    ) internal returns (bool done, bytes memory result) {
        vm.prank(who);
        (done, result) = target.call{value: valueWei}(data);
        tally.count(action, done);
        if (done || _expected[bytes4(result)]) return (done, result);
        if (!world.unwell() || bytes4(result) == PANIC || result.length < 4) {
            revert GmxHandler_Unexpected(action, result);
        }
    }

    /// @dev The same by somebody who can neither give nor take anything by it: the bounds may only come closer.
    function _neutral(
        address who,
        string memory action,
        uint256 valueWei,
        bytes memory data
    ) internal returns (bool done) {
        Books memory before = _books();
        (done, ) = _call(who, action, address(hedge), valueWei, data);
        if (done && !world.disturbed()) _requireWithin(action, before, _books(), 0);
    }

    // --- what the venue does

    /// @dev Executes the order in flight, if any, and looks who paid for it.
    /// @param exact The venue's price is that of our oracle.
    function _execute(string memory action, bool exact) internal {
        bytes32 key = hedge.orderKey();
        if (!hedge.inFlight()) return;
        (uint8 kind, int160 sizeUsd, ) = hedge.order();
        address receiver = hedge.exitReceiver();
        Books memory before = _books();
        uint256 held = world.quote().balanceOf(receiver);
        Stake memory was = world.position();
        int256 unpaid = world.unpaidQuote();
        (bool done, ) = address(venue).call(abi.encodeCall(GmxVenue.execute, (key)));
        tally.count(action, done);
        if (!done) return; // The venue's keeper would have to wait: its oracle, a paused feature, an order too old.
        world.recordHeldBack();
        Stake memory is_ = world.position();
        _exitLostQuote = 0;
        // A position that is as small as any pays out of its collateral alone.
        bool executed = sizeUsd == 0 ? is_.collateral < was.collateral : is_.sizeUsd < was.sizeUsd;
        if (kind == EXIT && executed) {
            int256 paid = int256(world.quote().balanceOf(receiver) - held);
            if (exact && before.sound && !world.disturbed()) _requirePaid(receiver, paid, int256(was.collateral));
            _exitLostQuote = _lostSinceOrder(world.stakeOf(receiver));
            world.recordPaid(receiver, paid);
            tally.count("exitPaid", true);
        }
        if (kind == OWN) tally.count("ownExecuted", is_.sizeUsd != was.sizeUsd || is_.collateral != was.collateral);
        if (!exact || !before.sound || world.disturbed()) return;
        // A leaver's own part of the impact is the venue's to say.
        int256 slack = kind == EXIT ? -int256(sizeUsd) / 200 / int256(USD_PER_UNIT) : int256(0);
        slack += _exitLostQuote + world.unpaidQuote() - unpaid;
        _requireWithin(action, before, _books(), slack);
    }

    /// @dev What the part lost since the order, which is out of reach of its fixed collateral: the others pay it, up to the
    /// rise of the price at which GMX cancels.
    function _lostSinceOrder(Stake memory s) private view returns (int256) {
        int256 lost = SignedMath.max(world.worthAt(s, world.exitPriceWad()), 0) - SignedMath.max(world.worthOf(s), 0);
        int256 most = int256((world.quoteOfAt(s.tokens, world.exitPriceWad()) * till.maxSlippageBps()) / BPS);
        return SignedMath.max(SignedMath.min(lost, most), 0);
    }

    /// @dev Collateral and profit of the own part, less fees and impact of closing it, which GMX caps at 0.56 % of the size.
    /// The collateral is what the part was worth when it was ordered: at the lower of that price and this one it is no less.
    function _requirePaid(address receiver, int256 paid, int256 collateral) private view {
        Stake memory s = world.stakeOf(receiver);
        int256 worth = world.worthOf(s);
        int256 ordered = world.worthAt(s, world.exitPriceWad());
        int256 size = int256(s.sizeUsd / USD_PER_UNIT);
        // What stays keeps three times the half percent at which it would be liquidated.
        int256 rest = int256(world.position().sizeUsd / USD_PER_UNIT);
        // A profit that others' orders thinned out is paid as far as there is collateral.
        int256 least = SignedMath.min(SignedMath.min(worth, ordered), collateral);
        least -= size / 100 + rest / 50 + world.accruedQuote(size) + 4e6;
        int256 most = SignedMath.max(worth, 0) + _lostSinceOrder(s) + size / 200 + ROUNDING_UNITS;
        if (paid < least || paid > most) revert GmxHandler_LeaverPaid(paid, least, most);
    }

    // --- books

    function _books() internal view returns (Books memory b) {
        HedgeState memory s = hedge.read(world.priceWad());
        int256 money = int256(
            world.quote().balanceOf(address(till)) + world.quoteOf(world.base().balanceOf(address(till)))
        );
        b = Books(money + s.equityMinQuote, money + s.equityMaxQuote, s.healthWad > SOUND_HEALTH_WAD);
    }

    function _requireWithin(string memory action, Books memory was, Books memory is_, int256 slack) internal pure {
        slack += ROUNDING_UNITS;
        if (is_.low + slack < was.low || is_.high > was.high + slack) {
            revert GmxHandler_ValueMoved(action, was.low, is_.low, was.high, is_.high);
        }
    }

    // --- choices

    /// @dev The next number of this call's own sequence, within bounds.
    function _pick(uint256 min, uint256 max) internal returns (uint256) {
        _entropy = uint256(keccak256(abi.encode(_entropy)));
        return min + (_entropy % (max - min + 1));
    }

    function _chance(uint256 oneIn) internal returns (bool) {
        return _pick(1, oneIn) == 1;
    }
}
