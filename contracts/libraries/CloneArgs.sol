// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

/// @title Immutable arguments of a minimal clone, straight from its code.
/// @dev OpenZeppelin's `Clones.cloneWithImmutableArgs` appends the arguments to the 45 bytes of the proxy. A struct of
/// static words has the same layout in memory as ABI-encoded, so one copy replaces fetching and decoding: every entry
/// into an adapter pays for this, several times an operation.
library CloneArgs {
    /// @dev Length of the ERC-1167 proxy in front of the arguments.
    uint256 private constant PROXY_BYTES = 0x2d;

    /// @notice The code at this address is no clone with that many argument words.
    error CloneArgs_NotAClone(uint256 codeBytes, uint256 expectedBytes);

    /// @notice Copies `words` argument words into fresh memory.
    /// @return pointer Memory address of the copy, usable as a struct of that many static words.
    function copy(uint256 words) internal view returns (uint256 pointer) {
        uint256 size = words * 32;
        uint256 codeBytes = address(this).code.length;
        if (codeBytes != PROXY_BYTES + size) revert CloneArgs_NotAClone(codeBytes, PROXY_BYTES + size);
        // Allocates `size` bytes at the free pointer and fills exactly those.
        assembly ("memory-safe") {
            pointer := mload(0x40)
            mstore(0x40, add(pointer, size))
            extcodecopy(address(), pointer, PROXY_BYTES, size)
        }
    }
}
