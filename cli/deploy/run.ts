import type { JsonRpcProvider } from "ethers";

import type { NetworkDescription } from "../../sdk/chain/networks/types.ts";
import type { RolesReading } from "../../sdk/chain/roles.ts";
import type { CommandContext } from "../context.ts";
import { display, writeDeployment } from "../deployment.ts";
import { connectNode, toAddress } from "../vault/connection.ts";
import { selectAccount } from "../vault/signer.ts";
import { deployResolvedVault, type DeployedVault } from "./deployVault.ts";
import { requireNetwork, requireRpcUrl } from "./networkOption.ts";
import type { DeployOptions, VaultToBeOptions } from "./options.ts";
import { resolveVault, type ResolvedVault } from "./resolve.ts";
import { readVaultSpec } from "./spec.ts";
import { workspaceOf, type Workspace } from "./workspace.ts";

/** Prices the coin that gas is paid in, on every network of the table. */
const NATIVE_FEED = "ETH / USD";

/** Checks a vault to be, and with --yes deploys it. */
export async function runDeploy(options: DeployOptions, context: CommandContext): Promise<void> {
  const { vault, rpc, rpcUrl, workspace } = await prepareVault(options, context);
  const { network } = vault;
  try {
    const account = await selectAccount(options, BigInt(network.chainId), context);
    const deployed = await deployResolvedVault(vault, workspace, rpc, account, context);
    keepAddresses(vault, deployed, workspace, account.address, rpcUrl);
    report(vault, deployed, workspace, account.address, options, context);
  } finally {
    rpc.destroy();
  }
}

/** A vault to be, and a node of its network that answered. */
export interface PreparedVault {
  readonly vault: ResolvedVault;
  readonly rpc: JsonRpcProvider;
  readonly rpcUrl: string;
  readonly workspace: Workspace;
}

/** Reads the vault's file and connects. Throws {@link UsageError} with what is missing or wrong. */
export async function prepareVault(options: VaultToBeOptions, context: CommandContext): Promise<PreparedVault> {
  const network = requireNetwork(options.network);
  const vault = resolveVault(readVaultSpec(options.vault), network, {
    ...roleOption("admin", options.admin),
    ...roleOption("keeper", options.keeper),
    ...roleOption("guardian", options.guardian),
    ...(options.adminDelaySeconds === undefined ? {} : { adminDelaySeconds: options.adminDelaySeconds }),
  });
  const rpcUrl = requireRpcUrl(network, options.rpc, context);
  const { provider: rpc } = await connectNode(rpcUrl, BigInt(network.chainId));
  return { vault, rpc, rpcUrl, workspace: workspaceOf(options.deployments, network.name, vault.symbol) };
}

function roleOption(name: "admin" | "keeper" | "guardian", text: string | undefined) {
  return text === undefined ? {} : { [name]: toAddress(`--${name}`, text) };
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
  output.pairs("Roles, read back from the chain", describeRoles(network, deployed.roles, roles, deployer));
  const file = display(addressesFile);
  output.line(`\nWritten to ${file}. Look at it with: npx hedgerow status --deployment ${file}`);
}

function describeRoles(
  network: NetworkDescription,
  reading: RolesReading,
  roles: ResolvedVault["roles"],
  deployer: string,
): readonly (readonly [string, string])[] {
  const functionsOf = (role: bigint): string =>
    Object.entries(reading.functionRoles)
      .flatMap(([name, holder]) => (holder === role ? [name] : []))
      .join(", ");
  return [
    ["admin", `${roles.admin}, after ${reading.adminDelaySeconds} s: everything else`],
    ["keeper", `${roles.keeper}: ${functionsOf(1n)}`],
    ["guardian", `${roles.guardian}: ${functionsOf(2n)}`],
    ["deployer", `${deployer}: ${reading.deployerIsAdmin ? "STILL ADMIN" : "nothing left"} on ${network.title}`],
  ];
}
