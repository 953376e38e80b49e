// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IERC7540Operator, IERC7540Redeem} from "../interfaces/IERC7540Redeem.sol";
import {IHedgedVault} from "../interfaces/IHedgedVault.sol";

/// @notice A redemption request. Request ids are positions in the queue, from 1.
/// @param settledBefore Shares of the same controller that were settled before this request: claims are oldest first.
struct RedemptionRequest {
    address controller;
    uint48 requestedAt;
    bool settled;
    uint128 shares;
    uint128 settledBefore;
}

/// @notice What a controller may claim, over all its settled requests.
struct RedemptionClaims {
    uint128 shares;
    uint128 assets;
    uint128 settledShares;
}

/// @title First-in-first-out redemption requests and the claims they become.
/// @dev Holds the book-keeping only. What settlement pays, and how it is raised, is the vault's business.
/// Shares of a pending request sit in the vault itself and are burnt at settlement.
abstract contract RedemptionQueue is ERC20, IERC7540Operator, IERC7540Redeem {
    using SafeCast for uint256;
    using Math for uint256;

    mapping(uint256 requestId => RedemptionRequest) private _requests;
    mapping(address controller => RedemptionClaims) private _claims;
    mapping(address controller => mapping(address operator => bool)) public isOperator;

    /// @notice Request at the head of the queue, the next to settle.
    uint64 public queueHead;
    /// @notice Id that the next request will get; equal to the head when the queue is empty.
    uint64 public queueTail;
    /// @notice Assets set aside for settled, unclaimed requests. Not part of NAV.
    uint128 internal _reservedQuote;

    modifier onlyControllerOrOperator(address controller) {
        if (controller != msg.sender && !isOperator[controller][msg.sender]) {
            revert IHedgedVault.HedgedVault_NotController(msg.sender, controller);
        }
        _;
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
        return r.controller == controller && !r.settled ? r.shares : 0;
    }

    /// @inheritdoc IERC7540Redeem
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        RedemptionRequest storage r = _requests[requestId];
        if (r.controller != controller || !r.settled) return 0;
        RedemptionClaims storage c = _claims[controller];
        uint256 claimed = c.settledShares - c.shares;
        if (claimed <= r.settledBefore) return r.shares;
        uint256 consumed = claimed - r.settledBefore;
        return consumed >= r.shares ? 0 : r.shares - consumed;
    }

    /// @notice The request as stored; zero shares = cancelled or left in kind.
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

    /// @dev Ids start at 1: ERC-7540 gives 0 a meaning of its own. A clone runs no constructor, hence this.
    function _initializeQueue() internal {
        queueHead = 1;
        queueTail = 1;
    }

    /// @dev Takes the shares into escrow and appends the request.
    function _enqueue(uint256 shares, address controller, address owner) internal returns (uint256 requestId) {
        requestId = queueTail++;
        _requests[requestId] = RedemptionRequest({
            controller: controller,
            requestedAt: uint48(block.timestamp), // 2^48 seconds are 8.9 million years
            settled: false,
            shares: shares.toUint128(),
            settledBefore: 0
        });
        _transfer(owner, address(this), shares);
        emit RedeemRequest(controller, owner, requestId, msg.sender, shares);
    }

    /// @dev Takes an unsettled request out of the queue, wherever it stands; its place stays empty and is skipped.
    function _withdrawRequest(uint256 requestId) internal returns (RedemptionRequest memory request) {
        request = _requests[requestId];
        if (request.shares == 0 || request.settled) revert IHedgedVault.HedgedVault_UnknownRequest(requestId);
        delete _requests[requestId];
    }

    function _requestOf(uint256 requestId) internal view returns (RedemptionRequest storage) {
        return _requests[requestId];
    }

    /// @dev Shares waiting in the first `maxRequests` places from the head.
    function _sharesAtHead(uint256 maxRequests) internal view returns (uint256 shares, uint256 end) {
        end = queueHead + Math.min(maxRequests, queueTail - queueHead);
        for (uint256 id = queueHead; id < end; ++id) shares += _requests[id].shares;
    }

    /// @dev Settles every request before `end`: `assets` are shared out by shares, rounded down; what rounding leaves
    /// stays in the vault. Burns the escrowed shares.
    function _settleUntil(uint256 end, uint256 shares, uint256 assets) internal returns (uint256 paid, uint256 count) {
        _burn(address(this), shares);
        for (uint256 id = queueHead; id < end; ++id) {
            RedemptionRequest storage r = _requests[id];
            uint256 requested = r.shares;
            if (requested == 0) continue;
            uint128 payout = assets.mulDiv(requested, shares).toUint128();
            RedemptionClaims storage c = _claims[r.controller];
            r.settled = true;
            r.settledBefore = c.settledShares;
            c.shares += uint128(requested); // came out of a uint128
            c.assets += payout;
            c.settledShares += uint128(requested);
            paid += payout;
            ++count;
            emit IHedgedVault.RedeemSettled(id, r.controller, requested, payout);
        }
        queueHead = uint64(end); // at most queueTail, a uint64
        _reservedQuote += paid.toUint128();
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
        _reservedQuote -= uint128(assets);
    }
}
