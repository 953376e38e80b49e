import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { getAddress, isAddress } from "ethers";
import { z } from "zod";

/** The address book of one deployment. */
export interface ChainAddresses {
  readonly network: string;
  readonly chainId: number;
  /** Name -> address. */
  readonly addresses: Readonly<Record<string, string>>;
}

/** The demo's chain dies with its process. */
const NOT_PUBLISHED = ["local"];

const schema = z.looseObject({ chainId: z.number().int().positive() });

/**
 * Reads the address books of `<folder>/<network>/addresses.json`.
 *
 * Throws Error for a book without a chain id, one that is not JSON, and two networks of one chain.
 */
export function readChains(folder: string): readonly ChainAddresses[] {
  if (!existsSync(folder)) return [];
  const networks = readdirSync(folder)
    .filter((network) => !NOT_PUBLISHED.includes(network))
    .filter((network) => existsSync(path.join(folder, network, "addresses.json")))
    .sort();
  const chains = networks.map((network) => readChain(network, path.join(folder, network, "addresses.json")));
  for (const { chainId, network } of chains) {
    const other = chains.find((chain) => chain.chainId === chainId && chain.network !== network);
    if (other !== undefined) throw new Error(`${network} and ${other.network} are both of chain ${chainId}.`);
  }
  return chains;
}

function readChain(network: string, file: string): ChainAddresses {
  let book: unknown;
  try {
    book = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw new Error(`${file} is not JSON.`);
  }
  const result = schema.safeParse(book);
  if (!result.success) throw new Error(`${file} has no chainId.`);
  const named = Object.entries(result.data).filter((entry): entry is [string, string] => isAddress(entry[1]));
  return {
    network,
    chainId: result.data.chainId,
    addresses: Object.fromEntries(named.map(([name, address]) => [name, getAddress(address)])),
  };
}
