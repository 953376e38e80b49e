// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {GmxV2SimulatorRoleStore} from "./GmxV2SimulatorRoleStore.sol";
import {GmxV2SimulatorRoles} from "./GmxV2SimulatorRoles.sol";

/// @dev Wrapped ETH.
interface IWnt {
    function deposit() external payable;
    function withdraw(uint256 amount) external;
}

/// @title Holds tokens of orders, or of a market. LOCAL ONLY.
contract GmxV2SimulatorBank is GmxV2SimulatorRoles {
    using SafeERC20 for IERC20;

    error SelfTransferNotSupported(address receiver);

    mapping(address token => uint256) public tokenBalances;
    IWnt public immutable wnt;

    constructor(GmxV2SimulatorRoleStore roleStore_, IWnt wnt_) GmxV2SimulatorRoles(roleStore_) {
        wnt = wnt_;
    }

    receive() external payable {}

    /// @notice What came in since the last record.
    function recordTransferIn(address token) external onlyRole("CONTROLLER") returns (uint256 amount) {
        uint256 held = IERC20(token).balanceOf(address(this));
        amount = held - tokenBalances[token];
        tokenBalances[token] = held;
    }

    function transferOut(address token, address receiver, uint256 amount) external onlyRole("CONTROLLER") {
        if (receiver == address(this)) revert SelfTransferNotSupported(receiver);
        if (amount > 0) IERC20(token).safeTransfer(receiver, amount);
        tokenBalances[token] = IERC20(token).balanceOf(address(this));
    }

    /// @dev Where the receiver takes no ETH within the gas limit, it is wrapped again and sent as a token.
    function transferOutNativeToken(address receiver, uint256 amount) external onlyRole("CONTROLLER") {
        if (amount == 0) return;
        wnt.withdraw(amount);
        (bool sent, ) = receiver.call{value: amount, gas: 50_000}("");
        if (!sent) {
            wnt.deposit{value: amount}();
            IERC20(address(wnt)).safeTransfer(receiver, amount);
        }
        tokenBalances[address(wnt)] = IERC20(address(wnt)).balanceOf(address(this));
    }
}
