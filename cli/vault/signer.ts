import { readFile } from "node:fs/promises";

import { Wallet } from "ethers";

import { LOCAL_CHAIN_ID, readKeystoreAddress } from "../../keeper/signers.ts";
import { toAddress } from "./connection.ts";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { SignerOptions } from "../vaultOptions.ts";

/** Whom a command acts for. `open` decrypts the key, so it is called only when something is to be signed. */
export interface Account {
  readonly address: string;
  open(): Promise<Wallet>;
}

/**
 * The account that the options name.
 *
 * Throws {@link UsageError} when none or more than one is named, when a bare key is used outside of a local chain, and when
 * --yes comes with an account that cannot sign.
 */
export async function selectAccount(
  options: SignerOptions,
  chainId: bigint,
  context: CommandContext,
): Promise<Account> {
  const named = [options.keystore, options.privateKeyEnv, options.account].filter((option) => option !== undefined);
  if (named.length > 1) throw new UsageError("Give one of --keystore, --private-key-env and --account, not several.");
  if (options.keystore !== undefined) return keystoreAccount(options.keystore, options.passwordFile);
  if (options.privateKeyEnv !== undefined) return environmentAccount(options.privateKeyEnv, chainId, context);
  if (options.account === undefined) {
    throw new UsageError(
      "Whose account? Give --keystore FILE with --password-file FILE, or --account ADDRESS to only look.",
    );
  }
  if (options.yes)
    throw new UsageError("--account cannot sign. Give --keystore FILE with --password-file FILE to send.");
  const address = toAddress("--account", options.account);
  return { address, open: () => Promise.reject(new UsageError("--account cannot sign.")) };
}

async function keystoreAccount(keystore: string, passwordFile: string | undefined): Promise<Account> {
  const address = toAddress("--keystore", await readKeystoreAddress(keystore));
  return {
    address,
    open: async () => {
      if (passwordFile === undefined) throw new UsageError("--keystore needs --password-file FILE to sign.");
      const json = await readText("--keystore", keystore);
      const password = (await readText("--password-file", passwordFile)).replace(/\r?\n$/, "");
      try {
        const opened = await Wallet.fromEncryptedJson(json, password);
        return new Wallet(opened.privateKey);
      } catch {
        throw new UsageError(
          `The keystore ${keystore} does not open with the password in ${passwordFile}. Check both files.`,
        );
      }
    },
  };
}

function environmentAccount(name: string, chainId: bigint, { environment }: CommandContext): Account {
  if (chainId !== LOCAL_CHAIN_ID) {
    throw new UsageError(
      `--private-key-env is for the local chain ${LOCAL_CHAIN_ID} only, this is ${chainId}. Use --keystore.`,
    );
  }
  const key = environment.read(name);
  if (key === undefined)
    throw new UsageError(`The environment variable ${name} is empty or not set. Put a private key into it.`);
  let wallet: Wallet;
  try {
    wallet = new Wallet(key);
  } catch {
    // The library's own message may quote the key.
    throw new UsageError(`The environment variable ${name} holds no private key: it takes 0x and 64 hex digits.`);
  }
  return { address: wallet.address, open: () => Promise.resolve(wallet) };
}

async function readText(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unreadable";
    throw new UsageError(`${option} ${file} cannot be read (${code}). Check the path and its permissions.`);
  }
}
