import { Option, type Command } from "commander";

import type { CommandContext } from "../context.ts";
import { requireGiven } from "../options.ts";

export interface VerifyOptions {
  readonly deployment?: string;
  readonly with: "sourcify" | "blockscout" | "etherscan";
  readonly apiKeyEnv: string;
  readonly url?: string;
  readonly json?: true;
}

/** `hedgerow verify`: shows explorers the source of what was deployed. */
export function addVerifyCommand(program: Command, context: CommandContext): void {
  program
    .command("verify")
    .description("send the source of a deployment's contracts to explorers")
    .option("--deployment <file>", "addresses.json that deploy wrote; what explorers need lies beside it")
    .addOption(
      new Option("--with <service>", "who verifies; only Etherscan wants a key")
        .choices(["sourcify", "blockscout", "etherscan"])
        .default("sourcify"),
    )
    .option("--api-key-env <name>", "environment variable with the key for Etherscan", "ETHERSCAN_API_KEY")
    .option("--url <url>", "another server of that service")
    .option("--json", "print JSON")
    .action(async (options: VerifyOptions) => {
      requireGiven("verify", options, ["deployment"]);
      const { runVerify } = await import("../deploy/verify.ts");
      await runVerify(options, context);
    });
}
