import type { Command } from "commander";

import type { CommandContext } from "../context.ts";
import { addConnectionOptions, addSignerOptions } from "../vaultOptions.ts";
import type { ClaimOptions } from "../vaultOptions.ts";

/** `hedgerow claim`: takes the proceeds of settled redemptions. */
export function addClaimCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("claim")
    .description("receive the quote tokens of settled redemptions")
    .option("--receiver <address>", "who receives them (default: the account)");
  addSignerOptions(addConnectionOptions(command)).action(async (options: ClaimOptions) => {
    const { runClaim } = await import("../vault/claim.ts");
    await runClaim(options, context);
  });
}
