// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IERC7540Operator, IERC7540Redeem} from "../interfaces/IERC7540Redeem.sol";
import {IERC7887Redeem} from "../interfaces/IERC7887Redeem.sol";
import {IHedgedVault} from "../interfaces/IHedgedVault.sol";

/// @notice A redemption request. Request ids are positions in the queue, from 1.
/// @param exitOpensAt From when it may leave in kind; fixed when the request is made.
/// @param shares Of the request, or of what was settled of it before it was cancelled; zero = nothing was.
/// @param settledBefore Shares of the same controller that were settled before this request: claims are oldest first.
struct RedemptionRequest {
    address controller;
    uint48 exitOpensAt;
    uint128 shares;
    uint128 settledBefore;
}

/// @notice What a controller may claim, over all its settled requests.
struct RedemptionClaims {
    uint128 shares;
    uint128 assets;
    uint128 settledShares;
}

/// @notice Shares of a cancelled request, to be taken back.
struct CancelledRequest {
    address controller;
    uint128 shares;
}

/// @notice What stands at the head of the queue: all of every request before `end`, and `partShares` of that at `end`.
struct QueueHead {
    uint256 shares;
    uint256 end;
    uint256 partShares;
}

/// @title First-in-first-out redemption requests and the claims they become.
/// @dev Holds the book-keeping only. What settlement pays, and how it is raised, is the vault's business.
/// Shares of a pending request sit in the vault itself and are burnt at settlement. A request may be settled in parts;
/// only the one at the head ever is.
abstract contract RedemptionQueue is ERC20, IERC7540Operator, IERC7540Redeem, IERC7887Redeem {
    using SafeCast for uint256;
    using Math for uint256;

    mapping(uint256 requestId => RedemptionRequest) private _requests;
    mapping(uint256 requestId => CancelledRequest) private _cancelled;
    mapping(address controller => RedemptionClaims) private _claims;
    mapping(address controller => mapping(address operator => bool)) public isOperator;

    /// @dev Requests that left the queue, and requests ever made: a fresh vault needs to write neither.
    uint64 private _done;
    uint64 private _made;
    /// @notice Assets set aside for settled, unclaimed requests. Not part of NAV.
    uint128 public reservedQuote;
    /// @notice Shares already settled of the request at the head.
    uint128 public headSettledShares;

    modifier onlyControllerOrOperator(address controller) {
        _requireControllerOrOperator(controller);
        _;
    }

    /// @notice Request at the head of the queue, the next to settle.
    function queueHead() public view returns (uint256) {
        return uint256(_done) + 1; // ids start at 1: ERC-7540 gives 0 a meaning of its own
    }

    /// @notice Id that the next request will get; equal to the head when the queue is empty.
    function queueTail() public view returns (uint256) {
        return uint256(_made) + 1;
    }

    /// @inheritdoc IERC7540Operator
    function setOperator(address operator, bool approved) external returns (bool) {
        isOperator[msg.sender][operator] = approved;
        emit OperatorSet(msg.sender, operator, approved);
        return true;
    }

    /// @inheritdoc IERC7540Redeem
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        RedemptionRequest storage r = _requests[requestId];
        return r.controller == controller ? r.shares - _settledOf(requestId, r.shares) : 0;
    }

    /// @inheritdoc IERC7540Redeem
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        RedemptionRequest storage r = _requests[requestId];
        if (r.controller != controller) return 0;
        uint256 settledShares = _settledOf(requestId, r.shares);
        RedemptionClaims storage c = _claims[controller];
        uint256 claimed = c.settledShares - c.shares;
        uint256 consumed = claimed.saturatingSub(r.settledBefore);
        return settledShares.saturatingSub(consumed);
    }

    /// @notice The request as stored.
    function requestOf(uint256 requestId) external view returns (RedemptionRequest memory) {
        return _requests[requestId];
    }

    /// @notice Shares whose redemption is settled and not yet claimed.
    function maxRedeem(address controller) public view virtual returns (uint256) {
        return _claims[controller].shares;
    }

    /// @notice Assets whose redemption is settled and not yet claimed.
    function maxWithdraw(address controller) public view virtual returns (uint256) {
        return _claims[controller].assets;
    }

    /// @inheritdoc IERC7887Redeem
    function pendingCancelRedeemRequest(uint256, address) external pure returns (bool) {
        return false;
    }

    /// @inheritdoc IERC7887Redeem
    function claimableCancelRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        CancelledRequest storage c = _cancelled[requestId];
        return c.controller == controller ? c.shares : 0;
    }

    /// @dev See cancelRedeemRequest.
    function _cancel(uint256 requestId, address controller) internal {
        uint256 shares = _withdrawRequest(requestId, controller);
        _cancelled[requestId] = CancelledRequest(controller, shares.toUint128());
        emit CancelRedeemRequest(controller, requestId, msg.sender);
    }

    /// @dev See claimCancelRedeemRequest.
    function _claimCancelled(
        uint256 requestId,
        address receiver,
        address controller
    ) internal returns (uint256 shares) {
        CancelledRequest storage c = _cancelled[requestId];
        if (c.controller != controller || c.shares == 0) revert IHedgedVault.HedgedVault_UnknownRequest(requestId);
        shares = c.shares;
        delete _cancelled[requestId];
        emit CancelRedeemClaim(controller, receiver, requestId, msg.sender, shares);
        _transfer(address(this), receiver, shares);
    }

    /// @dev Takes the shares into escrow and appends the request.
    function _enqueue(
        uint256 shares,
        address controller,
        address owner,
        uint256 exitDelaySeconds
    ) internal returns (uint256 requestId) {
        requestId = queueTail();
        ++_made;
        _requests[requestId] = RedemptionRequest({
            controller: controller,
            exitOpensAt: uint48(block.timestamp + exitDelaySeconds), // 2^48 seconds are 8.9 million years
            shares: shares.toUint128(),
            settledBefore: 0
        });
        _transfer(owner, address(this), shares);
        emit RedeemRequest(controller, owner, requestId, msg.sender, shares);
    }

    /// @dev Takes what is unsettled of a request out of the queue, wherever it stands; its place stays empty and is skipped.
    /// @return shares What was taken out, still in escrow.
    function _withdrawRequest(uint256 requestId, address controller) internal returns (uint256 shares) {
        RedemptionRequest storage r = _requests[requestId];
        uint256 settledShares = _settledOf(requestId, r.shares);
        shares = r.shares - settledShares;
        if (shares == 0) revert IHedgedVault.HedgedVault_UnknownRequest(requestId);
        if (r.controller != controller) revert IHedgedVault.HedgedVault_NotController(controller, r.controller);
        if (settledShares == 0) {
            delete _requests[requestId];
        } else {
            // The rest of the head goes; its settled part remains to be claimed.
            r.shares = uint128(settledShares);
            headSettledShares = 0;
            ++_done;
        }
    }

    function _requireControllerOrOperator(address controller) internal view {
        if (controller != msg.sender && !isOperator[controller][msg.sender]) {
            revert IHedgedVault.HedgedVault_NotController(msg.sender, controller);
        }
    }

    function _controllerOf(uint256 requestId) internal view returns (address) {
        return _requests[requestId].controller;
    }

    function _exitOpensAt(uint256 requestId) internal view returns (uint256) {
        return _requests[requestId].exitOpensAt;
    }

    function _queueIsEmpty() internal view returns (bool) {
        return _done == _made;
    }

    /// @dev What the first `maxRequests` places from the head are waiting with, at most `maxShares` of it.
    function _headOf(uint256 maxRequests, uint256 maxShares) internal view returns (QueueHead memory head) {
        uint256 start = queueHead();
        uint256 last = start + Math.min(maxRequests, queueTail() - start);
        uint256 settledShares = headSettledShares;
        for (head.end = start; head.end < last; ++head.end) {
            uint256 pending = _requests[head.end].shares - settledShares;
            settledShares = 0;
            if (pending > maxShares - head.shares) {
                head.partShares = maxShares - head.shares;
                head.shares = maxShares;
                return head;
            }
            head.shares += pending;
        }
    }

    /// @dev Settles what `head` says: `assets` are shared out by shares, rounded down; what rounding leaves stays in the
    /// vault. Burns the escrowed shares.
    /// @return paid Assets set aside.
    /// @return count Requests that left the queue, cancelled ones not counted.
    function _settleHead(QueueHead memory head, uint256 assets) internal returns (uint256 paid, uint256 count) {
        if (head.shares > 0) _burn(address(this), head.shares);
        uint256 settledShares = headSettledShares;
        uint256 before = settledShares;
        uint256 start = queueHead();
        for (uint256 id = start; id < head.end; ++id) {
            uint256 pending = _requests[id].shares - settledShares;
            if (pending > 0) {
                paid += _settleOne(id, pending, settledShares, assets.mulDiv(pending, head.shares));
                ++count;
            }
            settledShares = 0;
        }
        if (head.partShares > 0) {
            paid += _settleOne(head.end, head.partShares, settledShares, assets.mulDiv(head.partShares, head.shares));
        }
        uint256 left = settledShares + head.partShares;
        if (left != before) headSettledShares = left.toUint128();
        _done = uint64(head.end - 1); // at most _made, a uint64
        // Places of cancelled requests leave no other trace.
        if (count != head.end - start) emit IHedgedVault.QueueHeadMoved(head.end);
        if (paid > 0) reservedQuote += paid.toUint128();
    }

    /// @dev Shares to assets of a claim, rounded down.
    function _takeClaimByShares(address controller, uint256 shares) internal returns (uint256 assets) {
        RedemptionClaims storage c = _claims[controller];
        if (shares > c.shares) revert IHedgedVault.HedgedVault_ClaimExceedsMax(shares, c.shares);
        assets = c.shares == 0 ? 0 : uint256(c.assets).mulDiv(shares, c.shares);
        _takeClaim(c, shares, assets);
    }

    /// @dev Assets to shares of a claim, rounded up.
    function _takeClaimByAssets(address controller, uint256 assets) internal returns (uint256 shares) {
        RedemptionClaims storage c = _claims[controller];
        if (assets > c.assets) revert IHedgedVault.HedgedVault_ClaimExceedsMax(assets, c.assets);
        shares = c.assets == 0 ? 0 : uint256(c.shares).mulDiv(assets, c.assets, Math.Rounding.Ceil);
        _takeClaim(c, shares, assets);
    }

    function _takeClaim(RedemptionClaims storage c, uint256 shares, uint256 assets) private {
        // Both were checked against 128-bit balances above.
        c.shares -= uint128(shares);
        c.assets -= uint128(assets);
        reservedQuote -= uint128(assets);
    }

    function _settleOne(uint256 id, uint256 shares, uint256 settledShares, uint256 payout) private returns (uint256) {
        RedemptionRequest storage r = _requests[id];
        RedemptionClaims storage c = _claims[r.controller];
        if (settledShares == 0) r.settledBefore = c.settledShares;
        c.shares += uint128(shares); // part of a uint128
        c.assets += payout.toUint128();
        c.settledShares += uint128(shares);
        emit IHedgedVault.RedeemSettled(id, r.controller, shares, payout);
        return payout;
    }

    /// @dev Settled shares of a request with `shares` in all: everything behind the head is, nothing before it.
    function _settledOf(uint256 requestId, uint256 shares) private view returns (uint256) {
        uint256 head = queueHead();
        if (requestId < head) return shares;
        return requestId == head ? headSettledShares : 0;
    }
}
