// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title Stand-in for USDC on the local twin
/// @notice Circle's bytecode is not published on npm, so the twin puts this token at the mainnet USDC address.
/// @dev LOCAL ONLY: anyone may mint. It has no blocklist, no pause and no proxy; a test about those needs the recorded
/// mainnet USDC (localnet/recordedPool.ts) or a fork.
contract StandInUSDC is ERC20("USD Coin (stand-in)", "USDC") {
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @notice Creates `amount` (6 decimals) for `to`. Open to everyone, which is why this must never leave a local chain.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
