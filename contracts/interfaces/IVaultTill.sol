// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Pair} from "../types/VaultTypes.sol";

/// @title The side of the vault that its adapters see.
interface IVaultTill {
    /// @notice What the vault deals in.
    function pair() external view returns (Pair memory);

    /// @notice Pays an adapter's bill out of idle funds, straight to where it is owed. Only a registered adapter, and
    /// only while an operation of the vault runs. Reverts when idle funds do not cover it.
    function pay(address token, uint256 amount, address to) external;
}
