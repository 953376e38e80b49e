// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {QueueHead, RedemptionQueue} from "../../contracts/vault/RedemptionQueue.sol";

/// @title The redemption queue of a vault and nothing else: settlements pay what the caller says.
/// @dev TEST ONLY: anyone may do anything with it.
contract LoneQueue is RedemptionQueue {
    constructor() ERC20("Lone queue", "QUEUE") {}

    function mintShares(address to, uint256 shares) external {
        _mint(to, shares);
    }

    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 requestId) {
        return _enqueue(shares, controller, owner, 0);
    }

    function cancelRedeemRequest(uint256 requestId, address controller) external {
        _cancel(requestId, controller);
    }

    function claimCancelRedeemRequest(
        uint256 requestId,
        address receiver,
        address controller
    ) external returns (uint256 shares) {
        return _claimCancelled(requestId, receiver, controller);
    }

    /// @notice What an exit in kind does to the queue: the shares are burnt.
    function leaveInKind(uint256 requestId, address controller) external returns (uint256 shares) {
        shares = _withdrawRequest(requestId, controller);
        _burn(address(this), shares);
    }

    function settle(
        uint256 maxRequests,
        uint256 maxShares,
        uint256 assets
    ) external returns (uint256 paid, uint256 count) {
        QueueHead memory head = _headOf(maxRequests, maxShares);
        return _settleHead(head, assets);
    }

    function claimByShares(address controller, uint256 shares) external returns (uint256 assets) {
        return _takeClaimByShares(controller, shares);
    }

    function claimByAssets(address controller, uint256 assets) external returns (uint256 shares) {
        return _takeClaimByAssets(controller, assets);
    }
}
