// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {deployCode, vm} from "./Vm.sol";

// `vm.getCode` cannot link libraries, so that is done here: in unlinked bytecode the place of a library's address is
// marked by `__$`, 34 digits of the hash of the library's full name, and `$__`.

string constant LIBRARY_FOLDER = "contracts/vault/";

/// @notice A library by its full name ("contracts/vault/Valuation.sol:Valuation"), and where it was deployed.
struct LinkedLibrary {
    string source;
    address deployed;
}

/// @dev Deploys an artifact with the named libraries of contracts/vault, each deployed for it.
function deployLinked(
    string memory file,
    string memory name,
    string[] memory libraries,
    bytes memory args
) returns (address) {
    LinkedLibrary[] memory linked = new LinkedLibrary[](libraries.length);
    for (uint256 i = 0; i < libraries.length; ++i) {
        string memory source = string.concat(LIBRARY_FOLDER, libraries[i], ".sol:", libraries[i]);
        linked[i] = LinkedLibrary(source, deployCode(vm.getCode(source)));
    }
    return deployLinkedWith(file, name, linked, args);
}

/// @dev Deploys an artifact with libraries that are there already.
function deployLinkedWith(
    string memory file,
    string memory name,
    LinkedLibrary[] memory libraries,
    bytes memory args
) returns (address) {
    string memory json = vm.readFile(string.concat("artifacts/", file, "/", name, ".json"));
    string memory code = vm.parseJsonString(json, ".bytecode");
    for (uint256 i = 0; i < libraries.length; ++i) {
        code = vm.replace(
            code,
            _placeholderOf(string.concat("project/", libraries[i].source)),
            _slice(vm.toString(libraries[i].deployed), 2, 40)
        );
    }
    return deployCode(bytes.concat(vm.parseBytes(code), args));
}

function _placeholderOf(string memory fullName) pure returns (string memory) {
    return string.concat("__$", _slice(vm.toString(keccak256(bytes(fullName))), 2, 34), "$__");
}

function _slice(string memory text, uint256 start, uint256 length) pure returns (string memory) {
    bytes memory part = new bytes(length);
    for (uint256 i = 0; i < length; ++i) part[i] = bytes(text)[start + i];
    return string(part);
}
