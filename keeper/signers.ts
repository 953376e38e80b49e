import { readFile } from "node:fs/promises";

import { Wallet } from "ethers";

import { HedgerowError } from "../sdk/errors.ts";
import type { UnsignedTransaction } from "./guard.ts";

/** Signs transactions of one account. A key service fits here as well as a local key. */
export interface KeeperSigner {
  readonly address: string;
  /** Raw signed bytes of an EIP-1559 transaction with value zero. */
  signTransaction(transaction: UnsignedTransaction): Promise<string>;
}

/** The key could not be opened; the message never holds any part of it. */
export class SignerError extends HedgerowError {}

/** Where the key comes from. */
export type SignerSource =
  | { readonly kind: "keystore"; readonly path: string; readonly passwordFile: string }
  | { readonly kind: "localKey"; readonly privateKey: string };

/** Chain id of local test chains: the only one on which a bare private key is taken. */
export const LOCAL_CHAIN_ID = 31_337n;

/**
 * Opens the signer.
 *
 * Throws SignerError when a file is missing, the password is wrong, or a bare key is used on any chain but 31337.
 */
export async function openSigner(source: SignerSource, chainId: bigint): Promise<KeeperSigner> {
  switch (source.kind) {
    case "localKey":
      if (chainId !== LOCAL_CHAIN_ID) {
        throw new SignerError(
          `privateKey is only for local chains (${LOCAL_CHAIN_ID}), not ${chainId}. Use a keystore.`,
        );
      }
      return toSigner(openLocalKey(source.privateKey));
    case "keystore":
      return toSigner(await openKeystore(source.path, source.passwordFile));
  }
}

function openLocalKey(privateKey: string): Wallet {
  try {
    return new Wallet(privateKey);
  } catch {
    // The library's own message may quote what it was given.
    throw new SignerError("privateKey is not a private key: it must be 0x and 64 hex digits.");
  }
}

/** Address of an encrypted keystore, which is readable without its password. */
export async function readKeystoreAddress(path: string): Promise<string> {
  const json = await readText("keystore", path);
  const address = /"address"\s*:\s*"(?:0x)?([0-9a-fA-F]{40})"/.exec(json)?.[1];
  if (address === undefined) throw new SignerError(`keystore ${path} names no address. Set keeperAddress as well.`);
  return `0x${address}`;
}

async function openKeystore(path: string, passwordFile: string): Promise<Wallet> {
  const json = await readText("keystore", path);
  const password = (await readText("keystorePasswordFile", passwordFile)).replace(/\r?\n$/, "");
  try {
    const wallet = await Wallet.fromEncryptedJson(json, password);
    return new Wallet(wallet.privateKey);
  } catch {
    throw new SignerError(`keystore ${path} does not open with the password in ${passwordFile}. Check both files.`);
  }
}

async function readText(key: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unreadable";
    throw new SignerError(`${key} ${path} cannot be read (${code}). Check the path and its permissions.`);
  }
}

function toSigner(wallet: Wallet): KeeperSigner {
  return {
    address: wallet.address,
    signTransaction: (transaction) => wallet.signTransaction(toTransactionLike(transaction)),
  };
}

function toTransactionLike(transaction: UnsignedTransaction) {
  const { chainId, nonce, to, data, gasLimit, maxFeePerGas, maxPriorityFeePerGas } = transaction;
  return { type: 2, chainId, nonce, to, data, gasLimit, maxFeePerGas, maxPriorityFeePerGas, value: 0n, accessList: [] };
}
