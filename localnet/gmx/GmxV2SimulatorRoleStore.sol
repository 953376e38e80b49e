// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

error Unauthorized(address msgSender, string role);

/// @title Roles of the simulated GMX. LOCAL ONLY.
contract GmxV2SimulatorRoleStore {
    mapping(address account => mapping(bytes32 role => bool)) public hasRole;
    address public immutable admin;
    mapping(bytes32 role => address[]) private _members;

    constructor(address admin_) {
        admin = admin_;
        _grant(admin_, keccak256(abi.encode("CONTROLLER")));
    }

    function getRoleMemberCount(bytes32 role) external view returns (uint256) {
        return _members[role].length;
    }

    function getRoleMembers(bytes32 role, uint256 start, uint256 end) external view returns (address[] memory members) {
        uint256 last = _members[role].length;
        if (end < last) last = end;
        if (start >= last) return members;
        members = new address[](last - start);
        for (uint256 i = start; i < last; ++i) members[i - start] = _members[role][i];
    }

    function grantRole(address account, bytes32 role) external {
        if (msg.sender != admin) revert Unauthorized(msg.sender, "ROLE_ADMIN");
        _grant(account, role);
    }

    function revokeRole(address account, bytes32 role) external {
        if (msg.sender != admin) revert Unauthorized(msg.sender, "ROLE_ADMIN");
        if (!hasRole[account][role]) return;
        hasRole[account][role] = false;
        address[] storage members = _members[role];
        uint256 i = 0;
        while (members[i] != account) ++i;
        members[i] = members[members.length - 1];
        members.pop();
    }

    function _grant(address account, bytes32 role) private {
        if (hasRole[account][role]) return;
        hasRole[account][role] = true;
        _members[role].push(account);
    }
}
