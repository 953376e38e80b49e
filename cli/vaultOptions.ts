import type { Command } from "commander";

import { wholeBetween } from "./options.ts";

/** Options of every command that talks to a vault on a chain. */
export interface ConnectionOptions {
  readonly rpc?: string;
  readonly vault?: string;
  readonly lens?: string;
  readonly chainId?: number;
  readonly deployment?: string;
  readonly json?: true;
}

/** Options of every command that acts for somebody. */
export interface SignerOptions {
  readonly keystore?: string;
  readonly passwordFile?: string;
  readonly privateKeyEnv?: string;
  readonly account?: string;
  readonly yes?: true;
}

/** Adds the options of {@link ConnectionOptions} to a command. */
export function addConnectionOptions(command: Command): Command {
  return command
    .option("--rpc <url>", "JSON-RPC URL of a node (HEDGEROW_RPC_URL)")
    .option("--vault <address>", "the vault")
    .option("--lens <address>", "the VaultLens contract that reads the vault")
    .option("--chain-id <number>", "refuse any other chain", wholeBetween(1, Number.MAX_SAFE_INTEGER))
    .option("--deployment <file>", "addresses for what is not given (HEDGEROW_DEPLOYMENT, or the file of npm start)")
    .option("--json", "print JSON");
}

/** Adds the options of {@link SignerOptions} to a command. */
export function addSignerOptions(command: Command): Command {
  return command
    .option("--keystore <file>", "encrypted key of the account")
    .option("--password-file <file>", "password of the keystore")
    .option("--private-key-env <name>", "environment variable that holds a private key; local chain only")
    .option("--account <address>", "account to look at; sends only through a node or wallet that signs for it")
    .option("--yes", "send; without it the command only shows what it would do");
}

export interface DepositOptions extends ConnectionOptions, SignerOptions {
  readonly amount: string;
  readonly receiver?: string;
}

export interface RedeemOptions extends ConnectionOptions, SignerOptions {
  readonly shares: string;
  readonly controller?: string;
}

export interface ClaimOptions extends ConnectionOptions, SignerOptions {
  readonly receiver?: string;
}

export interface CancelOptions extends ConnectionOptions, SignerOptions {
  readonly request: number;
  readonly receiver?: string;
}

export interface ExitOptions extends ConnectionOptions, SignerOptions {
  readonly request: number;
  readonly maxBaseIn: string;
  readonly leaveHedges?: readonly number[];
  readonly receiver?: string;
}

export interface PerpOptions extends ConnectionOptions, SignerOptions {
  readonly receiver?: string;
  /** ETH. */
  readonly amount?: string;
}

/** Parses the id of a redemption request. */
export const requestNumber = wholeBetween(1, Number.MAX_SAFE_INTEGER);
