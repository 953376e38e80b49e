import type { Command } from "commander";

import type { CommandContext } from "../context.ts";
import { requireGiven } from "../options.ts";
import type { PerpAction } from "../vault/perp.ts";
import { addConnectionOptions, addSignerOptions } from "../vaultOptions.ts";
import type { PerpOptions } from "../vaultOptions.ts";

/** `hedgerow perp …`: what anyone may do at a vault's short on a perpetual. */
export function addPerpCommand(program: Command, context: CommandContext): void {
  const perp = program
    .command("perp")
    .description("a vault's short on a perpetual: cancel an old order, pay an exit, claim funding, pay for execution");
  const add = (action: PerpAction, description: string): Command => {
    const command = perp.command(action).description(description);
    addSignerOptions(addConnectionOptions(command)).action(async (options: PerpOptions) => {
      if (action === "fund") requireGiven("perp fund", options, ["amount"]);
      const { runPerp } = await import("../vault/perp.ts");
      await runPerp(action, options, context);
    });
    return command;
  };
  add("cancel-order", "cancel an order that the venue did not answer in its time");
  add("pay-exit", "have the venue pay the part of the position that somebody who left in kind is owed").option(
    "--receiver <address>",
    "who left (default: the account)",
  );
  add("claim-funding", "claim the funding that longs paid; it is the vault's");
  add("fund", "send ETH that the venue's execution of orders is paid with").option("--amount <eth>", "how much ETH");
}
