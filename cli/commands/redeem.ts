import type { Command } from "commander";

import type { CommandContext } from "../context.ts";
import { requireGiven } from "../options.ts";
import { addConnectionOptions, addSignerOptions } from "../vaultOptions.ts";
import type { RedeemOptions } from "../vaultOptions.ts";

/** `hedgerow redeem`: asks for shares to be turned back into quote. */
export function addRedeemCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("redeem")
    .description("request the redemption of shares; settles at once where the venues allow, then claim")
    .option("--shares <decimal>", 'how many shares, such as 10.5, or "all"')
    .option("--controller <address>", "who may claim the proceeds (default: the account)");
  addSignerOptions(addConnectionOptions(command)).action(async (options: RedeemOptions) => {
    requireGiven("redeem", options, ["shares"]);
    const { runRedeem } = await import("../vault/redeem.ts");
    await runRedeem(options, context);
  });
}
