import type { Command } from "commander";

import type { CommandContext } from "../context.ts";
import { addConnectionOptions } from "../vaultOptions.ts";
import type { ConnectionOptions } from "../vaultOptions.ts";

/** `hedgerow status`: the vault at the newest block. */
export function addStatusCommand(program: Command, context: CommandContext): void {
  const command = program.command("status").description("show a vault: value, exposure, hedge, ranges, queue, limits");
  addConnectionOptions(command).action(async (options: ConnectionOptions) => {
    const { runStatus } = await import("../vault/status.ts");
    await runStatus(options, context);
  });
}
