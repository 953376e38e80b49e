import { ZeroAddress } from "ethers";

import { encodeCall } from "../../sdk/chain/adminCall.ts";
import { Role } from "../../sdk/chain/roles.ts";
import type { GuardedCall } from "../../sdk/chain/permission.ts";
import type { VaultSettings } from "../../sdk/chain/vaultSettings.ts";
import type { PolicyParams } from "../../sdk/policy/types.ts";
import { parseAmount } from "../amount.ts";
import { UsageError } from "../errors.ts";
import { toAddress } from "../vault/connection.ts";
import { POLICY_PARAMETERS } from "../vaultView/policyParameters.ts";
import type { AdapterOptions, FeeOptions, PolicyOptions, RoleOptions } from "./options.ts";

/*
 * What each action of `hedgerow admin` calls. Pure: the settings say where the contracts are and what stays as it is.
 */

/** `pause`, `resume`: of deposits or of the keeper. */
export function encodePause(settings: VaultSettings, what: "deposits" | "keeper", isPaused: boolean): GuardedCall {
  const verb = isPaused ? "pause" : "resume";
  return callVault(settings, `${verb}${what === "deposits" ? "Deposits" : "Keeper"}`, []);
}

/** `wind-down`. */
export function encodeWindDown(settings: VaultSettings): GuardedCall {
  return callVault(settings, "startWindDown", []);
}

/** `clear-degraded`. */
export function encodeClearDegraded(settings: VaultSettings): GuardedCall {
  return callVault(settings, "clearDegraded", []);
}

/** `set-cap`. Throws AmountError for what is no amount of the quote. */
export function encodeDepositCap(settings: VaultSettings, cap: string): GuardedCall {
  const { decimals, symbol } = settings.quote;
  // Closing deposits by a cap of zero is meant, where an amount of zero elsewhere is a slip.
  const units = /^0+(\.0*)?$/.test(cap.trim()) ? 0n : parseAmount(cap, decimals, symbol);
  if (units >= 1n << 88n) throw new UsageError(`--cap ${cap} is more than the vault can hold. Choose a lower one.`);
  return callVault(settings, "setDepositCap", [units]);
}

/** `set-fees`: what is not given stays. */
export function encodeFees(settings: VaultSettings, options: FeeOptions): GuardedCall {
  const { fees } = settings;
  const recipient = options.recipient === undefined ? fees.recipient : toAddress("--recipient", options.recipient);
  const managementBps = options.managementBps ?? fees.managementBps;
  const performanceBps = options.performanceBps ?? fees.performanceBps;
  return callVault(settings, "setFees", [recipient, managementBps, performanceBps]);
}

/** `apply-fees`. Throws {@link UsageError} when none are announced. */
export function encodeApplyFees(settings: VaultSettings): GuardedCall {
  if (settings.fees.nextAt === 0n) throw new UsageError("No higher fees are announced: there is nothing to apply.");
  return callVault(settings, "applyFees", []);
}

/** `set-policy`: what is not given stays. Throws {@link UsageError} when nothing is given. */
export function encodePolicy({ policy }: VaultSettings, options: PolicyOptions): GuardedCall {
  const given = POLICY_PARAMETERS.filter(({ key }) => options[key] !== undefined);
  if (given.length === 0) throw new UsageError('No parameter is given. See "hedgerow admin set-policy --help".');
  const params: PolicyParams = { ...policy.params, ...Object.fromEntries(given.map(({ key }) => [key, options[key]])) };
  try {
    return { target: policy.address, data: encodeCall("policy", "setParams", [params]) };
  } catch {
    const values = given.map(({ key, option }) => `--${option} ${params[key]}`);
    throw new UsageError(
      `${values.join(" ")} is beyond what the contract can hold. docs/security.md lists the limits.`,
    );
  }
}

/** `propose-adapter`. Throws {@link UsageError} unless the options name one change. */
export function encodeAdapterProposal(settings: VaultSettings, options: AdapterOptions): GuardedCall {
  const { replace, by, add, remove } = options;
  const ways = [replace ?? by, add, remove].filter((way) => way !== undefined);
  if (ways.length !== 1 || (replace === undefined) !== (by === undefined)) {
    throw new UsageError("Give --replace ADDRESS with --by ADDRESS, or --add ADDRESS, or --remove ADDRESS.");
  }
  const current = replace ?? remove;
  const next = by ?? add;
  return callVault(settings, "proposeAdapterChange", [
    current === undefined ? ZeroAddress : toAddress(replace === undefined ? "--remove" : "--replace", current),
    next === undefined ? ZeroAddress : toAddress(by === undefined ? "--add" : "--by", next),
  ]);
}

/** `cancel-adapter`, `execute-adapter`. Throws {@link UsageError} when no change is announced. */
export function encodeAnnounced(settings: VaultSettings, what: "cancel" | "execute"): GuardedCall {
  if (settings.adapterChange.readyAt === 0n) throw new UsageError("No change of an adapter is announced.");
  return callVault(settings, `${what}AdapterChange`, []);
}

/** `grant-role`, `revoke-role`. */
export function encodeRole({ authority }: VaultSettings, what: "grant" | "revoke", options: RoleOptions): GuardedCall {
  const role = Role[options.role];
  const account = toAddress("--holder", options.holder);
  const args = what === "grant" ? [role, account, options.delaySeconds ?? 0] : [role, account];
  return { target: authority, data: encodeCall("authority", `${what}Role`, args) };
}

function callVault({ vault }: VaultSettings, name: string, args: readonly unknown[]): GuardedCall {
  return { target: vault, data: encodeCall("vault", name, args) };
}
