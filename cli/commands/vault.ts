import type { Command } from "commander";

import type { CommandContext } from "../context.ts";
import { wholeBetween } from "../options.ts";
import { addConnectionOptions } from "../vaultOptions.ts";
import type { VaultViewOptions } from "../vaultView/run.ts";

const HELP = `
Example:
  hedgerow vault --rpc http://127.0.0.1:8545 --vault 0x… --json

Everything is of the newest block. "hedgerow status" shows what the vault holds; this shows how it is set and who may change that.`;

/** `hedgerow vault`: settings, roles and announced changes. */
export function addVaultCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("vault")
    .description("show how a vault is set: parts, parameters, fees, roles, scheduled and announced changes")
    .option(
      "--from-block <number>",
      "where the search for roles begins (default: the block that created them)",
      wholeBetween(0, Number.MAX_SAFE_INTEGER),
    )
    .addHelpText("after", HELP);
  addConnectionOptions(command).action(async (options: VaultViewOptions) => {
    const { runVaultView } = await import("../vaultView/run.ts");
    await runVaultView(options, context);
  });
}
