import type { SignerOptions } from "../vaultOptions.ts";
import type { RoleOptions } from "./resolve.ts";

/** What every command says that looks at a vault to be. */
export interface VaultToBeOptions extends RoleOptions {
  readonly network: string;
  /** Default: the network's preset. */
  readonly vault?: string;
  readonly rpc?: string;
  readonly deployments?: string;
  readonly json?: true;
}

export interface DeployOptions extends VaultToBeOptions, SignerOptions {
  readonly dryRun?: true;
  readonly preparePool?: true;
}

/** A preflight signs nothing: it only has to know who would. */
export interface PreflightOptions extends VaultToBeOptions {
  readonly account?: string;
  readonly keystore?: string;
}
