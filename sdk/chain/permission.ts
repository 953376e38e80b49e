import { dataSlice, type JsonRpcApiProvider } from "ethers";

import { accessInterface, callerAt, type AccessCall } from "./access.ts";
import { vaultInterface } from "./contracts.ts";
import { Role } from "./roles.ts";
import type { BlockRef } from "./snapshot.ts";

/** What an account may do about one call. */
export type Permission =
  | { readonly kind: "now" }
  /** It has to schedule the call and may execute it this long after. */
  | { readonly kind: "delayed"; readonly delaySeconds: number }
  /** It holds no role that allows the call. */
  | { readonly kind: "never"; readonly role: bigint };

/** A call to a contract that an AccessManager guards. */
export interface GuardedCall {
  readonly target: string;
  readonly data: string;
}

const selectorOf = (name: string): string => accessInterface.getFunction(name)?.selector ?? "";

/** Functions of the manager itself that wait for the delay of the target they name, besides the caller's own. */
const OF_A_TARGET = ["updateAuthority", "setTargetClosed", "setTargetFunctionRole"].map(selectorOf);
/** Those whose role is the admin of the role they name. */
const OF_A_ROLE = ["grantRole", "revokeRole"].map(selectorOf);

/** Open to everyone although they change something. */
const PUBLIC = [vaultInterface.getFunction("applyFees")?.selector ?? "", selectorOf("renounceRole")];

/**
 * Whether an account may make a call, at once or after which delay; AccessManager._canCallExtended.
 *
 * @param call Its target is the manager itself, or a contract that it guards.
 */
export async function readPermission(
  provider: JsonRpcApiProvider,
  authority: string,
  account: string,
  { target, data }: GuardedCall,
  block: BlockRef,
): Promise<Permission> {
  const selector = dataSlice(data, 0, 4);
  if (PUBLIC.includes(selector)) return { kind: "now" };
  const call = callerAt(provider, authority, block);
  if (target.toLowerCase() === authority.toLowerCase()) return await readOwnPermission(call, account, data);
  const [immediate, delay] = await call("canCall", [account, target, selector]);
  if (immediate === true) return { kind: "now" };
  if (delay !== 0n) return { kind: "delayed", delaySeconds: Number(delay) };
  const [role] = await call("getTargetFunctionRole", [target, selector]);
  return { kind: "never", role: role as bigint };
}

async function readOwnPermission(call: AccessCall, account: string, data: string): Promise<Permission> {
  const parsed = accessInterface.parseTransaction({ data });
  const selector = dataSlice(data, 0, 4);
  let role: bigint = Role.admin;
  let targetDelay = 0n;
  if (OF_A_ROLE.includes(selector)) [role] = (await call("getRoleAdmin", [parsed?.args[0]])) as [bigint];
  if (OF_A_TARGET.includes(selector)) {
    [targetDelay] = (await call("getTargetAdminDelay", [parsed?.args[0]])) as [bigint];
  }
  const [isMember, ownDelay] = (await call("hasRole", [role, account])) as [boolean, bigint];
  if (!isMember) return { kind: "never", role };
  const delay = ownDelay > targetDelay ? ownDelay : targetDelay;
  return delay === 0n ? { kind: "now" } : { kind: "delayed", delaySeconds: Number(delay) };
}
