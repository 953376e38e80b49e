import { AbiCoder, Interface, type JsonRpcApiProvider, keccak256 } from "ethers";

import { artifacts } from "./contracts.ts";
import { scanBlocks, type ScanOptions } from "./blockScan.ts";
import { ReadError, type BlockRef } from "./snapshot.ts";

/*
 * Who may do what in an AccessManager, and what is scheduled there. The manager keeps no lists: candidates come from its events, and
 * each is then asked for at one block, so that a missing log can hide a member but never invent one.
 */

export const accessInterface = new Interface(artifacts.accessManager.abi);

/** A scheduled operation can be executed for this long; AccessManager.expiration. */
export const OPERATION_EXPIRY_SECONDS = 7 * 86_400;

/** An account that holds a role. */
export interface RoleMember {
  readonly account: string;
  /** Unix seconds from which it holds the role; in the future while a grant delay runs. */
  readonly since: number;
  /** Seconds between scheduling and executing what the role allows; 0 = at once. */
  readonly delaySeconds: number;
  /** A change of that delay which is under way. */
  readonly nextDelay: { readonly seconds: number; readonly from: number } | undefined;
}

/** One role. */
export interface AccessRole {
  readonly id: bigint;
  readonly label: string | undefined;
  /** Role that grants and revokes it. */
  readonly admin: bigint;
  /** Role that may cancel what its members schedule. */
  readonly guardian: bigint;
  readonly grantDelaySeconds: number;
  readonly members: readonly RoleMember[];
}

/** A function that another role than the admin's may call. */
export interface FunctionRole {
  readonly target: string;
  readonly selector: string;
  readonly role: bigint;
}

/** How a scheduled operation stands. */
export type OperationState = "waiting" | "ready" | "expired" | "executed" | "cancelled";

/** An operation as it was scheduled last. */
export interface ScheduledOperation {
  readonly id: string;
  readonly nonce: number;
  readonly caller: string;
  readonly target: string;
  readonly data: string;
  /** Unix seconds from which it may be executed. */
  readonly readyAt: number;
  /** Unix seconds from which it may no longer. */
  readonly expiresAt: number;
  readonly state: OperationState;
}

/** What an AccessManager says at one block. */
export interface AccessState {
  readonly authority: string;
  readonly block: BlockRef;
  readonly roles: readonly AccessRole[];
  readonly functions: readonly FunctionRole[];
  /** Targets that are closed: no restricted function of theirs can be called. */
  readonly closed: readonly string[];
  /** Every operation ever scheduled, in the order of the chain. */
  readonly operations: readonly ScheduledOperation[];
}

/**
 * Reads roles and operations of an AccessManager at a block.
 *
 * @param fromBlock The block that created it, or an earlier one.
 * Throws ReadError when the node's answers are none.
 */
export async function readAccess(
  provider: JsonRpcApiProvider,
  authority: string,
  fromBlock: number,
  block: BlockRef,
  options: ScanOptions,
): Promise<AccessState> {
  const events: AccessEvent[] = [];
  const read = (from: number, to: number): Promise<readonly AccessEvent[]> => readEvents(provider, authority, from, to);
  for await (const { result } of scanBlocks(fromBlock, block.number, read, options)) events.push(...result);
  const call = callerAt(provider, authority, block);
  const roles = await readRoles(call, events);
  const [functions, closed, operations] = await Promise.all([
    readFunctions(call, events),
    readClosed(call, events),
    readOperations(call, events, block.timestamp),
  ]);
  return { authority, block, roles, functions, closed, operations };
}

/** What an account holds of a role at a block; undefined when it holds nothing. */
export async function readRoleMember(
  provider: JsonRpcApiProvider,
  authority: string,
  role: bigint,
  account: string,
  block: BlockRef,
): Promise<RoleMember | undefined> {
  return await readMember(callerAt(provider, authority, block), role, account);
}

/** Id under which an AccessManager knows a call. */
export function operationIdOf(caller: string, target: string, data: string): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["address", "address", "bytes"], [caller, target, data]));
}

interface AccessEvent {
  readonly name: string;
  readonly value: (name: string) => unknown;
}

/** Calls one of the manager's views. */
export type AccessCall = (name: string, args: readonly unknown[]) => Promise<readonly unknown[]>;

/** Views of a manager at a block. */
export function callerAt(provider: JsonRpcApiProvider, authority: string, block: BlockRef): AccessCall {
  return async (name, args) => {
    const data = accessInterface.encodeFunctionData(name, [...args]);
    const raw = await provider.call({ to: authority, data, blockTag: block.number });
    if (raw === "0x") throw new ReadError(`The contract at ${authority} is no AccessManager.`);
    return accessInterface.decodeFunctionResult(name, raw).toArray() as readonly unknown[];
  };
}

async function readEvents(
  provider: JsonRpcApiProvider,
  authority: string,
  fromBlock: number,
  toBlock: number,
): Promise<readonly AccessEvent[]> {
  const logs = await provider.getLogs({ address: authority, fromBlock, toBlock });
  return logs.flatMap((log) => {
    const parsed = accessInterface.parseLog(log);
    return parsed === null ? [] : [{ name: parsed.name, value: (name): unknown => parsed.args.getValue(name) }];
  });
}

