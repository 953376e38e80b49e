// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IHedgedVault} from "../interfaces/IHedgedVault.sol";
import {VaultState} from "./VaultState.sol";
import {Pair} from "../types/VaultTypes.sol";

/// @title What the vault counts as its own outside of any venue.
library Till {
    using SafeCast for uint256;

    function receiveFunds(VaultState storage s, uint256 base, uint256 quote) internal {
        if (base > 0) s.idleBase += base.toUint128();
        if (quote > 0) s.idleQuote += quote.toUint128();
    }

    /// @dev What a swap of the liquidity brought: the base that was bought, or the quote that base was sold for. What it cost
    /// was paid while it ran.
    /// @param baseChange As given to ILiquidity.swap; `quoteFlow` as it answered.
    function receiveSwap(VaultState storage s, int256 baseChange, int256 quoteFlow) internal {
        if (baseChange > 0) receiveFunds(s, uint256(baseChange), 0);
        else receiveFunds(s, 0, uint256(quoteFlow)); // selling never costs quote
    }

    /// @dev Reverts when idle funds do not cover the amount, or the token is none of the pair's.
    function spend(VaultState storage s, Pair memory pair, address token, uint256 amount) internal {
        if (amount == 0) return;
        bool isBase = token == pair.base;
        uint256 available =
            isBase
                ? s.idleBase
                : token == pair.quote
                    ? s.idleQuote
                    : 0;
        if (amount > available) revert IHedgedVault.HedgedVault_InsufficientIdle(token, amount, available);
        // Below the available 128-bit amount.
        if (isBase) s.idleBase -= uint128(amount);
        else s.idleQuote -= uint128(amount);
    }

    /// @dev Last step of every operation: what the books say must be there, whatever an adapter reported.
    function close(VaultState storage s, Pair memory pair, uint256 reservedQuote) internal {
        uint256 idleBase = s.idleBase;
        uint256 heldBase = IERC20(pair.base).balanceOf(address(this));
        if (heldBase < idleBase) revert IHedgedVault.HedgedVault_Insolvent(pair.base, heldBase, idleBase);
        closeQuote(s, pair, reservedQuote);
    }

    /// @dev The same where no base can have moved.
    function closeQuote(VaultState storage s, Pair memory pair, uint256 reservedQuote) internal {
        uint256 idleQuote = s.idleQuote;
        uint256 owedQuote = idleQuote + reservedQuote;
        uint256 heldQuote = IERC20(pair.quote).balanceOf(address(this));
        if (heldQuote < owedQuote) revert IHedgedVault.HedgedVault_Insolvent(pair.quote, heldQuote, owedQuote);
        emit IHedgedVault.IdleChanged(s.idleBase, idleQuote, reservedQuote);
    }
}
