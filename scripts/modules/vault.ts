import { buildModule } from "@nomicfoundation/ignition-core";
import type { ArgumentType, IgnitionModule, IgnitionModuleResult } from "@nomicfoundation/ignition-core";

import { artifacts } from "../../sdk/chain/contracts.ts";
import type { SystemAddresses } from "../../sdk/chain/deployment.ts";
import { planRoles, type Roles } from "../../sdk/chain/roles.ts";
import {
  buildVaultSpec,
  oracleConfigOf,
  type VaultOptions,
  type Venues,
  volatilityConfigOf,
} from "../../sdk/chain/vaultSpec.ts";
import { addContract, addRoleCalls } from "./parts.ts";

/**
 * The deployment of one vault: its oracle, volatility and role manager, the clones that the factory makes, and the hand-over
 * of the roles. Results are named as in VaultAddresses, but for the hedges, which are in the factory's event.
 *
 * @param system Deployed before, see buildSystemModule.
 * @param deployer Account that sends everything; it keeps no power unless it is the admin.
 */
export function buildVaultModule(
  system: SystemAddresses,
  venues: Venues,
  roles: Roles,
  options: VaultOptions,
  deployer: string,
): IgnitionModule<string, string, IgnitionModuleResult<string>> {
  return buildModule("HedgerowVault", (m) => {
    const oracle = addContract(m, "oracle", artifacts.chainlinkOracle, [oracleConfigOf(venues, options.oracle)]);
    const volatility = addContract(m, "volatility", artifacts.realizedVolatility, [
      volatilityConfigOf(venues.pool, options.volatility),
    ]);
    const authority = addContract(m, "authority", artifacts.accessManager, [deployer]);
    const factory = m.contractAt("VaultFactory", artifacts.vaultFactory as never, system.factory, { id: "factory" });
    const spec = buildVaultSpec(system, venues, { authority, oracle, volatility }, options);
    const create = m.call(factory as never, "create", [spec as unknown as ArgumentType], { id: "create" });
    const created = (name: string): ReturnType<typeof m.readEventArgument> =>
      m.readEventArgument(create, "VaultCreated", name, { emitter: factory, id: `created_${name}` });
    const address = created("vault");
    const at = (id: string, artifact: unknown, where: typeof address) =>
      m.contractAt(id, artifact as never, where, { id });
    const vault = at("vault", artifacts.hedgedVault, address);
    const liquidity = at("liquidity", artifacts.uniswapV3Liquidity, created("liquidity"));
    const policy = at("policy", artifacts.riskPolicy, created("policy"));
    addRoleCalls(m, authority, planRoles(address, roles, deployer), [create]);
    return { oracle, volatility, authority, factory, vault, liquidity, policy };
  });
}
