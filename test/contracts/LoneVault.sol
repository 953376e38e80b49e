// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

import {IVaultTill} from "../../contracts/interfaces/IVaultTill.sol";
import {Pair} from "../../contracts/types/VaultTypes.sol";

/// @title The till of a vault and nothing else: lets a test call one adapter with any arguments, limits included.
/// @dev TEST ONLY: anyone may do anything with it.
contract LoneVault is IVaultTill {
    /// @inheritdoc IVaultTill
    /// @dev Only the genuineness of an adapter's arguments asks for it; alone, an adapter has none.
    function pair() external pure returns (Pair memory none) {
        return none;
    }

    using SafeERC20 for IERC20;

    address public adapter;

    error LoneVault_OnlyAdapter(address caller);

    /// @notice Clones the adapter for this vault, as VaultFactory does.
    function adopt(address implementation, bytes calldata args) external {
        adapter = Clones.cloneWithImmutableArgs(implementation, bytes.concat(abi.encode(address(this)), args));
    }

    /// @notice Calls the adapter as its vault; reverts with what it reverts with.
    function call(bytes calldata data) external returns (bytes memory) {
        return Address.functionCall(adapter, data);
    }

    /// @inheritdoc IVaultTill
    function pay(address token, uint256 amount, address to) external {
        if (msg.sender != adapter) revert LoneVault_OnlyAdapter(msg.sender);
        IERC20(token).safeTransfer(to, amount);
    }
}
