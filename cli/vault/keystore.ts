import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { Wallet, encryptKeystoreJson } from "ethers";

import type { KeystoreOptions } from "../commands/keystore.ts";
import type { CommandContext } from "../context.ts";
import { display } from "../deployment.ts";
import { UsageError } from "../errors.ts";

/** Readable by its owner alone. */
const PRIVATE = 0o600;
const PASSWORD_BYTES = 24;

/** Makes a key and writes it down, encrypted. */
export async function runKeystoreNew(options: KeystoreOptions, context: CommandContext): Promise<void> {
  const { address, privateKey } = Wallet.createRandom();
  await keep({ address, privateKey }, options, context);
}

/** Encrypts a key that is in a file. */
export async function runKeystoreImport(options: KeystoreOptions, context: CommandContext): Promise<void> {
  const file = options.privateKeyFile ?? "";
  const text = readText("--private-key-file", file).trim();
  let wallet: Wallet;
  try {
    wallet = new Wallet(text);
  } catch {
    // The library's own message may quote the key.
    throw new UsageError(`${display(file)} holds no private key: it takes 0x and 64 hex digits.`);
  }
  await keep(wallet, options, context);
  if (!options.json) context.output.note(`Now remove ${display(file)}: whoever reads it has the account.`);
}

async function keep(
  account: { readonly address: string; readonly privateKey: string },
  { keystore = "", passwordFile = "", json }: KeystoreOptions,
  { output }: CommandContext,
): Promise<void> {
  if (existsSync(keystore)) {
    throw new UsageError(
      `${display(keystore)} is there already and is not replaced: it may be the only key to something.`,
    );
  }
  const isNewPassword = !existsSync(passwordFile);
  if (isNewPassword) write("--password-file", passwordFile, `${randomBytes(PASSWORD_BYTES).toString("base64url")}\n`);
  const password = readText("--password-file", passwordFile).replace(/\r?\n$/, "");
  if (password === "") throw new UsageError(`${display(passwordFile)} is empty. Put a password into it, or remove it.`);
  // ethers calls a progress callback only where it is given one; its default settings take about a second.
  write("--keystore", keystore, await encryptKeystoreJson(account, password, { progressCallback: () => undefined }));
  if (json) {
    output.json({ address: account.address, keystore, passwordFile });
    return;
  }
  output.pairs("A new keystore", [
    ["address", account.address],
    ["key", `${display(keystore)}, encrypted`],
    ["password", `${display(passwordFile)}${isNewPassword ? ", made just now" : ""}`],
  ]);
  output.line("\nKeep copies of both, in two places: without either the account is lost.");
}

function write(option: string, file: string, text: string): void {
  try {
    mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
    writeFileSync(file, text, { mode: PRIVATE, flag: "wx", flush: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new UsageError(`${option} ${display(file)} cannot be written (${code}). Choose another place.`);
  }
}

function readText(option: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unreadable";
    throw new UsageError(`${option} ${display(file)} cannot be read (${code}). Check the path and its permissions.`);
  }
}
