// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {GmxV2SimulatorRoleStore, Unauthorized} from "./GmxV2SimulatorRoleStore.sol";

/// @title What every part of the simulated GMX asks of its caller. LOCAL ONLY.
abstract contract GmxV2SimulatorRoles {
    GmxV2SimulatorRoleStore public immutable roleStore;

    constructor(GmxV2SimulatorRoleStore roleStore_) {
        roleStore = roleStore_;
    }

    modifier onlyRole(string memory role) {
        if (!roleStore.hasRole(msg.sender, keccak256(abi.encode(role)))) revert Unauthorized(msg.sender, role);
        _;
    }
}
