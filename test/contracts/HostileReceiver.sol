// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

/// @title A receiver that nobody should have: whatever it is called with, it refuses, or it calls others in the middle of
/// it and then says "1".
/// @dev TEST ONLY.
contract HostileReceiver {
    address private _target;
    bytes[] private _calls;

    error HostileReceiver_Refused();

    /// @notice Calls to make from now on inside whatever it is called with; without any it refuses.
    function setCalls(address target, bytes[] calldata calls) external {
        _target = target;
        _calls = calls;
    }

    fallback() external payable {
        _answer();
    }

    function _answer() private {
        if (_calls.length == 0) revert HostileReceiver_Refused();
        for (uint256 i = 0; i < _calls.length; ++i) {
            // Whether it went through is for the invariants to say.
            (bool success, ) = _target.call(_calls[i]);
            success;
        }
        assembly ("memory-safe") {
            mstore(0, 1)
            return(0, 32)
        }
    }
}
