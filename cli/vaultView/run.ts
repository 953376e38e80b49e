import type { CommandContext } from "../context.ts";
import { connectVault } from "../vault/connection.ts";
import type { ConnectionOptions } from "../vaultOptions.ts";
import { printVault } from "./print.ts";
import { changeContext, orExplain, readAccessOf, readSettings } from "./read.ts";
import { describeVault } from "./report.ts";

/** Options of `hedgerow vault`. */
export interface VaultViewOptions extends ConnectionOptions {
  readonly fromBlock?: number;
}

/** Reads a vault's settings, roles and announced changes and prints them. */
export async function runVaultView(options: VaultViewOptions, context: CommandContext): Promise<void> {
  const connection = await connectVault(options, context);
  const settings = await readSettings(connection);
  const access = await readAccessOf(connection, settings, options.fromBlock);
  const report = await orExplain("The vault cannot be read", () =>
    describeVault(settings, access, changeContext(connection, settings)),
  );
  if (options.json) context.output.json(report);
  else printVault(context.output, settings, report);
}
