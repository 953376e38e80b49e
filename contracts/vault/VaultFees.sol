// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IHedgedVault} from "../interfaces/IHedgedVault.sol";
import {BPS} from "../libraries/PriceMath.sol";
import {EXIT_WINDOW_SECONDS, FeeTerms} from "./VaultState.sol";

/// @dev Shares that nobody owns, against inflation of the share price: a donor loses a million times what a first
/// depositor could. Also the reason why shares have six more decimals than the quote.
uint256 constant VIRTUAL_SHARES = 1e6;

/// @title Management and performance fee of a vault, paid in new shares.
/// @notice Management: a yearly part of the supply, by the second. Performance: a part of what a share gained above its
/// high-water mark, taken whenever somebody comes, leaves or asks for it. Both have caps in bytecode; a higher rate waits for
/// the exit window and never counts for the time before it is applied, a lower one counts at once.
library VaultFees {
    uint256 internal constant MAX_MANAGEMENT_BPS = 200; // 2 % a year
    uint256 internal constant MAX_PERFORMANCE_BPS = 2_000; // 20 %
    uint256 internal constant YEAR_SECONDS = 365 days;
    /// @dev Share values are quote units a share unit × this.
    uint256 internal constant VALUE_SCALE = 1e30;
    uint256 internal constant INITIAL_VALUE = VALUE_SCALE / VIRTUAL_SHARES;

    /// @notice Sets the terms of a new vault. Reverts above the caps, or when a rate has no recipient.
    function initialize(
        FeeTerms storage terms,
        address recipient,
        uint256 managementBps,
        uint256 performanceBps
    ) external {
        _requireWithin("managementBps", managementBps, MAX_MANAGEMENT_BPS);
        _requireWithin("performanceBps", performanceBps, MAX_PERFORMANCE_BPS);
        _setNow(terms, recipient, managementBps, performanceBps);
    }

    /// @notice Changes recipient and rates: a lower rate at once, a higher one when `applyNext` is called after the exit window. Any
    /// earlier pending change is dropped. Fees must have been accrued up to now.
    function change(FeeTerms storage terms, address recipient, uint256 managementBps, uint256 performanceBps) external {
        _requireWithin("managementBps", managementBps, MAX_MANAGEMENT_BPS);
        _requireWithin("performanceBps", performanceBps, MAX_PERFORMANCE_BPS);
        bool rises = managementBps > terms.managementBps || performanceBps > terms.performanceBps;
        if (rises && recipient == address(0)) revert IHedgedVault.HedgedVault_NoFeeRecipient();
        terms.nextManagementBps = rises ? uint16(managementBps) : 0;
        terms.nextPerformanceBps = rises ? uint16(performanceBps) : 0;
        terms.nextAt = rises ? uint40(block.timestamp + EXIT_WINDOW_SECONDS) : 0;
        emit IHedgedVault.FeesScheduled(terms.nextManagementBps, terms.nextPerformanceBps, terms.nextAt);
        _setNow(
            terms,
            recipient,
            Math.min(managementBps, terms.managementBps),
            Math.min(performanceBps, terms.performanceBps)
        );
    }

    /// @notice Makes a scheduled change count from now on. Fees must have been accrued up to now.
    function applyNext(FeeTerms storage terms) external {
        uint256 readyAt = terms.nextAt;
        if (readyAt == 0 || block.timestamp < readyAt) revert IHedgedVault.HedgedVault_NotReady(readyAt);
        (uint256 managementBps, uint256 performanceBps) = (terms.nextManagementBps, terms.nextPerformanceBps);
        (terms.nextManagementBps, terms.nextPerformanceBps, terms.nextAt) = (0, 0, 0);
        emit IHedgedVault.FeesScheduled(0, 0, 0);
        _setNow(terms, terms.recipient, managementBps, performanceBps);
    }

    /// @notice Counts fees up to now.
    /// @param navQuote Value of the vault; zero = it is not known, and no performance fee is taken.
    /// @return shares To be minted to the recipient, rounded down.
    function accrue(FeeTerms storage terms, uint256 navQuote, uint256 supply) external returns (uint256 shares) {
        uint256 highWater;
        (shares, highWater) = pending(terms, navQuote, supply);
        terms.accruedAt = uint40(block.timestamp); // 2^40 seconds are 34,000 years
        if (highWater != terms.highWater) terms.highWater = uint184(highWater);
        emit IHedgedVault.FeesAccrued(terms.recipient, shares, highWater);
    }

    /// @notice What `accrue` would do now.
    /// @dev Management: new / (supply + new) = rate × time. Performance: the gain above the mark, of all shares, times
    /// the rate, in new shares at the value that is left; the mark rises to the value after that dilution.
    function pending(
        FeeTerms storage terms,
        uint256 navQuote,
        uint256 supply
    ) public view returns (uint256 shares, uint256 highWater) {
        highWater = terms.highWater;
        // Whoever comes next buys at this value, whatever the last ones left: the mark starts there.
        if (supply == 0) {
            uint256 next = Math.mulDiv(navQuote + 1, VALUE_SCALE, VIRTUAL_SHARES, Math.Rounding.Ceil);
            return (0, Math.min(next, type(uint184).max));
        }
        uint256 elapsed = Math.min(block.timestamp - terms.accruedAt, YEAR_SECONDS);
        uint256 owed = uint256(terms.managementBps) * elapsed;
        shares = Math.mulDiv(supply, owed, BPS * YEAR_SECONDS - owed);
        if (navQuote == 0) return (shares, highWater);

        uint256 counted = supply + shares + VIRTUAL_SHARES;
        uint256 value = Math.mulDiv(navQuote + 1, VALUE_SCALE, counted);
        uint256 mark = highWater == 0 ? INITIAL_VALUE : highWater;
        if (value <= mark) return (shares, highWater);
        uint256 feeQuote = (Math.mulDiv(value - mark, counted, VALUE_SCALE) * terms.performanceBps) / BPS;
        uint256 paid = Math.mulDiv(feeQuote, counted, navQuote + 1 - feeQuote);
        shares += paid;
        highWater = Math.min(
            Math.mulDiv(navQuote + 1, VALUE_SCALE, counted + paid, Math.Rounding.Ceil),
            type(uint184).max
        );
    }

    function _setNow(FeeTerms storage terms, address recipient, uint256 managementBps, uint256 performanceBps) private {
        if (recipient == address(0) && (managementBps | performanceBps) != 0) {
            revert IHedgedVault.HedgedVault_NoFeeRecipient();
        }
        terms.recipient = recipient;
        terms.managementBps = uint16(managementBps); // both below their caps
        terms.performanceBps = uint16(performanceBps);
        terms.accruedAt = uint40(block.timestamp);
        emit IHedgedVault.FeesChanged(recipient, managementBps, performanceBps);
    }

    function _requireWithin(bytes32 param, uint256 value, uint256 max) private pure {
        if (value > max) revert IHedgedVault.HedgedVault_ParamOutOfBounds(param, value, 0, max);
    }
}
