import type { Command } from "commander";

import type { CommandContext } from "../context.ts";
import type { DeployOptions } from "../deploy/options.ts";
import { requireGiven, wholeBetween } from "../options.ts";

/** Options that say which vault is meant, where, and who will hold its roles. */
export function addVaultToBeOptions(command: Command): Command {
  return command
    .option("--network <name>", "mainnet, arbitrum, base, sepolia, arbitrumSepolia, baseSepolia or local")
    .option("--vault <file>", "description of the vault, JSON (default: presets/<network>.json)")
    .option("--admin <address>", "who may do everything, after a delay: a timelock or Safe")
    .option("--keeper <address>", "who may rebalance")
    .option("--guardian <address>", "who may reduce risk")
    .option("--admin-delay-seconds <number>", "delay of the admin (default: 172800)", wholeBetween(0, 2_592_000))
    .option("--rpc <url>", "JSON-RPC URL of a node (HEDGEROW_RPC_URL, or the network's variable)")
    .option("--deployments <directory>", "where journals and addresses are kept (default: deployments/)")
    .option("--json", "print JSON");
}

/** `hedgerow deploy`: from a funded key to a vault. */
export function addDeployCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("deploy")
    .description("deploy a vault; interrupted, the same command goes on where it stopped");
  addVaultToBeOptions(command)
    .option("--keystore <file>", "encrypted key of the account that deploys")
    .option("--password-file <file>", "password of the keystore")
    .option("--private-key-env <name>", "environment variable that holds a private key; local chain only")
    .option("--account <address>", "account of the node or wallet behind --rpc, which signs")
    .option("--dry-run", "run every transaction on a private copy of the chain and show what it costs")
    .option("--prepare-pool", "let the pool remember as many blocks as the vault needs, about 22,000 gas each")
    .option("--yes", "send; without it the command only checks and shows what it would do")
    .action(async (options: DeployOptions) => {
      requireGiven("deploy", options, ["network"]);
      const { runDeploy } = await import("../deploy/run.ts");
      await runDeploy(options, context);
    });
}
