// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

/// @notice The cheatcodes that the suites use, at their usual address.
interface ICheatcodes {
    function warp(uint256 timestamp) external;

    function prank(address sender) external;

    function deal(address account, uint256 newBalance) external;

    function txGasPrice(uint256 newGasPrice) external;

    function getCode(string calldata artifact) external view returns (bytes memory creationCode);

    function readFile(string calldata path) external view returns (string memory content);

    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory value);

    function parseJsonString(string calldata json, string calldata key) external pure returns (string memory value);

    function parseBytes(string calldata hexDigits) external pure returns (bytes memory value);

    function replace(
        string calldata text,
        string calldata from,
        string calldata to
    ) external pure returns (string memory replaced);

    function writeLine(string calldata path, string calldata line) external;

    function envOr(string calldata name, bool fallbackValue) external view returns (bool value);

    function toString(uint256 value) external pure returns (string memory text);

    function toString(bytes32 value) external pure returns (string memory text);

    function toString(address value) external pure returns (string memory text);

    function toString(int256 value) external pure returns (string memory text);
}

ICheatcodes constant vm = ICheatcodes(address(uint160(uint256(keccak256("hevm cheat code")))));

/// @notice Functions of one contract that the fuzzer may call: what the runner asks `targetSelectors()` for.
struct FuzzSelector {
    address addr;
    bytes4[] selectors;
}

/// @dev Deploys creation code; fails loudly.
function deployCode(bytes memory creationCode) returns (address deployed) {
    assembly ("memory-safe") {
        deployed := create(0, add(creationCode, 32), mload(creationCode))
    }
    require(deployed != address(0), "creation failed");
}
