import { isHexString } from "ethers";

import { accessInterface, type ScheduledOperation } from "../../sdk/chain/access.ts";
import { decodeCall, type GuardedParts } from "../../sdk/chain/adminCall.ts";
import type { GuardedCall } from "../../sdk/chain/permission.ts";
import type { VaultSettings } from "../../sdk/chain/vaultSettings.ts";
import { formatTime } from "../../sdk/sim/window.ts";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../errors.ts";
import { connectVault, toAddress, type VaultConnection } from "../vault/connection.ts";
import { type Account, selectAccount } from "../vault/signer.ts";
import { describeChanges } from "../vaultView/changes.ts";
import { changeContext, orExplain, readAccessOf, readSettings } from "../vaultView/read.ts";
import { partsOf } from "../vaultView/report.ts";
import { forecastOperation } from "./forecast.ts";
import type { AdminOptions, OperationOptions, ScheduleOptions } from "./options.ts";
import { perform, type Proposal } from "./perform.ts";
import { planStep } from "./step.ts";

interface AdminWorld {
  readonly connection: VaultConnection;
  readonly settings: VaultSettings;
  readonly parts: GuardedParts;
  readonly account: Account;
}

/**
 * Makes or schedules a call, whichever the account may.
 *
 * @param encode The call, from the settings as they are.
 */
export async function runAction(
  options: AdminOptions,
  context: CommandContext,
  encode: (settings: VaultSettings) => GuardedCall,
): Promise<void> {
  const world = await openWorld(options, context);
  const call = encode(world.settings);
  const proposal = await orExplain("The vault cannot be read", () => propose(world, call, options.at));
  if (proposal.changes?.length === 0) {
    throw new UsageError(`${proposal.decoded?.name ?? "This call"} would change nothing: it is like that already.`);
  }
  await perform(world.connection, world.settings, world.account, proposal, options, context);
}

/** Schedules any call. */
export async function runSchedule(options: ScheduleOptions, context: CommandContext): Promise<void> {
  const world = await openWorld(options, context);
  const { parts, connection, settings, account } = world;
  const target = Object.entries(parts).find(([name]) => name === options.target)?.[1] as string | undefined;
  if (!isHexString(options.data) || options.data.length < 10 || options.data.length % 2 !== 0) {
    throw new UsageError("--data is not calldata: it takes 0x and at least eight hex digits, the selector.");
  }
  const call = { target: target ?? toAddress("--target", options.target), data: options.data };
  const proposal = await orExplain("The vault cannot be read", () => propose(world, call, options.at));
  if (proposal.step.kind !== "schedule") {
    throw new UsageError(
      `${account.address} needs no delay for this call, so the AccessManager schedules none. Make it.`,
    );
  }
  await perform(connection, settings, account, proposal, options, context);
}

/** Executes an operation whose time came. */
export async function runExecute(options: OperationOptions, context: CommandContext): Promise<void> {
  const world = await openWorld(options, context);
  const operation = await findOperation(world, options);
  const { id, caller, state, readyAt, expiresAt } = operation;
  requirePending(operation);
  if (state === "waiting") {
    throw new UsageError(
      `Operation ${id} cannot be executed before ${formatTime(readyAt)}; it expires ${formatTime(expiresAt)}.`,
    );
  }
  if (caller !== world.account.address) {
    throw new UsageError(`Operation ${id} was scheduled by ${caller}, and nobody else can execute it.`);
  }
  await performOperation(world, operation, "execute", [operation.target, operation.data], options, context);
}

/** Cancels an operation: who scheduled it may, any admin, and the guardian of the role. */
export async function runCancelOperation(options: OperationOptions, context: CommandContext): Promise<void> {
  const world = await openWorld(options, context);
  const operation = await findOperation(world, options);
  requirePending(operation);
  const args = [operation.caller, operation.target, operation.data];
  await performOperation(world, operation, "cancel", args, options, context);
}

async function openWorld(options: AdminOptions, context: CommandContext): Promise<AdminWorld> {
  const connection = await connectVault(options, context);
  const settings = await readSettings(connection);
  const account = await selectAccount(options, connection.chainId, context);
  return { connection, settings, parts: partsOf(settings), account };
}

async function propose(world: AdminWorld, call: GuardedCall, at: number | undefined): Promise<Proposal> {
  const { connection, settings, parts, account } = world;
  const decoded = decodeCall(parts, call.target, call.data);
  const changes =
    decoded === undefined ? undefined : await describeChanges(decoded, changeContext(connection, settings));
  const name = decoded?.name ?? call.data.slice(0, 10);
  const step = await planStep(connection, settings, account.address, call, name, at);
  if (step.kind === "call") return { decoded, call, changes, step };
  const { provider } = connection;
  const forecast = await forecastOperation(provider, settings.authority, account.address, call, settings.block);
  if (forecast.kind === "refused" && !forecast.isCurable) {
    throw new UsageError(`${name} would be refused once the delay is over: ${forecast.reason}.`);
  }
  return { decoded, call, changes, step, forecast };
}

async function findOperation(
  { connection, settings }: AdminWorld,
  { operation, fromBlock }: OperationOptions,
): Promise<ScheduledOperation> {
  const { operations } = await readAccessOf(connection, settings, fromBlock);
  const found = operations.find(({ id }) => id === operation.toLowerCase());
  if (found === undefined) {
    throw new UsageError(
      `No operation ${operation} was scheduled at ${settings.authority}. "hedgerow vault" lists those that are.`,
    );
  }
  return found;
}

/** Throws {@link UsageError} unless it can still be executed or cancelled. */
function requirePending({ id, state, expiresAt }: ScheduledOperation): void {
  switch (state) {
    case "executed":
      throw new UsageError(`Operation ${id} was executed already.`);
    case "cancelled":
      throw new UsageError(`Operation ${id} was cancelled.`);
    case "expired":
      throw new UsageError(`Operation ${id} expired ${formatTime(expiresAt)}. Schedule it again.`);
    case "waiting":
    case "ready":
  }
}

async function performOperation(
  { connection, settings, parts, account }: AdminWorld,
  { id, target, data }: ScheduledOperation,
  kind: "execute" | "cancel",
  args: readonly unknown[],
  options: OperationOptions,
  context: CommandContext,
): Promise<void> {
  if (options.at !== undefined)
    throw new UsageError(`--at is for scheduling, and operation ${id} is scheduled. Leave it out.`);
  const decoded = decodeCall(parts, target, data);
  const changes = await orExplain("The vault cannot be read", async () =>
    decoded === undefined ? undefined : describeChanges(decoded, changeContext(connection, settings)),
  );
  const transaction = { target: settings.authority, data: accessInterface.encodeFunctionData(kind, [...args]) };
  const step = { kind, transaction, operationId: id };
  await perform(connection, settings, account, { decoded, call: { target, data }, changes, step }, options, context);
}
