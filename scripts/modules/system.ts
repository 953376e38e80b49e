import { buildModule } from "@nomicfoundation/ignition-core";
import type {
  ContractDeploymentFuture,
  Future,
  IgnitionModule,
  IgnitionModuleResult,
} from "@nomicfoundation/ignition-core";

import { artifacts, gmxV2Library, vaultLibraries } from "../../sdk/chain/contracts.ts";
import type { SystemVenues } from "../../sdk/chain/deployment.ts";
import { planHandover, type Roles } from "../../sdk/chain/roles.ts";
import { AdapterKind } from "../../sdk/chain/vaultSpec.ts";
import { addContract, addLibrary, addRoleCalls } from "./parts.ts";

/**
 * The deployment of the code that all vaults of a chain share: registry and its role manager, libraries, implementations,
 * factory and lens. The adapters are admitted, then the registry goes to the admin. Results are named as in SystemAddresses.
 *
 * @param deployer Account that sends everything; it keeps no power unless it is the admin.
 */
export function buildSystemModule(
  venues: SystemVenues,
  admin: Pick<Roles, "admin" | "adminDelaySeconds">,
  deployer: string,
): IgnitionModule<string, string, IgnitionModuleResult<string>> {
  return buildModule("HedgerowSystem", (m) => {
    const registryAuthority = addContract(m, "registryAuthority", artifacts.accessManager, [deployer]);
    const registry = addContract(m, "registry", artifacts.adapterRegistry, [registryAuthority]);
    const libraries = Object.fromEntries(
      Object.entries(vaultLibraries).map(([name, artifact]) => [name, addLibrary(m, artifact)]),
    );
    const vaultImplementation = addContract(m, "vaultImplementation", artifacts.hedgedVault, [registry], libraries);
    const policyImplementation = addContract(m, "policyImplementation", artifacts.riskPolicy);
    const factory = addContract(m, "factory", artifacts.vaultFactory, [vaultImplementation, policyImplementation]);
    const lens = addContract(m, "lens", artifacts.vaultLens);

    const admissions: Future[] = [];
    const admit = (id: string, implementation: ContractDeploymentFuture, kind: number): ContractDeploymentFuture => {
      admissions.push(m.call(registry, "admit", [implementation, kind], { id: `admit_${id}` }));
      return implementation;
    };
    const uniswapV3 = addContract(m, "uniswapV3Implementation", artifacts.uniswapV3Liquidity, [
      venues.uniswapV3Factory,
    ]);
    const aaveV3 = addContract(m, "aaveV3Implementation", artifacts.aaveV3Hedge, [venues.aavePool]);
    const uniswapV3Implementation = admit("uniswapV3", uniswapV3, AdapterKind.liquidity);
    const aaveV3Implementation = admit("aaveV3", aaveV3, AdapterKind.hedge);
    let gmxV2Implementation: ContractDeploymentFuture | undefined;
    if (venues.gmxV2 !== undefined) {
      const { exchangeRouter, reader, dataStore, orderVault, referralStorage } = venues.gmxV2;
      const venue = { exchangeRouter, reader, dataStore, orderVault, referralStorage };
      const GmxV2Valuation = addLibrary(m, gmxV2Library);
      const gmxV2 = addContract(m, "gmxV2Implementation", artifacts.gmxV2Hedge, [venue], { GmxV2Valuation });
      gmxV2Implementation = admit("gmxV2", gmxV2, AdapterKind.hedge);
    }
    addRoleCalls(m, registryAuthority, planHandover(admin, deployer), admissions);
    return {
      registry,
      registryAuthority,
      vaultImplementation,
      policyImplementation,
      uniswapV3Implementation,
      aaveV3Implementation,
      ...(gmxV2Implementation === undefined ? {} : { gmxV2Implementation }),
      factory,
      lens,
    };
  });
}
