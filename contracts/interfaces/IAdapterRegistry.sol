// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

/// @notice What an adapter is for.
enum AdapterKind {
    None,
    Liquidity,
    Hedge
}

/// @title Which adapters vaults may be made of.
interface IAdapterRegistry {
    event AdapterAdmitted(address indexed implementation, AdapterKind kind);
    event AdapterRevoked(address indexed implementation);

    error AdapterRegistry_NoCode(address implementation);
    error AdapterRegistry_BadKind();
    error AdapterRegistry_NotAdmitted(address implementation, AdapterKind kind);

    /// @notice What an implementation is admitted as; `None` when it is not, or no longer.
    function kindOf(address implementation) external view returns (AdapterKind);

    /// @notice Whether `adapter` is a minimal clone of an admitted implementation of that kind, made for `vault`, and says of
    /// itself that its arguments are genuine.
    /// @dev Read from the clone's code: nobody needs to have registered it. Admitted code speaks the truth about its arguments.
    function isAdapterOf(address adapter, address vault, AdapterKind kind) external view returns (bool);
}
