import type { Role } from "../../sdk/chain/roles.ts";
import type { PolicyParams } from "../../sdk/policy/types.ts";
import type { ConnectionOptions, SignerOptions } from "../vaultOptions.ts";

/** Options of every action of `hedgerow admin`. */
export interface AdminOptions extends ConnectionOptions, SignerOptions {
  /** Unix seconds from which a scheduled call may be executed. */
  readonly at?: number;
  readonly calldata?: true;
  readonly safeFile?: string;
}

export interface CapOptions extends AdminOptions {
  readonly cap: string;
}

export interface FeeOptions extends AdminOptions {
  readonly recipient?: string;
  readonly managementBps?: number;
  readonly performanceBps?: number;
}

/** One option a parameter, already in the units of the contract. */
export type PolicyOptions = AdminOptions & { readonly [K in keyof PolicyParams]?: bigint };

export interface AdapterOptions extends AdminOptions {
  readonly replace?: string;
  readonly by?: string;
  readonly add?: string;
  readonly remove?: string;
}

export interface RoleOptions extends AdminOptions {
  readonly role: keyof typeof Role;
  readonly holder: string;
  readonly delaySeconds?: number;
}

/** `execute` and `cancel` of an operation that was scheduled. */
export interface OperationOptions extends AdminOptions {
  readonly operation: string;
  readonly fromBlock?: number;
}

/** `schedule` of a call that no action is for. */
export interface ScheduleOptions extends AdminOptions {
  readonly target: string;
  readonly data: string;
}
