import type { Command } from "commander";

import type { CommandContext } from "../context.ts";
import { POLICY_HELP } from "../keeper/help.ts";
import type { KeeperOptions } from "../keeper/options.ts";

/** `hedgerow keeper`: watches vaults and, with --live, keeps them hedged. */
export function addKeeperCommand(program: Command, context: CommandContext): void {
  program
    .command("keeper")
    .description("watch vaults and keep them hedged; a dry run unless --live is given")
    .option("--live", "sign and send")
    .option("--once", "one look, then exit")
    .option("--config <file>", "configuration of the keeper, JSON (HEDGEROW_CONFIG)")
    .option("--rpc <url>", "JSON-RPC URL of a node")
    .option("--deployment <file>", "vault and lens when the configuration names none (default: the file of npm start)")
    .option("--account <address>", "account that holds the keeper's role, for a dry run")
    .option("--keystore <file>", "encrypted key of the keeper")
    .option("--password-file <file>", "password of the keystore")
    .option("--private-key-env <name>", "environment variable that holds a private key; local chain only")
    .option("--journal <file>", "the keeper's memory, an SQLite file (default: keeper.sqlite)")
    .option("--json", "print JSON lines")
    .addHelpText("after", POLICY_HELP)
    .action(async (options: KeeperOptions) => {
      const { runKeeperCommand } = await import("../keeper/run.ts");
      await runKeeperCommand(options, context);
    });
}
