// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {HedgedVault, HedgedVaultArgs} from "./HedgedVault.sol";
import {ILiquidity} from "./interfaces/ILiquidity.sol";
import {IRiskPolicy, PolicyParams} from "./interfaces/IRiskPolicy.sol";
import {PriceMath} from "./libraries/PriceMath.sol";
import {RiskPolicy} from "./RiskPolicy.sol";

/// @notice An adapter to clone for a vault.
/// @param implementation Code of the adapter.
/// @param args What its clone carries after the vault's address, ABI-encoded as static words.
struct AdapterSpec {
    address implementation;
    bytes args;
}

/// @notice A vault to create.
/// @param authority AccessManager of the vault and its policy.
/// @param depositCapQuote NAV above which deposits are closed.
struct VaultSpec {
    address authority;
    address base;
    address quote;
    address oracle;
    AdapterSpec liquidity;
    AdapterSpec[] hedges;
    PolicyParams policy;
    uint88 depositCapQuote;
    string name;
    string symbol;
}

/// @title Creates a vault with its policy and adapters, all of them minimal clones of immutable code, in one call.
/// @dev Venue-neutral: an adapter's clone carries the vault's address followed by whatever its own kind needs.
contract VaultFactory {
    /// @dev Shares have this many decimals more than the quote: the virtual-share offset of the vault.
    uint8 private constant SHARE_DECIMALS_OFFSET = 6;
    uint8 private constant MIN_DECIMALS = 6;
    uint8 private constant MAX_DECIMALS = 18;

    event VaultCreated(
        address indexed vault,
        address indexed creator,
        address liquidity,
        address policy,
        address[] hedges
    );

    error VaultFactory_NoCode(address implementation);
    error VaultFactory_DecimalsOutOfBounds(address token, uint8 decimals, uint8 min, uint8 max);

    address public immutable vaultImplementation;
    address public immutable policyImplementation;

    constructor(address vaultImplementation_, address policyImplementation_) {
        _requireCode(vaultImplementation_);
        _requireCode(policyImplementation_);
        vaultImplementation = vaultImplementation_;
        policyImplementation = policyImplementation_;
    }

    /// @notice Creates a vault; anyone may. The creator gets no rights: those are the authority's.
    function create(VaultSpec calldata spec) external returns (address vault) {
        uint8 baseDecimals = _decimalsOf(spec.base);
        uint8 quoteDecimals = _decimalsOf(spec.quote);
        uint256 scale = PriceMath.scaleOf(baseDecimals, quoteDecimals);
        _requireCode(spec.authority);
        _requireCode(spec.oracle);

        vault = Clones.cloneWithImmutableArgs(
            vaultImplementation,
            abi.encode(
                HedgedVaultArgs({
                    base: spec.base,
                    quote: spec.quote,
                    oracle: spec.oracle,
                    scale: scale,
                    shareDecimals: quoteDecimals + SHARE_DECIMALS_OFFSET
                })
            )
        );
        address liquidity = _cloneAdapter(spec.liquidity, vault);
        address[] memory hedges = new address[](spec.hedges.length);
        for (uint256 i = 0; i < hedges.length; ++i) hedges[i] = _cloneAdapter(spec.hedges[i], vault);
        address policy = Clones.clone(policyImplementation);

        emit VaultCreated(vault, msg.sender, liquidity, policy, hedges);
        RiskPolicy(policy).initialize(vault, spec.authority, scale, spec.policy);
        HedgedVault(vault).initialize(
            spec.authority,
            ILiquidity(liquidity),
            IRiskPolicy(policy),
            hedges,
            spec.depositCapQuote,
            spec.name,
            spec.symbol
        );
    }

    function _cloneAdapter(AdapterSpec calldata spec, address vault) private returns (address) {
        _requireCode(spec.implementation);
        return Clones.cloneWithImmutableArgs(spec.implementation, bytes.concat(abi.encode(vault), spec.args));
    }

    function _decimalsOf(address token) private view returns (uint8 decimals) {
        decimals = IERC20Metadata(token).decimals();
        if (decimals < MIN_DECIMALS || decimals > MAX_DECIMALS) {
            revert VaultFactory_DecimalsOutOfBounds(token, decimals, MIN_DECIMALS, MAX_DECIMALS);
        }
    }

    function _requireCode(address implementation) private view {
        if (implementation.code.length == 0) revert VaultFactory_NoCode(implementation);
    }
}
