import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import type { SystemAddresses } from "../../sdk/chain/deployment.ts";
import { ROOT, display } from "../deployment.ts";
import { UsageError } from "../errors.ts";
import { toJson } from "../output.ts";

/** Files of the deployments on one network. What a public network's hold is no secret and belongs into the repository. */
export interface Workspace {
  /** Signed bytes, and the lock; not for the repository. */
  readonly transactionsFile: string;
  readonly systemFile: string;
  /** Journals and plan of the system, and of each vault by its symbol. */
  readonly systemDirectory: string;
  readonly vaultDirectory: string;
  readonly addressesFile: string;
}

/** Where Ignition keeps its journal below a directory of the workspace. */
export const JOURNAL_DIRECTORY = "ignition";

/**
 * Files of a vault on a network.
 *
 * @param root Directory of all deployments; undefined: that of the repository.
 */
export function workspaceOf(root: string | undefined, network: string, symbol: string): Workspace {
  const directory = path.join(path.resolve(root ?? path.join(ROOT, "deployments")), network);
  const slug = symbol.replaceAll(/[^A-Za-z0-9]+/g, "-");
  const vaultDirectory = path.join(directory, slug);
  return {
    transactionsFile: path.join(directory, "transactions.sqlite"),
    systemFile: path.join(directory, "system.json"),
    systemDirectory: path.join(directory, "system"),
    vaultDirectory,
    addressesFile: path.join(vaultDirectory, "addresses.json"),
  };
}

/** Whether the deployment of a directory has sent anything, or was about to. */
function hasSent(directory: string): boolean {
  const journal = path.join(directory, JOURNAL_DIRECTORY, "journal.jsonl");
  return existsSync(journal) && readFileSync(journal, "utf8").includes("TRANSACTION_PREPARE_SEND");
}

const PLAN_FILE = "plan.json";

/**
 * Writes down what is deployed before anything is sent, or checks that it is still the same: the journal of a deployment is
 * worth nothing to another one.
 *
 * A plan of which nothing was sent yet gives way. Throws {@link UsageError} that names what changed.
 */
export function keepPlan(directory: string, plan: Readonly<Record<string, unknown>>): void {
  const file = path.join(directory, PLAN_FILE);
  const text = `${toJson(plan)}\n`;
  if (!existsSync(file) || !hasSent(directory)) {
    rmSync(path.join(directory, JOURNAL_DIRECTORY), { recursive: true, force: true });
    writeWhole(file, text);
    return;
  }
  const before = JSON.parse(readFileSync(file, "utf8")) as Readonly<Record<string, unknown>>;
  const now = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const changed = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(now[key]),
  );
  if (changed.length === 0) return;
  if (changed.includes("genesis")) {
    throw new UsageError(
      `${display(directory)} belongs to another chain with the same id. Move it away, or name another place with --deployments.`,
    );
  }
  throw new UsageError(
    `${display(file)} was begun with other values of ${changed.join(", ")}. Put them back to go on, or choose another symbol for another vault.`,
  );
}

const systemSchema = z.object({
  factory: z.string(),
  lens: z.string(),
  registry: z.string(),
  registryAuthority: z.string(),
  vaultImplementation: z.string(),
  policyImplementation: z.string(),
  uniswapV3Implementation: z.string(),
  aaveV3Implementation: z.string(),
  gmxV2Implementation: z.string().optional(),
});

/** The code that is deployed on a network already, or undefined. Throws {@link UsageError} on a damaged file. */
export function readSystem(file: string): SystemAddresses | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const { gmxV2Implementation, ...rest } = systemSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    return { ...rest, ...(gmxV2Implementation === undefined ? {} : { gmxV2Implementation }) };
  } catch {
    throw new UsageError(`${display(file)} cannot be used. Restore it, or remove it to deploy the system again.`);
  }
}

/** Whether a deployment of this vault was begun: its own, or that of the system before it. */
export function hasBegun({ systemFile, systemDirectory, vaultDirectory }: Workspace): boolean {
  return existsSync(vaultDirectory) || (existsSync(systemDirectory) && !existsSync(systemFile));
}

/** Writes a file so that a reader, or a crash, sees the old one or the new one and never a part. */
export function writeWhole(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.part`;
  writeFileSync(draft, text, { flush: true });
  renameSync(draft, file);
}
