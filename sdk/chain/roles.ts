import type { ContractRunner } from "ethers";

import { managerContract, vaultInterface } from "./contracts.ts";

/** Who may do what. The admin may do everything, after its delay. */
export interface Roles {
  readonly admin: string;
  readonly keeper: string;
  readonly guardian: string;
  /** Seconds between scheduling and executing for the admin; 0 on test chains only. */
  readonly adminDelaySeconds: number;
}

/** AccessManager role ids. */
export const Role = { admin: 0n, keeper: 1n, guardian: 2n } as const;

/** What the keeper may call. */
export const KEEPER_CALLS = ["rebalance"] as const;
/** What the guardian may call. All of them only reduce risk. */
export const GUARDIAN_CALLS = ["pauseDeposits", "pauseKeeper", "startWindDown", "cancelAdapterChange"] as const;

/** One call of an AccessManager; `target` is the vault's address, or a promise of it. */
export type RoleCall<Address> = {
  /** A few plain words. */
  readonly what: string;
} & (
  | {
      readonly method: "setTargetFunctionRole";
      readonly args: readonly [target: Address, selectors: readonly string[], role: bigint];
    }
  | { readonly method: "grantRole"; readonly args: readonly [role: bigint, account: string, delaySeconds: number] }
  | { readonly method: "renounceRole"; readonly args: readonly [role: bigint, account: string] }
);

/**
 * The calls that give keeper and guardian their functions and the admin everything else, then take the deployer's own power
 * away; in this order, the last one last.
 */
export function planRoles<Address>(vault: Address, roles: Roles, deployer: string): readonly RoleCall<Address>[] {
  return [
    {
      what: "let keepers rebalance",
      method: "setTargetFunctionRole",
      args: [vault, selectorsOf(KEEPER_CALLS), Role.keeper],
    },
    {
      what: "let guardians reduce risk",
      method: "setTargetFunctionRole",
      args: [vault, selectorsOf(GUARDIAN_CALLS), Role.guardian],
    },
    { what: "grant keeper", method: "grantRole", args: [Role.keeper, roles.keeper, 0] },
    { what: "grant guardian", method: "grantRole", args: [Role.guardian, roles.guardian, 0] },
    ...planHandover(roles, deployer),
  ];
}

/** The calls that make `admin` the admin of an AccessManager instead of the deployer. */
export function planHandover(
  { admin, adminDelaySeconds }: Pick<Roles, "admin" | "adminDelaySeconds">,
  deployer: string,
): readonly RoleCall<never>[] {
  const grant: RoleCall<never> = {
    what: "grant admin",
    method: "grantRole",
    args: [Role.admin, admin, adminDelaySeconds],
  };
  if (deployer.toLowerCase() === admin.toLowerCase()) return [grant];
  return [grant, { what: "renounce admin", method: "renounceRole", args: [Role.admin, deployer] }];
}

/** Who holds what on a chain, read back after a deployment. */
export interface RolesReading {
  readonly isAdmin: boolean;
  readonly adminDelaySeconds: number;
  readonly isKeeper: boolean;
  readonly isGuardian: boolean;
  /** Whether the account that deployed still has the admin's power without being the admin. */
  readonly deployerIsAdmin: boolean;
  /** Functions of the vault -> the role that may call them at once; what is not listed is the admin's. */
  readonly functionRoles: Readonly<Record<string, bigint>>;
}

/** Reads whether the roles are as planned. */
export async function readRoles(
  runner: ContractRunner,
  addresses: { readonly authority: string; readonly vault: string },
  roles: Roles,
  deployer: string,
): Promise<RolesReading> {
  const manager = managerContract(addresses.authority, runner);
  const [admin, keeper, guardian, self] = await Promise.all([
    manager.hasRole(Role.admin, roles.admin),
    manager.hasRole(Role.keeper, roles.keeper),
    manager.hasRole(Role.guardian, roles.guardian),
    manager.hasRole(Role.admin, deployer),
  ]);
  const names = [...KEEPER_CALLS, ...GUARDIAN_CALLS];
  const functionRoles = await Promise.all(
    selectorsOf(names).map((selector) => manager.getTargetFunctionRole(addresses.vault, selector)),
  );
  return {
    isAdmin: admin[0],
    adminDelaySeconds: Number(admin[1]),
    isKeeper: keeper[0],
    isGuardian: guardian[0],
    deployerIsAdmin: self[0] && deployer.toLowerCase() !== roles.admin.toLowerCase(),
    functionRoles: Object.fromEntries(names.map((name, i) => [name, functionRoles[i] ?? Role.admin])),
  };
}

/** Selectors of functions of the vault. */
export function selectorsOf(
  names: readonly (typeof KEEPER_CALLS | typeof GUARDIAN_CALLS)[number][],
): readonly string[] {
  return names.map((name) => vaultInterface.getFunction(name)?.selector ?? "");
}
