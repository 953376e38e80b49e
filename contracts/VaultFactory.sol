// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ShortString, ShortStrings} from "@openzeppelin/contracts/utils/ShortStrings.sol";

import {HedgedVault, VaultSetup} from "./HedgedVault.sol";
import {AdapterKind, IAdapterRegistry} from "./interfaces/IAdapterRegistry.sol";
import {ILiquidity} from "./interfaces/ILiquidity.sol";
import {PolicyParams} from "./interfaces/IRiskPolicy.sol";
import {RiskPolicy} from "./RiskPolicy.sol";

/// @notice An adapter to clone for a vault.
/// @param implementation Code of the adapter; the registry must have admitted it.
/// @param args What its clone carries after the vault's address, ABI-encoded as static words.
struct AdapterSpec {
    address implementation;
    bytes args;
}

/// @notice A vault to create.
/// @param authority AccessManager of the vault and its policy, for good.
/// @param volatility Where the policy reads realised volatility.
/// @param depositCapQuote NAV above which deposits are closed.
/// @param feeRecipient Gets the fees; zero when there are none. Rates as in VaultSetup.
/// @param name At most 31 bytes, like the symbol.
struct VaultSpec {
    address authority;
    address base;
    address quote;
    address oracle;
    address volatility;
    AdapterSpec liquidity;
    AdapterSpec[] hedges;
    PolicyParams policy;
    uint88 depositCapQuote;
    address feeRecipient;
    uint16 managementBps;
    uint16 performanceBps;
    string name;
    string symbol;
}

/// @title Creates a vault with its policy and adapters, all of them minimal clones of immutable code, in one call.
/// @dev Venue-neutral: an adapter's clone carries the vault's address followed by whatever its own kind needs.
contract VaultFactory {
    uint8 private constant MIN_DECIMALS = 6;
    uint8 private constant MAX_DECIMALS = 18;

    event VaultCreated(
        address indexed vault,
        address indexed creator,
        address liquidity,
        address policy,
        address[] hedges
    );
    event AdapterCloned(address indexed vault, address indexed implementation, address adapter);

    error VaultFactory_NoCode(address implementation);
    /// @notice The registry has not admitted the implementation as what it is wanted for, or the arguments name another pair or
    /// another venue than the implementation's own.
    error VaultFactory_NotAnAdapter(address implementation, AdapterKind admittedAs, AdapterKind wantedAs);
    error VaultFactory_DecimalsOutOfBounds(address token, uint8 decimals, uint8 min, uint8 max);

    address public immutable vaultImplementation;
    address public immutable policyImplementation;
    IAdapterRegistry public immutable registry;

    constructor(address vaultImplementation_, address policyImplementation_) {
        _requireCode(vaultImplementation_);
        _requireCode(policyImplementation_);
        vaultImplementation = vaultImplementation_;
        policyImplementation = policyImplementation_;
        registry = HedgedVault(vaultImplementation_).registry();
    }

    /// @notice Creates a vault; anyone may. The creator gets no rights: those are the authority's.
    function create(VaultSpec calldata spec) external returns (address vault) {
        _requireCode(spec.authority);
        _requireCode(spec.oracle);
        _requireCode(spec.volatility);
        uint8 baseDecimals = _decimalsOf(spec.base);
        uint8 quoteDecimals = _decimalsOf(spec.quote);

        address policy = Clones.cloneWithImmutableArgs(
            policyImplementation,
            abi.encodePacked(spec.authority, spec.volatility, baseDecimals, quoteDecimals)
        );
        vault = Clones.cloneWithImmutableArgs(
            vaultImplementation,
            abi.encodePacked(
                spec.base,
                spec.quote,
                spec.oracle,
                spec.authority,
                policy,
                baseDecimals,
                quoteDecimals,
                ShortString.unwrap(ShortStrings.toShortString(spec.name)),
                ShortString.unwrap(ShortStrings.toShortString(spec.symbol))
            )
        );
        address liquidity = _cloneAdapter(spec.liquidity, vault, AdapterKind.Liquidity);
        address[] memory hedges = new address[](spec.hedges.length);
        for (uint256 i = 0; i < hedges.length; ++i) {
            hedges[i] = _cloneAdapter(spec.hedges[i], vault, AdapterKind.Hedge);
        }

        emit VaultCreated(vault, msg.sender, liquidity, policy, hedges);
        HedgedVault(vault).initialize(
            VaultSetup({
                liquidity: ILiquidity(liquidity),
                hedges: hedges,
                depositCapQuote: spec.depositCapQuote,
                feeRecipient: spec.feeRecipient,
                managementBps: spec.managementBps,
                performanceBps: spec.performanceBps
            })
        );
        RiskPolicy(policy).initialize(vault, spec.policy);
    }

    /// @notice Clones an admitted adapter for an existing vault, to be proposed there as a replacement. Anyone may.
    function cloneAdapter(
        AdapterSpec calldata spec,
        address vault,
        AdapterKind kind
    ) external returns (address adapter) {
        adapter = _cloneAdapter(spec, vault, kind);
        emit AdapterCloned(vault, spec.implementation, adapter);
    }

    function _cloneAdapter(
        AdapterSpec calldata spec,
        address vault,
        AdapterKind kind
    ) private returns (address adapter) {
        _requireCode(spec.implementation);
        adapter = Clones.cloneWithImmutableArgs(spec.implementation, bytes.concat(abi.encode(vault), spec.args));
        if (!registry.isAdapterOf(adapter, vault, kind)) {
            revert VaultFactory_NotAnAdapter(spec.implementation, registry.kindOf(spec.implementation), kind);
        }
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
