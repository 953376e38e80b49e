import type { Command } from "commander";

import type { CommandContext } from "../context.ts";
import type { PreflightOptions } from "../deploy/options.ts";
import { requireGiven } from "../options.ts";
import { addVaultToBeOptions } from "./deploy.ts";

/** `hedgerow preflight`: everything that is wrong with a vault before it exists. */
export function addPreflightCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("preflight")
    .description("check everything that the deployment of a vault depends on; deploy does it first");
  addVaultToBeOptions(command)
    .option("--keystore <file>", "encrypted key of the account that will deploy; it is not opened")
    .option("--account <address>", "account that will deploy")
    .action(async (options: PreflightOptions) => {
      requireGiven("preflight", options, ["network"]);
      const { runPreflightCommand } = await import("../deploy/preflightCommand.ts");
      await runPreflightCommand(options, context);
    });
}
