// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {GmxV2SimulatorRoleStore} from "./GmxV2SimulatorRoleStore.sol";
import {GmxV2SimulatorRoles} from "./GmxV2SimulatorRoles.sol";

/// @title Key-value store of the simulated GMX: the keys and the layout of values are the venue's. LOCAL ONLY.
contract GmxV2SimulatorDataStore is GmxV2SimulatorRoles {
    mapping(bytes32 key => uint256) private _uints;
    mapping(bytes32 key => int256) private _ints;
    mapping(bytes32 key => address) private _addresses;
    mapping(bytes32 key => bool) private _bools;
    mapping(bytes32 key => bytes32[]) private _sets;
    /// @dev Place in the list plus one.
    mapping(bytes32 key => mapping(bytes32 value => uint256)) private _places;

    error NegativeValue(string what);

    constructor(GmxV2SimulatorRoleStore roleStore_) GmxV2SimulatorRoles(roleStore_) {}

    function getUint(bytes32 key) external view returns (uint256) {
        return _uints[key];
    }

    function setUint(bytes32 key, uint256 value) external onlyRole("CONTROLLER") returns (uint256) {
        _uints[key] = value;
        return value;
    }

    function removeUint(bytes32 key) external onlyRole("CONTROLLER") {
        delete _uints[key];
    }

    function incrementUint(bytes32 key, uint256 value) external onlyRole("CONTROLLER") returns (uint256) {
        return _uints[key] += value;
    }

    function decrementUint(bytes32 key, uint256 value) external onlyRole("CONTROLLER") returns (uint256) {
        return _uints[key] -= value;
    }

    function applyDeltaToUint(
        bytes32 key,
        int256 delta,
        string memory errorMessage
    ) external onlyRole("CONTROLLER") returns (uint256) {
        int256 next = int256(_uints[key]) + delta;
        if (next < 0) revert NegativeValue(errorMessage);
        return _uints[key] = uint256(next);
    }

    function getInt(bytes32 key) external view returns (int256) {
        return _ints[key];
    }

    function setInt(bytes32 key, int256 value) external onlyRole("CONTROLLER") returns (int256) {
        return _ints[key] = value;
    }

    function getAddress(bytes32 key) external view returns (address) {
        return _addresses[key];
    }

    function setAddress(bytes32 key, address value) external onlyRole("CONTROLLER") returns (address) {
        return _addresses[key] = value;
    }

    function getBool(bytes32 key) external view returns (bool) {
        return _bools[key];
    }

    function setBool(bytes32 key, bool value) external onlyRole("CONTROLLER") returns (bool) {
        return _bools[key] = value;
    }

    function containsBytes32(bytes32 setKey, bytes32 value) external view returns (bool) {
        return _places[setKey][value] != 0;
    }

    function getBytes32Count(bytes32 setKey) external view returns (uint256) {
        return _sets[setKey].length;
    }

    function getBytes32ValuesAt(
        bytes32 setKey,
        uint256 start,
        uint256 end
    ) external view returns (bytes32[] memory values) {
        uint256 last = _sets[setKey].length;
        if (end < last) last = end;
        if (start >= last) return values;
        values = new bytes32[](last - start);
        for (uint256 i = start; i < last; ++i) values[i - start] = _sets[setKey][i];
    }

    function addBytes32(bytes32 setKey, bytes32 value) external onlyRole("CONTROLLER") {
        if (_places[setKey][value] != 0) return;
        _sets[setKey].push(value);
        _places[setKey][value] = _sets[setKey].length;
    }

    function removeBytes32(bytes32 setKey, bytes32 value) external onlyRole("CONTROLLER") {
        uint256 place = _places[setKey][value];
        if (place == 0) return;
        bytes32[] storage list = _sets[setKey];
        bytes32 last = list[list.length - 1];
        (list[place - 1], _places[setKey][last]) = (last, place);
        list.pop();
        delete _places[setKey][value];
    }
}
