// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Tally} from "./Tally.sol";
import {vm} from "./Vm.sol";

/// @title Ghost variables: what the handlers saw and measured, kept apart from what the contracts say.
contract Ledger is Tally {
    /// @param fractionWad Loss as a part of what the vault was worth when it happened.
    /// @param slackWad What rounding may have added to it.
    struct Loss {
        uint256 time;
        uint256 fractionWad;
        uint256 slackWad;
    }

    uint256 private constant WINDOW_SECONDS = 1 days;

    Loss[] private _losses;
    uint256 private _oldest;
    /// @notice Loss through keeper and `hedgeNow` in the worst 24 hours so far, and what rounding may be of it.
    uint256 public worstWindowWad;
    uint256 public worstWindowSlackWad;

    /// @notice What the attacker took in all attempts together, and in the best single one; in quote units.
    int256 public attackerProfit;
    int256 public attackerBest = type(int256).min;
    /// @notice What others' settlements lost to the attacker's sandwiches: a cost of the leaver that is bounded, not zero.
    uint256 public sandwichTake;

    /// @notice What `hedgeNow` lost between two swaps of the attacker, who may have got it: part of the budget.
    uint256 public hedgeTake;
    /// @notice Bounties paid.
    uint256 public bounties;

    /// @notice When fee shares were last seen to be minted, and the highest value of a share after a performance fee.
    uint256 public feesAt;
    uint256 public feeMark;

    /// @dev Requests that were cancelled and not taken back yet.
    uint256[] private _cancelled;

    /// @notice Tokens given to the vault, which its books must ignore.
    uint256 public donatedBase;
    uint256 public donatedQuote;
    /// @notice Most that a share's value fell in one action, in quote units of all shares: rounding.
    uint256 public worstRounding;

    function recordLoss(uint256 lossQuote, uint256 worthQuote, uint256 slackQuote) external {
        uint256 fraction = worthQuote == 0 ? 0 : (lossQuote * 1e18) / worthQuote;
        uint256 slack = worthQuote == 0 ? 0 : (slackQuote * 1e18) / worthQuote + 1;
        _losses.push(Loss(block.timestamp, fraction, slack));
        while (_losses[_oldest].time + WINDOW_SECONDS < block.timestamp) ++_oldest;
        uint256 sum;
        uint256 slackSum;
        for (uint256 i = _oldest; i < _losses.length; ++i) {
            sum += _losses[i].fractionWad;
            slackSum += _losses[i].slackWad;
        }
        if (sum > worstWindowWad) (worstWindowWad, worstWindowSlackWad) = (sum, slackSum);
    }

    function recordAttack(int256 profit, uint256 allowance) external {
        if (allowance > 0) {
            if (profit > 0) sandwichTake += uint256(profit);
            return;
        }
        attackerProfit += profit;
        if (profit > attackerBest) attackerBest = profit;
    }

    function recordHedge(uint256 lossQuote, uint256 bountyQuote, bool byAttacker) external {
        if (byAttacker) hedgeTake += lossQuote;
        bounties += bountyQuote;
    }

    function recordFees(uint256 mark) external {
        feesAt = block.timestamp;
        if (mark > feeMark) feeMark = mark;
    }

    function recordCancelled(uint256 requestId) external {
        _cancelled.push(requestId);
    }

    function recordTakenBack(uint256 index) external {
        _cancelled[index] = _cancelled[_cancelled.length - 1];
        _cancelled.pop();
    }

    function cancelled() external view returns (uint256[] memory) {
        return _cancelled;
    }

    function recordDonation(uint256 baseAmount, uint256 quoteAmount) external {
        donatedBase += baseAmount;
        donatedQuote += quoteAmount;
    }

    function recordRounding(uint256 lossQuote) external {
        if (lossQuote > worstRounding) worstRounding = lossQuote;
    }

    /// @notice One line with everything above: `name=value` or `name=tried/done`, separated by semicolons.
    function report() external view returns (string memory line) {
        line = string.concat(counts(), "worstWindowWad=", vm.toString(worstWindowWad));
        line = string.concat(line, ";attackerProfit=", vm.toString(attackerProfit));
        line = string.concat(line, ";sandwichTake=", vm.toString(sandwichTake));
        line = string.concat(line, ";hedgeTake=", vm.toString(hedgeTake));
        line = string.concat(line, ";bounties=", vm.toString(bounties));
        line = string.concat(line, ";worstRounding=", vm.toString(worstRounding));
    }
}
