import { accessInterface, callerAt, operationIdOf } from "../../sdk/chain/access.ts";
import { type GuardedCall, readPermission } from "../../sdk/chain/permission.ts";
import type { VaultSettings } from "../../sdk/chain/vaultSettings.ts";
import { formatTime } from "../../sdk/sim/window.ts";
import { UsageError } from "../errors.ts";
import type { VaultConnection } from "../vault/connection.ts";
import { roleName } from "../vaultView/changes.ts";
import { displayDuration } from "../vaultView/units.ts";

/** What the account sends to get a call made. */
export type AdminStep =
  /** The call itself: the account has no delay. */
  | { readonly kind: "call"; readonly transaction: GuardedCall }
  /** The call is scheduled, to be executed by the same account. */
  | {
      readonly kind: "schedule";
      readonly transaction: GuardedCall;
      readonly operationId: string;
      readonly delaySeconds: number;
      /** Unix seconds; a few later when the block is. */
      readonly readyAt: number;
    };

/**
 * The transaction with which an account gets a call made.
 *
 * @param at Unix seconds before which the call shall not be executable; undefined: as soon as the delay allows.
 * Throws {@link UsageError} when the account holds no role for it, the call is scheduled already, or `at` cannot be.
 */
export async function planStep(
  { provider }: Pick<VaultConnection, "provider">,
  { authority, block }: VaultSettings,
  account: string,
  call: GuardedCall,
  name: string,
  at: number | undefined,
): Promise<AdminStep> {
  const permission = await readPermission(provider, authority, account, call, block);
  switch (permission.kind) {
    case "never":
      throw new UsageError(
        `${account} may not call ${name}: that takes the role ${roleName(permission.role)}. "hedgerow vault" lists who holds it.`,
      );
    case "now":
      if (at !== undefined) {
        throw new UsageError(`--at is for accounts with a delay; ${account} calls ${name} at once. Leave --at out.`);
      }
      return { kind: "call", transaction: call };
    case "delayed":
      break;
  }
  const { delaySeconds } = permission;
  const operationId = operationIdOf(account, call.target, call.data);
  const [timepoint] = await callerAt(provider, authority, block)("getSchedule", [operationId]);
  if (timepoint !== 0n) {
    throw new UsageError(
      `This call is scheduled already, executable from ${formatTime(Number(timepoint))}. Then: hedgerow admin execute --operation ${operationId}.`,
    );
  }
  const earliest = block.timestamp + delaySeconds;
  if (at !== undefined && at < earliest) {
    throw new UsageError(
      `--at ${formatTime(at)} is too early: ${account} waits ${displayDuration(delaySeconds)}, until ${formatTime(earliest)} at the earliest.`,
    );
  }
  const data = accessInterface.encodeFunctionData("schedule", [call.target, call.data, at ?? 0]);
  const transaction = { target: authority, data };
  return { kind: "schedule", transaction, operationId, delaySeconds, readyAt: at ?? earliest };
}
