import { AbiCoder, ContractFactory, type ContractTransactionReceipt, type Signer } from "ethers";

import type { ChainlinkOracleConfigStruct } from "../../types/contracts/oracles/ChainlinkOracle.ts";
import type { RealizedVolatilityConfigStruct } from "../../types/contracts/oracles/RealizedVolatility.ts";
import type { AdapterSpecStruct, VaultSpecStruct } from "../../types/contracts/VaultFactory.ts";
import { HedgerowError } from "../errors.ts";
import type { PolicyParams } from "../policy/types.ts";
import { type Artifact, artifacts, factoryContract, registryContract, vaultContract } from "./contracts.ts";

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

/** A pool and a lending market to build a vault on. */
export interface Venues {
  readonly base: string;
  readonly quote: string;
  readonly pool: string;
  readonly token0: string;
  readonly token1: string;
  readonly baseDecimals: number;
  readonly quoteDecimals: number;
  readonly aavePool: string;
  readonly quoteAToken: string;
  readonly baseDebtToken: string;
  readonly baseFeed: string;
  readonly quoteFeed: string;
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

/** Who may do what. The admin may do everything, after its delay. */
export interface Roles {
  readonly admin: string;
  readonly keeper: string;
  readonly guardian: string;
  /** Seconds between scheduling and executing for the admin; 0 on test chains only. */
  readonly adminDelaySeconds: number;
}

/** Fees of a vault; rates in bps, at most 200 a year and 2,000 of gains. */
export interface VaultFees {
  readonly feeRecipient: string;
  readonly managementBps: number;
  readonly performanceBps: number;
}

const NO_FEES: VaultFees = {
  feeRecipient: "0x0000000000000000000000000000000000000000",
  managementBps: 0,
  performanceBps: 0,
};

/** AdapterKind on-chain. */
export const AdapterKind = { liquidity: 1, hedge: 2 } as const;

/** AccessManager role ids. */
export const Role = { admin: 0n, keeper: 1n, guardian: 2n } as const;

const KEEPER_CALLS = ["rebalance"] as const;
/** All of them only reduce risk. */
const GUARDIAN_CALLS = ["pauseDeposits", "pauseKeeper", "startWindDown", "cancelAdapterChange"] as const;

/** Bounds for a volatile base against a dollar quote. */
export const defaultPolicyParams: PolicyParams = {
  maxDeltaBps: 500n,
  maxLossBpsPerDay: 100n,
  maxTurnoverBpsPerDay: 50_000n,
  maxSlippageBps: 100n,
  minRangeTicks: 200n,
  cooldownSeconds: 60n,
  exitDelaySeconds: 86_400n,
  keeperGraceSeconds: 3_600n,
  emergencyDeltaBps: 1_000n,
  healthFloorWad: 1_150_000_000_000_000_000n,
  healthPerVolatilityBps: 1_000n,
};

/** A day of the pool's memory in two-hour parts, or what there is of it down to half an hour. */
export const defaultVolatilitySettings = {
  windowSeconds: 86_400,
  minWindowSeconds: 1_800,
  refreshSeconds: 3_600,
  intervals: 12,
} as const;

/** How far the oracle lets pool, average and peg go; heartbeats as Chainlink publishes them for ETH/USD and USDC/USD. */
export const defaultOracleSettings = {
  baseHeartbeatSeconds: 3_600 + 300,
  quoteHeartbeatSeconds: 86_400 + 600,
  sequencerGraceSeconds: 3_600,
  twapWindowSeconds: 300,
  maxSpotDeviationBps: 100,
  maxTwapDeviationBps: 200,
  maxDepegBps: 100,
  bandBps: 50,
} as const;

/**
 * Deploys the code that all vaults of a chain share, and admits the adapters that ship with it.
 *
 * @returns All addresses. The deployer is the admin of the registry's AccessManager.
 */
export async function deploySystem(deployer: Signer, venues: SystemVenues): Promise<SystemAddresses> {
  const registryAuthority = await deploy(deployer, artifacts.accessManager, [await deployer.getAddress()]);
  const registry = await deploy(deployer, artifacts.adapterRegistry, [registryAuthority]);
  const libraries = {
    AdapterChanges: await deploy(deployer, artifacts.adapterChanges, []),
    Operations: await deploy(deployer, artifacts.operations, []),
    Unwinder: await deploy(deployer, artifacts.unwinder, []),
    Valuation: await deploy(deployer, artifacts.valuation, []),
    VaultFees: await deploy(deployer, artifacts.vaultFees, []),
  };
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
  // Its functions take contracts, which only other contracts can name.
  const GmxV2Valuation = await deploy(deployer, { ...artifacts.gmxV2Valuation, abi: [] }, []);
  return await deploy(deployer, linked(artifacts.gmxV2Hedge, { GmxV2Valuation }), [venue]);
}

/**
 * What a vault's `hedges` need for a short on GMX v2.
 *
 * @param venues The vault's pair; `quoteFeed` must be that of its oracle.
 * @param market GMX market whose index and long token are the base and whose short token is the quote.
 */
export function gmxV2HedgeSpec(implementation: string, venues: Venues, market: string): AdapterSpecStruct {
  const scale = 10n ** BigInt(18 + venues.baseDecimals - venues.quoteDecimals);
  return {
    implementation,
    args: AbiCoder.defaultAbiCoder().encode(
      ["address", "address", "address", "address", "uint256", "uint256"],
      [market, venues.base, venues.quote, venues.quoteFeed, scale, 10n ** BigInt(venues.baseDecimals)],
    ),
  };
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
  const config: ChainlinkOracleConfigStruct = {
    pool: venues.pool,
    base: venues.base,
    baseFeed: venues.baseFeed,
    quoteFeed: venues.quoteFeed,
    sequencerFeed: "0x0000000000000000000000000000000000000000",
    ...defaultOracleSettings,
    ...settings,
  };
  return await deploy(deployer, artifacts.chainlinkOracle, [config]);
}

/** Deploys the measure of a pool's realised volatility. */
export async function deployVolatility(
  deployer: Signer,
  pool: string,
  settings: Partial<RealizedVolatilityConfigStruct> = {},
): Promise<string> {
  return await deploy(deployer, artifacts.realizedVolatility, [{ ...defaultVolatilitySettings, ...settings, pool }]);
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
  options: {
    readonly name: string;
    readonly symbol: string;
    /** NAV above which deposits are closed, in quote units. */
    readonly depositCapQuote: bigint;
    readonly policy?: Partial<PolicyParams>;
    readonly oracle?: Partial<ChainlinkOracleConfigStruct>;
    readonly volatility?: Partial<RealizedVolatilityConfigStruct>;
    /** False: no loan on Aave. Default true. */
    readonly aave?: boolean;
    /** Further hedges, behind the loan on Aave. */
    readonly hedges?: readonly AdapterSpecStruct[];
    readonly fees?: VaultFees;
  },
): Promise<VaultAddresses> {
  const oracle = await deployOracle(deployer, venues, options.oracle);
  const volatility = await deployVolatility(deployer, venues.pool, options.volatility);
  const authority = await deploy(deployer, artifacts.accessManager, [await deployer.getAddress()]);
  const baseIsToken0 = venues.base.toLowerCase() === venues.token0.toLowerCase();
  const scale = 10n ** BigInt(18 + venues.baseDecimals - venues.quoteDecimals);
  const coder = AbiCoder.defaultAbiCoder();
  const spec: VaultSpecStruct = {
    authority,
    base: venues.base,
    quote: venues.quote,
    oracle,
    volatility,
    liquidity: {
      implementation: system.uniswapV3Implementation,
      args: coder.encode(
        ["address", "address", "address", "bool", "uint256"],
        [venues.pool, venues.token0, venues.token1, baseIsToken0, scale],
      ),
    },
    hedges: [
      ...(options.aave === false
        ? []
        : [
            {
              implementation: system.aaveV3Implementation,
              args: coder.encode(
                ["address", "address", "address", "address", "address", "uint256"],
                [venues.aavePool, venues.base, venues.quote, venues.quoteAToken, venues.baseDebtToken, scale],
              ),
            },
          ]),
      ...(options.hedges ?? []),
    ],
    policy: { ...defaultPolicyParams, ...options.policy },
    depositCapQuote: options.depositCapQuote,
    ...(options.fees ?? NO_FEES),
    name: options.name,
    symbol: options.symbol,
  };
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
  const manager = new ContractFactory(artifacts.accessManager.abi, artifacts.accessManager.bytecode, deployer).attach(
    addresses.authority,
  ) as unknown as AccessManagerCalls;
  const vault = vaultContract(addresses.vault, deployer).interface;
  const selectors = (names: readonly (typeof KEEPER_CALLS | typeof GUARDIAN_CALLS)[number][]): string[] =>
    names.map((name) => vault.getFunction(name).selector);
  const self = await deployer.getAddress();

  await sent(manager.setTargetFunctionRole(addresses.vault, selectors(KEEPER_CALLS), Role.keeper));
  await sent(manager.setTargetFunctionRole(addresses.vault, selectors(GUARDIAN_CALLS), Role.guardian));
  await sent(manager.grantRole(Role.keeper, roles.keeper, 0));
  await sent(manager.grantRole(Role.guardian, roles.guardian, 0));
  await sent(manager.grantRole(Role.admin, roles.admin, roles.adminDelaySeconds));
  if (self.toLowerCase() !== roles.admin.toLowerCase()) await sent(manager.renounceRole(Role.admin, self));
}

interface AccessManagerCalls {
  setTargetFunctionRole(target: string, selectors: string[], role: bigint): Promise<SentTransaction>;
  grantRole(role: bigint, account: string, delaySeconds: number): Promise<SentTransaction>;
  renounceRole(role: bigint, account: string): Promise<SentTransaction>;
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
