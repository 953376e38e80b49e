import { PassThrough } from "node:stream";

import { readEnvironment } from "../../../cli/env.ts";
import { EXIT, runCli } from "../../../cli/main.ts";

export { EXIT };

/** What a run of the command left behind. */
export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in this process, with its own streams and nothing of this process's environment. */
export async function run(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<CliRun> {
  const stdout = collect();
  const stderr = collect();
  const code = await runCli(args, {
    environment: readEnvironment(variables),
    streams: { stdout: stdout.stream, stderr: stderr.stream },
    signal: new AbortController().signal,
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** A stream that remembers what was written to it. */
export function collect(): { readonly stream: PassThrough; readonly text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString() };
}
