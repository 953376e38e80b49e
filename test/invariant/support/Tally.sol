// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";

/// @title How often each action was tried, and how often it went through.
contract Tally {
    struct Count {
        uint64 tried;
        uint64 done;
    }

    string[] private _actions;
    mapping(string action => Count) public tallies;

    function count(string calldata action, bool done) external {
        Count storage c = tallies[action];
        if (c.tried == 0) _actions.push(action);
        ++c.tried;
        if (done) ++c.done;
    }

    /// @notice `name=tried/done;` for every action, in one line.
    function counts() public view returns (string memory line) {
        for (uint256 i = 0; i < _actions.length; ++i) {
            Count memory c = tallies[_actions[i]];
            string memory both = string.concat(vm.toString(uint256(c.tried)), "/", vm.toString(uint256(c.done)));
            line = string.concat(line, _actions[i], "=", both, ";");
        }
    }
}
