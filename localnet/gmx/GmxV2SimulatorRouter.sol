// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {GmxV2SimulatorRoleStore} from "./GmxV2SimulatorRoleStore.sol";
import {GmxV2SimulatorRoles} from "./GmxV2SimulatorRoles.sol";

/// @title Moves tokens by allowance for plugins only. LOCAL ONLY.
contract GmxV2SimulatorRouter is GmxV2SimulatorRoles {
    using SafeERC20 for IERC20;

    constructor(GmxV2SimulatorRoleStore roleStore_) GmxV2SimulatorRoles(roleStore_) {}

    function pluginTransfer(
        address token,
        address account,
        address receiver,
        uint256 amount
    ) external onlyRole("ROUTER_PLUGIN") {
        IERC20(token).safeTransferFrom(account, receiver, amount);
    }
}
