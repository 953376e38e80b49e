import { ContractFactory, type ContractTransactionReceipt, type Signer } from "ethers";

import type { ChainlinkOracleConfigStruct } from "../../types/contracts/oracles/ChainlinkOracle.ts";
import type { RealizedVolatilityConfigStruct } from "../../types/contracts/oracles/RealizedVolatility.ts";
import { HedgerowError } from "../errors.ts";
import {
  type Artifact,
  artifacts,
  factoryContract,
  gmxV2Library,
  managerContract,
  registryContract,
  vaultLibraries,
} from "./contracts.ts";
import { planRoles, type Roles } from "./roles.ts";
import {
  AdapterKind,
  buildVaultSpec,
  oracleConfigOf,
  type VaultOptions,
  type Venues,
  volatilityConfigOf,
} from "./vaultSpec.ts";

/** A step of a deployment did not do what it should have. */
export class DeploymentError extends HedgerowError {}

/** Code that every vault of a chain shares. */
export interface SystemAddresses {
  readonly factory: string;
  readonly lens: string;
  /** Says which adapters vaults may be made of, and who may change that. */
  readonly registry: string;
  readonly registryAuthority: string;
  readonly vaultImplementation: string;
  readonly policyImplementation: string;
  readonly uniswapV3Implementation: string;
  readonly aaveV3Implementation: string;
  /** Absent where GMX is not. */
  readonly gmxV2Implementation?: string;
}

/** One vault and everything that belongs to it alone. */
export interface VaultAddresses {
  readonly vault: string;
  readonly oracle: string;
  readonly volatility: string;
  readonly authority: string;
  readonly liquidity: string;
  readonly policy: string;
  readonly hedges: readonly string[];
}

/** Deployments that the adapters' code is bound to: no clone can be pointed at another one. */
export interface SystemVenues {
  readonly uniswapV3Factory: string;
  readonly aavePool: string;
  readonly gmxV2?: GmxV2Venue;
}

/** A deployment of GMX v2. */
export interface GmxV2Venue {
  readonly exchangeRouter: string;
  readonly reader: string;
  readonly dataStore: string;
  readonly orderVault: string;
  readonly referralStorage: string;
}

/**
 * Deploys the code that all vaults of a chain share, and admits the adapters that ship with it.
 *
 * @returns All addresses. The deployer is the admin of the registry's AccessManager.
 */
export async function deploySystem(deployer: Signer, venues: SystemVenues): Promise<SystemAddresses> {
  const registryAuthority = await deploy(deployer, artifacts.accessManager, [await deployer.getAddress()]);
  const registry = await deploy(deployer, artifacts.adapterRegistry, [registryAuthority]);
  const libraries: Record<string, string> = {};
  for (const [name, artifact] of Object.entries(vaultLibraries)) libraries[name] = await deploy(deployer, artifact, []);
  const vaultImplementation = await deploy(deployer, linked(artifacts.hedgedVault, libraries), [registry]);
  const policyImplementation = await deploy(deployer, artifacts.riskPolicy, []);
  const uniswapV3Implementation = await deploy(deployer, artifacts.uniswapV3Liquidity, [venues.uniswapV3Factory]);
  const aaveV3Implementation = await deploy(deployer, artifacts.aaveV3Hedge, [venues.aavePool]);
  const admit = registryContract(registry, deployer);
  await sent(admit.admit(uniswapV3Implementation, AdapterKind.liquidity));
  await sent(admit.admit(aaveV3Implementation, AdapterKind.hedge));
  const { gmxV2 } = venues;
  let gmxV2Implementation: string | undefined;
  if (gmxV2 !== undefined) {
    gmxV2Implementation = await deployGmxV2Hedge(deployer, gmxV2);
    await sent(admit.admit(gmxV2Implementation, AdapterKind.hedge));
  }
  return {
    ...(gmxV2Implementation === undefined ? {} : { gmxV2Implementation }),
    registry,
    registryAuthority,
    vaultImplementation,
    policyImplementation,
    uniswapV3Implementation,
    aaveV3Implementation,
    factory: await deploy(deployer, artifacts.vaultFactory, [vaultImplementation, policyImplementation]),
    lens: await deploy(deployer, artifacts.vaultLens, []),
  };
}

/** Deploys the code of the hedge on GMX v2 for one deployment of the venue, with its library. */
export async function deployGmxV2Hedge(deployer: Signer, venue: GmxV2Venue): Promise<string> {
  const GmxV2Valuation = await deploy(deployer, gmxV2Library, []);
  return await deploy(deployer, linked(artifacts.gmxV2Hedge, { GmxV2Valuation }), [venue]);
}

