import type { Command } from "commander";

import type { CommandContext } from "../context.ts";
import { requireGiven } from "../options.ts";

export interface KeystoreOptions {
  readonly keystore?: string;
  readonly passwordFile?: string;
  readonly privateKeyFile?: string;
  readonly json?: true;
}

/** `hedgerow keystore new|import`: an encrypted key in a file. */
export function addKeystoreCommand(program: Command, context: CommandContext): void {
  const keystore = program.command("keystore").description("make an encrypted key");
  const files = (command: Command): Command =>
    command
      .option("--keystore <file>", "where the encrypted key goes; an existing file is never replaced")
      .option("--password-file <file>", "password of the keystore; made, and the password too, where there is none")
      .option("--json", "print JSON");
  files(keystore.command("new").description("make a new key")).action(async (options: KeystoreOptions) => {
    requireGiven("keystore new", options, ["keystore", "passwordFile"]);
    const { runKeystoreNew } = await import("../vault/keystore.ts");
    await runKeystoreNew(options, context);
  });
  files(keystore.command("import").description("encrypt a key that you have"))
    .option("--private-key-file <file>", "file with the key as 0x and 64 hex digits; remove it afterwards")
    .action(async (options: KeystoreOptions) => {
      requireGiven("keystore import", options, ["keystore", "passwordFile", "privateKeyFile"]);
      const { runKeystoreImport } = await import("../vault/keystore.ts");
      await runKeystoreImport(options, context);
    });
}
