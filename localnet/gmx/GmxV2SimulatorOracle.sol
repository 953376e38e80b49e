// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {GmxV2SimulatorRoleStore} from "./GmxV2SimulatorRoleStore.sol";
import {GmxV2SimulatorRoles} from "./GmxV2SimulatorRoles.sol";

/// @title Prices that the simulated GMX executes at: set by a script instead of signed by an oracle network. LOCAL ONLY.
contract GmxV2SimulatorOracle is GmxV2SimulatorRoles {
    error EmptyPrimaryPrice(address token);

    struct Quote {
        uint256 min;
        uint256 max;
    }

    mapping(address token => Quote) private _prices;
    uint256 public timestamp;

    constructor(GmxV2SimulatorRoleStore roleStore_) GmxV2SimulatorRoles(roleStore_) {}

    /// @notice USD a token unit, 30 decimals. Zero: the oracle is off.
    function setPrice(address token, uint256 min, uint256 max) external onlyRole("ORDER_KEEPER") {
        _prices[token] = Quote(min, max);
        timestamp = block.timestamp;
    }

    function price(address token) external view returns (uint256 min, uint256 max) {
        Quote memory q = _prices[token];
        if (q.min == 0) revert EmptyPrimaryPrice(token);
        return (q.min, q.max);
    }
}
