import { arbitrum } from "./arbitrum.ts";
import { arbitrumSepolia } from "./arbitrumSepolia.ts";
import { base } from "./base.ts";
import { baseSepolia } from "./baseSepolia.ts";
import { local } from "./local.ts";
import { mainnet } from "./mainnet.ts";
import { sepolia } from "./sepolia.ts";
import type { NetworkDescription, NetworkName } from "./types.ts";

/** Every network that a vault can be deployed to. */
export const networks: Readonly<Record<NetworkName, NetworkDescription>> = {
  mainnet,
  arbitrum,
  base,
  sepolia,
  arbitrumSepolia,
  baseSepolia,
  local,
};

/** The network of that name, or undefined. */
export function findNetwork(name: string): NetworkDescription | undefined {
  return Object.values(networks).find((network) => network.name === name);
}