/** The artifact with the addresses of its libraries in it. Throws DeploymentError when one is missing. */
export function linked(artifact: Artifact, libraries: Readonly<Record<string, string>>): Artifact {
  let { bytecode } = artifact;
  for (const places of Object.values(artifact.linkReferences ?? {})) {
    for (const [name, positions] of Object.entries(places)) {
      const address = libraries[name];
      if (address === undefined) throw new DeploymentError(`No address was given for the library ${name}.`);
      for (const { start, length } of positions) {
        const at = 2 + 2 * start;
        bytecode = bytecode.slice(0, at) + address.slice(2).toLowerCase() + bytecode.slice(at + 2 * length);
      }
    }
  }
  return { ...artifact, bytecode };
}

/** Deploys an oracle for a pool and its feeds. */
export async function deployOracle(
  deployer: Signer,
  venues: Venues,
  settings: Partial<ChainlinkOracleConfigStruct> = {},
): Promise<string> {
  return await deploy(deployer, artifacts.chainlinkOracle, [oracleConfigOf(venues, settings)]);
}

/** Deploys the measure of a pool's realised volatility. */
export async function deployVolatility(
  deployer: Signer,
  pool: string,
  settings: Partial<RealizedVolatilityConfigStruct> = {},
): Promise<string> {
  return await deploy(deployer, artifacts.realizedVolatility, [volatilityConfigOf(pool, settings)]);
}

/**
 * Deploys a vault with its oracle, policy, adapters and role manager, and hands the roles out.
 *
 * @returns All addresses. The deployer keeps no role unless it is one of `roles`.
 */
export async function deployVault(
  deployer: Signer,
  system: SystemAddresses,
  venues: Venues,
  roles: Roles,
  options: VaultOptions,
): Promise<VaultAddresses> {
  const oracle = await deployOracle(deployer, venues, options.oracle);
  const volatility = await deployVolatility(deployer, venues.pool, options.volatility);
  const authority = await deploy(deployer, artifacts.accessManager, [await deployer.getAddress()]);
  const spec = buildVaultSpec(system, venues, { authority, oracle, volatility }, options);
  const receipt = await confirmed((await factoryContract(system.factory, deployer).create(spec)).wait());
  const created = receipt.logs
    .map((log) => factoryContract(system.factory, deployer).interface.parseLog(log))
    .find((log) => log?.name === "VaultCreated");
  if (!created) throw new DeploymentError(`Transaction ${receipt.hash} created no vault.`);
  const addresses: VaultAddresses = {
    vault: String(created.args["vault"]),
    oracle,
    volatility,
    authority,
    liquidity: String(created.args["liquidity"]),
    policy: String(created.args["policy"]),
    hedges: [...(created.args["hedges"] as readonly string[])],
  };
  await wireRoles(deployer, addresses, roles);
  return addresses;
}

/** Gives keeper and guardian their functions and the admin everything else, then drops the deployer's own power. */
async function wireRoles(deployer: Signer, addresses: VaultAddresses, roles: Roles): Promise<void> {
  const manager = managerContract(addresses.authority, deployer);
  for (const call of planRoles(addresses.vault, roles, await deployer.getAddress())) {
    switch (call.method) {
      case "setTargetFunctionRole":
        await sent(manager.setTargetFunctionRole(...call.args));
        break;
      case "grantRole":
        await sent(manager.grantRole(...call.args));
        break;
      case "renounceRole":
        await sent(manager.renounceRole(...call.args));
        break;
    }
  }
}

interface SentTransaction {
  wait(): Promise<ContractTransactionReceipt | null>;
}

async function sent(transaction: Promise<SentTransaction>): Promise<void> {
  await confirmed((await transaction).wait());
}

async function confirmed(receipt: Promise<ContractTransactionReceipt | null>): Promise<ContractTransactionReceipt> {
  const mined = await receipt;
  if (mined?.status !== 1) throw new DeploymentError(`Transaction ${mined?.hash ?? "?"} failed.`);
  return mined;
}

async function deploy(deployer: Signer, artifact: Artifact, args: readonly unknown[]): Promise<string> {
  const contract = await new ContractFactory(artifact.abi, artifact.bytecode, deployer).deploy(...args);
  await contract.waitForDeployment();
  return await contract.getAddress();
}
