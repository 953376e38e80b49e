import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { JsonRpcProvider } from "ethers";

import { forkNode, type Fork } from "../../localnet/fork.ts";
import { buildSystemModule } from "../../scripts/modules/system.ts";
import { buildVaultModule } from "../../scripts/modules/vault.ts";
import { toSystemAddresses } from "./deployed.ts";
import { vaultOptionsOf, type ResolvedVault } from "./resolve.ts";
import { runModule, type DeployedContracts, type ModuleRun } from "./runModule.ts";
import { JOURNAL_DIRECTORY, readSystem, type Workspace } from "./workspace.ts";

/** A transaction that a deployment would send. */
export interface PlannedTransaction {
  readonly step: string;
  /** Undefined: it creates a contract. */
  readonly to: string | undefined;
  readonly gas: bigint;
}

/** What a deployment would do and cost. */
export interface DryRun {
  readonly transactions: readonly PlannedTransaction[];
  readonly gas: bigint;
  /** Wei a unit of gas, at the node now. */
  readonly gasPrice: bigint;
  readonly cost: bigint;
}

const RICH = "0x3635c9adc5dea00000"; // 1000 ETH: whether the account can pay is another question

/**
 * Runs what is left of a deployment on a private copy of the chain: every transaction is executed, nothing is sent.
 *
 * Throws DeploymentError with the step that would fail.
 */
export async function dryRun(
  vault: ResolvedVault,
  workspace: Workspace,
  rpc: JsonRpcProvider,
  rpcUrl: string,
  deployer: string,
  signal: AbortSignal,
): Promise<DryRun> {
  const gasPrice = BigInt((await rpc.send("eth_gasPrice", [])) as string);
  const fork = await forkNode(rpcUrl, vault.network.chainId);
  // The copy of a journal goes on where the deployment stopped; what was begun before costs nothing any more.
  const scratch = mkdtempSync(path.join(tmpdir(), "hedgerow-dry-run-"));
  try {
    await fork.request({ method: "hardhat_impersonateAccount", params: [deployer] });
    await fork.request({ method: "hardhat_setBalance", params: [deployer, RICH] });
    const sent: { readonly step: string; readonly hash: string }[] = [];
    const run = (module: ModuleRun["module"], from: string): Promise<DeployedContracts> => {
      const journal = path.join(from, JOURNAL_DIRECTORY);
      const copy = path.join(scratch, path.basename(from));
      if (existsSync(journal)) cpSync(journal, copy, { recursive: true });
      return runModule({
        module,
        provider: fork,
        from: deployer,
        directory: copy,
        confirmations: 1,
        signal,
        onSent: (step, hash) => sent.push({ step, hash }),
      });
    };
    const { systemVenues, venues, roles } = vault;
    const system =
      readSystem(workspace.systemFile) ??
      toSystemAddresses(await run(buildSystemModule(systemVenues, roles, deployer), workspace.systemDirectory));
    const module = buildVaultModule(system, venues, roles, vaultOptionsOf(vault, system), deployer);
    await run(module, workspace.vaultDirectory);
    const transactions: PlannedTransaction[] = [];
    for (const { step, hash } of sent) transactions.push(await readPlanned(fork, step, hash));
    const gas = transactions.reduce((sum, transaction) => sum + transaction.gas, 0n);
    return { transactions, gas, gasPrice, cost: gas * gasPrice };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
    await fork.close();
  }
}

async function readPlanned(fork: Fork, step: string, hash: string): Promise<PlannedTransaction> {
  const receipt = (await fork.request({ method: "eth_getTransactionReceipt", params: [hash] })) as {
    readonly to: string | null;
    readonly gasUsed: string;
  };
  return { step, to: receipt.to ?? undefined, gas: BigInt(receipt.gasUsed) };
}
