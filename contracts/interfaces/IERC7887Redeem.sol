// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

/// @title Cancelling of redemption requests, ERC-7887.
/// @dev A cancellation of this project is never pending: the shares can be taken back at once.
interface IERC7887Redeem {
    event CancelRedeemRequest(address indexed controller, uint256 indexed requestId, address sender);

    event CancelRedeemClaim(
        address indexed controller,
        address indexed receiver,
        uint256 indexed requestId,
        address sender,
        uint256 shares
    );

    /// @notice Takes an unsettled request, or what is left of it, out of the queue. Controller or operator.
    function cancelRedeemRequest(uint256 requestId, address controller) external;

    function pendingCancelRedeemRequest(uint256 requestId, address controller) external view returns (bool isPending);

    /// @notice Shares of a cancelled request that nobody took back yet.
    function claimableCancelRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);

    /// @notice Hands the shares of a cancelled request to `receiver`. Controller or operator.
    function claimCancelRedeemRequest(
        uint256 requestId,
        address receiver,
        address controller
    ) external returns (uint256 shares);
}
