import {
  deploy,
  DeploymentResultType,
  wipe,
  type ArtifactResolver,
  type DeploymentResult,
  type EIP1193Provider,
  type ExecutionEventListener,
  type IgnitionModule,
  type IgnitionModuleResult,
} from "@nomicfoundation/ignition-core";

import { DeploymentError } from "../../sdk/chain/deployment.ts";
import { throwIfAborted } from "../errors.ts";

/** Addresses of the contracts of a module, by the names it gave them. */
export type DeployedContracts = Readonly<Record<string, string>>;

export interface ModuleRun {
  readonly module: IgnitionModule<string, string, IgnitionModuleResult<string>>;
  readonly provider: EIP1193Provider;
  /** Who sends; the provider signs for it. */
  readonly from: string;
  /** Where the journal is kept; undefined: nothing is, as for a dry run. */
  readonly directory: string | undefined;
  readonly confirmations: number;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks at the chain; default a second. */
  readonly pollMs?: number;
  /** Told of every transaction as it is sent. */
  readonly onSent?: (step: string, hash: string) => void;
}

/** Nobody replaces a transaction of a deployment: two bids for one nonce are what the journal could mix up after a crash. */
const NO_FEE_BUMPS = {
  disableFeeBumping: true,
  maxFeeBumps: 0,
  timeBeforeBumpingFees: Number.MAX_SAFE_INTEGER,
} as const;
/** How often a node far away is asked whether a block came. */
const POLL_MS = 1_000;
/** How often a deployment waits for transactions of the account that somebody sent beside it. */
const MAX_WAITS = 120;

/** Modules carry their artifacts with them. */
const noArtifacts: ArtifactResolver = {
  loadArtifact: (name) => Promise.reject(new DeploymentError(`No artifact is known for ${name}.`)),
  getBuildInfo: () => Promise.resolve(undefined),
};

/**
 * Deploys a module, or goes on where an earlier run of it stopped. Steps that failed before are tried again.
 *
 * @returns Address of every contract that the module returns.
 * Throws DeploymentError with what failed and why.
 */
export async function runModule(run: ModuleRun): Promise<DeployedContracts> {
  let result = await deployPatiently(run);
  if (result.type === DeploymentResultType.PREVIOUS_RUN_ERROR && run.directory !== undefined) {
    // These steps reverted or were refused: they left no contract behind.
    for (const future of Object.keys(result.errors)) await wipe(run.directory, noArtifacts, future);
    result = await deployPatiently(run);
  }
  if (result.type !== DeploymentResultType.SUCCESSFUL_DEPLOYMENT) throw new DeploymentError(describe(result));
  return Object.fromEntries(
    Object.values(result.contracts).map(({ id, address }) => [id.split("#").at(-1) ?? id, address]),
  );
}

/** Ignition refuses to start while the account has unconfirmed transactions, which is so right after an interruption. */
async function deployPatiently(run: ModuleRun): Promise<DeploymentResult> {
  for (let waits = 0; ; waits++) {
    try {
      return await deploy({
        ignitionModule: run.module,
        provider: run.provider,
        accounts: [run.from],
        defaultSender: run.from,
        deploymentParameters: {},
        artifactResolver: noArtifacts,
        config: {
          ...NO_FEE_BUMPS,
          requiredConfirmations: run.confirmations,
          blockPollingInterval: run.pollMs ?? POLL_MS,
        },
        disableFeeBumping: true,
        executionEventListener: listenerOf(run),
        ...(run.directory === undefined ? {} : { deploymentDir: run.directory }),
      });
    } catch (error) {
      throwIfAborted(run.signal);
      if (!isWaiting(error) || waits >= MAX_WAITS) throw error;
      await new Promise((resolve) => setTimeout(resolve, run.pollMs ?? POLL_MS));
    }
  }
}

/** HHE10402 and HHE10403: other transactions of the account are not confirmed yet. */
function isWaiting(error: unknown): boolean {
  return error instanceof Error && /HHE1040[23]/.test(error.message);
}

/** Ignition tells a listener of everything it does; only what is sent is of interest. */
function listenerOf({ onSent }: ModuleRun): ExecutionEventListener {
  const transactionSend: ExecutionEventListener["transactionSend"] = (event) => {
    onSent?.(describeStep(event.futureId), event.hash);
    return Promise.resolve();
  };
  const ignore = (): Promise<void> => Promise.resolve();
  return new Proxy({} as ExecutionEventListener, {
    get: (_, name) => (name === "transactionSend" ? transactionSend : ignore),
  });
}

/** "HedgerowSystem#admit_aaveV3" -> "admit aaveV3". */
function describeStep(futureId: string): string {
  return (futureId.split("#").at(-1) ?? futureId).replaceAll("_", " ");
}

function describe(result: DeploymentResult): string {
  switch (result.type) {
    case DeploymentResultType.SUCCESSFUL_DEPLOYMENT:
      return "done";
    case DeploymentResultType.EXECUTION_ERROR: {
      const [failed] = result.failed;
      if (failed !== undefined) return `The step ${describeStep(failed.futureId)} failed: ${failed.error}.`;
      const [late] = result.timedOut;
      return `The step ${describeStep(late?.futureId ?? "?")} was not mined in time. Run the command again to go on.`;
    }
    case DeploymentResultType.RECONCILIATION_ERROR:
      return (
        `The contracts or settings changed since this deployment began (${firstOf(result.errors)}). ` +
        "Go back to the version that began it, or deploy under another symbol."
      );
    case DeploymentResultType.VALIDATION_ERROR:
    case DeploymentResultType.PREVIOUS_RUN_ERROR:
      return `The deployment cannot run: ${firstOf(result.errors)}.`;
  }
}

function firstOf(errors: Readonly<Record<string, readonly string[]>>): string {
  const [[step, texts] = ["?", []]] = Object.entries(errors);
  return `${describeStep(step)}: ${texts[0] ?? "no reason given"}`.replaceAll(/\s+/g, " ");
}
