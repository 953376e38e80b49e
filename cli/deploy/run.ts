import { formatUnits } from "ethers";

import type { RolesReading } from "../../sdk/chain/roles.ts";
import type { CommandContext } from "../context.ts";
import { display, writeDeployment } from "../deployment.ts";
import { selectAccount } from "../vault/signer.ts";
import { deployResolvedVault, type DeployedVault } from "./deployVault.ts";
import { dryRun, type DryRun } from "./dryRun.ts";
import { describeEther } from "./ether.ts";
import { findProblems, printFindings, requireClear } from "./findings.ts";
import type { DeployOptions } from "./options.ts";
import type { Finding } from "./preflight/types.ts";
import { prepareVault } from "./prepare.ts";
import { preparePool } from "./preparePool.ts";
import type { ResolvedVault } from "./resolve.ts";
import { buildVerificationRequests, writeVerificationRequests } from "./verification.ts";
import { hasBegun, type Workspace } from "./workspace.ts";

/** Prices the coin that gas is paid in, on every network of the table. */
const NATIVE_FEED = "ETH / USD";

/** A node on this machine is asked as often as it likes. */
const LOCAL_POLL_MS = 100;

/** Checks a vault to be, and with --yes deploys it. */
export async function runDeploy(options: DeployOptions, context: CommandContext): Promise<void> {
  const { vault, rpc, rpcUrl, workspace } = await prepareVault(options, context);
  const { network } = vault;
  try {
    const account = await selectAccount(options, BigInt(network.chainId), context);
    if (options.preparePool) await preparePool(vault, rpc, account, options, context);
    const findings = await findProblems(vault, rpc, workspace, account.address);
    if (!options.json) printFindings(findings, context);
    if (options.dryRun) {
      const plan = await dryRun(vault, workspace, rpc, rpcUrl, account.address, context.signal);
      reportDryRun(vault, plan, findings, options, context);
      return;
    }
    requireClear(findings, options.yes === true && hasBegun(workspace));
    if (!options.yes) {
      if (options.json)
        context.output.json({ sent: false, network: network.name, deployer: account.address, findings });
      else
        context.output.line(
          `\nReady to deploy ${vault.name} to ${network.title}. Nothing was sent. Add --yes to send.`,
        );
      return;
    }
    const deployed = await deployResolvedVault(
      vault,
      workspace,
      rpc,
      account,
      context,
      isLoopback(rpcUrl) ? LOCAL_POLL_MS : undefined,
    );
    keepAddresses(vault, deployed, workspace, account.address, rpcUrl);
    await keepVerification(workspace);
    report(vault, deployed, workspace, account.address, options, context);
  } finally {
    rpc.destroy();
  }
}

/** What `status`, `deposit` and `keeper` want to know. The URL of a public node may hold a key: its variable is named instead. */
function keepAddresses(
  vault: ResolvedVault,
  { system, addresses }: DeployedVault,
  { addressesFile }: Workspace,
  deployer: string,
  rpcUrl: string,
): void {
  const { network, venues, roles, name, symbol, hedges } = vault;
  writeDeployment(addressesFile, {
    network: network.name,
    chainId: network.chainId,
    rpcVariable: network.rpcVariable,
    ...(isLoopback(rpcUrl) ? { rpcUrl } : {}),
    name,
    symbol,
    ...addresses,
    hedgeVenues: hedges,
    lens: system.lens,
    factory: system.factory,
    registry: system.registry,
    base: venues.base,
    quote: venues.quote,
    pool: venues.pool,
    ...(vault.base.feed === NATIVE_FEED ? { wrappedNative: venues.base } : {}),
    deployer,
    roles,
  });
}

/** Standard JSON inputs and constructor arguments, so that any explorer can verify the code later, whatever was compiled since. */
async function keepVerification({ systemDirectory, vaultDirectory }: Workspace): Promise<void> {
  for (const directory of [systemDirectory, vaultDirectory]) {
    writeVerificationRequests(directory, await buildVerificationRequests(directory));
  }
}

function isLoopback(url: string): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname);
}

function report(
  vault: ResolvedVault,
  deployed: DeployedVault,
  { addressesFile }: Workspace,
  deployer: string,
  options: DeployOptions,
  { output }: CommandContext,
): void {
  const { network, roles, name, symbol } = vault;
  const { system, addresses } = deployed;
  if (options.json) {
    output.json({ network: network.name, chainId: network.chainId, deployer, file: addressesFile, ...deployed });
    return;
  }
  const explorer = network.explorer === "" ? "" : `, ${network.explorer}/address/${addresses.vault}`;
  output.pairs(`${name} (${symbol}) on ${network.title}`, [
    ["vault", `${addresses.vault}${explorer}`],
    ["liquidity", addresses.liquidity],
    ...addresses.hedges.map((hedge, i) => [`hedge ${i + 1}`, `${hedge} (${vault.hedges[i] ?? "?"})`] as const),
    ["policy", addresses.policy],
    ["oracle", addresses.oracle],
    ["volatility", addresses.volatility],
    ["authority", addresses.authority],
    ["factory", system.factory],
    ["lens", system.lens],
    ["registry", system.registry],
  ]);
  output.pairs("Roles, read back from the chain", describeRoles(deployed.roles, roles, deployer));
  const file = display(addressesFile);
  output.line(`\nWritten to ${file}. Look at it with: npx hedgerow status --deployment ${file}`);
  if (network.isPublic) output.line(`Show its source on the explorers with: npx hedgerow verify --deployment ${file}`);
}

function reportDryRun(
  { name, network }: ResolvedVault,
  { transactions, gas, gasPrice, cost }: DryRun,
  findings: readonly Finding[],
  options: DeployOptions,
  { output }: CommandContext,
): void {
  if (options.json) {
    output.json({ sent: false, network: network.name, transactions, gas, gasPrice, cost, findings });
    return;
  }
  output.table(
    `${name} on ${network.title}: what would be sent, in this order`,
    [{ title: "step" }, { title: "to" }, { title: "gas", align: "right" }, { title: "cost", align: "right" }],
    [
      ...transactions.map(({ step, to, gas: used }) => [
        step,
        to ?? "a new contract",
        used.toLocaleString("en-US"),
        describeEther(used * gasPrice),
      ]),
      ["total", `${transactions.length} transactions`, gas.toLocaleString("en-US"), describeEther(cost)],
    ],
  );
  const data = network.isRollup ? " The rollup charges for the data of every transaction on top." : "";
  output.line(`At ${formatUnits(gasPrice, "gwei")} gwei, the fee of now.${data} Nothing was sent.`);
}

function describeRoles(
  reading: RolesReading,
  roles: ResolvedVault["roles"],
  deployer: string,
): readonly (readonly [string, string])[] {
  const functionsOf = (role: bigint): string =>
    Object.entries(reading.functionRoles)
      .flatMap(([name, holder]) => (holder === role ? [name] : []))
      .join(", ");
  const isAdmin = deployer.toLowerCase() === roles.admin.toLowerCase();
  return [
    ["admin", `${roles.admin}, after ${reading.adminDelaySeconds} s: everything else`],
    ["keeper", `${roles.keeper}: ${functionsOf(1n)}`],
    ["guardian", `${roles.guardian}: ${functionsOf(2n)}`],
    ["deployer", `${deployer}: ${isAdmin ? "is the admin" : "nothing left"}`],
  ];
}
