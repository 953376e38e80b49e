// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

error Unauthorized(address msgSender, string role);

/// @title Roles of the simulated GMX. LOCAL ONLY.
contract GmxV2SimulatorRoleStore {
    mapping(address account => mapping(bytes32 role => bool)) public hasRole;
    address public immutable admin;

    constructor(address admin_) {
        admin = admin_;
        hasRole[admin_][keccak256(abi.encode("CONTROLLER"))] = true;
    }

    function grantRole(address account, bytes32 role) external {
        if (msg.sender != admin) revert Unauthorized(msg.sender, "ROLE_ADMIN");
        hasRole[account][role] = true;
    }

    function revokeRole(address account, bytes32 role) external {
        if (msg.sender != admin) revert Unauthorized(msg.sender, "ROLE_ADMIN");
        hasRole[account][role] = false;
    }
}
