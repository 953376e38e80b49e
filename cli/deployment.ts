import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { getAddress, isAddress } from "ethers";
import { z } from "zod";

import type { Environment } from "./env.ts";
import { UsageError } from "./errors.ts";
import { toJson } from "./output.ts";

/** The repository: commands find their files whatever directory they are called from. */
export const ROOT = path.dirname(import.meta.dirname);

/** Where the demo leaves the addresses of its vault. */
export const LOCAL_DEPLOYMENT_FILE = path.join(ROOT, "deployments", "local", "addresses.json");

const address = z.string().refine(isAddress, "must be an address: 0x and 40 hex digits").transform(getAddress);

const schema = z.looseObject({
  chainId: z.number().int().positive(),
  rpcUrl: z.url().optional(),
  /** Environment variable with the URL of a node: that of a public network may hold a key, so the file does not. */
  rpcVariable: z.string().min(1).optional(),
  /** Token with the price of the chain's own coin, which gas is paid in. */
  wrappedNative: address.optional(),
  vault: address,
  lens: address,
  base: address,
  quote: address,
});

/** Addresses of a deployed vault and the node to reach it by; further addresses are kept as they are. */
export type Deployment = z.infer<typeof schema>;

/** How to reach the node of a deployment; undefined when neither the file nor the variable that it names says. */
export function rpcUrlOf(deployment: Deployment | undefined, environment: Environment): string | undefined {
  if (deployment === undefined) return undefined;
  const { rpcUrl, rpcVariable } = deployment;
  return rpcUrl ?? (rpcVariable === undefined ? undefined : environment.read(rpcVariable));
}

/**
 * Reads a deployment by its file, or by its place below deployments/: "sepolia/hrWETH".
 *
 * Throws {@link UsageError} when the file cannot be read or is not of the form that {@link writeDeployment} writes.
 */
export function readDeployment(named: string): Deployment {
  const kept = path.join(ROOT, "deployments", named, "addresses.json");
  const file = existsSync(named) || !existsSync(kept) ? named : kept;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unreadable";
    throw new UsageError(`The deployment file ${display(file)} cannot be read (${code}). Check --deployment.`);
  }
  return parseDeployment(text, display(file));
}

/** The deployment file if there is one. Throws {@link UsageError} when it exists and cannot be used. */
export function findDeployment(file: string): Deployment | undefined {
  try {
    return parseDeployment(readFileSync(file, "utf8"), display(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Writes the file and the directories above it. */
export function writeDeployment(file: string, deployment: Deployment): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${toJson(deployment)}\n`);
}

/** A path as the user would type it: relative where that is shorter. */
export function display(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith("..") || relative === "" ? file : relative;
}

function parseDeployment(text: string, file: string): Deployment {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UsageError(`The deployment file ${file} is not JSON. Deploy again, or name another with --deployment.`);
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const what = issue === undefined ? "it has another form" : `${issue.path.join(".") || "it"}: ${issue.message}`;
  throw new UsageError(`The deployment file ${file} cannot be used (${what}). Deploy again, or correct it.`);
}
