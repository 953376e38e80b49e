// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

/// @title Immutable arguments of a minimal clone, straight from its code.
/// @dev OpenZeppelin's `Clones.cloneWithImmutableArgs` appends the arguments to the 45 bytes of the proxy. A struct of
/// static words has the same layout in memory as ABI-encoded, so one copy replaces fetching and decoding: every entry
/// into an adapter pays for this, several times an operation.
library CloneArgs {
    /// @dev Length of the ERC-1167 proxy in front of the arguments.
    uint256 private constant PROXY_BYTES = 0x2d;

    /// @notice The code at this address is no clone with arguments of that length.
    error CloneArgs_NotAClone(uint256 codeBytes, uint256 expectedBytes);

    /// @notice Copies `words` argument words into fresh memory.
    /// @return pointer Memory address of the copy, usable as a struct of that many static words.
    function copy(uint256 words) internal view returns (uint256 pointer) {
        return copyBytes(words * 32);
    }

    /// @notice Copies arguments of `size` bytes into fresh memory.
    /// @return pointer Memory address of the copy.
    function copyBytes(uint256 size) internal view returns (uint256 pointer) {
        uint256 codeBytes = address(this).code.length;
        if (codeBytes != PROXY_BYTES + size) revert CloneArgs_NotAClone(codeBytes, PROXY_BYTES + size);
        // Allocates at the free pointer, rounded up to whole words, and fills exactly `size` bytes.
        assembly ("memory-safe") {
            pointer := mload(0x40)
            mstore(0x40, add(pointer, and(add(size, 31), not(31))))
            extcodecopy(address(), pointer, PROXY_BYTES, size)
        }
    }

    /// @notice Address at a byte offset of a copy.
    function addressAt(uint256 pointer, uint256 offset) internal pure returns (address value) {
        // Reads 32 bytes, of which the first 20 count.
        assembly ("memory-safe") {
            value := shr(96, mload(add(pointer, offset)))
        }
    }

    /// @notice Byte at a byte offset of a copy.
    function uint8At(uint256 pointer, uint256 offset) internal pure returns (uint8 value) {
        assembly ("memory-safe") {
            value := byte(0, mload(add(pointer, offset)))
        }
    }

    /// @notice Word at a byte offset of a copy.
    function wordAt(uint256 pointer, uint256 offset) internal pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := mload(add(pointer, offset))
        }
    }
}
