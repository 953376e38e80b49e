import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { getAddress, isAddress } from "ethers";
import { z } from "zod";

/** Name -> address. */
export type AddressBook = Readonly<Record<string, string>>;

/** What is deployed on one chain. */
export interface ChainAddresses {
  readonly network: string;
  readonly chainId: number;
  /** What all vaults of the chain share; empty where only vaults are known. */
  readonly system: AddressBook;
  /** By symbol. */
  readonly vaults: Readonly<Record<string, AddressBook>>;
}

/** The demo's chain dies with its process. */
const NOT_PUBLISHED = ["local"];

const schema = z.looseObject({ chainId: z.number().int().positive() });

/**
 * Reads what `hedgerow deploy` left: `<folder>/<network>/system.json` and `<folder>/<network>/<symbol>/addresses.json`.
 *
 * Throws Error for a book without a chain id, one that is not JSON, a network whose vaults are on several chains, and two networks of
 * one chain.
 */
export function readChains(folder: string): readonly ChainAddresses[] {
  if (!existsSync(folder)) return [];
  const chains = readdirSync(folder)
    .filter((network) => !NOT_PUBLISHED.includes(network))
    .sort()
    .flatMap((network) => readNetwork(network, path.join(folder, network)) ?? []);
  for (const { chainId, network } of chains) {
    const other = chains.find((chain) => chain.chainId === chainId && chain.network !== network);
    if (other !== undefined) throw new Error(`${network} and ${other.network} are both of chain ${chainId}.`);
  }
  return chains;
}

function readNetwork(network: string, folder: string): ChainAddresses | undefined {
  const vaultFiles = readdirSync(folder)
    .sort()
    .map((symbol) => ({ symbol, file: path.join(folder, symbol, "addresses.json") }))
    .filter(({ file }) => existsSync(file));
  const vaults = vaultFiles.map(({ symbol, file }) => ({ symbol, ...readBook(file) }));
  const systemFile = path.join(folder, "system.json");
  const system = existsSync(systemFile) ? readBook(systemFile) : undefined;
  const chainIds = new Set([...vaults, ...(system === undefined ? [] : [system])].map(({ chainId }) => chainId));
  const [chainId, another] = [...chainIds];
  if (chainId === undefined) return undefined;
  if (another !== undefined) throw new Error(`${folder} holds addresses of the chains ${chainId} and ${another}.`);
  return {
    network,
    chainId,
    system: system?.addresses ?? {},
    vaults: Object.fromEntries(vaults.map(({ symbol, addresses }) => [symbol, addresses])),
  };
}

function readBook(file: string): { readonly chainId: number; readonly addresses: AddressBook } {
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
    chainId: result.data.chainId,
    addresses: Object.fromEntries(named.map(([name, address]) => [name, getAddress(address)])),
  };
}
