// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {GmxV2SimulatorDataStore} from "./GmxV2SimulatorDataStore.sol";
import {GmxV2SimulatorKeys as K} from "./GmxV2SimulatorKeys.sol";
import {GmxV2SimulatorRoleStore} from "./GmxV2SimulatorRoleStore.sol";
import {GmxV2SimulatorRoles} from "./GmxV2SimulatorRoles.sol";

/// @notice What a keeper of GMX delivers with an order: for each token a provider and what that provider reads.
struct GmxV2SetPricesParams {
    address[] tokens;
    address[] providers;
    bytes[] data;
}

/// @notice A provider's answer: USD a token unit with 30 decimals, and the time that it is of.
struct GmxV2ValidatedPrice {
    address token;
    uint256 min;
    uint256 max;
    uint256 timestamp;
    address provider;
}

/// @notice What GMX's oracle asks a provider.
interface IGmxV2OracleProvider {
    function getOraclePrice(address token, bytes memory data) external returns (GmxV2ValidatedPrice memory);

    function shouldAdjustTimestamp() external pure returns (bool);

    function isChainlinkOnChainProvider() external pure returns (bool);
}

/// @title Prices that the simulated GMX executes at: delivered with an order by the token's provider, as at the venue, or else
/// set by a script. Unlike the venue's it knows no ages, adjustments and reference prices. LOCAL ONLY.
contract GmxV2SimulatorOracle is GmxV2SimulatorRoles {
    error EmptyPrimaryPrice(address token);
    error InvalidOracleProvider(address provider);
    error InvalidOracleProviderForToken(address provider, address expectedProvider);
    error InvalidOracleSetPricesDataParam(uint256 tokensLength, uint256 dataLength);
    error InvalidOracleSetPricesProvidersParam(uint256 tokensLength, uint256 providersLength);

    struct Quote {
        uint256 min;
        uint256 max;
    }

    GmxV2SimulatorDataStore public immutable dataStore;

    mapping(address token => Quote) private _scripted;
    uint256 private _scriptedAt;
    mapping(address token => Quote) private _delivered;
    uint256 private _deliveredAt;
    address[] private _deliveredTokens;

    constructor(
        GmxV2SimulatorRoleStore roleStore_,
        GmxV2SimulatorDataStore dataStore_
    ) GmxV2SimulatorRoles(roleStore_) {
        dataStore = dataStore_;
    }

    /// @notice USD a token unit, 30 decimals. Zero: the oracle is off.
    function setPrice(address token, uint256 min, uint256 max) external onlyRole("ORDER_KEEPER") {
        _scripted[token] = Quote(min, max);
        _scriptedAt = block.timestamp;
    }

    /// @notice Prices for one order, from the provider that is enabled and set for each token. The oldest one dates them.
    function setPrices(GmxV2SetPricesParams calldata p) external onlyRole("CONTROLLER") {
        uint256 count = p.tokens.length;
        if (count != p.providers.length) revert InvalidOracleSetPricesProvidersParam(count, p.providers.length);
        if (count != p.data.length) revert InvalidOracleSetPricesDataParam(count, p.data.length);
        for (uint256 i = 0; i < count; ++i) {
            (address token, address provider) = (p.tokens[i], p.providers[i]);
            if (!dataStore.getBool(K.of1("IS_ORACLE_PROVIDER_ENABLED", provider))) {
                revert InvalidOracleProvider(provider);
            }
            address expected = dataStore.getAddress(K.ofToken("ORACLE_PROVIDER_FOR_TOKEN", address(this), token));
            if (provider != expected) revert InvalidOracleProviderForToken(provider, expected);
            GmxV2ValidatedPrice memory found = IGmxV2OracleProvider(provider).getOraclePrice(token, p.data[i]);
            _delivered[token] = Quote(found.min, found.max);
            _deliveredTokens.push(token);
            if (i == 0 || found.timestamp < _deliveredAt) _deliveredAt = found.timestamp;
        }
    }

    /// @notice Forgets what was delivered.
    function clearAllPrices() external onlyRole("CONTROLLER") {
        for (uint256 i = 0; i < _deliveredTokens.length; ++i) delete _delivered[_deliveredTokens[i]];
        delete _deliveredTokens;
        _deliveredAt = 0;
    }

    function price(address token) external view returns (uint256 min, uint256 max) {
        Quote memory q = _deliveredAt == 0 ? _scripted[token] : _delivered[token];
        if (q.min == 0) revert EmptyPrimaryPrice(token);
        return (q.min, q.max);
    }

    function timestamp() external view returns (uint256) {
        return _deliveredAt == 0 ? _scriptedAt : _deliveredAt;
    }
}
