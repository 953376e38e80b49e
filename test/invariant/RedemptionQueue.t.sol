// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IHedgedVault} from "../../contracts/interfaces/IHedgedVault.sol";
import {LoneQueue} from "../contracts/LoneQueue.sol";
import {Test} from "../unit/contracts/Test.sol";

/// @title A second set of books for the queue, kept in the plainest way there is.
contract QueueHandler is Test {
    uint256 private constant PEOPLE = 4;
    uint256 private constant MAX_SHARES = 1e24;

    /// @param asked What was requested, whatever became of it.
    /// @param cancelled To be taken back.
    /// @param gone Taken back, or left in kind.
    struct Entry {
        uint256 controller;
        uint256 asked;
        uint256 settled;
        uint256 cancelled;
        uint256 gone;
        bool closed;
    }

    LoneQueue public immutable queue = new LoneQueue();
    Entry[] private _entries;
    uint256 public head;
    uint256[PEOPLE] public held;
    uint256[PEOPLE] public claimShares;
    uint256[PEOPLE] public claimAssets;
    /// @notice Assets that settlements were given, and what of it they set aside.
    uint256 public offered;
    uint256 public paidInAll;

    function person(uint256 index) public pure returns (address) {
        return address(uint160(0x1000 + index));
    }

    function entries() external view returns (Entry[] memory) {
        return _entries;
    }

    function request(uint256 owner, uint256 controller, uint256 shares) external {
        (owner, controller) = (owner % PEOPLE, controller % PEOPLE);
        shares = bound(shares, 1, MAX_SHARES);
        if (held[owner] < shares) {
            queue.mintShares(person(owner), shares);
            held[owner] += shares;
        }
        uint256 id = queue.requestRedeem(shares, person(controller), person(owner));
        held[owner] -= shares;
        _entries.push(Entry(controller, shares, 0, 0, 0, false));
        assertEq(id, _entries.length, "id");
        assertEq(queue.pendingRedeemRequest(id, person(controller)), shares, "pending");
    }

    function cancel(uint256 which, bool rightController) external {
        if (_entries.length == 0) return;
        Entry storage e = _entries[which % _entries.length];
        uint256 id = (which % _entries.length) + 1;
        address controller = person(rightController ? e.controller : (e.controller + 1) % PEOPLE);
        (bool done, bytes memory reason) = address(queue).call(
            abi.encodeCall(LoneQueue.cancelRedeemRequest, (id, controller))
        );
        if (_judge(e, id, done, rightController, reason)) e.cancelled = _close(e, id);
    }

    function takeBack(uint256 which, uint256 receiver, bool rightController) external {
        if (_entries.length == 0) return;
        Entry storage e = _entries[which % _entries.length];
        uint256 id = (which % _entries.length) + 1;
        receiver %= PEOPLE;
        address controller = person(rightController ? e.controller : (e.controller + 1) % PEOPLE);
        (bool done, bytes memory result) = address(queue).call(
            abi.encodeCall(LoneQueue.claimCancelRedeemRequest, (id, person(receiver), controller))
        );
        assertTrue(
            done == (rightController && e.cancelled > 0),
            "took back what could not be, or could not what could"
        );
        if (!done) {
            assertTrue(bytes4(result) == IHedgedVault.HedgedVault_UnknownRequest.selector, "reason");
            return;
        }
        assertEq(abi.decode(result, (uint256)), e.cancelled, "taken back");
        held[receiver] += e.cancelled;
        (e.gone, e.cancelled) = (e.cancelled, 0);
    }

    /// @notice Leaves in kind: any place in the queue, at any time.
    function leaveInKind(uint256 which) external {
        if (_entries.length == 0) return;
        Entry storage e = _entries[which % _entries.length];
        uint256 id = (which % _entries.length) + 1;
        (bool done, bytes memory result) = address(queue).call(
            abi.encodeCall(LoneQueue.leaveInKind, (id, person(e.controller)))
        );
        if (!_judge(e, id, done, true, result)) return;
        e.gone = _close(e, id);
        assertEq(abi.decode(result, (uint256)), e.gone, "left with");
    }

    function settle(uint256 most, uint256 maxShares, uint256 assets, bool inParts) external {
        most = bound(most, 0, 8);
        maxShares = inParts ? bound(maxShares, 0, 2 * MAX_SHARES) : type(uint256).max;
        uint256 end = head + most < _entries.length ? head + most : _entries.length;
        (uint256 shares, uint256[] memory parts, uint256 next) = _plan(end, maxShares);
        assets = shares == 0 ? 0 : bound(assets, 0, MAX_SHARES);
        (uint256 paid, uint256 count) = queue.settle(most, maxShares, assets);
        uint256 expectedPaid;
        uint256 expectedCount;
        for (uint256 i = 0; i < parts.length; ++i) {
            if (parts[i] == 0) continue;
            Entry storage e = _entries[head + i];
            uint256 payout = (assets * parts[i]) / shares;
            e.settled += parts[i];
            claimShares[e.controller] += parts[i];
            claimAssets[e.controller] += payout;
            expectedPaid += payout;
            if (head + i < next) ++expectedCount;
        }
        for (uint256 i = head; i < next; ++i) _entries[i].closed = true;
        head = next;
        (offered, paidInAll) = (offered + assets, paidInAll + paid);
        assertEq(paid, expectedPaid, "paid");
        assertEq(count, expectedCount, "count");
        assertLe(paid, assets, "paid more than there was");
    }

    function claim(uint256 who, uint256 amount, bool byShares) external {
        who %= PEOPLE;
        (uint256 shares, uint256 assets) = (claimShares[who], claimAssets[who]);
        if (byShares) {
            amount = bound(amount, 0, shares);
            uint256 got = queue.claimByShares(person(who), amount);
            assertEq(got, shares == 0 ? 0 : (assets * amount) / shares, "assets claimed");
            (shares, assets) = (amount, got);
        } else {
            amount = bound(amount, 0, assets);
            uint256 spent = queue.claimByAssets(person(who), amount);
            assertEq(spent, assets == 0 ? 0 : (shares * amount + assets - 1) / assets, "shares claimed");
            (shares, assets) = (spent, amount);
        }
        claimShares[who] -= shares;
        claimAssets[who] -= assets;
    }

    function overclaim(uint256 who, uint256 excess, bool byShares) external {
        address controller = person(who % PEOPLE);
        excess = bound(excess, 1, MAX_SHARES);
        bytes memory data =
            byShares
                ? abi.encodeCall(LoneQueue.claimByShares, (controller, claimShares[who % PEOPLE] + excess))
                : abi.encodeCall(LoneQueue.claimByAssets, (controller, claimAssets[who % PEOPLE] + excess));
        (bool done, bytes memory reason) = address(queue).call(data);
        assertTrue(!done && bytes4(reason) == IHedgedVault.HedgedVault_ClaimExceedsMax.selector, "overclaimed");
    }

    /// @dev What waits at every place before `end`, until `maxShares` are reached.
    function _plan(
        uint256 end,
        uint256 maxShares
    ) private view returns (uint256 shares, uint256[] memory parts, uint256 next) {
        parts = new uint256[](end - head);
        for (next = head; next < end; ++next) {
            Entry memory e = _entries[next];
            uint256 waiting = e.closed ? 0 : e.asked - e.settled;
            uint256 part = waiting < maxShares - shares ? waiting : maxShares - shares;
            parts[next - head] = part;
            shares += part;
            if (part < waiting) break;
        }
    }

    function _judge(
        Entry memory e,
        uint256 id,
        bool done,
        bool rightController,
        bytes memory reason
    ) private view returns (bool) {
        bool waits = !e.closed && id > head;
        assertTrue(done == (waits && rightController), "withdrawn what could not be, or could not what could");
        if (done) return true;
        assertTrue(
            bytes4(reason) ==
                (
                    waits
                        ? IHedgedVault.HedgedVault_NotController.selector
                        : IHedgedVault.HedgedVault_UnknownRequest.selector
                ),
            "reason"
        );
        return false;
    }

    /// @dev The rest of a request leaves the queue; the place of one that was partly settled is passed at once.
    function _close(Entry storage e, uint256 id) private returns (uint256 rest) {
        rest = e.asked - e.settled;
        e.closed = true;
        if (e.settled > 0) head = id;
    }
}

