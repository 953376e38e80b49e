// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {AdapterKind, IAdapterRegistry} from "../interfaces/IAdapterRegistry.sol";
import {IHedge} from "../interfaces/IHedge.sol";
import {IHedgedVault} from "../interfaces/IHedgedVault.sol";
import {ILiquidity} from "../interfaces/ILiquidity.sol";
import {AdapterChange, EXIT_WINDOW_SECONDS, MAX_HEDGES, VaultState} from "./VaultState.sol";

/// @title Replacing an adapter of a vault, after everyone had time to leave.
/// @dev The keeper empties the old adapter before and fills the new one afterwards, within the RiskPolicy's bounds as
/// ever: a change moves no funds.
library AdapterChanges {
    /// @notice Announces a change: `current` goes, `next` comes. Zero for `current` adds a hedge, zero for `next` removes one.
    function propose(VaultState storage s, IAdapterRegistry registry, address current, address next) external {
        _check(s, registry, current, next);
        uint40 readyAt = uint40(block.timestamp + EXIT_WINDOW_SECONDS);
        s.change = AdapterChange({current: current, readyAt: readyAt, next: next});
        emit IHedgedVault.AdapterChangeProposed(current, next, readyAt);
    }

    /// @notice Drops an announced change.
    function cancel(VaultState storage s) external {
        AdapterChange memory c = s.change;
        if (c.readyAt == 0) revert IHedgedVault.HedgedVault_NotReady(0);
        delete s.change;
        emit IHedgedVault.AdapterChangeCancelled(c.current, c.next);
    }

    /// @notice Makes an announced change once its time came and the old adapter is empty.
    function execute(VaultState storage s, IAdapterRegistry registry) external {
        AdapterChange memory c = s.change;
        if (c.readyAt == 0 || block.timestamp < c.readyAt) revert IHedgedVault.HedgedVault_NotReady(c.readyAt);
        delete s.change;
        uint256 slot = _check(s, registry, c.current, c.next);
        if (c.current == address(s.liquidity)) {
            if (s.liquidity.ranges().length != 0) revert IHedgedVault.HedgedVault_AdapterInUse(c.current);
            s.liquidity = ILiquidity(c.next);
        } else {
            if (c.current != address(0) && !_isGone(c.current)) {
                revert IHedgedVault.HedgedVault_AdapterInUse(c.current);
            }
            s.hedges[slot] = c.next;
            if (c.next == address(0)) _closeUp(s, slot);
        }
        emit IHedgedVault.AdapterChanged(c.current, c.next);
    }

    /// @return slot Place of the hedge in the list; of no meaning for the liquidity.
    function _check(
        VaultState storage s,
        IAdapterRegistry registry,
        address current,
        address next
    ) private view returns (uint256 slot) {
        bool isLiquidity = current == address(s.liquidity);
        if (next == address(0) ? isLiquidity || current == address(0) : _isUsed(s, next)) {
            revert IHedgedVault.HedgedVault_BadAdapter(next);
        }
        AdapterKind kind = isLiquidity ? AdapterKind.Liquidity : AdapterKind.Hedge;
        if (next != address(0) && !registry.isAdapterOf(next, address(this), kind)) {
            revert IHedgedVault.HedgedVault_BadAdapter(next);
        }
        if (isLiquidity) return 0;
        while (slot < MAX_HEDGES && s.hedges[slot] != current) ++slot;
        if (slot == MAX_HEDGES) revert IHedgedVault.HedgedVault_BadAdapter(current);
    }

    /// @dev Empty, or answering nothing any more: a dead venue would keep every valuation from answering for good.
    function _isGone(address hedge) private view returns (bool) {
        try IHedge(hedge).isEmpty() returns (bool empty) {
            return empty;
        } catch {
            return true;
        }
    }

    function _isUsed(VaultState storage s, address adapter) private view returns (bool) {
        for (uint256 i = 0; i < MAX_HEDGES; ++i) if (s.hedges[i] == adapter) return true;
        return adapter == address(s.liquidity);
    }

    function _closeUp(VaultState storage s, uint256 hole) private {
        for (uint256 i = hole; i + 1 < MAX_HEDGES; ++i) s.hedges[i] = s.hedges[i + 1];
        s.hedges[MAX_HEDGES - 1] = address(0);
    }
}
