// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {AdapterKind, IAdapterRegistry} from "./interfaces/IAdapterRegistry.sol";
import {IHedge} from "./interfaces/IHedge.sol";

/// @title Which adapters vaults may be made of.
/// @dev Admitting and revoking are restricted. Revoking stops new vaults and replacements; it takes nothing out of a vault
/// that already runs on the adapter.
contract AdapterRegistry is IAdapterRegistry, AccessManaged {
    /// @dev ERC-1167 runtime code around the implementation's address, as OpenZeppelin's Clones writes it.
    bytes10 private constant PROXY_HEAD = hex"363d3d373d3d3d363d73";
    bytes15 private constant PROXY_TAIL = hex"5af43d82803e903d91602b57fd5bf3";
    uint256 private constant PROXY_BYTES = 45;

    /// @inheritdoc IAdapterRegistry
    mapping(address implementation => AdapterKind) public kindOf;

    constructor(address authority_) AccessManaged(authority_) {}

    /// @notice Admits an implementation. Restricted.
    function admit(address implementation, AdapterKind kind) external restricted {
        if (implementation.code.length == 0) revert AdapterRegistry_NoCode(implementation);
        if (kind == AdapterKind.None) revert AdapterRegistry_BadKind();
        kindOf[implementation] = kind;
        emit AdapterAdmitted(implementation, kind);
    }

    /// @notice Takes an admission back. Restricted.
    function revoke(address implementation) external restricted {
        AdapterKind kind = kindOf[implementation];
        if (kind == AdapterKind.None) revert AdapterRegistry_NotAdmitted(implementation, kind);
        delete kindOf[implementation];
        emit AdapterRevoked(implementation);
    }

    /// @inheritdoc IAdapterRegistry
    function isAdapterOf(address adapter, address vault, AdapterKind kind) external view returns (bool) {
        bytes memory code = adapter.code;
        // The proxy, and at least one argument word: the vault.
        if (code.length < PROXY_BYTES + 32 || kind == AdapterKind.None) return false;
        bytes32 head;
        address implementation;
        bytes32 tail;
        uint256 madeFor;
        // Reads within the bytes whose length was checked above.
        assembly ("memory-safe") {
            head := mload(add(code, 32))
            implementation := shr(96, mload(add(code, 42)))
            tail := mload(add(code, 62))
            madeFor := mload(add(code, 77))
        }
        return
            bytes10(head) == PROXY_HEAD &&
            bytes15(tail) == PROXY_TAIL &&
            madeFor == uint160(vault) &&
            kindOf[implementation] == kind &&
            IHedge(adapter).isGenuine(); // ILiquidity has the same function
    }
}
