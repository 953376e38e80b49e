import { getAddress, isAddress } from "ethers";
import type { JsonRpcProvider } from "ethers";

import { connectUrl } from "../../keeper/rpc.ts";
import { describeRpcError } from "../../keeper/rpcErrors.ts";
import type { CommandContext } from "../context.ts";
import { LOCAL_DEPLOYMENT_FILE, display, findDeployment, readDeployment, rpcUrlOf } from "../deployment.ts";
import type { Deployment } from "../deployment.ts";
import { UsageError } from "../errors.ts";
import type { ConnectionOptions } from "../vaultOptions.ts";

const REQUEST_TIMEOUT_MS = 15_000;

/** A node that answered, on the expected chain, with code where the vault should be. */
export interface VaultConnection {
  readonly provider: JsonRpcProvider;
  readonly chainId: bigint;
  /** True when the user or the deployment said which chain this must be. */
  readonly isChainExpected: boolean;
  readonly vault: string;
  /** Undefined when neither the user nor a deployment names one. */
  readonly lens: string | undefined;
}

/**
 * Connects to the vault that the options name, or else the deployment file: --deployment, HEDGEROW_DEPLOYMENT, or the one
 * that `npm start` writes.
 *
 * Throws {@link UsageError} when the node does not answer, serves another chain, or has no code at the vault's address.
 */
export async function connectVault(options: ConnectionOptions, context: CommandContext): Promise<VaultConnection> {
  const deployment = loadDeployment(options, context);
  const rpc = options.rpc ?? context.environment.rpcUrl ?? rpcUrlOf(deployment, context.environment);
  if (rpc === undefined) throw missing("--rpc URL");
  const vaultText = options.vault ?? deployment?.vault;
  if (vaultText === undefined) throw missing("--vault ADDRESS");
  const vault = toAddress("--vault", vaultText);
  const lens = options.lens === undefined ? deployment?.lens : toAddress("--lens", options.lens);
  // The deployment speaks for its own vault only.
  const isOfDeployment = deployment !== undefined && deployment.vault.toLowerCase() === vault.toLowerCase();
  const expected = options.chainId ?? (isOfDeployment ? deployment.chainId : undefined);

  const { provider, chainId } = await connectNode(rpc, expected === undefined ? undefined : BigInt(expected));
  await requireCode(provider, "vault", vault, chainId);
  if (lens !== undefined) await requireCode(provider, "lens", lens, chainId);
  return { provider, chainId, isChainExpected: expected !== undefined, vault, lens };
}

function loadDeployment(options: ConnectionOptions, { environment }: CommandContext): Deployment | undefined {
  const named = options.deployment ?? environment.deploymentFile;
  return named === undefined ? findDeployment(LOCAL_DEPLOYMENT_FILE) : readDeployment(named);
}

function missing(option: string): UsageError {
  const file = display(LOCAL_DEPLOYMENT_FILE);
  return new UsageError(`Which vault? Give ${option}, or run "npm start" in another terminal, which writes ${file}.`);
}

/**
 * Connects to a node.
 *
 * Throws {@link UsageError} when it does not answer, or serves another chain than the one expected.
 */
export async function connectNode(
  rpc: string,
  expected: bigint | undefined,
): Promise<{ readonly provider: JsonRpcProvider; readonly chainId: bigint }> {
  const place = describeUrl(rpc);
  // The provider wants to know its chain beforehand; the question which it is needs none.
  const probe = connectUrl(rpc, expected ?? 1n, REQUEST_TIMEOUT_MS);
  let answer: unknown;
  try {
    answer = await probe.send("eth_chainId", []);
  } catch (error) {
    throw new UsageError(
      `The node at ${place} does not answer (${describeRpcError(error)}). Check --rpc and that the node runs.`,
    );
  } finally {
    probe.destroy();
  }
  if (typeof answer !== "string" || !/^0x[0-9a-f]+$/i.test(answer)) {
    throw new UsageError(`The node at ${place} does not speak Ethereum's JSON-RPC. Check --rpc.`);
  }
  const chainId = BigInt(answer);
  if (expected !== undefined && chainId !== expected) {
    throw new UsageError(
      `The node at ${place} serves chain ${chainId}, expected ${expected}. Point --rpc at the right chain.`,
    );
  }
  return { provider: connectUrl(rpc, chainId, REQUEST_TIMEOUT_MS), chainId };
}

/** Scheme and host: the rest of a URL often is a key. */
function describeUrl(rpc: string): string {
  let url: URL;
  try {
    url = new URL(rpc);
  } catch {
    throw new UsageError(`${JSON.stringify(rpc)} is not a URL. Write --rpc http://127.0.0.1:8545, for example.`);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new UsageError(`--rpc takes http and https, not ${url.protocol}//. Use the node's HTTP port.`);
  }
  return url.origin;
}

async function requireCode(provider: JsonRpcProvider, what: string, at: string, chainId: bigint): Promise<void> {
  const code: unknown = await provider.send("eth_getCode", [at, "latest"]);
  if (code === "0x") {
    throw new UsageError(
      `There is no contract at the ${what}'s address ${at} on chain ${chainId}. Check --${what} and --rpc.`,
    );
  }
}

/** The address with its checksum. Throws {@link UsageError} on anything else. */
export function toAddress(option: string, text: string): string {
  if (!isAddress(text)) {
    throw new UsageError(
      `${option} ${JSON.stringify(text)} is not an address: it takes 0x and 40 hex digits, with a right checksum.`,
    );
  }
  return getAddress(text);
}
