import type { Command } from "commander";

import type { CommandContext } from "../context.ts";
import { requireGiven } from "../options.ts";
import { addConnectionOptions, addSignerOptions } from "../vaultOptions.ts";
import type { DepositOptions } from "../vaultOptions.ts";

/** `hedgerow deposit`: quote in, shares out. */
export function addDepositCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("deposit")
    .description("put quote tokens into a vault and receive shares")
    .option("--amount <decimal>", "how much, in whole tokens, such as 1250.5")
    .option("--receiver <address>", "who receives the shares (default: the account)");
  addSignerOptions(addConnectionOptions(command)).action(async (options: DepositOptions) => {
    requireGiven("deposit", options, ["amount"]);
    const { runDeposit } = await import("../vault/deposit.ts");
    await runDeposit(options, context);
  });
}
