import path from "node:path";

import type { JsonRpcProvider } from "ethers";

import type { CommandContext } from "../context.ts";
import { ROOT } from "../deployment.ts";
import { connectNode, toAddress } from "../vault/connection.ts";
import { requireNetwork, requireRpcUrl } from "./networkOption.ts";
import type { VaultToBeOptions } from "./options.ts";
import { resolveVault, type ResolvedVault } from "./resolve.ts";
import { readVaultSpec } from "./spec.ts";
import { workspaceOf, type Workspace } from "./workspace.ts";

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
  const rpcUrl = requireRpcUrl(network, options.rpc, context);
  const file = options.vault ?? path.join(ROOT, "presets", `${network.name}.json`);
  const vault = resolveVault(readVaultSpec(file), network, {
    ...roleOption("admin", options.admin),
    ...roleOption("keeper", options.keeper),
    ...roleOption("guardian", options.guardian),
    ...(options.adminDelaySeconds === undefined ? {} : { adminDelaySeconds: options.adminDelaySeconds }),
  });
  const { provider: rpc } = await connectNode(rpcUrl, BigInt(network.chainId));
  return { vault, rpc, rpcUrl, workspace: workspaceOf(options.deployments, network.name, vault.symbol) };
}

function roleOption(name: "admin" | "keeper" | "guardian", text: string | undefined) {
  return text === undefined ? {} : { [name]: toAddress(`--${name}`, text) };
}
