// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {RedemptionQueue} from "../../../contracts/vault/RedemptionQueue.sol";
import {Test} from "./Test.sol";

/// @dev The genuine queue with its internals opened, and shares for everybody.
contract QueueHarness is RedemptionQueue {
    constructor() ERC20("", "") {}

    function requestRedeem(uint256 shares, address controller, address owner) public returns (uint256) {
        return _enqueue(shares, controller, owner, 0);
    }

    function cancelRedeemRequest(uint256 requestId, address controller) external {
        _cancel(requestId, controller);
    }

    function claimCancelRedeemRequest(uint256 id, address receiver, address controller) external returns (uint256) {
        return _claimCancelled(id, receiver, controller);
    }

    /// One request for each amount of shares, `owners` in turn.
    function enqueue(address[] calldata owners, uint256[] calldata amounts) public {
        for (uint256 i = 0; i < owners.length; ++i) {
            _mint(owners[i], amounts[i]);
            requestRedeem(amounts[i], owners[i], owners[i]);
        }
    }

    /// The same, and settles all of them with `assets`.
    function settle(address[] calldata owners, uint256[] calldata amounts, uint256 assets) external returns (uint256) {
        enqueue(owners, amounts);
        (uint256 paid, ) = settleUpTo(type(uint256).max, type(uint256).max, assets);
        return paid;
    }

    function settleUpTo(
        uint256 maxRequests,
        uint256 maxShares,
        uint256 assets
    ) public returns (uint256 paid, uint256 count) {
        return _settleHead(_headOf(maxRequests, maxShares), assets);
    }

    function claimShares(address controller, uint256 shares) external returns (uint256) {
        return _takeClaimByShares(controller, shares);
    }

    function claimAssets(address controller, uint256 assets) external returns (uint256) {
        return _takeClaimByAssets(controller, assets);
    }
}

