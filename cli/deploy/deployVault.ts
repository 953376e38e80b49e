import path from "node:path";

import type { EIP1193Provider } from "@nomicfoundation/ignition-core";
import type { JsonRpcProvider } from "ethers";

import { readGenesisHash } from "../../keeper/rpc.ts";
import { describeRpcError } from "../../keeper/rpcErrors.ts";
import { buildSystemModule } from "../../scripts/modules/system.ts";
import { buildVaultModule } from "../../scripts/modules/vault.ts";
import { DeploymentError, type SystemAddresses, type VaultAddresses } from "../../sdk/chain/deployment.ts";
import { readRoles, type RolesReading } from "../../sdk/chain/roles.ts";
import { HedgerowError } from "../../sdk/errors.ts";
import type { CommandContext } from "../context.ts";
import { toJson } from "../output.ts";
import type { Account } from "../vault/signer.ts";
import { readVaultAddresses, toSystemAddresses } from "./deployed.ts";
import { createSigningProvider, toEip1193 } from "./provider.ts";
import { recoverJournal } from "./recover.ts";
import { vaultOptionsOf, type ResolvedVault } from "./resolve.ts";
import { runModule, type DeployedContracts, type ModuleRun } from "./runModule.ts";
import { openSentTransactions, type SentTransactions } from "./sentTransactions.ts";
import { JOURNAL_DIRECTORY, keepPlan, readSystem, writeWhole, type Workspace } from "./workspace.ts";

/** A vault on a chain, with who holds what there. */
export interface DeployedVault {
  readonly system: SystemAddresses;
  readonly addresses: VaultAddresses;
  readonly roles: RolesReading;
  readonly registryRoles: RolesReading;
}

/**
 * Deploys a vault, and before it the code that the network's vaults share unless that is there. Interrupted at any point and
 * called again it goes on where it stopped; called when all is done it sends nothing.
 *
 * @param pollMs Milliseconds between two looks at the chain; default a second.
 * Throws DeploymentError when a step fails, {@link UsageError} when what is to be deployed is not what was begun.
 */
export async function deployResolvedVault(
  vault: ResolvedVault,
  workspace: Workspace,
  rpc: JsonRpcProvider,
  account: Account,
  context: CommandContext,
  pollMs?: number,
): Promise<DeployedVault> {
  const sent = openSentTransactions(workspace.transactionsFile);
  try {
    const run = await prepare(vault, rpc, account, sent, context, pollMs);
    const genesis = await readGenesisHash(rpc);
    const deployer = account.address;
    const system =
      readSystem(workspace.systemFile) ?? (await deploySystemOnce(vault, workspace, run, deployer, genesis));
    keepPlan(workspace.vaultDirectory, describePlan(vault, system, deployer, genesis));
    const options = vaultOptionsOf(vault, system);
    const module = buildVaultModule(system, vault.venues, vault.roles, options, deployer);
    const contracts = await run(module, workspace.vaultDirectory);
    const addresses = await readVaultAddresses(contracts, rpc);
    const roles = await readRoles(rpc, addresses, vault.roles, deployer);
    const registry = { authority: system.registryAuthority, vault: addresses.vault };
    const registryRoles = await readRoles(rpc, registry, vault.roles, deployer);
    requireHandedOver(vault, roles);
    return { system, addresses, roles, registryRoles };
  } catch (error) {
    if (error instanceof HedgerowError) throw error;
    throw new DeploymentError(
      `The deployment stopped: ${describeRpcError(error)}. Run the same command again, it goes on where it stopped.`,
    );
  } finally {
    sent.close();
  }
}

type Run = (module: ModuleRun["module"], directory: string) => Promise<DeployedContracts>;

async function prepare(
  vault: ResolvedVault,
  rpc: JsonRpcProvider,
  account: Account,
  sent: SentTransactions,
  { output, signal }: CommandContext,
  pollMs: number | undefined,
): Promise<Run> {
  const node = toEip1193(rpc);
  const chainId = BigInt(vault.network.chainId);
  let provider: EIP1193Provider = node;
  if (account.open === undefined) await account.connect(rpc);
  else provider = createSigningProvider(node, await account.open(), chainId, sent, signal);
  return async (module, directory) => {
    const journal = path.join(directory, JOURNAL_DIRECTORY);
    await recoverJournal(journal, account.address, node, account.open === undefined ? undefined : sent);
    return await runModule({
      module,
      provider,
      from: account.address,
      directory: journal,
      confirmations: vault.network.confirmations,
      signal,
      ...(pollMs === undefined ? {} : { pollMs }),
      onSent: (step, hash) => output.note(`${step}: sent ${hash}`),
    });
  };
}

async function deploySystemOnce(
  vault: ResolvedVault,
  { systemDirectory, systemFile }: Workspace,
  run: Run,
  deployer: string,
  genesis: string,
): Promise<SystemAddresses> {
  const { systemVenues, roles, network } = vault;
  const { admin, adminDelaySeconds } = roles;
  keepPlan(systemDirectory, {
    chainId: network.chainId,
    genesis,
    deployer,
    venues: systemVenues,
    admin,
    adminDelaySeconds,
  });
  const system = toSystemAddresses(await run(buildSystemModule(systemVenues, roles, deployer), systemDirectory));
  writeWhole(systemFile, `${toJson({ network: network.name, chainId: network.chainId, genesis, ...system })}\n`);
  return system;
}

/** Everything that makes this deployment this one. */
function describePlan(vault: ResolvedVault, system: SystemAddresses, deployer: string, genesis: string) {
  const { network, base, quote, ...rest } = vault;
  return { chainId: network.chainId, genesis, deployer, base: base.address, quote: quote.address, ...rest, system };
}

/** The deployer must have nothing left; the chain is asked, not the plan. */
function requireHandedOver({ roles, network }: ResolvedVault, reading: RolesReading): void {
  const wrong = [
    reading.isAdmin ? [] : [`${roles.admin} is not the admin`],
    reading.isKeeper ? [] : [`${roles.keeper} is not the keeper`],
    reading.isGuardian ? [] : [`${roles.guardian} is not the guardian`],
    reading.deployerIsAdmin ? ["the deployer is still admin"] : [],
    reading.adminDelaySeconds === roles.adminDelaySeconds
      ? []
      : [`the admin's delay is ${reading.adminDelaySeconds} s`],
  ].flat();
  if (wrong.length === 0) return;
  throw new DeploymentError(`The roles on ${network.title} are not as planned: ${wrong.join("; ")}. Deposit nothing.`);
}
