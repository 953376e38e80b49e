// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IERC7540Operator, IERC7540Redeem} from "../../../contracts/interfaces/IERC7540Redeem.sol";
import {IERC7887Redeem} from "../../../contracts/interfaces/IERC7887Redeem.sol";
import {AdapterKind} from "../../../contracts/interfaces/IAdapterRegistry.sol";
import {IHedgedVault} from "../../../contracts/interfaces/IHedgedVault.sol";
import {IPriceOracle} from "../../../contracts/interfaces/IPriceOracle.sol";
import {IRiskPolicy, PolicyParams} from "../../../contracts/interfaces/IRiskPolicy.sol";
import {IVaultTill} from "../../../contracts/interfaces/IVaultTill.sol";
import {RedemptionRequest} from "../../../contracts/vault/RedemptionQueue.sol";
import {FeeLedgerState, FeeTerms} from "../../../contracts/vault/VaultState.sol";

// The production contracts as the suites see them. The suites deploy the production artifacts and so never compile the
// contracts again, which would take longer than a short campaign.

/// @notice contracts/HedgedVault.sol.
interface IVault is IHedgedVault, IVaultTill, IERC7540Operator, IERC7540Redeem, IERC7887Redeem, IERC20 {
    function deposit(uint256 assets, address receiver) external returns (uint256 shares);

    function mint(uint256 shares, address receiver) external returns (uint256 assets);

    function redeem(uint256 shares, address receiver, address controller) external returns (uint256 assets);

    function withdraw(uint256 assets, address receiver, address controller) external returns (uint256 shares);

    function maxRedeem(address controller) external view returns (uint256);

    function maxWithdraw(address controller) external view returns (uint256);

    function requestOf(uint256 requestId) external view returns (RedemptionRequest memory);

    function queueHead() external view returns (uint256);

    function queueTail() external view returns (uint256);

    function headSettledShares() external view returns (uint128);

    function feeTerms() external view returns (FeeTerms memory);

    function feeLedger() external view returns (FeeLedgerState memory);

    function idle() external view returns (uint256 base, uint256 quote);

    function reservedQuote() external view returns (uint256);

    function epoch() external view returns (uint64);

    function policy() external view returns (IRiskPolicy);

    function windDown() external view returns (bool);

    function pauseDeposits() external;

    function resumeDeposits() external;

    function pauseKeeper() external;

    function resumeKeeper() external;

    function applyFees() external;

    function setFees(address recipient, uint256 managementBps, uint256 performanceBps) external;

    function startWindDown() external;

    function clearDegraded() external;
}

/// @notice contracts/RiskPolicy.sol.
interface IPolicy is IRiskPolicy {
    function initialize(address vault, PolicyParams calldata params) external;
}

/// @notice contracts/AdapterRegistry.sol.
interface IRegistry {
    function admit(address implementation, AdapterKind kind) external;
}

/// @notice contracts/oracles/ChainlinkOracle.sol.
interface IOracle is IPriceOracle {
    function twapWindowSeconds() external view returns (uint32);
}

/// @notice contracts/VaultFactory.sol, with its structs.
interface IVaultFactory {
    struct AdapterSpec {
        address implementation;
        bytes args;
    }

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

    function create(VaultSpec calldata spec) external returns (address vault);
}
