import { existsSync } from "node:fs";
import path from "node:path";

import type { RecordingMode } from "../../localnet/recording/recorder.ts";
import type { ForkNetwork } from "./networks.ts";

const ROOT = path.dirname(path.dirname(import.meta.dirname));
const MODES: readonly string[] = ["use", "renew", "replay"] satisfies readonly RecordingMode[];

/** How to run the suites on one network. */
export interface ForkRun {
  /** The network, as of the block that was asked for. */
  readonly network: ForkNetwork;
  readonly mode: RecordingMode;
  /** The recording of this network and block. */
  readonly file: string;
  readonly upstreamUrl?: string;
  /** Why nothing can run, with what to do about it. */
  readonly skip?: string;
  /** It was asked for by name: that nothing can run is a failure. */
  readonly isWanted: boolean;
}

/**
 * What the environment asks for, as `npm run test:fork` sets it: the URL of a node and another block by network,
 * HEDGEROW_FORK_MODE (use, renew, replay), HEDGEROW_FORK_NETWORKS (names, by commas; all) and HEDGEROW_FORK_CACHE, the folder
 * of recordings.
 *
 * Throws RangeError for a mode or a block that is none.
 */
export function readForkRun(network: ForkNetwork, env: Readonly<Record<string, string | undefined>>): ForkRun {
  const mode = env["HEDGEROW_FORK_MODE"] ?? "use";
  if (!isMode(mode)) throw new RangeError(`HEDGEROW_FORK_MODE is ${mode}; it must be one of ${MODES.join(", ")}.`);
  const named = env[network.blockVariable] || undefined;
  if (named !== undefined && !/^[1-9][0-9]*$/.test(named)) {
    throw new RangeError(`${network.blockVariable} is ${JSON.stringify(named)}; it must be the number of a block.`);
  }
  const block = named === undefined ? network.block : BigInt(named);
  const folder = env["HEDGEROW_FORK_CACHE"] || path.join(ROOT, ".fork-cache");
  const file = path.join(folder, `${network.name}-${block}.json.gz`);
  const upstreamUrl = env[network.rpcVariable] || undefined;
  const chosen = (env["HEDGEROW_FORK_NETWORKS"] || undefined)?.split(",");
  const isWanted = chosen?.includes(network.name) ?? false;
  const run = {
    network: { ...network, block },
    mode,
    file,
    isWanted,
    ...(upstreamUrl === undefined ? {} : { upstreamUrl }),
  };
  if (chosen !== undefined && !isWanted) return { ...run, skip: "was not asked for" };
  if (mode === "replay" ? existsSync(file) : upstreamUrl !== undefined || (mode === "use" && existsSync(file))) {
    return run;
  }
  const recording = path.relative(ROOT, file);
  const reason =
    mode === "replay"
      ? `there is no recording ${recording}; run once with ${network.rpcVariable} set to the URL of an archive node`
      : `set ${network.rpcVariable} to the URL of an archive node (block ${block})`;
  return { ...run, skip: reason };
}

function isMode(mode: string): mode is RecordingMode {
  return MODES.includes(mode);
}
