import type { CommandContext } from "../context.ts";
import { selectAccount } from "../vault/signer.ts";
import { findProblems, printFindings, requireClear } from "./findings.ts";
import type { PreflightOptions } from "./options.ts";
import { prepareVault } from "./prepare.ts";

/** Reports what is wrong with a vault to be; fails when something is. */
export async function runPreflightCommand(options: PreflightOptions, context: CommandContext): Promise<void> {
  const { vault, rpc, workspace } = await prepareVault(options, context);
  try {
    const account = await selectAccount(options, BigInt(vault.network.chainId), context);
    const findings = await findProblems(vault, rpc, workspace, account.address);
    if (options.json) context.output.json({ network: vault.network.name, deployer: account.address, findings });
    else printFindings(findings, context);
    requireClear(findings, false);
    if (!options.json) context.output.line(`${vault.name} can be deployed to ${vault.network.title}.`);
  } finally {
    rpc.destroy();
  }
}
