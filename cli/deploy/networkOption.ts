import { findNetwork, networks } from "../../sdk/chain/networks/all.ts";
import type { NetworkDescription } from "../../sdk/chain/networks/types.ts";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../errors.ts";

/** The network that an option names. Throws {@link UsageError} that lists all of them. */
export function requireNetwork(name: string): NetworkDescription {
  const network = findNetwork(name);
  if (network !== undefined) return network;
  throw new UsageError(
    `There is no network ${JSON.stringify(name)}. Choose one of ${Object.keys(networks).join(", ")}.`,
  );
}

/** The node to ask: --rpc, HEDGEROW_RPC_URL, or the network's own variable. Throws {@link UsageError} without any. */
export function requireRpcUrl(
  network: NetworkDescription,
  rpc: string | undefined,
  { environment }: CommandContext,
): string {
  const url = rpc ?? environment.rpcUrl ?? environment.read(network.rpcVariable);
  if (url !== undefined) return url;
  throw new UsageError(
    `No node of ${network.title} is known. Set ${network.rpcVariable} to the URL of one, or give --rpc URL.`,
  );
}
