import type { Db as IDatabase, JobWithMetadata, PgBoss } from "pg-boss";

import { HedgerowError } from "../../errors.ts";
import type { StrategySummary } from "../monteCarlo/summary.ts";
import { runSweepJob } from "./sweep.ts";
import type { SweepJob } from "./sweep.ts";

/*
 * Sweeps that outgrow a machine: the jobs go through pg-boss over PostgreSQL to any number of workers, which run the same code. Without a
 * queue everything runs in the process itself (see runSweepJob).
 */

/** A connection string, or a database that is already open. */
export type QueueDatabase = string | IDatabase;

/** A job that no worker could do. */
export class SweepJobError extends HedgerowError {
  readonly job: string;
  readonly reason: string;

  constructor(job: string, reason: string) {
    super(`Job ${job} of the sweep failed: ${reason}.`);
    this.job = job;
    this.reason = reason;
  }
}

/** The queue cannot be reached. */
export class QueueError extends HedgerowError {}

const QUEUE = "hedgerow-sweep";
/** A worker that says nothing for so long is taken for dead, and its job goes to another one. */
const HEARTBEAT_SECONDS = 60;
const RETRIES = 2;
const POLL_MS = 500;

interface Envelope {
  /** Changes when an older worker would compute something else. */
  readonly format: 1;
  readonly job: SweepJob;
}

/**
 * Sends the jobs to the workers and waits for all results, in the order of the jobs.
 *
 * Throws {@link SweepJobError} when one failed for good, {@link QueueError} when the queue cannot be reached, and the signal's reason when it
 * is aborted. What is still waiting is then cancelled.
 */
export async function runSweepOnQueue(
  database: QueueDatabase,
  jobs: readonly SweepJob[],
  options: { readonly onProgress?: (finished: number, total: number) => void; readonly signal?: AbortSignal } = {},
): Promise<readonly (readonly StrategySummary[])[]> {
  const boss = await openQueue(database);
  const ids: string[] = [];
  try {
    for (const job of jobs) ids.push(await send(boss, job));
    return await collect(boss, ids, options);
  } catch (error) {
    if (ids.length > 0) await boss.cancel(QUEUE, ids).catch(() => undefined);
    throw error;
  } finally {
    await boss.stop({ graceful: false });
  }
}

/**
 * Works off jobs until the signal is given; the job under way is finished first.
 *
 * Throws {@link QueueError} when the queue cannot be reached.
 */
export async function workOnSweeps(
  database: QueueDatabase,
  options: {
    readonly signal: AbortSignal;
    /** Worker threads a job; 0 = this one. */
    readonly threads?: number;
    readonly onJob?: (id: string, outcome: "started" | "finished" | "failed") => void;
  },
): Promise<void> {
  const { signal, threads = 0, onJob } = options;
  const boss = await openQueue(database);
  try {
    await boss.work<Envelope>(QUEUE, { pollingIntervalSeconds: POLL_MS / 1_000 }, async ([job]) => {
      if (job === undefined) return undefined;
      onJob?.(job.id, "started");
      try {
        requireFormat(job.data);
        const summaries = await runSweepJob(job.data.job, { workers: threads });
        onJob?.(job.id, "finished");
        return { summaries };
      } catch (error) {
        onJob?.(job.id, "failed");
        throw error;
      }
    });
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
  } finally {
    await boss.stop({ graceful: true });
  }
}

async function openQueue(database: QueueDatabase): Promise<PgBoss> {
  const { PgBoss: Boss } = await import("pg-boss");
  const boss = new Boss(typeof database === "string" ? { connectionString: database } : { db: database });
  // Without a listener an error of its background work would end the process; what matters fails in a call of ours as well.
  boss.on("error", () => undefined);
  try {
    await boss.start();
    await boss.createQueue(QUEUE, { retryLimit: RETRIES, heartbeatSeconds: HEARTBEAT_SECONDS });
    return boss;
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => undefined);
    throw new QueueError(
      `The queue cannot be used: ${describe(error)}. Check the address of the database and its rights.`,
    );
  }
}

async function send(boss: PgBoss, job: SweepJob): Promise<string> {
  const envelope: Envelope = { format: 1, job };
  const id = await boss.send(QUEUE, envelope);
  if (id === null) throw new QueueError("The queue took no job.");
  return id;
}

async function collect(
  boss: PgBoss,
  ids: readonly string[],
  {
    onProgress,
    signal,
  }: { readonly onProgress?: (finished: number, total: number) => void; readonly signal?: AbortSignal },
): Promise<readonly (readonly StrategySummary[])[]> {
  const results = new Map<string, readonly StrategySummary[]>();
  for (;;) {
    for (const id of ids) {
      if (results.has(id)) continue;
      signal?.throwIfAborted();
      const [found] = await boss.findJobs<Envelope>(QUEUE, { id });
      const result = found === undefined ? undefined : readResult(found);
      if (result === undefined) continue;
      results.set(id, result);
      onProgress?.(results.size, ids.length);
    }
    if (results.size === ids.length) return ids.map((id) => results.get(id)!);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The summaries of a finished job, undefined while it is not. */
function readResult({ id, state, output }: JobWithMetadata<Envelope>): readonly StrategySummary[] | undefined {
  const found = output as { readonly summaries?: readonly StrategySummary[]; readonly message?: string } | null;
  switch (state) {
    case "completed":
      if (found?.summaries === undefined) throw new SweepJobError(id, "it reports no result");
      return found.summaries;
    case "failed":
      throw new SweepJobError(id, found?.message ?? "the worker gave no reason");
    case "cancelled":
      throw new SweepJobError(id, "somebody cancelled it");
    default:
      return undefined;
  }
}

function requireFormat(envelope: { readonly format: number }): void {
  if (envelope.format !== 1)
    throw new QueueError(`The job has format ${envelope.format}, this worker reads 1. Update it.`);
}

function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join(", ");
  return error instanceof Error ? error.message : String(error);
}
