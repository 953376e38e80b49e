import { readFile } from "node:fs/promises";

import { JsonRpcSigner, Wallet, type JsonRpcProvider, type Signer } from "ethers";

import { LOCAL_CHAIN_ID, readKeystoreAddress } from "../../keeper/signers.ts";
import { toAddress } from "./connection.ts";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { SignerOptions } from "../vaultOptions.ts";

/** Whom a command acts for. The key is decrypted, or the node asked for it, only when something is to be signed. */
export interface Account {
  readonly address: string;
  /** The key itself; absent where the node, or the wallet behind it, signs. */
  readonly open?: () => Promise<Wallet>;
  /** What signs and sends. Throws {@link UsageError} when neither a key is given nor the node holds the account. */
  connect(provider: JsonRpcProvider): Promise<Signer>;
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
  return nodeAccount(toAddress("--account", options.account));
}

/** An account of the node's, or of a wallet that speaks JSON-RPC, such as one that asks a hardware wallet to sign. */
function nodeAccount(address: string): Account {
  return {
    address,
    connect: async (provider) => {
      const accounts = (await provider.send("eth_accounts", [])) as readonly string[];
      if (accounts.some((account) => account.toLowerCase() === address.toLowerCase())) {
        return new JsonRpcSigner(provider, address);
      }
      throw new UsageError(
        `The node cannot sign for --account ${address}. Give --keystore FILE with --password-file FILE, or the --rpc of a wallet that holds it.`,
      );
    },
  };
}

/** An account whose key is opened in this process. */
function keyAccount(address: string, open: () => Promise<Wallet>): Account {
  return { address, open, connect: async (provider) => (await open()).connect(provider) };
}

async function keystoreAccount(keystore: string, passwordFile: string | undefined): Promise<Account> {
  const address = toAddress("--keystore", await readKeystoreAddress(keystore));
  return keyAccount(address, async () => {
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
  });
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
  return keyAccount(wallet.address, () => Promise.resolve(wallet));
}

async function readText(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unreadable";
    throw new UsageError(`${option} ${file} cannot be read (${code}). Check the path and its permissions.`);
  }
}
