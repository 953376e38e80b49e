import { Contract, type ContractRunner, type ContractTransactionResponse, Interface, type InterfaceAbi } from "ethers";

import adapterChanges from "../../artifacts/contracts/vault/AdapterChanges.sol/AdapterChanges.json" with { type: "json" };
import adapterRegistry from "../../artifacts/contracts/AdapterRegistry.sol/AdapterRegistry.json" with { type: "json" };
import aaveV3Hedge from "../../artifacts/contracts/hedges/AaveV3Hedge.sol/AaveV3Hedge.json" with { type: "json" };
import gmxV2Hedge from "../../artifacts/contracts/hedges/GmxV2Hedge.sol/GmxV2Hedge.json" with { type: "json" };
import gmxV2Valuation from "../../artifacts/contracts/hedges/gmx/GmxV2Valuation.sol/GmxV2Valuation.json" with { type: "json" };
import chainlinkOracle from "../../artifacts/contracts/oracles/ChainlinkOracle.sol/ChainlinkOracle.json" with { type: "json" };
import hedgedVault from "../../artifacts/contracts/HedgedVault.sol/HedgedVault.json" with { type: "json" };
import operations from "../../artifacts/contracts/vault/Operations.sol/Operations.json" with { type: "json" };
import realizedVolatility from "../../artifacts/contracts/oracles/RealizedVolatility.sol/RealizedVolatility.json" with { type: "json" };
import riskPolicy from "../../artifacts/contracts/RiskPolicy.sol/RiskPolicy.json" with { type: "json" };
import uniswapV3Liquidity from "../../artifacts/contracts/liquidity/UniswapV3Liquidity.sol/UniswapV3Liquidity.json" with { type: "json" };
import unwinder from "../../artifacts/contracts/vault/Unwinder.sol/Unwinder.json" with { type: "json" };
import valuation from "../../artifacts/contracts/vault/Valuation.sol/Valuation.json" with { type: "json" };
import vaultFactory from "../../artifacts/contracts/VaultFactory.sol/VaultFactory.json" with { type: "json" };
import vaultFees from "../../artifacts/contracts/vault/VaultFees.sol/VaultFees.json" with { type: "json" };
import vaultLens from "../../artifacts/contracts/lens/VaultLens.sol/VaultLens.json" with { type: "json" };
import erc20 from "@openzeppelin/contracts/build/contracts/IERC20Metadata.json" with { type: "json" };
import accessManager from "@openzeppelin/contracts/build/contracts/AccessManager.json" with { type: "json" };
import type { AdapterRegistry } from "../../types/contracts/AdapterRegistry.ts";
import type { HedgedVault } from "../../types/contracts/HedgedVault.ts";
import type { AaveV3Hedge } from "../../types/contracts/hedges/AaveV3Hedge.ts";
import type { GmxV2Hedge } from "../../types/contracts/hedges/GmxV2Hedge.sol/GmxV2Hedge.ts";
import type { VaultLens } from "../../types/contracts/lens/VaultLens.ts";
import type { UniswapV3Liquidity } from "../../types/contracts/liquidity/UniswapV3Liquidity.ts";
import type { ChainlinkOracle } from "../../types/contracts/oracles/ChainlinkOracle.ts";
import type { RealizedVolatility } from "../../types/contracts/oracles/RealizedVolatility.ts";
import type { RiskPolicy } from "../../types/contracts/RiskPolicy.ts";
import type { VaultFactory } from "../../types/contracts/VaultFactory.ts";

/** ABI and creation code of a contract, as the compiler or a package delivers it. */
export interface Artifact {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
  /** Where the addresses of libraries go: source file -> library -> places, in bytes. */
  readonly linkReferences?: Readonly<Record<string, LinkPlaces>>;
}

type LinkPlaces = Readonly<Record<string, readonly { readonly start: number; readonly length: number }[]>>;

/** Every contract of the project that is deployed, and the role manager that comes from OpenZeppelin. */
export const artifacts = {
  aaveV3Hedge,
  accessManager,
  adapterChanges,
  adapterRegistry,
  chainlinkOracle,
  gmxV2Hedge,
  gmxV2Valuation,
  hedgedVault,
  operations,
  realizedVolatility,
  riskPolicy,
  uniswapV3Liquidity,
  unwinder,
  valuation,
  vaultFactory,
  vaultFees,
  vaultLens,
} satisfies Record<string, Artifact>;