/** Values of an argument over all events of these names, each once, in the order of the chain. */
function distinct<T extends bigint | string>(
  events: readonly AccessEvent[],
  names: readonly string[],
  argument: string,
): readonly T[] {
  const values = events.filter(({ name }) => names.includes(name)).map(({ value }) => value(argument) as T);
  return [...new Set(values)];
}

const ROLE_EVENTS = ["RoleGranted", "RoleLabel", "RoleAdminChanged", "RoleGuardianChanged", "RoleGrantDelayChanged"];

async function readRoles(call: AccessCall, events: readonly AccessEvent[]): Promise<readonly AccessRole[]> {
  const ids = [
    ...new Set([
      0n,
      ...distinct<bigint>(events, ROLE_EVENTS, "roleId"),
      ...distinct<bigint>(events, ["TargetFunctionRoleUpdated"], "roleId"),
    ]),
  ].sort((a, b) => (a < b ? -1 : 1));
  return await Promise.all(
    ids.map(async (id): Promise<AccessRole> => {
      const ofRole = events.filter(({ name, value }) => ROLE_EVENTS.includes(name) && value("roleId") === id);
      const accounts = distinct<string>(ofRole, ["RoleGranted"], "account");
      const [[admin], [guardian], [grantDelay], members] = await Promise.all([
        call("getRoleAdmin", [id]),
        call("getRoleGuardian", [id]),
        call("getRoleGrantDelay", [id]),
        Promise.all(accounts.map((account) => readMember(call, id, account))),
      ]);
      return {
        id,
        label: distinct<string>(ofRole, ["RoleLabel"], "label").at(-1),
        admin: admin as bigint,
        guardian: guardian as bigint,
        grantDelaySeconds: Number(grantDelay),
        members: members.filter((member) => member !== undefined),
      };
    }),
  );
}

/** What an account holds of a role; undefined when it holds nothing. */
async function readMember(call: AccessCall, role: bigint, account: string): Promise<RoleMember | undefined> {
  const [since, current, pending, effect] = (await call("getAccess", [role, account])) as readonly bigint[];
  if (since === undefined || since === 0n) return undefined;
  return {
    account,
    since: Number(since),
    delaySeconds: Number(current),
    nextDelay: effect === 0n ? undefined : { seconds: Number(pending), from: Number(effect) },
  };
}

async function readFunctions(call: AccessCall, events: readonly AccessEvent[]): Promise<readonly FunctionRole[]> {
  const updates = events.filter(({ name }) => name === "TargetFunctionRoleUpdated");
  const keys = new Map(
    updates.map(({ value }) => {
      const [target, selector] = [value("target") as string, value("selector") as string];
      return [`${target}${selector}`, { target, selector }];
    }),
  );
  return await Promise.all(
    [...keys.values()].map(async ({ target, selector }) => {
      const [role] = await call("getTargetFunctionRole", [target, selector]);
      return { target, selector, role: role as bigint };
    }),
  );
}

async function readClosed(call: AccessCall, events: readonly AccessEvent[]): Promise<readonly string[]> {
  const targets = distinct<string>(events, ["TargetClosed"], "target");
  const closed = await Promise.all(targets.map(async (target) => (await call("isTargetClosed", [target]))[0] === true));
  return targets.filter((_, i) => closed[i]);
}

async function readOperations(
  call: AccessCall,
  events: readonly AccessEvent[],
  timestamp: number,
): Promise<readonly ScheduledOperation[]> {
  const scheduled = new Map<string, AccessEvent>();
  for (const event of events) {
    if (event.name !== "OperationScheduled") continue;
    const id = event.value("operationId") as string;
    scheduled.delete(id);
    scheduled.set(id, event);
  }
  return await Promise.all(
    [...scheduled].map(async ([id, event]): Promise<ScheduledOperation> => {
      const nonce = event.value("nonce") as bigint;
      const ended = events.findLast(
        ({ name, value }) =>
          (name === "OperationExecuted" || name === "OperationCanceled") &&
          value("operationId") === id &&
          value("nonce") === nonce,
      );
      const readyAt = Number(event.value("schedule"));
      const expiresAt = readyAt + OPERATION_EXPIRY_SECONDS;
      const [timepoint] = await call("getSchedule", [id]);
      return {
        id,
        nonce: Number(nonce),
        caller: event.value("caller") as string,
        target: event.value("target") as string,
        data: event.value("data") as string,
        readyAt,
        expiresAt,
        state: stateOf(ended?.name, timepoint as bigint, readyAt, timestamp),
      };
    }),
  );
}

/** @param timepoint What the manager answers: 0 once executed, cancelled or expired. */
function stateOf(ended: string | undefined, timepoint: bigint, readyAt: number, timestamp: number): OperationState {
  if (ended === "OperationExecuted") return "executed";
  if (ended === "OperationCanceled") return "cancelled";
  if (timepoint === 0n) return "expired";
  return timestamp < readyAt ? "waiting" : "ready";
}
