// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

/// @title What the proofs take OpenZeppelin's Math for: its meaning in plain arithmetic, without its assembly.
/// @dev `npm run prove` puts this library in the place of OpenZeppelin's. It knows products below 2^256 only; MathModel.t.sol
/// compares the two.
library Math {
    error MathModel_NoRoots();

    enum Rounding {
        Floor,
        Ceil,
        Trunc,
        Expand
    }

    function mulDiv(uint256 x, uint256 y, uint256 denominator) internal pure returns (uint256) {
        return (x * y) / denominator;
    }

    function mulDiv(uint256 x, uint256 y, uint256 denominator, Rounding rounding) internal pure returns (uint256) {
        uint256 down = (x * y) / denominator;
        bool roundsUp = rounding == Rounding.Ceil || rounding == Rounding.Expand;
        return roundsUp && down * denominator < x * y ? down + 1 : down;
    }

    /// @dev Roots are not modelled: behind this nothing is reachable, and `npm run prove` calls such a proof vacuous.
    function sqrt(uint256) internal pure returns (uint256) {
        revert MathModel_NoRoots();
    }
}