/// @dev Exhaustive: every combination of small numbers, against the genuine code. Names start with what they cover.
contract RedemptionQueueTest is Test {
    uint256 private constant MAX_ASSETS = 9;
    uint256 private constant MAX_SHARES = 5;

    QueueHarness private _queue = new QueueHarness();
    uint160 private _people = 0x1000;

    function test_exhaustive_payouts_neverExceedWhatWasRealised_andRoundDown() external {
        address[] memory owners = new address[](2);
        uint256[] memory amounts = new uint256[](2);
        for (uint256 assets = 0; assets <= MAX_ASSETS; ++assets) {
            for (uint256 mine = 1; mine <= MAX_SHARES; ++mine) {
                for (uint256 other = 1; other <= MAX_SHARES; ++other) {
                    (owners[0], owners[1]) = (_somebody(), _somebody());
                    (amounts[0], amounts[1]) = (mine, other);
                    uint256 reserved = _queue.reservedQuote();
                    uint256 paid = _queue.settle(owners, amounts, assets);
                    assertLe(paid, assets, "paid");
                    assertEq(_queue.maxWithdraw(owners[0]), (assets * mine) / (mine + other), "mine");
                    assertEq(_queue.maxWithdraw(owners[1]), (assets * other) / (mine + other), "other");
                    assertEq(_queue.reservedQuote(), reserved + paid, "reserved");
                }
            }
        }
    }

    function test_exhaustive_V06_splittingARequestNeverPaysMore() external {
        address[] memory owners = new address[](3);
        uint256[] memory amounts = new uint256[](3);
        for (uint256 assets = 0; assets <= MAX_ASSETS; ++assets) {
            for (uint256 first = 1; first <= MAX_SHARES; ++first) {
                for (uint256 second = 1; second <= MAX_SHARES; ++second) {
                    for (uint256 other = 1; other <= 3; ++other) {
                        (owners[0], owners[2]) = (_somebody(), _somebody());
                        owners[1] = owners[0];
                        (amounts[0], amounts[1], amounts[2]) = (first, second, other);
                        _queue.settle(owners, amounts, assets);
                        uint256 atOnce = (assets * (first + second)) / (first + second + other);
                        assertLe(_queue.maxWithdraw(owners[0]), atOnce, "in two requests");
                    }
                }
            }
        }
    }

    function test_exhaustive_V06_claimingInTwoPartsNeverPaysMoreThanAtOnce_andLeavesNothing() external {
        for (uint256 assets = 0; assets <= MAX_ASSETS; ++assets) {
            for (uint256 shares = 1; shares <= MAX_SHARES; ++shares) {
                for (uint256 first = 0; first <= shares; ++first) {
                    for (uint256 second = 0; second <= shares - first; ++second) {
                        address controller = _settled(shares, assets);
                        uint256 paid = _queue.claimShares(controller, first);
                        paid += _queue.claimShares(controller, second);
                        assertLe(paid, (assets * (first + second)) / shares, "in two claims");
                        paid += _queue.claimShares(controller, shares - first - second);
                        assertEq(paid, assets, "all of it");
                        assertEq(_queue.maxRedeem(controller), 0, "no shares left");
                    }
                }
            }
        }
        assertEq(_queue.reservedQuote(), 0, "nothing stays reserved");
    }

    /// By assets: the shares are rounded up, so the rest is never thinner a share than before.
    function test_exhaustive_V06_claimingByAssetsTakesTheSharesRoundedUp() external {
        for (uint256 assets = 1; assets <= MAX_ASSETS; ++assets) {
            for (uint256 shares = 1; shares <= MAX_SHARES; ++shares) {
                for (uint256 wanted = 0; wanted <= assets; ++wanted) {
                    address controller = _settled(shares, assets);
                    uint256 taken = _queue.claimAssets(controller, wanted);
                    assertEq(taken, (shares * wanted + assets - 1) / assets, "shares");
                    uint256 left = _queue.maxWithdraw(controller);
                    assertEq(left, assets - wanted, "assets left");
                    assertLe(assets * (shares - taken), left * shares, "what is left a share");
                }
            }
        }
    }

    /// Three requests, two of the same owner, and any part of all: what is settled is the oldest part, everybody is paid by
    /// shares and rounded down, and pending and claimable shares of each request make up the request.
    function test_exhaustive_partialSettlement_takesTheOldestShares_andRoundsDown() external {
        for (uint256 a = 1; a <= 3; ++a) {
            for (uint256 b = 1; b <= 3; ++b) {
                for (uint256 c = 1; c <= 3; ++c) {
                    for (uint256 part = 0; part <= a + b + c; ++part) {
                        for (uint256 assets = 0; assets <= MAX_ASSETS; assets += 3)
                            _settlePart([a, b, c], part, assets);
                    }
                }
            }
        }
    }

    /// In any two steps, paid by what is left of the same assets: the first in the queue gets no more than at once, however
    /// the own request was cut, and the second never more than what is left.
    function test_exhaustive_partialSettlement_V06_twoStepsNeverPayMoreThanOne() external {
        address[] memory owners = new address[](2);
        uint256[] memory amounts = new uint256[](2);
        for (uint256 mine = 1; mine <= MAX_SHARES; ++mine) {
            for (uint256 other = 1; other <= 3; ++other) {
                uint256 all = mine + other;
                for (uint256 part = 1; part < all; ++part) {
                    for (uint256 assets = 0; assets <= MAX_ASSETS; ++assets) {
                        (owners[0], owners[1]) = (_somebody(), _somebody());
                        (amounts[0], amounts[1]) = (mine, other);
                        _queue.enqueue(owners, amounts);
                        (uint256 paid, ) = _queue.settleUpTo(2, part, (assets * part) / all);
                        (uint256 rest, uint256 count) = _queue.settleUpTo(2, all, assets - paid);
                        assertLe(paid + rest, assets, "paid");
                        assertEq(count, part < mine ? 2 : 1, "requests that left in the second step");
                        assertEq(_queue.headSettledShares(), 0, "nothing settled of the next one");
                        assertEq(_queue.maxRedeem(owners[0]), mine, "my shares");
                        assertEq(_queue.maxRedeem(owners[1]), other, "the other's shares");
                        assertLe(_queue.maxWithdraw(owners[0]), (assets * mine) / all, "mine");
                    }
                }
            }
        }
    }

    /// The head, settled in part and then cancelled: the part is paid, the rest comes back, the next one is the head.
    function test_exhaustive_cancellingAPartlySettledHead_keepsThePartAndReturnsTheRest() external {
        address[] memory owners = new address[](2);
        uint256[] memory amounts = new uint256[](2);
        for (uint256 mine = 1; mine <= MAX_SHARES; ++mine) {
            for (uint256 part = 0; part < mine; ++part) {
                for (uint256 assets = 0; assets <= MAX_ASSETS; ++assets) {
                    (owners[0], owners[1]) = (_somebody(), _somebody());
                    (amounts[0], amounts[1]) = (mine, 2);
                    uint256 head = _queue.queueHead();
                    _queue.enqueue(owners, amounts);
                    if (part > 0) _queue.settleUpTo(2, part, assets);
                    _queue.cancelRedeemRequest(head, owners[0]);
                    assertEq(_queue.headSettledShares(), 0, "nothing settled of the next one");
                    assertEq(_queue.claimableCancelRedeemRequest(head, owners[0]), mine - part, "comes back");
                    assertEq(_queue.pendingRedeemRequest(head, owners[0]), 0, "nothing waits");
                    assertEq(_queue.claimCancelRedeemRequest(head, owners[0], owners[0]), mine - part, "taken back");
                    assertEq(_queue.balanceOf(owners[0]), mine - part, "shares");
                    assertEq(_queue.maxRedeem(owners[0]), part, "settled shares");
                    assertEq(_queue.maxWithdraw(owners[0]), part > 0 ? assets : 0, "settled assets");
                    (uint256 paid, uint256 count) = _queue.settleUpTo(2, 2, assets);
                    assertEq(count, 1, "the next one is served");
                    assertEq(paid, assets, "with all");
                    assertEq(_queue.queueHead(), head + 2, "nobody waits");
                    assertEq(_queue.balanceOf(address(_queue)), 0, "escrow");
                }
            }
        }
    }

    function _settlePart(uint256[3] memory shares, uint256 part, uint256 assets) private {
        address[] memory owners = new address[](3);
        uint256[] memory amounts = new uint256[](3);
        (owners[0], owners[1]) = (_somebody(), _somebody());
        owners[2] = owners[0];
        for (uint256 i = 0; i < 3; ++i) amounts[i] = shares[i];
        uint256 head = _queue.queueHead();
        uint256 reserved = _queue.reservedQuote();
        _queue.enqueue(owners, amounts);
        (uint256 paid, uint256 count) = _queue.settleUpTo(3, part, assets);

        uint256 left = part;
        uint256 gone;
        uint256[3] memory payouts;
        for (uint256 i = 0; i < 3; ++i) {
            uint256 settled = left < shares[i] ? left : shares[i];
            left -= settled;
            if (settled == shares[i]) ++gone;
            if (settled > 0) payouts[i] = (assets * settled) / part;
            assertEq(_queue.claimableRedeemRequest(head + i, owners[i]), settled, "claimable");
            assertEq(_queue.pendingRedeemRequest(head + i, owners[i]), shares[i] - settled, "pending");
        }
        assertEq(count, gone, "requests that left");
        assertEq(_queue.queueHead(), head + gone, "head");
        assertEq(_queue.maxWithdraw(owners[0]), payouts[0] + payouts[2], "first and third");
        assertEq(_queue.maxWithdraw(owners[1]), payouts[1], "second");
        assertEq(paid, payouts[0] + payouts[1] + payouts[2], "paid");
        assertLe(paid, assets, "of the assets");
        assertEq(_queue.reservedQuote(), reserved + paid, "reserved");
        assertEq(_queue.balanceOf(address(_queue)), shares[0] + shares[1] + shares[2] - part, "escrow");
        _queue.settleUpTo(3, type(uint256).max, 0); // the next case finds an empty queue
    }

    function _settled(uint256 shares, uint256 assets) private returns (address controller) {
        address[] memory owners = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        controller = _somebody();
        (owners[0], amounts[0]) = (controller, shares);
        _queue.settle(owners, amounts, assets);
    }

    function _somebody() private returns (address) {
        return address(++_people);
    }
}
