import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";

const ROOT = path.dirname(path.dirname(import.meta.dirname));

/** What a finished process left behind. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly script: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Told of every line of both streams; may end the process. */
  readonly onLine?: (line: string, child: ChildProcess) => void;
}

/** Starts one of the repository's scripts as a process of its own. */
export function start({ script, args, env, onLine }: Command): { child: ChildProcess; finished: Promise<Finished> } {
  const child = spawn(process.execPath, [path.join(ROOT, script), ...args], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const read = (stream: NodeJS.ReadableStream): (() => string) => {
    const lines: string[] = [];
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      onLine?.(line, child);
    });
    return () => lines.join("\n");
  };
  const [stdout, stderr] = [read(child.stdout), read(child.stderr)];
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout: stdout(), stderr: stderr() }));
  });
  return { child, finished };
}