/** Libraries that the vault is linked with, by the name in its source. */
export const vaultLibraries = {
  AdapterChanges: adapterChanges,
  Operations: operations,
  Unwinder: unwinder,
  Valuation: valuation,
  VaultFees: vaultFees,
} satisfies Record<string, Artifact>;

/** Library of the hedge on GMX v2, to be deployed only: its functions take contracts, which only other contracts can name. */
export const gmxV2Library = { ...gmxV2Valuation, abi: [] } satisfies Artifact;

export const vaultInterface = new Interface(hedgedVault.abi);

/** Parsed once: a keeper reads through the lens at every block. */
export const lensInterface = new Interface(vaultLens.abi) as unknown as VaultLens["interface"];

export const aaveHedgeInterface = new Interface(aaveV3Hedge.abi);

export const gmxHedgeInterface = new Interface(gmxV2Hedge.abi);

/** Knows every custom error of the project: for turning revert data into names. */
export const errorInterfaces: readonly Interface[] = [
  vaultInterface,
  new Interface(riskPolicy.abi),
  new Interface(uniswapV3Liquidity.abi),
  aaveHedgeInterface,
  gmxHedgeInterface,
  new Interface(chainlinkOracle.abi),
  new Interface(vaultFactory.abi),
  new Interface(adapterRegistry.abi),
  new Interface(realizedVolatility.abi),
  new Interface(accessManager.abi),
];

export function vaultContract(address: string, runner: ContractRunner): HedgedVault {
  return new Contract(address, hedgedVault.abi, runner) as unknown as HedgedVault;
}

export function lensContract(address: string, runner: ContractRunner): VaultLens {
  return new Contract(address, vaultLens.abi, runner) as unknown as VaultLens;
}

export function policyContract(address: string, runner: ContractRunner): RiskPolicy {
  return new Contract(address, riskPolicy.abi, runner) as unknown as RiskPolicy;
}

export function liquidityContract(address: string, runner: ContractRunner): UniswapV3Liquidity {
  return new Contract(address, uniswapV3Liquidity.abi, runner) as unknown as UniswapV3Liquidity;
}

export function aaveHedgeContract(address: string, runner: ContractRunner): AaveV3Hedge {
  return new Contract(address, aaveV3Hedge.abi, runner) as unknown as AaveV3Hedge;
}

export function gmxHedgeContract(address: string, runner: ContractRunner): GmxV2Hedge {
  return new Contract(address, gmxV2Hedge.abi, runner) as unknown as GmxV2Hedge;
}

export function oracleContract(address: string, runner: ContractRunner): ChainlinkOracle {
  return new Contract(address, chainlinkOracle.abi, runner) as unknown as ChainlinkOracle;
}

export function factoryContract(address: string, runner: ContractRunner): VaultFactory {
  return new Contract(address, vaultFactory.abi, runner) as unknown as VaultFactory;
}

export function registryContract(address: string, runner: ContractRunner): AdapterRegistry {
  return new Contract(address, adapterRegistry.abi, runner) as unknown as AdapterRegistry;
}

export function volatilityContract(address: string, runner: ContractRunner): RealizedVolatility {
  return new Contract(address, realizedVolatility.abi, runner) as unknown as RealizedVolatility;
}

/** Calls of an AccessManager that a deployment makes, and reads of who may do what. */
export interface AccessManager {
  setTargetFunctionRole(
    target: string,
    selectors: readonly string[],
    role: bigint,
  ): Promise<ContractTransactionResponse>;
  grantRole(role: bigint, account: string, delaySeconds: number): Promise<ContractTransactionResponse>;
  renounceRole(role: bigint, account: string): Promise<ContractTransactionResponse>;
  getTargetFunctionRole(target: string, selector: string): Promise<bigint>;
  hasRole(role: bigint, account: string): Promise<[isMember: boolean, executionDelaySeconds: bigint]>;
}

/** The role manager of a vault, of the registry, or any other AccessManager. */
export function managerContract(address: string, runner: ContractRunner): AccessManager {
  return new Contract(address, accessManager.abi, runner) as unknown as AccessManager;
}

/** Plain token calls that the project makes on base and quote. */
export interface Erc20 {
  balanceOf(owner: string): Promise<bigint>;
  allowance(owner: string, spender: string): Promise<bigint>;
  decimals(): Promise<bigint>;
  symbol(): Promise<string>;
}

/** Reads of a token; writes go through `erc20Interface` and a signer. */
export function erc20Contract(address: string, runner: ContractRunner): Contract & Erc20 {
  return new Contract(address, erc20.abi, runner) as Contract & Erc20;
}

export const erc20Interface = new Interface(erc20.abi);