/// @notice The queue alone against a plain model of it.
contract RedemptionQueueTest is Test {
    uint256 private constant PEOPLE = 4;

    QueueHandler private _handler;
    LoneQueue private _queue;

    function setUp() external {
        _handler = new QueueHandler();
        _queue = _handler.queue();
    }

    function targetContracts() external view returns (address[] memory targeted) {
        targeted = new address[](1);
        targeted[0] = address(_handler);
    }

    /// RQ-1 to RQ-6
    function invariant_queue() external view {
        uint256 reserved;
        uint256 owned;
        for (uint256 i = 0; i < PEOPLE; ++i) {
            address person = _handler.person(i);
            assertEq(_queue.maxRedeem(person), _handler.claimShares(i), "RQ-1 claimable shares");
            assertEq(_queue.maxWithdraw(person), _handler.claimAssets(i), "RQ-1 claimable assets");
            assertEq(_queue.balanceOf(person), _handler.held(i), "RQ-2 shares held");
            reserved += _queue.maxWithdraw(person);
            owned += _queue.balanceOf(person);
        }
        assertEq(_queue.reservedQuote(), reserved, "RQ-1 reserved");
        assertLe(_handler.paidInAll(), _handler.offered(), "RQ-5 paid in all");
        assertEq(_queue.totalSupply(), owned + _queue.balanceOf(address(_queue)), "RQ-2 supply");
        _checkRequests();
    }

    function _checkRequests() private view {
        QueueHandler.Entry[] memory entries = _handler.entries();
        uint256 head = _handler.head();
        assertEq(_queue.queueHead(), head + 1, "RQ-3 head");
        assertEq(_queue.queueTail(), entries.length + 1, "RQ-3 tail");
        uint256 escrow;
        uint256[PEOPLE] memory claimable;
        for (uint256 i = 0; i < entries.length; ++i) {
            QueueHandler.Entry memory e = entries[i];
            address controller = _handler.person(e.controller);
            uint256 waiting = e.closed ? 0 : e.asked - e.settled;
            assertEq(_queue.pendingRedeemRequest(i + 1, controller), waiting, "RQ-3 waiting");
            assertTrue(waiting == 0 || i >= head, "RQ-3 waits before the head");
            assertTrue(e.settled == 0 || i <= head, "RQ-3 settled behind the head");
            assertTrue(e.settled <= e.asked, "RQ-5 parts above the whole");
            assertTrue(
                e.asked == e.settled + waiting + e.cancelled + e.gone,
                "RQ-5 settled, waiting, cancelled and gone make the whole"
            );
            if (i == head) {
                assertEq(_queue.headSettledShares(), e.settled, "RQ-5 settled of the head");
            }
            assertEq(_queue.claimableCancelRedeemRequest(i + 1, controller), e.cancelled, "RQ-6 to be taken back");
            escrow += waiting + e.cancelled;
            claimable[e.controller] += _queue.claimableRedeemRequest(i + 1, controller);
        }
        if (head == entries.length) {
            assertEq(_queue.headSettledShares(), 0, "RQ-5 settled of no request");
        }
        assertEq(_queue.balanceOf(address(_queue)), escrow, "RQ-2 escrow");
        for (uint256 i = 0; i < PEOPLE; ++i) {
            assertEq(claimable[i], _queue.maxRedeem(_handler.person(i)), "RQ-4 claimable of requests");
        }
    }
}
