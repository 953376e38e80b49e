// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {GmxV2ValidatedPrice, IGmxV2OracleProvider} from "../../localnet/gmx/GmxV2SimulatorOracle.sol";

/// @title A provider of GMX's oracle that believes whoever delivers: the data are the lowest and the highest price, as of now.
/// @dev TEST ONLY. On a fork GMX is told to use it in the place of Chainlink's signed reports, which nobody can sign there.
contract ScriptedGmxV2OracleProvider is IGmxV2OracleProvider {
    function getOraclePrice(address token, bytes memory data) external view returns (GmxV2ValidatedPrice memory) {
        (uint256 min, uint256 max) = abi.decode(data, (uint256, uint256));
        return GmxV2ValidatedPrice(token, min, max, block.timestamp, address(this));
    }

    /// @dev The time is the block's already.
    function shouldAdjustTimestamp() external pure returns (bool) {
        return false;
    }

    /// @dev Spares the venue's comparison with feeds that stand still on a fork.
    function isChainlinkOnChainProvider() external pure returns (bool) {
        return true;
    }
}
