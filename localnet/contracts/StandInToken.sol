// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title Plain ERC-20 with a chosen number of decimals
/// @notice Lets tests run every combination of token order and decimals on genuine pools.
/// @dev LOCAL ONLY: anyone may mint.
contract StandInToken is ERC20 {
    uint8 private immutable TOKEN_DECIMALS;

    constructor(string memory name_, string memory symbol_, uint8 decimals_) ERC20(name_, symbol_) {
        TOKEN_DECIMALS = decimals_;
    }

    function decimals() public view override returns (uint8) {
        return TOKEN_DECIMALS;
    }

    /// @notice Creates `amount` for `to`. Open to everyone, which is why this must never leave a local chain.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
