import { type Command, Option } from "commander";

import type { CommandContext } from "../context.ts";
import type { ExportOptions } from "../export/run.ts";
import { requireGiven, wholeBetween } from "../options.ts";
import { addConnectionOptions } from "../vaultOptions.ts";

const HELP = `
Example:
  hedgerow export --what events --format parquet --out events --vault 0x… --rpc https://…

One file an event, such as vault_Deposit.parquet; manifest.json names columns and units. Whole numbers wider than 56 bits are decimal text,
exact; where one is an amount or a price, the column …_whole repeats it in whole tokens as a float. The directory appears when all of it is
written, and an older export in its place is replaced.`;

/** `hedgerow export`: every event of a vault and its parts, for analysts. */
export function addExportCommand(program: Command, context: CommandContext): void {
  const block = wholeBetween(0, Number.MAX_SAFE_INTEGER);
  const command = program
    .command("export")
    .description("write every event of a vault and its parts to CSV or Parquet files")
    .addOption(new Option("--what <what>", "what to export").choices(["events"]).default("events"))
    .addOption(new Option("--format <format>", "of the files").choices(["csv", "parquet"]).default("csv"))
    .option("--out <directory>", "where to write")
    .option("--from-block <number>", "first block (default: the one that created the vault's first part)", block)
    .option("--to-block <number>", "last block (default: the last final one)", block)
    .option("--confirmations <number>", "take a block for final so many blocks back, instead of asking the node", block)
    .option("--created-block <number>", "block that created the vault's first part, where the node cannot tell", block)
    .addHelpText("after", HELP);
  addConnectionOptions(command).action(async (options: ExportOptions) => {
    requireGiven("export", options, ["out"]);
    const { runExport } = await import("../export/run.ts");
    await runExport(options, context);
  });
}
