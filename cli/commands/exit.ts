import type { Command } from "commander";

import type { CommandContext } from "../context.ts";
import { requireGiven, wholeBetween } from "../options.ts";
import { addConnectionOptions, addSignerOptions, requestNumber } from "../vaultOptions.ts";
import type { ExitOptions } from "../vaultOptions.ts";

/** `hedgerow exit`: leaves in kind when a redemption waits for too long. */
export function addExitCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("exit")
    .description("leave in kind with a redemption that waited for the exit delay, or in wind-down")
    .option("--request <id>", "the request, as redeem reported it", requestNumber)
    .option("--max-base-in <decimal>", "most base tokens to bring where the short is larger than the liquidity", "0")
    .option(
      "--leave-hedges <index...>",
      "hedges that answer nothing at all: leave the part of them behind",
      (value: string, previous: readonly number[] = []) => [...previous, wholeBetween(0, 2)(value)],
    )
    .option("--receiver <address>", "who receives everything (default: the account)");
  addSignerOptions(addConnectionOptions(command)).action(async (options: ExitOptions) => {
    requireGiven("exit", options, ["request"]);
    const { runExit } = await import("../vault/exit.ts");
    await runExit(options, context);
  });
}
