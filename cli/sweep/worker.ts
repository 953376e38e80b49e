import { workOnSweeps } from "../../sdk/sim/sweep/queue.ts";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../errors.ts";
import { queueAddress } from "./queueAddress.ts";
import type { QueueOptions } from "./queueAddress.ts";

/** Options of `hedgerow sweep-worker`. */
export interface WorkerOptions extends QueueOptions {
  readonly workers: number;
}

/** Works off the jobs of sweeps until Ctrl-C. */
export async function runSweepWorker(
  options: WorkerOptions,
  { environment, output, signal }: CommandContext,
): Promise<void> {
  const address = queueAddress(options, environment);
  if (address === undefined) throw new UsageError("--queue is missing: the PostgreSQL that holds the jobs.");
  output.note("Waiting for jobs. Ctrl-C ends it after the job under way.");
  await workOnSweeps(address, {
    signal,
    threads: options.workers,
    onJob: (id, outcome) => output.note(`${new Date().toISOString()} job ${id} ${outcome}`),
  });
}
