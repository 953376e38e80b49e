// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {HedgeFlow, HedgeState, IHedge} from "../../contracts/interfaces/IHedge.sol";

/// @notice A call that the hostile hedge makes in the middle of an operation of its vault.
struct HostileCall {
    address target;
    bytes data;
}

/// @notice What became of such a call.
struct HostileResult {
    bool success;
    bytes data;
}

/// @title A hedge that says and does whatever a test tells it to: it lies about its state and about what it paid, and
/// calls anybody while the vault is inside `adjust` or `unwind`. Never deployed outside of tests.
contract HostileHedge is IHedge {
    error HostileHedge_Frozen();

    bool private _frozen;
    HedgeState private _state;
    HedgeFlow private _flow;
    uint256 private _baseToUnwind;
    HostileCall[] private _calls;
    HostileResult[] private _results;

    modifier whileThawed() {
        if (_frozen) revert HostileHedge_Frozen();
        _;
    }

    /// @notice From now on the venue answers nothing at all, or answers again.
    function setFrozen(bool frozen) external {
        _frozen = frozen;
    }

    /// @notice What `read` claims from now on.
    function setState(HedgeState calldata state) external {
        _state = state;
    }

    /// @notice What `adjust` and `unwind` claim to have brought from now on.
    function setFlow(HedgeFlow calldata flow) external {
        _flow = flow;
    }

    /// @notice What `baseToUnwind` claims from now on.
    function setBaseToUnwind(uint256 amount) external {
        _baseToUnwind = amount;
    }

    /// @notice Calls to make inside `adjust` and `unwind` from now on.
    function setCalls(HostileCall[] calldata calls) external {
        delete _calls;
        for (uint256 i = 0; i < calls.length; ++i) _calls.push(calls[i]);
    }

    /// @notice Makes the calls now, outside of any operation of the vault.
    function strike() external {
        _strike();
    }

    /// @notice Outcome of the calls when they were last made.
    function results() external view returns (HostileResult[] memory) {
        return _results;
    }

    /// @inheritdoc IHedge
    function adjust(int256, int256) external whileThawed returns (HedgeFlow memory flow) {
        _strike();
        return _flow;
    }

    /// @inheritdoc IHedge
    function unwind(uint256, uint256) external whileThawed returns (HedgeFlow memory flow) {
        _strike();
        return _flow;
    }

    /// @inheritdoc IHedge
    function unwindInKind(uint256, uint256, address) external whileThawed returns (HedgeFlow memory flow) {
        _strike();
        return _flow;
    }

    /// @inheritdoc IHedge
    function isGenuine() external pure returns (bool) {
        return true;
    }

    /// @inheritdoc IHedge
    function isEmpty() external view whileThawed returns (bool) {
        return _state.deltaBase == 0 && _state.equityMaxQuote == 0;
    }

    /// @inheritdoc IHedge
    function reconcile() external view whileThawed returns (bool lost) {
        return _state.lost;
    }

    /// @inheritdoc IHedge
    function cancelStale() external pure {
        revert Hedge_NothingPending();
    }

    /// @inheritdoc IHedge
    function venue() external pure returns (string memory) {
        return "hostile";
    }

    /// @inheritdoc IHedge
    function read(uint256) external view whileThawed returns (HedgeState memory state) {
        return _state;
    }

    /// @inheritdoc IHedge
    function pendingDeltaBase() external pure returns (int256) {
        return 0;
    }

    /// @inheritdoc IHedge
    function marginFactorWad() external pure returns (uint256) {
        return 1e18;
    }

    /// @inheritdoc IHedge
    function baseToUnwind(uint256, uint256) external view whileThawed returns (uint256) {
        return _baseToUnwind;
    }

    function _strike() private {
        delete _results;
        for (uint256 i = 0; i < _calls.length; ++i) {
            (bool success, bytes memory data) = _calls[i].target.call(_calls[i].data);
            _results.push(HostileResult(success, data));
        }
    }
}
