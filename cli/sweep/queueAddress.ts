import type { Command } from "commander";

import type { Environment } from "../env.ts";

/** Where the queue is, if there is one. */
export interface QueueOptions {
  readonly queue?: true | string;
}

const VARIABLE = "HEDGEROW_QUEUE_URL";

/** Adds --queue. A password belongs into the environment, where no list of processes shows it. */
export function addQueueOption(command: Command, description: string): Command {
  return command.option("--queue [url]", `${description} (without a url: ${VARIABLE})`);
}

/** Address of the database; undefined: no queue is wanted. An empty one is left to the database's own variables (PGHOST, …). */
export function queueAddress({ queue }: QueueOptions, environment: Environment): string | undefined {
  if (queue === undefined) return undefined;
  return queue === true ? (environment.read(VARIABLE) ?? "") : queue;
}
