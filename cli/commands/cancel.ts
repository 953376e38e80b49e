import type { Command } from "commander";

import type { CommandContext } from "../context.ts";
import { requireGiven } from "../options.ts";
import { addConnectionOptions, addSignerOptions, requestNumber } from "../vaultOptions.ts";
import type { CancelOptions } from "../vaultOptions.ts";

/** `hedgerow cancel`: takes a waiting redemption back. */
export function addCancelCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("cancel")
    .description("cancel a redemption that waits, or what is left of it, and take the shares back")
    .option("--request <id>", "the request, as redeem reported it", requestNumber)
    .option("--receiver <address>", "who receives the shares (default: the account)");
  addSignerOptions(addConnectionOptions(command)).action(async (options: CancelOptions) => {
    requireGiven("cancel", options, ["request"]);
    const { runCancel } = await import("../vault/cancel.ts");
    await runCancel(options, context);
  });
}
